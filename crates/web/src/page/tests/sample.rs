//! Pictures built by hand, one per state that a page can be in.

use crate::config::Kept;
use crate::page::{Assets, PageCx, PageSite};
use allclear_engine::view::{
    Bin, Chart, CheckCell, CheckOutcome, Discounts, LineText, OldBin, ReportLine, ServiceLine, ServiceView, SiteView,
    SpotNow, SymptomCount,
};
use allclear_model::catalogue::{Fact, Official};
use allclear_model::{
    Catalogue, Category, Country, Evidence, FreeText, Guide, Incident, IncidentEvent, IncidentId, IncidentStep, Level,
    Phase, ReportId, ReportsWindow, Service, Slug, Symptom, Time, Topic, Verdict, Witness,
};
use std::sync::Arc;

pub(super) fn t(text: &str) -> Time {
    Time::parse(text).unwrap()
}

pub(super) fn slug(text: &str) -> Slug {
    Slug::parse(text).unwrap()
}

pub(super) fn now() -> Time {
    t("2026-11-22T15:33:10Z")
}

pub(super) fn cx() -> PageCx {
    cx_below("")
}

pub(super) fn cx_below(base: &str) -> PageCx {
    let site = PageSite {
        name: "Allclear".into(),
        contact: Some("mailto:desk@example.org".into()),
        notice: None,
        base_path: base.into(),
        base_url: format!("https://status.example.org{base}"),
        assets: Assets::new(None),
        kept: Kept { journal_days: 7, looks_up_countries: true, place: Some("Frankfurt & Oslo".into()) },
        demo: false,
    };
    PageCx::new(Arc::new(site), now())
}

const TOPICS: [(&str, &str, &str, &str); 7] = [
    (
        "api-key",
        "API key not working or rejected",
        "API key rejected (401, 403)",
        "Do not rotate your key because of this error",
    ),
    ("timeouts", "Requests timing out", "Requests time out", "Wait, or fail over"),
    ("empty", "Model returns an empty or truncated response", "Empty or truncated response", ""),
    ("rate-limit", "Rate limit errors (429)", "Rate limit (429)", "Back off and wait"),
    ("credits", "Credits not updating after payment", "Credits missing after payment", "Do not pay twice"),
    ("freeze", "Interface freezes on model selection", "Page freezes on model list", ""),
    ("streaming", "Responses not streaming in real time", "Not streaming in real time", "Wait for it to end"),
];

pub(super) fn guide_of() -> Guide {
    let topics = TOPICS
        .iter()
        .map(|(id, title, _, theirs)| Topic {
            id: slug(id),
            title: (*title).into(),
            healthy: "Check that the header reads `Authorization: Bearer KEY`, with no space at the end.\n\n- Try a second client\n- Read the [guide](https://example.org/docs)".into(),
            theirs: if theirs.is_empty() { String::new() } else { format!("**{theirs}.** It is refused for many people now.") },
        })
        .collect();
    Guide { name: slug("openrouter"), title: "OpenRouter".into(), topics }
}

pub(super) fn service_called(id: &str, name: &str) -> Service {
    Service {
        slug: slug(id),
        name: name.into(),
        category: slug("ai"),
        homepage: Fact { value: format!("https://{id}.example.org"), verified: true },
        aliases: vec![id.into()],
        related: vec![slug("perplexity"), slug("krisp"), slug("leonardo")],
        upstreams: Fact::default(),
        about: Some("One API for many language models.".into()),
        operator: Some(Fact { value: "Example, Inc.".into(), verified: false }),
        support: Some(Fact { value: "https://example.org/support".into(), verified: true }),
        official: Some(Fact {
            value: Official {
                page: "https://status.example.org".into(),
                format: None,
                reference: None,
                part: allclear_model::catalogue::Part::default(),
                feed: None,
            },
            verified: true,
        }),
        check: None,
        symptoms: TOPICS
            .iter()
            .map(|(id, _, label, _)| Symptom { id: slug(id), label: (*label).into(), topic: slug(id) })
            .collect(),
        guide: slug("openrouter"),
        own_guide: true,
    }
}

pub(super) fn category_of(id: &str, name: &str, group: &str) -> Category {
    Category { id: slug(id), name: name.into(), group: group.into(), outages_per_30_days: 1.0 }
}

