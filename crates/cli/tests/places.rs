//! Country and network from files in MaxMind's format.

use crate::support::{NO_LIMITS, Site, allclear_in, http, journal};
use allclear_model::signal::ReportAccepted;
use allclear_model::{Country, Signal};
use allclear_testkit::mmdb::{Record, mmdb};
use std::path::Path;

const COUNTRIES: [(&str, u8, Record); 2] =
    [("192.0.2.0", 24, Record::Country("DE")), ("2001:db8::", 32, Record::Country("JP"))];
const SYSTEMS: [(&str, u8, Record); 2] =
    [("192.0.2.0", 25, Record::System(64_500)), ("192.0.2.128", 25, Record::System(64_501))];

/// Reports from these addresses, as the journal has them.
fn reports(data: &Path, env: &[(&str, &str)], from: &[(&str, &str)]) -> Vec<ReportAccepted> {
    let site = Site::start(data, &[&NO_LIMITS[..], env].concat());
    for (address, body) in from {
        let headers = [("content-type", "application/json"), ("x-forwarded-for", *address)];
        let answer = http(&site.addr, "POST", "/api/v1/services/openrouter/reports", &headers, body).unwrap();
        assert_eq!(answer.status, 202, "{address}: {}", answer.body);
    }
    site.stop();
    let kept = journal(data).into_iter().filter_map(|e| match e.signal {
        Signal::ReportAccepted(r) => Some(r),
        _ => None,
    });
    kept.collect()
}

#[test]
fn country_and_network_of_a_report_come_from_the_files() {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: Vec<u8>| {
        let path = dir.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let country = write("country.mmdb", mmdb("Test-Country", &COUNTRIES));
    let asn = write("asn.mmdb", mmdb("Test-ASN", &SYSTEMS));
    let files = [("ALLCLEAR_PLACE__COUNTRY_MMDB", country.as_str()), ("ALLCLEAR_PLACE__ASN_MMDB", asn.as_str())];
    let plain = r#"{"symptom":"timeout"}"#;
    let from = [
        ("192.0.2.1", plain),
        ("192.0.2.2", plain),
        ("192.0.2.200", plain),
        ("2001:db8::7", plain),
        ("203.0.113.1", plain),
        ("192.0.2.3", r#"{"symptom":"timeout","country":"FR"}"#),
    ];
    let with = reports(&dir.path().join("with"), &files, &from);
    let countries: Vec<Option<&str>> = with.iter().map(|r| r.country.as_ref().map(Country::as_str)).collect();
    assert_eq!(
        countries,
        [Some("DE"), Some("DE"), Some("DE"), Some("JP"), None, Some("FR")],
        "what somebody says wins over the file"
    );
    // Of one /24, two autonomous systems are two networks; without the file they are one.
    assert_eq!(with[0].network, with[1].network);
    assert_ne!(with[0].network, with[2].network);
    let without = reports(&dir.path().join("without"), &[], &from);
    assert!(without[..5].iter().all(|r| r.country.is_none()));
    assert_eq!(without[0].network, without[2].network);
}

#[test]
fn a_file_that_cannot_be_used_ends_the_start_with_2_and_names_setting_and_path() {
    let dir = tempfile::tempdir().unwrap();
    let whole = mmdb("Test-Country", &COUNTRIES);
    let cut = whole.len() - 40;
    let write = |name: &str, bytes: &[u8]| std::fs::write(dir.path().join(name), bytes).unwrap();
    write("cut.mmdb", &whole[..cut]);
    write("torn.mmdb", &whole[whole.len() / 2..]);
    write("letter.mmdb", b"This is no such file, but a letter.");
    write("asn.mmdb", &mmdb("Test-ASN", &SYSTEMS));
    write("good.mmdb", &whole);
    let start = |text: &str, env: &[(&str, &str)]| {
        std::fs::write(dir.path().join("allclear.toml"), text).unwrap();
        let run = allclear_in(dir.path(), &["serve", "--listen", "127.0.0.1:0"], env, "").ended(2);
        assert!(run.stdout.is_empty(), "{}", run.stdout);
        assert!(!dir.path().join("data").exists(), "nothing was made");
        run.stderr
    };
    for (name, reason) in [
        ("none.mmdb", "cannot be read"),
        ("cut.mmdb", "damaged"),
        ("torn.mmdb", "damaged"),
        ("letter.mmdb", "not a MaxMind DB file"),
        ("asn.mmdb", "tells the country of no address"),
    ] {
        let said = start(&format!("[place]\ncountry_mmdb = \"{name}\"\n"), &[]);
        for part in ["place.country_mmdb", "allclear.toml:2", name, reason] {
            assert!(said.contains(part), "{part} in {said}");
        }
    }
    // Both are told at once, by whoever they were set.
    let said = start("[place]\ncountry_mmdb = \"letter.mmdb\"\n", &[("ALLCLEAR_PLACE__ASN_MMDB", "good.mmdb")]);
    for part in ["place.country_mmdb", "letter.mmdb", "place.asn_mmdb", "ALLCLEAR_PLACE__ASN_MMDB", "good.mmdb"] {
        assert!(said.contains(part), "{part} in {said}");
    }
}
