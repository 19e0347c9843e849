//! The rules that hold for all formats, told through payloads of those that show them.

use super::{Scope, judged, judged_at, noon, time};
use allclear_model::Level;
use allclear_signals::official::{self, EventPhase, OfficialStatus, Trust, Unread};

/// A Statuspage with this indicator: "API" in the group "Core", "Mail", and "Cloud" in a group of others. Level words in that order.
fn page(indicator: &str, [api, mail, cloud]: [&str; 3], incidents: &str) -> String {
    format!(
        r#"{{"page":{{"id":"abcdefgh1234","name":"Example"}},"status":{{"indicator":{indicator:?}}},"components":[
        {{"id":"g","name":"Core","status":"operational","group":true}},
        {{"id":"t","name":"Third party services","status":"operational","group":true}},
        {{"id":"a","name":"API","status":{api:?},"group_id":"g"}},{{"id":"m","name":"Mail","status":{mail:?},"group_id":null}},
        {{"id":"c","name":"Cloud","status":{cloud:?},"group_id":"t"}}],"incidents":[{incidents}]}}"#
    )
}

const WELL: [&str; 3] = ["operational"; 3];

/// An incident last heard of at `at`, linked to these components, as JSON.
fn incident(title: &str, status: &str, impact: &str, components: &[&str], at: &str) -> String {
    let linked: Vec<String> = components.iter().map(|id| format!(r#"{{"id":{id:?}}}"#)).collect();
    format!(
        r#"{{"id":"i","name":{title:?},"status":{status:?},"impact":{impact:?},"created_at":{at:?},
        "components":[{}],"incident_updates":[{{"status":{status:?},"body":"Words of {title}","display_at":{at:?}}}]}}"#,
        linked.join(",")
    )
}

const LATELY: &str = "2026-05-01T11:00:00Z";

/// A Google list of one open incident at these places.
fn google(begin: &str, places: &str) -> String {
    format!(
        r#"[{{"id":"x","begin":{begin:?},"external_desc":"Requests fail","status_impact":"SERVICE_OUTAGE",
        "affected_products":[{{"id":"P1","title":"Cloud Things"}}],"currently_affected_locations":[{places}]}}]"#
    )
}

/// An AWS list of one event of the second of three grades.
fn aws(status: &str) -> String {
    format!(
        r#"[{{"date":"1777629600","arn":"arn:aws:health:eu-west-9::event/S3/ISSUE/1","region_name":"Lyonesse",
        "status":{status:?},"service":"s3-eu-west-9","service_name":"Amazon S3","summary":"Errors",
        "event_log":[{{"message":"We look","status":1,"timestamp":1777633200}}]}}]"#
    )
}

fn titles(only: &[&str], never: &[&str]) -> Scope {
    let own = |list: &[&str]| list.iter().map(|t| (*t).to_owned()).collect();
    Scope { titles: own(only), not_titles: own(never), ..Scope::whole() }
}

fn level(payload: &str, scope: &Scope) -> Level {
    judged(payload, scope).level
}

/// The only event is shown, and is this: in scope, counted, stale.
fn event(status: &OfficialStatus) -> (bool, bool, bool) {
    let [e] = &status.events[..] else { panic!("{status:?}") };
    (e.in_scope, e.counted, e.stale)
}

#[test]
fn the_worst_of_indicator_components_and_open_incidents_counts() {
    let whole = Scope::whole();
    assert_eq!(level(&page("none", WELL, ""), &whole), Level::Operational);
    assert_eq!(level(&page("minor", WELL, ""), &whole), Level::DegradedPerformance, "a word without a reason");
    let down = ["operational", "major_outage", "operational"];
    assert_eq!(level(&page("none", down, ""), &whole), Level::MajorOutage);
    for (impact, meant) in
        [("minor", Level::DegradedPerformance), ("none", Level::DegradedPerformance), ("critical", Level::MajorOutage)]
    {
        let open = incident("Slow", "investigating", impact, &[], LATELY);
        assert_eq!(level(&page("none", WELL, &open), &whole), meant, "{impact} beside indicator none");
    }
    let over = incident("Slow", "resolved", "critical", &["a"], LATELY);
    assert_eq!(level(&page("none", WELL, &over), &whole), Level::Operational);
}

