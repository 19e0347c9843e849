//! Rules that hold on every page.

use super::{pages_of, sample};
use crate::Kept;
use crate::page;
use allclear_model::Incident;
use std::sync::Arc;

fn attribute_values<'a>(html: &'a str, name: &str) -> Vec<&'a str> {
    let key = format!(" {name}=\"");
    html.split(&key).skip(1).filter_map(|s| s.split('"').next()).collect()
}

#[test]
fn no_page_carries_style_or_script_of_its_own() {
    let cx = sample::cx();
    let site = sample::busy_site();
    for (state, view) in sample::states() {
        for (name, html) in pages_of(&cx, &view, &site, "typed") {
            assert!(!html.contains(" style=") && !html.contains("<style"), "{state} {name}");
            for handler in [" onclick", " onload", " onsubmit", " onerror", " onfocus"] {
                assert!(!html.contains(handler), "{state} {name}: {handler}");
            }
            for src in attribute_values(&html, "src") {
                assert!(src.starts_with("/assets/"), "{state} {name}: {src}");
            }
        }
    }
}

#[test]
fn every_link_inside_the_site_begins_with_the_base_path() {
    let cx = sample::cx_below("/status");
    let view = sample::open();
    let site = sample::busy_site();
    let outside = ["https://openrouter.example.org", "https://status.example.org", "https://example.org/"];
    for (name, html) in pages_of(&cx, &view, &site, "typed") {
        for attribute in ["href", "src", "action"] {
            for url in attribute_values(&html, attribute) {
                let ours = url.starts_with("/status/")
                    || url.starts_with('#')
                    || url.starts_with("mailto:")
                    || outside.iter().any(|o| url.starts_with(o));
                assert!(ours, "{name}: {attribute}={url}");
            }
        }
        assert!(!html.contains("\"/s/") && !html.contains("\"/assets/"), "{name}");
    }
    for text in [
        page::robots(&cx),
        page::sitemap(&cx, &site),
        page::manifest(&cx),
        page::feed(&cx, &view),
        page::security_txt(&cx).unwrap(),
    ] {
        assert!(text.contains("/status/"), "{text}");
        assert!(!text.contains("example.org/s/"), "{text}");
    }
}

#[test]
fn titles_and_robots_follow_the_search_rules() {
    let cx = sample::cx();
    let site = sample::busy_site();
    let view = sample::open();
    let html = page::service(&cx, &view, &site);
    assert!(html.contains("<title>Is OpenRouter down? Live status and outage reports</title>"));
    assert!(html.contains("<link rel=\"canonical\" href=\"https://status.example.org/s/openrouter\">"));
    assert!(!html.contains("noindex"));
    assert!(html.contains("application/ld+json") && html.contains("BreadcrumbList"));
    let kept = ["home", "service", "guide", "category", "history-newest", "privacy", "terms", "contact", "how", "api"];
    for (name, html) in pages_of(&cx, &view, &site, "typed") {
        assert_eq!(html.contains("noindex"), !kept.contains(&name), "{name}");
        assert_eq!(html.contains("rel=\"canonical\""), kept.contains(&name) || name == "embed", "{name}");
    }
    let mut thin = sample::empty();
    let mut service = (*thin.service).clone();
    service.own_guide = false;
    thin.service = service.into();
    assert!(page::service(&cx, &thin, &site).contains("noindex"), "no guide of its own and no report");
    let mut checked = thin.clone();
    checked.checks = sample::checks_up().checks;
    assert!(!checked.checks.is_empty() && !page::service(&cx, &checked, &site).contains("noindex"), "but checks");
    let map = page::sitemap(&cx, &site);
    assert!(map.contains("<loc>https://status.example.org/s/openrouter</loc><lastmod>2026-11-22T10:18:00Z</lastmod>"));
    assert!(!map.contains("/s/visa"), "thin pages are not in the sitemap: {map}");
}

#[test]
fn the_page_of_an_incident_says_why_and_only_a_confirmed_one_says_so_and_is_for_search_engines() {
    let (cx, view) = (sample::cx(), sample::open());
    let mut incident = (*sample::incident_of(Some(sample::t("2026-11-22T15:20:59Z")))).clone();
    let page = |i: &Incident| page::incident(&cx, &view, &page::IncidentPage { incident: i, bins: &[] });
    let html = page(&incident);
    let why = html.split("id=\"why\"").nth(1).unwrap().split("</section>").next().unwrap();
    for said in [
        "431 reports in the last 15 minutes",
        "+24.31",
        "−4.55",
        "−3.00",
        "<tfoot><tr><th scope=\"row\">Sum<td class=\"n\">+16.76",
    ] {
        assert!(why.contains(said), "{said}: {why}");
    }
    let noindex = "<meta name=\"robots\" content=\"noindex\">";
    assert!(html.contains("Probably major outage") && html.contains(noindex));
    incident.confirmed = true;
    let html = page(&incident);
    assert!(html.contains(">Major outage</span>") && !html.contains("Probably major") && !html.contains(noindex));
    incident.evidence = Vec::new();
    assert!(!page(&incident).contains("id=\"why\""), "of an older one nothing is made up");
}

