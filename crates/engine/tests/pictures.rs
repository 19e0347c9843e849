//! What readers see.

use crate::support::{SYMPTOMS, catalogue, catalogue_of};
use allclear_engine::view::{CheckCell, CheckOutcome, ServiceView};
use allclear_engine::{FRESH_S, Referrer};
use allclear_model::signal::{CheckResult, CheckResults};
use allclear_model::{Country, Entry, Level, Minute, Phase, Signal, Slug};
use allclear_ports::Journal;
use allclear_testkit::{TestEngine, new_report};
use std::sync::Arc;

/// An outage: 30 reports a minute, for ten minutes.
fn outage(e: &TestEngine, service: &str) {
    for minute in 0..10u32 {
        for n in 0..30 {
            e.report(service, "login", 1000 + minute * 100 + n).unwrap();
        }
        e.minutes(1);
    }
}

#[test]
fn bars_list_and_sentence_of_a_picture_add_up() {
    let e = TestEngine::new(catalogue());
    outage(&e, "mail");
    let v = e.handles.site.service("mail").unwrap();
    assert_eq!(v.chart.bins.len(), 96);
    assert!(v.chart.bins.last().unwrap().start <= v.measured_at);
    assert_eq!(v.day_total, 300);
    assert_eq!(v.chart.bins.iter().map(|b| b.actual).sum::<u64>(), v.day_total);
    assert_eq!(v.symptoms.iter().map(|s| s.count).sum::<u64>(), v.symptoms_total);
    assert_eq!(v.symptoms.iter().map(|s| s.id.as_str()).collect::<Vec<_>>(), ["login", "slow", "other"]);
    assert_eq!(v.symptoms[0].share, None, "hardly any are usual in an hour, so a percentage would say too much");
    assert!(v.symptoms_usual > 0.0 && v.symptoms_usual < 0.5, "{}", v.symptoms_usual);
    assert_eq!(v.share_of_hour(300), None, "nor do errors have one");
    let usual = allclear_engine::view::ServiceView { symptoms_usual: 0.5, ..(*v).clone() };
    assert_eq!((usual.share_of_hour(4), usual.share_of_hour(150)), (None, Some(0.5)));
    assert_eq!(usual.share_of_hour(301), None, "no part is more than the whole");
    assert_eq!(v.fresh_until, v.measured_at.plus_s(FRESH_S));
    assert!(v.verdict.level.is_problem() && !v.verdict.confirmed);
    assert_eq!(v.verdict.phase, Phase::Open);
    assert_eq!(v.incident.as_ref().unwrap().id, *v.verdict.incident.as_ref().unwrap());
    assert!(Arc::ptr_eq(v.incident.as_ref().unwrap(), &v.incidents[0]));

    let whole = e.handles.site.whole();
    assert_eq!(whole.services.iter().map(|l| l.name.as_str()).collect::<Vec<_>>(), ["BANK", "CHAT", "MAIL"]);
    assert_eq!(whole.problems, [2]);
    let line = &whole.services[2];
    assert_eq!((line.level, line.since, line.actual), (v.verdict.level, v.verdict.since, v.verdict.reports.actual));
    assert_eq!(line.spark.unwrap().iter().sum::<u32>(), 300);
    assert_eq!(whole.services[0].spark, None);
}

#[test]
fn readers_are_woken_by_the_first_change_and_versions_grow_over_a_restart() {
    let e = TestEngine::new(catalogue());
    let mut changes = e.handles.site.watch_service("mail").unwrap();
    let before = e.handles.site.service("mail").unwrap().version;
    e.report("mail", "login", 1).unwrap();
    e.block_on(changes.changed()).unwrap();
    let shown = e.handles.site.service("mail").unwrap();
    assert!(shown.version > before);
    assert_eq!(shown.recent.len(), 1);
    let folder = e.stop();
    folder.clock.advance_ms(1);
    let e = TestEngine::open(folder, catalogue(), |_| {}).map_err(|x| x.1).unwrap();
    assert!(e.handles.site.service("mail").unwrap().version > shown.version);
}

#[test]
fn attention_is_due_where_somebody_looks_while_a_page_is_open_and_in_the_minute_of_a_view_and_where_a_check_just_failed()
 {
    let e = TestEngine::new(catalogue());
    let due = || e.handles.attention.due().iter().map(ToString::to_string).collect::<Vec<_>>();
    assert!(due().is_empty());
    let open = e.handles.site.watch_service("mail").unwrap();
    let slug = |name| Slug::parse(name).unwrap();
    e.handles.intake.visit(&slug("bank"), Referrer::Direct);
    assert_eq!(due(), ["bank", "mail"]);
    drop(open);
    e.minutes(2);
    assert!(due().is_empty());
    e.handles.attention.suspect(&slug("here"), [slug("mail")].into());
    assert_eq!(due(), ["mail"]);
    e.handles.attention.suspect(&slug("oslo"), [slug("bank")].into());
    assert_eq!(due(), ["bank", "mail"]);
    e.handles.attention.suspect(&slug("here"), [].into());
    assert_eq!(due(), ["bank"]);
    e.minutes(1);
    assert!(due().is_empty(), "a location that says nothing more is not believed for ever");
}

