//! Verdicts, counts and memory of the board.

use crate::common::{Desk, T0, minute, slug};
use allclear_detect::{Board, Limits};
use allclear_model::signal::{ReportChange, ReportUpdated, TextChange};
use allclear_model::{Country, IncidentStep, Level, Month, Phase, RequestKey, Signal, SourceHash, SourceKeys, Time};

/// A service with `rate` usual reports a minute and an hour of just that.
pub(crate) fn settled(rate: f64) -> Desk {
    let mut d = Desk::new(&["a", "b"]);
    d.baseline(minute(0), "a", rate);
    let mut owed = 0.0;
    for m in 0..60 {
        owed += rate;
        let n = f64::floor(owed);
        owed -= n;
        if n > 0.0 {
            d.counted(Time(T0 + m * 60_000 + 30_000), "a", n as u64, None);
        }
    }
    d.tick(minute(60));
    d
}

/// `rate` whole reports in each of the minutes `from..to`.
pub(crate) fn reports(d: &mut Desk, from: i64, to: i64, rate: u64) {
    for m in from..to {
        if rate > 0 {
            d.counted(Time(T0 + m * 60_000 + 20_000), "a", rate, None);
        }
        d.tick(minute(m + 1));
    }
}

#[test]
fn a_service_that_nobody_has_spoken_of_is_unknown() {
    let mut d = Desk::new(&["a"]);
    d.tick(minute(600));
    let now = d.board.now("a").unwrap();
    assert_eq!((now.verdict.level, now.verdict.phase), (Level::Unknown, Phase::None));
    assert_eq!(now.verdict.reports.actual, 0);
    assert_eq!(now.bins.len(), 96);
    assert!(d.changes.is_empty());
    assert!(d.board.now("nobody").is_none());
}

#[test]
fn silence_speaks_only_where_three_reports_would_be_expected() {
    let d = settled(0.5);
    let v = d.board.now("a").unwrap().verdict;
    assert_eq!(v.level, Level::Operational);
    assert!(v.reports.expected > 3.0);
    let d = settled(0.1);
    let v = d.board.now("a").unwrap().verdict;
    assert_eq!(v.level, Level::Unknown);
    assert!(v.reports.expected < 3.0);
}

#[test]
fn a_silent_but_busy_service_is_evidence_against_a_problem() {
    let d = settled(2.0);
    let v = d.board.now("a").unwrap().verdict;
    assert!(!v.against.is_empty(), "{v:?}");
    assert!(v.against[0].weight < 0.0 && v.against[0].weight >= -3.0);
}

#[test]
fn the_level_is_that_of_the_multiple_nearest_to_what_came() {
    let (degraded, partial, major) = (Level::DegradedPerformance, Level::PartialOutage, Level::MajorOutage);
    // The geometric means of 4, 10 and 50 are 6.3 and 22.4.
    for usual in [1u64, 4, 20] {
        for (times, level) in [
            (4, degraded),
            (5, degraded),
            (8, partial),
            (10, partial),
            (15, partial),
            (20, partial),
            (30, major),
            (60, major),
        ] {
            let mut d = settled(usual as f64);
            reports(&mut d, 60, 120, usual * times);
            let v = d.board.now("a").unwrap().verdict;
            assert_eq!((v.level, v.phase, v.confirmed), (level, Phase::Open, false), "{times} times {usual}");
        }
    }
}

#[test]
fn a_level_eases_when_the_rate_has_fallen_and_does_not_flutter_around_its_edge() {
    let mut d = settled(1.0);
    reports(&mut d, 60, 90, 60);
    assert_eq!(d.board.now("a").unwrap().verdict.level, Level::MajorOutage);
    reports(&mut d, 90, 150, 12);
    assert_eq!(d.board.now("a").unwrap().verdict.level, Level::PartialOutage);
    let events = d.board.now("a").unwrap().incident.unwrap().events.len();
    for m in 150..240 {
        reports(&mut d, m, m + 1, if m % 2 == 0 { 5 } else { 7 });
    }
    let i = d.board.now("a").unwrap().incident.unwrap();
    assert!(i.events.len() <= events + 1, "{:?}", i.events);
    assert_eq!(i.peak_level, Level::MajorOutage);
}

