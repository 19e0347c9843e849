//! A small history that is kept beside what was said of it, so that no build says something else unnoticed.

use crate::replay::replay;
use allclear_detect::replay::Options;

#[test]
fn a_kept_history_is_judged_as_it_was_when_it_was_kept() {
    let kept = include_str!("../golden/history.verdicts.jsonl");
    let (result, out, warned) = replay(include_str!("../golden/history.jsonl"), &Options::default());
    result.unwrap();
    assert_eq!(warned, [""; 0]);
    for phase in ["possible", "open", "recovering", "closed", "none"] {
        assert!(out.contains(&format!("\"phase\":\"{phase}\"")), "a history in which all phases come, also {phase}");
    }
    assert!(out.contains("\"confirmed\":true") && out.contains("\"signal\":\"official\""));
    if std::env::var_os("GOLDEN").is_some() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/history.verdicts.jsonl");
        std::fs::write(file, &out).unwrap();
        return;
    }
    for (n, (said, kept)) in out.lines().zip(kept.lines()).enumerate() {
        assert_eq!(said, kept, "word {}; a change of the rules raises RULE, and GOLDEN=1 writes the words anew", n + 1);
    }
    assert_eq!(out.lines().count(), kept.lines().count());
}
