//! Which addresses and spellings may be reached.

use allclear_signals::dial::{BadTarget, Guard, HostOf, Target};
use std::net::IpAddr;

/// What the guard says of the host of an address: `None` where it is a name, which the guard only judges by its addresses.
fn judged(guard: &Guard, url: &str) -> Result<Option<String>, BadTarget> {
    let target = Target::parse(url)?;
    Ok(match target.host {
        HostOf::Name(_) => None,
        HostOf::Ip(ip) => {
            Some(guard.check(ip, target.port, true).map_or_else(|e| e.to_string(), |()| "allowed".to_owned()))
        }
    })
}

const REFUSED: &[&str] = &[
    // Loopback, in every spelling that browsers and libraries understand.
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "127.255.255.254",
    "2130706433",
    "0x7f000001",
    "0x7f.1",
    "0x7F.0.0.1",
    "017700000001",
    "0177.0.0.1",
    "127.0.0.1.",
    "0177.1",
    "127.0x1",
    "1%327.0.0.1",
    "%31%32%37.0.0.1",
    "\u{ff11}27.0.0.1",
    "127\u{3002}0\u{3002}0\u{3002}1",
    "\u{2460}27.0.0.1",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[::0001]",
    "[0000::1]",
    // IPv4 in IPv6's clothes.
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::FFFF:10.0.0.1]",
    "[::ffff:169.254.169.254]",
    "[::127.0.0.1]",
    "[::7f00:1]",
    "[::ffff:8.8.8.8]",
    "[::8.8.8.8]",
    "[0:0:0:0:0:ffff:192.168.0.1]",
    // Translation and transition.
    "[64:ff9b::127.0.0.1]",
    "[64:ff9b::8.8.8.8]",
    "[64:ff9b:1::1]",
    "[64:ff9b:1:ffff::10.0.0.1]",
    "[2002:7f00:1::]",
    "[2002:c0a8:0101::1]",
    "[2002:808:808::1]",
    "[2001::1]",
    "[2001:0:4136:e378:8000:63bf:3fff:fdd2]",
    // This network, private, shared, link-local.
    "0.0.0.0",
    "0",
    "0x0",
    "0.1.2.3",
    "[::]",
    "10.0.0.1",
    "10.255.255.255",
    "012.0.0.1",
    "0xa000001",
    "167772161",
    "100.64.0.1",
    "100.127.255.254",
    "169.254.0.1",
    "169.254.169.254",
    "0xa9fea9fe",
    "2852039166",
    "169.254.43518",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.0.1",
    "192.168.1",
    "3232235521",
    "[fc00::1]",
    "[fd12:3456:789a::1]",
    "[fdff::]",
    "[fe80::1]",
    "[febf::1]",
    "[fec0::1]",
    // Where clouds keep secrets.
    "[fd00:ec2::254]",
    "100.100.100.200",
    "192.0.0.192",
    "168.63.129.16",
    // Documentation, benchmarks, protocol assignments.
    "192.0.2.1",
    "198.51.100.7",
    "203.0.113.9",
    "198.18.0.1",
    "198.19.255.255",
    "192.0.0.1",
    "192.0.0.170",
    "192.88.99.1",
    "[2001:db8::1]",
    "[3fff::1]",
    "[2001:2::1]",
    "[2001:10::1]",
    "[2001:20::1]",
    // Multicast, reserved, broadcast.
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "[ff02::1]",
    "[ff0e::1]",
    "[100::1]",
    "[4000::1]",
    "[e000::1]",
    "[5f00::1]",
    "[1::1]",
];

#[test]
fn nothing_but_public_addresses_is_reached_however_they_are_spelt() {
    let guard = Guard::default();
    assert!(REFUSED.len() >= 80, "{}", REFUSED.len());
    for host in REFUSED {
        let said = judged(&guard, &format!("http://{host}/"));
        assert!(matches!(&said, Ok(Some(said)) if said.contains("is not a public address")), "{host}: {said:?}");
    }
    for host in [
        "1.1.1.1",
        "8.8.8.8",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "126.255.255.255",
        "128.0.0.1",
        "169.253.0.1",
        "172.15.255.255",
        "172.32.0.0",
        "192.0.1.1",
        "192.167.255.255",
        "192.169.0.0",
        "198.17.255.255",
        "198.20.0.0",
        "223.255.255.255",
        "[2606:4700::1111]",
        "[2a00:1450:4001::1]",
        "[2001:4860:4860::8888]",
        "[2400:cb00::1]",
        "134744072",
    ] {
        assert_eq!(judged(&guard, &format!("http://{host}/")), Ok(Some("allowed".to_owned())), "{host}");
    }
}

#[test]
fn only_the_web_and_no_credentials_make_a_target() {
    for (url, why) in [
        ("ftp://example.org/", "scheme"),
        ("file:///etc/passwd", "scheme"),
        ("gopher://example.org/", "scheme"),
        ("unix:/run/x.sock", "scheme"),
        ("data:text/html,x", "scheme"),
        ("javascript:alert(1)", "scheme"),
        ("http://user@example.org/", "user name"),
        ("http://:secret@example.org/", "user name"),
        ("http://example.org@127.0.0.1/", "user name"),
        ("http:///", "is not an address"),
        ("http://[::1", "is not an address"),
        ("http://[fe80::1%25eth0]/", "is not an address"),
        ("http://256.1.1.1/", "is not an address"),
        ("http://1.2.3.4.5/", "is not an address"),
        ("http://a b/", "is not an address"),
        ("http://example.org:99999/", "is not an address"),
        ("example.org", "is not an address"),
        ("", "is not an address"),
    ] {
        let e = Target::parse(url).unwrap_err().to_string();
        assert!(e.contains(why), "{url}: {e}");
    }
    // A browser reads these as hosts, and so do we.
    for (url, host) in [
        ("http:example.org", "example.org"),
        ("http:\\\\example.org\\x", "example.org"),
        ("HTTPS://EXAMPLE.ORG./", "example.org"),
        ("http://ex\tample.org/", "example.org"),
        ("http://b\u{fc}cher.example/", "xn--bcher-kva.example"),
    ] {
        assert_eq!(Target::parse(url).unwrap().host, HostOf::Name(host.to_owned()), "{url:?}");
    }
}

#[test]
fn an_operator_may_name_ranges_and_only_those_are_reached() {
    let guard = Guard::with_ranges(vec!["10.1.0.0/16".parse().unwrap(), "fd12::/16".parse().unwrap()]);
    let may = |ip: &str| guard.check(ip.parse::<IpAddr>().unwrap(), 443, false).is_ok();
    assert!(may("10.1.2.3") && may("fd12::1") && may("::ffff:10.1.2.3") && may("1.1.1.1"));
    assert!(!may("10.2.0.1") && !may("127.0.0.1") && !may("fd13::1") && !may("::ffff:10.2.0.1"));
}

#[test]
fn a_stranger_s_answer_leads_to_no_port_but_the_web_s() {
    let guard = Guard::default();
    let ip: IpAddr = "1.1.1.1".parse().unwrap();
    for port in [80, 443, 8080, 8443] {
        assert!(guard.check(ip, port, false).is_ok());
    }
    for port in [22, 25, 53, 3306, 5432, 6379, 9200, 11211] {
        assert!(guard.check(ip, port, false).is_err() && guard.check(ip, port, true).is_ok(), "{port}");
    }
}
