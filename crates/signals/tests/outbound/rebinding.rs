//! A name that leads elsewhere the second time, and answers that lead inside.

use crate::authority::Authority;
use crate::nameserver::{Kind, Nameserver, Zone};
use crate::upstream::{Act, Upstream, answer};
use crate::{dialer, dialer_trusting, http, run, said};

/// Two loopback addresses play the public server and the inner one: only the first is allowed.
const PUBLIC: &str = "127.0.0.2/32";

#[tokio::test]
async fn a_name_is_resolved_once_and_the_address_that_was_judged_is_the_one_reached() {
    let inner = Upstream::answering(&answer("200 OK", "", "secret")).await;
    let port = inner.address.port();
    let public = Upstream::start(&format!("127.0.0.2:{port}"), None, move |_, _| {
        Act::Send(answer("200 OK", "", "public").into_bytes())
    })
    .await;
    let zone = [("rebind.example", vec![vec!["127.0.0.2".parse().unwrap()], vec!["127.0.0.1".parse().unwrap()]])];
    let names = Nameserver::start(Kind::Sound, zone.into()).await;

    let check = http(&format!("http://rebind.example:{port}/"), &["body == \"public\""]);
    assert_eq!(said(&run(dialer(&[PUBLIC], names.address), &check).await), "up: ");
    assert_eq!(names.asked("rebind.example"), 1, "one question for one connection");
    // The second time the name leads inside, and nothing is reached.
    assert_eq!(
        said(&run(dialer(&[PUBLIC], names.address), &check).await),
        "inconclusive: 127.0.0.1 is not a public address (loopback)"
    );
    assert_eq!((public.connections(), inner.connections()), (1, 0));
}

#[tokio::test]
async fn a_redirect_is_judged_anew_so_that_none_leads_inside() {
    let inner = Upstream::answering(&answer("200 OK", "", "secret")).await;
    let port = inner.address.port();
    let zone: Zone = [
        ("inside.example", vec![vec!["127.0.0.1".parse().unwrap()]]),
        ("inside6.example", vec![vec!["::1".parse().unwrap()]]),
    ]
    .into();
    for (n, location) in [
        format!("http://rebind.example:{port}/again"),
        format!("http://inside.example:{port}/"),
        format!("http://inside6.example:{port}/"),
        format!("http://127.0.0.1:{port}/"),
        format!("http://2130706433:{port}/"),
        format!("http://[::ffff:127.0.0.1]:{port}/"),
        format!("//0x7f.1:{port}/"),
        "http://169.254.169.254/latest/meta-data/".to_owned(),
        "http://127.0.1.8:22/".to_owned(),
    ]
    .into_iter()
    .enumerate()
    {
        let redirect = answer("302 Found", &format!("location: {location}\r\n"), "");
        // Each case has a public server of its own, since addresses are not free again at once.
        let own = format!("127.0.1.{n}");
        let public =
            Upstream::start(&format!("{own}:{port}"), None, move |_, _| Act::Send(redirect.clone().into_bytes())).await;
        let mut zone = zone.clone();
        zone.insert("rebind.example", vec![vec![own.parse().unwrap()], vec!["127.0.0.1".parse().unwrap()]]);
        let names = Nameserver::start(Kind::Sound, zone).await;
        let check = http(&format!("http://rebind.example:{port}/"), &[]);
        let checked = run(dialer(&["127.0.1.0/24"], names.address), &check).await;
        assert!(
            said(&checked).starts_with("inconclusive: ") && checked.outcome.why().unwrap().contains("not"),
            "{location}: {}",
            said(&checked)
        );
        assert_eq!((public.connections(), inner.connections()), (1, 0), "{location}");
    }
}

#[tokio::test]
async fn redirects_are_followed_as_often_as_said_and_never_out_of_https_or_to_another_scheme() {
    let again = Upstream::start("127.0.0.1:0", None, |n, _| {
        Act::Send(answer("301 Moved", &format!("location: /{n}\r\n"), "").into_bytes())
    })
    .await;
    let checked = crate::run_here(&http(&again.url("/"), &[])).await;
    assert_eq!(said(&checked), "down: more than 5 redirects");
    assert_eq!(again.connections(), 6);

    let elsewhere = Upstream::answering(&answer("302 Found", "location: file:///etc/passwd\r\n", "")).await;
    let checked = crate::run_here(&http(&elsewhere.url("/"), &[])).await;
    assert_eq!(said(&checked), "inconclusive: the scheme \"file\" is not allowed, only http and https are");

    let authority = Authority::new();
    let plain = Upstream::answering(&answer("200 OK", "", "")).await;
    let location = answer("302 Found", &format!("location: {}\r\n", plain.url("/")), "");
    let server = authority.server("secure.example", (2040, 1, 1), &[]);
    let secure =
        Upstream::start("127.0.0.1:0", Some(server), move |_, _| Act::Send(location.clone().into_bytes())).await;
    let zone = [("secure.example", vec![vec!["127.0.0.1".parse().unwrap()]])];
    let names = Nameserver::start(Kind::Sound, zone.into()).await;
    let check = http(&format!("https://secure.example:{}/", secure.address.port()), &[]);
    let checked = run(dialer_trusting(&["127.0.0.0/8"], names.address, authority.tls()), &check).await;
    assert_eq!(said(&checked), format!("down: a redirect leads from https to {}", plain.url("/")));
    assert_eq!(plain.connections(), 0);
}
