//! The live engine and a replay of the same signals say the same.

use crate::support::{SERVICES, SYMPTOMS, catalogue, check_journal};
use allclear_detect::replay::{Options, bundle, run};
use allclear_model::{Country, Entry, Evidence, Incident, IncidentId, Signal, Slug, Time, Verdict};
use allclear_testkit::{START, TestEngine, new_report};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// How many random histories; those of one of the two tests.
const HISTORIES: u64 = 250;

/// SplitMix64 (Steele, Lea and Flood, 2014): small, seeded, the same everywhere.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u32) -> u32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 32) as u32 % n
    }
}

/// A quiet hour or so with a burst or two in it, on two services at a time.
fn live(seed: u64) -> TestEngine {
    let e = TestEngine::new(catalogue());
    let mut dice = Dice(seed);
    let countries = ["DE", "FR", "US"].map(|c| Country::parse(c).unwrap());
    let services = [dice.below(3) as usize, dice.below(3) as usize];
    let mut minute = 0;
    let end = 50 + dice.below(40);
    while minute < end {
        let quiet = dice.below(3) == 0;
        let stretch = 5 + dice.below(25);
        let rate = if quiet { 2 } else { 4 << dice.below(4) };
        let few_sources = dice.below(4) == 0;
        for _ in 0..stretch {
            let gap = 1 + i64::from(dice.below(8) / 7);
            minute += gap as u32;
            e.minutes(gap - 1);
            e.clock().advance_minutes(1);
            // Some minutes are judged on their boundary, some in their middle, some by nothing but a report.
            if dice.below(2) == 0 {
                e.block_on(e.handles.admin.catch_up()).unwrap();
            }
            e.clock().advance_ms(i64::from(dice.below(50_000)));
            let batch: Vec<_> = (0..dice.below(rate))
                .map(|_| {
                    let mut new =
                        new_report(SERVICES[services[dice.below(2) as usize]], SYMPTOMS[dice.below(3) as usize]);
                    new.country = Some(countries[dice.below(3) as usize]).filter(|_| dice.below(3) > 0);
                    let source = dice.below(if few_sources { 6 } else { 100_000 });
                    (new, e.origin(source))
                })
                .collect();
            e.block_on(async {
                let tracker = tokio_util::task::TaskTracker::new();
                for (new, origin) in batch {
                    let intake = e.handles.intake.clone();
                    tracker.spawn(async move { intake.report(new, origin).await.unwrap() });
                }
                tracker.close();
                tracker.wait().await;
            });
            let back = e.clock().advance_ms(0).0.rem_euclid(60_000);
            e.clock().advance_ms(-back);
        }
    }
    e.minutes(1);
    e
}

fn lines(entries: &[Entry]) -> String {
    let mut out = format!("{}\n", json!({"kind": "visits", "at": START, "service": "mail", "count": 0, "span_s": 60}));
    let mut end = String::new();
    for e in entries {
        end = json!({"kind": "end", "at": e.at.to_string()}).to_string();
        let Signal::ReportAccepted(r) = &e.signal else { continue };
        let mut line = json!({
            "kind": "report", "at": e.at.to_string(), "service": r.service, "symptom": r.symptom,
            "source": r.source.unwrap().0.to_string(), "network": r.network.unwrap().0.to_string(),
        });
        if let Some(c) = r.country {
            line["country"] = json!(c.as_str());
        }
        out += &line.to_string();
        out.push('\n');
    }
    out + &end
}

fn replayed(text: &str) -> Vec<Value> {
    let options = Options { catalogue: Arc::new(catalogue()), ..Options::default() };
    let mut out = Vec::new();
    run([("history".to_owned(), text.as_bytes())], &options, &mut out, &mut |_| {}).unwrap();
    String::from_utf8(out).unwrap().lines().map(|l| serde_json::from_str(l).unwrap()).collect()
}

