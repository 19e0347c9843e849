//! Sentences of the pages that have numbers or names in them: small functions.
//!
//! Functions whose result goes into a page as markup say so; names and other outside text must reach those escaped.

use super::evidence::{self, number};
use super::pages;
use crate::{IncidentStep, Level, Month};

/// Title of a service page. Always the same words, because dated ones go stale in caches.
pub fn service_title(name: &str) -> String {
    format!("Is {name} down? Live status and outage reports")
}

/// First heading of a service page.
pub fn service_question(name: &str) -> String {
    format!("Is {name} down?")
}

/// Description of a service page for search engines and shared links; neutral, because it is cached for long.
pub fn service_description(name: &str) -> String {
    format!(
        "Is {name} down or is it just you? Reports of the last 24 hours against the usual number, what people report, and what you can do."
    )
}

/// Description of the front page.
pub fn home_description() -> &'static str {
    "Which services have problems now, since when and for whom: reports against their usual number, explained, and what you can do."
}

/// The disclaimer of every page about a service.
pub fn not_affiliated(name: &str) -> String {
    format!("Not affiliated with {name}. Names belong to their owners.")
}

/// Short word for a level. A problem that only people report is never named like a confirmed one.
pub fn level(level: Level, confirmed: bool) -> &'static str {
    match (level, confirmed) {
        (Level::Unknown, _) => "Cannot tell",
        (Level::Operational, _) => "No problem seen",
        (Level::UnderMaintenance, _) => "Maintenance",
        (Level::DegradedPerformance, true) => "Degraded",
        (Level::PartialOutage, true) => "Partial outage",
        (Level::MajorOutage, true) => "Major outage",
        (Level::DegradedPerformance, false) => "Probably degraded",
        (Level::PartialOutage, false) => "Probably partial outage",
        (Level::MajorOutage, false) => "Probably major outage",
    }
}

/// A level inside a sentence: "Reports point to a major outage".
pub fn level_noun(level: Level) -> &'static str {
    match level {
        Level::Unknown => "an unknown state",
        Level::Operational => "normal operation",
        Level::UnderMaintenance => "announced work",
        Level::DegradedPerformance => "degraded performance",
        Level::PartialOutage => "a partial outage",
        Level::MajorOutage => "a major outage",
    }
}

/// Second half of the first line: a confirmed problem. `since` is markup.
pub fn confirmed_since(l: Level, since: &str) -> String {
    format!("{} since {since}.", capital(level_noun(l).trim_start_matches("a ")))
}

/// Second half of the first line: a confirmed problem for some. `places` and `since` are markup.
pub fn confirmed_for(l: Level, places: &str, since: &str) -> String {
    format!("{} for {places} since {since}.", capital(level_noun(l).trim_start_matches("a ")))
}

/// Second half of the first line: only people report it. `since` is markup.
pub fn reported_since(l: Level, since: &str) -> String {
    format!("Reports point to {} since {since}.", level_noun(l))
}

/// Second half of the first line: it seems to end. `since` is markup.
pub fn recovering_since(since: &str) -> String {
    format!("It seems to recover; it began at {since}.")
}

/// Second half of the first line: it is over. `ended` is markup.
pub fn over_since(ended: &str) -> String {
    format!("The last one ended at {ended}.")
}

/// Second half of the first line: the judge stands still. `at` is markup.
pub fn not_updated_since(at: &str) -> String {
    format!("Not updated since {at}.")
}

/// What stands before the sentences of an answer that names no other time; markup.
pub fn as_of(at: &str) -> String {
    format!("As of {at}:")
}

/// Reports in the window against the usual number; markup.
pub fn because_counts(actual: u64, expected: f64, window_s: u32) -> String {
    let minutes = window_s / 60;
    let (usual, are) = evidence::usual(expected);
    format!(
        "<strong>{}</strong> in the last {minutes} minutes, where <strong>{usual}</strong> {are} usual.",
        reports(actual)
    )
}

/// No report in the window and silence is expected to be so; markup.
pub fn because_quiet(expected: f64, window_s: u32) -> String {
    let (usual, are) = evidence::usual(expected);
    format!(
        "<strong>No reports</strong> in the last {} minutes, where about <strong>{usual}</strong> {are} usual.",
        window_s / 60
    )
}

/// Reports in the window, where nobody knows what is usual; markup.
pub fn because_counted(actual: u64, window_s: u32) -> String {
    format!("<strong>{}</strong> in the last {} minutes.", reports(actual), window_s / 60)
}

