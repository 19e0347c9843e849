//! Pictures with a vendor's official page, one per mixture of what people, checks and page say.

use super::sample::{self, checked, now, spot_down, spot_unclear, spot_up, t};
use allclear_engine::view::{OfficialNow, ServiceView};
use allclear_model::official::{EventKind, EventPhase, OfficialEvent, OfficialUpdate, OfficialWord, Trust};
use allclear_model::{Evidence, Level, Phase, Witness};

/// Since when the page of these pictures speaks of a problem.
pub(super) const SINCE: &str = "2026-11-22T10:31:00Z";

/// An event with words about it.
pub(super) fn event(title: &str, phase: EventPhase, counted: bool, words: &str) -> OfficialEvent {
    OfficialEvent {
        id: "ev1".into(),
        kind: EventKind::Incident,
        title: title.into(),
        phase,
        impact: Level::PartialOutage,
        counted,
        started_at: Some(t(SINCE)),
        url: Some("https://status.example.org/incidents/ev1".into()),
        updates: vec![OfficialUpdate { phase, text: words.into(), at: Some(t("2026-11-22T14:52:00Z")) }],
    }
}

/// What a page says: `level`, with an event that fits it.
pub(super) fn word(level: Level) -> OfficialWord {
    let first = match level {
        Level::Unknown | Level::Operational => event(
            "Slow responses from two models",
            EventPhase::Resolved,
            false,
            "Response times are back to normal. We are sorry for the trouble this caused.",
        ),
        Level::UnderMaintenance => event(
            "Database upgrade",
            EventPhase::InProgress,
            true,
            "Requests may be refused for some minutes while we move the database.",
        ),
        _ => event(
            "Elevated error rates on completions",
            EventPhase::Identified,
            true,
            "We have found the cause: a certificate between our gateway and one of the regions was not renewed in time. Most requests that reach this region fail with status 503. A new certificate is being rolled out, and we expect error rates to fall within the hour. Requests to other regions are not concerned.",
        ),
    };
    OfficialWord {
        asked: String::new(),
        level,
        trust: Trust::Full,
        url: "https://status.example.org/api/v2/summary.json".into(),
        format: "statuspage".into(),
        identity: Some("abc".into()),
        components: 3,
        past: true,
        since: level.is_problem().then(|| t(SINCE)),
        events: vec![first],
        warnings: Vec::new(),
        named: allclear_model::official::Named::default(),
    }
}

/// A page that was read 3 minutes ago and says `level`, since [`SINCE`] where that is no calm.
pub(super) fn page(level: Level) -> OfficialNow {
    let calm = level <= Level::Operational;
    let cell = |i: usize| match i {
        0..=5 => None,
        6..=75 => Some(Level::Operational),
        76..=79 if level.is_problem() => Some(Level::DegradedPerformance),
        _ => Some(level),
    };
    OfficialNow {
        word: Some(word(level)),
        since: if calm { t("2026-11-20T08:02:00Z") } else { t(SINCE) },
        read: Some(now().plus_s(-200)),
        speaks: true,
        unread: None,
        cells: (0..96).map(cell).collect(),
    }
}

/// One that is a log of announcements, and announces nothing.
fn log() -> OfficialNow {
    let mut p = page(Level::Operational);
    if let Some(w) = &mut p.word {
        (w.trust, w.format) = (Trust::Low, "rss".into());
    }
    p
}

/// One that was last read 40 minutes ago.
pub(super) fn unread(level: Level) -> OfficialNow {
    let mut p = page(level);
    p.read = Some(now().plus_s(-2400));
    p.speaks = false;
    p.unread = Some((now().plus_s(-2100), "HTTP 503 from https://status.example.org/api/v2/summary.json".into()));
    for c in p.cells.iter_mut().skip(93) {
        *c = None;
    }
    p
}

/// One that nobody could ever read.
fn never() -> OfficialNow {
    let since = now().plus_s(-3 * 3600);
    let unread = Some((since, "the payload is HTML, not data".into()));
    OfficialNow { word: None, since, read: None, speaks: false, unread, cells: vec![None; 96] }
}