#[test]
fn every_page_about_a_service_says_that_it_is_not_affiliated() {
    let cx = sample::cx();
    for (name, html) in pages_of(&cx, &sample::open(), &sample::busy_site(), "typed") {
        let about = [
            "service", "report", "thanks", "follow", "history", "incident", "guide", "reports", "embed", "flag",
            "feedback",
        ]
        .iter()
        .any(|p| name.starts_with(p) && !name.starts_with("reports-") && name != "feedback-thanks");
        if about {
            assert!(html.contains("Not affiliated with OpenRouter"), "{name}");
        }
    }
    assert!(page::feed(&cx, &sample::open()).contains("Not affiliated with OpenRouter"));
}

#[test]
fn ids_on_a_page_are_unique_and_labels_find_their_fields() {
    let cx = sample::cx();
    for (name, html) in pages_of(&cx, &sample::open(), &sample::busy_site(), "typed") {
        let mut ids = attribute_values(&html, "id");
        ids.sort_unstable();
        let n = ids.len();
        ids.dedup();
        assert_eq!(n, ids.len(), "{name}");
        for target in attribute_values(&html, "for") {
            assert!(ids.contains(&target), "{name}: {target}");
        }
        assert_eq!(html.matches("<h1").count(), 1, "{name}: one first heading");
        assert_eq!(html.matches("<main").count(), 1, "{name}");
    }
}

#[test]
fn a_simulation_says_so_on_every_page() {
    let mut cx = sample::cx();
    let mut site = (*cx.site).clone();
    site.demo = true;
    cx.site = site.into();
    for (name, html) in pages_of(&cx, &sample::open(), &sample::busy_site(), "typed") {
        assert!(html.contains(allclear_model::words::pages::EN.demo), "{name}");
    }
}

#[test]
fn the_name_and_the_notice_of_the_site_reach_every_page() {
    let mut cx = sample::cx();
    let mut site = (*cx.site).clone();
    (site.name, site.notice) = ("Help & Desk".into(), Some("Moving <house> on Friday".into()));
    cx.site = site.into();
    for (name, html) in pages_of(&cx, &sample::open(), &sample::busy_site(), "typed") {
        assert!(html.contains("Help &#38; Desk"), "{name}");
        assert!(html.contains("Moving &#60;house&#62; on Friday"), "{name}");
    }
    let feed = page::feed(&cx, &sample::open());
    assert!(feed.contains("<author><name>Help &amp; Desk</name>"), "{feed}");
    assert!(page::manifest(&cx).contains("\"name\":\"Help & Desk\""));
}

#[test]
fn a_line_of_a_timeline_keeps_its_id_when_lines_before_it_are_dropped() {
    let cx = sample::cx();
    let ids = |feed: &str| -> Vec<String> {
        feed.split("<entry>")
            .skip(1)
            .map(|e| e.split("<id>").nth(1).unwrap().split("</id>").next().unwrap().to_owned())
            .collect()
    };
    let mut view = sample::closed();
    let whole = ids(&page::feed(&cx, &view));
    let mut incident = (*view.incidents[0]).clone();
    let dropped = incident.events.remove(1);
    view.incidents[0] = incident.into();
    let shorter = ids(&page::feed(&cx, &view));
    let rest: Vec<_> = whole.iter().filter(|id| !id.contains(&dropped.key())).cloned().collect();
    assert_eq!((shorter.len() + 1, &shorter), (whole.len(), &rest));
    let mut distinct = whole.clone();
    distinct.sort();
    distinct.dedup();
    assert_eq!(distinct.len(), whole.len());
}

#[test]
fn the_json_is_well_formed() {
    let cx = sample::cx();
    assert!(serde_json::from_str::<serde_json::Value>(&page::manifest(&cx)).unwrap()["icons"].is_array());
    let index: serde_json::Value = serde_json::from_str(&page::search_index(&sample::busy_site())).unwrap();
    assert_eq!(index.as_array().unwrap().len(), 7);
}

#[test]
fn what_was_typed_is_kept_with_what_is_wrong() {
    let cx = sample::cx();
    let form = page::ReportForm {
        symptom: "timeouts".into(),
        text: "it <hangs>".into(),
        error: "HTTP <503>".into(),
        made: "1.2".into(),
        country: "de".into(),
        errors: vec![page::FieldError { field: "text", problem: "The text is too long.".into() }],
        cut: false,
    };
    let html = page::report_form(&cx, &sample::calm(), &form);
    assert!(html.contains("it &#60;hangs&#62;</textarea>") || html.contains("it &lt;hangs&gt;</textarea>"));
    assert!(html.contains("<option value=DE selected>Germany"));
    assert!(html.contains("class=\"tap was\" name=\"symptom\" value=\"timeouts\""));
    assert!(html.contains("The text is too long."));
}

#[test]
fn the_page_on_privacy_says_what_the_configuration_says() {
    let text = |kept: Kept| {
        let mut cx = sample::cx();
        let mut site = (*cx.site).clone();
        site.kept = kept;
        cx.site = Arc::new(site);
        page::privacy(&cx)
    };
    let full = text(Kept { journal_days: 11, looks_up_countries: true, place: Some("<b>Oslo".into()) });
    assert!(full.contains("kept for 11 days") && full.contains("looked up from your address"), "{full}");
    assert!(full.contains("(&lt;b&gt;Oslo)") || full.contains("(&#60;b&#62;Oslo)"), "{full}");
    let bare = text(Kept { journal_days: 3_650, ..Kept::default() });
    assert!(bare.contains("kept for 3650 days") && bare.contains("If you chose none, none is kept."), "{bare}");
    let main = bare.split("<main").nth(1).unwrap().split("</main>").next().unwrap();
    assert!(!main.contains('{') && !main.contains("()"), "nothing is left open: {main}");
}
