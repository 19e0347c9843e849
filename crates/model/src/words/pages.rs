//! Sentences of the pages: one table of fixed ones, and small functions for those with numbers or names in them.
//!
//! Functions whose result goes into a page as markup say so; names and other outside text must reach those escaped.

use super::evidence::number;
use crate::{IncidentStep, Level};

macro_rules! words {
    ($($name:ident = $text:literal;)*) => {
        /// The fixed sentences of the interface. One value per language; there is one language so far.
        #[derive(Debug)]
        pub struct Words {
            $(#[doc = $text] pub $name: &'static str,)*
        }
        /// English.
        pub static EN: Words = Words { $($name: $text,)* };
    };
}

words! {
    // Every page
    skip = "Skip to content";
    find = "Find a service";
    find_hint = "Try “claude”, “visa” or “ps5”";
    find_go = "Search";
    find_none = "Nothing by that name. Press Enter to search.";
    nav = "Site";
    nav_how = "How it works";
    nav_api = "API";
    nav_suggest = "Suggest a service";
    crumbs = "You are here";
    all_services = "All services";
    demo = "Simulated day: every report, service state and number on this site is made up to show how it looks.";
    foot = "About this site";
    foot_how = "How verdicts are made";
    foot_feedback = "Help us to improve";
    foot_suggest = "Suggest to monitor";
    foot_status = "This site’s own health";
    foot_privacy = "Privacy";
    foot_terms = "Terms";
    foot_contact = "Contact";
    foot_json = "JSON";
    foot_feed = "Feed";
    foot_badge = "Badge";
    foot_embed = "Card to embed";
    measured = "Measured";
    zone_note = "Times are in";
    utc = "UTC";
    ages = "less than 1 min|{m} min|{h} h {m} min|{d} days {h} h";
    live_lost = "The connection is lost, so what you see may be out of date. This page tries again every minute.";

    // Answers
    yes = "Yes.";
    partly = "Partly.";
    probably = "Probably.";
    no_sign = "No sign of a problem.";
    cannot_tell = "We cannot tell.";
    possible_rest = "A few more reports than usual, not yet enough to say so.";
    only_people = "Only people say so: no check of ours runs and no official page is read yet.";
    silent = "No reports, and nothing else watches it yet.";
    too_few = "Too few people report here for silence to mean that all is well, and nothing else watches it yet.";
    recovering_note = "Reports are falling back towards their usual number.";
    stale_because = "Our judge has not looked since then, so what stands below may be out of date.";
    brand_new = "The usual number of reports is not learned yet, so we go by services of its kind.";

    // Facts
    fact_began = "Began";
    fact_lasting = "Lasting";
    fact_ended = "Ended";
    fact_lasted = "Lasted";
    fact_day = "Last 24 hours";
    fact_last = "Last problem";
    fact_votes = "Works for";
    fact_witnesses = "Witnesses";
    fact_witnesses_people = "People only, so far";
    fact_none_before = "None before this one since";
    fact_none_since = "None seen since we began watching on";

    // Actions and the form
    act_report = "I have a problem too";
    act_report_calm = "Report a problem";
    act_works = "It works for me";
    act_follow = "Follow by feed";
    act_why = "Why this verdict";
    form_title = "What goes wrong for you?";
    form_lead = "One tap sends your report.";
    form_more = "Add a country or details first";
    form_other = "Something else";
    form_text = "Details (optional, up to 500 characters)";
    form_text_hint = "Not kept and not shown yet: only what you tap, the country and the time become public. Leave out keys and names.";
    form_country = "Country (optional)";
    form_country_none = "Not said";
    form_then = "Then tap above what goes wrong.";
    form_note = "No account, no cookies, no address kept. Shown within 5 minutes.";
    form_errors = "Your report was not sent yet:";
    form_kept = "What you entered is still here.";
    form_sending = "Sending…";
    form_failed = "That did not reach us. Please try again.";

    // Lanes
    day_title = "Last 24 hours";
    day_sub = "Reports, checks and the official page on one clock";
    lane_reports = "Reports";
    lane_per = "per 15 min";
    lane_checks = "Checks";
    lane_official = "Official page";
    lane_unwatched = "not watched yet";
    lane_now = "now";
    legend_usual = "usual";
    legend_band = "upper end of what is usual (99 %)";
    legend_high = "more than usual";
    legend_gap = "not watched";
    legend_incident = "this problem";
    tip_values = "{from}: reports {n}, usual {e}, usual at most {u}";
    tip_gap = "{from}: reports {n}, not watched";
    tip_start = "Point at the chart, tap it, or focus it and use the arrow keys.";
    table_open = "The numbers as a table";
    table_caption = "Counted reports per 15 minutes";
    table_from = "From";
    table_actual = "Reports";
    table_expected = "Usual";
    table_upper = "Usual at most";
    table_gap = "not watched";

    // What people report
    symptoms_title = "What people report";
    symptoms_usual = "the usual number,";
    symptoms_none = "no reports in the last hour";
    where_title = "Where";
    where_sub = "last 24 hours; countries with at least 5 reports";
    reports_title = "Recent reports";
    reports_all = "All reports";
    reports_none = "No reports yet";
    reports_none_more = "If it does not work for you, you would be the first to say so.";
    reports_repeat = "repeated, not counted again";
    reports_plain = "Each line is one person’s report. Free text is not kept or shown yet.";
    reports_sub = "newest first";

    // Guide
    guide_title = "What you can do";
    guide_sub_now = "ordered by what is reported now";
    guide_sub = "what people ask most";
    guide_all = "The whole guide";
    guide_not_you = "probably not you";
    guide_healthy = "When the service is healthy";
    guide_theirs = "When it is their problem";

    // Related and info
    related_title = "Related services";
    info_title = "Service info";
    info_what = "What it is";
    info_home = "Homepage";
    info_official = "Official status page";
    info_support = "Support";
    info_operator = "Run by";
    info_category = "Category";
    info_watch = "What we watch";
    info_watch_now = "Reports of people on this page. Checks of our own and the official status page: not yet.";
    info_since = "Watched since";
    info_unverified = "not verified by us";
    history_link = "Past problems";

    // Why
    why_title = "Why this verdict";
    why_for = "For a problem";
    why_against = "Against a problem";
    why_sum = "Sum";
    why_note = "Weights are in nats (natural log-odds) and not calibrated yet, so we give no probability.";
    why_none = "Nothing was weighed yet.";
    why_wrong = "This is wrong";
    why_reason = "Reason";
    why_weight = "Weight";
    why_rule = "Rules, version";

    // Home
    home_title = "Is it down? Live status and outage reports";
    home_problems = "Problems now";
    home_calm = "No sign of a problem anywhere we can tell.";
    home_unknown = "We cannot tell yet.";
    home_all = "All services";
    home_by = "by kind";
    home_more_problems = "More problems";
    home_empty = "The catalogue is empty: nothing is watched here yet.";
    home_open_all = "Show all";
    home_find_label = "Which service has trouble?";

    // Lists and search
    search_title = "Search";
    search_none = "Nothing by that name.";
    search_suggest = "Suggest to monitor it";
    search_empty = "Type the name of a service.";

    // Thanks and follow
    thanks_title = "Thank you for your report.";
    thanks_follow = "Follow, change or withdraw your report";
    thanks_keep = "Keep this link: whoever has it can change or withdraw the report. It is the only way back to it.";
    thanks_repeat = "You have reported this service within the last 6 hours (or someone who shares your address has), so the report is listed but not counted again.";
    thanks_back = "Back to the live page";
    vote_title = "Thank you: it works for you.";
    vote_text = "Your answer is counted once in 6 hours. It is shown beside the reports.";
    follow_title = "Your report";
    follow_public = "Public: this line is on the page.";
    follow_uncounted = "Listed, but not counted: there was already a counted report from your address within 6 hours.";
    follow_withdrawn = "Withdrawn. It is not shown any more. The count it gave stays in the past.";
    follow_soon = "Accepted and safe.";
    follow_saved = "Your change is saved.";
    follow_change = "Change it";
    follow_save = "Save";
    follow_withdraw = "Withdraw my report";
    follow_withdraw_note = "It will not be shown any more. This cannot be undone.";
    follow_symptom = "What goes wrong";
    follow_when = "Reported";
    follow_service = "Service";
    follow_state = "State";

    // History, incident
    history_title = "Past problems";
    history_none = "None seen since we began watching.";
    history_older = "Older";
    history_newest = "Newest";
    history_note = "Found by our rules from people’s reports alone; none of them was confirmed by a second kind of witness.";
    incident_ongoing = "still going on";
    incident_timeline = "Timeline";
    incident_peak = "Most reports";
    incident_total = "Reports in all";
    incident_chart = "Reports around it";
    incident_no_chart = "The 15-minute counts of that time are not kept any more.";
    incident_symptoms = "What people reported";
    incident_bundle = "Data of this problem (JSON)";
    incident_worst = "Worst level";
    incident_symptom_note = "the most reported, at most five";
    incident_window = "reports in 15 min";

    // Suggest, feedback
    suggest_title = "Suggest a service to monitor";
    suggest_lead = "Which service should have a page here?";
    suggest_name = "Name";
    suggest_homepage = "Homepage (optional)";
    suggest_homepage_hint = "Only the host name is kept, such as example.org.";
    suggest_send = "Send suggestion";
    suggest_thanks = "Thank you for your suggestion.";
    suggest_thanks_more = "It will be considered, and quite likely added. Please give us some time.";
    feedback_title = "Help us to improve";
    feedback_lead = "What should we know?";
    feedback_about = "About the page of";
    feedback_note = "A choice, nothing else: no text and no address is kept.";
    feedback_send = "Send";
    feedback_thanks = "Thank you for telling us.";
    feedback_thanks_more = "We read the totals and correct what is wrong.";
    form_wrong = "Please look at this again:";

    // Status
    status_title = "This site’s own health";
    status_judge = "Verdicts";
    status_judge_ok = "up to date";
    status_judge_late = "not updated since";
    status_journal = "Taking reports";
    status_archive = "Older history";
    status_ok = "working";
    status_bad = "not working right now";
    status_services = "Services watched";
    status_version = "Version";
    status_started = "Running since";
    status_unknown_now = "of them we cannot tell";

    // Fixed pages
    how_title = "How verdicts are made";
    privacy_title = "Privacy";
    terms_title = "Terms";
    contact_title = "Contact";
    contact_none = "The operator of this site has not given a contact. It is meant for use on one machine only.";
    contact_lead = "This site is run by:";
    api_title = "API";
    api_open = "Full description (OpenAPI)";
    api_method = "Request";
    api_what = "What it gives";

    // Errors
    error_back = "Go to all services";
    error_nearest = "Did you mean";
    error_suggest = "Suggest to monitor it";
    error_retry = "Try again in";
}

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
    format!("Is {name} down or is it just you? Reports of the last 24 hours against the usual number, what people report, and what you can do.")
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

/// Announced work. `since` is markup.
pub fn maintenance_since(since: &str) -> String {
    format!("Work announced by the service since {since}.")
}

/// Reports in the window against the usual number; markup.
pub fn because_counts(actual: u64, expected: f64, window_s: u32) -> String {
    let minutes = window_s / 60;
    let usual = if expected < 0.5 {
        "where <strong>hardly any</strong> are usual".to_owned()
    } else if number(expected) == "1" {
        "where <strong>1</strong> is usual".to_owned()
    } else {
        format!("where <strong>{}</strong> are usual", usual_number(expected))
    };
    format!("<strong>{}</strong> in the last {minutes} minutes {usual}.", reports(actual))
}

/// No report in the window and silence is expected to be so; markup.
pub fn because_quiet(expected: f64, window_s: u32) -> String {
    format!("<strong>No reports</strong> in the last {} minutes, where about <strong>{}</strong> are usual.", window_s / 60, usual_number(expected))
}

/// Some reports, nothing to weigh them against; markup.
pub fn because_unknown(actual: u64, window_s: u32) -> String {
    format!("<strong>{}</strong> in the last {} minutes, and nothing else watches it yet.", reports(actual), window_s / 60)
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
    if expected < 0.5 {
        reports(total)
    } else {
        format!("{}; about {} usual", reports(total), usual_number(expected))
    }
}

/// People for whom it works.
pub fn votes_fact(votes: u64) -> String {
    match votes {
        1 => "1 person in the last hour".to_owned(),
        n => format!("{} people in the last hour", grouped(n)),
    }
}

/// How many kinds of witness agree.
pub fn witnesses_fact(confirmed: bool) -> &'static str {
    if confirmed { "At least two kinds agree" } else { EN.fact_witnesses_people }
}

