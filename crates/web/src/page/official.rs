//! What the vendor's official page says, in words: a sentence of the answer, a line and an excerpt below the lanes, a cell for
//! each quarter of an hour. Its words are a stranger's: text, never markup.

use crate::page::PageCx;
use crate::page::answer::age;
use crate::page::checks::Heard;
use crate::page::html::{self, Shape, esc};
use allclear_engine::view::ServiceView;
use allclear_model::official::{EXCERPT_MAX, OfficialEvent, OfficialWord, TITLE_MAX, Trust, excerpt};
use allclear_model::signal::reason_start;
use allclear_model::words::official::{self as words, ChecksSay, PageLine, PageSays};
use allclear_model::words::pages::EN;
use allclear_model::{Level, Time};

/// What the page says now, as sentences tell it apart.
pub(crate) fn says(view: &ServiceView) -> PageSays {
    let Some(page) = &view.official else { return PageSays::NotWatched };
    match page.word.as_ref().filter(|_| page.speaks) {
        None => PageSays::Unread,
        Some(word) => match (word.level, word.trust) {
            (Level::Unknown, _) => PageSays::Unclear,
            (Level::Operational, Trust::Full) => PageSays::Well,
            (Level::Operational, Trust::Low) => PageSays::Quiet,
            (Level::UnderMaintenance, _) => PageSays::Maintenance,
            (level, _) => PageSays::Problem(level),
        },
    }
}

/// What our checks say now, as sentences tell it apart.
pub(crate) fn checks_say(view: &ServiceView) -> ChecksSay {
    match Heard::of(view) {
        _ if view.checks.is_empty() => ChecksSay::NotWatched,
        h if h.speaking == 0 => ChecksSay::Quiet,
        h if h.is_fine() => ChecksSay::Fine,
        h if h.is_split() => ChecksSay::Split,
        _ => ChecksSay::Failing,
    }
}

/// True for a problem that is one by the word of the page alone, or of the page and our checks: people report none.
pub(crate) fn own_problem(view: &ServiceView) -> bool {
    view.verdict.level.is_problem() && !view.is_reported() && view.announced().is_some()
}

/// Since when the page says what it says; markup.
pub(crate) fn since(cx: &PageCx, view: &ServiceView) -> String {
    html::time(cx, view.official.as_ref().map_or(view.verdict.since, |o| o.since), Shape::Zoned)
}

/// What the page says, as a sentence of the answer; markup.
pub(crate) fn sentence(cx: &PageCx, view: &ServiceView) -> Option<String> {
    let v = &view.verdict;
    words::sentence(says(view), &since(cx, view), v.level.is_problem() && (v.confirmed || view.is_reported()))
}

/// What the page said in bin `i` of `n`, the last `n` of the day.
pub(crate) fn cell(cells: &[Option<Level>], i: usize, n: usize) -> &'static str {
    let level = cells.len().checked_sub(n - i).and_then(|k| cells.get(k)).copied().flatten();
    words::cell(level)
}

/// What stands about the page below the lanes; all but `link` and `label` are markup.
pub(crate) struct Below {
    /// What it says, or since when it cannot be read.
    pub(crate) line: String,
    /// Its newest words.
    pub(crate) newest: Option<Newest>,
}

/// The newest words of an official page.
pub(crate) struct Newest {
    /// Whether they are of now.
    pub(crate) label: &'static str,
    /// Title of the event, as text.
    pub(crate) title: String,
    /// Where it stands and when that was said; markup.
    pub(crate) meta: String,
    /// An excerpt, as text; may be empty.
    pub(crate) text: String,
    /// Where to read on: an address of the web.
    pub(crate) link: Option<String>,
}

/// The event that was written about last, with its words and when.
pub(crate) fn newest(word: &OfficialWord) -> Option<(&OfficialEvent, &str, Option<Time>)> {
    let (event, update) = word.newest()?;
    Some((event, update.map_or("", |u| u.text.as_str()), update.and_then(|u| u.at).or(event.started_at)))
}

/// Where people read an event, or else the page: an address of the web, or nothing.
pub(crate) fn link<'a>(view: &'a ServiceView, event: Option<&'a OfficialEvent>) -> Option<&'a str> {
    let own = event.and_then(|e| e.url.as_deref()).and_then(html::web_address);
    own.or_else(|| view.service.official.as_ref().and_then(|o| html::web_address(&o.value.page)))
}

/// What stands below the lanes; `None` while nobody reads the page.
pub(crate) fn below(cx: &PageCx, view: &ServiceView) -> Option<Below> {
    let page = view.official.as_ref()?;
    // Of an old picture nothing is said as if it were so now.
    let stale = view.is_stale(cx.now);
    let ago = |t: Time| age(t, if stale { cx.now } else { view.measured_at });
    let unread = page.unread.as_ref().map(|(t, why)| {
        // Written by whoever answered.
        let reason = Some(reason_start(why)).filter(|r| !r.trim().is_empty()).map(esc);
        (html::time(cx, *t, Shape::Zoned), reason)
    });
    let unread = unread.as_ref().map(|(t, why)| (t.as_str(), why.as_deref()));
    let line = match (&page.word, page.read.map(ago)) {
        (Some(word), Some(ago)) if page.speaks && !stale => words::line(PageLine::Says {
            level: word.level,
            trust: word.trust,
            since: &since(cx, view),
            ago: &ago,
            unread,
        }),
        (Some(word), Some(ago)) => words::line(PageLine::Old {
            level: word.level,
            trust: word.trust,
            ago: &ago,
            reason: unread.and_then(|(_, why)| why),
        }),
        _ => words::line(PageLine::Never { since: unread.map(|(t, _)| t), reason: unread.and_then(|(_, why)| why) }),
    };
    let newest = page.word.as_ref().and_then(newest).map(|(event, text, at)| {
        let phase = Some(words::phase(event.phase)).filter(|p| !p.is_empty()).map(str::to_owned);
        let meta: Vec<String> = phase.into_iter().chain(at.map(|t| html::time(cx, t, Shape::Zoned))).collect();
        Newest {
            label: if event.counted && page.speaks && !stale { EN.official_newest } else { EN.official_last },
            title: excerpt(event.title.trim(), TITLE_MAX),
            meta: meta.join(" · "),
            text: excerpt(text.trim(), EXCERPT_MAX),
            link: link(view, Some(event)).map(str::to_owned),
        }
    });
    Some(Below { line, newest })
}
