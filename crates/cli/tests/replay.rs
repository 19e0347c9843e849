//! Signals in, verdicts out.

use crate::support::allclear_in;
use std::process::{Command, Stdio};

const SMALL: &str = concat!(
    "{\"at\":\"2026-02-17T10:00:00Z\",\"kind\":\"service\",\"service\":\"alpha\",\"category\":\"cloud\"}\n",
    "{\"at\":\"2026-02-17T10:30:00Z\",\"kind\":\"reports\",\"service\":\"alpha\",\"count\":300,\"span_s\":900}\n",
    "{\"at\":\"2026-02-17T11:00:00Z\",\"kind\":\"end\"}\n",
);

fn replay(args: &[&str], stdin: &str) -> crate::support::Run {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("small.jsonl"), SMALL).unwrap();
    let mut all = vec!["replay"];
    all.extend_from_slice(args);
    allclear_in(dir.path(), &all, &[], stdin)
}

#[test]
fn a_file_and_standard_input_give_the_same_bytes_on_every_run() {
    let file = replay(&["small.jsonl"], "").ended(0).stdout;
    assert!(file.contains("\"level\":\"major_outage\"") && file.contains("\"service\":\"alpha\""), "{file}");
    assert_eq!(replay(&["small.jsonl"], "").ended(0).stdout, file);
    assert_eq!(replay(&["-"], SMALL).ended(0).stdout, file);
    let every = replay(&["small.jsonl", "--every", "60"], "").ended(0).stdout;
    assert!(every.lines().count() > file.lines().count() + 30, "{}", every.lines().count());
    for line in every.lines() {
        let v: serde_json::Value = serde_json::from_str(line).unwrap();
        let sum =
            |list: &str| -> f64 { v[list].as_array().unwrap().iter().map(|e| e["weight"].as_f64().unwrap()).sum() };
        assert!((sum("evidence") + sum("against") - v["log_odds"].as_f64().unwrap()).abs() < 0.011, "{line}");
    }
}

#[test]
fn errors_name_file_line_and_reason_and_end_with_2() {
    let bad = [
        ("not json\n", "-:1: "),
        ("{\"at\":\"2026-02-17T10:00:00Z\",\"kind\":\"telepathy\"}\n", "telepathy"),
        ("{\"at\":\"yesterday\",\"kind\":\"end\"}\n", "yesterday"),
        (
            "{\"at\":\"2026-02-17T10:00:00Z\",\"kind\":\"vote\",\"service\":\"github\",\"source\":\"a\"}\n{\"at\":\"2026-02-17T09:00:00Z\",\"kind\":\"end\"}\n",
            ":2: ",
        ),
        (
            "{\"at\":\"2026-02-17T10:00:00Z\",\"kind\":\"reports\",\"service\":\"github\",\"count\":-1,\"span_s\":60}\n",
            ":1: ",
        ),
    ];
    for (text, part) in bad {
        let run = replay(&["-"], text).ended(2);
        assert!(run.stderr.contains(part), "{part} in {}", run.stderr);
    }
    let run = replay(&["missing.jsonl"], "").ended(2);
    assert!(run.stderr.contains("missing.jsonl"), "{}", run.stderr);
    replay(&["small.jsonl", "--every", "0"], "").ended(2);
}

#[test]
fn unknown_keys_and_kinds_that_are_not_judged_yet_warn_once() {
    let text = concat!(
        "{\"at\":\"2026-02-17T10:00:00Z\",\"kind\":\"vote\",\"service\":\"github\",\"source\":\"a\",\"mood\":1}\n",
        "{\"at\":\"2026-02-17T10:01:00Z\",\"kind\":\"visits\",\"service\":\"github\",\"count\":1,\"span_s\":60}\n",
        "{\"at\":\"2026-02-17T10:02:00Z\",\"kind\":\"visits\",\"service\":\"github\",\"count\":1,\"span_s\":60}\n",
    );
    let run = replay(&["-"], text).ended(0);
    assert!(run.stderr.contains("mood"), "{}", run.stderr);
    assert_eq!(run.stderr.matches("visits").count(), 1, "{}", run.stderr);
}

#[test]
fn a_reader_that_has_seen_enough_ends_it_quietly() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("small.jsonl");
    std::fs::write(&path, SMALL.replace("T11:00", "T23:00")).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_allclear"))
        .args(["replay", path.to_str().unwrap(), "--every", "60"])
        .current_dir(dir.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let out = child.wait_with_output().unwrap();
    assert_eq!((out.status.code(), String::from_utf8_lossy(&out.stderr).as_ref()), (Some(0), ""));
}
