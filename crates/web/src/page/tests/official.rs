//! What our pages show of a vendor's official page: a strip, a column, its words below the lanes, and an answer that is true in
//! every mixture of people, checks and page.

use super::{sample, vendor};
use crate::page;
use allclear_engine::view::{OfficialNow, ServiceView};
use allclear_model::official::{EXCERPT_MAX, EventPhase, OfficialWord};
use allclear_model::{Evidence, Level, Phase, Witness};

fn service(view: &ServiceView) -> String {
    page::service(&sample::cx(), view, &sample::busy_site())
}

/// What stands between `from` and the next `to`.
fn part<'a>(html: &'a str, from: &str, to: &str) -> &'a str {
    html.split_once(from).map_or("", |(_, rest)| rest.split(to).next().unwrap_or_default())
}

/// Text without its markup.
fn bare(html: &str) -> String {
    let text: String = html.split('<').map(|t| t.split_once('>').map_or(t, |(_, t)| t)).collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The lane of the official page in the wide drawing.
fn lane(html: &str) -> &str {
    part(html, "<g data-lane=\"official\"", "</g>")
}

/// Last column of the table, one cell for every quarter of an hour.
fn column(html: &str) -> Vec<&str> {
    let body = part(html, "<tbody>", "</tbody>");
    body.split("<tr>").skip(1).map(|row| row.rsplit_once("<td>").unwrap().1).collect()
}

/// The first line and the sentences below it.
fn answer(view: &ServiceView) -> String {
    bare(&format!("<p {}", part(&service(view), "class=\"verdict\"", "<dl class=\"facts\">")))
}

/// What stands about the page below the lanes.
fn below(view: &ServiceView) -> String {
    let html = service(view);
    part(&html, "<div class=\"vendor\"", "</div>").split_once('>').map_or_else(String::new, |(_, s)| s.to_owned())
}

/// Its first line.
fn line(view: &ServiceView) -> String {
    bare(part(&below(view), "<p>", "</p>"))
}

fn word(view: &mut ServiceView) -> &mut OfficialWord {
    view.official.as_mut().unwrap().word.as_mut().unwrap()
}

#[test]
fn a_service_whose_page_nobody_reads_says_so_and_has_no_column_excerpt_or_legend_of_it() {
    for (name, view) in sample::states().into_iter().filter(|(_, v)| v.official.is_none()) {
        let html = service(&view);
        assert_eq!(html.matches("data-fixed=\"Official page: not watched yet\"").count(), 2, "{name}: both drawings");
        for absent in
            ["class=\"vendor\"", "<th scope=\"col\">Official page", "k-page", "data-back", "Its official page"]
        {
            assert!(!html.contains(absent), "{name}: {absent}");
        }
    }
}

#[test]
fn the_strip_stands_the_higher_the_worse_in_one_path_for_each_level() {
    let mut view = vendor::all_agree();
    let cells: Vec<Option<Level>> = (0..96).map(|i| (i > 0).then(|| Level::ALL[(i / 8) % Level::ALL.len()])).collect();
    view.official.as_mut().unwrap().cells.clone_from(&cells);
    let html = service(&view);
    let lane = lane(&html);
    let runs = |class: &str| part(lane, &format!("<path class=\"{class}\" d=\""), "\"").matches('M').count();
    for class in ["c-unk", "c-up", "c-maint", "c-unclear", "c-part", "c-down"] {
        assert_eq!((lane.matches(&format!("class=\"{class}\"")).count(), runs(class)), (1, 2), "{class}: {lane}");
    }
    // The strip is 16 high from 250 on: a quarter, a half, three quarters and all of it; what is no problem yet floats.
    for shape in [
        "c-up\" d=\"M147.5 262.0h51.5v4.0",
        "c-unclear\" d=\"M250.5 258.0h51.5v8.0",
        "c-part\" d=\"M302.0 254.0h51.5v12.0",
    ] {
        assert!(lane.contains(shape), "{shape}: {lane}");
    }
    assert!(lane.contains("c-down\" d=\"M353.5 250.0h51.5v16.0"), "{lane}");
    assert!(
        lane.contains("c-maint\" d=\"M199.0 254.0h51.5v6.4") && lane.contains("c-unk\" d=\"M102.4 257.2"),
        "{lane}"
    );
    assert_eq!(lane.matches("class=\"gap\"").count(), 1, "hatched where it was not read");
    assert_eq!(html.matches("<g data-lane=\"official\"").count(), 2, "wide and narrow");
    let column = column(&html);
    let said = ["unclear", "no problem", "maintenance", "degraded performance", "partial outage", "major outage"];
    assert_eq!((column.len(), column[0]), (96, "–"));
    for (i, cell) in column.iter().enumerate().skip(1) {
        assert_eq!(*cell, said[(i / 8) % 6], "{i}");
    }
}

#[test]
fn each_lane_is_read_out_from_what_is_its_own() {
    let html = service(&vendor::all_agree());
    assert!(html.contains("<th scope=\"col\">Checks<th scope=\"col\">Official page</thead>"));
    let checks = part(&html, "<g data-lane=\"checks\"", ">");
    assert!(checks.contains("data-row=\"0\"") && html.contains("data-check=\"{name}, {from}: {c}\""), "{checks}");
    let official = part(&html, "<g data-lane=\"official\"", ">");
    assert!(!official.contains("data-row") && !official.contains("data-fixed"), "{official}");
    assert!(official.contains("data-tip=\"{from}: official page: {c}\""), "{official}");
    assert!(official.contains("data-none=\"{from}: the official page was not read\""), "{official}");
    let without = service(&vendor::confirms());
    assert!(without.contains("Usual at most<th scope=\"col\">Official page</thead>"));
    assert!(without.contains("data-fixed=\"Checks: not watched yet\""));
}

#[test]
fn a_day_longer_or_shorter_than_the_chart_ends_with_it_and_nothing_panics() {
    for n in [0, 1, 95, 97, 500] {
        let mut view = vendor::confirms();
        view.official.as_mut().unwrap().cells = vec![Some(Level::MajorOutage); n];
        let column: Vec<String> = column(&service(&view)).into_iter().map(str::to_owned).collect();
        assert_eq!(column.iter().filter(|c| *c == "major outage").count(), n.min(96), "{n}");
        assert_eq!(column[95] == "major outage", n > 0, "{n}");
    }
}

#[test]
fn the_line_says_the_level_how_long_ago_it_was_read_and_how_far_it_is_trusted() {
    assert_eq!(line(&vendor::confirms()), "The official page says: a partial outage since 10:31 UTC; read 3 min ago.");
    assert_eq!(line(&vendor::quiet()), "The official page says: no problem since 20 Nov, 08:02 UTC; read 3 min ago.");
    assert_eq!(
        line(&vendor::only_a_log()),
        "The official page says: nothing announced since 20 Nov, 08:02 UTC; read 3 min ago. It only announces problems."
    );
    let why = "HTTP 503 from https://status.example.org/api/v2/summary.json";
    assert_eq!(
        line(&vendor::not_read()),
        format!("Official page not read for 40 min: {why}. When last read it said: degraded performance.")
    );
    assert_eq!(
        line(&vendor::never_read()),
        "Official page never read so far, tried since 12:33 UTC: the payload is HTML, not data."
    );
    let mut failing = vendor::confirms();
    failing.official.as_mut().unwrap().unread = vendor::unread(Level::Operational).unread;
    assert_eq!(
        line(&failing),
        format!(
            "The official page says: a partial outage since 10:31 UTC; read 3 min ago, not readable since 14:58 UTC: {why}."
        )
    );
    failing.official.as_mut().unwrap().unread = Some((sample::now(), " ".into()));
    assert!(line(&failing).ends_with("not readable since 15:33 UTC."), "no reason, no colon: {}", line(&failing));
}

#[test]
fn the_newest_words_are_an_excerpt_with_title_phase_time_and_a_link() {
    let mut view = vendor::confirms();
    word(&mut view).events[0].updates[0].text = format!("{} end", "ä".repeat(400));
    let html = below(&view);
    assert_eq!(
        bare(html.split("<q").next().unwrap()),
        format!("{} Its newest words: Elevated error rates on completions identified · 14:52 UTC", line(&view))
    );
    let words = part(&html, "<q class=\"said\" dir=\"auto\">", "</q>");
    assert_eq!((words.chars().count(), words.ends_with('…')), (EXCERPT_MAX, true));
    assert!(
        html.contains(
            "<a href=\"https://status.example.org/incidents/ev1\" rel=\"noopener nofollow\">Read it on the official page</a>"
        ),
        "{html}"
    );
    assert!(below(&vendor::quiet()).contains("Its last words:"), "what is over is not told as new");
    assert!(below(&vendor::not_read()).contains("Its last words:"), "nor what was read 40 minutes ago");
    // An event without words or times still has its title.
    word(&mut view).events[0].updates.clear();
    (word(&mut view).events[0].started_at, word(&mut view).events[0].phase) = (None, EventPhase::Unknown);
    let html = below(&view);
    assert!(html.contains("<bdi>Elevated error rates on completions</bdi></b></p>") && !html.contains("<q"), "{html}");
    word(&mut view).events.clear();
    assert!(!below(&view).contains("words:"));
}

#[test]
fn a_link_leads_to_the_web_and_nowhere_else() {
    let mut view = vendor::confirms();
    for other in ["javascript:alert(1)", "data:text/html,x", "//example.org", "ftp://example.org", "https://a b"] {
        word(&mut view).events[0].url = Some(other.into());
        let html = below(&view);
        assert!(html.contains("<a href=\"https://status.example.org\" rel=\"noopener nofollow\">"), "{other}: {html}");
    }
    let mut bare_service = (*view.service).clone();
    bare_service.official = None;
    view.service = bare_service.into();
    assert!(!below(&view).contains("<a "), "nor to the address that programs read");
}

#[test]
fn of_an_old_picture_the_page_says_nothing_as_of_now() {
    let view = vendor::old_picture();
    assert_eq!(line(&view), "Official page not read for 1 h 3 min. When last read it said: a major outage.");
    let html = service(&view);
    assert!(below(&view).contains("Its last words:") && !html.contains("official page agree"), "{html}");
    let (cx, site) = (sample::cx(), sample::busy_site());
    let doc: serde_json::Value = serde_json::from_str(&crate::api::v1::render::service(&cx, &view, &site)).unwrap();
    assert_eq!((&doc["official"]["speaks"], &doc["stale"]), (&false.into(), &true.into()));
    for text in [page::embed(&cx, &view), page::badge(&cx, &view)] {
        assert!(text.contains("Cannot tell") && !text.contains("official page says"), "{text}");
    }
}

#[test]
fn the_answer_is_true_in_each_mixture_of_people_checks_and_page() {
    let begins =
        |view: &ServiceView, first: &str| assert!(answer(view).starts_with(first), "{first}: {}", answer(view));
    let ends = |view: &ServiceView, last: &str| assert!(answer(view).ends_with(last), "{last}: {}", answer(view));
    begins(&vendor::confirms(), "Yes. Major outage since 10:18 UTC. 158 reports");
    begins(&vendor::without_people(), "Yes. Major outage since 10:31 UTC. 5 reports");
    ends(&vendor::without_people(), "Its official page says so too: a major outage since 10:31 UTC.");
    begins(&vendor::alone(), "Probably. A partial outage since 10:31 UTC, says its official page.");
    ends(
        &vendor::alone(),
        "Only its official page says so: people report no more than usual, and no check of ours runs.",
    );
    ends(
        &vendor::alone_and_checked(),
        "Only its official page says so: too few people report here to tell, and our own checks pass.",
    );
    begins(
        &vendor::unnoticed(),
        "No sign of a problem. Only its official page speaks of one. As of 15:33 UTC: 5 reports",
    );
    ends(
        &vendor::unnoticed(),
        "Its official page says: degraded performance since 10:31 UTC. Nobody else says so: people report no more than usual, and our own checks pass.",
    );
    begins(&vendor::maintenance(), "Partly. Maintenance since 10:31 UTC, says its official page.");
    ends(
        &vendor::against_alone(),
        "Only people say so: no check of ours runs, and its official page announces no problem.",
    );
    ends(&vendor::quiet(), "this answer rests on its official page.");
    ends(&vendor::only_a_log(), "No reports, and its official page, a log of announcements, announces nothing.");
    ends(&vendor::not_read(), "Its official page cannot be read right now.");
    ends(
        &vendor::never_read(),
        "We cannot tell. As of 15:33 UTC: No reports, and its official page cannot be read right now.",
    );
    ends(
        &vendor::not_read_while_open(),
        "Only people say so: no check of ours runs, and its official page cannot be read right now.",
    );
    begins(
        &vendor::goes_on(),
        "No sign of a problem. Only its official page speaks of one. As of 15:33 UTC: 158 reports",
    );
    let recovers = answer(&vendor::recovers());
    assert!(!recovers.contains("Too few of them fail"), "it is confirmed by the page: {recovers}");
    // What was over goes on, by all but people.
    let mut both = super::sample::checked(vendor::goes_on(), vec![sample::spot_down("frankfurt")], 2.47);
    both.verdict.level = Level::Unknown;
    begins(&both, "We cannot tell. Our own check fails and its official page says a major outage, but people do not");
    assert!(!answer(&both).contains("Checks alone") && !answer(&both).contains("Nobody else"), "{}", answer(&both));
}

/// Whatever the judge makes of it, no sentence contradicts what is watched.
#[test]
fn no_page_says_that_nobody_watches_what_somebody_does() {
    for level in Level::ALL {
        for (name, mut view) in vendor::states() {
            view.verdict.level = level;
            view.verdict.phase = if level.is_problem() { Phase::Open } else { view.verdict.phase };
            for (confirmed, total) in [(false, 0), (true, view.day_total)] {
                view.verdict.confirmed = confirmed && level.is_problem();
                view.day_total = total;
                let html = service(&view);
                for untrue in [
                    "nothing else watches",
                    "no official page is read",
                    "so far</dd>",
                    "page: not watched",
                    "page: not yet",
                ] {
                    assert!(!html.contains(untrue), "{name} {level:?}: {untrue}");
                }
                let checked = !view.checks.is_empty();
                assert!(!checked || !html.contains("no check of ours runs"), "{name} {level:?}");
                let said = answer(&view);
                assert!(said.matches("official page").count() <= 2, "{name} {level:?}: said over and over: {said}");
            }
        }
    }
}

#[test]
fn what_is_watched_names_each_witness_that_is() {
    let watched = |v: &ServiceView| part(&service(v), "<dt>What we watch</dt><dd>", "</dd>").to_owned();
    let people = "Reports of people on this page";
    assert_eq!(watched(&sample::calm()), format!("{people}. Checks of our own and the official status page: not yet."));
    assert_eq!(
        watched(&vendor::alone()),
        format!("{people}, and its official status page. Checks of our own: not yet.")
    );
    assert_eq!(
        watched(&vendor::unnoticed()),
        format!("{people}, checks of our own from 2 locations, and its official status page.")
    );
    assert!(watched(&sample::checks_up()).ends_with("from 1 location. The official status page: not yet."));
}

#[test]
fn a_problem_without_an_incident_lasts_and_is_shaded_and_is_not_its_own_predecessor() {
    let mut view = vendor::without_people();
    view.last_problem = None;
    let html = service(&view);
    let facts = bare(part(&html, "<dl class=\"facts\">", "</dl>"));
    assert!(facts.starts_with("Lasting5 h 2 min"), "{facts}");
    assert!(
        facts.contains("None before this one since") && facts.contains("Our own checks and the official page agree")
    );
    assert!(
        html.contains("class=\"inc-top\" d=\"M579.") && html.contains("<li class=\"k-inc\">"),
        "shaded from 10:31 on"
    );
    assert!(html.contains("I have a problem too"));
    let cx = sample::cx();
    assert!(!page::feed(&cx, &view).contains("<entry>"), "the feed tells of incidents, and there is none");
    assert!(page::badge(&cx, &view).contains("Major outage") && !page::badge(&cx, &view).contains("Probably"));
    let card = page::embed(&cx, &view);
    assert!(card.contains("<b>Yes.</b>") && card.contains("Its official page says: a major outage."), "{card}");
    let live: serde_json::Value = serde_json::from_str(&page::live(&cx, &view, &sample::busy_site())).unwrap();
    assert_eq!((&live["level"], &live["lead"]), (&"major_outage".into(), &"Yes.".into()));
    // Nobody has estimated since when there are more reports than usual.
    let excess = Evidence { witness: Witness::Reports, weight: 1.5, actual: 1.0, expected: 2.0, window_s: 900 };
    view.verdict.evidence.push(excess);
    assert!(service(&view).contains("More than usual, not worn off yet: 1 report"), "nor does the page say so");
}

#[test]
fn the_front_page_says_that_it_is_the_vendor_who_says_so() {
    let mut line = (*sample::line("openrouter", "OpenRouter", "ai", Level::MajorOutage)).clone();
    (line.actual, line.announced) = (0, Some(Level::MajorOutage));
    let html = page::home(&sample::cx(), &sample::site_of(vec![line.into()]));
    let card = part(&html, "<ul class=\"hot\">", "</ul>");
    assert!(bare(card).contains("where 2 are usual. Its official page says: a major outage."), "{card}");
    assert!(!page::home(&sample::cx(), &sample::busy_site()).contains("official page says"));
}

#[test]
fn the_front_page_says_when_and_why_our_own_checks_are_paused() {
    let mut site = sample::calm_site();
    assert!(!page::home(&sample::cx(), &site).contains("are paused"));
    site.paused = Some((sample::now().plus_s(-600), allclear_engine::watch::Illness::NoNames));
    let html = page::home(&sample::cx(), &site);
    assert!(html.contains("Our own checks are paused since <time"), "{html}");
    assert!(html.contains("</time>: names are not resolved here. What people report"), "{html}");
}

#[test]
fn the_front_page_and_the_page_of_its_health_say_which_other_locations_are_paused() {
    let location = allclear_model::Slug::parse("oslo").unwrap();
    let pause = allclear_engine::view::Pause { location, since: sample::now().plus_s(-600), why: "<it> fails".into() };
    let site = allclear_engine::view::SiteView { paused_elsewhere: vec![pause], ..sample::calm_site() };
    let html = page::home(&sample::cx(), &site);
    assert!(html.contains("Our checks from oslo are paused since <time"), "{html}");
    assert!(html.contains("</time>: &#60;it&#62; fails.") || html.contains("</time>: &lt;it&gt; fails."), "{html}");
    let own = page::OwnStatus {
        journal_ok: true,
        archive_ok: true,
        files_ok: true,
        version: "1".to_owned(),
        started: sample::now(),
        checks: allclear_engine::Speaks::On,
    };
    let html = page::status(&sample::cx(), &site, &own);
    let row = part(&html, "Our checks from elsewhere</dt>", "</dd>");
    assert!(row.contains("paused") && row.contains("oslo, since <time"), "{row}");
    assert!(!page::status(&sample::cx(), &sample::calm_site(), &own).contains("from elsewhere"));
}

#[test]
fn the_json_has_the_page_as_it_is_read() {
    let (cx, site) = (sample::cx(), sample::busy_site());
    let of = |view: &ServiceView| -> serde_json::Value {
        serde_json::from_str(&crate::api::v1::render::service(&cx, view, &site)).unwrap()
    };
    assert_eq!(of(&sample::open())["official"], serde_json::Value::Null);
    let doc = of(&vendor::quiet());
    let (words, event) = (
        "Response times are back to normal. We are sorry for the trouble this caused.",
        "https://status.example.org/incidents/ev1",
    );
    assert_eq!(
        doc["official"],
        serde_json::json!({
            "level": "operational", "trust": "full", "since": "2026-11-20T08:02:00Z", "read_at": "2026-11-22T15:29:50Z",
            "speaks": true, "unread": null, "format": "statuspage", "url": "https://status.example.org",
            "newest": {
                "title": "Slow responses from two models", "phase": "resolved", "text": words,
                "at": "2026-11-22T14:52:00Z", "url": event,
            },
            "events": [{
                "kind": "incident", "title": "Slow responses from two models", "phase": "resolved",
                "impact": "partial_outage", "counted": false, "started_at": "2026-11-22T10:31:00Z", "text": words,
                "at": "2026-11-22T14:52:00Z", "url": event,
            }],
        })
    );
    let heard = doc["evidence"].as_array().unwrap().iter().find(|e| e["signal"] == "official").unwrap();
    assert_eq!((&heard["weight"], &heard["text"]), (&(-0.2).into(), &"The official page announces no problem.".into()));
    let unread = &of(&vendor::not_read())["official"];
    assert_eq!((&unread["speaks"], &unread["level"]), (&false.into(), &"degraded_performance".into()));
    assert_eq!(unread["unread"]["since"], "2026-11-22T14:58:10Z");
    let never = &of(&vendor::never_read())["official"];
    for field in ["level", "trust", "since", "read_at", "format", "newest"] {
        assert_eq!(never[field], serde_json::Value::Null, "{field}");
    }
    // Whatever a stranger writes is cut, and no other link than one of the web comes out.
    let mut evil = vendor::confirms();
    evil.official = Some(vendor::poisoned(&"javascript:".repeat(200)));
    let evil = &of(&evil)["official"];
    assert_eq!(
        (&evil["events"][0]["url"], &evil["newest"]["url"]),
        (&serde_json::Value::Null, &"https://status.example.org".into())
    );
    assert_eq!(evil["newest"]["text"].as_str().unwrap().chars().count(), EXCERPT_MAX);
    assert_eq!(evil["unread"]["reason"].as_str().unwrap().len(), allclear_model::signal::REASON_MAX);
}

#[test]
fn the_summary_for_status_page_clients_says_who_says_so_and_invents_no_incident() {
    let cx = sample::cx();
    let of = |view: &ServiceView| -> serde_json::Value {
        serde_json::from_str(&crate::api::v1::summary::summary(&cx, view)).unwrap()
    };
    let status = |view: &ServiceView| of(view)["status"].clone();
    let said =
        |indicator: &str, description: &str| serde_json::json!({"indicator": indicator, "description": description});
    assert_eq!(status(&vendor::alone()), said("major", "Probably a partial outage, as its official page says"));
    assert_eq!(status(&vendor::against_alone()), said("critical", "Probably a major outage, as people report"));
    assert_eq!(status(&vendor::without_people()), said("critical", "Confirmed: a major outage"));
    assert_eq!(status(&vendor::maintenance()), said("maintenance", "Under maintenance"));
    assert_eq!(of(&vendor::alone())["incidents"], serde_json::json!([]));
    assert_eq!(of(&vendor::confirms())["incidents"].as_array().unwrap().len(), 1);
}

#[test]
fn whatever_is_known_of_a_page_gives_a_page_of_ours() {
    let now = vendor::page(Level::MajorOutage);
    for speaks in [false, true] {
        for (read, known) in [(None, false), (None, true), (now.read, false), (now.read, true)] {
            let page = OfficialNow { speaks, read, word: now.word.clone().filter(|_| known), ..now.clone() };
            let html = service(&vendor::paged(sample::open(), page));
            assert!(html.contains("<div class=\"vendor\""), "{speaks} {read:?} {known}");
            assert!(known && read.is_some() || html.contains("never read so far"), "{speaks} {read:?} {known}");
        }
    }
}
