//! What waits for a turn of its own, and what does not.

use super::house::House;
use std::time::Duration;

fn impatient() -> House {
    House::with(|cfg| cfg.cold_timeout = Duration::from_millis(200))
}

#[test]
fn what_can_be_refused_without_reading_a_text_does_not_wait_for_the_texts_of_others() {
    let house = impatient();
    let _reading = house.engine.block_on(house.app.turn_of(&["of somebody else"])).unwrap();
    let long = "a".repeat(501);
    let wrong = house.json("/api/v1/services/chat/reports", r#"{"symptom":"nope","text":"a"}"#);
    assert_eq!(wrong.status, 422, "{}", wrong.text());
    let wrong = house.json("/api/v1/services/chat/reports", &format!(r#"{{"symptom":"login","text":"{long}"}}"#));
    assert_eq!(wrong.status, 422, "{}", wrong.text());
    assert_eq!(house.form("/s/chat/report", "symptom=login&country=Nowhere&text=a").status, 422);
    assert_eq!(house.form("/s/none/report", "symptom=login&text=a").status, 404);
    assert_eq!(house.form("/feedback", "choice=nonsense&words=a").status, 422);
    assert_eq!(house.form("/feedback", &format!("choice=good&words={long}")).status, 422);
    assert_eq!(house.json("/api/v1/services/chat/reports", r#"{"symptom":"login"}"#).status, 202, "without a text");
}

#[test]
fn a_text_whose_turn_does_not_come_is_shown_again_with_when_to_try() {
    let house = impatient();
    let sent = house.json("/api/v1/services/chat/reports", r#"{"symptom":"login"}"#).json();
    let own = format!("/r/{}", sent["token"].as_str().unwrap());
    let forms = [
        ("/s/chat/report", "symptom=login&text=Kept+words"),
        ("/suggest", "name=Foo+Works&why=Kept+words"),
        ("/feedback", "choice=good&words=Kept+words"),
        (&*own, "symptom=slow&text=Kept+words"),
    ];
    let reading = house.engine.block_on(house.app.turn_of(&["of somebody else"])).unwrap();
    for (path, body) in forms {
        let got = house.form(path, body);
        assert_eq!(got.status, 503, "{path}");
        assert!(got.text().contains("Kept words") && got.text().contains("role=\"alert\""), "{path}: {}", got.text());
        assert!(got.header("retry-after").is_some(), "{path}");
    }
    let got = house.json("/api/v1/services/chat/reports", r#"{"symptom":"login","text":"a"}"#);
    assert_eq!((got.status, got.json()["code"].as_str()), (503, Some("unavailable")));
    drop(reading);
    // A change waits for the archive as well, longer than this house has patience.
    for (path, body) in &forms[..3] {
        assert_eq!(house.form(path, body).status, 303, "{path}");
    }
}

#[test]
fn a_form_that_could_not_be_read_costs_nothing_of_what_its_sender_may_send() {
    let house = House::with(|cfg| cfg.cold_timeout = Duration::from_millis(5));
    let reading = house.engine.block_on(house.app.turn_of(&["of somebody else"])).unwrap();
    let forms = [("/suggest", "name=Foo+Works&why=words"), ("/feedback", "choice=good&words=words")];
    // Many more than the limit of an hour lets through.
    for (path, body) in forms {
        (0..40).for_each(|n| assert_eq!(house.form(path, body).status, 503, "{path}, the {n}th"));
    }
    drop(reading);
    for (path, body) in forms {
        assert_eq!(house.form(path, body).status, 303, "{path}");
    }
}

#[test]
fn a_page_whose_turn_does_not_come_is_refused_in_few_words_and_pages_from_memory_come() {
    let house = impatient();
    let writing = house.engine.block_on(house.app.turn()).unwrap();
    for got in [house.get("/suggest"), house.get("/s/none"), house.form("/feedback", "choice=nonsense")] {
        assert_eq!(got.header("content-type"), Some("application/problem+json"), "{}", got.text());
        assert!([404, 503].contains(&got.status), "{}", got.text());
    }
    assert!(house.get("/suggest").header("retry-after").is_some());
    assert_eq!(house.get("/s/chat").status, 200);
    assert_eq!(house.form("/s/chat/report", "symptom=login").status, 303);
    drop(writing);
    assert_eq!(house.get("/suggest").status, 200);
}
