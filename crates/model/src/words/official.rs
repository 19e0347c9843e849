//! Sentences about a vendor's official page, and those that weigh it beside people and checks.
//!
//! Who else says so, and who watches at all, differs from service to service and from hour to hour; so these are put together
//! from clauses, each true by itself. Results are markup where a parameter is.

use super::pages;
use super::phrases::{capital, grouped, level_noun};
use crate::Level;
use crate::official::{EventPhase, Trust};

/// What the official page says, as far as sentences tell it apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageSays {
    /// Nobody reads it.
    NotWatched,
    /// It has not been read lately, or never.
    Unread,
    /// It was read and tells no level.
    Unclear,
    /// It states that all is well.
    Well,
    /// It announces nothing, and does nothing but announce.
    Quiet,
    /// It announces maintenance.
    Maintenance,
    /// It announces a problem.
    Problem(Level),
}

/// What our own checks say, as far as sentences tell it apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChecksSay {
    /// None run.
    NotWatched,
    /// None has a say right now.
    Quiet,
    /// All pass.
    Fine,
    /// Too few fail.
    Split,
    /// They fail.
    Failing,
}

/// What people say, as far as sentences tell it apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PeopleSay {
    /// A little more than usual.
    More,
    /// As usual, where many report.
    Usual,
    /// Too few report for that to mean anything.
    Few,
}

impl PageSays {
    fn clause(self) -> &'static str {
        match self {
            PageSays::NotWatched => "no official page is read yet",
            PageSays::Unread => "its official page cannot be read right now",
            PageSays::Unclear => "its official page says nothing clear",
            PageSays::Well => "its official page announces no problem",
            PageSays::Quiet => "its official page, a log of announcements, announces nothing",
            PageSays::Maintenance => "its official page speaks of maintenance only",
            PageSays::Problem(_) => "its official page announces a problem",
        }
    }
}

impl ChecksSay {
    fn clause(self) -> &'static str {
        match self {
            ChecksSay::NotWatched => "no check of ours runs",
            ChecksSay::Quiet => "our own checks cannot tell right now",
            ChecksSay::Fine => "our own checks pass",
            ChecksSay::Split => "too few of our own checks fail",
            ChecksSay::Failing => "our own checks fail",
        }
    }
}

impl PeopleSay {
    fn clause(self) -> &'static str {
        match self {
            PeopleSay::More => "people report only a little more than usual",
            PeopleSay::Usual => "people report no more than usual",
            PeopleSay::Few => "too few people report here to tell",
        }
    }
}

/// Why a problem that people report is not confirmed.
pub fn only_people(checks: ChecksSay, page: PageSays) -> String {
    format!("Only people say so: {}, and {}.", checks.clause(), page.clause())
}

/// Why a problem that the vendor announces is not confirmed.
pub fn only_page(people: PeopleSay, checks: ChecksSay) -> String {
    format!("Only its official page says so: {}, and {}.", people.clause(), checks.clause())
}

/// Why what the vendor announces makes no problem.
pub fn nobody_else(people: PeopleSay, checks: ChecksSay) -> String {
    format!("Nobody else says so: {}, and {}.", people.clause(), checks.clause())
}

/// Why silence says nothing. `never`: there was no report all day.
pub fn silent(never: bool, checks: ChecksSay, page: PageSays) -> String {
    let silence = if never { "No reports" } else { "Too few people report here for silence to mean that all is well" };
    format!("{silence}, and {}.", others(checks, page))
}

/// What those who watch beside people say.
fn others(checks: ChecksSay, page: PageSays) -> String {
    match (checks, page) {
        (ChecksSay::NotWatched, PageSays::NotWatched) => "nothing else watches it yet".to_owned(),
        (c, PageSays::NotWatched) => c.clause().to_owned(),
        (ChecksSay::NotWatched, p) => p.clause().to_owned(),
        (c, p) => format!("{}, and {}", c.clause(), p.clause()),
    }
}

/// Some reports, nothing to weigh them against, and nobody else; markup.
pub fn counted_alone(actual: u64, window_s: u32) -> String {
    let counted = pages::because_counted(actual, window_s);
    format!("{}, and nothing else watches it yet.", counted.trim_end_matches('.'))
}

/// Whose word it is that all is well where silence means nothing. `None`: nobody's.
pub fn rests_on(checks: ChecksSay, page: PageSays) -> Option<String> {
    let on = match (checks == ChecksSay::Fine, page == PageSays::Well) {
        (true, true) => "our own checks and its official page",
        (true, false) => "our own checks",
        (false, true) => "its official page",
        (false, false) => return None,
    };
    Some(format!("So few reports are usual here that silence would mean nothing; this answer rests on {on}."))
}

/// What the page says, as a sentence of the answer; nothing of one that nobody reads. `since` is markup. `too`: others say so.
pub fn sentence(page: PageSays, since: &str, too: bool) -> Option<String> {
    let also = if too { " so too" } else { "" };
    Some(match page {
        PageSays::NotWatched => return None,
        PageSays::Unread => "Its official page cannot be read right now.".to_owned(),
        PageSays::Unclear => "Its official page says nothing clear right now.".to_owned(),
        PageSays::Well => "Its official page announces no problem.".to_owned(),
        PageSays::Quiet => {
            "Its official page announces no problem, which says little: it is a log of announcements.".to_owned()
        }
        PageSays::Maintenance => format!("Its official page says: maintenance since {since}."),
        PageSays::Problem(l) => format!("Its official page says{also}: {} since {since}.", level_noun(l)),
    })
}

/// What the page announces, where there is no room for since when.
pub fn card(l: Level) -> String {
    format!("Its official page says: {}.", level_noun(l))
}

