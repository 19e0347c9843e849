//! Operating a site.

use crate::support::{Site, http, until};
use std::path::Path;

const GOOD: &str = "name = \"Inner Wiki\"\ncategory = \"dev-tools\"\nhomepage = \"https://wiki.example\"\n[verified]\nhomepage = false\n";

fn write(own: &Path, text: &str) {
    std::fs::create_dir_all(own.join("services")).unwrap();
    std::fs::write(own.join("services/inner-wiki.toml"), text).unwrap();
}

fn listed(site: &Site) -> bool {
    site.get("/api/v1/services/inner-wiki").status == 200
}

#[test]
fn hangup_applies_a_changed_catalogue_and_a_broken_one_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let own = dir.path().join("own");
    std::fs::create_dir_all(&own).unwrap();
    let site = Site::start_with(&dir.path().join("data"), &["--catalogue", own.to_str().unwrap()], &[]);
    assert!(!listed(&site));
    write(&own, GOOD);
    site.signal("HUP");
    until("the new service is watched", || listed(&site).then_some(()));

    write(
        &own,
        "name = \"Inner Wiki\"\ncategory = \"no-such-category\"\nhomepage = \"https://wiki.example\"\n[verified]\nhomepage = false\n",
    );
    site.signal("HUP");
    until("the log says what is wrong", || site.log().contains("inner-wiki.toml:2").then_some(()));
    assert!(listed(&site));
    let refused = site.run(&["admin", "reload"]).ended(2);
    assert!(refused.stderr.contains("inner-wiki.toml:2") && refused.stderr.contains("goes on"), "{}", refused.stderr);
    assert!(listed(&site));

    std::fs::remove_file(own.join("services/inner-wiki.toml")).unwrap();
    assert_eq!(site.run(&["admin", "reload", "--json"]).ended(0).json()["changed"], true);
    until("the service is gone", || (!listed(&site)).then_some(()));
    assert_eq!(site.run(&["admin", "reload", "--json"]).ended(0).json()["changed"], false);
    site.stop();
}

#[test]
fn a_service_and_a_guide_of_the_operators_folder_take_the_place_of_the_built_in_ones() {
    let dir = tempfile::tempdir().unwrap();
    let own = dir.path().join("own");
    for folder in ["services", "guides"] {
        std::fs::create_dir_all(own.join(folder)).unwrap();
    }
    let data = dir.path().join("data");
    let (built_in, others) = {
        let site = Site::start(&data, &[]);
        let all = site.get("/api/v1/services").json()["services"].as_array().unwrap().len();
        let now = (site.get("/api/v1/services/github").json(), all);
        site.stop();
        now
    };
    assert_eq!(built_in["name"], "GitHub");
    std::fs::write(
        own.join("services/github.toml"),
        "name = \"Our GitHub\"\ncategory = \"dev-tools\"\nhomepage = \"https://github.house.example\"\nguide = \"github\"\n\
         [[symptoms]]\nid = \"push\"\nlabel = \"Cannot push here\"\ntopic = \"push\"\n[verified]\nhomepage = false\n",
    )
    .unwrap();
    std::fs::write(
        own.join("guides/github.md"),
        "# GitHub\n\n## Pushing {#push}\n\n### When the service is healthy\n\nAsk the desk on the third floor.\n\n\
         ### When it is them\n\nWait for word from the desk.\n",
    )
    .unwrap();
    let site = Site::start_with(&data, &["--catalogue", own.to_str().unwrap()], &[]);
    let now = site.get("/api/v1/services/github").json();
    assert_eq!((&now["name"], &now["slug"]), (&"Our GitHub".into(), &"github".into()), "{now}");
    let symptoms: Vec<&str> = now["symptoms"].as_array().unwrap().iter().map(|s| s["id"].as_str().unwrap()).collect();
    assert_eq!(symptoms, ["push", "other"]);
    let page = site.get("/s/github").body;
    assert!(page.contains("Our GitHub") && page.contains("Ask the desk on the third floor."), "{page}");
    assert!(!page.contains("Actions do not run"), "nothing of the built-in one");
    site.run(&["report", "github", "push"]).ended(0);
    site.run(&["report", "github", "git"]).ended(2);
    let all = site.get("/api/v1/services").json()["services"].as_array().unwrap().len();
    assert_eq!(all, others, "one for one, and the others are as they were");
    assert_eq!(site.get("/api/v1/services/openrouter").json()["name"], "OpenRouter");
    site.stop();
}

