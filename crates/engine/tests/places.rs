//! Files that tell country and autonomous system.

use allclear_engine::{Place, Places, Tells};
use allclear_model::Country;
use allclear_testkit::mmdb::{Record, mmdb};
use std::path::Path;

const COUNTRIES: [(&str, u8, Record); 4] = [
    ("192.0.2.0", 24, Record::Country("DE")),
    ("198.51.100.0", 25, Record::Country("FR")),
    ("203.0.113.0", 24, Record::Continent("EU")),
    ("2001:db8::", 32, Record::Country("JP")),
];

const SYSTEMS: [(&str, u8, Record); 3] = [
    ("192.0.2.0", 25, Record::System(64_500)),
    ("192.0.2.128", 25, Record::System(64_501)),
    ("2001:db8:1::", 48, Record::System(4_200_000_000)),
];

fn place(country: &str, asn: u32) -> Place {
    Place { country: Country::parse(country).ok(), asn: (asn > 0).then_some(asn) }
}

fn of(places: &Places, address: &str) -> Place {
    places.look_up(address.parse().unwrap())
}

/// Writes the file and reads it for this purpose.
fn add(path: &Path, bytes: &[u8], tells: Tells) -> Result<Places, String> {
    std::fs::write(path, bytes).unwrap();
    let mut places = Places::default();
    places.add(tells, path).map(|()| places)
}

#[test]
fn two_files_tell_country_and_autonomous_system_of_old_and_new_addresses() {
    let dir = tempfile::tempdir().unwrap();
    let (country, asn) = (dir.path().join("country.mmdb"), dir.path().join("asn.mmdb"));
    std::fs::write(&country, mmdb("Test-Country", &COUNTRIES)).unwrap();
    std::fs::write(&asn, mmdb("Test-ASN", &SYSTEMS)).unwrap();
    let mut places = Places::default();
    assert_eq!(of(&places, "192.0.2.1"), Place::default(), "without files nothing is known");
    places.add(Tells::Country, &country).unwrap();
    places.add(Tells::Network, &asn).unwrap();
    for (address, wanted) in [
        ("192.0.2.1", place("DE", 64_500)),
        ("192.0.2.200", place("DE", 64_501)),
        ("::ffff:192.0.2.200", place("DE", 64_501)),
        ("198.51.100.127", place("FR", 0)),
        ("198.51.100.128", Place::default()),
        ("203.0.113.5", Place::default()),
        ("2001:db8:1::9", place("JP", 4_200_000_000)),
        ("2001:db8:2::9", place("JP", 0)),
        ("127.0.0.1", Place::default()),
        ("::", Place::default()),
        ("ff02::1", Place::default()),
    ] {
        assert_eq!(of(&places, address), wanted, "{address}");
    }
}

#[test]
fn what_is_not_such_a_file_is_refused_with_the_reason() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.mmdb");
    let refused = |bytes: &[u8], tells: Tells| add(&path, bytes, tells).unwrap_err();
    assert!(Places::default().add(Tells::Country, &dir.path().join("none")).unwrap_err().contains("cannot be read"));
    assert!(Places::default().add(Tells::Country, dir.path()).unwrap_err().contains("cannot be read"));
    for foreign in [&b""[..], b"SQLite format 3\0", &b"a letter\n".repeat(1000)] {
        assert!(refused(foreign, Tells::Country).contains("is not a MaxMind DB file"));
    }
    let systems = mmdb("Test-ASN", &SYSTEMS);
    let exchanged = refused(&systems, Tells::Country);
    assert!(exchanged.contains("tells the country of no address") && exchanged.contains("Test-ASN"), "{exchanged}");
    assert!(refused(&mmdb("Test-Country", &COUNTRIES), Tells::Network).contains("tells the autonomous system of no"));
    assert!(refused(&mmdb("Test-Country", &COUNTRIES[2..3]), Tells::Country).contains("of no address"));
    assert!(refused(&mmdb("Test-Country", &[]), Tells::Country).contains("do not fit"));
    // Cut at its end, in its middle with the end still there, and before its beginning.
    let whole = mmdb("Test-Country", &COUNTRIES);
    let mark = whole.windows(11).rposition(|w| w == b"MaxMind.com").unwrap() - 3;
    assert!(refused(&whole[..mark], Tells::Country).contains("its end is missing"));
    let tail = &whole[mark..];
    for keep in [0, 1, mark / 2] {
        let torn = [&whole[..keep], tail].concat();
        assert!(refused(&torn, Tells::Country).contains("is damaged"), "{keep} of {mark}");
    }
    assert!(refused(&whole[..mark + 14], Tells::Country).contains("description is damaged"));
}

#[test]
fn no_damage_breaks_a_look_up() {
    // In memory where there is such a folder: a thousand files are written.
    let dir = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
    let path = dir.path().join("x.mmdb");
    let whole = mmdb("Test-Country", &COUNTRIES);
    let (mut refused, mut tried) = (0, 0);
    let mut check = |bytes: &[u8]| {
        tried += 1;
        match add(&path, bytes, Tells::Country) {
            Err(_) => refused += 1,
            Ok(places) => {
                for n in 0u32..24 {
                    let v4 = std::net::Ipv4Addr::from(n.wrapping_mul(0x0b0b_0b0b) ^ 0xc000_0200);
                    let v6 = std::net::Ipv6Addr::from(u128::from(n) << 123 | u128::from(n));
                    for address in [v4.into(), v6.into(), "192.0.2.1".parse().unwrap(), "2001:db8::1".parse().unwrap()]
                    {
                        places.look_up(address);
                    }
                }
            }
        }
    };
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 1 << (at % 8);
        check(&bytes);
        if at % 8 > 0 {
            continue;
        }
        check(&whole[..at]);
        check(&whole[at..]);
        check(&[&whole[..at], &whole[(at + 7).min(whole.len())..]].concat());
    }
    assert!(refused * 2 > tried, "only {refused} of {tried} were refused");
}
