//! `allclear check`: one check, run now.

use crate::support::{Site, allclear, allclear_in};

/// A loopback address is no public one; this names it.
const HERE: [(&str, &str); 1] = [("ALLCLEAR_NETWORK__PRIVATE_RANGES", "127.0.0.0/8")];

#[test]
fn a_check_tells_phases_and_outcome_and_ends_with_its_code() {
    let dir = tempfile::tempdir().unwrap();
    let site = Site::start(&dir.path().join("data"), &[]);
    let check = |args: &[&str]| allclear_in(dir.path(), &[&["check"], args].concat(), &HERE, "");
    let url = format!("http://{}/api/v1/services/openrouter", site.addr);

    let up = check(&[&url, "--json", "--expect", "status == 200", "--expect", "json $.slug == \"openrouter\""])
        .ended(0)
        .json();
    assert_eq!((up["outcome"].as_str(), up["family"].as_str()), (Some("up"), Some("ipv4")));
    assert!(up["reason"].is_null() && up.get("reason").is_some(), "{up}");
    assert_eq!((up["http"]["version"].as_str(), up["http"]["status"].as_u64()), (Some("1.1"), Some(200)));
    assert!(up["phases_ms"]["connect"].is_number() && up["phases_ms"]["first_byte"].is_number());
    assert!(up["phases_ms"]["total"].as_f64() > Some(0.0) && up["phases_ms"]["tls"].is_null() && up["tls"].is_null());

    let told = check(&[&url]).ended(0).stdout;
    assert!(told.contains(": up\n") && told.contains("  first byte ") && told.contains("200 over HTTP/1.1"), "{told}");

    let down = check(&[&url, "--json", "--expect", "header server == \"other\""]).ended(1).json();
    assert_eq!(down["outcome"], "down");
    assert_eq!(down["reason"]["code"], "condition");
    assert!(down["reason"]["said"].as_str().unwrap().contains("expected: header server == \"other\""), "{down}");

    let port = site.addr.rsplit_once(':').unwrap().1;
    check(&[&format!("tcp://127.0.0.1:{port}")]).ended(0);
    check(&[&format!("tls://127.0.0.1:{port}"), "--timeout", "5"]).ended(1);
    site.stop();
    check(&[&url]).ended(1);
    // Without the range named, the same address is not asked.
    let refused = allclear(&["check", &url, "--json"]).ended(4).json();
    assert_eq!(
        (refused["outcome"].as_str(), refused["reason"]["code"].as_str()),
        (Some("inconclusive"), Some("refused"))
    );
}

#[test]
fn a_check_of_a_service_asks_what_its_file_names_and_never_calls_a_machine_without_a_way_out_an_outage() {
    // Nobody answers for names at this address, as on a machine without a network.
    let env = [("ALLCLEAR_NETWORK__RESOLVER", "127.0.0.1:9")];
    let dir = tempfile::tempdir().unwrap();
    let run = allclear_in(dir.path(), &["check", "openrouter", "--json"], &env, "").ended(4).json();
    assert_eq!((run["outcome"].as_str(), run["reason"]["code"].as_str()), (Some("inconclusive"), Some("no_network")));
}

#[test]
fn what_cannot_be_checked_is_usage_and_says_what_can() {
    for (args, why) in [
        (&["check", "no-such-service"][..], "neither a service's slug"),
        (&["check", "gopher://example.org/"], "known are http, https, tls, tcp, dns and icmp"),
        (&["check", "tcp://example.org"], "a host and a port"),
        (&["check", "dns://example.org/XYZ"], "must be one of A, AAAA"),
        (&["check", "https://example.org/", "--expect", "colour == 3"], "known are status, body"),
        (&["check", "tcp://example.org:22", "--expect", "status == 200"], "cannot be asked of a check over tcp"),
        (&["check", "https://example.org/", "--method", "DELETE"], "must be GET or HEAD"),
        (&["check", "https://example.org/", "--header", "nonsense"], "must be NAME: VALUE"),
        (&["check", "openrouter", "--method", "HEAD"], "--method is for addresses"),
        (&["check", "tls://example.org", "--method", "HEAD"], "--method is of no use"),
        (&["check", "https://example.org/", "--header", "Host: other.example"], "host belongs to the connection"),
        (
            &["check", "https://example.org/", "--header", "Content-Length: 5"],
            "content-length belongs to the connection",
        ),
        (&["check", "https://example.org/", "--header", "x: a\r\nEvil: b"], "a sign that HTTP cannot carry"),
        (&["check", "https://"], "is not an address"),
        (&["check", "http://user:pw@example.org/"], "a user name or password"),
        (&["check", "http://example.org:0/"], "there is no port 0"),
        (&["check", "tcp://exa mple.org:22"], "is not an address"),
        (&["check", "dns://127.0.0.1"], "a DNS check asks about a name"),
    ] {
        let run = allclear(args).ended(2);
        assert!(run.stderr.contains(why) && run.stdout.is_empty(), "{args:?}: {}", run.stderr);
    }
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("ca.pem"), "no certificate").unwrap();
    let env = [("ALLCLEAR_NETWORK__CA_FILE", "ca.pem")];
    let run = allclear_in(dir.path(), &["check", "https://example.org/"], &env, "").ended(2);
    assert!(run.stderr.contains("network.ca_file: ca.pem: there is no certificate in it"), "{}", run.stderr);
}
