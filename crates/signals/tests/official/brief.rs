//! Incidents of less than a minute on pages whose monitors open them by themselves.

use super::{Scope, judged_at, noon};
use allclear_model::Level;
use allclear_model::official::{OfficialSaid, OfficialWord};
use allclear_signals::official::Belief;

const URL: &str = "https://status.example.org/v3/summary.json";

/// An incident of this status that began so many seconds before noon, about these components, and what else is known of it.
fn incident(id: &str, status: &str, ago_s: i64, components: &[&str], more: &str) -> String {
    let of: Vec<String> = components.iter().map(|c| format!(r#"{{"id":{c:?},"status":"MAJOROUTAGE"}}"#)).collect();
    let began = noon().plus_s(-ago_s);
    format!(
        r#"{{"id":{id:?},"name":"API is down","started":"{began}","status":{status:?},"impact":"MAJOROUTAGE",
        "updatedAt":"{began}","components":[{}]{more}}}"#,
        of.join(",")
    )
}

/// A page of Instatus with these incidents and the states of its components "api" and "mail".
fn page(incidents: &[String], [api, mail]: [&str; 2]) -> String {
    let status = if incidents.iter().any(|i| !i.contains("RESOLVED")) { "HASISSUES" } else { "UP" };
    format!(
        r#"{{"page":{{"name":"Example","url":"https://status.example.org","status":{status:?}}},"activeIncidents":[{}],
        "components":[{{"id":"api","name":"API","status":{api:?}}},{{"id":"mail","name":"Mail","status":{mail:?}}}]}}"#,
        incidents.join(",")
    )
}

const WELL: [&str; 2] = ["OPERATIONAL"; 2];
const API: [&str; 2] = ["MAJOROUTAGE", "OPERATIONAL"];

fn open(ago_s: i64) -> String {
    incident("1", "INVESTIGATING", ago_s, &["api"], "")
}

fn over(ago_s: i64, lasted_s: i64) -> String {
    let end = noon().plus_s(lasted_s - ago_s);
    let more = format!(r#","resolved":"{end}","updates":[{{"status":"RESOLVED","message":"Over","started":"{end}"}}]"#);
    incident("1", "RESOLVED", ago_s, &["api"], &more)
}

/// What a page means at noon: how bad it is, and whether that may be noise.
fn means(payload: &str) -> (Level, bool) {
    let status = judged_at(payload, &Scope::whole(), noon());
    (status.level, status.brief)
}

/// A belief, and what the payload of each reading came to, with the seconds after noon at which it is read.
fn heard(readings: &[(&str, i64)]) -> (Belief, Vec<OfficialSaid>) {
    let mut belief = Belief::default();
    let said = readings.iter().map(|(payload, s)| {
        let at = noon().plus_s(*s);
        belief.hear(&judged_at(payload, &Scope::whole(), at), "asked", URL, at)
    });
    let said = said.collect();
    (belief, said)
}

fn word(said: &OfficialSaid) -> &OfficialWord {
    let OfficialSaid::New { word } = said else { panic!("{said:?}") };
    word
}

#[test]
fn an_incident_of_59_seconds_may_be_noise_and_one_of_60_is_not() {
    assert_eq!(means(&page(&[open(0)], API)), (Level::MajorOutage, true));
    assert_eq!(means(&page(&[open(59)], API)), (Level::MajorOutage, true), "and it counts as ever");
    assert_eq!(means(&page(&[open(60)], API)), (Level::MajorOutage, false));
    let unheard = open(0).replace(&format!(r#""started":"{}","#, noon()), "");
    assert_eq!(means(&page(&[unheard], API)), (Level::MajorOutage, false), "one without a beginning may be old");
    assert_eq!(means(&page(&[], WELL)), (Level::Operational, false));
}

#[test]
fn an_older_incident_beside_it_or_an_ill_component_that_it_does_not_name_is_no_noise() {
    let older = incident("2", "IDENTIFIED", 600, &["mail"], "");
    assert_eq!(means(&page(&[open(30), older], API)), (Level::MajorOutage, false));
    assert_eq!(means(&page(&[open(30)], ["MAJOROUTAGE", "PARTIALOUTAGE"])), (Level::MajorOutage, false));
    let both = incident("1", "INVESTIGATING", 30, &["api", "mail"], "");
    assert_eq!(means(&page(&[both], ["MAJOROUTAGE", "PARTIALOUTAGE"])), (Level::MajorOutage, true));
    // Of one component it matters what is said of that one.
    let api = Scope { components: vec!["api".to_owned()], ..Scope::whole() };
    let status = judged_at(&page(&[open(30)], ["MAJOROUTAGE", "PARTIALOUTAGE"]), &api, noon());
    assert_eq!((status.level, status.brief), (Level::MajorOutage, true));
}

#[test]
fn one_that_begins_after_now_comes_from_another_clock_and_is_believed() {
    assert_eq!(means(&page(&[open(-5)], API)), (Level::MajorOutage, false));
}

#[test]
fn on_pages_that_people_write_no_incident_is_too_young() {
    let began = noon().plus_s(-5);
    let payload = format!(
        r#"{{"page":{{"id":"abcdefgh1234","name":"Example"}},"status":{{"indicator":"major"}},"components":[],"incidents":[
        {{"id":"i","name":"x","status":"investigating","impact":"major","created_at":"{began}","components":[]}}]}}"#
    );
    let status = judged_at(&payload, &Scope::whole(), noon());
    assert!(status.level.is_problem() && !status.brief);
}