#[test]
fn the_minute_that_opens_an_incident_teaches_nothing() {
    let mut d = settled(0.1);
    let before = d.board.now("a").unwrap().verdict.reports.expected;
    // All in one minute, counted without single ones, so that its end is the first to see them.
    d.counted(minute(60), "a", 20, None);
    d.tick(minute(61));
    let v = d.board.now("a").unwrap().verdict;
    assert_eq!(v.phase, Phase::Open);
    assert!((v.reports.expected - before).abs() < 0.01 * before, "{before} {}", v.reports.expected);
}

#[test]
fn authors_who_say_where_they_are_later_move_no_report_but_their_own() {
    let mut d = settled(1.0);
    let at = |k: i64| Time(T0 + 60 * 60_000 + k * 1000);
    let [de, fr] = ["DE", "FR"].map(|c| Country::parse(c).unwrap());
    for k in 0..7 {
        let from = (k < 6).then_some("DE");
        d.report_of(at(k), "a", "other", 500 + k as u128, Some(k as u64), from);
    }
    let Some(Signal::ReportAccepted(last)) = d.journal.last().map(|e| e.signal.clone()) else { panic!() };
    let mut say = |k: i64, country| {
        let change = ReportChange::Amended { symptom: slug("other"), country, text: TextChange::Kept };
        let update = ReportUpdated { id: last.id, service: slug("a"), change, text: None };
        d.send(at(10 + k), Signal::ReportUpdated(update));
        d.board.now("a").unwrap().countries_day
    };
    for k in 0..6 {
        say(3 * k, Some(de));
        say(3 * k + 1, Some(fr));
        assert_eq!(say(3 * k + 2, None), [(de, 6)], "who had named no country takes nothing from those who had");
    }
    assert_eq!(say(20, Some(de)), [(de, 7)]);
    assert_eq!(say(21, Some(fr)), [(de, 6)]);
}

#[test]
fn the_onset_shown_is_the_change_and_not_the_alarm() {
    let mut d = settled(1.0);
    reports(&mut d, 60, 90, 5);
    let now = d.board.now("a").unwrap();
    let i = now.incident.unwrap();
    assert!(i.opened > i.since);
    assert!((T0 + 58 * 60_000..=T0 + 62 * 60_000).contains(&i.since.0), "{}", i.since);
    assert_eq!(now.verdict.since, i.since);
    assert_eq!(now.verdict.incident, Some(i.id.clone()));
}

#[test]
fn an_alarm_comes_with_the_report_that_makes_it_and_not_only_at_the_end_of_the_minute() {
    let mut d = settled(0.1);
    let mut opened = None;
    for k in 0..30u64 {
        let at = Time(T0 + 60 * 60_000 + k as i64 * 1000);
        for c in d.report(at, "a", u128::from(1000 + k), 1000 + k) {
            if c.verdict.phase == Phase::Open {
                opened.get_or_insert(c.verdict.at);
            }
        }
    }
    assert!(opened.unwrap() < minute(61));
}

#[test]
fn a_problem_recovers_closes_and_opens_again_as_the_same_incident() {
    let mut d = settled(1.0);
    reports(&mut d, 60, 90, 20);
    assert_eq!(d.board.now("a").unwrap().verdict.phase, Phase::Open);
    let mut m = 90;
    while d.board.now("a").unwrap().verdict.phase != Phase::Closed {
        reports(&mut d, m, m + 1, 1);
        m += 1;
        assert!(m < 160, "never closed");
    }
    let closed = d.board.now("a").unwrap();
    let steps: Vec<_> = closed.incidents[0].events.iter().map(|e| e.step).collect();
    assert!(steps.contains(&IncidentStep::Recovering), "{steps:?}");
    assert_eq!(steps.last(), Some(&IncidentStep::Closed));
    assert_eq!(closed.verdict.level, Level::Operational);
    reports(&mut d, m, m + 6, 25);
    let again = d.board.now("a").unwrap();
    assert_eq!(again.verdict.phase, Phase::Open);
    assert_eq!(again.incidents.len(), 1);
    assert_eq!(again.incidents[0].id, closed.incidents[0].id);
    assert!(again.incidents[0].total_reports > closed.incidents[0].total_reports);
    assert_eq!(again.incidents[0].closed, None);
}

