//! An agent whose site is behind a proxy with a certificate of the operator's own authority.

use super::authority::Authority;
use super::service;
use super::upstream::{self, Upstream};
use crate::support::{Agent, Site, Way, until};

#[test]
fn an_agent_reaches_its_site_over_https_where_the_operators_authority_is_named_and_else_sends_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let own = dir.path().join("own");
    let service_at = Upstream::begin("127.0.0.33", upstream::Way::Never, None).at;
    service(&own, "svc", &format!("[check]\nurl = \"http://{service_at}/up\"\n"));
    let authority = Authority::new();
    authority.write(&dir.path().join("ca.pem"));
    let env = [
        ("ALLCLEAR_NETWORK__PRIVATE_RANGES", "127.0.0.0/8"),
        ("ALLCLEAR_CATALOGUE__INCLUDE", "none"),
        ("ALLCLEAR_WATCH__EVERY_S", "1"),
    ];
    let site = Site::start_with(&dir.path().join("data"), &["--catalogue", own.to_str().unwrap()], &env);
    let way = Way::over_tls("127.0.0.34", &site, authority.server("127.0.0.34", 90));
    let server = format!("https://{}", way.at);
    let found = || site.get("/api/v1/services/svc").json()["checks"].clone();
    let begin = |name: &str, env: &[(&str, &str)]| {
        let token = format!("{name}.token");
        site.run(&["admin", "agents", "add", name, "--out", dir.path().join(&token).to_str().unwrap()]).ended(0);
        let range = [("ALLCLEAR_NETWORK__PRIVATE_RANGES", "127.0.0.0/8")];
        let flags = ["--server", &server, "--token", &token, "--location", name];
        Agent::start(dir.path(), &[], &flags, &[&range, env].concat())
    };
    let stranger = begin("iad", &[]);
    let trusting = begin("fra", &[("ALLCLEAR_NETWORK__CA_FILE", "ca.pem")]);
    trusting.connected();
    until("what it finds is on the board", || (found()[0]["outcome"] == "up").then_some(()));
    until("the other one says why it is not", || stranger.log().contains("certificate").then_some(()));
    let all = found();
    assert!(all.as_array().unwrap().iter().all(|c| c["location"] == "fra"), "{all}");
    site.stop();
}