#[test]
fn noise_between_two_calm_readings_is_told_to_nobody_also_when_the_page_lists_it_afterwards() {
    let (calm, noise) = (page(&[], WELL), page(&[open(10)], API));
    let (belief, said) = heard(&[(&calm, -60), (&noise, 0), (&calm, 60), (&page(&[over(10, 40)], WELL), 120)]);
    assert_eq!(word(&said[0]).level, Level::Operational);
    assert_eq!(said[1..], [OfficialSaid::Same, OfficialSaid::Same, OfficialSaid::Same]);
    assert!(belief.word().unwrap().events.is_empty());
    // One that lasted is told of, and so is one of which nobody says when it ended.
    let ended = incident("1", "RESOLVED", 10, &["api"], "");
    for over in [over(600, 60), ended] {
        let (_, said) = heard(&[(&calm, -60), (&page(&[over], WELL), 0)]);
        assert!(word(&said[1]).past && word(&said[1]).events.len() == 1, "{said:?}");
    }
}

#[test]
fn an_incident_that_goes_on_is_told_once_and_from_when_it_began() {
    let (calm, ill) = (page(&[], WELL), page(&[open(10)], API));
    let (_, said) = heard(&[(&calm, -60), (&ill, 0), (&ill, 60), (&ill, 120)]);
    assert_eq!((&said[1], &said[3]), (&OfficialSaid::Same, &OfficialSaid::Same));
    assert_eq!((word(&said[2]).level, word(&said[2]).since), (Level::MajorOutage, Some(noon().plus_s(-10))));
}

#[test]
fn what_is_known_stays_while_it_waits_and_where_nothing_is_known_the_page_is_taken_as_it_is() {
    let older = incident("2", "IDENTIFIED", 600, &["mail"], "").replace("MAJOROUTAGE", "PARTIALOUTAGE");
    let (belief, said) =
        heard(&[(&page(&[older], ["OPERATIONAL", "PARTIALOUTAGE"]), -60), (&page(&[open(10)], API), 0)]);
    assert_eq!((&said[1], belief.word().unwrap().level), (&OfficialSaid::Same, Level::PartialOutage));
    let (_, said) = heard(&[(&page(&[open(10)], API), 0), (&page(&[over(10, 40)], WELL), 60)]);
    assert_eq!((word(&said[0]).level, word(&said[1]).level), (Level::MajorOutage, Level::Operational));
    assert!(word(&said[1]).events.is_empty());
}