#[test]
fn a_service_is_scoped_to_components_by_id_name_or_group() {
    let api_down = page("major", ["partial_outage", "operational", "operational"], "");
    for mine in ["a", "API", "api", "Core", "g"] {
        let status = judged(&api_down, &Scope::of(&[mine]));
        assert_eq!((status.level, status.trust), (Level::PartialOutage, Trust::Full), "{mine}");
        assert!(status.components.iter().any(|c| c.id == "a") && !status.components.iter().any(|c| c.id == "m"));
    }
    assert_eq!(level(&api_down, &Scope::of(&["Mail"])), Level::Operational, "the page's own word is for the whole");
    let both = page("major", ["degraded_performance", "major_outage", "operational"], "");
    assert_eq!(level(&both, &Scope::of(&["API", "Mail"])), Level::MajorOutage);
}

#[test]
fn an_incident_without_components_is_about_those_its_title_names() {
    let slow = ["degraded_performance", "degraded_performance", "operational"];
    let payload = page("minor", slow, &incident("Errors of the API", "identified", "critical", &[], LATELY));
    assert_eq!(level(&payload, &Scope::of(&["API"])), Level::MajorOutage);
    assert_eq!(level(&payload, &Scope::of(&["Mail"])), Level::DegradedPerformance);
}

#[test]
fn an_incident_of_others_components_is_not_ours() {
    let slow = ["degraded_performance", "degraded_performance", "operational"];
    let payload = page("minor", slow, &incident("API and Mail", "identified", "critical", &["a"], LATELY));
    assert_eq!(level(&payload, &Scope::of(&["m"])), Level::DegradedPerformance, "the link is surer than the title");
    assert_eq!(level(&payload, &Scope::of(&["a"])), Level::MajorOutage);
}

#[test]
fn titles_let_events_in_and_keep_them_out() {
    let payload = page("minor", WELL, &incident("Errors in ChatThings", "identified", "major", &[], LATELY));
    for case in ["chatthings", "ChatThings"] {
        let ours = judged(&payload, &titles(&[case], &[]));
        assert_eq!((ours.level, ours.trust, event(&ours)), (Level::PartialOutage, Trust::Low, (true, true, false)));
    }
    let others = judged(&payload, &titles(&["codethings"], &[]));
    assert_eq!(
        (others.level, event(&others)),
        (Level::Operational, (false, false, false)),
        "nothing of ours is announced"
    );
    let kept_out = judged(
        &page("none", WELL, &incident("[Test] x", "identified", "major", &[], LATELY)),
        &titles(&[], &["[Test]"]),
    );
    assert_eq!(
        (kept_out.level, kept_out.trust, event(&kept_out)),
        (Level::Operational, Trust::Full, (false, false, false))
    );
}

#[test]
fn an_incident_linked_to_everything_does_not_count_where_ours_is_well() {
    let mail_down = ["operational", "major_outage", "operational"];
    let payload = page("critical", mail_down, &incident("Outage", "identified", "critical", &["a", "m", "c"], LATELY));
    let api = judged(&payload, &Scope::of(&["API"]));
    assert_eq!((api.level, event(&api)), (Level::Operational, (true, false, false)));
    assert_eq!(level(&payload, &Scope::of(&["Mail"])), Level::MajorOutage);
    assert_eq!(level(&payload, &Scope::whole()), Level::MajorOutage);
}

#[test]
fn third_parties_are_listed_and_never_count() {
    let cloud_down = ["operational", "operational", "major_outage"];
    let payload = page("none", cloud_down, &incident("Cloud is down", "identified", "critical", &["c"], LATELY));
    for scope in [Scope::whole(), Scope::of(&["API"])] {
        let status = judged(&payload, &scope);
        assert_eq!((status.level, event(&status)), (Level::Operational, (false, false, false)), "{scope:?}");
        assert!(status.components.iter().any(|c| c.third_party && c.level == Level::MajorOutage));
    }
}