/// Heading note of what people report.
pub fn symptoms_sub(total: u64) -> String {
    if total == 0 { EN.symptoms_none.to_owned() } else { format!("last hour, {}", reports(total)) }
}

/// How many times the usual number, in short.
pub fn times(ratio: f64) -> String {
    format!("{}×", number(ratio))
}

/// How many times the usual number.
pub fn times_usual(ratio: f64) -> String {
    format!("{}× usual", number(ratio))
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

/// Second half of it.
pub fn home_have(n: usize) -> &'static str {
    if n == 1 { "probably has a problem right now." } else { "probably have problems right now." }
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
        n => format!("For {} we cannot tell: too few people report, and nothing else watches them yet.", services(n)),
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
    format!("It is safe with us and will be shown by {by} at the latest, usually at once.")
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
    format!("{} in 15 min, usual {}", reports(actual), number(expected))
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
        503 => "If you were sending something, it was not kept. What we accepted before is safe, and the live pages stay up. Please try again.",
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

/// A length of time: `12 min`, `5 h 15 min`, `3 days 4 h`. Scripts use the same four forms ([`Words::ages`]).
pub fn duration(ms: i64) -> String {
    let min = ms.max(0) / 60_000;
    let (form, d, h, m) = match min {
        0 => (0, 0, 0, 0),
        1..=59 => (1, 0, 0, min),
        60..=2879 => (2, 0, min / 60, min % 60),
        _ => (3, min / 1440, min % 1440 / 60, 0),
    };
    let text = EN.ages.split('|').nth(form).unwrap_or_default();
    text.replace("{d}", &d.to_string()).replace("{h}", &h.to_string()).replace("{m}", &m.to_string())
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

fn capital(s: &str) -> String {
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