/// A bin for every number, ending at `now`.
pub(super) fn bins(counts: impl Fn(usize) -> (u64, f64, f64, bool)) -> Arc<[Bin]> {
    let last = now().0.div_euclid(900_000) * 900_000;
    (0..96usize)
        .map(|i| {
            let (actual, expected, upper, watched) = counts(i);
            Bin { start: Time(last - (95 - i64::try_from(i).unwrap()) * 900_000), actual, expected, upper, watched }
        })
        .collect()
}

pub(super) fn view_with(bins: Arc<[Bin]>, hour: &[u64], level: Level, phase: Phase) -> ServiceView {
    let service = Arc::new(service_called("openrouter", "OpenRouter"));
    let total: u64 = hour.iter().sum();
    let mut symptoms: Vec<SymptomCount> = service
        .symptoms
        .iter()
        .map(|s| (s.id.clone(), s.label.clone(), Some(s.topic.clone())))
        .chain([(Slug::other(), "".into(), None)])
        .zip(hour.iter().copied().chain(std::iter::repeat(0)))
        .map(|((id, label, topic), count)| SymptomCount {
            id,
            label,
            topic,
            count,
            share: (total >= 5).then(|| count as f64 / total as f64),
            ratio: (count >= 5).then(|| count as f64 / 8.0),
        })
        .collect();
    symptoms.sort_by_key(|s| std::cmp::Reverse(s.count));
    let last = bins[95];
    let usual_in_an_hour = bins[92..].iter().map(|b| b.expected).sum();
    let mut verdict = Verdict::unknown(now(), 1);
    verdict.level = level;
    verdict.phase = phase;
    verdict.since = t("2026-11-22T10:18:00Z");
    verdict.reports =
        ReportsWindow { actual: last.actual, expected: last.expected, effective: last.actual as f64, window_s: 900 };
    verdict.evidence = vec![
        Evidence { witness: Witness::Prior, weight: -4.25, actual: 1.0, expected: 0.0, window_s: 0 },
        Evidence {
            witness: Witness::Reports,
            weight: 9.5,
            actual: last.actual as f64,
            expected: last.expected,
            window_s: 900,
        },
    ];
    verdict.log_odds = 5.25;
    ServiceView {
        version: 7,
        category: Arc::new(category_of("ai", "AI & machine learning", "Software")),
        guide: Arc::new(guide_of()),
        service,
        verdict,
        measured_at: now(),
        fresh_until: now().plus_s(180),
        watching_since: t("2026-10-01T00:00:00Z"),
        day_total: bins.iter().map(|b| b.actual).sum(),
        chart: Chart { bins },
        before: Arc::new([OldBin { actual: 0, expected: 0.1, upper: 2.0, watched: true }; 96]),
        months: Vec::new(),
        days: Vec::new(),
        symptoms_total: total,
        symptoms_usual: usual_in_an_hour,
        symptoms,
        countries: Vec::new(),
        votes: 0,
        recent: Vec::new(),
        incident: None,
        last_problem: None,
        incidents: Vec::new(),
        errors: Vec::new(),
        discounts: Discounts::default(),
        notes: Vec::new(),
        remarks: Vec::new(),
        checks: Vec::new(),
        official: None,
    }
}

pub(super) fn incident_of(closed: Option<Time>) -> Arc<Incident> {
    let s = slug("openrouter");
    let opened = t("2026-11-22T10:25:00Z");
    let event = |at: &str, step, level, actual| IncidentEvent { at: t(at), step, level, actual, expected: 2.0 };
    let mut events = vec![
        event("2026-11-22T10:25:00Z", IncidentStep::Opened, Level::DegradedPerformance, 12),
        event("2026-11-22T10:40:00Z", IncidentStep::Escalated, Level::MajorOutage, 210),
    ];
    if let Some(at) = closed {
        events.push(IncidentEvent {
            at,
            step: IncidentStep::Closed,
            level: Level::Operational,
            actual: 2,
            expected: 2.0,
        });
    }
    Arc::new(Incident {
        id: IncidentId::new(&s, opened),
        service: s,
        since: t("2026-11-22T10:18:00Z"),
        opened,
        closed,
        peak_level: Level::MajorOutage,
        peak_reports: 431,
        peak_at: t("2026-11-22T12:00:00Z"),
        total_reports: 4210,
        symptoms: vec![(slug("api-key"), 2400), (slug("timeouts"), 700), (Slug::other(), 12)],
        events,
        confirmed: false,
        evidence: vec![
            Evidence { witness: Witness::Prior, weight: -4.55, actual: 3.0, expected: 0.0, window_s: 0 },
            Evidence { witness: Witness::Reports, weight: 24.31, actual: 431.0, expected: 2.0, window_s: 900 },
            Evidence { witness: Witness::Official, weight: -3.0, actual: 0.0, expected: 0.0, window_s: 0 },
        ],
    })
}

