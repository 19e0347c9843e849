//! What docs/OPERATIONS.md prints to be copied: configuration, reverse proxy, units, commands; and the time `make test` may take.

use crate::support::{Site, allclear, allclear_in, http, until};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

fn document(path: &str) -> String {
    std::fs::read_to_string(Path::new(ROOT).join(path)).unwrap()
}

/// The blocks of a document in one language.
fn blocks(document: &str, language: &str) -> Vec<String> {
    let fence = format!("\n```{language}\n");
    let parts = document.split(&fence).skip(1);
    parts.map(|p| p.split_once("\n```").unwrap().0.to_owned() + "\n").collect()
}

fn handbook(language: &str) -> Vec<String> {
    blocks(&document("docs/OPERATIONS.md"), language)
}

/// A block of nginx: directives of each `location` by its path, and those beside them under "".
fn directives(block: &str) -> Vec<(String, Vec<String>)> {
    let plain: String = block.lines().map(|l| l.split('#').next().unwrap().to_owned() + " ").collect();
    let mut all = vec![(String::new(), Vec::new())];
    let mut text = String::new();
    let mut inner = false;
    for c in plain.chars() {
        match c {
            '{' => {
                if let Some(path) = text.trim().strip_prefix("location ") {
                    all.push((path.to_owned(), Vec::new()));
                    inner = true;
                }
                text.clear();
            }
            '}' => inner = false,
            ';' => {
                let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
                let at = if inner { all.len() - 1 } else { 0 };
                all[at].1.push(words);
                text.clear();
            }
            c => text.push(c),
        }
    }
    all
}

/// The printed configuration with its own base URL, or another.
fn settings(base_url: Option<&str>) -> serde_json::Value {
    let dir = tempfile::tempdir().unwrap();
    let toml = handbook("toml").into_iter().find(|b| b.starts_with("# /etc/allclear.toml\n")).unwrap();
    std::fs::write(dir.path().join("allclear.toml"), toml).unwrap();
    let env: Vec<(&str, &str)> = base_url.map(|url| ("ALLCLEAR_HTTP__BASE_URL", url)).into_iter().collect();
    let run = allclear_in(dir.path(), &["config", "--json", "--config", "allclear.toml"], &env, "").ended(0);
    assert_eq!(run.stderr, "", "nothing in it is unknown");
    run.json()
}

/// With which base URL each block of nginx goes: the printed one, and the one of its second example.
fn proxies() -> Vec<(String, Option<&'static str>)> {
    let blocks = handbook("nginx");
    assert_eq!(blocks.len(), 2, "at the root, and below a path");
    blocks.into_iter().zip([None, Some("https://example.org/status/")]).collect()
}

#[test]
fn the_printed_proxy_passes_what_the_printed_configuration_listens_to_and_does_not_hold_the_live_stream_back() {
    for (block, base_url) in proxies() {
        let settings = settings(base_url);
        let of = |key: &str| {
            let all = settings["settings"].as_array().unwrap();
            all.iter().find(|s| s["key"] == key).unwrap()["value"].clone()
        };
        let url = of("http.base_url").as_str().unwrap().trim_end_matches('/').to_owned();
        let rest = url.strip_prefix("https://").unwrap();
        let (host, path) = rest.split_once('/').map_or((rest, String::new()), |(h, p)| (h, format!("/{p}")));
        let pass = format!("proxy_pass http://{}", of("http.listen").as_str().unwrap());
        let all = directives(&block);
        let (_, server) = &all[0];
        assert!(server.contains(&format!("server_name {host}")), "{server:?}");
        assert!(server.iter().any(|d| d.starts_with("listen 443 ssl")), "{server:?}");
        let paths: Vec<&str> = all[1..].iter().map(|(path, _)| path.as_str()).collect();
        assert_eq!(paths, [format!("{path}/"), format!("{path}/api/v1/live")], "{host}");
        for (path, has) in &all[1..] {
            for needed in [
                pass.as_str(),
                "proxy_http_version 1.1",
                "proxy_set_header Connection \"\"",
                // One address, not a list to which a client could add.
                "proxy_set_header X-Forwarded-For $remote_addr",
            ] {
                assert!(has.iter().any(|d| d == needed), "{path}: {needed} in {has:?}");
            }
            let live = path.ends_with("/live");
            for needed in ["proxy_buffering off", "proxy_read_timeout 1h"] {
                assert_eq!(has.iter().any(|d| d == needed), live, "{path}: {needed}");
            }
        }
        // The proxy on this machine is the one that is believed.
        assert_eq!(of("http.trusted_proxies"), serde_json::json!(["127.0.0.1/32"]));
    }
}

