//! What docs/ARCHITECTURE.md promises of crates: who depends on whom, and why on anything.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// What each crate depends on.
struct Edges {
    /// What its product is made of, on any machine.
    built: BTreeSet<String>,
    /// What its tests need beside that.
    tested: BTreeSet<String>,
}

fn table(path: &str) -> toml::Table {
    std::fs::read_to_string(Path::new(ROOT).join(path)).unwrap().parse().unwrap()
}

/// By crate, as the folder is called.
fn crates() -> BTreeMap<String, Edges> {
    let names = |manifest: &toml::Table, keys: &[&str]| -> BTreeSet<String> {
        let named = keys.iter().filter_map(|k| manifest.get(*k)?.as_table());
        named.flat_map(|t| t.keys().map(|k| k.replace("allclear-", "our "))).collect()
    };
    let mut all = BTreeMap::new();
    for entry in std::fs::read_dir(Path::new(ROOT).join("crates")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let manifest = table(&format!("crates/{name}/Cargo.toml"));
        assert!(!manifest.contains_key("target"), "{name}: dependencies of some machines only are not looked at here");
        let built = names(&manifest, &["dependencies", "build-dependencies"]);
        all.insert(name, Edges { built, tested: names(&manifest, &["dev-dependencies"]) });
    }
    all
}

fn ours(edges: &BTreeSet<String>) -> Vec<&str> {
    edges.iter().filter_map(|e| e.strip_prefix("our ")).collect()
}

#[test]
fn every_crate_depends_on_those_of_ours_that_are_listed_here_and_on_no_other() {
    let all = crates();
    let drawn: BTreeMap<&str, &[&str]> = BTreeMap::from([
        ("model", &[][..]),
        ("detect", &["model"]),
        ("moderation", &["model"]),
        ("ports", &["model"]),
        ("store", &["model", "ports"]),
        ("signals", &["model"]),
        ("engine", &["detect", "model", "moderation", "ports"]),
        ("web", &["engine", "model"]),
        ("cli", &["detect", "engine", "model", "ports", "signals", "store", "web"]),
        ("testkit", &["engine", "model", "ports", "store"]),
        ("bench", &["detect", "engine", "model", "ports", "signals", "store"]),
    ]);
    let found: BTreeMap<&str, Vec<&str>> = all.iter().map(|(name, e)| (&**name, ours(&e.built))).collect();
    let drawn: BTreeMap<&str, Vec<&str>> = drawn.into_iter().map(|(name, of)| (name, of.to_vec())).collect();
    assert_eq!(found, drawn);
    // Tests of a crate reach no further by themselves; what they share is in the testkit.
    for (name, e) in &all {
        let adapters: Vec<&str> = ours(&e.tested).into_iter().filter(|d| ["store", "signals"].contains(d)).collect();
        assert!(adapters.is_empty(), "{name}: {adapters:?}");
        assert!(!e.built.contains("our testkit"), "{name}: the testkit is for tests");
    }
}

#[test]
fn what_is_pure_depends_on_nothing_that_waits_or_reads_or_writes() {
    let all = crates();
    // Whoever adds one here has looked whether it does.
    for (name, known) in [
        ("model", &["jiff", "serde", "serde_json", "serde_json_path", "thiserror", "uuid"][..]),
        ("detect", &["crc32fast", "libm", "postcard", "serde", "serde_json", "thiserror"]),
        ("moderation", &["aho-corasick", "unicode-normalization"]),
        ("ports", &["async-trait", "thiserror"]),
    ] {
        let others: Vec<&String> = all[name].built.iter().filter(|d| !d.starts_with("our ")).collect();
        assert_eq!(others, known.iter().collect::<Vec<_>>(), "{name}");
    }
    // SQL is known to the store alone; bench measures beside a bare database.
    let sql: Vec<&String> = all.iter().filter(|(_, e)| e.built.contains("rusqlite")).map(|(name, _)| name).collect();
    assert_eq!(sql, ["bench", "store"]);
}

#[test]
fn every_dependency_has_its_reason_in_the_architecture_and_every_reason_its_dependency() {
    let text = std::fs::read_to_string(Path::new(ROOT).join("docs/ARCHITECTURE.md")).unwrap();
    let section = text.split_once("## Dependencies, and why each").unwrap().1;
    let rows = section.lines().filter_map(|l| l.strip_prefix("| ")?.strip_suffix(" |")?.split_once(" | "));
    let mut explained = BTreeSet::new();
    for (names, why) in rows.filter(|(names, _)| *names != "Crate") {
        assert!(why.contains(' '), "{names}: {why}");
        // "flate2 (zlib-rs)": the feature is part of the reason.
        for name in names.split(", ").map(|n| n.split(" (").next().unwrap()) {
            assert!(explained.insert(name.to_owned()), "{name} stands there twice");
        }
    }
    let used: BTreeSet<String> = crates()
        .into_values()
        .flat_map(|e| e.built.into_iter().chain(e.tested))
        .filter(|d| !d.starts_with("our "))
        .collect();
    assert_eq!(explained, used, "docs/ARCHITECTURE.md on the left");
    let workspace = table("Cargo.toml");
    let listed = workspace["workspace"]["dependencies"].as_table().unwrap().keys();
    let listed: BTreeSet<String> = listed.filter(|k| !k.starts_with("allclear-")).cloned().collect();
    assert_eq!(listed, used, "Cargo.toml on the left");
    // Of the browser tests; those with an @ hold types of another one and nothing that runs.
    let package = std::fs::read_to_string(Path::new(ROOT).join("tests/browser/package.json")).unwrap();
    let package: serde_json::Value = serde_json::from_str(&package).unwrap();
    for name in package["devDependencies"].as_object().unwrap().keys().filter(|n| !n.starts_with('@')) {
        assert!(section.contains(name.as_str()), "{name}");
    }
}
