//! Nothing that tells who somebody is, or what they typed, is left in the data folder or the log.

use crate::support::{NO_LIMITS, Site, http};
use std::net::IpAddr;
use std::path::Path;

/// Every file below `dir`, with its name.
fn contents(dir: &Path, into: &mut Vec<(String, Vec<u8>)>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            contents(&path, into);
        } else {
            into.push((path.display().to_string(), std::fs::read(&path).unwrap()));
        }
    }
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|w| w.eq_ignore_ascii_case(part))
}

/// What an address may look like: as text in any usual form, and as bytes in either order.
fn forms(addr: &str) -> Vec<Vec<u8>> {
    let mut all = vec![addr.as_bytes().to_vec()];
    let hex = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect::<Vec<_>>().concat().into_bytes();
    let bytes = match addr.parse().unwrap() {
        IpAddr::V4(v4) => {
            all.push(u32::from(v4).to_string().into_bytes());
            v4.octets().to_vec()
        }
        IpAddr::V6(v6) => {
            let groups = v6.segments();
            all.push(groups.map(|g| format!("{g:04x}")).join(":").into_bytes());
            // The household and the network of it.
            all.push(groups[..4].iter().map(|g| format!("{g:x}")).collect::<Vec<_>>().join(":").into_bytes());
            all.push(v6.octets()[..8].to_vec());
            all.push(hex(&v6.octets()[..8]));
            v6.octets().to_vec()
        }
    };
    all.push(hex(&bytes));
    all.push(bytes.iter().rev().copied().collect());
    all.push(bytes);
    all
}

#[test]
fn no_address_no_free_text_and_no_key_is_left_in_any_file_or_in_the_log() {
    const ADDRESSES: [&str; 3] = ["203.0.113.77", "2001:db8:1234:5678:9abc:def0:1357:2468", "198.51.100.23"];
    const TYPED: [&str; 6] = [
        "zebra-in-the-form",
        "zebra-in-the-document",
        "zebra-in-the-error",
        "zebra-in-a-key-of-the-api",
        "zebra-in-a-key-of-the-command",
        "zebra@mail.example",
    ];
    let dir = tempfile::tempdir().unwrap();
    let env: Vec<_> = NO_LIMITS.into_iter().chain([("ALLCLEAR_LOG__LEVEL", "trace")]).collect();
    let site = Site::start(&dir.path().join("data"), &env);
    let post = |path: &str, kind: &str, from: &str, more: &[(&str, &str)], body: &str| {
        let mut headers = vec![("content-type", kind), ("x-forwarded-for", from)];
        headers.extend_from_slice(more);
        http(&site.addr, "POST", path, &headers, body).unwrap()
    };
    const FORM: &str = "application/x-www-form-urlencoded";
    const JSON: &str = "application/json";
    for from in ADDRESSES {
        let form = format!("symptom=other&text={}&error={}&country=DE", TYPED[0], TYPED[2]);
        assert_eq!(post("/s/openrouter/report", FORM, from, &[], &form).status, 303);
        let json = format!("{{\"symptom\":\"api-key\",\"text\":\"{}\",\"error\":\"{}\"}}", TYPED[1], TYPED[2]);
        let key = [("idempotency-key", TYPED[3])];
        assert_eq!(post("/api/v1/services/openrouter/reports", JSON, from, &key, &json).status, 202);
        assert_eq!(post("/api/v1/services/openrouter/votes", JSON, from, &[], "{}").status, 202);
        // What is refused leaves nothing behind either.
        let wrong = format!("symptom=nonsense&text={}", TYPED[0]);
        assert_eq!(post("/s/openrouter/report", FORM, from, &[], &wrong).status, 422);
        let personal = format!("name={}", TYPED[5].replace('@', "%40"));
        let refused = post("/suggest", FORM, from, &[], &personal);
        assert_eq!(refused.status, 422);
        assert!(refused.body.contains("e-mail addresses"), "{}", refused.body);
    }
    assert_eq!(post("/suggest", FORM, ADDRESSES[0], &[], "name=Zebra+Works").status, 303);
    site.run(&["report", "github", "other", "--key", TYPED[4]]).ended(0);
    site.run(&["admin", "snapshot"]).ended(0);
    let data = site.data.clone();
    let log = site.stop();

    let mut files = Vec::new();
    contents(&data, &mut files);
    // The search itself works: what must be there is found.
    for must in ["openrouter", "Zebra Works"] {
        assert!(files.iter().any(|(_, bytes)| holds(bytes, must.as_bytes())), "{must} was stored");
    }
    assert!(
        files.iter().any(|(name, _)| name.contains("snapshots")),
        "{:?}",
        files.iter().map(|f| &f.0).collect::<Vec<_>>()
    );
    files.push(("the log".to_owned(), log.into_bytes()));
    for (name, bytes) in &files {
        for addr in ADDRESSES {
            for form in forms(addr) {
                assert!(!holds(bytes, &form), "{addr} as {form:?} in {name}");
            }
        }
        for typed in TYPED {
            assert!(!holds(bytes, typed.as_bytes()), "{typed:?} in {name}");
        }
    }
}
