//! Text from outside never becomes markup.

use super::{pages_of, sample, vendor};
use crate::page;
use allclear_engine::view::{LineText, Note, Remark, ServiceView};
use allclear_model::catalogue::Fact;
use allclear_model::{Category, FreeText, Guide, Service};
use proptest::prelude::*;
use std::sync::Arc;

/// A picture whose every outside text is `evil`.
fn poisoned(evil: &str) -> ServiceView {
    let mut v = sample::open();
    let text = || evil.to_owned();
    let fact = || Fact { value: text(), verified: false };
    let mut s: Service = (*v.service).clone();
    s.name = text();
    s.about = Some(text());
    s.operator = Some(fact());
    s.support = Some(fact());
    s.homepage = fact();
    s.aliases = vec![text()];
    for x in Arc::make_mut(&mut s.symptoms) {
        x.label = text().into();
    }
    if let Some(o) = &mut s.official {
        o.value.page = text();
    }
    for x in &mut v.symptoms {
        x.label = text().into();
    }
    v.service = Arc::new(s);
    v.category = Arc::new(Category { name: text(), group: text(), ..(*v.category).clone() });
    let mut g: Guide = (*v.guide).clone();
    for t in &mut g.topics {
        t.title = text();
        t.healthy = text();
        t.theirs = text();
    }
    v.guide = Arc::new(g);
    if let Ok(Some(said)) = FreeText::parse(&format!("{evil} {evil}"), 100_000) {
        for line in &mut v.recent {
            line.text = LineText::Shown(Arc::new(said.clone()));
        }
        v.notes =
            vec![(1, Note { words: said.clone(), link: Some(format!("https://example.org/{evil}")), until: None })];
        let remark = Remark { words: Some(said.as_str().to_owned()), retracted: Some(said.as_str().to_owned()) };
        v.remarks = v.incidents.iter().map(|i| (i.id.clone(), remark.clone())).collect();
    }
    v.errors = vec![(evil.to_owned(), 7)];
    // Reasons are what strangers' servers answered.
    v.checks =
        ["frankfurt", "oslo"].map(sample::spot_down).into_iter().chain([sample::spot_unclear("virginia")]).collect();
    for spot in &mut v.checks {
        spot.reason = Some(evil.to_owned());
    }
    v.official = Some(vendor::poisoned(evil));
    v
}

/// Every tag that a page opens, and the attributes of each, as a browser would see them.
fn tags(html: &str) -> Vec<(String, Vec<String>)> {
    let mut out = Vec::new();
    let mut rest = html;
    while let Some(i) = rest.find('<') {
        rest = &rest[i + 1..];
        if !rest.starts_with(|c: char| c.is_ascii_alphabetic()) {
            continue;
        }
        let mut quoted = false;
        let end = rest
            .char_indices()
            .find(|(_, c)| {
                quoted ^= *c == '"';
                *c == '>' && !quoted
            })
            .map_or(rest.len(), |(i, _)| i);
        let inside = &rest[..end];
        let bare: String = inside.split('"').step_by(2).collect::<Vec<_>>().join("\"");
        let mut words = bare.split_whitespace().map(|w| w.trim_end_matches(['"', '/']).to_ascii_lowercase());
        let name = words.next().unwrap_or_default();
        out.push((name, words.map(|w| w.split('=').next().unwrap_or_default().to_owned()).collect()));
        rest = &rest[end..];
    }
    out
}

fn check(evil: &str) -> Result<(), TestCaseError> {
    let cx = sample::cx();
    let site = sample::busy_site();
    for (name, html) in pages_of(&cx, &poisoned(evil), &site, evil) {
        for (tag, attributes) in tags(&html) {
            prop_assert!(!matches!(tag.as_str(), "iframe" | "object" | "img" | "base" | "x"), "{name}: <{tag}>");
            for a in attributes {
                prop_assert!(!a.starts_with("on") && a != "style", "{name}: {tag} {a}");
            }
        }
        let scripts = html.matches("<script").count();
        prop_assert!(
            html.matches("<script type=\"module\" src=\"").count()
                + html.matches("<script type=\"application/ld+json\">").count()
                == scripts,
            "{name}: a script of its own"
        );
        prop_assert!(!html.to_ascii_lowercase().contains("href=\"javascript:"), "{name}: javascript link");
    }
    for xml in [page::feed(&cx, &poisoned(evil)), page::badge(&cx, &poisoned(evil))] {
        prop_assert!(!xml.contains("<script") && !xml.contains("<x"), "{xml}");
    }
    let live: serde_json::Value = serde_json::from_str(&page::live(&cx, &poisoned(evil), &site))
        .map_err(|e| TestCaseError::fail(e.to_string()))?;
    for (part, html) in live["html"].as_object().into_iter().flatten() {
        for (tag, attributes) in tags(html.as_str().unwrap_or_default()) {
            prop_assert!(
                !matches!(tag.as_str(), "script" | "img" | "x") && !attributes.iter().any(|a| a.starts_with("on")),
                "{part}: <{tag}>"
            );
        }
    }
    Ok(())
}

#[test]
fn markup_in_outside_text_stays_text() {
    for evil in [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "' onmouseover='alert(1)",
        "javascript:alert(1)",
        "</title><x>",
        "</script><script>alert(1)</script>",
        "[a](javascript:alert(1)) ![i](https://example.org/i.png) <x onclick=y>",
        "<!-- ",
        "{{7*7}}{site}",
        "a&lt;script&gt;",
        "\u{202e}\u{0}\u{fffd}",
    ] {
        check(evil).unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn no_text_becomes_markup(evil in "[<>\"'&/=a-z \\[\\]()!`*_:;{}x#-]{1,60}") {
        check(&evil)?;
    }
}

#[test]
fn markdown_keeps_harmless_links_and_drops_others() {
    let md = crate::page::html::markdown(
        "[ok](https://example.org/a?b=1&c=2) [no](javascript:x) [also](data:text/html,x) [mail](mailto:a@example.org)",
    );
    assert!(md.contains("href=\"https://example.org/a?b=1&amp;c=2\""), "{md}");
    assert_eq!(md.matches("href").count(), 1, "{md}");
    assert!(md.contains("also") && md.contains("mail"), "the words stay: {md}");
}
