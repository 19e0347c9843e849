//! Writes every page into the folder that `ALLCLEAR_GALLERY` names, to look at them in a browser.

use super::sample;
use crate::page;
use std::path::PathBuf;

#[test]
fn every_page_can_be_written_to_a_folder() {
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
    pages.push(("home".into(), page::home(&cx, &site)));
    pages.push(("home-calm".into(), page::home(&cx, &sample::calm_site())));
    pages.push(("home-large".into(), page::home(&cx, &sample::large_site(3000))));
    for (name, html) in super::pages_of(&cx, &sample::open(), &site, "typed") {
        pages.push((format!("page-{name}"), html));
    }
    std::fs::write(dir.join("search.json"), page::search_index(&site)).unwrap();
    std::fs::write(dir.join("badge.svg"), page::badge(&cx, &sample::open())).unwrap();
    std::fs::write(dir.join("live.json"), page::live(&cx, &sample::open(), &site)).unwrap();
    std::fs::write(dir.join("live-calm.json"), page::live(&cx, &sample::calm(), &site)).unwrap();
    std::fs::write(dir.join("live-home.json"), page::live_home(&cx, &sample::calm_site())).unwrap();
    for (name, html) in pages {
        // The folder stands in for the site's root.
        std::fs::write(dir.join(format!("{name}.html")), html).unwrap();
    }
    assert!(dir.join("home.html").exists());
}