#[expect(
    clippy::print_stderr,
    reason = "what was not tried has to be seen; nextest.toml shows it though the test passes"
)]
fn installed(name: &str) -> Option<PathBuf> {
    let places = std::env::var("PATH").unwrap_or_default();
    let found = places.split(':').chain(["/usr/sbin"]).map(|p| Path::new(p).join(name)).find(|p| p.is_file());
    if found.is_none() {
        eprintln!("SKIPPED: what {name} itself says of it, for it is not installed");
    }
    found
}

/// Ends when dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A file for nginx with `block` in it, which needs no right and touches nothing outside of `dir`.
fn nginx_file(dir: &Path, name: &str, block: &str) -> PathBuf {
    let at = dir.display();
    let folders = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|kind| format!("  {kind}_temp_path {at}/{kind};\n"))
        .concat();
    let file = dir.join(name);
    let text =
        format!("pid {at}/pid;\nerror_log stderr;\nevents {{}}\nhttp {{\n  access_log off;\n{folders}{block}}}\n");
    std::fs::write(&file, text).unwrap();
    file
}

/// What a reverse proxy at `front` must do for the site behind it, which lies below `base`.
fn passes(front: &str, base: &str) {
    let home = until("the proxy answers", || {
        http(front, "GET", &format!("{base}/"), &[], "").ok().filter(|a| a.status == 200)
    });
    assert!(home.body.contains(&format!("href=\"{base}/assets/")), "{}", home.body);

    let mut live = connect(front);
    live.set_read_timeout(Some(std::time::Duration::from_secs(20))).unwrap();
    write!(live, "GET {base}/api/v1/live?service=openrouter HTTP/1.1\r\nhost: x\r\naccept: text/event-stream\r\n\r\n")
        .unwrap();
    let mut seen = String::new();
    let mut events = |wanted: usize| {
        while seen.matches("event: service").count() < wanted {
            let mut bytes = [0; 4096];
            let n = live.read(&mut bytes).unwrap();
            assert!(n > 0, "the stream ended: {seen}");
            seen.push_str(&String::from_utf8_lossy(&bytes[..n]));
        }
    };
    events(1);
    // What a client says of itself is replaced: both come from this machine.
    let report = |forged: &str| {
        let headers = [("content-type", "application/json"), ("x-forwarded-for", forged)];
        let path = format!("{base}/api/v1/services/openrouter/reports");
        http(front, "POST", &path, &headers, "{\"symptom\":\"other\"}").unwrap().json()["counted"].clone()
    };
    assert_eq!((report("10.1.1.1"), report("10.9.9.9")), (true.into(), false.into()));
    events(2);
}

