//! Writes every page into the folder that `ALLCLEAR_GALLERY` names, to look at them in a browser.

use super::sample;
use crate::page;
use allclear_engine::view::SiteView;
use std::collections::BTreeMap;
use std::path::PathBuf;

#[test]
fn every_page_is_written_to_a_folder_under_a_name_of_its_own() {
    let own = tempfile::tempdir().unwrap();
    let dir = std::env::var_os("ALLCLEAR_GALLERY").map_or_else(|| own.path().to_path_buf(), PathBuf::from);
    let cx = sample::cx();
    std::fs::create_dir_all(&dir).unwrap();
    for f in cx.site.assets.files() {
        let path = dir.join(f.path.trim_start_matches('/'));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, &f.bytes).unwrap();
    }
    let site = sample::busy_site();
    let mut pages: Vec<(String, String)> =
        sample::states().into_iter().map(|(n, v)| (format!("service-{n}"), page::service(&cx, &v, &site))).collect();
    let watched = super::days::watched();
    let past = page::HistoryPage { incidents: &[], before: None, next: None };
    pages.push(("history-days".into(), page::history(&cx, &watched, &past)));
    pages.push(("home".into(), page::home(&cx, &site)));
    pages.push(("home-calm".into(), page::home(&cx, &sample::calm_site())));
    let paused = Some((sample::now(), allclear_engine::watch::Illness::NoWayOut));
    pages.push(("home-paused".into(), page::home(&cx, &SiteView { paused, ..sample::calm_site() })));
    pages.push(("home-large".into(), page::home(&cx, &sample::large_site(3000))));
    for (name, html) in super::pages_of(&cx, &sample::open(), &site, "typed") {
        pages.push((format!("page-{name}"), html));
    }
    let mut files: BTreeMap<String, String> = BTreeMap::from([
        ("search.json".to_owned(), page::search_index(&site)),
        ("badge.svg".to_owned(), page::badge(&cx, &sample::open())),
        ("live.json".to_owned(), page::live(&cx, &sample::open(), &site)),
        ("live-calm.json".to_owned(), page::live(&cx, &sample::calm(), &site)),
        ("live-home.json".to_owned(), page::live_home(&cx, &sample::calm_site())),
    ]);
    let before = (files.len(), pages.len());
    for (name, html) in pages {
        assert!(html.starts_with("<!doctype html>") && html.trim_end().ends_with("</html>"), "{name}: {html:.80}");
        // The folder stands in for the site's root. Errors share a name.
        let free = (1..).map(|n| if n == 1 { format!("{name}.html") } else { format!("{name}-{n}.html") });
        let free = free.into_iter().find(|f| !files.contains_key(f)).unwrap();
        files.insert(free, html);
    }
    assert_eq!(files.len(), before.0 + before.1, "no page takes another's place");
    for (name, text) in &files {
        std::fs::write(dir.join(name), text).unwrap();
    }
    for (name, text) in &files {
        assert!(!text.is_empty(), "{name}");
        assert_eq!(&std::fs::read_to_string(dir.join(name)).unwrap(), text, "{name}");
        if name.strip_suffix(".json").is_some() {
            assert!(serde_json::from_str::<serde_json::Value>(text).is_ok(), "{name}: {text:.80}");
        }
    }
    for f in cx.site.assets.files() {
        assert_eq!(std::fs::read(dir.join(f.path.trim_start_matches('/'))).unwrap(), &*f.bytes, "{}", f.path);
    }
}
