//! `allclear report` in scripts.

use crate::support::{Site, allclear, allclear_in, http, journal, until};
use allclear_model::{Facts, FreeText, Signal};

#[test]
fn the_operators_reports_are_a_source_of_their_own_and_named_sources_count_each() {
    let dir = tempfile::tempdir().unwrap();
    let site = Site::start(&dir.path().join("data"), &[]);
    // A visitor on this very machine, or behind a proxy on it that is not trusted.
    let json = [("content-type", "application/json")];
    let visitor = http(&site.addr, "POST", "/api/v1/services/github/reports", &json, r#"{"symptom":"other"}"#).unwrap();
    assert_eq!(visitor.json()["counted"], true);
    let report = |more: &[&str]| {
        let mut args = vec!["report", "github", "other", "--json"];
        args.extend_from_slice(more);
        site.run(&args).ended(0).json()["counted"].as_bool().unwrap()
    };
    assert!(report(&[]), "the operator is not that visitor");
    assert!(!report(&[]), "but one source");
    for name in ["caller-1", "caller-2", "127.0.0.1"] {
        assert!(report(&["--source", name]), "{name}");
        assert!(!report(&["--source", name]), "{name} again");
    }
    let keyed = |name: &str| {
        let args = ["report", "github", "other", "--json", "--key", "1", "--source", name];
        site.run(&args).ended(0).json()["id"].as_str().unwrap().to_owned()
    };
    let first = keyed("caller-4");
    assert_eq!(keyed("caller-4"), first);
    assert_ne!(keyed("caller-5"), first, "callers number their own");
    site.run(&["report", "github", "other", "--source", ""]).ended(2);
    site.run(&["report", "github", "other", "--source", &"x".repeat(256)]).ended(2);
    assert!(!site.log().contains("caller-1"));
    site.stop();
    // The name is nowhere in the data folder.
    for entry in std::fs::read_dir(dir.path().join("data")).unwrap().filter_map(Result::ok) {
        let bytes = std::fs::read(entry.path()).unwrap_or_default();
        assert!(!bytes.windows(8).any(|w| w == b"caller-1"), "{:?}", entry.path());
    }
}

#[test]
fn each_end_of_a_report_has_its_exit_code_and_its_json() {
    let dir = tempfile::tempdir().unwrap();
    let site = Site::start(&dir.path().join("data"), &[("ALLCLEAR_LIMITS__REPORTS_PER_SOURCE_PER_HOUR", "2")]);
    let report = |more: &[&str]| {
        let mut args = vec!["report", "github", "other", "--json"];
        args.extend_from_slice(more);
        site.run(&args)
    };
    let kept = report(&["--key", "k"]).ended(0).json();
    assert!(kept["id"].is_string() && kept["token"].is_string() && kept["shown_by"].is_string(), "{kept}");
    assert_eq!(report(&["--key", "k"]).ended(0).json()["id"], kept["id"], "the same key is no further report");
    report(&[]).ended(0);
    let limited = report(&[]).ended(3);
    assert_eq!(limited.json()["exit_code"], 3);
    assert!(
        limited.json()["error"].as_str().unwrap().contains("Try again in") && limited.stderr.contains("Try again in")
    );
    report(&["--source", "somebody-else"]).ended(0);
    let wrong = report(&["--country", "ZZ"]).ended(2);
    assert_eq!(wrong.json()["exit_code"], 2);
    let other = site.run(&["report", "github", "git", "--key", "k", "--json"]).ended(2);
    assert!(other.json()["error"].as_str().unwrap().contains("Idempotency-Key"), "{}", other.stdout);
    site.stop();
    let nowhere = dir.path().join("nowhere");
    let args = ["report", "github", "other", "--json", "--data", nowhere.to_str().unwrap()];
    let none = crate::support::allclear_in(dir.path(), &args, &[], "").ended(1);
    assert_eq!(none.json()["exit_code"], 1);
    assert!(none.stderr.contains("allclear serve"), "{}", none.stderr);
}

#[test]
fn it_works_for_me_is_said_by_command_too_through_the_socket_and_without_a_server() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let site = Site::start(&data, &[("ALLCLEAR_LIMITS__REPORTS_PER_SOURCE_PER_HOUR", "2")]);
    let vote = |more: &[&str]| {
        let mut args = vec!["report", "github", "--works", "--json"];
        args.extend_from_slice(more);
        args.extend_from_slice(&["--data", data.to_str().unwrap()]);
        allclear_in(dir.path(), &args, &[], "")
    };
    assert_eq!(vote(&["--country", "de"]).ended(0).json(), serde_json::json!({"counted": true}));
    assert_eq!(vote(&[]).ended(0).json()["counted"], false, "one source is one voice");
    let limited = vote(&[]).ended(3);
    assert_eq!(limited.json()["exit_code"], 3);
    assert!(limited.stderr.contains("Try again in"), "{}", limited.stderr);
    assert_eq!(vote(&["--source", "caller-1"]).ended(0).json()["counted"], true);
    assert_eq!(vote(&["--country", "ZZ"]).ended(2).json()["exit_code"], 2);
    let unknown = site.run(&["report", "no-such-service", "--works", "--source", "caller-9"]).ended(2);
    assert!(unknown.stderr.contains("no-such-service"), "{}", unknown.stderr);
    let told = site.run(&["report", "openrouter", "--works", "--source", "caller-9"]).ended(0).stdout;
    assert!(told.contains("it works for me") && told.contains("It counts."), "{told}");
    until("the page counts both", || (site.get("/api/v1/services/github").json()["votes"] == 2).then_some(()));
    assert_eq!(site.get("/api/v1/services/github").json()["reports"]["actual"], 0, "a vote is no report");
    site.stop();

    assert_eq!(vote(&["--source", "caller-2"]).ended(0).json()["counted"], true, "into the folder of a stopped site");
    assert_eq!(vote(&["--source", "caller-1"]).ended(0).json()["counted"], false, "which knows who spoke before");
    let votes = journal(&data).into_iter().filter_map(|e| match e.signal {
        Signal::Vote(v) if v.service.as_str() == "github" => Some((v.counted, v.country.map(|c| c.to_string()))),
        _ => None,
    });
    let de = Some("DE".to_owned());
    assert_eq!(
        votes.collect::<Vec<_>>(),
        [(true, de), (false, None), (true, None), (true, None), (false, None)],
        "what was refused is not in it"
    );
    let site = Site::start(&data, &[]);
    assert_eq!(site.get("/api/v1/services/github").json()["votes"], 3);
    site.stop();
}