#[test]
fn the_printed_nginx_serves_a_site_says_who_asks_and_lets_the_live_stream_through() {
    let Some(nginx) = installed("nginx") else { return };
    for (block, base_url) in proxies() {
        let dir = tempfile::tempdir().unwrap();
        let at = dir.path().to_str().unwrap();
        // As printed, with a certificate of ours.
        let names = vec!["status.example.org".to_owned(), "example.org".to_owned()];
        let made = rcgen::generate_simple_self_signed(names).unwrap();
        std::fs::write(dir.path().join("fullchain.pem"), made.cert.pem()).unwrap();
        std::fs::write(dir.path().join("privkey.pem"), made.signing_key.serialize_pem()).unwrap();
        let mut printed = block.replace("listen 443 ", &format!("listen 127.0.0.1:{} ", free_port()));
        for host in ["status.example.org", "example.org"] {
            printed = printed.replace(&format!("/etc/letsencrypt/live/{host}/"), &format!("{at}/"));
        }
        let file = nginx_file(dir.path(), "printed.conf", &printed);
        let tried = Command::new(&nginx).args(["-t", "-p", at, "-c"]).arg(&file).output().unwrap();
        assert!(tried.status.success(), "{}", String::from_utf8_lossy(&tried.stderr));

        // Before a real site; without TLS, which the client of the tests does not know.
        let mut env = vec![("ALLCLEAR_HTTP__TRUSTED_PROXIES", "127.0.0.1/32")];
        env.extend(base_url.map(|url| ("ALLCLEAR_HTTP__BASE_URL", url)));
        let site = Site::start(&dir.path().join("data"), &env);
        let front = format!("127.0.0.1:{}", free_port());
        let plain: String = block.lines().filter(|l| !l.contains("ssl_")).map(|l| l.to_owned() + "\n").collect();
        let plain = plain
            .replace("listen 443 ssl http2;", &format!("listen {front};"))
            .replace("http://127.0.0.1:8080", &format!("http://{}", site.addr));
        let file = nginx_file(dir.path(), "plain.conf", &plain);
        let mut command = Command::new(&nginx);
        command.args(["-p", at, "-g", "daemon off; master_process off;", "-c"]).arg(&file);
        let _proxy = Running(command.stdout(Stdio::null()).spawn().unwrap());
        passes(&front, base_url.map_or("", |_| "/status"));
        site.stop();
    }
}

