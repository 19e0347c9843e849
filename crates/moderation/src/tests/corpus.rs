//! The share of honest texts that are not shown and of abusive ones that are, and what each rule does for it.

use super::known;
use super::learn::{Seen, learn};
use crate::tokens::Token;
use crate::{Context, Judged, judge, resemblance, rules};
use allclear_model::{moderation::Decision, redact::FreeText};
use std::collections::{BTreeMap, BTreeSet};

/// Lines by which the rules were made.
const TRAINING: &[&str] = &[include_str!("../../corpus/training.tsv")];
/// What was written while the lists grew: honest texts in many languages, and abuse.
const FURTHER: &[&str] = &[include_str!("../../corpus/further.tsv")];
/// What was written by people who did not know the rules, for the weights to be learned from.
const LEARNING: &[&str] = &[
    include_str!("../../corpus/learning/de.tsv"),
    include_str!("../../corpus/learning/en.tsv"),
    include_str!("../../corpus/learning/es.tsv"),
    include_str!("../../corpus/learning/fr.tsv"),
    include_str!("../../corpus/learning/pt.tsv"),
    include_str!("../../corpus/learning/tr.tsv"),
];
/// What neither a rule nor a weight was made by: the first is like the training lines, the second was written by people who did
/// not know the rules.
const HELD_OUT: &[&str] = &[include_str!("../../corpus/held_out.tsv")];
const STRANGERS: &[&str] = &[include_str!("../../corpus/strangers.tsv")];

/// Most of the honest texts that may be kept back, and of the abusive ones that may be shown.
const GOAL: (f64, f64) = (0.02, 0.05);

const CONTEXT: Context<'_> = Context { alike: 0, known_host: &known };

pub(super) struct Line {
    kind: &'static str,
    language: &'static str,
    pub(super) text: FreeText,
}

impl Line {
    pub(super) fn is_honest(&self) -> bool {
        self.kind == "ok"
    }
}