#[test]
fn a_vote_has_nothing_of_a_report_and_a_report_has_a_symptom() {
    for more in [
        &["other", "--works"][..],
        &["--works", "--key", "k"],
        &["--works", "--text", "x"],
        &["--works", "--error", "x"],
        &[],
    ] {
        let run = allclear(&[&["report", "github"], more].concat()).ended(2);
        assert!(run.stderr.contains("--works") || run.stderr.contains("<SYMPTOM>"), "{more:?}: {}", run.stderr);
    }
}

#[test]
fn texts_and_errors_are_as_long_as_by_form_and_by_api_and_no_longer() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let site = Site::start(&data, &[]);
    let report = |field: &str, characters: usize| {
        // Characters, not bytes.
        let typed = "ä".repeat(characters);
        let args = ["report", "github", "other", "--json", field, &typed, "--data", data.to_str().unwrap()];
        allclear_in(dir.path(), &args, &[], "")
    };
    let (text, error) = (FreeText::MAX, Facts::PASTED_MAX);
    assert_eq!((text, error), (500, 2_000), "as docs/API.md says");
    let hold = || {
        for (field, most) in [("--text", text), ("--error", error)] {
            report(field, most).ended(0);
            // The longest is more than the socket takes.
            for more in [most + 1, 40_000] {
                let refused = report(field, more).ended(2);
                let words = format!("must have at most {most} characters");
                assert!(refused.stderr.contains(&words) && refused.stderr.contains(&field[2..]), "{}", refused.stderr);
                assert_eq!(refused.json()["exit_code"], 2, "{}", refused.stdout);
            }
        }
    };
    hold();
    let json = [("content-type", "application/json")];
    for (field, most) in [("text", text), ("error", error)] {
        let body = |n: usize| format!("{{\"symptom\":\"other\",\"{field}\":\"{}\"}}", "ä".repeat(n));
        let sent = |n| http(&site.addr, "POST", "/api/v1/services/github/reports", &json, &body(n)).unwrap().status;
        assert_eq!((sent(most), sent(most + 1)), (202, 422), "{field} by API");
    }
    site.stop();
    hold();
}
