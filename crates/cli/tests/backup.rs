//! A copy that is taken while the site serves, and what is made of it.

use crate::support::{
    NO_LIMITS, Site, allclear, allclear_in, archive_follows, journal, person, report_ids, texts, until, words,
};
use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

fn files(dir: &Path) -> Vec<String> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(files(&path));
        } else {
            all.push(path.file_name().unwrap().to_string_lossy().into_owned());
        }
    }
    all
}

/// Long enough to mean something from anywhere: a restored site has other keys of the day, so it knows no source again.
fn key(n: u32) -> String {
    format!("request-{n:032}")
}

#[test]
fn a_backup_under_load_restored_elsewhere_is_equal() {
    let dir = tempfile::tempdir().unwrap();
    let (copy, second) = (dir.path().join("copy"), dir.path().join("second"));
    let (copy_text, second_text) = (copy.to_str().unwrap(), second.to_str().unwrap());
    let site = Site::start(&dir.path().join("data"), &NO_LIMITS);
    // What was written, by id.
    let kept = Mutex::new(BTreeMap::new());
    let (next, enough) = (AtomicU32::new(0), AtomicBool::new(false));
    let mut before = BTreeMap::new();
    let answer = std::thread::scope(|s| {
        for _ in 0..4 {
            s.spawn(|| {
                while !enough.load(Ordering::Relaxed) {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    let text = words(n);
                    let got =
                        site.report_saying("openrouter", "timeout", &person(n), &key(n), text.as_deref()).unwrap();
                    assert_eq!(got.status, 202, "{}", got.body);
                    kept.lock().unwrap().insert(got.json()["id"].as_str().unwrap().to_owned(), text);
                }
            });
        }
        until("there is load", || (kept.lock().unwrap().len() > 50).then_some(()));
        before.clone_from(&kept.lock().unwrap());
        let answer = site.run(&["backup", "--to", copy_text, "--json"]);
        enough.store(true, Ordering::Relaxed);
        answer.ended(0).json()
    });
    // Again to the same place: refused, and the backup stays as it is.
    site.run(&["backup", "--to", copy_text]).ended(2);
    let data = site.data.clone();
    site.stop();

    let names = files(&copy);
    assert!(names.contains(&"journal.db".to_owned()) && names.contains(&"archive.db".to_owned()), "{names:?}");
    assert!(
        names.iter().all(|n| n.strip_suffix(".key").is_none_or(|stem| stem == "follow")),
        "no key of a day: {names:?}"
    );

    let restored = allclear(&["restore", "--from", copy_text, "--data", second_text, "--json"]).ended(0).json();
    assert_eq!(restored["seq"], answer["seq"]);
    allclear(&["restore", "--from", copy_text, "--data", second_text]).ended(2);

    let (whole, part) = (journal(&data), journal(&second));
    assert_eq!(part.len() as u64, answer["seq"].as_u64().unwrap());
    assert!(whole[..part.len()] == part[..], "what is in the backup is what was in the journal");
    let ids = report_ids(&part);
    assert!(before.keys().all(|id| ids.contains(id)), "what was acknowledged before the backup is in it");
    // Texts stand beside the log: in the copy are those of its reports, as they were written.
    let kept = kept.into_inner().unwrap();
    let of = |ids: Vec<String>| -> BTreeMap<String, String> {
        ids.into_iter().filter_map(|id| Some((id.clone(), kept[&id].clone()?))).collect()
    };
    let written = of(report_ids(&part));
    assert!(written.len() > 20 && texts(&second, &part) == written, "{} texts", written.len());
    assert!(texts(&data, &whole) == of(report_ids(&whole)));
    archive_follows(&second, &part);
    archive_follows(&data, &whole);

    // The restored site serves, and knows keys and follow links of the first one.
    let site = Site::start(&second, &NO_LIMITS);
    let report = format!("/api/v1/reports/{}", before.keys().next().unwrap());
    until("the archive has caught up with the journal", || (site.get(&report).status == 200).then_some(()));
    let first_key = site.report_saying("openrouter", "timeout", &person(0), &key(0), words(0).as_deref()).unwrap();
    assert!(ids.contains(&first_key.json()["id"].as_str().unwrap().to_owned()), "{}", first_key.body);
    site.stop();
    archive_follows(&second, &journal(&second));
}

