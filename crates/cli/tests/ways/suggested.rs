//! What is only suggested is asked of nobody: no name of it is looked up, and nobody connects to it.

use super::upstream::{Upstream, Way};
use super::{names, service};
use crate::support::{Site, allclear_in, http, until};
use std::collections::BTreeMap;
use std::net::IpAddr;

const HOST: &str = "suggested.example.test";

#[test]
fn a_suggested_address_is_neither_looked_up_nor_asked_while_it_waits_and_when_it_is_turned_down() {
    let dir = tempfile::tempdir().unwrap();
    let own = dir.path().join("own");
    // Both would be seen: who asks for the name, and who connects to what it names.
    let suggested = Upstream::begin("127.0.0.35", Way::Never, None);
    let names = names::serve(BTreeMap::from([(HOST, vec![IpAddr::from([127, 0, 0, 35])])]));
    let watched = Upstream::begin("127.0.0.36", Way::Never, None);
    service(&own, "watched", &format!("[check]\nurl = \"http://{}/\"\n", watched.at));
    let resolver = names.at.to_string();
    let env = [
        ("ALLCLEAR_NETWORK__PRIVATE_RANGES", "127.0.0.0/8"),
        ("ALLCLEAR_NETWORK__RESOLVER", resolver.as_str()),
        ("ALLCLEAR_CATALOGUE__INCLUDE", "none"),
        ("ALLCLEAR_WATCH__EVERY_S", "1"),
        ("ALLCLEAR_WATCH__CHECKS", "on"),
    ];
    let site = Site::start_with(&dir.path().join("data"), &["--catalogue", own.to_str().unwrap()], &env);
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let address = format!("http://{HOST}:{}/", suggested.at.port());
    let coded = address.replace(':', "%3A").replace('/', "%2F");
    let body = format!("name=Suggested+Works&homepage={coded}&why=see+{coded}");
    let sent = http(&site.addr, "POST", "/suggest", &form, &body).unwrap();
    assert_eq!(sent.status, 303, "{}", sent.body);
    let thanks = sent.header("location").unwrap().to_owned();

    // Everybody who may look at it does so, and the checks of others go on meanwhile.
    let looks = || {
        let before = watched.connections();
        until("three more looks at what is watched", || (watched.connections() >= before + 3).then_some(()));
        assert!(!names.asked(HOST) && suggested.connections() == 0);
    };
    assert_eq!(site.get(&thanks).status, 200);
    let listed = site.run(&["admin", "suggestions", "list", "--json"]).json();
    assert_eq!(listed[0]["host"], HOST, "{listed}");
    site.run(&["admin", "reload"]).ended(0);
    looks();
    let number = thanks.rsplit_once("n=").unwrap().1;
    site.run(&["admin", "suggestions", "reject", number]).ended(0);
    looks();
    site.stop();

    // And both are seen when they are asked.
    allclear_in(dir.path(), &["check", &address], &env, "").ended(0);
    assert!(names.asked(HOST) && suggested.connections() > 0);
}
