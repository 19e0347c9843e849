//! The share of honest texts that are not shown and of abusive ones that are, and what each rule does for it.

use super::known;
use crate::{Context, judge, rules};
use allclear_model::{moderation::Decision, redact::FreeText};
use std::collections::BTreeMap;

const TRAINING: &str = include_str!("../../corpus/training.tsv");
const HELD_OUT: &str = include_str!("../../corpus/held_out.tsv");
/// What was written while the lists grew: honest texts in many languages, and abuse. Nothing is measured on it, but a change
/// that loses any of it shows.
const FURTHER: &str = include_str!("../../corpus/further.tsv");

/// Most of the honest texts that may be kept back, and of the abusive ones that may be shown.
const WRONGLY_HELD_MAX: f64 = 0.02;
const ABUSE_SHOWN_MAX: f64 = 0.05;

const CONTEXT: Context<'_> = Context { alike: 0, known_host: &known };

struct Line {
    kind: &'static str,
    language: &'static str,
    text: FreeText,
}

fn lines(file: &'static str) -> Vec<Line> {
    file.lines()
        .map(|l| {
            let mut columns = l.splitn(3, '\t');
            let mut next = || columns.next().unwrap();
            let (kind, language) = (next(), next());
            let text = FreeText::parse(&next().replace("\\n", "\n"), FreeText::MAX).unwrap().unwrap();
            Line { kind, language, text }
        })
        .collect()
}

/// Lines, and how many of them were decided the wrong way.
type Tally = (usize, usize);

fn share((all, wrong): Tally) -> f64 {
    wrong as f64 / all as f64
}

/// Wrongly held and abuse shown.
fn measure(name: &str, file: &'static str, show_texts: bool) -> (f64, f64) {
    let mut by: BTreeMap<(&str, &str), Tally> = BTreeMap::new();
    let mut decisions: BTreeMap<(&str, String), usize> = BTreeMap::new();
    for line in lines(file) {
        let judged = judge(&line.text, &CONTEXT);
        let ok = line.kind == "ok";
        let wrong = ok == (judged.decision != Decision::Show);
        if wrong && show_texts {
            println!("{} {} {:?}: {}", line.kind, line.language, judged.reasons, line.text.as_str());
        }
        for key in [(line.kind, line.language), (line.kind, "all"), (if ok { "ok" } else { "abuse" }, "total")] {
            let t = by.entry(key).or_default();
            t.0 += 1;
            t.1 += usize::from(wrong);
        }
        *decisions.entry((line.kind, format!("{:?}", judged.decision))).or_default() += 1;
    }
    for ((kind, language), tally) in &by {
        println!("{name} {kind:9} {language:5} {:3} of {:3} wrong", tally.1, tally.0);
    }
    for ((kind, decision), n) in &decisions {
        println!("{name} {kind:9} {decision:4} {n}");
    }
    let (held, shown) = (share(by[&("ok", "total")]), share(by[&("abuse", "total")]));
    println!("{name}: wrongly held {:.2} %, abuse shown {:.2} %", held * 100.0, shown * 100.0);
    (held, shown)
}

#[test]
fn honest_texts_are_shown_and_abuse_is_not() {
    for (name, file, show) in [("training", TRAINING, true), ("held_out", HELD_OUT, false), ("further", FURTHER, true)]
    {
        let (held, shown) = measure(name, file, show);
        assert!(held <= WRONGLY_HELD_MAX, "{name}: {held}");
        assert!(shown <= ABUSE_SHOWN_MAX, "{name}: {shown}");
    }
}

#[test]
fn what_many_write_alike_in_an_outage_is_shown() {
    let alike = Context { alike: 1000, ..CONTEXT };
    let (mut honest, mut campaigns) = ((0, 0), 0);
    for line in [TRAINING, HELD_OUT, FURTHER].into_iter().flat_map(lines) {
        let (once, often) = (judge(&line.text, &CONTEXT).decision, judge(&line.text, &alike).decision);
        if line.kind == "ok" {
            honest.0 += 1;
            honest.1 += usize::from(often != Decision::Show);
        } else {
            campaigns += usize::from(once == Decision::Show && often == Decision::Hold);
        }
    }
    println!(
        "as copies: {:.2} % of honest texts held, {campaigns} abusive ones that are shown alone",
        share(honest) * 100.0
    );
    assert!(share(honest) <= WRONGLY_HELD_MAX && campaigns > 0);
}

#[test]
fn every_rule_catches_what_no_other_does() {
    let mut alone = vec![(0, 0); rules::ALL.len()];
    for line in [TRAINING, HELD_OUT].into_iter().flat_map(lines) {
        let decisions = rules::decisions(line.text.as_str(), &CONTEXT);
        let mut keeps = decisions.iter().enumerate().filter(|(_, d)| **d != Decision::Show).map(|(i, _)| i);
        if let (Some(only), None) = (keeps.next(), keeps.next()) {
            *(if line.kind == "ok" { &mut alone[only].1 } else { &mut alone[only].0 }) += 1;
        }
    }
    for (rule, (abuse, ok)) in rules::ALL.iter().zip(alone).filter(|(r, _)| r.name != "repeated") {
        println!("{:14} alone keeps back {abuse} abusive and {ok} honest texts", rule.name);
        assert!(abuse > ok, "{} gains nothing", rule.name);
    }
}