/// `v` with a page; what it weighs as the judge would have it.
pub(super) fn paged(mut v: ServiceView, page: OfficialNow) -> ServiceView {
    let level = page.word.as_ref().filter(|_| page.speaks).map(|w| w.level);
    let weighs = match level {
        Some(Level::MajorOutage | Level::PartialOutage) => Some((9.0, level.unwrap_or_default() as u8 - 1)),
        Some(Level::DegradedPerformance) => Some((6.5, 2)),
        Some(Level::Operational) => Some((-0.2, 0)),
        Some(Level::UnderMaintenance) => Some((-0.2, 1)),
        Some(Level::Unknown) | None => None,
    };
    if let Some((weight, actual)) = weighs {
        let e = Evidence { witness: Witness::Official, weight, actual: f64::from(actual), expected: 0.0, window_s: 0 };
        let list = if weight < 0.0 { &mut v.verdict.against } else { &mut v.verdict.evidence };
        list.push(e);
        v.verdict.log_odds += weight;
    }
    v.official = Some(page);
    v
}

/// Says `level` since [`SINCE`] by the word of the page, without an incident.
fn by_page(mut v: ServiceView, level: Level, confirmed: bool) -> ServiceView {
    v.verdict.evidence.retain(|e| e.witness != Witness::Reports);
    v.verdict.log_odds = v.verdict.evidence.iter().chain(&v.verdict.against).map(|e| e.weight).sum();
    (v.verdict.level, v.verdict.phase, v.verdict.confirmed) = (level, Phase::Open, confirmed);
    v.verdict.since = t(SINCE);
    v
}

/// Calm where 6 reports are usual in the window, so that silence speaks.
fn many() -> ServiceView {
    let bins = sample::bins(|i| ([4, 6, 5, 7, 3, 8, 6, 5][i % 8], 6.0, 14.0, true));
    let mut v = sample::view_with(bins, &[2, 1, 0, 0, 1], Level::Operational, Phase::None);
    v.recent = sample::lines(4);
    v.verdict.evidence.truncate(1);
    v.verdict.log_odds = v.verdict.evidence[0].weight;
    v
}

/// What people report is confirmed by the page alone.
pub(super) fn confirms() -> ServiceView {
    paged(sample::confirmed(false), page(Level::PartialOutage))
}

/// People, checks and page agree.
pub(super) fn all_agree() -> ServiceView {
    paged(sample::checks_confirm(), page(Level::MajorOutage))
}

/// Checks and page agree, and nobody reports it.
pub(super) fn without_people() -> ServiceView {
    let spots = vec![spot_down("frankfurt"), spot_down("oslo"), spot_up("virginia")];
    paged(checked(by_page(many(), Level::MajorOutage, true), spots, 3.56), page(Level::MajorOutage))
}

/// Only the page says so, where many would report.
pub(super) fn alone() -> ServiceView {
    paged(by_page(many(), Level::PartialOutage, false), page(Level::PartialOutage))
}

/// Only the page says so, where hardly anybody reports; our checks pass.
pub(super) fn alone_and_checked() -> ServiceView {
    let v = checked(by_page(sample::empty(), Level::MajorOutage, false), vec![spot_up("frankfurt")], -0.77);
    paged(v, page(Level::MajorOutage))
}

/// The page announces what nobody notices.
pub(super) fn unnoticed() -> ServiceView {
    let mut v = checked(many(), vec![spot_up("frankfurt"), spot_up("oslo")], -1.04);
    v.verdict.phase = Phase::Possible;
    paged(v, page(Level::DegradedPerformance))
}

/// Announced work.
pub(super) fn maintenance() -> ServiceView {
    let mut v = checked(many(), vec![spot_down("frankfurt")], 2.47);
    (v.verdict.level, v.verdict.since) = (Level::UnderMaintenance, t(SINCE));
    paged(v, page(Level::UnderMaintenance))
}

/// People report a problem that neither checks nor page see.
pub(super) fn against() -> ServiceView {
    paged(sample::checks_against(), page(Level::Operational))
}

/// People report a problem, nothing checks it, and the page says that all is well.
pub(super) fn against_alone() -> ServiceView {
    paged(sample::open(), page(Level::Operational))
}

/// Silence of few, where the page says that all is well.
pub(super) fn quiet() -> ServiceView {
    let mut v = sample::empty();
    v.verdict.evidence.truncate(1);
    v.verdict.log_odds = v.verdict.evidence[0].weight;
    v.verdict.level = Level::Operational;
    paged(v, page(Level::Operational))
}