#[test]
fn a_stopped_site_is_backed_up_under_its_lock() {
    let dir = tempfile::tempdir().unwrap();
    let site = Site::start(&dir.path().join("data"), &[]);
    site.run(&["report", "github", "other"]).ended(0);
    let data = site.data.clone();
    site.stop();
    let copy = dir.path().join("copy");
    let args = ["backup", "--data", data.to_str().unwrap(), "--to", copy.to_str().unwrap()];
    allclear(&args).ended(0);
    // A copy that was carried about may have lost its modes.
    for name in ["journal.db", "archive.db"] {
        std::fs::set_permissions(copy.join(name), std::fs::Permissions::from_mode(0o644)).unwrap();
    }
    let second = dir.path().join("second");
    allclear(&["restore", "--from", copy.to_str().unwrap(), "--data", second.to_str().unwrap()]).ended(0);
    for name in ["journal.db", "archive.db"] {
        assert_eq!(std::fs::metadata(second.join(name)).unwrap().permissions().mode() & 0o777, 0o600, "{name}");
    }
    assert!(journal(&second) == journal(&data));
}

#[test]
fn a_copied_demonstration_is_never_taken_for_a_real_site() {
    let dir = tempfile::tempdir().unwrap();
    let env = [("ALLCLEAR_CATALOGUE__INCLUDE", "openrouter,github")];
    let site = Site::start_with(&dir.path().join("data"), &["--demo"], &env);
    assert_eq!(site.run(&["status", "--json"]).json()["demo"], true);
    let copies = ["one", "two"].map(|name| dir.path().join(name).to_str().unwrap().to_owned());
    site.run(&["backup", "--to", &copies[0]]).ended(0);
    let data = site.data.to_str().unwrap().to_owned();
    site.stop();
    allclear(&["backup", "--data", &data, "--to", &copies[1]]).ended(0);
    for copy in &copies {
        let restored = format!("{copy}-restored");
        allclear(&["restore", "--from", copy, "--data", &restored]).ended(0);
        let status = allclear_in(dir.path(), &["status", "--json", "--data", &restored], &env, "");
        assert_eq!(status.json()["demo"], true, "{copy}");
        let serve = allclear(&["serve", "--listen", "127.0.0.1:0", "--data", &restored]).ended(2);
        assert!(serve.stderr.contains("simulated"), "{}", serve.stderr);
    }
}

#[test]
fn a_damaged_backup_is_not_restored() {
    let dir = tempfile::tempdir().unwrap();
    let site = Site::start(&dir.path().join("data"), &NO_LIMITS);
    for n in 0..50 {
        site.report("github", "other", &person(n), &n.to_string()).unwrap();
    }
    let copy = dir.path().join("copy");
    site.run(&["backup", "--to", copy.to_str().unwrap()]).ended(0);
    site.stop();
    let path = copy.join("journal.db");
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    for b in &mut bytes[middle..middle + 512] {
        *b ^= 0x55;
    }
    std::fs::write(&path, bytes).unwrap();
    let second = dir.path().join("second");
    let args = ["restore", "--from", copy.to_str().unwrap(), "--data", second.to_str().unwrap()];
    let run = allclear(&args).ended(1);
    assert!(run.stderr.contains("journal.db"), "{}", run.stderr);
    assert!(!second.join("journal.db").exists());
    allclear(&["restore", "--from", dir.path().to_str().unwrap(), "--data", second.to_str().unwrap()]).ended(2);
}
