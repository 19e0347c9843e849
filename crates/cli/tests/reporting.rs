//! `allclear report` in scripts.

use crate::support::{Site, http};

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