/// Second half of the first line: only the vendor says so. `since` is markup.
pub fn says_since(l: Level, since: &str) -> String {
    format!("{} since {since}, says its official page.", capital(noun(l, Trust::Full)))
}

/// Second half of the first line: the vendor speaks of a problem, and `answer` is none.
pub fn only_page_speaks(answer: Level) -> &'static str {
    match answer {
        // The first half names the problem.
        Level::Operational => "Only its official page speaks of one.",
        _ => "Only its official page speaks of a problem.",
    }
}

/// Second half of the first line: what was over seems to go on, by all but people.
pub fn fails_and_says(l: Level) -> String {
    format!(
        "Our own check fails and its official page says {}, but people do not report more than usual any more.",
        level_noun(l)
    )
}

/// What is watched, as the page of a service lists it. `locations` of our own checks; `page`: it is read.
pub fn watched(locations: usize, page: bool) -> String {
    let from =
        if locations == 1 { "1 location".to_owned() } else { format!("{} locations", grouped(locations as u64)) };
    match (locations, page) {
        (0, false) => {
            "Reports of people on this page. Checks of our own and the official status page: not yet.".to_owned()
        }
        (0, true) => {
            "Reports of people on this page, and its official status page. Checks of our own: not yet.".to_owned()
        }
        (_, false) => format!(
            "Reports of people on this page, and checks of our own from {from}. The official status page: not yet."
        ),
        (_, true) => {
            format!("Reports of people on this page, checks of our own from {from}, and its official status page.")
        }
    }
}

/// Some of the three witnesses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Witnesses {
    /// People who report.
    pub people: bool,
    /// Our own checks.
    pub checks: bool,
    /// The official page.
    pub page: bool,
}

impl Witnesses {
    fn names(self) -> Vec<String> {
        let all = [(self.people, "people"), (self.checks, "our own checks"), (self.page, "the official page")];
        all.into_iter().filter(|(is, _)| *is).map(|(_, name)| name.to_owned()).collect()
    }

    /// That these say of a problem that there is one.
    pub fn agree(self) -> String {
        match self.names() {
            names if names.len() > 1 => format!("{} agree", capital(&pages::list(&names))),
            _ => "At least two kinds agree".to_owned(),
        }
    }

    /// That these are heard, people among them; `more`: there are others, who say nothing right now.
    pub fn heard(self, more: bool) -> String {
        match self.names() {
            names if names.len() > 1 => capital(&pages::list(&names)),
            _ if more => "People only, right now".to_owned(),
            _ => "People only, so far".to_owned(),
        }
    }
}

/// What the page says, as a noun.
pub fn noun(l: Level, trust: Trust) -> &'static str {
    match (l, trust) {
        (Level::Unknown, _) => "nothing clear",
        (Level::Operational, Trust::Full) => "no problem",
        (Level::Operational, Trust::Low) => "nothing announced",
        (Level::UnderMaintenance, _) => "maintenance",
        (l, _) => level_noun(l),
    }
}

/// What the page said in a quarter of an hour; nothing where it was not read.
pub fn cell(level: Option<Level>) -> &'static str {
    match level {
        None => pages::EN.table_nothing,
        Some(Level::Unknown) => "unclear",
        Some(Level::Operational) => "no problem",
        Some(Level::UnderMaintenance) => "maintenance",
        Some(Level::DegradedPerformance) => "degraded performance",
        Some(Level::PartialOutage) => "partial outage",
        Some(Level::MajorOutage) => "major outage",
    }
}

/// What the line about the page below the lanes says. `since`, `ago` and `reason` are markup: an instant, a length of time, why
/// it could not be read.
#[derive(Debug, Clone, Copy)]
#[expect(missing_docs, reason = "what the fields are is said once, above")]
pub enum PageLine<'a> {
    /// It was read lately; where the last attempts failed, since when and why.
    Says { level: Level, trust: Trust, since: &'a str, ago: &'a str, unread: Option<(&'a str, Option<&'a str>)> },
    /// It was read too long ago.
    Old { level: Level, trust: Trust, ago: &'a str, reason: Option<&'a str> },
    /// It was never read, though somebody has tried since then.
    Never { since: Option<&'a str>, reason: Option<&'a str> },
}

/// The line about the page below the lanes; markup.
pub fn line(says: PageLine<'_>) -> String {
    let because = |reason: Option<&str>| reason.map_or(String::new(), |r| format!(": {r}"));
    let log = |trust: Trust| if trust == Trust::Low { " It only announces problems." } else { "" };
    match says {
        PageLine::Says { level, trust, since, ago, unread } => {
            let unread = unread.map_or(String::new(), |(t, why)| format!(", not readable since {t}{}", because(why)));
            let noun = noun(level, trust);
            format!(
                "The official page says: <strong>{noun}</strong> since {since}; read {ago} ago{unread}.{}",
                log(trust)
            )
        }
        PageLine::Old { level, trust, ago, reason } => {
            let noun = noun(level, trust);
            format!(
                "Official page not read for {ago}{}. When last read it said: {noun}.{}",
                because(reason),
                log(trust)
            )
        }
        PageLine::Never { since, reason } => {
            let tried = since.map_or(String::new(), |t| format!(", tried since {t}"));
            format!("Official page never read so far{tried}{}.", because(reason))
        }
    }
}

/// Where an event of the page stands; nothing where that is not known.
pub fn phase(p: EventPhase) -> &'static str {
    match p {
        EventPhase::InProgress => "in progress",
        EventPhase::Unknown => "",
        p => p.as_str(),
    }
}
