//! The first view of a service page stays light.

use super::{sample, vendor};
use crate::page;
use allclear_engine::view::CheckCell;
use allclear_model::Level;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write;
use std::sync::Arc;

/// What goes over the wire on first view, in bytes: 40 KB.
const FIRST_VIEW: usize = 40_000;
/// The page of it where everything is as restless as it can be, without what all pages share: 20 KB.
const RESTLESS: usize = 20_000;
/// All scripts together.
const SCRIPTS: usize = 10_000;

fn gzip(bytes: &[u8]) -> usize {
    let mut e = GzEncoder::new(Vec::new(), Compression::new(6));
    e.write_all(bytes).unwrap();
    e.finish().unwrap().len()
}

#[test]
fn the_first_view_fits_into_its_budget() {
    let cx = sample::cx();
    let site = sample::busy_site();
    // No page shows the image that others show beside a link.
    let loaded = cx.site.assets.files().iter().filter(|f| f.content_type != "image/png");
    let files: Vec<(&str, usize)> = loaded.map(|f| (f.path.as_str(), gzip(&f.bytes))).collect();
    let assets: usize = files.iter().map(|f| f.1).sum();
    let scripts: usize =
        files.iter().filter(|f| !f.0.ends_with("/site.css") && !f.0.ends_with("/favicon.svg")).map(|f| f.1).sum();
    for (name, view) in sample::states() {
        let html = gzip(page::service(&cx, &view, &site).as_bytes());
        assert!(html + assets <= FIRST_VIEW, "{name}: {html} + {assets}");
        println!("{name}: page {html}, assets {assets}, scripts {scripts}");
    }
    assert!(scripts <= SCRIPTS, "{files:?}");
}

#[test]
fn sixteen_locations_and_a_page_that_change_their_mind_all_day_fit_into_it_too() {
    let cx = sample::cx();
    let mut x = 7u32;
    let mut next = || {
        x = x.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        x >> 16
    };
    let mut view = sample::open();
    let mut reason = || (0..80).filter_map(|_| char::from_digit(next() % 36, 36)).collect::<String>();
    let reasons: Vec<Arc<str>> = (0..8).map(|_| reason().into()).collect();
    for n in 0..16 {
        let mut spot = sample::spot_down(&format!("location-{n}"));
        spot.reason = Some((0..200).filter_map(|_| char::from_digit(next() % 36, 36)).collect());
        // As many different reasons as the board keeps of a service, each as long as it keeps one.
        spot.whys = (0..96).map(|k| (k..=k, reasons[next() as usize % 8].clone())).collect();
        for c in &mut spot.cells {
            *c = [CheckCell::Nothing, CheckCell::Up, CheckCell::Unclear, CheckCell::Down][next() as usize % 4];
        }
        view.checks.push(spot);
    }
    let mut text = |n: usize| -> String { (0..n).filter_map(|_| char::from_digit(next() % 36, 36)).collect() };
    let mut page = vendor::poisoned(&text(1000));
    page.unread = Some((sample::now(), text(200)));
    for c in &mut page.cells {
        *c = Level::ALL.get(next() as usize % 7).copied();
    }
    view.official = Some(page);
    let html = gzip(page::service(&cx, &view, &sample::busy_site()).as_bytes());
    let loaded = cx.site.assets.files().iter().filter(|f| f.content_type != "image/png");
    let assets: usize = loaded.map(|f| gzip(&f.bytes)).sum();
    println!("sixteen restless locations: page {html}, assets {assets}");
    assert!(html <= RESTLESS && html + assets <= FIRST_VIEW, "{html} + {assets}");
}

#[test]
fn the_front_page_stays_light_at_thousands_of_services() {
    let cx = sample::cx();
    let html = page::home(&cx, &sample::large_site(3000));
    println!("front page of 3,001 services: {} bytes, {} compressed", html.len(), gzip(html.as_bytes()));
    assert!(gzip(html.as_bytes()) <= 30_000 && html.matches("<li>").count() <= 700);
}