fn lines(files: &[&'static str]) -> Vec<Line> {
    files
        .iter()
        .flat_map(|f| f.lines())
        .map(|l| {
            let mut columns = l.splitn(3, '\t');
            let mut next = || columns.next().unwrap();
            let (kind, language) = (next(), next());
            let text = FreeText::parse(&next().replace("\\n", "\n"), FreeText::MAX).unwrap().unwrap();
            Line { kind, language, text }
        })
        .collect()
}

/// All that weights are learned from.
fn taught() -> Vec<Line> {
    [TRAINING, FURTHER, LEARNING].into_iter().flat_map(lines).collect()
}

/// Lines, and how many of them were decided the wrong way.
type Tally = (usize, usize);

fn share((all, wrong): Tally) -> f64 {
    wrong as f64 / all as f64
}

/// Wrongly held and abuse shown.
fn measure(name: &str, lines: &[&Line], judge: impl Fn(&Line) -> Judged) -> (f64, f64) {
    let show = std::env::var("WRONG").is_ok_and(|n| n == name);
    let mut by: BTreeMap<(&str, &str), Tally> = BTreeMap::new();
    for line in lines {
        let Judged { decision, reasons } = judge(line);
        let wrong = line.is_honest() == (decision != Decision::Show);
        if wrong && show {
            println!("{} {} {reasons:?}: {}", line.kind, line.language, line.text.as_str());
        }
        let total = (!line.is_honest()).then_some(("abuse", "all"));
        for key in [(line.kind, line.language), (line.kind, "all")].into_iter().chain(total) {
            let t = by.entry(key).or_default();
            t.0 += 1;
            t.1 += usize::from(wrong);
        }
    }
    for ((kind, language), tally) in &by {
        println!("{name} {kind:9} {language:5} {:4} of {:5} wrong", tally.1, tally.0);
    }
    let (held, shown) = (share(by[&("ok", "all")]), share(by[&("abuse", "all")]));
    println!("{name}, {} lines: wrongly held {:.2} %, abuse shown {:.2} %", lines.len(), held * 100.0, shown * 100.0);
    (held, shown)
}

fn judged(line: &Line) -> Judged {
    judge(&line.text, &CONTEXT)
}

#[test]
fn honest_texts_are_shown_and_abuse_is_not() {
    for (name, files) in [("training", TRAINING), ("held_out", HELD_OUT), ("further", FURTHER)] {
        let all = lines(files);
        let (held, shown) = measure(name, &all.iter().collect::<Vec<_>>(), judged);
        assert!(held <= GOAL.0 && shown <= GOAL.1, "{name}: {held} {shown}");
    }
}

#[test]
fn what_nothing_was_made_by_is_judged_as_well() {
    let strangers = lines(STRANGERS);
    measure("strangers", &strangers.iter().collect::<Vec<_>>(), judged);
    let all: Vec<Line> = lines(HELD_OUT).into_iter().chain(strangers).collect();
    let (held, shown) = measure("all held out", &all.iter().collect::<Vec<_>>(), judged);
    assert!(held <= GOAL.0 && shown <= GOAL.1, "{held} {shown}");
}

#[test]
fn the_weights_are_what_the_corpus_teaches() {
    let all: Vec<Seen> = taught().iter().map(Seen::of).collect();
    let learned = learn(&all.iter().collect::<Vec<_>>());
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/learned/weights.bin");
    if std::env::var_os("LEARN").is_some() {
        std::fs::write(file, &learned[..]).unwrap();
    }
    assert!(std::fs::read(file).unwrap() == learned[..], "they differ: `make learn` writes them");
}

/// How much the weights know beyond the words they were learned from, on lines most of which were written to be hard.
#[test]
fn what_two_thirds_of_the_corpus_teach_helps_with_the_third() {
    let all = taught();
    let (third, rest): (Vec<_>, Vec<_>) = all.iter().enumerate().partition(|(i, _)| i % 3 == 0);
    let third: Vec<&Line> = third.into_iter().map(|(_, l)| l).collect();
    let rest: Vec<Seen> = rest.into_iter().map(|(_, l)| Seen::of(l)).collect();
    let learned = learn(&rest.iter().collect::<Vec<_>>());
    let by = |score: &dyn Fn(&[Token]) -> f32, l: &Line| rules::Text::read(l.text.as_str(), &CONTEXT).judge(score);
    let rules_alone = measure("third, by rules alone", &third, |l| by(&|_| resemblance::HONEST, l));
    let both = measure("third", &third, |l| by(&|words| resemblance::by(&learned, words), l));
    assert!(both.0 <= rules_alone.0 + 0.01 && both.1 < rules_alone.1 * 0.6, "{both:?} instead of {rules_alone:?}");
}

#[test]
fn what_many_write_alike_in_an_outage_is_shown() {
    let alike = Context { alike: 1000, ..CONTEXT };
    let mut honest = (0, 0);
    for line in [TRAINING, HELD_OUT, FURTHER].into_iter().flat_map(lines).filter(Line::is_honest) {
        honest.0 += 1;
        honest.1 += usize::from(judge(&line.text, &alike).decision != Decision::Show);
    }
    let shown = |line: &Line| judged(line).decision == Decision::Show;
    let abusive = [HELD_OUT, STRANGERS, LEARNING].into_iter().flat_map(lines).filter(|l| !l.is_honest() && shown(l));
    let campaigns = abusive.filter(|l| judge(&l.text, &alike).decision == Decision::Hold).count();
    println!(
        "as copies: {:.2} % of honest texts held, {campaigns} abusive ones that are shown alone",
        share(honest) * 100.0
    );
    assert!(share(honest) <= GOAL.0 && campaigns > 0);
}

#[test]
fn every_rule_catches_what_no_other_does() {
    let mut alone = vec![(0, 0); rules::ALL.len()];
    for line in [TRAINING, HELD_OUT].into_iter().flat_map(lines) {
        let text = rules::Text::read(line.text.as_str(), &CONTEXT);
        let mut keeps = text.decisions().enumerate().filter(|(_, (_, d))| *d != Decision::Show).map(|(i, _)| i);
        if let (Some(only), None) = (keeps.next(), keeps.next()) {
            *(if line.is_honest() { &mut alone[only].1 } else { &mut alone[only].0 }) += 1;
        }
    }
    for (rule, (abuse, ok)) in rules::ALL.iter().zip(alone).filter(|(r, _)| r.name != "repeated") {
        println!("{:14} alone keeps back {abuse} abusive and {ok} honest texts", rule.name);
        assert!(abuse > ok, "{} gains nothing", rule.name);
    }
}

/// What the site decides otherwise without each rule, where weights speak beside the rules: abusive texts that are shown instead of
/// kept back, abusive ones that are held instead of hidden, and honest ones that are shown.
fn gains(files: &[&[&'static str]]) -> Vec<(&'static str, [usize; 3])> {
    let mut gains: Vec<_> = rules::ALL.iter().map(|r| (r.name, [0; 3])).collect();
    for line in files.iter().copied().flat_map(lines) {
        let text = rules::Text::read(line.text.as_str(), &CONTEXT);
        let kept = text.kept(&resemblance::score);
        let whole = text.decided(kept.clone(), &resemblance::score).decision;
        for (rule, gain) in &mut gains {
            let rest: Vec<_> = kept.iter().filter(|(r, _)| r.name != *rule).copied().collect();
            if rest.len() == kept.len() {
                continue;
            }
            match (line.is_honest(), whole, text.decided(rest, &resemblance::score).decision) {
                (true, Decision::Hide | Decision::Hold, Decision::Show) => gain[2] += 1,
                (false, Decision::Hide | Decision::Hold, Decision::Show) => gain[0] += 1,
                (false, Decision::Hide, Decision::Hold) => gain[1] += 1,
                _ => {}
            }
        }
    }
    gains.retain(|(rule, _)| *rule != "repeated");
    gains
}

#[test]
fn without_any_one_rule_the_site_would_decide_otherwise_about_abuse() {
    let idle = |name: &str, files: &[&[&'static str]]| -> Vec<&str> {
        let all = gains(files);
        for (rule, [shown, held, honest]) in &all {
            println!(
                "{name}, without {rule:14} {shown:3} abusive texts more are shown, {held:3} only held, {honest} honest ones shown"
            );
        }
        all.into_iter().filter(|(_, [shown, held, _])| shown + held == 0).map(|(rule, _)| rule).collect()
    };
    assert_eq!(idle("all", &[TRAINING, HELD_OUT, FURTHER, LEARNING, STRANGERS]), [""; 0]);
    // What it alone keeps back of these the weights hold as well.
    assert_eq!(idle("core", &[TRAINING, HELD_OUT]), ["noise-repeat"]);
}

#[test]
fn the_core_has_six_hundred_lines_in_six_languages_and_a_third_of_it_is_held_out() {
    let (training, held_out) = (lines(TRAINING), lines(HELD_OUT));
    let all = training.len() + held_out.len();
    assert!(all >= 600, "{all} lines");
    assert!(held_out.len() * 3 >= all, "{} of {all} are held out", held_out.len());
    for (name, part) in [("training", &training), ("held out", &held_out)] {
        for language in ["de", "en", "es", "fr", "pt", "tr"] {
            for honest in [true, false] {
                let n = part.iter().filter(|l| l.language == language && l.is_honest() == honest).count();
                assert!(n > 0, "{name}: no line of {language}, honest: {honest}");
            }
        }
    }
}

#[test]
fn what_is_held_out_stands_in_nothing_that_was_learned_from() {
    let texts = |files: &[&'static str]| -> BTreeSet<String> {
        let lines = files.iter().flat_map(|f| f.lines());
        lines.map(|l| l.splitn(3, '\t').nth(2).unwrap().to_lowercase()).collect()
    };
    let known = texts(&[TRAINING, FURTHER, LEARNING].concat());
    let both: Vec<_> = texts(&[HELD_OUT, STRANGERS].concat()).into_iter().filter(|t| known.contains(t)).collect();
    assert!(both.is_empty(), "{both:?}");
}

/// A deliberate sentence before it frees some of what lists are not sure of; never what they are sure of.
#[test]
fn an_honest_sentence_before_abuse_speaks_for_little_of_it() {
    let (mut lists, mut freed) = (0, 0);
    for line in lines(LEARNING).iter().filter(|l| !l.is_honest()).step_by(3) {
        let text = format!("site down since 9 am, error 503 on every call and cannot log in. {}", line.text.as_str());
        let text = FreeText::parse(&text, 2 * FreeText::MAX).unwrap().unwrap();
        let read = rules::Text::read(text.as_str(), &CONTEXT);
        let sure = read.decisions().any(|(_, d)| d == Decision::Hide);
        if read.decisions().any(|(_, d)| d != Decision::Show) {
            let decision = judge(&text, &CONTEXT).decision;
            assert!(!sure || decision == Decision::Hide, "{}", text.as_str());
            lists += 1;
            freed += usize::from(decision == Decision::Show);
        }
    }
    println!("of {lists} that lists keep back behind an honest sentence {freed} are shown");
    assert!(freed * 10 <= lists, "{freed} of {lists}");
}