/// A wave that looks like a day, without randomness.
fn usual(i: usize) -> u64 {
    [1, 2, 0, 3, 2, 1, 4, 2][i % 8]
}

/// A calm service with a usual day.
pub(super) fn calm() -> ServiceView {
    let mut v = view_with(bins(|i| (usual(i), 2.0, 7.0, true)), &[2, 1, 0, 0, 1], Level::Operational, Phase::None);
    v.recent = lines(4);
    v.votes = 3;
    let mut old = (*incident_of(Some(t("2026-11-17T12:30:00Z")))).clone();
    old.since = t("2026-11-17T11:18:00Z");
    v.last_problem = Some(Arc::new(old));
    v.incidents = v.last_problem.iter().cloned().collect();
    v
}

/// Nobody has ever reported anything.
pub(super) fn empty() -> ServiceView {
    view_with(bins(|_| (0, 0.02, 1.0, true)), &[], Level::Unknown, Phase::None)
}

/// Added an hour ago.
pub(super) fn brand_new() -> ServiceView {
    let mut v = view_with(
        bins(|i| (0, if i > 91 { 0.02 } else { 0.0 }, if i > 91 { 1.0 } else { 0.0 }, i > 91)),
        &[],
        Level::Unknown,
        Phase::None,
    );
    v.watching_since = now().plus_s(-3600);
    v
}

/// Two reports a day, one of them just now.
pub(super) fn rare() -> ServiceView {
    let mut v =
        view_with(bins(|i| (u64::from(i == 30 || i == 94), 0.02, 1.0, true)), &[1], Level::Unknown, Phase::None);
    v.recent = lines(1);
    v
}

/// A major outage that only people report.
pub(super) fn open() -> ServiceView {
    let mut v = view_with(
        bins(|i| match i {
            0..=74 => (usual(i), 2.0, 7.0, true),
            75..=82 => (20 + 50 * (i as u64 - 75), 2.0, 7.0, true),
            _ => (431 - 21 * (i as u64 - 82), 2.0, 7.0, true),
        }),
        &[402, 112, 59, 45, 0, 0, 39, 4],
        Level::MajorOutage,
        Phase::Open,
    );
    v.verdict.symptoms = vec![slug("api-key")];
    v.verdict.countries = vec![Country::parse("DE").unwrap(), Country::parse("BR").unwrap()];
    v.countries = vec![(Country::parse("DE").unwrap(), 120), (Country::parse("BR").unwrap(), 41)];
    v.incident = Some(incident_of(None));
    v.incidents = vec![incident_of(None)];
    v.recent = lines(20);
    v.votes = 12;
    // Of 661 reports.
    v.errors = vec![("401 openrouter.ai".into(), 402), ("connection_refused".into(), 3)];
    v.discounts = Discounts { received: 750.0, repeated: 60.0, shared: 22.5, unproven: 3.0 };
    v
}

/// 20,000 reports a minute.
pub(super) fn huge() -> ServiceView {
    let mut v = open();
    v.chart.bins = bins(|i| {
        if i < 75 {
            (900 + 37 * usual(i), 1000.0, 1900.0, true)
        } else {
            (300_000 - 900 * i as u64, 1000.0, 1900.0, true)
        }
    });
    v.day_total = v.chart.bins.iter().map(|b| b.actual).sum();
    v.verdict.reports =
        ReportsWindow { actual: v.chart.bins[95].actual, expected: 1000.0, effective: 90_000.0, window_s: 900 };
    v
}

