//! The witnesses that are not people, in a service's document: our own checks, and the vendor's official page.

use crate::page::{PageCx, html, official};
use allclear_engine::view::{ServiceView, SpotNow};
use allclear_model::official::{EXCERPT_MAX, EventKind, OfficialEvent, TITLE_MAX, Trust, excerpt};
use allclear_model::signal::reason_start;
use serde::Serialize;
use utoipa::ToSchema;

/// What our own checks found from one location.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CheckItem<'a> {
    /// From where.
    pub(crate) location: &'a str,
    /// What the last run said: `up`, `down`, `blocked` or `inconclusive`. The last two say nothing about the service.
    pub(crate) outcome: &'static str,
    /// When that was.
    pub(crate) at: String,
    /// Why it was not up, in words, at most 200 bytes; `null` where it was up.
    pub(crate) reason: Option<&'a str>,
    /// How long the run took, milliseconds; `null` where that was not measured.
    pub(crate) ms: Option<u32>,
    /// How long it usually takes, milliseconds: least and most of eight in ten quarters of an hour of the last day; `null` before two
    /// hours were measured.
    pub(crate) usual_ms: Option<[u32; 2]>,
    /// Until when the certificate is valid that was last seen; `null` where none was.
    pub(crate) certificate_until: Option<String>,
    /// Whether a run was ever up from there; before that no failure counts.
    pub(crate) proven: bool,
    /// Whether it was heard in the last 10 minutes and so has a say in the verdict.
    pub(crate) speaks: bool,
    /// Since when the check fails from there; `null` while it does not, or does not speak.
    pub(crate) failing_since: Option<String>,
}

/// What the vendor's official page says. Titles, texts and reasons are strangers' words: escape them.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OfficialItem<'a> {
    /// What it said when it was last read, a level; `null`: it never was. Take it as so only while it `speaks`.
    pub(crate) level: Option<&'static str>,
    /// How far that can be trusted: `full`, or `low` for a log of announcements, whose silence says little; `null` with `level`.
    pub(crate) trust: Option<&'static str>,
    /// Since when it says so, as far as the level goes; of a problem since when the vendor says it began. `null` with `level`.
    pub(crate) since: Option<String>,
    /// When it was last read.
    pub(crate) read_at: Option<String>,
    /// Whether it was read in the last 30 minutes, and so has a say in the verdict.
    pub(crate) speaks: bool,
    /// Since when it cannot be read, and why; `null` while it can.
    pub(crate) unread: Option<UnreadItem<'a>>,
    /// The format it was read as.
    pub(crate) format: Option<&'a str>,
    /// Where people read it.
    pub(crate) url: Option<&'a str>,
    /// The newest of what it said.
    pub(crate) newest: Option<NewestItem<'a>>,
    /// What counts, or else the last that it told of; at most 3, the newest words first.
    pub(crate) events: Vec<OfficialEventItem<'a>>,
}

/// Why a page is not read.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UnreadItem<'a> {
    /// Since when.
    pub(crate) since: String,
    /// Why, in words, at most 200 bytes.
    pub(crate) reason: &'a str,
}

/// The newest words of a page.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NewestItem<'a> {
    /// Title of the event.
    pub(crate) title: String,
    /// Where it stands, as in `events`.
    pub(crate) phase: &'static str,
    /// An excerpt of at most 300 characters; may be empty.
    pub(crate) text: String,
    /// When that was said.
    pub(crate) at: Option<String>,
    /// Where to read on: the event, or else the page.
    pub(crate) url: Option<&'a str>,
}

/// An event that a page tells of.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OfficialEventItem<'a> {
    /// `incident`, `maintenance` or `notice`.
    pub(crate) kind: &'static str,
    /// Its title.
    pub(crate) title: String,
    /// `investigating`, `identified`, `monitoring`, `resolved`, `postmortem`, `scheduled`, `in_progress`, `verifying`, `completed`,
    /// `cancelled` or `unknown`.
    pub(crate) phase: &'static str,
    /// How bad the vendor says it is, a level; `unknown` where it does not say.
    pub(crate) impact: &'static str,
    /// Whether it is one of the reasons of the page's level.
    pub(crate) counted: bool,
    /// When it began, as the vendor says.
    pub(crate) started_at: Option<String>,
    /// Its newest words, an excerpt of at most 300 characters.
    pub(crate) text: Option<String>,
    /// When those were said.
    pub(crate) at: Option<String>,
    /// Where people read of it.
    pub(crate) url: Option<&'a str>,
}

/// What our checks found from one location.
pub(crate) fn check_item(spot: &SpotNow) -> CheckItem<'_> {
    CheckItem {
        location: &spot.location,
        outcome: spot.outcome.as_str(),
        at: spot.at.to_string(),
        reason: spot.reason.as_deref().map(reason_start),
        ms: spot.ms,
        usual_ms: spot.usual_ms.map(|(low, high)| [low, high]),
        certificate_until: spot.certificate.map(|t| t.to_string()),
        proven: spot.proven,
        speaks: spot.speaks,
        failing_since: spot.failing_since.map(|t| t.to_string()),
    }
}

/// The page of a service, as it is read now.
pub(crate) fn official_item<'a>(cx: &PageCx, view: &'a ServiceView) -> Option<OfficialItem<'a>> {
    let page = view.official.as_ref()?;
    let word = page.word.as_ref();
    Some(OfficialItem {
        level: word.map(|w| w.level.as_str()),
        trust: word.map(|w| trust(w.trust)),
        since: word.map(|_| page.since.to_string()),
        read_at: page.read.map(|t| t.to_string()),
        // Of an old picture nothing is so now.
        speaks: page.speaks && !view.is_stale(cx.now),
        unread: page.unread.as_ref().map(|(t, why)| UnreadItem { since: t.to_string(), reason: reason_start(why) }),
        format: word.map(|w| w.format.as_str()),
        url: official::link(view, None),
        newest: word.and_then(official::newest).map(|(event, text, at)| NewestItem {
            title: excerpt(&event.title, TITLE_MAX),
            phase: event.phase.as_str(),
            text: excerpt(text, EXCERPT_MAX),
            at: at.map(|t| t.to_string()),
            url: official::link(view, Some(event)),
        }),
        events: word.map_or_else(Vec::new, |w| w.events.iter().map(event_item).collect()),
    })
}

fn event_item(e: &OfficialEvent) -> OfficialEventItem<'_> {
    let newest = e.updates.first();
    OfficialEventItem {
        kind: match e.kind {
            EventKind::Incident => "incident",
            EventKind::Maintenance => "maintenance",
            EventKind::Notice => "notice",
        },
        title: excerpt(&e.title, TITLE_MAX),
        phase: e.phase.as_str(),
        impact: e.impact.as_str(),
        counted: e.counted,
        started_at: e.started_at.map(|t| t.to_string()),
        text: newest.map(|u| excerpt(&u.text, EXCERPT_MAX)),
        at: newest.and_then(|u| u.at).map(|t| t.to_string()),
        url: e.url.as_deref().and_then(html::web_address),
    }
}

fn trust(trust: Trust) -> &'static str {
    match trust {
        Trust::Full => "full",
        Trust::Low => "low",
    }
}
