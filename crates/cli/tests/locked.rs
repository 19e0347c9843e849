//! A folder that a running process holds, though it cannot be asked.

use crate::support::{Site, allclear_in, journal, report_ids};

#[test]
fn what_would_open_the_folder_of_a_running_site_that_has_lost_its_socket_is_refused_and_names_the_process() {
    let dir = tempfile::tempdir().unwrap();
    let site = Site::start(&dir.path().join("data"), &[]);
    site.run(&["report", "github", "other"]).ended(0);
    std::fs::remove_file(site.data.join("allclear.sock")).unwrap();
    let holder = format!("is in use by process {} (allclear serve)", site.pid());
    let copy = dir.path().join("copy");
    for args in [
        &["report", "openrouter", "api-key"][..],
        &["backup", "--to", copy.to_str().unwrap()],
        &["status"],
        &["status", "openrouter", "--json"],
        &["admin", "suggestions", "list"],
        &["admin", "feedback", "list"],
    ] {
        let run = site.run(args).ended(1);
        assert!(run.stderr.contains(&holder), "{args:?}: {}", run.stderr);
        assert!(run.stdout.is_empty(), "{args:?}: {}", run.stdout);
    }
    let run = site.run(&["report", "openrouter", "api-key", "--json"]).ended(1);
    assert!(run.json()["error"].as_str().unwrap().contains(&holder), "{}", run.stdout);
    assert!(!copy.exists(), "nothing of a backup is there");
    // The site noticed nothing, and what was refused is not in its journal.
    assert_eq!(site.get("/api/v1/services/github").json()["reports"]["actual"], 1);
    let data = site.data.clone();
    site.stop();
    assert_eq!(report_ids(&journal(&data)).len(), 1);
    let args = ["status", "--data", data.to_str().unwrap()];
    allclear_in(dir.path(), &args, &[], "").ended(0);
}
