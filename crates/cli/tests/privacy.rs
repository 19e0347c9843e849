//! Nothing that tells who somebody is, or what they typed, is left in the data folder or the log.

use crate::support::{NO_LIMITS, Site, allclear_in, http, journal, person, until};
use std::collections::HashMap;
use std::net::IpAddr;
use std::path::Path;

/// Every file below `dir`, with its name.
fn contents(dir: &Path, into: &mut Vec<(String, Vec<u8>)>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            contents(&path, into);
        } else if path.is_file() {
            // A file may go while it is looked for.
            into.push((path.display().to_string(), std::fs::read(&path).unwrap_or_default()));
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

/// Secrets of many shapes, made up. What stands before `|` and behind a second one is not secret; what stands before `^` is how
/// all of the kind begin.
const SECRETS: [&str; 36] = [
    "|sk-or-v1-^5f0e1d2c3b4a59687786958493a2b1c0",
    "|sk-^Vb7Nm2Qa9Ws4Ed1Rf6Tg3Yh8Uj5Ik0OlPzXcVbNmQwErTyUi",
    "|sk-proj-^9Q8w7E6r5T4y3U2i1O0pAsDfGhJkLzXc",
    "|sk-ant-api03-^Xy9Zw8Vu7Ts6Rq5Po4Nm3Lk2Ji1Hg0Fe9Dc8Ba7",
    "|gsk_^Ab3dEf6hIj9kLm2nOp5qRs8tUv1wXy4zAb7cDe0fGh3iJk6lMn9o",
    "|xai-^Zy8xWv5uTs2rQp9oNm6lKj3iHg0fEd7cBa4zYx1wVu8tSr5qPo2n",
    "|hf_^Qw7rTy2iOp9sDf4hJk1zXc6bNm3vLa8e",
    "|pplx-^3d9f1a7c5e2b8064f1d3a597c8e0b2461f7a9c3e5d8b0246",
    "|r8_^Hk3Lm8Np5Qr2St9Uv6Wx1Yz4Ab7Cd0Ef3Gh8J",
    "|AIza^SyA1b2C3d4E5f6G7h8I9j0KaLbMcNdOeP1q",
    "|AKIA^2E7XQ4MZP5RT6WVK",
    "aws_secret_access_key=|wJ7rX2uT9nF4eM1iK6dG3bP8xR5fY0iC2eXaMpLq",
    "|ghp_^A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8",
    "|github_pat_^11QWERTYU0abcdefghij1K_LmNoPqRsTuVwXyZ0123456789ab",
    "|glpat-^x7Yz9Ab2Cd4Ef6Gh8Jk0",
    "|xoxb-^913578246013-904175382619-AbCdEf0123456789GhIjKl",
    "|xoxp-^7Gh2Jk9Lz4Xc1Vb6Nm3Qw8Er5Ty0Ui7Op2As4Df",
    "|eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI5MTM1NzgyNDYwIn0.Q2xTmZ8vWk4LrN6yHb1JpD3sFg7AuE5i",
    "Bearer |9f8E7d6C5b4A3z2Y1x0W9v8U7t6S5r4Q",
    "Authorization: Basic |cDR0cjFjazpuMHR0aDNyMzRsMG4zLTc3",
    "-----BEGIN PRIVATE KEY-----\n|MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7x2Lm9Qp4Rt1V|\n-----END PRIVATE KEY-----",
    "|sk_live_^9Xk2Wq7Lp4Zm8Rt3Vb6Ns1Jd",
    "|whsec_^Jh5Gf8Ds1Aq4Wz7Xe0Rc3Tv6Yb9Un2Im",
    "|npm_^A7b8C9d0E1f2G3h4I5j6K7l8M9n0O1p2Q3r4",
    "|dop_v1_^0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0",
    "|SG.^n4Xv7Bq2Mz9Lp5Kd8Jh1Gf.Tr3Ey6Wu0Qi2Oa5Ps8Dk1Fj4Hl7Zm9Xc",
    "|nvapi-^Rk4Tn7Wp0Zs3Cv6Fy9Hb2Kd5Mg8Pj1Sl4Uo7Xr0Aq3Dt6Ew9",
    "|7d1f4b8e2a6c9053",
    "|c4a8e19b7d2f60358e1c9a47b3d6f20518c7e4ab",
    "|Zt5Kp8Wn2Xr7Lq4Mv9Bs3Dh6F",
    "password: |Tr0ub4dor-and-3-horses",
    "https://example.org/cb?code=|Nf8Kx3Ld6Rw1Qz9Tb4Hv7Gm2|&state=1",
    "postgres://admin:|Gx6Ht9Jw2Kz5Ly8M|@db.example.org/main",
    "|c2stb3ItdjEtNWYwZTFkMmMzYjRhNTk2ODc3ODY5NTg0OTNhMmIxYzA",
    "|%73%6B%2D%6F%72%2D%76%31%2D%61%62%31%32%63%64%33%34%65%66%35%36%61%62%37%38",
    "|s k - p r o j - 9 Q 8 w 7 E 6 r 5 T 4 y 3 U 2 i 1 O 0 p",
];

/// How many of them, the last ones, are spelled in another way already.
const SPELLED: usize = 3;

fn percent(text: &str) -> String {
    text.bytes().flat_map(|b| format!("%{b:02X}").into_bytes()).map(char::from).collect()
}

/// Each secret as it is sent, whole and in one of nine other ways, and what of it must not be left.
fn planted() -> Vec<(String, String)> {
    let mut all = Vec::new();
    for (i, written) in SECRETS.iter().enumerate() {
        let mut parts = written.splitn(3, '|');
        let [before, marked, after] = [(); 3].map(|()| parts.next().unwrap_or_default());
        let (begins, body) = marked.split_once('^').unwrap_or(("", marked));
        let whole = format!("{before}{begins}{body}{after}");
        all.push((whole.clone(), format!("{begins}{body}")));
        if i >= SECRETS.len() - SPELLED {
            continue;
        }
        // Another one of the kind, so that what is left of how all of them begin is not taken for the first.
        let body = if begins.is_empty() { body.to_owned() } else { body.chars().rev().collect() };
        let whole = format!("{before}{begins}{body}{after}");
        let every = |n: usize, by: &str| {
            let signs: Vec<char> = whole.chars().collect();
            signs.chunks(n).map(|c| c.iter().collect::<String>()).collect::<Vec<_>>().join(by)
        };
        let way = i % 9;
        let other = match way {
            0 => every(1, " "),
            1 => every(4, " "),
            2 => percent(&whole),
            3 => base64::Engine::encode(&base64::engine::general_purpose::STANDARD, &whole),
            4 => whole.chars().skip(whole.chars().count() / 4).collect(),
            5 => every(2, " "),
            6 => every(2, "\n"),
            7 => every(4, "\n"),
            _ => whole.chars().take(whole.chars().count() * 3 / 4).collect(),
        };
        // Of what is coded, the code is as secret as what it says: both. In pieces, how all of the kind begin is no secret.
        let coded = match way {
            2 => format!("{}\n{body}", percent(&body)),
            3 => format!("{other}\n{body}"),
            _ => body,
        };
        all.push((other, coded));
    }
    all
}

/// No twelve letters and digits of a secret in a row, whatever stands between them.
#[track_caller]
fn assert_no_secret(secrets: &[(String, String)], place: &str, bytes: &[u8]) {
    let bare = |text: &[u8]| text.iter().copied().filter(u8::is_ascii_alphanumeric).collect::<Vec<u8>>();
    let slices: HashMap<Vec<u8>, &str> = secrets
        .iter()
        .flat_map(|(_, s)| bare(s.as_bytes()).windows(12).map(|w| (w.to_vec(), s.as_str())).collect::<Vec<_>>())
        .collect();
    for slice in bare(bytes).windows(12) {
        let secret = slices.get(slice);
        assert!(secret.is_none(), "{} of {secret:?} in {place}", String::from_utf8_lossy(slice));
    }
}

#[test]
fn an_erased_a_withdrawn_and_a_replaced_text_are_in_no_file_any_more() {
    let dir = tempfile::tempdir().unwrap();
    let site = Site::start(&dir.path().join("data"), &NO_LIMITS);
    let report = |text: &str| site.run(&["report", "github", "other", "--json", "--text", text]).ended(0).json();
    let [erased, withdrawn, replaced, later, kept] =
        ["walrus", "ocelot", "heron", "lemur", "badger"].map(|word| report(&format!("{word} is down here")));
    site.run(&["admin", "erase", erased["id"].as_str().unwrap(), "--actor", "jo"]).ended(0);
    let follow = format!("/r/{}", withdrawn["token"].as_str().unwrap());
    let form = [("content-type", "application/x-www-form-urlencoded")];
    assert_eq!(http(&site.addr, "POST", &follow, &form, "withdraw=1").unwrap().status, 303);
    let follow = format!("/r/{}", replaced["token"].as_str().unwrap());
    assert_eq!(http(&site.addr, "POST", &follow, &form, "symptom=other&text=stork+is+down+here").unwrap().status, 303);
    // While the site is running: the log before the file is emptied by the next checkpoint.
    until("the texts are gone from every file", || {
        let mut files = Vec::new();
        contents(&site.data, &mut files);
        let left = |text: &str| files.iter().any(|(_, bytes)| holds(bytes, text.as_bytes()));
        let gone = ["walrus", "ocelot", "heron"].iter().all(|word| !left(word));
        (gone && ["lemur", "stork", "badger"].iter().all(|word| left(word))).then_some(())
    });
    let page = http(&site.addr, "GET", "/s/github/reports", &[], "").unwrap().body;
    assert!(page.contains("text erased") && page.contains("badger is down here") && !page.contains("walrus"), "{page}");
    drop(kept);
    let data = site.data.clone();
    site.stop();
    // Of a stopped site no checkpoint comes later.
    let erase = ["admin", "erase", later["id"].as_str().unwrap(), "--actor", "jo", "--data", data.to_str().unwrap()];
    allclear_in(dir.path(), &erase, &[], "").ended(0);
    let mut files = Vec::new();
    contents(&data, &mut files);
    assert!(files.iter().any(|(_, bytes)| holds(bytes, b"badger")));
    for (name, bytes) in &files {
        assert!(!holds(bytes, b"lemur"), "{name}");
    }
}

#[test]
fn no_address_no_free_text_and_no_key_is_left_in_any_file_or_in_the_log() {
    const ADDRESSES: [&str; 3] = ["203.0.113.77", "2001:db8:1234:5678:9abc:def0:1357:2468", "198.51.100.23"];
    const TYPED: [&str; 6] = [
        "zebra-in-the-form@mail.example",
        "zebra-in-the-document@mail.example",
        "zebra-in-the-error",
        "zebra-in-a-key-of-the-api",
        "zebra-in-a-key-of-the-command",
        "zebra@mail.example",
    ];
    let secrets = planted();
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
    let mut answers = Vec::new();
    let mut follow = Vec::new();
    // Of a pasted error nothing is kept at all.
    for (n, (secret, _)) in (1..).zip(&secrets) {
        let form =
            format!("symptom=other&text={}&error={}", percent(&format!("it says {secret} is bad")), percent(secret));
        let sent = post("/s/github/report", FORM, ADDRESSES[0], &[], &form);
        assert_eq!(sent.status, 303);
        follow.push(sent.header("location").unwrap().split('?').next().unwrap().to_owned());
        let words = percent(&format!("the quokka says {secret} is bad"));
        let told = format!("choice=late&service=github&level=operational&words={words}");
        assert_eq!(post("/feedback", FORM, &person(n), &[], &told).status, 303);
        // What is wrong is shown again, and what means nothing is named: in every answer, too, without the secret.
        for (path, body) in [
            ("/s/github/report", format!("symptom=nonsense&text={0}&error={0}", percent(secret))),
            ("/s/github/report", format!("symptom={}", percent(secret))),
            ("/s/github/report", format!("symptom=other&country={}", percent(secret))),
            ("/suggest", format!("name=&homepage=x&why={}", percent(secret))),
            ("/feedback", format!("choice={0}&words={0}", percent(secret))),
            ("/suggest", format!("name=Zebra+{0}&homepage=https://{0}.example.org/{0}&why={0}", percent(secret))),
            ("/suggest", format!("name=Zebra&homepage={0}.example.org", percent(&secret.to_lowercase()))),
        ] {
            answers.push(post(path, FORM, ADDRESSES[0], &[], &body).body);
        }
        let json = serde_json::json!({"symptom": secret, "text": secret, "country": secret}).to_string();
        answers.push(post("/api/v1/services/github/reports", JSON, ADDRESSES[0], &[], &json).body);
        answers
            .push(post("/api/v1/services/github/reports", JSON, ADDRESSES[0], &[], &format!("{{\"{secret}\":")).body);
        answers.push(http(&site.addr, "GET", &format!("/search?q={}", percent(secret)), &[], "").unwrap().body);
    }
    for (path, (secret, _)) in follow.iter().zip(&secrets) {
        let own = || http(&site.addr, "GET", path, &[], "").unwrap();
        answers.push(until("one's own report is there", || Some(own()).filter(|a| a.status == 200)).body);
        let form = format!("symptom=other&text={}", percent(&format!("now it says {secret} and is bad")));
        assert_eq!(post(path, FORM, ADDRESSES[0], &[], &form).status, 303);
        answers.push(own().body);
    }
    for path in [
        "/s/github",
        "/s/github/reports",
        "/s/github/reports?before=9999",
        "/s/github/feed.atom",
        "/api/v1/services/github",
        "/api/v1/services/github/reports",
    ] {
        let answer = http(&site.addr, "GET", path, &[], "").unwrap();
        assert_eq!(answer.status, 200, "{path}");
        answers.push(answer.body);
    }
    for from in ADDRESSES {
        let form = format!("symptom=other&text={}&error={}&country=DE", percent(TYPED[0]), TYPED[2]);
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
    for must in ["openrouter", "Zebra Works", "the quokka says"] {
        assert!(files.iter().any(|(_, bytes)| holds(bytes, must.as_bytes())), "{must} was stored");
    }
    assert!(
        files.iter().any(|(name, _)| name.contains("snapshots")),
        "{:?}",
        files.iter().map(|f| &f.0).collect::<Vec<_>>()
    );
    files.push(("the log".to_owned(), log.into_bytes()));
    // Long entries are packed in their file.
    let entries = journal(&data).iter().map(|e| serde_json::to_string(&e.signal).unwrap()).collect::<String>();
    assert!(entries.contains("openrouter"));
    files.push(("the journal's entries".to_owned(), entries.into_bytes()));
    for (name, bytes) in &files {
        for addr in ADDRESSES {
            for form in forms(addr) {
                assert!(!holds(bytes, &form), "{addr} as {form:?} in {name}");
            }
        }
        for typed in TYPED {
            assert!(!holds(bytes, typed.as_bytes()), "{typed:?} in {name}");
        }
        assert_no_secret(&secrets, name, bytes);
    }
    for answer in &answers {
        assert_no_secret(&secrets, answer, answer.as_bytes());
    }
}
