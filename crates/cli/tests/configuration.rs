//! File, environment, flags.

use crate::support::{Site, allclear_in, until};

#[test]
fn the_effective_configuration_shows_each_value_with_its_source() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(
        dir.path().join("allclear.toml"),
        "[site]\nname = \"House\"\n\n[limits]\nreports_per_source_per_hour = 3\n",
    )
    .unwrap();
    let env = [("ALLCLEAR_HTTP__TRUSTED_PROXIES", "127.0.0.1/32"), ("ALLCLEAR_SITE__ACCENT", "#112233")];
    let run = allclear_in(dir.path(), &["config", "--json", "--data", "elsewhere"], &env, "").ended(0).json();
    let of = |key: &str| run["settings"].as_array().unwrap().iter().find(|s| s["key"] == key).unwrap().clone();
    assert_eq!(
        (of("site.name")["value"].as_str(), of("site.name")["source"].as_str()),
        (Some("House"), Some("allclear.toml:2"))
    );
    assert_eq!(of("limits.reports_per_source_per_hour")["value"], 3);
    assert_eq!(of("http.trusted_proxies")["value"][0], "127.0.0.1/32");
    assert_eq!(of("http.trusted_proxies")["source"], "environment ALLCLEAR_HTTP__TRUSTED_PROXIES");
    assert_eq!(
        (of("data.dir")["value"].as_str(), of("data.dir")["source"].as_str()),
        (Some("elsewhere"), Some("flag --data"))
    );
    assert_eq!(of("http.listen")["source"], "default");
    let table = allclear_in(dir.path(), &["config"], &env, "").ended(0).stdout;
    assert!(table.contains("site.accent") && table.contains("environment ALLCLEAR_SITE__ACCENT"), "{table}");
}

#[test]
fn a_bad_configuration_ends_with_2_and_names_every_key_and_range() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("bad.toml"), "[http]\nmax_connections = 1\nbase_url = \"example.org\"\n").unwrap();
    let env = [("ALLCLEAR_LIMITS__REPORTS_PER_SOURCE_PER_HOUR", "many")];
    for command in ["serve", "config"] {
        let run = allclear_in(dir.path(), &[command, "--config", "bad.toml"], &env, "").ended(2);
        for part in ["bad.toml:2", "16 to 1000000", "http.base_url", "ALLCLEAR_LIMITS__REPORTS_PER_SOURCE_PER_HOUR"] {
            assert!(run.stderr.contains(part), "{command}: {part} in {}", run.stderr);
        }
    }
    std::fs::write(dir.path().join("bad.toml"), "[http\n").unwrap();
    let run = allclear_in(dir.path(), &["config", "--config", "bad.toml"], &[], "").ended(2);
    assert!(run.stderr.contains("bad.toml:1"), "{}", run.stderr);
}

#[test]
fn a_site_that_others_can_reach_needs_a_contact() {
    let dir = tempfile::tempdir().unwrap();
    let run = allclear_in(dir.path(), &["serve", "--listen", "0.0.0.0:0"], &[], "").ended(2);
    assert!(run.stderr.contains("site.contact"), "{}", run.stderr);
    assert!(!dir.path().join("data").exists());
}

#[test]
fn unknown_keys_warn_and_do_not_stop_the_site() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("odd.toml");
    std::fs::write(&file, "[site]\nnmae = \"x\"\n").unwrap();
    let env = [("ALLCLEAR_HTTP__LISSEN", "x")];
    let site = Site::start_with(&dir.path().join("data"), &["--config", file.to_str().unwrap()], &env);
    until("both warnings", || {
        (site.log().contains("odd.toml:2") && site.log().contains("ALLCLEAR_HTTP__LISSEN")).then_some(())
    });
    assert!(site.log().contains("did you mean site.name"), "{}", site.log());
    site.stop();
}

#[test]
fn what_a_site_says_about_itself_is_on_its_pages() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("own.toml");
    std::fs::write(&file, "[site]\nname = \"Our & House\"\ncontact = \"desk@house.example\"\n").unwrap();
    let env = [("ALLCLEAR_SITE__NOTICE", "A drill <today>"), ("ALLCLEAR_SITE__ACCENT", "#7A1F5C")];
    let site = Site::start_with(&dir.path().join("data"), &["--config", file.to_str().unwrap()], &env);
    let home = site.get("/").body;
    let title = home.split_once("<title>").unwrap().1.split_once("</title>").unwrap().0;
    assert!(title.ends_with(" · Our &#38; House"), "{title}");
    for path in ["/", "/s/openrouter"] {
        let page = site.get(path).body;
        assert!(page.contains("<a class=\"brand\" href=\"/\"><i></i>Our &#38; House</a>"), "{path}");
        assert!(page.contains("<p class=\"band-note\">A drill &#60;today&#62;</p>"), "{path}");
    }
    let sheet = home.split_once("<link rel=\"stylesheet\" href=\"").unwrap().1.split_once('"').unwrap().0;
    let css = site.get(sheet);
    assert_eq!((css.status, css.header("content-type")), (200, Some("text/css; charset=utf-8")));
    assert!(css.body.contains(":root{--accent:#7a1f5c}"));
    let contact = site.get("/contact").body;
    assert!(contact.contains("<a href=\"mailto:desk@house.example\">desk@house.example</a>"), "{contact}");
    site.stop();
    // Without them, none of it is there.
    let site = Site::start(&dir.path().join("other"), &[]);
    let (home, contact) = (site.get("/").body, site.get("/contact").body);
    assert!(home.contains("<i></i>Allclear</a>") && !home.contains("<p class=\"band-note\">"));
    assert!(contact.contains("has not given a contact") && !contact.contains("mailto:"), "{contact}");
    site.stop();
}