/// An outage that the judge puts down to one of those that it is built on.
pub(super) fn affected() -> ServiceView {
    let mut v = open();
    v.verdict.cause = Some(slug("aws"));
    let mut service = (*v.service).clone();
    service.upstreams = Fact { value: vec![slug("aws")], verified: true };
    v.service = service.into();
    v
}

pub(super) fn recovering() -> ServiceView {
    let mut v = open();
    v.verdict.phase = Phase::Recovering;
    v.verdict.level = Level::DegradedPerformance;
    v
}

pub(super) fn closed() -> ServiceView {
    let mut v = open();
    v.verdict.phase = Phase::Closed;
    v.verdict.level = Level::Operational;
    v.verdict.symptoms.clear();
    v.verdict.countries.clear();
    v.incident = Some(incident_of(Some(t("2026-11-22T15:20:00Z"))));
    v
}

pub(super) fn possible() -> ServiceView {
    let mut v = calm();
    v.verdict.phase = Phase::Possible;
    v.incident = None;
    v
}

/// Two kinds of witness agree, for some countries only.
pub(super) fn confirmed(partly: bool) -> ServiceView {
    let mut v = open();
    v.verdict.confirmed = true;
    if !partly {
        v.verdict.countries.clear();
    }
    v
}

/// The site was stopped for three hours.
pub(super) fn gaps() -> ServiceView {
    let mut v = calm();
    v.chart.bins = bins(|i| if (40..52).contains(&i) { (0, 0.0, 0.0, false) } else { (usual(i), 2.0, 7.0, true) });
    v.day_total = v.chart.bins.iter().map(|b| b.actual).sum();
    v
}

/// The judge has stood still for an hour.
pub(super) fn stale() -> ServiceView {
    let mut v = calm();
    v.measured_at = now().plus_s(-3600);
    v.fresh_until = now().plus_s(-3420);
    v
}

/// A location of our checks that is believed and was heard 2 minutes ago.
pub(super) fn spot(location: &str, outcome: CheckOutcome, cells: impl Fn(usize) -> CheckCell) -> SpotNow {
    SpotNow {
        location: slug(location),
        outcome,
        at: now().plus_s(-130),
        reason: None,
        ms: (outcome == CheckOutcome::Up).then_some(182),
        usual_ms: None,
        certificate: None,
        proven: true,
        speaks: true,
        failing_since: None,
        cells: (0..96).map(cells).collect(),
        whys: Vec::new(),
    }
}

/// One that is up, with a quarter of an hour in which nothing could be told.
pub(super) fn spot_up(location: &str) -> SpotNow {
    spot(location, CheckOutcome::Up, |i| if i == 40 { CheckCell::Unclear } else { CheckCell::Up })
}

/// One that fails since the problem of [`open`] began.
pub(super) fn spot_down(location: &str) -> SpotNow {
    let failing = |i| match i {
        0..=8 => CheckCell::Nothing,
        9..=74 => CheckCell::Up,
        _ => CheckCell::Down,
    };
    let mut s = spot(location, CheckOutcome::Down, failing);
    s.failing_since = Some(t("2026-11-22T10:18:00Z"));
    s.reason = Some("HTTP 503 from https://openrouter.example.org/api/health".into());
    // At first in another way.
    let whys =
        [(75..=79, "no answer within 10 s"), (80..=95, "HTTP 503 from https://openrouter.example.org/api/health")];
    s.whys = whys.map(|(cells, why)| (cells, why.into())).into();
    s
}

/// One that cannot tell.
pub(super) fn spot_unclear(location: &str) -> SpotNow {
    let mut s = spot(location, CheckOutcome::Inconclusive, |i| if i < 60 { CheckCell::Up } else { CheckCell::Unclear });
    s.reason = Some("this location cannot reach anything".into());
    s.whys = vec![(60..=95, "this location cannot reach anything".into())];
    s.speaks = false;
    s
}

/// One that has never passed.
pub(super) fn spot_unproven(location: &str) -> SpotNow {
    let cells = |i| if i < 90 { CheckCell::Nothing } else { CheckCell::Unclear };
    let mut s = spot(location, CheckOutcome::Inconclusive, cells);
    s.reason = Some("unproven check".into());
    s.whys = vec![(90..=95, "unproven check".into())];
    (s.speaks, s.proven) = (false, false);
    s
}

