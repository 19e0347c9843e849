//! What a page shows of our own checks: nothing without any; strips, table and sentences that agree with them.

use super::sample;
use crate::page;
use allclear_engine::view::{CheckCell, ServiceView};
use allclear_model::signal::REASON_MAX;
use allclear_model::{Level, Phase};

fn service(view: &ServiceView) -> String {
    page::service(&sample::cx(), view, &sample::busy_site())
}

/// What stands between `from` and the next `to`.
fn part<'a>(html: &'a str, from: &str, to: &str) -> &'a str {
    html.split_once(from).map_or("", |(_, rest)| rest.split(to).next().unwrap_or_default())
}

/// The lane of checks in the wide drawing.
fn lane(html: &str) -> &str {
    part(html, "<g data-lane=\"checks\"", "</g>")
}

/// Last column of the table, one cell for every quarter of an hour.
fn column(html: &str) -> Vec<&str> {
    let body = part(html, "<tbody>", "</tbody>");
    body.split("<tr>").skip(1).map(|row| row.rsplit_once("<td>").unwrap().1).collect()
}

/// The text of the answer's sentences and first line.
fn answer(view: &ServiceView) -> String {
    let html = service(view);
    let block = part(&html, "class=\"verdict\">", "<dl class=\"facts\">");
    let bare: String = block.split('<').map(|t| t.split_once('>').map_or(t, |(_, t)| t)).collect();
    bare.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Lines about locations, without their markup.
fn lines(view: &ServiceView) -> Vec<String> {
    let html = service(view);
    let list = part(&html, "<ul class=\"spots\"", "</ul>");
    let bare = |l: &str| l.split('<').map(|t| t.split_once('>').map_or(t, |(_, t)| t)).collect();
    list.split("<li>").skip(1).map(bare).collect()
}

#[test]
fn a_page_without_checks_says_that_nobody_watches_and_has_no_column_line_or_legend_of_them() {
    for (name, view) in sample::states().into_iter().filter(|(_, v)| v.checks.is_empty() && v.official.is_none()) {
        let html = service(&view);
        assert!(html.matches("data-fixed=\"Checks: not watched yet\"").count() == 2, "{name}: both drawings");
        for absent in
            ["class=\"spots\"", "check failed", "<th scope=\"col\">Checks", "data-none", "class=\"c-", "k-down"]
        {
            assert!(!html.contains(absent), "{name}: {absent}");
        }
    }
}

#[test]
fn strips_and_table_have_the_same_day() {
    let view = sample::checks_confirm();
    let html = service(&view);
    let lane = lane(&html);
    // Three strips of the lane's height with one unit between them; failures stand full, passes low.
    for top in ["y=\"190.0\"", "y=\"201.3\""] {
        assert!(lane.contains(top), "{top}: {lane}");
    }
    assert_eq!(lane.matches("class=\"c-down\"").count(), 2, "one path for all failures of a location");
    assert_eq!(lane.matches("class=\"c-up\"").count(), 3);
    assert!(lane.contains("class=\"c-down\" d=\"M578.8 190.0h135.2v4.7h-135.2z\""), "{lane}");
    assert!(!lane.contains("not watched") && !lane.contains("data-fixed"), "{lane}");
    let column = column(&html);
    assert_eq!(column.len(), 96);
    assert_eq!(&column[..10], &[["up"; 9].as_slice(), &["up"]].concat()[..], "who was not heard is not counted");
    assert_eq!((column[40], column[75], column[95]), ("up from 2 of 3", "failed from 2 of 3", "failed from 2 of 3"));
}

#[test]
fn a_single_location_is_named_and_needs_no_number() {
    let html = service(&sample::checks_alone());
    assert!(lane(&html).contains("data-tip=\"{from}: our check from frankfurt: {c}\""), "{}", lane(&html));
    let column = column(&html);
    assert_eq!((column[0], column[9], column[95]), ("–", "up", "failed"));
    let unclear = service(&sample::checks_up());
    assert_eq!(self::column(&unclear)[40], "unclear");
}

#[test]
fn of_many_locations_four_strips_are_drawn_and_the_last_has_the_worst_of_the_rest() {
    let view = sample::checks_split();
    assert_eq!(view.checks.len(), 6);
    let html = service(&view);
    let lane = lane(&html);
    // Failing ones come first, so the one that fails has a strip of its own.
    assert!(lane.contains("class=\"c-down\" d=\"M578.8 190.0h"), "{lane}");
    assert_eq!(lane.matches("class=\"c-up\"").count(), 4, "{lane}");
    let lines = lines(&view);
    assert_eq!(lines.len(), 5);
    assert!(lines[0].starts_with("Our check from virginia: fails since"), "{lines:?}");
    assert_eq!(lines[4], "and 2 more");
    let mut worst = view;
    worst.checks[4].cells[95] = CheckCell::Down;
    let html = service(&worst);
    assert!(self::lane(&html).contains("class=\"c-down\" d=\"M707.6 202.8h6.4v3.2h-6.4z\""), "{}", self::lane(&html));
    assert_eq!(column(&html)[95], "failed from 2 of 6");
}

#[test]
fn a_line_says_what_each_location_found_and_when() {
    assert_eq!(lines(&sample::checks_up()), ["Our check from frankfurt: up, 182 ms, 2 min ago"]);
    assert_eq!(
        lines(&sample::checks_unclear()),
        [
            "Our check from frankfurt: unclear, 2 min ago: this location cannot reach anything",
            "Our check from oslo: not proven yet, as it has never passed from there",
        ]
    );
    let mut unproven = sample::checks_unclear();
    unproven.checks.retain(|s| !s.proven);
    unproven.checks[0].reason = Some("no way from here: network unreachable".into());
    assert_eq!(
        lines(&unproven),
        [
            "Our check from oslo: not proven yet, as it has never passed from there: no way from here: network unreachable"
        ]
    );
    let mut half = sample::checks_up();
    half.checks[0].reason = Some("IPv6 fails: the connection was refused".into());
    let said = "Our check from frankfurt: up, 182 ms, 2 min ago; IPv6 fails: the connection was refused";
    assert_eq!(lines(&half), [said]);
    let reason = "HTTP 503 from https://openrouter.example.org/api/health";
    assert_eq!(lines(&sample::checks_alone()), [format!("Our check from frankfurt: fails since 10:18 UTC: {reason}")]);
    let mut one = sample::checks_split();
    one.checks.drain(..4);
    assert_eq!(
        lines(&one),
        [
            "Our check from tokyo: not heard for 11 h 0 min; it failed then",
            "Our check from virginia: fails since 10:18 UTC; it passed again 2 min ago",
        ]
    );
    one.checks[1].outcome = allclear_engine::view::CheckOutcome::Blocked;
    assert!(lines(&one)[1].ends_with(&format!("fails since 10:18 UTC; its last run was unclear: {reason}")));
}

#[test]
fn of_an_old_picture_no_location_is_said_to_be_up_or_failing_now() {
    let mut view = sample::checks_confirm();
    view.fresh_until = sample::now().plus_s(-1);
    view.checks[0].at = sample::now().plus_s(-1800);
    let lines = lines(&view);
    assert_eq!(lines[0], "Our check from frankfurt: not heard for 30 min; it failed then");
    assert_eq!(lines[1], "Our check from oslo: not heard for 2 min; it was up then");
}

#[test]
fn the_json_has_every_location_as_it_is() {
    let (cx, site) = (sample::cx(), sample::busy_site());
    let of = |view: &ServiceView| -> serde_json::Value {
        serde_json::from_str(&crate::api::v1::render::service(&cx, view, &site)).unwrap()
    };
    assert_eq!(of(&sample::open())["checks"], serde_json::json!([]));
    let doc = of(&sample::checks_confirm());
    assert_eq!(doc["checks"].as_array().unwrap().len(), 3);
    assert_eq!(
        doc["checks"][0],
        serde_json::json!({
            "location": "frankfurt", "outcome": "down", "at": "2026-11-22T15:31:00Z",
            "reason": "HTTP 503 from https://openrouter.example.org/api/health", "ms": null, "usual_ms": null, "certificate_until": null,
            "proven": true, "speaks": true, "failing_since": "2026-11-22T10:18:00Z",
        })
    );
    assert_eq!(doc["checks"][1]["ms"], 182);
    let heard = doc["evidence"].as_array().unwrap().iter().find(|e| e["signal"] == "checks").unwrap();
    assert_eq!((&heard["actual"], &heard["expected"]), (&serde_json::json!(2.0), &serde_json::json!(3.0)));
}

#[test]
fn a_reason_is_cut_at_200_bytes_and_stays_text() {
    let mut view = sample::checks_alone();
    view.checks[0].reason = Some(format!("<b>{}", "ä".repeat(300)));
    let html = service(&view);
    let said = part(&html, "</time>: &lt;b&gt;", "</li>");
    assert!(said.chars().all(|c| c == 'ä') && said.len() > REASON_MAX - 5 && said.len() <= REASON_MAX, "{said}");
    view.checks[0].reason = Some(" ".into());
    assert!(service(&view).contains("UTC</time></li>"), "no reason, no colon");
}

#[test]
fn a_check_that_fails_alone_is_no_sign_that_all_is_well_and_no_problem_either() {
    let view = sample::checks_alone();
    let said = answer(&view);
    assert!(
        said.starts_with("We cannot tell. Our own check fails, but people do not report more than usual."),
        "{said}"
    );
    assert!(said.contains("Our check fails from the one location that was heard in the last 10 minutes."), "{said}");
    let mut both = view.clone();
    both.verdict.reports.actual = 7;
    assert!(answer(&both).contains("there are a few more reports than usual"), "{}", answer(&both));
    let mut people = sample::possible();
    people.checks = sample::checks_up().checks;
    let said = answer(&people);
    assert!(
        said.starts_with("No sign of a problem. A few more reports than usual, not yet enough to say so."),
        "{said}"
    );
    for text in [page::embed(&sample::cx(), &view), page::badge(&sample::cx(), &view)] {
        assert!(!text.contains("No sign of a problem") && !text.contains("No problem seen"), "{text}");
        assert!(text.contains("Cannot tell"), "{text}");
    }
}

#[test]
fn the_answer_says_what_it_rests_on() {
    let up = answer(&sample::checks_up());
    assert!(up.starts_with("No sign of a problem."), "{up}");
    assert!(up.contains("this answer rests on our own checks") && !up.contains("nothing else watches"), "{up}");
    let unclear = answer(&sample::checks_unclear());
    assert!(unclear.ends_with("No reports, and our own checks cannot tell right now."), "{unclear}");
    let against = answer(&sample::checks_against());
    assert!(
        against.starts_with("Probably.") && against.contains("Only people say so: our own checks pass"),
        "{against}"
    );
    let confirmed = answer(&sample::checks_confirm());
    assert!(confirmed.starts_with("Yes.") && confirmed.contains("fails from 2 of the 3 locations"), "{confirmed}");
    assert!(!confirmed.contains("Only people"), "{confirmed}");
    let split = answer(&sample::checks_split());
    assert!(split.contains("Too few of them fail to take it for a problem of the service."), "{split}");
}

#[test]
fn no_page_with_checks_says_that_no_check_runs() {
    for level in [Level::Unknown, Level::Operational, Level::MajorOutage] {
        for (name, mut view) in sample::states().into_iter().filter(|(_, v)| !v.checks.is_empty()) {
            view.verdict.level = level;
            view.verdict.phase = if level.is_problem() { Phase::Open } else { view.verdict.phase };
            for total in [0, view.day_total] {
                view.day_total = total;
                let html = service(&view);
                for untrue in
                    ["nothing else watches", "no check of ours runs", "People only, so far", "Checks: not watched"]
                {
                    assert!(!html.contains(untrue), "{name} {level:?}: {untrue}");
                }
                assert!(html.contains("checks of our own from "), "{name}: among what is watched");
            }
        }
    }
}

#[test]
fn a_line_says_what_is_usual_and_a_certificate_is_told_of_and_called_out_when_it_ends_soon() {
    let mut view = sample::calm();
    let page = |view: &ServiceView| crate::page::service(&sample::cx(), view, &sample::calm_site());
    let mut spot = sample::spot_up("fra");
    spot.usual_ms = Some((90, 1140));
    view.checks = vec![spot.clone()];
    let html = page(&view);
    assert!(html.contains("up, 182 ms (usual: 90 to 1,140), ") && !html.contains("<dt>Certificate"), "{html}");
    for (days, called, said) in [
        (90, false, "90 more days"),
        (14, true, "14 more days"),
        (1, true, "1 more day"),
        (0, true, "less than a day"),
        (-3, true, "was valid until"),
    ] {
        let mut other = sample::spot_up("iad");
        spot.certificate = Some(view.measured_at.plus_s(86_400 * 400));
        other.certificate = Some(view.measured_at.plus_s(86_400 * days + 3600));
        view.checks = vec![spot.clone(), other];
        let html = page(&view);
        let info = html.split("<dt>Certificate</dt>").nth(1).unwrap().split("</dd>").next().unwrap();
        assert!(info.contains(said), "{days}: {info}");
        assert_eq!(html.contains("Its certificate"), called, "{days}");
    }
}
