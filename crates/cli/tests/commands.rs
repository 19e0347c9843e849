//! Help, exit codes, output, catalogue.

use crate::support::{allclear, allclear_in};
use std::process::{Command, Stdio};

const COMMANDS: [&str; 13] = [
    "serve",
    "report",
    "status",
    "replay",
    "catalogue",
    "check",
    "official",
    "agent",
    "admin",
    "backup",
    "restore",
    "config",
    "completions",
];

#[test]
fn help_names_every_command_and_every_command_has_examples_and_exit_codes() {
    let help = allclear(&["--help"]).ended(0).stdout;
    for c in COMMANDS {
        assert!(help.contains(&format!("  {c} ")), "{c} in {help}");
        let own = allclear(&["help", c]).ended(0).stdout;
        assert!(own.contains("Exit codes:") || c == "catalogue", "{own}");
        assert!(own.contains("Example") || c == "catalogue", "{own}");
    }
    for (of, commands) in [
        ("catalogue", &["check", "list", "hosts", "verify"][..]),
        ("admin", &["status", "reload", "snapshot", "erase", "optout", "audit", "stop"]),
    ] {
        for c in commands {
            assert!(allclear(&[of, c, "--help"]).ended(0).stdout.contains("Exit codes:"), "{of} {c}");
        }
    }
    for c in
        ["moderation hide", "note add", "incident retract", "suggestions reopen", "feedback close", "official diff"]
    {
        let args: Vec<&str> = ["admin"].into_iter().chain(c.split(' ')).chain(["--help"]).collect();
        assert!(allclear(&args).ended(0).stdout.contains("Exit codes:"), "{c}");
    }
    assert!(allclear(&["--version"]).ended(0).stdout.starts_with("allclear "));
}

#[test]
fn usage_errors_end_with_2_and_say_what_is_wrong_on_stderr() {
    for args in [
        &[][..],
        &["nonsense"],
        &["serve", "--nonsense"],
        &["report"],
        &["report", "github"],
        &["backup"],
        &["restore", "--from", "x"],
        &["replay"],
        &["completions", "klingon"],
        &["admin"],
        &["admin", "suggestions", "list", "--limit", "0"],
        &["serve", "--listen", "nowhere"],
        &["serve", "--config", "/nonexistent/allclear.toml"],
        &["catalogue", "check", "/nonexistent"],
        &["backup", "--to", "b", "--nonsense"],
        &["restore", "--from", "/nonexistent", "--data", "x"],
        &["restore", "--to", "x"],
        &["replay", "/nonexistent.jsonl"],
        &["replay", "-", "--every", "0"],
        &["replay", "-", "--catalogue", "/nonexistent"],
        &["check"],
        &["check", "no-such-service"],
        &["check", "ftp://example.org/"],
        &["check", "https://example.org/", "--expect", "colour == 3"],
        &["check", "https://example.org/", "--method", "POST"],
        &["check", "https://example.org/", "--timeout", "0"],
        &["official"],
        &["official", "/nonexistent.json"],
        &["official", "https://status.example.org", "--format", "nonsense"],
        &["official", "https://status.example.org", "--at", "yesterday"],
        &["agent"],
        &["agent", "--server", "https://status.example.org", "--location", "oslo"],
        &["agent", "--server", "https://status.example.org", "--token", "/nonexistent", "--location", "oslo"],
        &["agent", "--server", "nowhere", "--token", "/nonexistent", "--location", "oslo"],
        &["admin", "nonsense"],
        &["admin", "status", "--nonsense"],
        &["admin", "reload", "now"],
        &["admin", "moderation"],
        &["admin", "moderation", "hide"],
        &["admin", "moderation", "hide", "x", "--reason", "dislike"],
        &["admin", "moderation", "list", "--queue", "nonsense"],
        &["admin", "erase"],
        &["admin", "note", "add", "github"],
        &["admin", "note", "remove", "github", "first"],
        &["admin", "incident", "annotate"],
        &["admin", "suggestions", "accept"],
        &["admin", "feedback", "close"],
        &["admin", "optout", "--undo"],
        &["admin", "official", "diff"],
        &["admin", "agents"],
        &["admin", "agents", "add"],
        &["admin", "agents", "revoke"],
        &["admin", "baseline", "import"],
        &["admin", "baseline", "import", "/nonexistent.csv"],
        &["admin", "audit", "--limit", "501"],
    ] {
        let run = allclear(args).ended(2);
        assert!(run.stdout.is_empty() && !run.stderr.is_empty(), "{args:?}: {run:?}");
    }
}

#[test]
fn commands_that_need_a_site_say_so_when_there_is_none() {
    for args in [
        &["report", "github", "other"][..],
        &["status"],
        &["backup", "--to", "b"],
        &["admin", "status"],
        &["admin", "reload"],
        &["admin", "snapshot"],
        &["admin", "suggestions", "list"],
    ] {
        let run = allclear(args).ended(1);
        assert!(run.stderr.contains("allclear serve"), "{args:?}: {}", run.stderr);
    }
    allclear(&["admin", "stop"]).ended(0);
}