#[test]
fn an_event_of_which_nothing_was_heard_for_a_week_is_shown_and_does_not_count_while_its_components_are_well() {
    let payload = |components| page("minor", components, &incident("Slow", "identified", "major", &["a"], LATELY));
    let week = noon().plus_s(7 * 24 * 3600 - 3600);
    let whole = Scope::whole();
    assert_eq!(event(&judged_at(&payload(WELL), &whole, week)), (true, true, false));
    let status = judged_at(&payload(WELL), &whole, week.plus_s(1));
    assert_eq!(event(&status), (true, false, true));
    assert_eq!(status.level, Level::Operational, "the page's own word stands for what was forgotten");
    let ill = ["degraded_performance", "operational", "operational"];
    let status = judged_at(&payload(ill), &whole, week.plus_s(1));
    assert_eq!((status.level, event(&status)), (Level::PartialOutage, (true, true, false)));
}

#[test]
fn a_word_of_the_page_that_lists_no_components_stands_beside_a_forgotten_event() {
    let payload = r#"{"page":{"name":"Example","status":"HASISSUES"},"activeIncidents":[{"id":"1","name":"Slow",
        "started":"2026-02-01T10:00:00Z","status":"MONITORING","impact":"OPERATIONAL"}]}"#;
    let status = judged(payload, &Scope::whole());
    assert_eq!((status.level, event(&status)), (Level::DegradedPerformance, (true, false, true)));
}

#[test]
fn in_a_log_three_days_of_silence_are_enough() {
    let payload = google("2026-05-01T12:00:00+00:00", "");
    let three = noon().plus_s(72 * 3600);
    assert_eq!(judged_at(&payload, &Scope::whole(), three).level, Level::MajorOutage);
    let status = judged_at(&payload, &Scope::whole(), three.plus_s(1));
    assert_eq!((status.level, status.trust, event(&status)), (Level::Operational, Trust::Low, (true, false, true)));
}

#[test]
fn a_component_that_vanished_is_told_and_leaves_nothing_known() {
    let payload = page("none", WELL, "");
    let gone = judged(&payload, &Scope::of(&["Old API"]));
    assert_eq!(gone.level, Level::Unknown);
    assert!(gone.warnings[0].contains("Old API"));
    let one_left = judged(&payload, &Scope::of(&["Old API", "Mail"]));
    assert_eq!((one_left.level, one_left.warnings.len()), (Level::Operational, 1));
}

#[test]
fn an_unknown_word_among_what_is_well_is_unknown_unless_the_page_says_that_all_is_well() {
    let odd = ["on_fire", "operational", "operational"];
    assert_eq!(level(&page("none", odd, ""), &Scope::whole()), Level::Operational);
    for payload in [page("pondering", odd, ""), page("pondering", WELL, "")] {
        let status = judged(&payload, &Scope::whole());
        assert_eq!(status.level, Level::Unknown);
        assert!(status.warnings.iter().any(|w| w.contains("pondering")));
    }
    let status = judged(&page("none", odd, ""), &Scope::of(&["API"]));
    assert_eq!(status.level, Level::Unknown);
    assert!(status.warnings[0].contains("on_fire"));
    let worse = ["on_fire", "partial_outage", "operational"];
    assert_eq!(level(&page("pondering", worse, ""), &Scope::whole()), Level::PartialOutage, "a problem is known");
}