/// The symptoms that stand out. `list` is markup.
pub fn most_reported(list: &str) -> String {
    format!("Most reported: {list}.")
}

/// The countries that stand out. `list` is markup.
pub fn mostly_from(list: &str) -> String {
    format!("Mostly from {list}.")
}

/// An upstream that explains it. `name` is markup.
pub fn affected_by(name: &str) -> String {
    format!("Affected by {name}.")
}

/// When watching began, for a new service. `date` is markup.
pub fn watching_since(date: &str) -> String {
    format!("We began watching it on {date}.")
}

/// Today against a usual day.
pub fn day_fact(total: u64, expected: f64) -> String {
    if expected < 0.5 { reports(total) } else { format!("{}; about {} usual", reports(total), usual_number(expected)) }
}

/// People for whom it works.
pub fn votes_fact(votes: u64) -> String {
    match votes {
        1 => "1 person in the last hour".to_owned(),
        n => format!("{} people in the last hour", grouped(n)),
    }
}

/// Heading note of what people report.
pub fn symptoms_sub(total: u64) -> String {
    if total == 0 { pages::EN.symptoms_none.to_owned() } else { format!("last hour, {}", reports(total)) }
}

/// How many times the usual number, in short.
pub fn times(ratio: f64) -> String {
    format!("{}×", number(ratio))
}

/// How many times the usual number.
pub fn times_usual(ratio: f64) -> String {
    format!("{}× usual", number(ratio))
}

/// What our own checks found: from how many of the locations that were heard in the window they fail.
pub fn checks(failing: u64, heard: u64, window_s: u32) -> String {
    let does = if failing == 0 { "succeeds" } else { "fails" };
    let (locations, were) = match (failing, heard) {
        (_, 1) => ("the one location".to_owned(), "was"),
        (f, h) if f == 0 || f == h => (format!("all {h} locations"), "were"),
        (f, h) => (format!("{f} of the {h} locations"), "were"),
    };
    format!("Our check {does} from {locations} that {were} heard in the last {} minutes.", window_s / 60)
}

/// What our checks found in a quarter of an hour, from `heard` of the locations; `all` is false where there is only one. Nothing
/// when none was heard.
pub fn checks_cell(failed: u64, up: u64, heard: u64, all: bool) -> String {
    let w = &pages::EN;
    match (failed, up) {
        _ if heard == 0 => w.table_nothing.to_owned(),
        (1.., _) if all => format!("{} from {failed} of {heard}", w.check_failed),
        (1.., _) => w.check_failed.to_owned(),
        (0, 0) => w.check_unclear.to_owned(),
        (0, n) if n < heard => format!("{} from {n} of {heard}", w.check_up),
        (0, _) => w.check_up.to_owned(),
    }
}

/// What a cell of a strip is: its outcome, from where if the strip has several locations, and why.
pub fn strip_cell(outcome: &str, from: Option<&str>, why: Option<&str>) -> String {
    let from = from.map_or(String::new(), |l| format!(" from {l}"));
    let why = why.map_or(String::new(), |w| format!(", {w}"));
    format!("{outcome}{from}{why}")
}

/// The name of a strip of checks.
pub fn checks_from(name: &str) -> String {
    format!("{} from {name}", pages::EN.lane_checks)
}

/// Locations that share a strip.
pub fn locations(n: usize) -> String {
    format!("{n} others")
}

/// What the official page announces.
pub fn official(level: Level) -> String {
    let what = match level {
        Level::Unknown | Level::Operational => "no problem",
        Level::UnderMaintenance => "maintenance",
        Level::DegradedPerformance => "degraded performance",
        Level::PartialOutage => "a partial outage",
        Level::MajorOutage => "a major outage",
    };
    format!("The official page announces {what}.")
}