#[test]
fn quiet_services_share_one_chart_and_each_minute_makes_them_fresh() {
    let e = TestEngine::new(catalogue());
    e.minutes(1);
    let (a, b) = (e.handles.site.service("mail").unwrap(), e.handles.site.service("bank").unwrap());
    assert!(Arc::ptr_eq(&a.chart.bins, &b.chart.bins));
    e.minutes(1);
    assert_eq!(e.handles.site.service("mail").unwrap().measured_at, a.measured_at.plus_s(60));
    assert_eq!(a.verdict.level, Level::Unknown, "nobody watches it and nothing is expected");
}

#[test]
fn a_picture_has_what_our_checks_found_in_the_quarters_of_an_hour_of_its_chart() {
    let e = TestEngine::new(catalogue());
    e.minutes(1);
    assert_eq!(e.handles.site.service("mail").unwrap().checks.capacity(), 0, "without checks it costs nothing");
    let mail = |outcome, reason| CheckResult::new(Slug::parse("mail").unwrap(), outcome, reason, Some(182));
    let results = vec![mail(CheckOutcome::Up, None), mail(CheckOutcome::Down, Some("HTTP 503"))];
    let found = CheckResults::own(Slug::parse("oslo").unwrap(), results);
    let seq = e.entries().last().unwrap().seq + 1;
    let at = e.handles.site.whole().measured_at;
    let entry = Entry { seq, at, signal: Signal::CheckResults(found) };
    e.block_on(e.journal.append(std::slice::from_ref(&entry))).unwrap();
    let e = TestEngine::open(e.kill(), catalogue(), |_| {}).map_err(|x| x.1).unwrap();
    let v = e.handles.site.service("mail").unwrap();
    let [spot] = v.checks.as_slice() else { panic!("{:?}", v.checks) };
    assert_eq!(
        (spot.location.as_str(), spot.outcome, spot.reason.as_deref()),
        ("oslo", CheckOutcome::Down, Some("HTTP 503"))
    );
    assert_eq!((spot.cells.len(), spot.failing_since), (v.chart.bins.len(), Some(at)));
    let cell = v.chart.bins.iter().zip(&spot.cells).find(|(b, _)| at.since_ms(b.start) < 900_000).unwrap().1;
    assert_eq!(*cell, CheckCell::Down);
    assert_eq!((v.verdict.level, v.verdict.phase), (Level::Unknown, Phase::Possible), "alone they make no problem");
}

#[test]
fn countries_are_named_from_five_reports_on() {
    let e = TestEngine::new(catalogue());
    let from = |country: &str, source| {
        let mut new = new_report("mail", "login");
        new.country = Some(Country::parse(country).unwrap());
        e.block_on(e.handles.intake.report(new, e.origin(source))).unwrap();
    };
    (0..4).for_each(|n| from("DE", n));
    from("FR", 10);
    e.minutes(1);
    let v = e.handles.site.service("mail").unwrap();
    assert!(v.countries.is_empty() && v.recent.iter().all(|r| r.country.is_none()));
    from("DE", 4);
    e.minutes(1);
    let v = e.handles.site.service("mail").unwrap();
    assert_eq!(v.countries, [(Country::parse("DE").unwrap(), 5)]);
    assert_eq!(v.recent.iter().filter(|r| r.country.is_some()).count(), 5, "the one from FR stays unnamed");
}

#[test]
fn a_changed_catalogue_is_a_signal_and_the_same_one_is_none() {
    let e = TestEngine::new(catalogue());
    e.report("mail", "login", 1).unwrap();
    assert!(!e.block_on(e.handles.admin.reload(catalogue())).unwrap());
    assert!(e.block_on(e.handles.admin.reload(catalogue_of(&["mail", "news"]))).unwrap());
    e.minutes(1);
    assert!(e.handles.site.service("bank").is_none() && e.handles.site.service("news").is_some());
    assert_eq!(e.handles.site.service("mail").unwrap().day_total, 1, "kept services keep their state");
    assert_eq!(e.handles.site.names().search("news", 3).len(), 1);
    assert!(e.report("bank", "login", 1).is_err());
    assert!(e.report("news", "login", 1).unwrap().counted);
    let changes = e.entries().iter().filter(|x| matches!(x.signal, Signal::CatalogueChanged { .. })).count();
    assert_eq!(changes, 2, "the first and the changed one");
    // The next start finds the catalogue it has and says nothing.
    let e = TestEngine::open(e.stop(), catalogue_of(&["mail", "news"]), |_| {}).map_err(|x| x.1).unwrap();
    assert_eq!(e.entries().iter().filter(|x| matches!(x.signal, Signal::CatalogueChanged { .. })).count(), 2);
}