#[test]
fn a_start_uses_the_prepared_catalogue_while_its_files_are_the_same_and_never_when_it_is_damaged() {
    let dir = tempfile::tempdir().unwrap();
    let (data, own) = (dir.path().join("data"), dir.path().join("own"));
    let cache = data.join("catalogue.cache");
    write(&own, GOOD);
    let name = |expected: &str| {
        let site = Site::start_with(&data, &["--catalogue", own.to_str().unwrap()], &[]);
        let page = site.get("/api/v1/services/inner-wiki");
        assert!(page.body.contains(expected), "{}", page.body);
        site.stop();
        std::fs::metadata(&cache).unwrap().modified().unwrap()
    };
    let first = name("Inner Wiki");
    assert_eq!(name("Inner Wiki"), first, "nothing was read anew");
    write(&own, &GOOD.replace("Inner Wiki", "Our Wiki"));
    assert_ne!(name("Our Wiki"), first);

    let mut bytes = std::fs::read(&cache).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x40;
    std::fs::write(&cache, &bytes).unwrap();
    name("Our Wiki");
    std::fs::write(&cache, b"").unwrap();
    name("Our Wiki");
    std::fs::remove_file(own.join("services/inner-wiki.toml")).unwrap();
    let site = Site::start_with(&data, &["--catalogue", own.to_str().unwrap()], &[]);
    assert!(!listed(&site));
    site.stop();
}

#[test]
fn an_operator_sees_where_the_site_stands_and_what_visitors_wish() {
    let dir = tempfile::tempdir().unwrap();
    let site = Site::start(&dir.path().join("data"), &[]);
    site.run(&["report", "github", "other"]).ended(0);
    let snapshot = site.run(&["admin", "snapshot", "--json"]).ended(0).json()["seq"].as_u64().unwrap();
    let info = site.run(&["admin", "status", "--json"]).ended(0).json();
    assert_eq!((info["pid"].as_u64(), info["demo"].as_bool()), (Some(u64::from(site.pid())), Some(false)));
    assert!(info["seq"].as_u64().unwrap() >= snapshot && info["snapshot"].as_u64() == Some(snapshot), "{info}");
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let sent =
        http(&site.addr, "POST", "/suggest", &form, "name=Example+Mail&homepage=https%3A%2F%2Fmail.example").unwrap();
    assert_eq!(sent.status, 303, "{}", sent.body);
    let wishes = site.run(&["admin", "suggestions", "list", "--json"]).ended(0).json();
    assert_eq!(wishes[0]["name"], "Example Mail", "{wishes}");
    site.run(&["admin", "feedback", "list"]).ended(0);
    let data = site.data.clone();
    site.run(&["admin", "stop"]).ended(0);
    assert_eq!(site.wait(), Some(0));
    // A stopped site still shows them.
    let args = ["admin", "suggestions", "list", "--json", "--data", data.to_str().unwrap()];
    assert_eq!(crate::support::allclear_in(dir.path(), &args, &[], "").ended(0).json()[0]["name"], "Example Mail");
}

#[test]
fn status_tells_problem_and_no_problem_by_its_exit_code() {
    let dir = tempfile::tempdir().unwrap();
    let site = Site::start(&dir.path().join("data"), &crate::support::NO_LIMITS);
    site.run(&["status", "no-such-service"]).ended(2);
    let all = site.run(&["status", "--json"]).ended(0).json();
    assert!(all["services"].as_array().unwrap().len() >= 508 && all["fresh"] == true);
    // A service that nobody has said anything about: nothing can be said about it.
    assert_eq!(site.run(&["status", "krisp", "--json"]).ended(4).json()["services"][0]["level"], "unknown");
    // Hundreds of people in their own networks within a minute are a problem by any measure.
    for n in 0..400 {
        assert_eq!(
            site.report("openrouter", "api-key", &crate::support::person(n), &n.to_string()).unwrap().status,
            202
        );
    }
    until("the judge sees it", || (site.run(&["status", "openrouter"]).code == 3).then_some(()));
    let said = site.run(&["status"]).ended(3).stdout;
    assert!(said.contains("openrouter") && said.contains("services:"), "{said}");
    site.stop();
}

#[test]
fn what_is_about_the_process_needs_a_running_site_and_everything_else_works_on_a_stopped_one() {
    let dir = tempfile::tempdir().unwrap();
    let site = Site::start(&dir.path().join("data"), &[]);
    let data = site.data.to_str().unwrap().to_owned();
    site.stop();
    let admin = |act: &str| {
        let args: Vec<&str> = ["admin"].into_iter().chain(act.split(' ')).chain(["--data", &data]).collect();
        crate::support::allclear_in(dir.path(), &args, &[], "")
    };
    for act in ["status", "reload", "snapshot"] {
        let run = admin(act).ended(1);
        assert!(run.stderr.contains("no site is running") && run.stderr.contains("allclear serve"), "{}", run.stderr);
    }
    for act in [
        "moderation list",
        "suggestions list",
        "feedback list",
        "official list",
        "agents list",
        "optout",
        "optout example.org",
        "note add github Known.",
        "audit",
        "stop",
    ] {
        admin(act).ended(0);
    }
    // Help and handbook say which is which.
    let help = crate::support::allclear(&["admin", "--help"]).ended(0).stdout;
    let book = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/OPERATIONS.md")).unwrap();
    for text in [help, book] {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ").replace("admin status", "status");
        assert!(
            text.contains("`status`, `reload` and `snapshot` are about the process and need a running site"),
            "{text}"
        );
    }
}