#[test]
fn the_printed_caddy_serves_a_site_says_who_asks_and_lets_the_live_stream_through() {
    let Some(caddy) = installed("caddy") else { return };
    let [printed] = handbook("caddy").try_into().unwrap();
    // It lets an event stream through by itself, too; what it goes by there is not ours to say.
    assert!(printed.contains("flush_interval -1"), "{printed}");
    let dir = tempfile::tempdir().unwrap();
    let command = |verb: &str, name: &str, text: &str| {
        let file = dir.path().join(name);
        std::fs::write(&file, text).unwrap();
        let mut command = Command::new(&caddy);
        // It keeps certificates and what it was last told in its home.
        command.args([verb, "--adapter", "caddyfile", "--config"]).arg(&file).env("HOME", dir.path());
        command.env_remove("XDG_DATA_HOME").env_remove("XDG_CONFIG_HOME");
        command
    };
    let tried = command("validate", "printed", &printed).output().unwrap();
    assert!(tried.status.success(), "{}", String::from_utf8_lossy(&tried.stderr));

    // Before a real site; without TLS, which the client of the tests does not know.
    let env = [("ALLCLEAR_HTTP__TRUSTED_PROXIES", "127.0.0.1/32")];
    let site = Site::start(&dir.path().join("data"), &env);
    let port = free_port();
    let plain = printed
        .replace("status.example.org {", &format!(":{port} {{"))
        .replace(" 127.0.0.1:8080 ", &format!(" {} ", site.addr));
    let plain = format!("{{\n  admin off\n  default_bind 127.0.0.1\n}}\n{plain}");
    let mut command = command("run", "plain", &plain);
    let _proxy = Running(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
    passes(&format!("127.0.0.1:{port}"), "");
    site.stop();
}

#[test]
fn the_printed_units_start_this_program_with_flags_it_knows_in_the_folders_they_make() {
    let units = handbook("ini");
    let analyze = installed("systemd-analyze");
    let dir = tempfile::tempdir().unwrap();
    let mut commands = Vec::new();
    for unit in &units {
        let name = unit.lines().next().unwrap().strip_prefix("# /etc/systemd/system/").unwrap();
        let of = |key: &str| unit.lines().find_map(|l| l.strip_prefix(&format!("{key}="))).unwrap();
        let words: Vec<&str> = of("ExecStart").split(' ').collect();
        assert_eq!(words[0], "/usr/local/bin/allclear", "{name}");
        let help = allclear(&["help", words[1]]).ended(0).stdout;
        for flag in words.iter().filter(|w| w.starts_with("--")) {
            assert!(help.contains(&format!("{flag} <")) || help.contains(&format!("{flag}\n")), "{name}: {flag}");
        }
        let after = |flag: &str| words.iter().position(|w| *w == flag).map(|n| words[n + 1]);
        let folder = format!("/var/lib/{}", of("StateDirectory"));
        assert_eq!(after("--data").or(after("--dir")), Some(&*folder), "{name}");
        assert_eq!(of("StateDirectoryMode"), "0700", "{name}");
        assert!(of("TimeoutStopSec").parse::<u32>().unwrap() > 5, "{name}: it takes up to 5 seconds to stop");
        if let Some(config) = after("--config") {
            assert!(handbook("toml").iter().any(|b| b.starts_with(&format!("# {config}\n"))), "{name}: {config}");
        }
        commands.push(words[1]);
        let file = dir.path().join(name);
        std::fs::write(&file, unit.replace("/usr/local/bin/allclear", env!("CARGO_BIN_EXE_allclear"))).unwrap();
        if let Some(analyze) = &analyze {
            let tried = Command::new(analyze).args(["verify", "--man=no"]).arg(&file).output().unwrap();
            let said = String::from_utf8_lossy(&tried.stderr).into_owned();
            assert!(tried.status.success() && !said.contains(name), "{name}: {said}");
        }
    }
    assert_eq!(commands, ["serve", "agent"]);
}

#[test]
fn every_command_that_handbook_and_readme_print_is_one_that_this_program_knows() {
    let dir = tempfile::tempdir().unwrap();
    let mut tried = 0;
    for path in ["docs/OPERATIONS.md", "README.md"] {
        for line in blocks(&document(path), "sh").iter().flat_map(|b| b.lines()) {
            let line = line.trim_start_matches("target/release/");
            if !line.starts_with("allclear ") {
                continue;
            }
            // The shell knows what is a word and what a remark. With --help nothing is done but reading what stands before.
            let script = format!("allclear() {{ \"$BINARY\" \"$@\" --help; }}\n{line}");
            let mut shell = Command::new("sh");
            shell.args(["-c", &script]).env("BINARY", env!("CARGO_BIN_EXE_allclear")).current_dir(dir.path());
            let out = shell.output().unwrap();
            assert!(out.status.success(), "{path}: {line}: {}", String::from_utf8_lossy(&out.stderr));
            tried += 1;
        }
    }
    assert!(tried > 25, "{tried}");
}

#[test]
fn a_step_that_takes_longer_than_it_may_fails_and_one_that_fails_keeps_its_code() {
    let timed = |args: &[&str]| {
        let out = Command::new(Path::new(ROOT).join("scripts/timed.sh")).args(args).output().unwrap();
        (out.status.code(), String::from_utf8(out.stdout).unwrap(), String::from_utf8(out.stderr).unwrap())
    };
    let (code, said, _) = timed(&["--within", "4500", "all", "true"]);
    assert_eq!(code, Some(0));
    assert!(said.contains("== all took ") && said.contains(" s of at most 4500 s"), "{said}");
    let (code, said, told) = timed(&["--within", "-1", "all", "true"]);
    assert_eq!(code, Some(1));
    assert!(said.contains("== all took ") && told.contains("all took longer than -1 s"), "{said} {told}");
    assert_eq!(timed(&["--within", "4500", "all", "sh", "-c", "exit 7"]).0, Some(7));
    let (code, said, _) = timed(&["lint", "echo", "done"]);
    assert_eq!(code, Some(0));
    assert!(said.starts_with("== lint\ndone\n== lint took "), "{said}");
    // It stands around everything that `make test` runs but the tools.
    let make = document("Makefile");
    let test = make.split_once("\ntest:").unwrap().1.split_once("\n\n").unwrap().0;
    assert!(test.contains("scripts/timed.sh --within 4500 tests $(MAKE) --no-print-directory test-all\n"), "{test}");
}

#[expect(clippy::disallowed_methods, reason = "a client of the tests, not of the product")]
fn connect(addr: &str) -> std::net::TcpStream {
    std::net::TcpStream::connect(addr).unwrap()
}