/// What a location of our checks says. `since`, `ago` and `reason` are markup: an instant, a length of time, why it was not up.
#[derive(Debug, Clone, Copy)]
#[expect(missing_docs, reason = "what the fields are is said once, above")]
pub enum SpotLine<'a> {
    /// Never up so far; its last run said that, if anything.
    Unproven { reason: Option<&'a str> },
    /// Up, with how long it took and what is usual, so long ago, and what was noticed beside.
    Up { ms: Option<u32>, usual: Option<(u32, u32)>, ago: &'a str, but: Option<&'a str> },
    /// Failing since then, for this reason if it is known.
    Failing { since: &'a str, reason: Option<&'a str> },
    /// Failing since then, but its last run passed.
    Passed { since: &'a str, ago: &'a str },
    /// Failing since then, and its last run could not tell.
    Unsure { since: &'a str, reason: Option<&'a str> },
    /// It could not tell.
    Unclear { ago: &'a str, reason: Option<&'a str> },
    /// It was heard too long ago.
    Old { up: bool, ago: &'a str },
}

/// A line about our check from one location; markup, as are its parts.
pub fn spot(location: &str, line: SpotLine<'_>) -> String {
    let because = |reason: Option<&str>| reason.map_or(String::new(), |r| format!(": {r}"));
    let says = match line {
        SpotLine::Unproven { reason } => {
            format!("not proven yet, as it has never passed from there{}", because(reason))
        }
        SpotLine::Up { but: Some(but), ms, usual, ago } => {
            return format!("{}; {but}", spot(location, SpotLine::Up { ms, usual, ago, but: None }));
        }
        SpotLine::Up { ms: Some(ms), usual: Some((low, high)), ago, .. } => {
            let usual = if low == high {
                grouped(low.into())
            } else {
                format!("{} to {}", grouped(low.into()), grouped(high.into()))
            };
            format!("up, {} ms (usual: {usual}), {ago} ago", grouped(ms.into()))
        }
        SpotLine::Up { ms: Some(ms), usual: None, ago, .. } => format!("up, {} ms, {ago} ago", grouped(ms.into())),
        SpotLine::Up { ms: None, ago, .. } => format!("up, {ago} ago"),
        SpotLine::Failing { since, reason } => format!("fails since {since}{}", because(reason)),
        SpotLine::Passed { since, ago } => format!("fails since {since}; it passed again {ago} ago"),
        SpotLine::Unsure { since, reason } => {
            format!("fails since {since}; its last run was unclear{}", because(reason))
        }
        SpotLine::Unclear { ago, reason } => format!("unclear, {ago} ago{}", because(reason)),
        SpotLine::Old { up: true, ago } => format!("not heard for {ago}; it was up then"),
        SpotLine::Old { up: false, ago } => format!("not heard for {ago}; it failed then"),
    };
    format!("Our check from {location}: {says}")
}

/// The same for whoever reads the front page.
pub fn home_paused(since: &str, why: &str) -> String {
    format!(
        "Our own checks are paused {}. What people report and what official pages say counts as always.",
        paused(since, why)
    )
}

/// The same of another location than the site's own.
pub fn home_paused_elsewhere(location: &str, since: &str, why: &str) -> String {
    format!("Our checks from {location} are paused {}.", paused(since, why))
}

/// Since when our own checks say nothing, and why; markup.
pub fn paused(since: &str, why: &str) -> String {
    format!("since {since}: {why}")
}

/// Until when a certificate is valid; `until` is markup, `days` are those that are left.
pub fn certificate(until: &str, days: i64) -> String {
    match days {
        ..0 => format!("was valid until {until}"),
        0 => format!("valid until {until}, less than a day"),
        1 => format!("valid until {until}, 1 more day"),
        d => format!("valid until {until}, {} more days", grouped(d.unsigned_abs())),
    }
}

/// A certificate that ends soon, among the lines of checks; markup.
pub fn certificate_ends(until: &str, days: i64) -> String {
    format!("Its certificate is {}.", certificate(until, days)).replace("is was", "was")
}

/// Locations that are not listed.
pub fn more_locations(n: usize) -> String {
    format!("and {n} more")
}

/// A share of the last hour's reports.
pub fn percent(share: f64) -> String {
    format!("{:.0} %", share.clamp(0.0, 1.0) * 100.0)
}

/// "1 report", "155 reports".
pub fn reports(n: u64) -> String {
    match n {
        0 => "No reports".to_owned(),
        1 => "1 report".to_owned(),
        n => format!("{} reports", grouped(n)),
    }
}

/// "1 service", "155 services".
pub fn services(n: usize) -> String {
    if n == 1 { "1 service".to_owned() } else { format!("{} services", grouped(n as u64)) }
}

/// First half of the front page's first line.
pub fn home_count(n: usize) -> String {
    services(n)
}

/// Second half of it; so many of them are confirmed.
pub fn home_have(n: usize, confirmed: usize) -> &'static str {
    match (n, confirmed) {
        (1, 0) => "probably has a problem right now.",
        (1, _) => "has a problem right now.",
        (n, c) if c < n => "probably have problems right now.",
        _ => "have problems right now.",
    }
}