#[test]
fn a_page_that_lists_no_components_speaks_for_a_part_only_when_all_is_well() {
    let api = Scope::of(&["API"]);
    let status = |word: &str| format!(r#"{{"page":{{"name":"Example","status":{word:?}}}}}"#);
    assert_eq!(level(&status("UP"), &api), Level::Operational);
    let ill = judged(&status("HASISSUES"), &api);
    assert_eq!((ill.level, ill.warnings.len()), (Level::Unknown, 1));
    assert_eq!(level(&status("HASISSUES"), &Scope::whole()), Level::DegradedPerformance);
}

#[test]
fn what_is_no_data_is_not_read() {
    let read = |bytes: &[u8]| official::detect(bytes).map(|(format, _)| format.name);
    assert_eq!(read(b""), Err(Unread::Empty));
    assert_eq!(read(b" \n"), Err(Unread::Empty));
    assert_eq!(read(b"<!DOCTYPE html><html><body>All good</body></html>"), Err(Unread::Html));
    assert_eq!(read(b"{\"page\":"), Err(Unread::NoFormat));
    assert_eq!(read(br#"{"status":"ok"}"#), Err(Unread::NoFormat));
    let statuspage = official::format("statuspage").unwrap();
    assert!(matches!((statuspage.parse)(b"{\"page\":"), Err(Unread::Syntax { due: "JSON", .. })));
    assert!(matches!((statuspage.parse)(b"<html>"), Err(Unread::Html)));
    assert!(matches!((statuspage.parse)(br#"{"page":{"id":"x"}}"#), Err(Unread::Shape { format: "statuspage", .. })));
}

#[test]
fn a_list_of_the_fields_of_an_object_is_not_that_object() {
    for list in [
        r#"[[["Apps"]]]"#,
        r#"[[],[["g","n",[]]],false]"#,
        "[[[7]]]",
        "[{},{},[],[]]",
        "[null,[],[],null,[],{}]",
        r#"[[],{"pagination":{}}]"#,
        "[null,[[],[]],null]",
    ] {
        assert_eq!(official::detect(list.as_bytes()).map(|(format, _)| format.name), Err(Unread::NoFormat), "{list}");
    }
}

#[test]
fn work_counts_from_when_it_has_begun() {
    let work = |status: &str| {
        let work = format!(
            r#"{{"id":"w","name":"Move","status":{status:?},"impact":"maintenance","scheduled_for":"2026-05-01T11:00:00Z",
            "scheduled_until":"2026-05-01T13:00:00Z"}}"#
        );
        page("none", WELL, "").replace(r#""incidents":[]"#, &format!(r#""scheduled_maintenances":[{work}]"#))
    };
    let whole = Scope::whole();
    assert_eq!(level(&work("scheduled"), &whole), Level::Operational, "the vendor has not said that it began");
    assert_eq!(level(&work("in_progress"), &whole), Level::UnderMaintenance);
    assert_eq!(level(&work("completed"), &whole), Level::Operational);
    // Where a vendor has no word for it, the times tell.
    for (now, meant) in
        [("10:59", Level::Operational), ("11:00", Level::UnderMaintenance), ("13:00", Level::Operational)]
    {
        let status = judged_at(&work("pondering"), &whole, time(&format!("2026-05-01T{now}:00Z")));
        assert_eq!(status.level, meant, "{now}");
    }
}

#[test]
fn a_log_without_events_is_well_and_little_trusted() {
    for scope in [Scope::whole(), Scope::of(&["us-east-1"])] {
        let status = judged("[]", &scope);
        assert_eq!((status.level, status.trust, status.warnings.len()), (Level::Operational, Trust::Low, 0));
    }
    let status = judged(r#"{"status":"ok","active_incidents":[]}"#, &Scope::of(&["Files"]));
    assert_eq!((status.level, status.trust), (Level::Operational, Trust::Low));
    let odd = judged(r#"{"status":"pondering","active_incidents":[]}"#, &Scope::of(&["Files"]));
    assert_eq!(odd.level, Level::Unknown, "an unknown word is not silence");
}

#[test]
fn an_event_in_a_region_is_worse_there_than_for_the_whole_and_nothing_elsewhere() {
    assert_eq!(level(&aws("3"), &Scope::whole()), Level::PartialOutage);
    for here in ["eu-west-9", "s3-eu-west-9", "s3 @ eu-west-9", "s3@eu-west-9", "S3@Lyonesse"] {
        assert_eq!(level(&aws("3"), &Scope::of(&[here])), Level::MajorOutage, "{here}");
    }
    for everywhere in ["s3", "Amazon S3"] {
        assert_eq!(level(&aws("3"), &Scope::of(&[everywhere])), Level::PartialOutage, "{everywhere}");
    }
    for elsewhere in ["us-east-1", "s3-us-east-1", "s3 @ us-east-1", "lambda @ eu-west-9", "s3@us-east-1", "s3@", "@"] {
        assert_eq!(level(&aws("3"), &Scope::of(&[elsewhere])), Level::Operational, "{elsewhere}");
    }
    assert_eq!(level(&aws("1"), &Scope::whole()), Level::Operational, "a notice");
}

#[test]
fn a_product_is_affected_at_its_place_and_everywhere() {
    let begin = "2026-05-01T11:00:00+00:00";
    let there = google(begin, r#"{"id":"europe-west4","title":"Netherlands"}"#);
    let global = google(begin, r#"{"id":"global","title":"Global"}"#);
    for (mine, here) in [
        ("P1", Level::PartialOutage),
        ("Cloud Things", Level::PartialOutage),
        ("P1 @ europe-west4", Level::MajorOutage),
    ] {
        assert_eq!(level(&there, &Scope::of(&[mine])), here, "{mine}");
        assert_eq!(level(&global, &Scope::of(&[mine])), Level::MajorOutage, "{mine}");
    }
    for other in ["P2", "P1 @ us-east1", "P2 @ europe-west4"] {
        assert_eq!(level(&there, &Scope::of(&[other])), Level::Operational, "{other}");
    }
}

#[test]
fn the_newest_words_are_of_what_counts_or_else_of_the_last_that_was_said() {
    let list = |list: &[String]| judged(&page("none", WELL, &list.join(",")), &Scope::whole());
    let open = incident("open", "identified", "minor", &[], "2026-05-01T09:00:00Z");
    let over = incident("over", "resolved", "minor", &[], "2026-05-01T11:00:00Z");
    let coming = incident("coming", "scheduled", "minor", &[], "2026-05-01T11:30:00Z");
    let said = |status: &OfficialStatus| {
        let (event, update) = status.newest()?;
        Some((event.title.clone(), update?.text.clone(), event.phase))
    };
    let words = |title: &str, phase| Some((title.to_owned(), format!("Words of {title}"), phase));
    assert_eq!(said(&list(&[over.clone(), open, coming.clone()])), words("open", EventPhase::Identified));
    assert_eq!(said(&list(&[coming.clone(), over])), words("over", EventPhase::Resolved));
    assert_eq!(said(&list(&[coming])), None);
}

#[test]
fn words_are_looked_for_among_products_too() {
    let one = google("2026-05-01T11:00:00Z", "");
    assert_eq!(level(&one, &titles(&["cloud things"], &[])), Level::MajorOutage);
    assert_eq!(level(&one, &titles(&["cloud others"], &[])), Level::Operational);
    assert_eq!(level(&one, &titles(&[], &["cloud things"])), Level::Operational);
    assert_eq!(level(&one, &titles(&[], &["cloud others"])), Level::MajorOutage);
}

#[test]
fn an_outage_at_one_place_of_many_is_a_part_of_the_whole_and_all_of_that_place() {
    let at = |places: &str| google("2026-05-01T11:00:00Z", places);
    let (one, two) = (r#"{"id":"europe-west4","title":"Netherlands"}"#, r#"{"id":"asia-east1","title":"Taiwan"}"#);
    let both = format!("{one},{two}");
    let everywhere = format!(r#"{one},{{"id":"global","title":"Global"}}"#);
    for scope in [Scope::whole(), Scope::of(&["P1"])] {
        assert_eq!(level(&at(one), &scope), Level::PartialOutage, "{scope:?}");
        assert_eq!(level(&at(&both), &scope), Level::MajorOutage, "{scope:?}");
        assert_eq!(level(&at(&everywhere), &scope), Level::MajorOutage, "{scope:?}");
        assert_eq!(level(&at(""), &scope), Level::MajorOutage, "{scope:?}");
    }
    for there in ["P1@europe-west4", "Netherlands"] {
        assert_eq!(level(&at(one), &Scope::of(&[there])), Level::MajorOutage, "{there}");
    }
}

#[test]
fn what_stands_in_one_region_for_months_counts_for_that_region_alone() {
    let at = |day: &str, scope: &Scope| {
        let status = judged_at(&aws("3"), scope, time(&format!("{day}T12:00:00Z")));
        (status.level, event(&status).2)
    };
    for part in [Scope::whole(), Scope::of(&["s3"]), Scope::of(&["Amazon S3"])] {
        assert_eq!(at("2026-05-07", &part), (Level::PartialOutage, false), "{part:?}");
        assert_eq!(at("2026-08-01", &part), (Level::Operational, true), "{part:?}");
    }
    for there in ["eu-west-9", "Lyonesse", "s3-eu-west-9", "s3@eu-west-9"] {
        assert_eq!(at("2026-08-01", &Scope::of(&[there])), (Level::MajorOutage, false), "{there}");
    }
}