#[test]
fn half_an_hour_after_closing_it_is_over_and_the_next_problem_is_another() {
    let mut d = settled(1.0);
    reports(&mut d, 60, 80, 20);
    reports(&mut d, 80, 200, 1);
    let now = d.board.now("a").unwrap();
    assert_eq!((now.verdict.phase, now.verdict.incident.clone(), now.incident.clone()), (Phase::None, None, None));
    assert!(now.last_problem.is_some());
    reports(&mut d, 200, 220, 20);
    let now = d.board.now("a").unwrap();
    assert_eq!(now.incidents.len(), 2);
    assert_ne!(now.last_problem.unwrap().id, now.incident.unwrap().id);
}

#[test]
fn a_problem_that_wavers_does_not_flap() {
    let mut d = settled(1.0);
    for k in 0..10 {
        reports(&mut d, 60 + k * 10, 65 + k * 10, 14);
        reports(&mut d, 65 + k * 10, 70 + k * 10, 4);
    }
    reports(&mut d, 160, 260, 1);
    let shown: Vec<_> = d.changes.iter().filter(|c| &*c.service == "a").map(|c| c.verdict.phase).collect();
    assert_eq!(shown.iter().filter(|p| **p == Phase::Closed).count(), 1, "{shown:?}");
    assert_eq!(d.board.now("a").unwrap().incidents.len(), 1);
}

#[test]
fn a_further_report_from_one_source_is_listed_but_not_counted() {
    let mut d = Desk::new(&["a"]);
    for k in 0..50 {
        d.report(minute(k), "a", 7, 7);
    }
    let now = d.board.now("a").unwrap();
    assert_eq!(now.bins.iter().map(|b| b.actual).sum::<u64>(), 1);
    assert_eq!(now.recent.len(), 20);
    assert!(now.recent.iter().all(|l| !l.counted));
    let keys = SourceKeys { today: SourceHash(7), yesterday: None };
    assert!(!d.board.would_count_report("a", &keys, minute(359)));
    assert!(d.board.would_count_report("a", &keys, minute(360)));
    assert!(d.board.would_count_report("b", &keys, minute(1)));
    let turned = SourceKeys { today: SourceHash(8), yesterday: Some(SourceHash(7)) };
    assert!(!d.board.would_count_report("a", &turned, minute(300)));
}

/// Twenty minutes of five reports a minute from these sources and networks, on top of ordinary ones: whether an incident opens.
fn a_burst_opens(rate: f64, sources: u128, networks: u128) -> bool {
    let mut d = settled(rate);
    let (mut burst, mut ordinary) = (0, 1_000_000);
    let mut owed = 0.0;
    for m in 60..120i64 {
        for s in 0..6i64 {
            let at = Time(T0 + m * 60_000 + s * 10_000);
            if m < 80 && s != 0 {
                burst += 1;
                let source = burst % sources;
                d.report(at, "a", source, (source % networks) as u64);
            }
            // Two come with the burst in any case: with those of three sources they are five networks.
            owed += rate / 6.0 + f64::from(u8::from(s == 3 && matches!(m, 61 | 66)));
            while owed >= 1.0 {
                owed -= 1.0;
                ordinary += 1;
                d.report(at, "a", ordinary, ordinary as u64);
            }
        }
    }
    d.changes.iter().any(|c| c.verdict.phase == Phase::Open)
}

#[test]
fn a_hundred_addresses_in_four_networks_never_make_an_alarm() {
    for rate in [0.0, 0.02, 0.1, 0.5, 2.0, 12.0] {
        assert!(!a_burst_opens(rate, 100, 4), "at {rate} a minute");
    }
}