/// `v` with what our checks found; `weighs` of it as the judge would have it, nothing where they disagree.
pub(super) fn checked(mut v: ServiceView, spots: Vec<SpotNow>, weighs: f64) -> ServiceView {
    let count = |is: fn(&SpotNow) -> bool| spots.iter().filter(|s| is(s)).count() as f64;
    if weighs != 0.0 {
        let (actual, expected) = (count(|s| s.failing_since.is_some()), count(|s| s.speaks));
        let e = Evidence { witness: Witness::Checks, weight: weighs, actual, expected, window_s: 600 };
        let list = if weighs < 0.0 { &mut v.verdict.against } else { &mut v.verdict.evidence };
        list.push(e);
        v.verdict.log_odds += weighs;
    }
    v.checks = spots;
    v
}

/// Without anything that speaks for a problem in what people report.
fn unsuspicious(mut v: ServiceView) -> ServiceView {
    v.verdict.evidence.retain(|e| e.witness != Witness::Reports);
    v.verdict.log_odds = v.verdict.evidence.iter().map(|e| e.weight).sum();
    v
}

/// Hardly anybody reports anything, and our check passes.
pub(super) fn checks_up() -> ServiceView {
    let mut v = unsuspicious(empty());
    v.verdict.level = Level::Operational;
    checked(v, vec![spot_up("frankfurt")], -0.77)
}

/// People report a major outage, and checks agree.
pub(super) fn checks_confirm() -> ServiceView {
    let spots = vec![spot_down("frankfurt"), spot_up("oslo"), spot_down("virginia")];
    checked(confirmed(false), spots, 3.56)
}

/// Our check fails, and nobody else says so.
pub(super) fn checks_alone() -> ServiceView {
    let mut v = unsuspicious(calm());
    (v.verdict.level, v.verdict.phase) = (Level::Unknown, Phase::Possible);
    v.verdict.reports.actual = 1;
    checked(v, vec![spot_down("frankfurt")], 2.47)
}

/// Nobody reports anything, and our checks cannot tell.
pub(super) fn checks_unclear() -> ServiceView {
    checked(unsuspicious(empty()), vec![spot_unclear("frankfurt"), spot_unproven("oslo")], 0.0)
}

/// People report a problem that our checks do not see.
pub(super) fn checks_against() -> ServiceView {
    checked(open(), vec![spot_up("frankfurt"), spot_up("oslo"), spot_up("virginia")], -1.04)
}

/// Six locations that disagree, more than are shown.
pub(super) fn checks_split() -> ServiceView {
    let mut old = spot("tokyo", CheckOutcome::Down, |i| if i < 50 { CheckCell::Up } else { CheckCell::Nothing });
    (old.speaks, old.at) = (false, now().plus_s(-11 * 3600));
    let mut again = spot_down("virginia");
    again.outcome = CheckOutcome::Up;
    let ups = ["frankfurt", "oslo", "singapore", "sydney"].map(spot_up);
    checked(unsuspicious(calm()), ups.into_iter().chain([old, again]).collect(), 0.0)
}

pub(super) fn said(text: &str) -> FreeText {
    FreeText::parse(text, 10_000).unwrap().unwrap()
}

pub(super) fn lines(n: u8) -> Vec<ReportLine> {
    (0..n)
        .map(|i| ReportLine {
            id: ReportId::new(now(), [i; 10]),
            symptom: slug(TOPICS[usize::from(i) % 3].0),
            country: (i % 3 == 0).then(|| Country::parse("DE").unwrap()),
            at: now().plus_s(-97 * i64::from(i)),
            counted: i != 2,
            text: match i % 5 {
                1 => LineText::Shown(Arc::new(said("Works again with a new session, from home"))),
                2 => LineText::Checking,
                3 => LineText::Withheld,
                _ => LineText::None,
            },
        })
        .collect()
}

