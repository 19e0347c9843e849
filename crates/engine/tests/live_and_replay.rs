//! The live engine and a replay of the same signals say the same.

use crate::support::{SERVICES, SYMPTOMS, catalogue, check_journal};
use allclear_detect::replay::{Options, bundle, run};
use allclear_model::signal::Baseline;
use allclear_model::{
    Country, Entry, Evidence, Incident, IncidentId, IncidentStep, Phase, Signal, Slug, Time, Verdict,
};
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

/// Two days of a report now and then, from which the site learns by itself what is usual; or what is usual as it is told.
fn past(e: &TestEngine, dice: &mut Dice) {
    match dice.below(8) {
        0 => {
            for n in 0..2 * 160 {
                // Nobody listened in a gap of more than ten minutes.
                e.clock().advance_minutes(9);
                e.report(SERVICES[dice.below(3) as usize], "other", 1_000_000 + n).unwrap();
            }
            e.minutes(1);
        }
        1 | 2 => {
            let service = Slug::parse(SERVICES[dice.below(3) as usize]).unwrap();
            let rate = f64::from(1 + dice.below(50)) / 50.0;
            let learned = Baseline { service, profile: vec![rate; 168], alpha: Some(0.3), weeks: Some(8.0) };
            e.block_on(e.handles.admin.learned(learned)).unwrap();
            e.minutes(1);
        }
        _ => {}
    }
}

/// The site ends in some way and is back within minutes, or at once.
fn restarted(e: TestEngine, dice: &mut Dice) -> TestEngine {
    let folder = if dice.below(2) == 0 { e.stop() } else { e.kill() };
    folder.clock.advance_minutes(i64::from(dice.below(5)));
    TestEngine::open(folder, catalogue(), |_| {}).map_err(|x| x.1).unwrap()
}

/// A burst from many, so many minutes after what was before; then an hour of silence.
fn afterwards(e: &TestEngine, dice: &mut Dice, minutes: u32) {
    e.minutes(i64::from(minutes));
    for n in 0..60 {
        e.clock().advance_ms(1 + i64::from(dice.below(3000)));
        e.report("mail", SYMPTOMS[n as usize % 3], 2_000_000 + 1000 * minutes + n).unwrap();
    }
    e.minutes(60 + i64::from(dice.below(20)));
}

/// A quiet hour or so with a burst or two in it, on two services at a time.
fn live(seed: u64) -> TestEngine {
    let mut e = TestEngine::new(catalogue());
    let mut dice = Dice(seed);
    past(&e, &mut dice);
    let countries = ["DE", "FR", "US"].map(|c| Country::parse(c).unwrap());
    let services = [dice.below(3) as usize, dice.below(3) as usize];
    let mut minute = 0;
    let end = 50 + dice.below(40);
    let mut stop_at = (dice.below(3) == 0).then(|| dice.below(end));
    while minute < end {
        if stop_at.is_some_and(|at| minute >= at) {
            stop_at = None;
            e = restarted(e, &mut dice);
        }
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
            if dice.below(3) == 0 {
                let service = Slug::parse(SERVICES[services[0]]).unwrap();
                let from = e.origin(dice.below(100_000));
                e.block_on(e.handles.intake.vote(service, None, from)).unwrap();
            }
            let back = e.clock().advance_ms(0).0.rem_euclid(60_000);
            e.clock().advance_ms(-back);
        }
    }
    e.minutes(1);
    if dice.below(5) == 0 {
        // It is over, and perhaps begins again.
        for gap in [40, 20 + dice.below(20)] {
            afterwards(&e, &mut dice, gap);
        }
    }
    e
}

fn lines(entries: &[Entry]) -> String {
    let mut out = format!("{}\n", json!({"kind": "visits", "at": START, "service": "mail", "count": 0, "span_s": 60}));
    let mut end = String::new();
    for e in entries {
        end = json!({"kind": "end", "at": e.at.to_string()}).to_string();
        let at = e.at.to_string();
        // Those of days ago are blanked; each of them was another one.
        let unknown = format!("blanked-{}", e.seq);
        let line = match &e.signal {
            Signal::ReportAccepted(r) => {
                let mut line = json!({
                    "kind": "report", "at": at, "service": r.service, "symptom": r.symptom,
                    "source": r.source.map_or(unknown.clone(), |s| s.0.to_string()),
                    "network": r.network.map_or(unknown, |n| n.0.to_string()),
                });
                if let Some(c) = r.country {
                    line["country"] = json!(c.as_str());
                }
                line
            }
            Signal::Vote(v) => {
                json!({"kind": "vote", "at": at, "service": v.service, "source": v.source.unwrap().0.to_string()})
            }
            Signal::Baseline(b) => {
                json!({"kind": "baseline", "at": at, "service": b.service, "profile": b.profile, "alpha": b.alpha, "weeks": b.weeks})
            }
            _ => continue,
        };
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
    let (mut votes, mut baselines, mut recovering, mut closed, mut reopened) = (0, 0, 0, 0, 0);
    for seed in seeds {
        let e = live(seed);
        let entries = e.entries();
        check_journal(&entries);
        for x in &entries {
            match &x.signal {
                Signal::Vote(_) => votes += 1,
                Signal::Baseline(_) => baselines += 1,
                Signal::VerdictChanged { verdict, incident, .. } => {
                    recovering += usize::from(verdict.phase == Phase::Recovering);
                    closed += usize::from(verdict.phase == Phase::Closed);
                    let last = incident.as_ref().and_then(|i| i.events.last()).map(|l| &l.step);
                    reopened += usize::from(last == Some(&IncidentStep::Reopened));
                }
                _ => {}
            }
        }
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
    assert!(votes > 100 && baselines > 10, "{votes} votes, {baselines} baselines");
    assert!(
        recovering > 20 && closed > 20 && reopened > 0,
        "whole stories: {recovering} times recovering, {closed} closed, {reopened} reopened"
    );
}

#[test]
fn live_verdicts_of_random_histories_equal_replayed_ones() {
    compare(0..HISTORIES);
}

#[test]
fn live_verdicts_of_further_random_histories_equal_replayed_ones() {
    compare(HISTORIES..2 * HISTORIES);
}