#[test]
fn three_sources_that_go_on_reporting_never_make_an_alarm_beside_ordinary_reports_and_twelve_in_an_outage_do() {
    for rate in [0.0, 0.02, 0.04, 0.1, 0.5, 2.0, 12.0] {
        assert!(!a_burst_opens(rate, 3, 3), "at {rate} a minute");
    }
    assert!(a_burst_opens(0.02, 12, 12));
}

#[test]
fn a_service_never_seen_needs_more_than_four_networks() {
    let mut d = Desk::new(&["a"]);
    d.tick(minute(3000));
    for k in 0..4 {
        d.report(minute(3000 + k), "a", k as u128, k as u64);
    }
    assert!(d.changes.iter().all(|c| c.verdict.phase != Phase::Open));
    for k in 4..12 {
        d.report(Time(minute(3004).0 + k * 1000), "a", k as u128, k as u64);
    }
    assert_eq!(d.board.now("a").unwrap().verdict.phase, Phase::Open);
}

#[test]
fn the_weights_add_up_to_the_log_odds() {
    let mut d = settled(0.7);
    for m in 60..140 {
        reports(&mut d, m, m + 1, if m < 90 { 6 } else { 1 });
        let v = d.board.now("a").unwrap().verdict;
        let sum: f64 = v.evidence.iter().chain(&v.against).map(|e| e.weight).sum();
        assert!((sum - v.log_odds).abs() < 1e-9, "{v:?}");
        assert!(v.evidence.iter().all(|e| (e.weight * 100.0 - (e.weight * 100.0).round()).abs() < 1e-6));
    }
}

