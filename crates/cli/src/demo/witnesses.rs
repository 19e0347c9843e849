//! The other two witnesses of the simulated day: checks from two places, and what the vendors announce.

use super::{CAST, Plot, Role};
use crate::exit::Failure;
use crate::house::House;
use allclear_model::check::CheckOutcome;
use allclear_model::official::{
    EventKind, EventPhase, OfficialEvent, OfficialPages, OfficialRead, OfficialSaid, OfficialUpdate, OfficialWord,
    Trust,
};
use allclear_model::signal::{CheckResult, CheckResults};
use allclear_model::{Level, Minute, Service, Slug, Time};

/// From where is checked; the second place has trouble with what is only slow in the first.
const PLACES: [&str; 2] = ["frankfurt", "oregon"];
/// A check fails so long after people notice something, and the vendor says so after so long. Minutes.
const CHECK_LATE: i64 = 3;
const VENDOR_LATE: i64 = 17;
/// The vendor watches for so long before it says that it is over. Minutes.
const VENDOR_WATCHES: i64 = 12;

/// What the witnesses say in `minute`, `ago` minutes before the story's now.
pub(super) async fn tell(house: &House, minute: Minute, ago: i64) -> Result<(), Failure> {
    let at = minute.start();
    for place in PLACES {
        let result = |role: &Role| {
            let service = house.handles.site.service(role.slug)?.service.slug.clone();
            Some(checked(role, service, place, minute, ago))
        };
        let results =
            CheckResults::own(Slug::parse(place).map_err(Failure::failed)?, CAST.iter().filter_map(result).collect());
        house.handles.admin.checked(results).await.map_err(Failure::failed)?;
    }
    let read = |role: &Role| {
        let view = house.handles.site.service(role.slug)?;
        let said = OfficialSaid::New { word: Box::new(word(role, &view.service, at, ago)?) };
        Some(OfficialRead { service: view.service.slug.clone(), said })
    };
    let pages = OfficialPages { read: CAST.iter().filter_map(read).collect() };
    house.handles.admin.announced(pages).await.map_err(Failure::failed)
}

fn checked(role: &Role, service: Slug, place: &str, minute: Minute, ago: i64) -> CheckResult {
    let second = place == PLACES[1];
    let fails = match role.plot {
        Plot::Quiet => false,
        // Only some of what it does is broken: a check from one place does not see it.
        Plot::UnderWay { began, .. } => second && ago < began - CHECK_LATE,
        Plot::Over { began, eased, .. } => (eased..began - CHECK_LATE).contains(&ago),
    };
    if fails {
        return CheckResult::new(service, CheckOutcome::Down, Some("the status is 503"), Some(180));
    }
    let ms = 90 + 60 * u32::from(second) + (minute.0.unsigned_abs() as u32 * 37 + role.slug.len() as u32 * 11) % 40;
    CheckResult::new(service, CheckOutcome::Up, None, Some(ms))
}

/// What the vendor's page says; `None` where the service has none that a program reads.
fn word(role: &Role, service: &Service, at: Time, ago: i64) -> Option<OfficialWord> {
    let official = &service.official.as_ref()?.value;
    let (format, url) = (official.format.clone()?, official.feed.clone()?);
    let begins = |began: i64| began - VENDOR_LATE;
    let on = match role.plot {
        Plot::Quiet => None,
        Plot::UnderWay { began, .. } => (ago <= begins(began)).then(|| (began, begins(began), EventPhase::Identified)),
        Plot::Over { began, eased, .. } => match ago {
            a if a > begins(began) => None,
            a if a > eased => Some((began, begins(began), EventPhase::Investigating)),
            a if a > eased - VENDOR_WATCHES => Some((began, eased, EventPhase::Monitoring)),
            _ => Some((began, eased - VENDOR_WATCHES, EventPhase::Resolved)),
        },
    };
    let then = |before: i64| at.plus_ms((ago - before) * 60_000);
    let events = on.map(|(began, said, phase)| event(&official.page, phase, then(began), then(said)));
    let counted = events.as_ref().is_some_and(|e| e.counted);
    Some(OfficialWord {
        asked: official.asked(),
        level: if counted { Level::PartialOutage } else { Level::Operational },
        trust: Trust::Full,
        url,
        format,
        identity: None,
        components: 1,
        past: true,
        since: events.as_ref().filter(|e| e.counted).and_then(|e| e.started_at),
        events: events.into_iter().collect(),
        warnings: Vec::new(),
        named: allclear_model::official::Named::default(),
    })
}

/// An event that began then, and of which this was said then.
fn event(page: &str, phase: EventPhase, began: Time, said: Time) -> OfficialEvent {
    let text = match phase {
        EventPhase::Identified => "We have found the cause and are working on a repair. Some requests still fail.",
        EventPhase::Monitoring => "A repair is in place. We are watching the results.",
        EventPhase::Resolved => "This is over. We are sorry for the trouble.",
        _ => "We are looking into reports of failing requests.",
    };
    OfficialEvent {
        id: format!("demo-{}", began.0),
        kind: EventKind::Incident,
        title: "Some requests fail".to_owned(),
        phase,
        impact: Level::PartialOutage,
        counted: phase.is_open(),
        started_at: Some(began),
        url: Some(page.to_owned()),
        updates: vec![OfficialUpdate { phase, text: text.to_owned(), at: Some(said) }],
    }
}
