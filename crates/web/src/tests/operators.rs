//! What operators say, and where readers see it.

use super::house::House;
use allclear_model::act::Note;
use allclear_model::{Actor, FreeText, IncidentId, Slug};

fn words(text: &str) -> FreeText {
    FreeText::parse(text, FreeText::MAX).unwrap().unwrap()
}

#[test]
fn a_retracted_problem_says_so_wherever_it_is_told_and_is_no_last_problem_any_more() {
    let house = House::new();
    for n in 0..40 {
        house.engine.report("chat", "login", n).unwrap();
    }
    house.published();
    let now = house.get("/api/v1/services/chat").json();
    let id = now["incident"]["id"].as_str().expect("an incident").to_owned();
    assert!(now["incident"]["retracted"].is_null());
    let actor = || Actor::parse("ada").unwrap();
    house.engine.block_on(async {
        let admin = &house.engine.handles.admin;
        let incident = || IncidentId::parse(&id).unwrap();
        admin.annotate(incident(), Some(words("Seen here, too.")), actor()).await.unwrap();
        admin.retract(incident(), Some(words("A test of ours <b>.")), actor()).await.unwrap();
        let note = Note { words: words("They know."), link: Some("https://example.org/x".into()), until: None };
        admin.add_note(Slug::parse("chat").unwrap(), note, actor()).await.unwrap();
        // Lists are read from the archive, which follows within a second.
        admin.projected().await.unwrap();
    });
    house.published();
    let now = house.get("/api/v1/services/chat").json();
    assert!(now["incident"].is_null() && now["last_problem"].is_null(), "{now}");
    assert_eq!((&now["phase"], &now["notes"][0]["text"]), (&"none".into(), &"They know.".into()));
    assert!(house.get("/s/chat").text().contains("They know."));
    let why = "A test of ours <b>.";
    for path in ["/api/v1/services/chat/incidents", "/api/v1/services/chat/incidents?limit=5", "/api/v1/incidents"] {
        let one = house.get(path).json()["incidents"][0].clone();
        assert_eq!((&one["retracted"], &one["remark"]), (&why.into(), &"Seen here, too.".into()), "{path}");
        assert!(!one["closed"].is_null(), "{path}");
    }
    assert_eq!(house.get(&format!("/api/v1/incidents/{id}")).json()["retracted"], why);
    assert!(house.get("/s/chat/history").text().contains("· retracted"));
    let page = house.get(&format!("/s/chat/incidents/{id}")).text().to_owned();
    assert!(page.contains("Seen here, too.") && page.contains("A test of ours &"), "{page}");
    assert!(house.get("/s/chat/feed.atom").text().contains("Retracted: "));
}

#[test]
fn who_contests_a_decision_need_not_look_for_the_reports_id_and_the_operator_finds_it() {
    let house = House::new();
    let body = "symptom=login&text=Buy+followers+now%2C+write+to+me+on+telegram+%40cheap_deals";
    let sent = house.form("/s/chat/report", body);
    let token = sent.header("location").unwrap().rsplit('/').next().unwrap().split('?').next().unwrap().to_owned();
    house.engine.block_on(house.engine.handles.admin.projected()).unwrap();
    let follow = house.get(&format!("/r/{token}")).text().to_owned();
    let link = follow.split("href=\"").find(|l| l.starts_with("/feedback?")).expect(&follow);
    let link = link.split('"').next().unwrap().replace("&amp;", "&").replace("&#38;", "&");
    let id = link.rsplit_once("report=").expect(&link).1;
    let form = house.get(&link).text().to_owned();
    assert!(form.contains(&format!("name=\"report\" value=\"{id}\"")), "{form}");
    assert!(form.contains("value=\"contest\" required checked"), "{form}");
    house.form("/feedback", &format!("choice=contest&service=chat&report={id}&words=It+was+a+joke"));
    let kept = house.engine.block_on(house.engine.handles.admin.surveys(allclear_ports::Listing::newest(10))).unwrap();
    assert_eq!(kept[0].report.map(|r| r.to_string()).as_deref(), Some(id));
    let odd = house.get("/feedback?choice=contest&report=%3Cb%3E").text().to_owned();
    assert!(!odd.contains("name=\"report\""), "what is no id is left out: {odd}");
}

#[test]
fn who_flags_sees_the_text_again_and_there_is_nothing_to_flag_where_none_is_shown() {
    let house = House::new();
    let sent = house.form("/s/chat/report", "symptom=login&text=Sign+in+fails+with+%3Cb%3E+since+nine");
    assert_eq!(sent.status, 303);
    house.published();
    house.form("/s/chat/report", "symptom=login");
    house.engine.block_on(house.engine.handles.admin.projected()).unwrap();
    let lines = house.get("/api/v1/services/chat/reports").json()["reports"].clone();
    let id = |n: usize| lines[n]["id"].as_str().unwrap().to_owned();
    let page = house.get(&format!("/s/chat/reports/{}/flag", id(1)));
    assert_eq!(page.status, 200);
    assert!(page.text().contains("Sign in fails with &"), "{}", page.text());
    assert_eq!(house.get(&format!("/s/chat/reports/{}/flag", id(0))).status, 404, "it has no text");
    assert_eq!(house.get(&format!("/s/mail/reports/{}/flag", id(1))).status, 404, "of another service");
}
