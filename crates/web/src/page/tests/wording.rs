//! The first line and the advice in every state, kept as snapshots.

use super::sample;
use crate::page;
use allclear_engine::view::ServiceView;
use allclear_model::Level;
use allclear_model::catalogue::Fact;
use std::fmt::Write;

/// The text of a piece of markup, on one line.
fn text(html: &str) -> String {
    let mut out = String::new();
    let mut inside = false;
    for c in html.chars() {
        match c {
            '<' => {
                inside = true;
                out.push(' ');
            }
            '>' => inside = false,
            c if !inside => out.push(c),
            _ => {}
        }
    }
    out.replace("&amp;", "&").split_whitespace().collect::<Vec<_>>().join(" ").replace(" .", ".").replace(" ,", ",")
}

fn answer(view: &ServiceView) -> String {
    let html = page::service(&sample::cx(), view, &sample::busy_site());
    let block = html.split("data-live=\"answer\">").nth(1).unwrap().split("<div class=\"acts\">").next().unwrap();
    let mut out = String::new();
    for part in block.split(['\n']).map(text).filter(|t| !t.is_empty()) {
        let _ = writeln!(out, "{part}");
    }
    out
}

#[test]
fn the_answer_in_every_state() {
    let mut all = String::new();
    for (name, view) in sample::states() {
        let _ = writeln!(all, "## {name}\n{}", answer(&view));
    }
    insta::assert_snapshot!("answers", all);
}

#[test]
fn the_first_line_begins_with_one_of_five_answers() {
    for (name, view) in sample::states() {
        let html = page::service(&sample::cx(), &view, &sample::busy_site());
        let lead = html.split("class=\"verdict\"><b>").nth(1).unwrap().split("</b>").next().unwrap();
        assert!(
            ["Yes.", "Partly.", "Probably.", "No sign of a problem.", "We cannot tell."].contains(&lead),
            "{name}: {lead}"
        );
        if !view.verdict.confirmed && view.verdict.level != Level::UnderMaintenance {
            assert!(lead != "Yes." && lead != "Partly.", "{name}: nothing that only one witness says is confirmed");
        }
    }
}

#[test]
fn advice_follows_the_facts() {
    let cx = sample::cx();
    let site = sample::busy_site();
    let theirs = page::service(&cx, &sample::open(), &site);
    assert!(theirs.contains("Do not rotate your key"));
    assert!(theirs.contains("probably not you"));
    assert!(theirs.contains("data-key=\"api-key\" open"), "the topic that is reported now stands open");
    let healthy = page::service(&cx, &sample::calm(), &site);
    assert!(!healthy.contains("Do not rotate your key"));
    assert!(!page::service(&cx, &sample::stale(), &site).contains("probably not you"));
    // Reported most first.
    let order: Vec<_> = theirs
        .split("<details data-key=\"")
        .skip(1)
        .filter_map(|s| s.split('"').next())
        .filter(|k| !["why", "more", "table"].contains(k))
        .collect();
    assert_eq!(order[..4], ["api-key", "timeouts", "empty", "rate-limit"]);
    assert_eq!(
        page::guide(&cx, &sample::calm()).matches("When it is their problem").count(),
        5,
        "both texts of every topic that has them"
    );
}

#[test]
fn empty_and_unwatched_say_so_honestly() {
    let cx = sample::cx();
    let site = sample::busy_site();
    let html = page::service(&cx, &sample::empty(), &site);
    assert!(html.contains("No reports, and nothing else watches it yet."));
    assert!(html.contains("No reports yet"));
    assert!(html.matches("not watched yet").count() >= 4, "checks and official page, in both drawings");
    assert!(
        page::service(&cx, &sample::stale(), &site)
            .contains("class=\"verdict\"><b>We cannot tell.</b> Not updated since")
    );
    let gaps = page::service(&cx, &sample::gaps(), &site);
    assert!(gaps.contains("fill=\"url(#gap-wide)\"") && gaps.contains("class=\"k-gap\""));
}

#[test]
fn facts_that_are_not_known_have_a_row_that_says_so() {
    let mut view = sample::calm();
    let mut service = (*view.service).clone();
    (service.about, service.operator, service.support, service.official) = (None, None, None, None);
    view.service = service.into();
    let html = page::service(&sample::cx(), &view, &sample::busy_site());
    for name in ["What it is", "Run by", "Support", "Official status page"] {
        assert!(html.contains(&format!("<dt>{name}</dt><dd>Not known yet.</dd>")), "{name}");
    }
}

