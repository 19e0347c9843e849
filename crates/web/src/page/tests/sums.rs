//! Sentence, bars and lists come from one picture and add up.

use super::sample;
use crate::page;

/// Cells of the table behind the chart: text of each row's columns.
fn rows(html: &str) -> Vec<Vec<String>> {
    let body = html.split("<tbody>").nth(1).unwrap().split("</tbody>").next().unwrap();
    body.split("<tr>")
        .skip(1)
        .map(|r| r.split("<td").skip(1).map(|c| c.split_once('>').unwrap().1.replace(',', "")).collect())
        .collect()
}

#[test]
fn the_table_the_list_and_the_sentence_say_the_same_numbers() {
    let cx = sample::cx();
    let site = sample::busy_site();
    for (name, view) in sample::states() {
        let html = page::service(&cx, &view, &site);
        let rows = rows(&html);
        assert_eq!(rows.len(), 96, "{name}");
        let sum: u64 = rows.iter().map(|r| r[0].parse::<u64>().unwrap()).sum();
        assert_eq!(sum, view.day_total, "{name}: the chart is the day");
        let counts: u64 = html
            .split("<ul class=\"bars\">")
            .nth(1)
            .unwrap()
            .split("</ul>")
            .next()
            .unwrap()
            .split("</span><svg")
            .filter_map(|s| s.rsplit([' ', '>']).next()?.replace(',', "").parse::<u64>().ok())
            .sum();
        assert_eq!(counts, view.symptoms_total, "{name}: symptoms add up");
        // An old picture claims no number as of now.
        if view.verdict.level.is_problem() && !view.is_stale(cx.now) {
            let said = allclear_model::words::pages::reports(view.verdict.reports.actual);
            assert!(html.contains(&format!("<strong>{said}</strong> in the last 15 minutes")), "{name}: {said}");
            assert_eq!(rows[95][0].parse::<u64>().unwrap(), view.verdict.reports.actual, "{name}: the last bar");
        }
        let weights: f64 = view.verdict.evidence.iter().chain(&view.verdict.against).map(|e| e.weight).sum();
        assert!((weights - view.verdict.log_odds).abs() < 0.01, "{name}");
    }
}

#[test]
fn what_no_count_was_kept_of_is_neither_called_watched_nor_a_gap() {
    let cx = sample::cx();
    let mut view = sample::open();
    let kept = |i: usize| (if i == 90 { 7 } else { 0 }, f64::NAN, f64::NAN, i == 90);
    view.chart.bins = sample::bins(kept);
    let incident = view.incidents[0].clone();
    let html = page::incident(&cx, &view, &page::IncidentPage { incident: &incident, bins: &view.chart.bins });
    let rows = rows(&html);
    assert_eq!(rows.iter().filter(|r| *r == &["7", "–", "–"]).count(), 1);
    assert_eq!(rows.iter().filter(|r| *r == &["–", "–", "–"]).count(), 95);
    assert!(!html.contains("class=\"gap\"") && !html.contains("k-gap"), "nothing is hatched");
    let gaps = sample::gaps();
    let html = page::incident(&cx, &gaps, &page::IncidentPage { incident: &incident, bins: &gaps.chart.bins });
    assert!(html.contains("class=\"gap\"") && html.contains("k-gap"), "a gap that is known is hatched and explained");
}