/// Silence of few, where the page only ever announces.
pub(super) fn only_a_log() -> ServiceView {
    paged(sample::empty(), log())
}

/// The page was read 40 minutes ago.
pub(super) fn not_read() -> ServiceView {
    paged(checked(many(), vec![spot_up("frankfurt"), spot_up("oslo")], -1.04), unread(Level::DegradedPerformance))
}

/// People report a problem while the page cannot be read.
pub(super) fn not_read_while_open() -> ServiceView {
    paged(sample::open(), unread(Level::Operational))
}

/// The page could never be read, and nobody reports.
pub(super) fn never_read() -> ServiceView {
    paged(sample::empty(), never())
}

/// What people reported is over; the page says that it goes on.
pub(super) fn goes_on() -> ServiceView {
    let mut v = sample::closed();
    v.verdict.phase = Phase::Possible;
    paged(v, page(Level::MajorOutage))
}

/// It seems to recover, by all three.
pub(super) fn recovers() -> ServiceView {
    let mut again = spot_down("frankfurt");
    again.outcome = allclear_engine::view::CheckOutcome::Up;
    let mut v = sample::recovering();
    v.verdict.confirmed = true;
    v.verdict.countries.clear();
    let mut p = page(Level::DegradedPerformance);
    if let Some(e) = p.word.as_mut().and_then(|w| w.events.first_mut()) {
        e.phase = EventPhase::Monitoring;
        e.updates[0].text = "A fix is in place and error rates fall. We go on watching.".into();
    }
    for (c, level) in p.cells.iter_mut().skip(76).zip([Level::PartialOutage; 16]) {
        *c = Some(level);
    }
    paged(checked(v, vec![again, spot_up("oslo"), spot_up("virginia")], -0.2), p)
}

/// A calm day on which one of our locations has lost its own network, and the page told of work in the night.
pub(super) fn sick_location() -> ServiceView {
    let mut p = page(Level::Operational);
    for (i, c) in p.cells.iter_mut().enumerate() {
        match i {
            30..=37 => *c = Some(Level::UnderMaintenance),
            50..=51 => *c = Some(Level::Unknown),
            _ => {}
        }
    }
    paged(checked(many(), vec![spot_unclear("frankfurt"), spot_up("oslo"), spot_up("virginia")], -0.9), p)
}

/// An outage of which the picture is old.
pub(super) fn old_picture() -> ServiceView {
    let mut v = all_agree();
    v.measured_at = now().plus_s(-3600);
    v.fresh_until = now().plus_s(-3420);
    for spot in &mut v.checks {
        spot.at = spot.at.plus_s(-3600);
    }
    if let Some(p) = &mut v.official {
        p.read = Some(now().plus_s(-3800));
    }
    v
}

/// All of them by name.
pub(super) fn states() -> Vec<(&'static str, ServiceView)> {
    vec![
        ("official-confirms", confirms()),
        ("official-all", all_agree()),
        ("official-without-people", without_people()),
        ("official-alone", alone()),
        ("official-alone-checked", alone_and_checked()),
        ("official-unnoticed", unnoticed()),
        ("official-maintenance", maintenance()),
        ("official-against", against()),
        ("official-against-alone", against_alone()),
        ("official-quiet", quiet()),
        ("official-log", only_a_log()),
        ("official-unread", not_read()),
        ("official-unread-open", not_read_while_open()),
        ("official-never", never_read()),
        ("official-goes-on", goes_on()),
        ("official-recovering", recovers()),
        ("official-sick-location", sick_location()),
        ("official-stale", old_picture()),
    ]
}

/// A page as hostile as a stranger can make it.
pub(super) fn poisoned(evil: &str) -> OfficialNow {
    let mut p = unread(Level::MajorOutage);
    (p.speaks, p.read) = (true, Some(now()));
    if let Some((_, why)) = &mut p.unread {
        evil.clone_into(why);
    }
    if let Some(w) = &mut p.word {
        (w.url, w.format, w.identity) = (evil.into(), evil.into(), Some(evil.into()));
        w.warnings = vec![evil.into()];
        w.events = vec![event(evil, EventPhase::Unknown, true, evil); 3];
        for (e, url) in w.events.iter_mut().zip([evil.to_owned(), format!("https://example.org/{evil}"), String::new()])
        {
            (e.id, e.url) = (evil.into(), Some(url));
        }
    }
    p
}