#[test]
fn countries_are_named_only_while_most_reports_come_from_them() {
    let named = |countries: &[&str]| {
        let mut d = Desk::new(&["a"]);
        for k in 0..60_i64 {
            let country = countries[k as usize % countries.len()];
            d.report_of(minute(1).plus_ms(k * 900), "a", "other", k as u128, Some(k as u64), Some(country));
        }
        d.tick(minute(3));
        let v = d.board.verdict("a").unwrap();
        assert!(v.level.is_problem());
        v.countries.iter().map(|c| c.as_str().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(named(&["DE"]), ["DE"]);
    assert_eq!(named(&["DE", "DE", "FR", "DE"]), ["DE", "FR"]);
    assert_eq!(
        named(&["US", "US", "US", "DE", "DE", "GB", "FR", "JP", "BR", "IN"]),
        [""; 0],
        "half of them from two of seven"
    );
}

#[test]
fn symptoms_and_countries_that_stand_out_are_named_and_amending_moves_them() {
    let mut d = settled(0.1);
    for k in 0..40u64 {
        let symptom = if k % 4 == 0 { "slow" } else { "login" };
        let at = Time(T0 + 60 * 60_000 + k as i64 * 4000);
        d.report_of(at, "a", symptom, u128::from(900 + k), Some(900 + k), Some(if k < 30 { "DE" } else { "FR" }));
    }
    d.tick(minute(64));
    let now = d.board.now("a").unwrap();
    assert_eq!(now.verdict.symptoms, [slug("login"), slug("slow")]);
    assert_eq!(now.verdict.countries.first().map(allclear_model::Country::as_str), Some("DE"));
    assert_eq!(now.countries_day.iter().map(|c| c.1).collect::<Vec<_>>(), [30, 10]);
    let count = |n: &allclear_detect::ServiceNow, s: &str| n.symptoms.iter().find(|x| *x.0 == *s).map_or(0, |x| x.1);
    assert_eq!((count(&now, "login"), count(&now, "slow")), (30, 10));
    let hour: u64 = now.bins.iter().rev().take(4).map(|b| b.actual).sum();
    assert_eq!(now.symptoms.iter().map(|s| s.1).sum::<u64>(), hour);
    let last = now.recent[0].clone();
    let change = allclear_model::signal::ReportChange::Amended {
        symptom: slug("slow"),
        country: last.country,
        text: TextChange::Kept,
    };
    d.send(
        minute(65),
        Signal::ReportUpdated(allclear_model::signal::ReportUpdated {
            id: last.id,
            service: slug("a"),
            change,
            text: None,
        }),
    );
    let now = d.board.now("a").unwrap();
    assert_eq!((count(&now, "login"), count(&now, "slow")), (29, 11));
    let change = allclear_model::signal::ReportChange::Withdrawn;
    d.send(
        minute(65),
        Signal::ReportUpdated(allclear_model::signal::ReportUpdated {
            id: last.id,
            service: slug("a"),
            change,
            text: None,
        }),
    );
    assert!(d.board.now("a").unwrap().recent.iter().all(|l| l.id != last.id));
}

#[test]
fn time_without_watching_is_neither_silence_nor_exposure() {
    let mut d = settled(1.0);
    reports(&mut d, 60, 70, 1);
    d.send(minute(300), Signal::Resumed { stopped: minute(70) });
    let now = d.board.now("a").unwrap();
    assert_eq!(now.verdict.level, Level::Operational);
    assert!(now.bins.iter().rev().skip(1).take(16).all(|b| !b.watched));
    d.tick(minute(301));
    assert!(d.board.now("a").unwrap().verdict.reports.expected < 3.0);
    assert_eq!(d.board.now("a").unwrap().verdict.level, Level::Unknown);
    reports(&mut d, 301, 320, 1);
    assert!((d.board.now("a").unwrap().verdict.reports.expected - 15.0).abs() < 2.0);
}

#[test]
fn a_restart_within_a_minute_misses_nothing() {
    let mut d = settled(1.0);
    d.send(Time(minute(60).0 + 40_000), Signal::Resumed { stopped: Time(minute(60).0 + 10_000) });
    d.send(Time(minute(61).0 + 10_000), Signal::Resumed { stopped: Time(minute(60).0 + 50_000) });
    assert!(d.board.now("a").unwrap().bins.last().unwrap().watched);
}

#[test]
fn what_has_lasted_longer_than_a_day_is_the_new_usual() {
    let mut d = settled(1.0);
    reports(&mut d, 60, 60 + 1440, 6);
    assert_eq!(d.board.now("a").unwrap().verdict.phase, Phase::Open);
    reports(&mut d, 1500, 1500 + 1440, 6);
    let now = d.board.now("a").unwrap();
    assert_eq!(now.verdict.level, Level::Operational, "{:?}", now.verdict);
}

#[test]
fn a_busy_service_that_is_met_for_the_first_time_is_understood_within_hours() {
    let mut d = Desk::new(&["a"]);
    reports(&mut d, 0, 720, 12);
    let now = d.board.now("a").unwrap();
    assert!(!now.verdict.level.is_problem(), "{:?} {:?}", now.verdict, now.incidents);
    assert!((now.verdict.reports.expected - 180.0).abs() < 40.0);
}

#[test]
fn made_up_slugs_make_no_state() {
    let mut d = Desk::new(&["a"]);
    for k in 0..1000u64 {
        d.report(minute(1), &format!("made-up-{k}"), u128::from(k), k);
    }
    assert_eq!((d.board.sizes().active, d.board.sizes().reporters, d.board.sizes().requests), (0, 0, 0));
}

#[test]
fn every_map_has_a_cap_and_counts_what_it_evicts() {
    let limits = Limits { reporters: 100, voters: 50, requests: 60, networks: 30, sparse: 64 };
    let mut d = Desk::new(&["a"]);
    d.board = allclear_detect::Board::new(limits);
    let c = d.journal[0].clone();
    d.board.apply(&c);
    for k in 0..1000u64 {
        d.report_of(
            Time(minute(1).0 + k as i64),
            "a",
            &format!("s{}", k % 50),
            u128::from(k),
            Some(k),
            Some(["DE", "FR", "IT"][k as usize % 3]),
        );
        d.vote(Time(minute(1).0 + k as i64), "a", u128::from(k));
    }
    let s = d.board.sizes();
    assert_eq!((s.reporters, s.voters, s.requests, s.networks), (100, 50, 60, 30));
    assert_eq!((s.reporters_evicted, s.voters_evicted, s.requests_evicted, s.networks_evicted), (900, 950, 940, 970));
    let keys = |k| SourceKeys { today: SourceHash(k), yesterday: None };
    assert!(d.board.would_count_report("a", &keys(0), minute(2)), "the oldest goes first");
    assert!(!d.board.would_count_report("a", &keys(999), minute(2)));
    assert_eq!(d.board.request(RequestKey(0)), None);
    assert!(d.board.request(RequestKey(999)).is_some());
    d.tick(minute(1500));
    assert_eq!((d.board.sizes().reporters, d.board.sizes().requests), (0, 0));
    assert!(d.board.request(RequestKey(999)).is_none());
}

#[test]
fn a_changed_catalogue_keeps_what_is_known_of_the_services_it_keeps() {
    let mut d = settled(1.0);
    d.report(minute(60), "b", 1, 1);
    let before = d.board.now("a").unwrap();
    d.send(minute(60), Signal::CatalogueChanged { catalogue: crate::common::catalogue(&["a", "aa", "c"]) });
    assert_eq!(d.board.slugs().map(std::string::ToString::to_string).collect::<Vec<_>>(), ["a", "aa", "c"]);
    assert_eq!(d.board.now("a").unwrap(), before);
    assert!(d.board.now("b").is_none());
    assert_eq!(d.board.sizes().active, 1);
}

#[test]
fn votes_are_counted_once_per_source() {
    let mut d = Desk::new(&["a"]);
    for k in 0..10 {
        d.vote(minute(k), "a", (k % 4) as u128);
    }
    assert_eq!(d.board.now("a").unwrap().votes_hour, 4);
}

#[test]
fn the_minutes_of_each_month_are_those_that_the_verdicts_of_its_minutes_said() {
    let mut d = Desk::new(&["a", "b", "idle"]);
    // From the 2nd of March over the turn of a month; `a` is busy enough for its silence to speak, `b` is not.
    d.baseline(minute(0), "a", 1.0);
    let mut said: std::collections::BTreeMap<(&str, Month, Level), u32> = std::collections::BTreeMap::new();
    let days = 34;
    for m in 1..days * 1440 {
        if m == 30_000 {
            // Nobody listened in this minute.
            d.send(minute(m), Signal::Resumed { stopped: minute(m - 1) });
            continue;
        }
        let burst = m % 20_000 < 40;
        for _ in 0..(if burst { 30 } else { u64::from(m % 3 == 0) }) {
            d.counted(minute(m).plus_ms(-1), "a", 1, None);
        }
        if burst && m > 40_000 {
            d.counted(minute(m).plus_ms(-1), "b", 6, None);
        }
        d.tick(minute(m));
        for s in ["a", "b"] {
            let level = d.board.verdict(s).unwrap().level;
            *said.entry((s, Month::of(minute(m).plus_ms(-1)), level)).or_default() += 1;
        }
    }
    for s in ["a", "b"] {
        let months = d.board.now(s).unwrap().months;
        assert!(months.is_sorted_by(|x, y| x.month < y.month));
        for m in &months {
            for (level, n) in Level::ALL[1..].iter().zip(m.minutes) {
                assert_eq!(n, said.get(&(s, m.month, *level)).copied().unwrap_or(0), "{s} {} {level:?}", m.month);
            }
        }
        let known: u32 = months.iter().flat_map(|m| m.minutes).sum();
        let all: u32 = said.iter().filter(|(k, _)| k.0 == s && k.2 != Level::Unknown).map(|(_, n)| n).sum();
        assert_eq!(known, all);
        assert!(months.iter().any(|m| m.minutes[2..].iter().sum::<u32>() > 30), "{months:?}");
    }
    let (a, b) = (d.board.now("a").unwrap().months, d.board.now("b").unwrap().months);
    assert_eq!(a.len(), 2, "March and the first days of April: {a:?}");
    assert!(a[0].minutes[0] > 40_000, "{a:?}");
    assert!(b.iter().all(|m| m.minutes[0] == 0), "silence says nothing of a small service: {b:?}");
    assert_eq!(d.board.now("idle").unwrap().months, []);
    let again = Board::from_bytes(&d.board.to_bytes(), Limits::default()).unwrap();
    assert_eq!(again.now("a").unwrap().months, a);
}
