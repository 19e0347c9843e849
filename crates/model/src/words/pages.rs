//! Sentences of the pages: one table of fixed ones, and (from [`super::phrases`]) those with numbers or names in them.

pub use super::phrases::*;

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
    share_alt = "Is it down? Live status and outage reports";
    skip = "Skip to content";
    find = "Find a service";
    find_go = "Search";
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
    foot_unaffiliated = "Not affiliated with the services named here";
    foot_json = "JSON";
    foot_feed = "Feed";
    foot_badge = "Badge";
    foot_embed = "Card to embed";
    measured = "Measured";
    zone_note = "Times are in";
    utc = "UTC";
    months = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec";
    ages = "less than 1 min|{m} min|{h} h {m} min|{d} days {h} h";
    live_lost = "The connection is lost, so what you see may be out of date. This page tries again every minute.";

    // Answers
    yes = "Yes.";
    partly = "Partly.";
    probably = "Probably.";
    no_sign = "No sign of a problem.";
    cannot_tell = "We cannot tell.";
    possible_rest = "A few more reports than usual, not yet enough to say so.";
    possible_check = "Our own check fails, but people do not report more than usual.";
    possible_both = "Our own check fails, and there are a few more reports than usual, not yet enough to say so.";
    checks_split = "Too few of them fail to take it for a problem of the service.";
    checks_split_problem = "Too few of them fail to confirm it.";
    checks_alone = "Checks alone never make a problem here: the check itself may be at fault.";
    checks_quiet = "Our own checks cannot tell right now.";
    recovering_note = "Reports are falling back towards their usual number.";
    stale_because = "Our judge has not looked since then, so what stands below may be out of date.";
    brand_new = "The usual number of reports is not learned yet, so we go by other services until then.";

    // Facts
    fact_began = "Began";
    fact_lasting = "Lasting";
    fact_ended = "Ended";
    fact_lasted = "Lasted";
    fact_day = "Last 24 hours";
    fact_last = "Last problem";
    fact_votes = "Works for";
    fact_witnesses = "Witnesses";
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
    form_more = "Add a country, details or an error first";
    form_other = "Something else";
    form_text = "Details (optional, up to 500 characters)";
    form_text_hint = "Shown after it was checked. Keys, addresses and numbers are taken out before anything is kept; please leave out names.";
    form_error = "Error message (optional): paste it whole";
    form_error_hint = "Only its facts are kept: status, kind of error, model, address of the service. The rest is thrown away.";
    form_trap = "Leave this empty";
    form_country = "Country (optional)";
    form_country_none = "Not said";
    form_then = "Then tap above what goes wrong.";
    form_note = "No account, no cookies, no address kept. Shown within 5 minutes.";
    form_errors = "Your report was not sent yet:";
    form_kept = "What you entered is still here.";
    form_cut = "The beginning of what you entered is still here; the rest was too long.";
    form_sending = "Sending…";
    form_failed = "No answer came, so it is not known whether this reached us. Please send it again: it counts once.";

    // Lanes
    day_title = "Last 24 hours";
    day_sub = "Reports, checks and the official page on one clock";
    lane_reports = "Reports";
    lane_per = "per 15 min";
    lane_checks = "Checks";
    lane_official = "Official page";
    lane_unwatched = "not watched yet";
    lane_now = "now";
    checks_title = "Our own checks";
    tip_check = "{name}, {from}: {c}";
    cell_nothing = "no check was heard";
    official_title = "The official page";
    official_newest = "Its newest words:";
    official_last = "Its last words:";
    official_link = "Read it on the official page";
    tip_official = "{from}: official page: {c}";
    tip_unread = "{from}: the official page was not read";
    legend_usual = "usual";
    legend_band = "upper end of what is usual (99 %)";
    legend_high = "more than usual";
    legend_gap = "not watched";
    legend_incident = "this problem";
    legend_check_up = "check up";
    legend_check_unclear = "check unclear";
    legend_check_failed = "check failed";
    legend_official = "official page: the higher, the worse";
    legend_maintenance = "maintenance";
    tip_values = "{from}: reports {n}, usual {e}, usual at most {u}";
    tip_gap = "{from}: reports {n}, not or only in part watched";
    tip_start = "Point at the chart, tap it, or focus it and use the arrow keys.";
    table_open = "The numbers as a table";
    table_caption = "Counted reports per 15 minutes";
    table_from = "From";
    table_actual = "Reports";
    table_expected = "Usual";
    table_upper = "Usual at most";
    table_checks = "Checks";
    table_official = "Official page";
    table_nothing = "–";
    check_up = "up";
    check_failed = "failed";
    check_unclear = "unclear";
    table_gap = "not watched";
    table_part = "watched in part";

    // What people report
    symptoms_title = "What people report";
    symptoms_usual = "the usual number,";
    symptoms_none = "no reports in the last hour";
    where_title = "Where";
    where_sub = "last 24 hours; countries with at least 5 reports";
    reports_title = "Recent reports";
    reports_all = "All reports";
    reports_none = "No reports yet";
    reports_none_older = "No older reports.";
    reports_none_more = "If it does not work for you, you would be the first to say so.";
    reports_repeat = "repeated, not counted again";
    reports_plain = "Each line is one person’s report. Texts are checked before they are shown; ‹key› and the like stand where something was taken out.";
    reports_flag = "Flag";
    reports_more = "Read the text";
    flag_title = "Flag this text";
    flag_back = "Back to the reports of";
    flag_which = "Flag a text that insults, threatens, cheats, advertises, or tells where somebody can be found.";
    flag_lead = "Once several readers have flagged it, it is taken down until a person has looked at it. The report itself goes on to count.";
    flag_send = "Flag it";
    flag_thanks = "Thank you for flagging this text.";
    errors_title = "Errors people pasted";
    notes_title = "From whoever runs this site";
    note_link = "Read more";
    note_until = "Stands until";
    remark_title = "From whoever runs this site:";
    remark_retracted = "Retracted: this was no problem of the service.";

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
    info_certificate = "Certificate";
    info_since = "Watched since";
    info_unverified = "not verified by us";
    info_unknown = "Not known yet.";
    history_link = "Past problems";

    // Why
    why_title = "Why this verdict";
    why_sum = "Sum";
    why_note = "Weights are in nats (natural log-odds) and not calibrated yet, so we give no probability.";
    why_none = "Nothing was weighed yet.";
    why_wrong = "This is wrong";
    why_reason = "Reason";
    why_weight = "Weight";
    why_rule = "Rules, version";

    // Home
    home_title = "Is it down? Live status and outage reports";
    home_calm = "No sign of a problem anywhere we can tell.";
    home_unknown = "We cannot tell yet.";
    home_all = "All services";
    home_by = "by kind";
    home_more_problems = "More problems";
    home_news_one = "1 new problem: show it";
    home_news_many = "{n} new problems: show them";
    home_empty = "The catalogue is empty: nothing is watched here yet.";
    home_find_label = "Which service has trouble?";

    // Lists and search
    search_title = "Search";
    search_none = "Nothing by that name.";
    search_suggest = "Suggest to monitor it";
    search_empty = "Type the name of a service.";

    // Thanks and follow
    thanks_title = "Thank you for your report.";
    thanks_text_shown = "Your text has passed verification and moderation and is public.";
    thanks_text_checking = "Your text will be shown in less than 5 minutes, after verification and moderation, or be withheld if nobody can look at it in that time.";
    thanks_text_withheld = "Your words will not be shown with it. The link below says why, and what you can do.";
    thanks_what = "Verification takes out keys, addresses and numbers. Moderation keeps insults, frauds and advertisements off the page. Thank you for your patience.";
    thanks_follow = "Follow, change or withdraw your report";
    thanks_keep = "Keep this link: whoever has it can change or withdraw the report. It is the only way back to it.";
    thanks_repeat = "You have reported this service within the last 6 hours (or someone who shares your address has), so the report is listed but not counted again.";
    thanks_back = "Back to the live page";
    vote_title = "Thank you: it works for you.";
    vote_text = "Your answer is counted once in 6 hours. It is shown beside the reports.";
    follow_title = "Your report";
    follow_public = "Public: this line is on the page.";
    follow_uncounted = "Listed, but not counted: there was already a counted report from your address within 6 hours.";
    follow_withdrawn = "Withdrawn: its line is not shown any more. The counts of its time still hold it, for what was counted is not rewritten.";
    follow_withdrawn_uncounted = "Withdrawn: its line is not shown any more. It was never counted.";
    follow_saved = "Your change is saved.";
    follow_change = "Change it";
    follow_save = "Save";
    follow_withdraw = "Withdraw my report";
    follow_withdraw_note = "Its line will not be shown any more, which cannot be undone. The counts of its time go on to hold it, for what was counted is not rewritten.";
    follow_withdraw_note_uncounted = "Its line will not be shown any more, which cannot be undone. It is not counted.";
    follow_symptom = "What goes wrong";
    follow_when = "Reported";
    follow_service = "Service";
    follow_state = "State";
    follow_text = "Your text";
    follow_text_edit = "Text (empty: none)";
    follow_why = "Why:";
    follow_contest = "If you think that is wrong, tell us: a person looks at it again.";
    follow_contest_link = "Contest this";

    // History, incident
    history_title = "Past problems";
    history_none = "None seen since we began watching.";
    uptime_title = "Uptime by month";
    uptime_days = "The last 90 days";
    uptime_day = "Day (UTC)";
    uptime_today = "today";
    uptime_unknown = "not known";
    uptime_legend_none = "no problem";
    uptime_legend_problem = "a problem: the worse, the higher";
    uptime_month = "Month (UTC)";
    uptime_share = "No problem";
    uptime_problems = "Problems";
    uptime_known = "Known";
    uptime_none = "none seen";
    uptime_too_little = "too little known";
    uptime_note = "Counted by what this page said in each minute. Time in which we could not tell, or in which nobody watched, counts neither way; a percentage stands only where at least half of the time is known, and in all a day of a month, or an hour of a day.";
    uptime_months = "January|February|March|April|May|June|July|August|September|October|November|December";
    history_list = "Problems, newest first";
    history_older = "Older";
    history_checks = "Single results of our checks (JSON)";
    history_newest = "Newest";
    history_note = "Found by our rules from people’s reports. “Probably” stands where neither our own checks nor the official page said the same.";
    history_retracted = "retracted";
    incident_ongoing = "still going on";
    incident_timeline = "Timeline";
    incident_why = "Why we said so";
    incident_why_note = "as it stood when most spoke for it";
    incident_peak = "Most reports";
    incident_total = "Reports in all";
    incident_chart = "Reports around it";
    incident_no_chart = "The 15-minute counts of that time are not kept any more.";
    incident_symptoms = "What people reported";
    incident_bundle = "Data of this problem (JSON)";
    incident_again = "Judge it again";
    incident_again_text = "All that the rules went by is in one file: what was usual before, then counts by symptom, minute by minute, and from how many networks they came. No source, network or country is in it, so the verdicts that come out name no countries; in all else they are the same.";
    incident_replay = "Download the replay bundle";
    incident_symptom_note = "the most reported, at most five";

    // Suggest, feedback
    suggest_title = "Suggest a service to monitor";
    suggest_lead = "Which service should have a page here?";
    suggest_name = "Name";
    suggest_homepage = "Homepage (optional)";
    suggest_homepage_hint = "Only the host name is kept, such as example.org. Nobody visits it before we have looked at your suggestion.";
    suggest_why = "Why (optional)";
    suggest_open = "Live page:";
    suggest_other = "If you mean another one, suggest it all the same.";
    suggest_anyway = "Suggest it all the same";
    suggest_send = "Send suggestion";
    suggest_thanks = "Thank you for your suggestion.";
    suggest_thanks_more = "It will be considered and probably implemented. Give us some time though, and thank you for your patience in advance.";
    feedback_title = "Help us to improve";
    feedback_lead = "What should we know?";
    feedback_about = "About the page of";
    feedback_words = "More (optional)";
    feedback_note = "Your choice and your words are kept, without your address. Keys, mail addresses and numbers are taken out first, so a question cannot be answered here.";
    feedback_send = "Send";
    feedback_thanks = "Thank you for telling us.";
    feedback_thanks_more = "We read it and correct what is wrong.";
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
    status_files = "Stored data";
    status_files_ok = "no damage found";
    status_files_bad = "damaged in part; whoever runs this site has to put it right";
    status_checks = "Our own checks";
    status_checks_off = "none run from here";
    status_checks_paused = "paused";
    status_checks_elsewhere = "Our checks from elsewhere";
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
    api_problems = "Refusals";
    api_problems_lead = "What is refused is answered with a problem document (RFC 9457), whose type leads to its line here. Its detail says what is wrong this time.";
    api_code = "Code";
    api_status = "Status";
    api_meaning = "Meaning";

    // Errors
    error_back = "Go to all services";
    error_nearest = "Did you mean";
    error_suggest = "Suggest to monitor it";
    error_retry = "Try again in";
    error_kept = "What you entered";
}
