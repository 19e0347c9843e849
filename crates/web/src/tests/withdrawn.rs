//! What becomes of a report that its author takes back.

use super::house::House;
use allclear_model::words::pages::EN;

#[test]
fn a_withdrawn_report_loses_its_line_and_keeps_its_count_and_the_page_says_so() {
    let house = House::new();
    let send = |symptom: &str| {
        let sent = house.json("/api/v1/services/chat/reports", &format!(r#"{{"symptom":"{symptom}"}}"#)).json();
        (sent["counted"].as_bool().unwrap(), format!("/r/{}", sent["token"].as_str().unwrap()))
    };
    let said = |page: &str, text: &str| house.get(page).text().contains(&text.replace('\'', "&#39;"));
    let (counted, first) = send("login");
    let (again, second) = send("slow");
    assert_eq!((counted, again), (true, false));
    assert!(said(&first, EN.follow_withdraw_note) && said(&second, EN.follow_withdraw_note_uncounted));
    house.published();
    let before = house.get("/api/v1/services/chat").json();
    assert_eq!((before["reports"]["actual"].as_u64(), before["recent"].as_array().unwrap().len()), (Some(1), 2));
    for page in [&first, &second] {
        assert_eq!(house.form(page, "withdraw=1").status, 303);
    }
    assert!(said(&first, EN.follow_withdrawn) && said(&second, EN.follow_withdrawn_uncounted));
    house.published();
    let after = house.get("/api/v1/services/chat").json();
    assert_eq!(after["recent"].as_array().unwrap().len(), 0, "the lines are gone");
    assert_eq!(after["reports"]["actual"], 1, "the count stays");
    assert_eq!(after["symptoms"], before["symptoms"], "and so does what it was a count of");
    let bins = house.get("/api/v1/services/chat/chart").json();
    let sum: u64 = bins["bins"].as_array().unwrap().iter().filter_map(|b| b["actual"].as_u64()).sum();
    assert_eq!(sum, 1, "also in the bars");
    house.engine.block_on(house.engine.handles.admin.projected()).unwrap();
    let older = house.get("/api/v1/services/chat/reports?limit=10").json();
    assert_eq!(older["reports"].as_array().unwrap().len(), 0, "older lists show it no more either: {older}");
}
