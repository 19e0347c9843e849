//! A site below a path of another site.

use super::house::House;
use crate::BaseUrl;

fn below() -> House {
    House::with(|cfg| cfg.base_url = BaseUrl::parse("https://example.org/status").unwrap())
}

#[test]
fn below_a_path_every_link_and_redirect_stays_below_it() {
    let house = below();
    house.published();
    for path in
        ["/status/", "/status", "/status/s/chat", "/status/s/chat/guide", "/status/privacy", "/status/s/nothing"]
    {
        let got = house.get(path);
        for attribute in ["href=\"/", "src=\"/", "action=\"/"] {
            for at in got.text().match_indices(attribute).map(|(i, _)| i + attribute.len() - 1) {
                let link: String = got.text()[at..].chars().take_while(|c| *c != '"').collect();
                assert!(link.starts_with("/status"), "{path} links to {link}");
            }
        }
    }
    assert_eq!(house.get("/status/s/chit-chat").header("location"), Some("/status/s/chat"));
    assert_eq!(house.get("/status/s/chat/").header("location"), Some("/status/s/chat"));
    let posted = house.form("/status/s/chat/report", "symptom=login");
    assert_eq!(posted.status, 303);
    let follow = posted.header("location").unwrap();
    assert!(follow.starts_with("/status/r/"), "{follow}");
    assert_eq!(house.get(follow).status, 200);
    for outside in ["/", "/s/chat", "/statuses", "/api/v1/services"] {
        assert_eq!(house.get(outside).status, 404, "{outside}");
    }
    let incident_type = house.get("/status/api/v1/services/none").json()["type"].as_str().unwrap().to_owned();
    assert_eq!(incident_type, "https://example.org/status/api#no-such-service");
}