fn said(entries: &[Entry]) -> Vec<Value> {
    let cents = |x: f64| format!("{x:.2}").parse::<f64>().unwrap();
    let reasons = |list: &[Evidence], since: &str| {
        let one = |e: &Evidence| json!({"signal": e.witness.as_str(), "weight": cents(e.weight), "text": allclear_model::words::evidence::text(e, since)});
        list.iter().map(one).collect::<Vec<_>>()
    };
    let verdict = |service: &str, v: &Verdict| {
        json!({
            "at": v.at.to_string(), "service": service, "level": v.level.as_str(), "phase": v.phase.as_str(), "confidence": null,
            "since": v.since.to_string(), "cause": v.cause.as_ref().map(allclear_model::Slug::as_str),
            "scope": {"symptoms": v.symptoms, "countries": v.countries, "locations": []}, "confirmed": v.confirmed,
            "reports": {"actual": v.reports.actual, "expected": cents(v.reports.expected), "effective": cents(v.reports.effective)},
            "evidence": reasons(&v.evidence, &v.since.to_string()), "against": reasons(&v.against, &v.since.to_string()), "log_odds": cents(v.log_odds), "rule": v.rule.to_string(),
        })
    };
    let word = |e: &Entry| match &e.signal {
        Signal::VerdictChanged { service, verdict: v, .. } => Some(verdict(service, v)),
        _ => None,
    };
    entries.iter().filter_map(word).collect()
}

/// What the judge said of each incident's service while its bundle lasts, and the bundle, in order of opening.
fn bundles(entries: &[Entry]) -> Vec<(Vec<Value>, String)> {
    let mut found: BTreeMap<IncidentId, (Incident, Vec<String>)> = BTreeMap::new();
    for e in entries {
        if let Signal::VerdictChanged { incident: Some(i), bundle, .. } = &e.signal {
            let (incident, lines) = found.entry(i.id.clone()).or_insert_with(|| ((**i).clone(), Vec::new()));
            *incident = (**i).clone();
            lines.extend(bundle.iter().cloned());
        }
    }
    let said = said(entries);
    let one = |(incident, lines): (Incident, Vec<String>)| {
        let text = bundle(&incident, &Slug::other(), &lines).expect("every incident has a bundle");
        let at = |line: Option<&str>| {
            serde_json::from_str::<Value>(line.unwrap()).unwrap()["at"].as_str().unwrap().to_owned()
        };
        let (from, to) = (at(text.lines().next()), at(text.lines().last()));
        let (from, to) = (Time::parse(&from).unwrap(), Time::parse(&to).unwrap());
        let within = |v: &&Value| {
            let at = Time::parse(v["at"].as_str().unwrap()).unwrap();
            // One that begins where a minute ends goes on from the word about that minute.
            let begun = at > from || (at == from && from.0 % 60_000 != 0);
            v["service"] == *incident.service.as_str() && begun && at <= to
        };
        (said.iter().filter(within).cloned().collect(), text)
    };
    found.into_values().map(one).collect()
}

/// Countries are not in a bundle; a word that only names other countries than the one before is none there.
fn without_countries(said: Vec<Value>) -> Vec<Value> {
    let mut last = Value::Null;
    let mut out = Vec::new();
    for mut v in said {
        v["scope"]["countries"] = Value::Null;
        // In another order they are no new word either.
        let mut symptoms: Vec<String> = serde_json::from_value(v["scope"]["symptoms"].clone()).unwrap();
        symptoms.sort();
        let kind = json!([v["level"], v["phase"], symptoms, v["since"]]);
        if kind != last {
            last = kind;
            out.push(v);
        }
    }
    out
}

fn compare(seeds: std::ops::Range<u64>) {
    let (mut words, mut incidents) = (0, 0);
    for seed in seeds {
        let e = live(seed);
        let entries = e.entries();
        check_journal(&entries);
        let (live, replay) = (said(&entries), replayed(&lines(&entries)));
        words += live.len();
        for (l, r) in live.iter().zip(&replay) {
            assert_eq!(l, r, "history {seed}");
        }
        assert_eq!(live.len(), replay.len(), "history {seed}");
        for (live, text) in bundles(&entries) {
            incidents += 1;
            assert_eq!(without_countries(replayed(&text)), without_countries(live), "bundle of history {seed}");
        }
    }
    assert!(incidents > 50, "{incidents} incidents");
    assert!(words > 500, "histories in which something happens: {words} words");
}

#[test]
fn live_verdicts_of_random_histories_equal_replayed_ones() {
    compare(0..HISTORIES);
}

#[test]
fn live_verdicts_of_further_random_histories_equal_replayed_ones() {
    compare(HISTORIES..2 * HISTORIES);
}
