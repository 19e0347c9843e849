//! Replay bundles of incidents in which checks and official pages have a say.

use crate::common::{Desk, minute, slug};
use crate::replay::replay;
use allclear_detect::replay::{Options, bundle};
use allclear_model::check::CheckOutcome;
use allclear_model::official::{OfficialSaid, Trust};
use allclear_model::signal::CheckResult;
use allclear_model::{Entry, Evidence, Incident, IncidentId, Level, Signal, Time, Verdict};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// In place of a location: the official page.
const PAGE: u64 = u64::MAX;

struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}

/// Some hours of one service: people who report now and then and in bursts, up to 20 locations that check, stops.
fn live(seed: u64) -> Desk {
    let mut d = Desk::new(&["a", "b"]);
    let mut random = Random(seed);
    let few = 1 + random.below(4);
    let locations = if seed.is_multiple_of(5) { 20 } else { few };
    let (mut m, mut source, mut burst, mut down) = (1, 0u64, false, false);
    while m < 400 {
        burst = if random.below(30) == 0 { !burst } else { burst };
        down = if random.below(20) == 0 { burst } else { down };
        let mut happen = Vec::new();
        for _ in 0..(if burst { random.below(14) } else { u64::from(random.below(15) == 0) }) {
            happen.push((random.below(60_000), None));
        }
        for k in 0..locations {
            if random.below(3) > 0 {
                continue;
            }
            use CheckOutcome::{Blocked, Down, Inconclusive, Up};
            let odd = [Up, Down, Blocked, Inconclusive][random.below(4) as usize];
            let outcome = if random.below(6) == 0 { odd } else { [Up, Down][usize::from(down)] };
            happen.push((random.below(60_000), Some((k, outcome))));
        }
        // Some histories have no official page.
        if !seed.is_multiple_of(3) && random.below(4) == 0 {
            happen.push((random.below(60_000), Some((PAGE, CheckOutcome::Up))));
        }
        happen.sort_by_key(|h| h.0);
        for (ms, what) in happen {
            let at = minute(m).plus_ms(ms as i64);
            if let Some((PAGE, _)) = what {
                let level = if random.below(3) == 0 {
                    Level::ALL[random.below(6) as usize]
                } else {
                    [Level::Operational, Level::PartialOutage][usize::from(down)]
                };
                let trust = [Trust::Full, Trust::Low][usize::from(random.below(5) == 0)];
                let since = (random.below(2) == 0).then(|| at.plus_ms(-(random.below(4_000_000) as i64)));
                match random.below(5) {
                    0 => d.read(at, "a", OfficialSaid::Same),
                    1 => d.read(at, "a", OfficialSaid::Unread { reason: "503".to_owned() }),
                    _ => d.announce(at, "a", level, trust, since),
                };
            } else if let Some((k, outcome)) = what {
                // In some histories locations take back what they said.
                let withdraws = seed % 4 == 2 && outcome == CheckOutcome::Inconclusive && ms % 2 == 0;
                let result = CheckResult { withdraws, ..CheckResult::new(slug("a"), outcome, None, Some(120)) };
                d.checked(at, &format!("l{k}"), result);
            } else {
                // Every third time by somebody who has reported before.
                let from = if random.below(3) == 0 {
                    random.below(source.max(1))
                } else {
                    source += 1;
                    source
                };
                d.report(at, "a", u128::from(from), from % 90);
            }
        }
        m += 1;
        if random.below(150) == 0 {
            let stopped = minute(m).plus_ms(random.below(60_000) as i64);
            m += 2 + random.below(20) as i64;
            d.send(minute(m), Signal::Resumed { stopped });
        } else {
            d.tick(minute(m));
        }
    }
    d
}

fn told(v: &Verdict) -> Value {
    let cents = |x: f64| format!("{x:.2}").parse::<f64>().unwrap();
    let reasons = |list: &[Evidence]| {
        let text = |e: &Evidence| allclear_model::words::evidence::text(e, &v.since.to_string());
        let one = |e: &Evidence| json!({"signal": e.witness.as_str(), "weight": cents(e.weight), "text": text(e)});
        list.iter().map(one).collect::<Vec<_>>()
    };
    json!({
        "at": v.at.to_string(), "service": "a", "level": v.level.as_str(), "phase": v.phase.as_str(), "confidence": null,
        "since": v.since.to_string(), "cause": null,
        "scope": {"symptoms": v.symptoms, "countries": v.countries, "locations": []}, "confirmed": v.confirmed,
        "reports": {"actual": v.reports.actual, "expected": cents(v.reports.expected), "effective": cents(v.reports.effective)},
        "evidence": reasons(&v.evidence), "against": reasons(&v.against), "log_odds": cents(v.log_odds), "rule": v.rule.to_string(),
    })
}