#[test]
fn a_running_site_obeys_proxies_and_limits_from_the_file_and_from_the_environment() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("own.toml");
    let limits = "[limits]\nreports_per_source_per_hour = 2\nreports_per_network_per_minute = 3\n";
    let proxies = "[http]\ntrusted_proxies = [\"127.0.0.1/32\"]\n";
    let with_file = ["--config", file.to_str().unwrap()];
    let environment = [
        ("ALLCLEAR_HTTP__TRUSTED_PROXIES", "127.0.0.1/32"),
        ("ALLCLEAR_LIMITS__REPORTS_PER_SOURCE_PER_HOUR", "2"),
        ("ALLCLEAR_LIMITS__REPORTS_PER_NETWORK_PER_MINUTE", "3"),
    ];
    // The statuses of reports from these addresses, one after another.
    let statuses = |site: &Site, from: [&str; 4]| {
        let mut key = 0;
        from.map(|address| {
            key += 1;
            site.report("openrouter", "api-key", address, &format!("{address}-{key}")).unwrap().status
        })
    };
    std::fs::write(&file, format!("{proxies}{limits}")).unwrap();
    for (name, flags, env) in [("file", &with_file[..], &[][..]), ("environment", &[], &environment)] {
        let site = Site::start_with(&dir.path().join(name), flags, env);
        let one_network = ["10.1.1.1", "10.1.1.2", "10.1.1.3", "10.1.1.4"];
        assert_eq!(statuses(&site, one_network), [202, 202, 202, 429], "{name}: a network within a minute");
        assert_eq!(statuses(&site, ["10.1.2.1"; 4]), [202, 202, 429, 429], "{name}: a source within an hour");
        let four = ["10.2.1.1", "10.2.2.1", "10.2.3.1", "10.2.4.1"];
        assert_eq!(
            statuses(&site, four),
            [202; 4],
            "{name}: the proxy's word is believed, and none of them is refused"
        );
        site.stop();
    }
    // From nobody that is not named.
    std::fs::write(&file, limits).unwrap();
    let site = Site::start_with(&dir.path().join("nobody"), &with_file, &[]);
    let four = ["10.2.1.1", "10.2.2.1", "10.2.3.1", "10.2.4.1"];
    assert_eq!(statuses(&site, four), [202, 202, 429, 429]);
    site.stop();
}

#[test]
fn every_setting_is_explained_to_operators() {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/OPERATIONS.md")).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let run = allclear_in(dir.path(), &["config", "--json"], &[], "").ended(0).json();
    for setting in run["settings"].as_array().unwrap() {
        let key = setting["key"].as_str().unwrap();
        assert!(text.contains(&format!("`{key}`")), "{key} is missing in docs/OPERATIONS.md");
    }
}

#[test]
fn the_password_of_a_proxy_is_shown_nowhere() {
    let dir = tempfile::tempdir().unwrap();
    let with = |proxy: &str, command: &[&str]| {
        allclear_in(dir.path(), command, &[("ALLCLEAR_NETWORK__HTTP_PROXY", proxy)], "")
    };
    let shown = with("http://jo:hunter2@127.0.0.1:9", &["config"]).ended(0);
    assert!(shown.stdout.contains("network.http_proxy") && shown.stdout.contains("(set)"), "{}", shown.stdout);
    let wrong = with("socks5://jo:hunter2@127.0.0.1:9", &["config"]).ended(2);
    assert!(
        wrong.stderr.contains("network.http_proxy") && wrong.stderr.contains("http://proxy.example:3128"),
        "{}",
        wrong.stderr
    );
    let asked = with("http://jo:hunter2@127.0.0.1:9", &["check", "https://example.org/", "--json"]).ended(4);
    assert!(asked.stdout.contains("the proxy cannot be reached"), "{}", asked.stdout);
    for run in [shown, wrong, asked] {
        assert!(!format!("{}{}", run.stdout, run.stderr).contains("hunter2"));
    }
}

#[test]
fn hosts_that_are_reached_without_the_proxy_are_hosts() {
    let dir = tempfile::tempdir().unwrap();
    let with =
        |hosts: &str| allclear_in(dir.path(), &["config", "--json"], &[("ALLCLEAR_NETWORK__NO_PROXY", hosts)], "");
    let config = with("*.corp.example, .inner.example,10.0.0.1").ended(0).json();
    let all = config["settings"].as_array().unwrap().iter().find(|s| s["key"] == "network.no_proxy").unwrap();
    assert_eq!(all["value"], serde_json::json!(["corp.example", "inner.example", "10.0.0.1"]));
    for wrong in ["corp.example:8080", "10.0.0.0/8", "http://x/"] {
        assert!(with(wrong).ended(2).stderr.contains("network.no_proxy"), "{wrong}");
    }
}