#[test]
fn shares_of_errors_and_of_what_was_taken_off_stand_only_where_counts_carry_them() {
    let said = |change: fn(&mut ServiceView)| {
        let mut view = sample::open();
        change(&mut view);
        let html = page::service(&sample::cx(), &view, &sample::busy_site());
        let errors = html.split("class=\"where errors\">").nth(1).unwrap().split("</p>").next().unwrap();
        let off = html.split("Of the reports received").nth(1).map(|s| s.split('<').next().unwrap().to_owned());
        (text(errors), off)
    };
    let (errors, off) = said(|_| {});
    assert_eq!(errors, "Errors people pasted: 401 from openrouter.ai: 61 % of reports · connection refused: 3");
    let taken =
        " in the last hour, 8 % were repeats of one source, 3 % came off because several came from one network.";
    assert_eq!(off.as_deref(), Some(taken), "and nothing below 1 %");
    let (errors, off) = said(|v| v.symptoms_usual = 0.5);
    assert!(errors.contains("61 %") && off.is_some());
    let (errors, off) = said(|v| v.symptoms_usual = 0.49);
    assert_eq!(errors, "Errors people pasted: 401 from openrouter.ai: 402 · connection refused: 3");
    assert!(off.is_some(), "what was taken off is told also where hardly any are usual");
    let (errors, off) = said(|v| {
        v.symptoms_total = 4;
        v.errors[0].1 = 4;
        v.discounts.received = 4.0;
    });
    assert!(errors.contains("401 from openrouter.ai: 4 ·"), "{errors}");
    assert_eq!(off, None, "so few carry nothing");
}

#[test]
fn what_a_problem_comes_from_is_named_only_where_somebody_has_verified_it() {
    let named = |verified: bool, listed: &str| {
        let mut view = sample::affected();
        let mut service = (*view.service).clone();
        service.upstreams = Fact { value: vec![sample::slug(listed)], verified };
        view.service = service.into();
        answer(&view).contains("Amazon Web Services")
    };
    assert!(answer(&sample::affected()).contains("Affected by Amazon Web Services."));
    assert!(named(true, "aws"));
    assert!(!named(false, "aws"), "nobody has verified it");
    assert!(!named(true, "github"), "nor is it one that the catalogue does not have");
}

#[test]
fn an_answer_that_names_no_other_time_says_as_of_when_it_holds() {
    let measured = crate::page::html::iso(sample::now());
    for (name, view) in sample::states() {
        let html = page::service(&sample::cx(), &view, &sample::busy_site());
        let block = html.split("data-live=\"answer\">").nth(1).unwrap().split("<dl").next().unwrap();
        assert!(block.contains("<time "), "{name}: {block}");
        if view.verdict.level <= Level::Operational && !view.is_stale(sample::now()) {
            assert!(block.contains(&format!("As of <time datetime=\"{measured}\"")), "{name}: {block}");
        }
    }
}

#[test]
fn the_page_of_an_outage() {
    let cx = sample::cx();
    insta::assert_snapshot!(
        "service_open",
        page::service(&cx, &sample::open(), &sample::busy_site())
            .replace(&cx.site.assets.files()[0].path[..20], "/assets/HASH")
    );
}

#[test]
fn the_front_page() {
    let cx = sample::cx();
    insta::assert_snapshot!(
        "home",
        page::home(&cx, &sample::busy_site()).replace(&cx.site.assets.files()[0].path[..20], "/assets/HASH")
    );
}

#[test]
fn feed_badge_robots_and_security_txt() {
    let cx = sample::cx();
    insta::assert_snapshot!("feed", page::feed(&cx, &sample::closed()));
    insta::assert_snapshot!("badge", page::badge(&cx, &sample::open()));
    insta::assert_snapshot!("robots", page::robots(&cx));
    insta::assert_snapshot!("security_txt", page::security_txt(&cx).unwrap());
    let mut stale = sample::open();
    stale.fresh_until = cx.now.plus_s(-1);
    assert!(page::badge(&cx, &stale).contains("Cannot tell"), "an old badge must not go on saying what was");
}