#[test]
fn whoever_reports_and_then_reads_sees_the_own_report() {
    let e = TestEngine::new(catalogue());
    for n in 1..=40 {
        e.report("mail", "login", n).unwrap();
        assert_eq!(e.handles.site.service("mail").unwrap().day_total, u64::from(n));
        let whole = e.handles.site.whole();
        assert_eq!(whole.services[2].actual, u64::from(n));
    }
}

/// Numbers that are the same on every run, from 0 to `below`.
struct Draws(u64);

impl Draws {
    fn next(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }
}

/// The numbers of one picture, whichever it is.
fn adds_up(v: &ServiceView) {
    let now = v.measured_at;
    let bars: Vec<u64> = v.chart.bins.iter().map(|b| b.actual).collect();
    let actual = v.verdict.reports.actual;
    assert!(actual <= bars[94] + bars[95], "{now}: {actual} in 15 minutes, and {} and {}", bars[94], bars[95]);
    assert_eq!(v.day_total, bars.iter().sum::<u64>(), "{now}");
    assert_eq!(v.symptoms_total, bars[92..].iter().sum::<u64>(), "{now}: the list is the last hour");
    assert_eq!(v.symptoms.iter().map(|s| s.count).sum::<u64>(), v.symptoms_total, "{now}");
}

/// The numbers of the picture at the end of a minute, against the minute and symptom of every report that counted.
fn is_what_came(v: &ServiceView, counted: &[(Minute, &str)]) {
    let (now, hour) = (v.measured_at, v.chart.bins[92].start.minute());
    let of = |from: Minute, to: i64| counted.iter().filter(|(m, _)| (from.0..to).contains(&m.0)).count() as u64;
    for b in v.chart.bins.iter() {
        let start = b.start.minute();
        assert_eq!(b.actual, of(start, start.0 + 15), "{now}: the bar of {}", b.start);
    }
    let last = now.minute().0;
    assert_eq!(v.verdict.reports.actual, of(Minute(last - 15), last), "{now}: 15 whole minutes");
    for s in &v.symptoms {
        let came = counted.iter().filter(|(m, id)| *m >= hour && *id == s.id.as_str()).count() as u64;
        assert_eq!(s.count, came, "{now}: {}", s.id);
    }
}

#[test]
fn whenever_reports_come_the_sentence_the_bars_and_the_lists_of_every_picture_add_up() {
    let (mut quarters, mut apart) = (0, 0);
    // One of them over more than a day, so that bars leave the chart.
    for (seed, hours) in [(1, 28), (2, 5), (3, 5)] {
        let (e, mut draws) = (TestEngine::new(catalogue()), Draws(seed));
        let (mut counted, mut pace) = (Vec::new(), 0);
        for minute in 0..hours * 60u64 {
            if minute % 20 == 0 {
                pace = [0, 0, 0, 1, 1, 2, 4, 12][draws.next(8) as usize];
            }
            let end = e.clock().advance_ms(0).minute().end();
            // Seconds of this minute in which a report comes, some of them several.
            let mut seconds: Vec<u64> = (0..draws.next(pace + 1)).map(|_| draws.next(60)).collect();
            seconds.sort_unstable();
            for second in seconds {
                e.clock().set(end.plus_s(second as i64 - 60));
                let symptom = SYMPTOMS[draws.next(3) as usize];
                // Few enough people that some come again within 6 hours, and are listed but not counted.
                let receipt = e.report("mail", symptom, draws.next(3000) as u32).unwrap();
                if receipt.counted {
                    counted.push((receipt.at.minute(), symptom));
                }
                adds_up(&e.handles.site.service("mail").unwrap());
            }
            e.clock().set(end);
            e.block_on(e.handles.admin.catch_up()).unwrap();
            let v = e.handles.site.service("mail").unwrap();
            assert_eq!(v.measured_at, end);
            adds_up(&v);
            is_what_came(&v, &counted);
            let (ended, begun) = (v.chart.bins[94].actual, v.chart.bins[95].actual);
            if minute % 15 == 14 {
                assert_eq!(
                    (v.verdict.reports.actual, begun),
                    (ended, 0),
                    "{end}: the sentence is the bar that has ended"
                );
                quarters += u64::from(ended > 0);
            }
            apart += u64::from(v.verdict.reports.actual < ended + begun);
        }
        let all = e.entries().iter().filter(|x| x.signal.kind() == "report_accepted").count();
        assert!(counted.len() > 200 && counted.len() < all, "seed {seed}: {} of {all} counted", counted.len());
    }
    assert!(quarters > 40 && apart > 500, "{quarters} quarters with reports, {apart} pictures within one");
}