/// What is wrong with the bundles of a history, and how many of its words about incidents checks had a say in.
fn compare(d: &Desk, seed: u64) -> usize {
    let mut found: BTreeMap<IncidentId, (Incident, Vec<String>)> = BTreeMap::new();
    for c in &d.changes {
        if let Some(i) = &c.incident {
            let (incident, lines) = found.entry(i.id.clone()).or_insert_with(|| (i.clone(), Vec::new()));
            *incident = i.clone();
            lines.extend(c.bundle.iter().cloned());
        }
    }
    let mut confirmed = 0;
    for (incident, lines) in found.into_values() {
        let text = bundle(&incident, &slug("kind"), &lines).unwrap();
        let at = |line: Option<&str>| {
            let v: Value = serde_json::from_str(line.unwrap()).unwrap();
            Time::parse(v["at"].as_str().unwrap()).unwrap()
        };
        let (from, to) = (at(text.lines().next()), at(text.lines().last()));
        let begun = |v: &Verdict| v.at > from || (v.at == from && from.0 % 60_000 != 0);
        let within = |v: &&Verdict| begun(v) && v.at <= to;
        let live: Vec<&Verdict> = d.changes.iter().map(|c| &c.verdict).filter(within).collect();
        confirmed += live.iter().filter(|v| v.confirmed).count();
        let (r, out, warned) = replay(&text, &Options::default());
        r.unwrap();
        assert_eq!(warned, [""; 0]);
        let replayed: Vec<Value> = out.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
        let live: Vec<Value> = live.into_iter().map(told).collect();
        for (l, r) in live.iter().zip(&replayed) {
            assert_eq!(l, r, "history {seed}, incident {}", incident.id);
        }
        assert_eq!(live.len(), replayed.len(), "history {seed}, incident {}\n{text}", incident.id);
    }
    confirmed
}

#[test]
fn bundles_of_random_histories_with_checks_and_pages_give_the_verdicts_that_were_told() {
    // In the last one an incident opens in the very minute in which the one before was over, after a stop.
    let confirmed: usize = (0..150).chain([645]).map(|seed| compare(&live(seed), seed)).sum();
    assert!(confirmed > 100, "histories in which people and checks agree: {confirmed} words");
}

#[test]
fn a_bundle_goes_on_over_a_restart_from_a_snapshot() {
    let d = live(3);
    let mut board = allclear_detect::Board::new(allclear_detect::Limits::default());
    let mut changes = Vec::new();
    for (k, e) in d.journal.iter().enumerate() {
        if k % 40 == 0 {
            board = allclear_detect::Board::from_bytes(&board.to_bytes(), allclear_detect::Limits::default()).unwrap();
        }
        changes.extend(board.apply(&Entry { seq: e.seq, at: e.at, signal: e.signal.clone() }));
    }
    assert_eq!(changes, d.changes);
}

#[test]
fn a_bundle_begins_with_what_the_locations_say_and_has_each_result_that_changes_it() {
    use CheckOutcome::{Down, Up};
    let mut d = Desk::new(&["a"]);
    d.check(minute(1), "a", "fra", Up);
    d.check(minute(2), "a", "iad", Down);
    d.check(minute(30), "a", "sin", Up);
    d.check(minute(31), "a", "sin", Down);
    for k in 0..40 {
        d.report(minute(32).plus_ms(k * 700), "a", k as u128, k as u64);
        d.check(minute(32).plus_ms(k * 700 + 100), "a", "sin", Down);
    }
    d.check(minute(33), "a", "fra", Up);
    let lines: Vec<Value> =
        d.changes.iter().flat_map(|c| &c.bundle).map(|l| serde_json::from_str(l).unwrap()).collect();
    let checks: Vec<&Value> = lines.iter().filter(|l| l["kind"] == "check").collect();
    let known: Vec<_> = checks
        .iter()
        .map(|l| (l["location"].as_str().unwrap(), l["outcome"].as_str().unwrap(), l["known"] == true))
        .collect();
    assert_eq!(known, [("fra", "inconclusive", true), ("sin", "down", true), ("fra", "up", false)]);
    assert!(d.changes.iter().any(|c| c.verdict.confirmed));
}