#[test]
fn the_page_of_an_incident_says_how_long_it_lasted_and_when_most_people_reported() {
    let (cx, view) = (sample::cx(), sample::open());
    let facts = |closed: Option<&str>| -> Vec<String> {
        let incident = sample::incident_of(closed.map(sample::t));
        let html = page::incident(&cx, &view, &page::IncidentPage { incident: &incident, bins: &[] });
        let list = html.split("<dl class=\"info\">").nth(1).unwrap().split("</dl>").next().unwrap();
        let text = |part: &str| part.split('<').map(|t| t.split_once('>').map_or(t, |t| t.1)).collect::<String>();
        list.split("<dt>").skip(1).map(|fact| text(&fact.replace("</dt>", ": ")).trim().to_owned()).collect()
    };
    let (began, peak) =
        ("Began: 22 Nov 2026, 10:18 UTC", "Most reports: 431 reports in 15 min, 22 Nov 2026, 12:00 UTC");
    let total = "Reports in all: 4,210 reports";
    assert_eq!(
        facts(Some("2026-11-22T15:20:59Z")),
        [began, "Ended: 22 Nov 2026, 15:20 UTC", "Lasted: 5 h 2 min", peak, total]
    );
    assert_eq!(facts(None), [began, "Lasted: still going on", peak, total]);
}

#[test]
fn every_symptom_is_listed_whether_reported_or_not() {
    let cx = sample::cx();
    for (name, view) in sample::states() {
        let html = page::service(&cx, &view, &sample::busy_site());
        let list = html.split("<ul class=\"bars\">").nth(1).unwrap().split("</ul>").next().unwrap();
        assert_eq!(list.matches("<li>").count(), view.service.symptoms.len() + 1, "{name}");
        let form = html.split("data-report").nth(1).unwrap().split("</form>").next().unwrap();
        assert_eq!(form.matches("name=\"symptom\"").count(), view.service.symptoms.len() + 1, "{name}");
        assert!(
            ![" checked>", " checked "].iter().any(|c| form.contains(c)) && !form.contains(" was\""),
            "{name}: nothing is chosen beforehand"
        );
        assert!(html.matches("<details data-key=").count() >= view.guide.topics.len(), "{name}: all topics are there");
    }
}

#[test]
fn the_live_event_carries_the_bytes_of_the_page() {
    let cx = sample::cx();
    let site = sample::busy_site();
    for (name, view) in sample::states() {
        let html = page::service(&cx, &view, &site);
        let event: serde_json::Value = serde_json::from_str(&page::live(&cx, &view, &site)).unwrap();
        assert!(!page::live(&cx, &view, &site).contains('\n'), "{name}: one line");
        for (part, bytes) in event["html"].as_object().unwrap() {
            assert!(html.contains(bytes.as_str().unwrap()), "{name}: {part}");
        }
        assert!(html.contains(&format!("data-tag=\"{}\"", event["tag"].as_str().unwrap())), "{name}");
    }
    let home = page::home(&cx, &site);
    let event: serde_json::Value = serde_json::from_str(&page::live_home(&cx, &site)).unwrap();
    assert!(home.contains(event["html"]["top"].as_str().unwrap()));
    assert!(home.contains(&format!(
        "data-problems=\"{}\"",
        event["problems"].as_array().unwrap().iter().map(|p| p.as_str().unwrap()).collect::<Vec<_>>().join(",")
    )));
}

#[test]
fn the_front_page_counts_every_service_once() {
    let cx = sample::cx();
    let site = sample::busy_site();
    let html = page::home(&cx, &site);
    assert!(html.contains("<b>3 services</b> probably have problems right now."), "{html}");
    assert!(html.contains("2 services show no sign of a problem. For 2 services we cannot tell"));
    let all = html.split("data-live=\"all\"").nth(1).unwrap();
    for l in site.services.iter() {
        assert_eq!(all.matches(&format!("href=\"/s/{}\"", l.slug)).count(), 1, "{}", l.slug);
    }
}

#[test]
fn the_value_axis_has_whole_round_ticks_at_every_size() {
    for most in [0.0, 1.0, 2.0, 5.0, 7.0, 9.5, 11.0, 63.0, 431.0, 1999.0, 300_000.0, 4e6, f64::NAN, f64::INFINITY] {
        let top = crate::page::lanes::ceiling(most);
        assert!(top >= 4.0 && (!most.is_finite() || top >= most) && top.is_finite(), "{most}: {top}");
        assert!(!most.is_finite() || most < 4.0 || top <= most * 2.5, "{most}: {top} leaves the chart empty");
    }
}