#[test]
fn the_builtin_catalogue_holds_and_can_be_listed() {
    let run = allclear(&["catalogue", "check"]).ended(0);
    assert!(run.stdout.contains("services"), "{}", run.stdout);
    let list = allclear(&["catalogue", "list", "--json"]).ended(0).json();
    let slugs: Vec<&str> = list.as_array().unwrap().iter().map(|s| s["slug"].as_str().unwrap()).collect();
    assert!(slugs.len() >= 508 && slugs.contains(&"openrouter") && slugs.contains(&"visa"), "{}", slugs.len());
    assert!(slugs.is_sorted());
    let open = allclear(&["catalogue", "list", "--unverified", "--json"]).ended(0).json();
    assert!(open.as_array().unwrap().iter().all(|f| f["value"].as_str().is_some_and(|v| !v.is_empty())));
    assert!(allclear(&["catalogue", "list", "--unverified"]).ended(0).stdout.contains("are not verified"));
}

#[test]
fn catalogue_check_names_file_line_and_key_of_every_error() {
    let dir = tempfile::tempdir().unwrap();
    let own = dir.path().join("own");
    std::fs::create_dir_all(own.join("services")).unwrap();
    let service = |slug: &str, text: &str| {
        std::fs::write(own.join(format!("services/{slug}.toml")), format!("{text}[verified]\nhomepage = false\n"))
            .unwrap();
    };
    service("alpha", "name = \"Alpha\"\ncategory = \"nowhere\"\nhomepage = \"https://a.example\"\n");
    service("beta", "name = \"Beta\"\ncategory = \"cloud\"\nhomepage = \"not a url\"\n");
    service("gamma", "name = \n");
    service(
        "delta",
        "name = \"Delta\"\ncategory = \"cloud\"\nhomepage = \"https://d.example\"\nrelated = [\"no-such-service\"]\n",
    );
    let run = allclear_in(dir.path(), &["catalogue", "check", "own"], &[], "").ended(2);
    for part in ["alpha.toml:2", "category", "beta.toml:3", "homepage", "delta.toml:4", "related", "gamma.toml:1"] {
        assert!(run.stderr.contains(part), "{part} in {}", run.stderr);
    }
    let json = allclear_in(dir.path(), &["catalogue", "check", "own", "--json"], &[], "").ended(2).json();
    assert!(json["errors"].as_array().unwrap().len() >= 4, "{json}");
    // A value that does not hold, a file that is no text and an unknown key hide nothing of each other.
    service(
        "beta",
        "name = \"Beta\"\ncategory = \"cloud\"\nhomepage = \"not a url\"\nrelated = [\"nobody\"]\ncolour = 1\n",
    );
    std::fs::write(own.join("services/epsilon.toml"), b"name = \"\xff\"\n").unwrap();
    let run = allclear_in(dir.path(), &["catalogue", "check", "own"], &[], "").ended(2);
    for part in [
        "beta.toml:3",
        "beta.toml:4: related[0]",
        "warning: own/services/beta.toml:5: colour",
        "epsilon.toml:1: is not UTF-8: byte 9",
    ] {
        assert!(run.stderr.contains(part), "{part} in {}", run.stderr);
    }
    let json = allclear_in(dir.path(), &["catalogue", "check", "own", "--json"], &[], "").ended(2).json();
    assert_eq!(json["warnings"][0]["key"], "colour", "{json}");
    // The same folder keeps a site from starting.
    allclear_in(dir.path(), &["serve", "--listen", "127.0.0.1:0", "--catalogue", "own"], &[], "").ended(2);
}

#[test]
fn a_reader_that_goes_away_ends_a_command_quietly() {
    let dir = tempfile::tempdir().unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_allclear"))
        .args(["catalogue", "list", "--json"])
        .current_dir(dir.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let out = child.wait_with_output().unwrap();
    assert_eq!(out.status.code(), Some(0));
    assert!(out.stderr.is_empty(), "{}", String::from_utf8_lossy(&out.stderr));
}

#[test]
fn completions_know_every_command_in_each_shell() {
    let script = |shell: &str| allclear(&["completions", shell]).ended(0).stdout;
    for (shell, mark) in [
        ("bash", "complete -F _allclear"),
        ("zsh", "#compdef allclear"),
        ("fish", "complete -c allclear"),
        ("elvish", "edit:completion:arg-completer[allclear]"),
        ("powershell", "Register-ArgumentCompleter -Native -CommandName 'allclear'"),
    ] {
        let script = script(shell);
        assert!(script.contains(mark), "{shell}: {mark}");
        for c in COMMANDS.iter().chain(&["--works", "--expect", "moderation", "reopen"]) {
            // In fish an option stands without its hyphens.
            let word = if shell == "fish" { c.trim_start_matches('-') } else { c };
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
    // One of them is here for certain; it takes the script and completes with it.
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("allclear.bash"), script("bash")).unwrap();
    let asks = "source ./allclear.bash && COMP_WORDS=(allclear admin rel) COMP_CWORD=2 && _allclear allclear rel admin && \
                echo \"${COMPREPLY[@]}\"";
    let out = Command::new("bash").args(["--norc", "-c", asks]).current_dir(dir.path()).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&out.stdout).trim(), "reload", "{}", String::from_utf8_lossy(&out.stderr));
}