/// All states by name.
pub(super) fn states() -> Vec<(&'static str, ServiceView)> {
    let mut all = vec![
        ("calm", calm()),
        ("empty", empty()),
        ("brand-new", brand_new()),
        ("rare", rare()),
        ("possible", possible()),
        ("open", open()),
        ("affected", affected()),
        ("huge", huge()),
        ("recovering", recovering()),
        ("closed", closed()),
        ("confirmed", confirmed(false)),
        ("partly", confirmed(true)),
        ("gaps", gaps()),
        ("stale", stale()),
        ("checks-up", checks_up()),
        ("checks-confirm", checks_confirm()),
        ("checks-alone", checks_alone()),
        ("checks-unclear", checks_unclear()),
        ("checks-against", checks_against()),
        ("checks-split", checks_split()),
    ];
    all.extend(super::vendor::states());
    all
}

pub(in crate::page) fn line(id: &str, name: &str, category: &str, level: Level) -> Arc<ServiceLine> {
    let hot = level.is_problem();
    let mut spark = [3u32; 32];
    for (i, p) in spark.iter_mut().enumerate() {
        *p = u32::try_from(usual(i)).unwrap() + if hot && i > 24 { 40 * (u32::try_from(i).unwrap() - 24) } else { 0 };
    }
    Arc::new(ServiceLine {
        slug: slug(id),
        name: name.into(),
        category: slug(category),
        level,
        phase: if hot { Phase::Open } else { Phase::None },
        confirmed: false,
        since: t("2026-11-22T10:18:00Z"),
        actual: if hot { 155 } else { 1 },
        expected: 2.0,
        announced: None,
        spark: (level != Level::Unknown).then_some(spark),
        spark_usual: (0..32).map(usual).max().unwrap_or_default() as f64,
    })
}

/// A site with the named services.
pub(super) fn site_of(services: Vec<Arc<ServiceLine>>) -> SiteView {
    let mut services = services;
    services.sort_by_key(|l| l.name.to_lowercase());
    let mut catalogue = Catalogue::default();
    for c in [
        category_of("ai", "AI & machine learning", "Software"),
        category_of("cloud", "Cloud", "Software"),
        category_of("pay", "Payments", "Everyday"),
    ] {
        catalogue.categories.insert(c.id.clone(), Arc::new(c));
    }
    for l in &services {
        let mut s = service_called(&l.slug, &l.name);
        s.own_guide = &*l.slug == "openrouter";
        catalogue.services.insert(l.slug.clone(), Arc::new(s));
    }
    let mut problems: Vec<u32> =
        (0..services.len()).filter(|i| services[*i].level.is_problem()).map(|i| u32::try_from(i).unwrap()).collect();
    problems.sort_by_key(|i| std::cmp::Reverse(services[*i as usize].level));
    SiteView {
        version: 3,
        measured_at: now(),
        fresh_until: now().plus_s(180),
        services: services.into(),
        problems,
        catalogue: Arc::new(catalogue),
        opted_out: Arc::default(),
        agents: Arc::default(),
        paused: None,
        paused_elsewhere: Vec::new(),
    }
}

pub(super) fn busy_site() -> SiteView {
    site_of(vec![
        line("openrouter", "OpenRouter", "ai", Level::MajorOutage),
        line("perplexity", "Perplexity AI", "ai", Level::Operational),
        line("krisp", "Krisp", "ai", Level::Operational),
        line("leonardo", "Leonardo AI", "ai", Level::Unknown),
        line("aws", "Amazon Web Services", "cloud", Level::DegradedPerformance),
        line("github", "GitHub", "cloud", Level::PartialOutage),
        line("visa", "Visa", "pay", Level::Unknown),
    ])
}

pub(super) fn calm_site() -> SiteView {
    site_of(vec![
        line("openrouter", "OpenRouter", "ai", Level::Operational),
        line("visa", "Visa", "pay", Level::Unknown),
    ])
}

/// Thousands of services.
pub(super) fn large_site(n: usize) -> SiteView {
    let mut all = vec![line("openrouter", "OpenRouter", "ai", Level::MajorOutage)];
    for i in 0..n {
        let level = [Level::Operational, Level::Unknown, Level::Unknown][i % 3];
        all.push(line(&format!("service-{i}"), &format!("Service number {i}"), ["ai", "cloud", "pay"][i % 3], level));
    }
    site_of(all)
}
