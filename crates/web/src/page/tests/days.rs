//! The last 90 days, drawn and as a table.

use super::sample;
use crate::page::{self, HistoryPage};
use allclear_engine::view::{DayNow, ServiceView};

/// Watched for 100 days: all known but ten days in the middle; two with problems, one of them of a few minutes.
pub(super) fn watched() -> ServiceView {
    let mut view = sample::calm();
    let today = view.measured_at.0 / 86_400_000;
    view.watching_since = view.measured_at.plus_s(-100 * 86_400);
    let of = |ago: i64| match ago {
        40..50 => None,
        7 => Some([1200, 0, 100, 80, 60]),
        3 => Some([1437, 0, 0, 3, 0]),
        60 => Some([400, 1000, 0, 0, 0]),
        0 => Some([600, 0, 0, 0, 0]),
        _ => Some([1440, 0, 0, 0, 0]),
    };
    view.days = (0..90).rev().filter_map(|ago| Some(DayNow { day: today - ago, minutes: of(ago)? })).collect();
    view
}

fn history(view: &ServiceView) -> String {
    page::history(&sample::cx(), view, &HistoryPage { incidents: &[], before: None, next: None })
}

#[test]
fn each_of_the_last_90_days_is_a_bar_of_its_level_and_a_row_and_what_is_not_known_is_said_so() {
    let html = history(&watched());
    let svg = html.split("<svg class=\"lanes days\"").nth(1).unwrap().split("</svg>").next().unwrap();
    let count = |class: &str| svg.matches(&format!("<rect class=\"{class}\"")).count();
    assert_eq!((count("c-up"), count("gap"), count("c-down"), count("c-maint")), (78, 10, 1, 1));
    assert_eq!(svg.matches("<title>").count(), 90);
    assert!(svg.contains(": not known</title>") && svg.contains(": Major outage</title>"), "{svg:.600}");
    let rows = html.split("Day (UTC)").nth(1).unwrap().split("</table>").next().unwrap();
    assert_eq!(rows.matches("<tr><th scope=\"row\">").count(), 90);
    assert_eq!(rows.matches("<td>too little known<td>none seen<td>0 %").count(), 10);
    assert!(
        rows.contains("<td>83.33 %<td>1 h 0 min major, 1 h 20 min partial, 1 h 40 min degraded<td>100 %"),
        "{rows:.900}"
    );
    assert!(rows.contains("<td>99.79 %<td>3 min partial"), "few minutes are in the numbers, and no bar");
}

#[test]
fn a_service_that_is_watched_since_yesterday_has_two_days_and_an_older_page_of_problems_none() {
    let mut view = watched();
    view.watching_since = view.measured_at.plus_s(-86_400);
    assert_eq!(history(&view).matches("<rect class=\"c-up\"").count(), 2);
    let before = Some(view.measured_at);
    let older = page::history(&sample::cx(), &view, &HistoryPage { incidents: &[], before, next: None });
    assert!(!older.contains("lanes days"));
}
