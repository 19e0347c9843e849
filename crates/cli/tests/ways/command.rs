//! `allclear check` over HTTPS, and where somebody stands before a service and turns programs away.

use super::authority::Authority;
use super::names;
use super::upstream::{Upstream, WALL, Way};
use crate::support::{Run, allclear_in};
use std::collections::BTreeMap;
use std::path::Path;

fn check(dir: &Path, address: &str, env: &[(&str, &str)]) -> Run {
    let env = [&[("ALLCLEAR_NETWORK__PRIVATE_RANGES", "127.0.0.0/8")], env].concat();
    allclear_in(dir, &["check", address, "--json"], &env, "")
}

#[test]
fn a_wall_before_the_service_is_no_outage_and_ends_with_its_own_code() {
    let dir = tempfile::tempdir().unwrap();
    let walled = Upstream::begin("127.0.0.31", WALL, None);
    let url = format!("http://{}/", walled.at);
    check(dir.path(), &url, &[]).ended(0);
    walled.fail();
    let told = check(dir.path(), &url, &[]).ended(3).json();
    assert_eq!((told["outcome"].as_str(), told["reason"]["code"].as_str()), (Some("blocked"), Some("wall")), "{told}");
    assert!(told["reason"]["said"].as_str().unwrap().contains("Cloudflare"), "{told}");
    assert_eq!(told["http"]["status"], 403);
}

#[test]
fn over_https_the_operators_authority_is_trusted_and_the_certificate_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let (authority, ca) = (Authority::new(), dir.path().join("ca.pem"));
    authority.write(&ca);
    let trusted = [("ALLCLEAR_NETWORK__CA_FILE", "ca.pem")];
    let expired = Way::Certificate(authority.server("127.0.0.32", -30));
    let server = Upstream::begin("127.0.0.32", expired, Some(authority.server("127.0.0.32", 5)));
    let url = format!("https://{}/", server.at);

    let up = check(dir.path(), &url, &trusted).ended(0).json();
    assert_eq!((up["outcome"].as_str(), up["http"]["status"].as_u64()), (Some("up"), Some(200)), "{up}");
    assert!(up["tls"]["issuer"].as_str().unwrap().contains("Test Authority"), "{up}");
    assert_eq!(up["tls"]["days_left"], 5, "{up}");
    assert!(up["phases_ms"]["tls"].as_f64() > Some(0.0), "{up}");
    assert!(up["findings"].to_string().contains("ends in 5 days"), "{up}");

    let stranger = check(dir.path(), &url, &[]).ended(1).json();
    assert_eq!((stranger["outcome"].as_str(), stranger["reason"]["code"].as_str()), (Some("down"), Some("tls")));
    server.fail();
    let expired = check(dir.path(), &url, &trusted).ended(1).json();
    assert_eq!(expired["reason"]["code"], "tls", "{expired}");
    assert!(expired["reason"]["said"].as_str().unwrap().contains("certificate"), "{expired}");
}

#[test]
fn a_name_that_does_not_exist_is_down_where_the_resolver_knows_the_root() {
    let dir = tempfile::tempdir().unwrap();
    let resolver = names::serve(BTreeMap::new()).at.to_string();
    let env = [("ALLCLEAR_NETWORK__RESOLVER", resolver.as_str())];
    for address in ["http://gone.example.test/", "dns://gone.example.test"] {
        let told = check(dir.path(), address, &env).ended(1).json();
        assert_eq!((told["outcome"].as_str(), told["reason"]["code"].as_str()), (Some("down"), Some("dns")), "{told}");
    }
}
