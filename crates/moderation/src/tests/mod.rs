//! The rules on the labelled corpus and on whatever else people may send.

mod corpus;
mod learn;
mod properties;

use crate::{Context, Judged, judge};
use allclear_model::moderation::{Decision, Reason};
use allclear_model::redact::FreeText;
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// Hosts of the catalogue and of its status pages.
static HOSTS: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../catalogue/services");
    let mut hosts = BTreeSet::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        for part in text.split("https://").skip(1) {
            let host = part.split(['/', '"', ':', '?', '#']).next().unwrap();
            hosts.insert(host.strip_prefix("www.").unwrap_or(host).to_lowercase());
        }
    }
    hosts
});

/// As the site does it: a host of the catalogue, or one below it.
fn known(host: &str) -> bool {
    let mut rest = host;
    loop {
        if HOSTS.contains(rest) {
            return true;
        }
        match rest.split_once('.') {
            Some((_, shorter)) => rest = shorter,
            None => return false,
        }
    }
}

fn free(text: &str) -> FreeText {
    FreeText::parse(text, 10_000).unwrap().unwrap()
}

fn judged(text: &str, alike: u32) -> Judged {
    judge(&free(text), &Context { alike, known_host: &known })
}

#[test]
fn what_everybody_writes_in_an_outage_is_shown_however_often_and_a_campaign_is_held() {
    for same in [
        "down",
        "not working brazil",
        "401 since 9am ???",
        "error 503 service unavailable on every call",
        "Internal server error. Something went wrong, please try again later",
        "I cannot log in since this morning, it says internal server error",
    ] {
        assert_eq!(judged(same, 500), Judged { decision: Decision::Show, reasons: vec![] }, "{same}");
    }
    let campaign = "please let everybody know that we are many and that we are not alone in this";
    assert_eq!(judged(campaign, 0).decision, Decision::Show);
    let held = judged(campaign, 500);
    assert_eq!((held.decision, held.reasons), (Decision::Hold, vec![Reason::Repeated]));
}
