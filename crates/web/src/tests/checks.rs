//! Single runs of a service's check, as programs read them.

use super::house::House;
use allclear_model::Slug;
use allclear_model::check::CheckOutcome;
use allclear_model::signal::{CheckResult, CheckResults};
use allclear_ports::Store;
use serde_json::{Value, json};

fn tell(house: &House, location: &str, outcome: CheckOutcome, reason: Option<&str>, ms: u32) {
    let run = CheckResult::new(Slug::parse("chat").unwrap(), outcome, reason, Some(ms));
    let told = CheckResults::own(Slug::parse(location).unwrap(), vec![run]);
    house.engine.block_on(house.engine.handles.admin.checked(told)).unwrap();
}

#[test]
fn every_run_of_a_check_can_be_read_also_when_its_hour_is_long_over() {
    let house = House::new();
    for n in 0..10 {
        tell(&house, ["oslo", "fra"][n as usize % 2], CheckOutcome::Up, None, 100 + n);
        house.engine.minutes(20);
    }
    tell(&house, "oslo", CheckOutcome::Down, Some("the status is <503>"), 9);
    house.engine.block_on(house.engine.handles.admin.projected()).unwrap();
    // Upkeep brings what is over into another shape; nobody who reads notices.
    house.engine.block_on(house.engine.handles.admin.maintain()).unwrap();
    let now = house.engine.handles.site.whole().measured_at;
    assert!(!house.engine.block_on(house.engine.store.pack(now, 1)).unwrap(), "nothing is left to be packed");
    let list = |query: &str| {
        let got = house.get(&format!("/api/v1/services/chat/checks{query}"));
        assert_eq!((got.status, got.header("cache-control")), (200, Some("no-store")), "{}", got.text());
        assert_eq!(got.header("access-control-allow-origin"), Some("*"));
        got.json()
    };
    let all = list("");
    let runs = all["checks"].as_array().unwrap();
    let ms: Vec<u64> = runs.iter().map(|r| r["ms"].as_u64().unwrap()).collect();
    assert_eq!(ms, [9, 109, 108, 107, 106, 105, 104, 103, 102, 101, 100]);
    assert_eq!(all["next"], Value::Null);
    let at = |n: usize| runs[n]["at"].as_str().unwrap();
    let newest = json!({
        "at": at(0), "location": "oslo", "outcome": "down", "reason": "the status is <503>", "ms": 9, "late": false
    });
    assert_eq!(runs[0], newest);
    assert_eq!(runs[1]["reason"], Value::Null);

    let oslo = list("?location=oslo");
    assert_eq!(oslo["checks"].as_array().unwrap().len(), 6);
    let part = list(&format!("?from={}&to={}", at(4), at(1)));
    assert_eq!(
        part["checks"].as_array().unwrap().as_slice(),
        &runs[2..5],
        "from the first instant on, before the last"
    );
    let (mut query, mut paged) = ("?limit=4".to_owned(), Vec::new());
    loop {
        let page = list(&query);
        paged.extend(page["checks"].as_array().unwrap().iter().cloned());
        let Some(next) = page["next"].as_str() else { break };
        query = format!("?limit=4&before={next}");
    }
    assert_eq!(&paged, runs);
    let none = list("?location=rome&from=2020-01-01T00:00:00Z");
    assert_eq!(none, json!({"checks": [], "next": null}));
}