/// What the rest of the site looks like.
pub fn home_others(calm: usize, unknown: usize) -> String {
    let calm = match calm {
        0 => String::new(),
        1 => "1 service shows no sign of a problem. ".to_owned(),
        n => format!("{} services show no sign of a problem. ", grouped(n as u64)),
    };
    let unknown = match unknown {
        0 => String::new(),
        n => format!(
            "For {} we cannot tell: too few people report, and nothing else shows that all is well.",
            services(n)
        ),
    };
    format!("{calm}{unknown}").trim_end().to_owned()
}

/// Link to a whole category.
pub fn all_of(n: usize) -> String {
    format!("all {}", grouped(n as u64))
}

/// Summary of a folded group.
pub fn group_count(n: usize, problems: usize) -> String {
    match problems {
        0 => services(n),
        1 => format!("{}, 1 with a problem", services(n)),
        p => format!("{}, {} with problems", services(n), grouped(p as u64)),
    }
}

/// Title of a category page.
pub fn category_title(name: &str) -> String {
    format!("{name}: is it down? Live status of all services")
}

/// Title of the results page.
pub fn search_found(n: usize, query: &str) -> String {
    match n {
        0 => format!("Nothing found for “{query}”"),
        1 => format!("1 service for “{query}”"),
        n => format!("{} services for “{query}”", grouped(n as u64)),
    }
}

/// What happens with a report. `by` is markup.
pub fn thanks_shown_by(by: &str) -> String {
    format!(
        "Your report is safe with us and will be shown in less than 5 minutes after verification and moderation: by {by} at the latest, usually at once."
    )
}

/// One step of an incident, for its timeline.
pub fn step(step: IncidentStep, l: Level) -> String {
    match step {
        IncidentStep::Opened => format!("Reports point to {}", level_noun(l)),
        IncidentStep::Escalated => format!("Worse: reports point to {}", level_noun(l)),
        IncidentStep::Eased => format!("Better: reports point to {}", level_noun(l)),
        IncidentStep::Recovering => "Reports fall back".to_owned(),
        IncidentStep::Reopened => format!("It came back: reports point to {}", level_noun(l)),
        IncidentStep::Closed => "Over".to_owned(),
    }
}

/// Counts beside a step.
pub fn step_counts(actual: u64, expected: f64) -> String {
    format!("{} in 15 min, {} usual", reports(actual), evidence::usual(expected).0)
}

/// A date that is not turned into the reader's zone.
pub fn day_in_utc(date: &str) -> String {
    format!("{date} ({})", pages::EN.utc)
}

/// Title of an incident's page. `day` is a date.
pub fn incident_title(name: &str, day: &str) -> String {
    format!("{name}: problem reported by people on {day}")
}

/// Label of a feedback choice.
pub fn feedback_choice(id: &str) -> &'static str {
    match id {
        "wrong-problem" => "The page says there is a problem, but there is none",
        "wrong-calm" => "The page says there is no problem, but there is one",
        "late" => "The page was late",
        "unclear" => "I do not understand the page",
        "missing" => "Something is missing",
        "contest" => "My text was not shown, and should be",
        _ => "It helped me",
    }
}

/// Heading of an error page.
pub fn error_title(status: u16) -> &'static str {
    match status {
        400 => "We cannot read this request",
        403 => "This request came from another site",
        404 => "There is nothing here",
        405 => "That does not work this way",
        409 => "This was used for something else",
        413 => "That is too large",
        415 => "We cannot read this kind of content",
        422 => "Something is missing or wrong",
        429 => "Too many at once",
        503 => "We cannot do this right now",
        _ => "Something went wrong on our side",
    }
}

/// What to do about it.
pub fn error_help(status: u16) -> &'static str {
    match status {
        400 => "The address or the form was not complete. Go back and try again.",
        403 => "Forms are only accepted from this site’s own pages. Open the page here and send it again.",
        404 => "The page has moved, or we do not watch this service yet.",
        405 => "Open the page again and use its buttons.",
        409 => "The same request key was sent with other content. Send it again from a fresh page.",
        413 => "Text may have up to 500 characters. Shorten it and try again.",
        415 => "Send the form from this site’s own pages.",
        422 => "Go back, look at the fields and try again.",
        429 => "Many reports came from your network in a short time. The ones already sent are safe.",
        503 => {
            "If you were sending something, it was not kept. What we accepted before is safe, and the live pages stay up. Please try again."
        }
        _ => "It is our fault, not yours. Please try again.",
    }
}

/// Seconds as people say them, rounded up.
pub fn seconds(s: u64) -> String {
    match s {
        0 | 1 => "1 second".to_owned(),
        2..=90 => format!("{s} seconds"),
        _ => format!("{} minutes", s.div_ceil(60)),
    }
}

/// A length of time: `12 min`, `5 h 15 min`, `3 days 4 h`. Scripts use the same four forms ([`pages::Words::ages`]).
pub fn duration(ms: i64) -> String {
    let min = ms.max(0) / 60_000;
    let (form, d, h, m) = match min {
        0 => (0, 0, 0, 0),
        1..=59 => (1, 0, 0, min),
        60..=2879 => (2, 0, min / 60, min % 60),
        _ => (3, min / 1440, min % 1440 / 60, 0),
    };
    let text = pages::EN.ages.split('|').nth(form).unwrap_or_default();
    text.replace("{d}", &d.to_string()).replace("{h}", &h.to_string()).replace("{m}", &m.to_string())
}

/// A day of this year: `22 Nov`. `month` is 1 to 12.
pub fn day(day: i8, month: i8) -> String {
    let names = pages::EN.months.split('|');
    let name = usize::try_from(month - 1).ok().and_then(|m| names.into_iter().nth(m)).unwrap_or_default();
    format!("{day} {name}")
}

/// A day: `22 Nov 2026`. `month` is 1 to 12.
pub fn date(d: i8, month: i8, year: i16) -> String {
    format!("{} {year}", day(d, month))
}

/// How long a problem of a level lasted in all, by what people report: `2 h 10 min probably major`.
pub fn problem_time(l: Level, ms: i64) -> String {
    let word = match l {
        Level::MajorOutage => "major",
        Level::PartialOutage => "partial",
        _ => "degraded",
    };
    format!("{} {word}", duration(ms))
}

/// A month: `November 2026`.
pub fn month(m: Month) -> String {
    let name = pages::EN.uptime_months.split('|').nth(m.number() - 1).unwrap_or_default();
    format!("{name} {}", m.year())
}

/// A share of time, 0 to 1 with four digits: `99.98 %`. Only all of it is 100 %.
pub fn uptime(share: f64) -> String {
    if share >= 1.0 { "100 %".to_owned() } else { format!("{:.2} %", share * 100.0) }
}

/// How much of a month's minutes are known. Little is not none, and much is not all.
pub fn known_share(known: u64, minutes: u64) -> String {
    let percent = (known.saturating_mul(100)).checked_div(minutes).unwrap_or(0);
    match percent {
        0 if known > 0 => "under 1 %".to_owned(),
        p => format!("{} %", p.min(100)),
    }
}

/// A whole number with commas: `20,000`.
pub fn grouped(n: u64) -> String {
    let s = n.to_string();
    let mut out = String::with_capacity(s.len() + s.len() / 3);
    for (i, c) in s.chars().enumerate() {
        if i > 0 && (s.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

/// A usual number: with commas when it is large, one digit when it is small.
pub fn usual_number(x: f64) -> String {
    if x >= 999.5 && x.is_finite() { grouped(x.round() as u64) } else { number(x) }
}

/// Words in a list: `a, b and c`.
pub fn list(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [rest @ .., last] => format!("{} and {last}", rest.join(", ")),
    }
}

pub(super) fn capital(s: &str) -> String {
    let mut c = s.chars();
    c.next().map_or(String::new(), |f| f.to_uppercase().collect::<String>() + c.as_str())
}

/// Title of a guide.
pub fn guide_title(name: &str) -> String {
    format!("{name}: what you can do when it does not work")
}

/// Title of a report form.
pub fn report_title(name: &str) -> String {
    format!("Report a problem with {name}")
}

/// Since when, on a card. `since` is markup.
pub fn card_since(since: &str) -> String {
    format!("Since {since}")
}

/// Title of the list of past problems.
pub fn history_title(name: &str) -> String {
    format!("{name}: past problems")
}

/// Title of the list of reports.
pub fn reports_title(name: &str) -> String {
    format!("{name}: recent reports")
}

/// Title of a feed.
pub fn feed_title(name: &str) -> String {
    format!("{name}: problems that people report")
}

/// Title of a feed's entry; it carries its time, because readers keep it.
pub fn feed_entry(name: &str, step: &str, date: &str, clock: &str) -> String {
    format!("{name}: {step} (as of {date}, {clock} UTC)")
}

/// Most reports in a quarter of an hour.
pub fn peak(n: u64) -> String {
    format!("{} in 15 min", reports(n))
}
