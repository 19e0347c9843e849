//! The loading of catalogues.

use allclear_engine::catalogue::{Broken, Include, Loaded, Source, load};
use allclear_model::Slug;
use allclear_model::check::{Check, Condition, HttpCheck, Method};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::path::Path;

const CATEGORY: &str = "name = \"Mail\"\ngroup = \"Work\"\nguide = \"mail\"\noutages_per_30_days = 1.5\n\n[[symptoms]]\nid = \"send\"\nlabel = \"Cannot send\"\ntopic = \"send\"\n";
const GUIDE: &str = "# Mail\n\n## Sending {#send}\n\n### When the service is healthy\n\nLook.\n\n```\n## not a heading\n```\n\n### When it is them\n\nWait.\n";

fn service(name: &str, more: &str) -> String {
    format!("name = \"{name}\"\ncategory = \"mail\"\nhomepage = \"https://{0}.example\"\n{more}", name.to_lowercase())
}

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

const MARK: &str = "[verified]\nhomepage = true\n";

fn source(name: &str, files: &[(&str, &str)]) -> Source {
    Source {
        name: name.to_owned(),
        files: files.iter().map(|(p, t)| ((*p).to_owned(), Cow::Owned((*t).to_owned()))).collect(),
        ..Source::default()
    }
}

fn with(files: &[(&str, &str)]) -> Result<Loaded, Broken> {
    let mut all = vec![("categories/mail.toml", CATEGORY), ("guides/mail.md", GUIDE)];
    all.extend(files);
    load(&[source("", &all)], &Include::All)
}

fn problems(files: &[(&str, &str)]) -> Vec<String> {
    with(files).map(|_| ()).unwrap_err().errors.iter().map(ToString::to_string).collect()
}

#[test]
fn a_service_without_its_own_symptoms_has_its_categorys_symptoms_and_guide() {
    let loaded = with(&[("services/a.toml", &service("A", MARK))]).unwrap();
    assert_eq!(loaded.warnings, []);
    let a = &loaded.catalogue.services["a"];
    assert_eq!((a.symptoms.len(), a.guide.as_str(), a.own_guide, a.homepage.verified), (1, "mail", false, true));
    let topic = &loaded.catalogue.guides["mail"].topics[0];
    assert_eq!((topic.title.as_str(), topic.theirs.as_str()), ("Sending", "Wait."));
    assert!(topic.healthy.ends_with("## not a heading\n```"));
}

#[test]
fn every_error_names_file_line_and_key_and_all_are_told_at_once() {
    let a = service("A", "aliases = [\"mail\", \"B\"]\nrelated = [\"none\", \"a\"]\ncolour = 1\n");
    let b = service(
        "b",
        "upstreams = [\"c\"]\nofficial = 3\n[check]\nurl = \"ftp://x\"\n[[symptoms]]\nid = \"other\"\nlabel = \"x\"\ntopic = \"send\"\n[[symptoms]]\nid = \"y\"\nlabel = \"y\"\ntopic = \"nowhere\"\n[verified]\nhomepage = \"yes\"\n",
    );
    let c = "name = \"C\"\ncategory = \"none\"\nupstreams = [\"b\"]\nguide = \"none\"\naliases = [\"MAIL\"]\n[verified]\nupstreams = true\n";
    let got = problems(&[
        ("services/a.toml", &a),
        ("services/b.toml", &b),
        ("services/c.toml", c),
        ("services/d.toml", "name = \n"),
    ]);
    assert_eq!(
        got,
        [
            "services/a.toml:1: verified.homepage: is missing: say true when homepage was seen at its source, else false",
            "services/a.toml:4: aliases[1]: \"B\" already stands for the service b",
            "services/a.toml:5: related[0]: no file services/none.toml exists",
            "services/a.toml:5: related[1]: is the service itself",
            "services/b.toml:4: upstreams[0]: leads back to itself: b -> c (services/c.toml:3) -> b",
            "services/b.toml:5: official: is an integer, must be a table",
            "services/b.toml:7: check.url: \"ftp://x\" is not an address such as https://example.com/: it must begin with https:// or http://",
            "services/b.toml:9: symptoms[0].id: \"other\" is what every service has already; choose another id",
            "services/b.toml:15: symptoms[1].topic: guides/mail.md has no topic {#nowhere}",
            "services/b.toml:16: verified.check: is missing: say true when check was seen at its source, else false",
            "services/b.toml:16: verified.upstreams: is missing: say true when upstreams was seen at its source, else false",
            "services/b.toml:17: verified.homepage: is a string, must be true or false",
            "services/c.toml:1: homepage: is missing",
            "services/c.toml:2: category: no file categories/none.toml exists",
            "services/c.toml:4: guide: no file guides/none.md exists",
            "services/c.toml:5: aliases[0]: \"MAIL\" already stands for the service a",
            "services/d.toml:1: string values must be quoted, expected literal string",
        ]
    );
}

#[test]
fn references_between_files_are_checked() {
    let up = |name: &str, to: &str| service(name, &format!("upstreams = [\"{to}\"]\n{MARK}upstreams = true\n"));
    let cycle =
        [("services/a.toml", up("A", "b")), ("services/b.toml", up("B", "c")), ("services/c.toml", up("C", "a"))];
    let files: Vec<(&str, &str)> = cycle.iter().map(|(p, t)| (*p, t.as_str())).collect();
    assert_eq!(
        problems(&files),
        [
            "services/a.toml:4: upstreams[0]: leads back to itself: a -> b (services/b.toml:4) -> c (services/c.toml:4) -> a"
        ]
    );

    let c = "name = \"C\"\ncategory = \"none\"\nhomepage = \"https://c.example\"\nguide = \"none\"\n[verified]\nhomepage = true\n";
    assert_eq!(
        problems(&[("services/c.toml", c)]),
        [
            "services/c.toml:2: category: no file categories/none.toml exists",
            "services/c.toml:4: guide: no file guides/none.md exists"
        ]
    );

    let same = service("a", &format!("aliases = [\"Post\"]\n{MARK}"));
    let alias = service("Other", &format!("aliases = [\"POST\"]\n{MARK}"));
    let name = service("A", MARK);
    assert_eq!(
        problems(&[("services/a.toml", &same), ("services/b.toml", &alias), ("services/c.toml", &name)]),
        [
            "services/b.toml:4: aliases[0]: \"POST\" already stands for the service a",
            "services/c.toml:1: name: \"A\" already stands for the service a",
        ]
    );

    // Two spellings of one address.
    let blank = service("Four", &format!("aliases = [\"GPT 4\"]\n{MARK}"));
    let dash = service("Five", &format!("aliases = [\"gpt-4\"]\n{MARK}"));
    assert_eq!(
        problems(&[("services/a.toml", &blank), ("services/b.toml", &dash)]),
        ["services/b.toml:4: aliases[0]: \"gpt-4\" already stands for the service a"]
    );
}

#[test]
fn every_step_that_lies_on_a_cycle_is_named_with_its_file_and_line() {
    let ups = |name: &str, to: &str| service(name, &format!("upstreams = [{to}]\n{MARK}upstreams = true\n"));
    // Two cycles share the step from d back to a; f leads into one and lies on none.
    let files = [
        ("services/a.toml", ups("A", "\"b\", \"c\"")),
        ("services/b.toml", ups("B", "\"d\"")),
        ("services/c.toml", ups("C", "\"e\", \"d\"")),
        ("services/d.toml", ups("D", "\"a\"")),
        ("services/e.toml", service("E", MARK)),
        ("services/f.toml", ups("F", "\"a\"")),
    ];
    let files: Vec<(&str, &str)> = files.iter().map(|(p, t)| (*p, t.as_str())).collect();
    assert_eq!(
        problems(&files),
        [
            "services/a.toml:4: upstreams[0]: leads back to itself: a -> b (services/b.toml:4) -> d (services/d.toml:4) -> a",
            "services/a.toml:4: upstreams[1]: leads back to itself: a -> c (services/c.toml:4) -> d (services/d.toml:4) -> a",
        ]
    );
}

#[test]
fn a_value_that_does_not_hold_hides_no_other_error_of_its_file_or_of_files_that_name_it() {
    let a = "name = \" A\"\ncategory = \"none\"\nhomepage = \"x\"\naliases = [\"\", \"B\"]\nrelated = [\"Not A Slug\", \"none\"]\nguide = \"mail\"\n[[symptoms]]\nid = \"\"\nlabel = \"x\"\ntopic = \"nowhere\"\n[[symptoms]]\nid = \"y\"\ntopic = \"else\"\n[verified]\n";
    let category = CATEGORY.replace("1.5", "0").replace("topic = \"send\"", "topic = \"gone\"");
    let b = service("b", &format!("related = [\"a\", \"gone\"]\n{MARK}"));
    assert_eq!(
        problems(&[("services/a.toml", a), ("services/b.toml", &b), ("categories/mail.toml", &category)]),
        [
            "categories/mail.toml:4: outages_per_30_days: must be a number from 0.01 to 100",
            "categories/mail.toml:9: symptoms[0].topic: guides/mail.md has no topic {#gone}",
            "services/a.toml:1: name: has blanks at its beginning or end",
            "services/a.toml:2: category: no file categories/none.toml exists",
            "services/a.toml:3: homepage: \"x\" is not an address such as https://example.com/: it must begin with https:// or http://",
            "services/a.toml:4: aliases[0]: is empty",
            "services/a.toml:4: aliases[1]: \"B\" already stands for the service b",
            "services/a.toml:5: related[0]: \"Not A Slug\" is not 1 to 64 lower-case letters, digits and single hyphens",
            "services/a.toml:5: related[1]: no file services/none.toml exists",
            "services/a.toml:8: symptoms[0].id: is empty",
            "services/a.toml:10: symptoms[0].topic: guides/mail.md has no topic {#nowhere}",
            "services/a.toml:11: symptoms[1].label: is missing",
            "services/a.toml:13: symptoms[1].topic: guides/mail.md has no topic {#else}",
            "services/b.toml:4: related[1]: no file services/gone.toml exists",
        ]
    );
}

#[test]
fn a_check_is_declared_in_readable_lines_and_what_does_not_hold_is_named_by_line_and_key() {
    let of = |table: &str| service("A", &format!("[check]\n{table}\n{MARK}check = false\n"));
    let check = |table: &str| {
        let loaded = with(&[("services/a.toml", &of(table))]).unwrap();
        assert_eq!(loaded.warnings, [], "{table}");
        loaded.catalogue.services["a"].check.clone().unwrap().value
    };
    assert_eq!(check("url = \"https://a.example/\""), Check::Http(HttpCheck::get("https://a.example/")));
    let Check::Http(rich) = check(
        "url = \"https://a.example/\"\nmethod = \"head\"\nheaders = [\"Accept: text/html\"]\nredirects = 0\nmax_body_kb = 2\ntimeout_s = 2.5\nkeep_connection = true\nexpect = [\"status < 500\", \"json $.ok == true\"]",
    ) else {
        panic!("not over HTTP")
    };
    assert_eq!((rich.method, rich.redirects, rich.max_body, rich.deadline_ms), (Method::Head, 0, 2048, 2500));
    assert!(rich.keep);
    assert_eq!(rich.headers, [("accept".to_owned(), "text/html".to_owned())]);
    assert_eq!(
        rich.conditions.iter().map(Condition::as_str).collect::<Vec<_>>(),
        ["status < 500", "json $.ok == true"]
    );
    for (table, address) in [
        ("tcp = \"a.example:22\"\nsend = \"x\"\nexpect = [\"reply contains \\\"SSH\\\"\"]", "tcp://a.example:22"),
        ("tls = \"a.example\"\nexpect = [\"certificate > 14 days\"]", "tls://a.example:443"),
        ("dns = \"a.example\"\nrecord = \"mx\"", "dns://a.example/MX"),
        ("icmp = \"2606:4700::1111\"", "icmp://2606:4700::1111"),
    ] {
        assert_eq!(check(table).address(), address);
    }
    let Check::Tcp(ping) = check("tcp = \"a.example:6379\"\nsend = \"PING\\r\\n\"") else { panic!("not over TCP") };
    assert_eq!(ping.send, "PING\r\n", "most protocols wait for the end of a line");
    for (table, problem) in [
        ("method = \"GET\"", "services/a.toml:4: check.url: is missing (or one of tcp, tls, dns and icmp)"),
        (
            "url = \"https://a.example/\"\ntcp = \"a.example:22\"",
            "services/a.toml:4: check.tcp: stands beside url: a check asks one thing",
        ),
        (
            "url = \"https://a.example/\"\nexpect = [\"status < 500\",\n\"colour == 3\"]",
            "services/a.toml:7: check.expect[1]: `colour == 3`: \"colour\" cannot be asked about; known are status, body, event, header, json, certificate, total, reply and answer",
        ),
        (
            "tcp = \"a.example:22\"\nexpect = [\"status == 200\"]",
            "services/a.toml:6: check.expect[0]: `status == 200` cannot be asked of a check over tcp",
        ),
        (
            "tcp = \"a.example\"",
            "services/a.toml:5: check.tcp: \"a.example\" is not a host and a port, such as example.org:22",
        ),
        ("dns = \"a b\"", "services/a.toml:5: check.dns: \"a b\" is not a host, such as example.org"),
        (
            "dns = \"a.example\"\nrecord = \"X\"",
            "services/a.toml:6: check.record: is \"X\", must be one of A, AAAA, CNAME, MX, NS, TXT, SOA, CAA",
        ),
        (
            "url = \"https://a.example/\"\nmethod = \"POST\"",
            "services/a.toml:6: check.method: is \"POST\", must be GET or HEAD",
        ),
        (
            "url = \"https://a.example/\"\nheaders = [\"no colon\"]",
            "services/a.toml:6: check.headers[0]: must be NAME: VALUE",
        ),
        (
            "url = \"https://a.example/\"\ntimeout_s = 600",
            "services/a.toml:6: check.timeout_s: must be a number from 1 to 60",
        ),
    ] {
        assert_eq!(problems(&[("services/a.toml", &of(table))]), [problem], "{table}");
    }
}

#[test]
fn warnings_come_with_the_errors() {
    let a = service("A", &format!("colour = 1\nrelated = [\"none\"]\n{MARK}"));
    let broken = with(&[("services/a.toml", &a)]).map(|_| ()).unwrap_err();
    assert_eq!(broken.errors.len(), 1);
    assert_eq!(
        broken.warnings[0].to_string(),
        "services/a.toml:4: colour: is not a key of this file; it has no effect"
    );
}

#[test]
fn a_file_that_is_no_utf_8_is_named_by_line_and_byte_and_hides_no_other_error() {
    let dir = tempfile::tempdir().unwrap();
    let write = |path: &str, bytes: &[u8]| {
        let path = dir.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    };
    write("categories/mail.toml", CATEGORY.as_bytes());
    write("guides/mail.md", GUIDE.as_bytes());
    write("services/a.toml", b"name = \"A\"\n# caf\xe9\n");
    write("services/b.toml", service("B", &format!("related = [\"a\", \"none\"]\n{MARK}")).as_bytes());
    write("services/c.toml", &vec![b'#'; 300 * 1024]);
    let broken = load(&[Source::folder(dir.path()).unwrap()], &Include::All).map(|_| ()).unwrap_err();
    let told: Vec<String> = broken.errors.iter().map(ToString::to_string).collect();
    let at = dir.path().display();
    assert_eq!(
        told,
        [
            format!("{at}/services/a.toml:2: is not UTF-8: byte 6 of this line, byte 17 of the file, is 0xe9"),
            format!("{at}/services/b.toml:4: related[1]: no file services/none.toml exists"),
            format!("{at}/services/c.toml: is larger than 262144 bytes"),
        ]
    );
}

#[test]
fn a_guides_skeleton_is_fixed() {
    let guide = "# Mail\n## No id\n## Sending {#send}\n### When the service is healthy\nx\n### Else\ny\n## Sending {#send}\n### When it is them\n\n### When the service is healthy\nz\n";
    let got = problems(&[("guides/other.md", guide), ("guides/empty.md", "Hello"), ("guides/Bad Name.md", "# x")]);
    assert_eq!(
        got,
        [
            "guides/Bad Name.md: the file's name without its ending: \"Bad Name\" is not 1 to 64 lower-case letters, digits and single hyphens",
            "guides/Bad Name.md:1: ## Title {#id}: is missing: a guide has at least one topic",
            "guides/empty.md:1: # Title: is missing: a guide begins with one line \"# Title\"",
            "guides/empty.md:1: ## Title {#id}: is missing: a guide has at least one topic",
            "guides/other.md:2: No id: has no id: a topic's heading is \"## Title {#id}\"",
            "guides/other.md:3: send: has no text under \"### When it is them\"",
            "guides/other.md:6: Else: is not one of the two parts \"### When the service is healthy\" and \"### When it is them\"",
            "guides/other.md:8: send: is the id of an earlier topic",
        ]
    );
}

#[test]
fn unknown_keys_are_warned_of_and_do_not_refuse() {
    let loaded =
        with(&[("services/a.toml", &service("A", &format!("colour = 1\n{MARK}check = true\n"))), ("notes.txt", "x")])
            .unwrap();
    let got: Vec<String> = loaded.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(
        got,
        [
            "notes.txt: is not services/{slug}.toml, categories/{id}.toml or guides/{name}.md; it has no effect",
            "services/a.toml:4: colour: is not a key of this file; it has no effect",
            "services/a.toml:7: verified.check: marks check, which this file does not state",
        ]
    );
}

#[test]
fn a_later_source_overrides_file_by_file_and_include_chooses_among_the_first() {
    let a = service("A", &format!("related = [\"b\"]\n{MARK}"));
    let built_in = source(
        "",
        &[
            ("categories/mail.toml", CATEGORY),
            ("guides/mail.md", GUIDE),
            ("services/a.toml", &a),
            ("services/b.toml", &service("B", MARK)),
        ],
    );
    let own = source(
        "own",
        &[("services/b.toml", &service("Beta", MARK)), ("services/intranet.toml", &service("Intranet", MARK))],
    );
    let slugs = |include: Include| {
        let loaded = load(&[built_in.clone(), own.clone()], &include).unwrap();
        loaded.catalogue.services.values().map(|s| s.name.clone()).collect::<Vec<_>>()
    };
    assert_eq!(slugs(Include::All), ["A", "Beta", "Intranet"]);
    assert_eq!(slugs(Include::None), ["Beta", "Intranet"]);
    assert_eq!(slugs(Include::These(vec![Slug::parse("a").unwrap()])), ["A", "Beta", "Intranet"]);
    // Left out, not unknown: no problem, and not shown.
    let only_a = load(std::slice::from_ref(&built_in), &Include::These(vec![Slug::parse("a").unwrap()])).unwrap();
    assert_eq!(only_a.catalogue.services["a"].related, []);
    let bad = load(&[built_in, own], &Include::These(vec![Slug::parse("zzz").unwrap()])).map(|_| ()).unwrap_err();
    assert_eq!(bad.errors[0].to_string(), "catalogue.include: zzz: no file services/zzz.toml exists");
}

#[test]
fn nothing_that_is_in_a_file_makes_the_loader_panic() {
    use proptest::prelude::*;
    let piece = prop_oneof![
        Just("name = ".to_owned()),
        Just("[verified]\n".to_owned()),
        Just("[[symptoms]]\n".to_owned()),
        Just("aliases = [".to_owned()),
        Just("\"\"\"".to_owned()),
        Just("## x {#y}\n".to_owned()),
        Just("### When it is them\n".to_owned()),
        Just("# T\n".to_owned()),
        Just("```\n".to_owned()),
        "[ -~é\n]{0,12}",
    ];
    proptest!(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) }, |(parts in prop::collection::vec(piece, 0..12))| {
        let text = parts.concat();
        let files = [("services/a.toml", text.as_str()), ("categories/b.toml", text.as_str()), ("guides/c.md", text.as_str())];
        let _ = load(&[source("", &files)], &Include::All);
    });
}

/// The catalogue of this project.
fn ours() -> Loaded {
    load(&[Source::folder(&Path::new(ROOT).join("catalogue")).unwrap()], &Include::All)
        .unwrap_or_else(|p| panic!("{}", p.errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")))
}

#[test]
fn the_catalogue_of_this_project_holds_and_its_names_are_found() {
    let loaded = ours();
    assert!(loaded.warnings.is_empty(), "{:?}", loaded.warnings);
    assert!(loaded.catalogue.services.len() >= 508, "{}", loaded.catalogue.services.len());
    let names = allclear_engine::catalogue::Names::new(&loaded.catalogue);
    assert_eq!(names.search("gpt", 5).first().map(Slug::as_str), Some("chatgpt"));
    assert_eq!(names.alias("open-router").map(Slug::as_str), Some("openrouter"));
}

#[test]
fn every_service_of_the_list_it_was_made_from_is_in_the_catalogue_and_visa() {
    let services = ours().catalogue.services;
    // The list lies beside the project and is no part of it; without it, their number tells.
    let list = std::fs::read_to_string(Path::new(ROOT).join("../shared/catalogue.csv")).unwrap_or_default();
    let slugs: Vec<&str> = list.lines().skip(1).filter_map(|l| l.split(',').next()).collect();
    assert!(list.is_empty() || slugs.len() >= 507, "{} lines", slugs.len());
    let missing: Vec<_> = slugs.iter().chain(&["visa"]).filter(|s| !services.contains_key(**s)).collect();
    assert!(missing.is_empty(), "{missing:?}");
    assert!(services.len() >= 508, "{}", services.len());
}

/// The services with a guide and symptoms of their own.
const WITH_GUIDES: [&str; 16] = [
    "openrouter",
    "perplexity",
    "krisp",
    "leonardo-ai",
    "openai-api",
    "chatgpt",
    "claude",
    "gemini",
    "aws",
    "cloudflare",
    "github",
    "discord",
    "whatsapp",
    "youtube",
    "playstation-network",
    "visa",
];

#[test]
fn sixteen_services_have_a_guide_and_symptoms_of_their_own_and_not_those_of_their_category() {
    let loaded = ours();
    let related: Vec<&str> = loaded.catalogue.services["openrouter"].related.iter().map(Slug::as_str).collect();
    assert_eq!(related, ["perplexity", "krisp", "leonardo-ai"]);
    for slug in WITH_GUIDES {
        let service = &loaded.catalogue.services[slug];
        let file = Path::new(ROOT).join(format!("catalogue/categories/{}.toml", service.category));
        let category: toml::Table = std::fs::read_to_string(file).unwrap().parse().unwrap();
        assert!(service.own_guide, "{slug}");
        assert_ne!(Some(service.guide.as_str()), category["guide"].as_str(), "{slug}");
        let users = loaded.catalogue.services.values().filter(|s| s.guide == service.guide).count();
        assert_eq!(users, 1, "{slug}: its guide is nobody else's");
        let common: Vec<&str> =
            category["symptoms"].as_array().unwrap().iter().filter_map(|s| s["label"].as_str()).collect();
        let own: Vec<&str> = service.symptoms.iter().map(|s| &*s.label).collect();
        assert!(own.len() >= 5, "{slug}: {own:?}");
        assert_ne!(own, common, "{slug}");
        // A guide of its own speaks of each of them, and of nothing that cannot be reported.
        let guide = &loaded.catalogue.guides[&service.guide];
        let topics: Vec<&Slug> = guide.topics.iter().map(|t| &t.id).collect();
        assert!(service.symptoms.iter().all(|s| topics.contains(&&s.topic)), "{slug}: {topics:?}");
        let asked: BTreeSet<&Slug> = service.symptoms.iter().map(|s| &s.topic).collect();
        assert_eq!(topics.iter().copied().collect::<BTreeSet<_>>(), asked, "{slug}: topics and symptoms");
    }
}

#[test]
fn the_guide_of_openrouter_has_its_seven_topics_and_says_what_people_need_to_know() {
    let catalogue = ours().catalogue;
    let guide = &catalogue.guides["openrouter"];
    let titles: Vec<(&str, &str)> = guide.topics.iter().map(|t| (t.id.as_str(), &*t.title)).collect();
    assert_eq!(
        titles,
        [
            ("api-key", "API key not working or rejected"),
            ("empty", "Model returns an empty or truncated response"),
            ("timeout", "Requests timing out"),
            ("credits", "Credits not updating after payment"),
            ("rate-limit", "Rate limit errors (429)"),
            ("interface", "Interface freezes on model selection"),
            ("streaming", "Responses not streaming in real time"),
        ]
    );
    let topic = |id: &str| guide.topics.iter().find(|t| t.id.as_str() == id).unwrap();
    for (id, phrases) in [
        (
            "api-key",
            &[
                "`Authorization: Bearer sk-or-",
                "a missing beginning (`sk-or-`)",
                "a space, a line break or quotation marks around the key",
                "after changes to an account an old key may have ended",
                "It can come from the provider behind that model, not from OpenRouter",
                "Create a new key only when",
            ][..],
        ),
        (
            "empty",
            &[
                "Raise `max_tokens` or leave it out.",
                "filled the context window",
                "a fixed limit of their own",
                "See the model's card before you send long prompts.",
            ],
        ),
        (
            "timeout",
            &[
                "at least 120 seconds",
                "before the first token",
                "reads an answer in chunks",
                "Try a small, fast model.",
                "can end a stream without any error",
            ],
        ),
        (
            "credits",
            &[
                "can take up to an hour to appear as credits: Stripe",
                "After about 3 minutes, reload the credits page without its cache.",
                "look for the receipt in your mail",
                "write to support and send the transaction id",
                "Do not pay a second time",
            ],
        ),
        (
            "rate-limit",
            &[
                "Limits per minute and per day are counted apart",
                "although the last minute was quiet",
                "see whether your account can have a higher one",
                "make each pause longer than the one before",
            ],
        ),
        ("interface", &["`Ctrl+Shift+R`", "Try another browser", "Safari and some builds of Chromium"]),
        (
            "streaming",
            &["`\"stream\": true`", "collects the answer", "switch off response buffering", "a company firewall"],
        ),
    ] {
        for phrase in phrases {
            assert!(topic(id).healthy.contains(phrase), "{id}: {phrase}");
        }
    }
    for (id, phrases) in [
        ("api-key", &["Do not rotate your key because of this error.", "Do rotate the key if it may have leaked."][..]),
        ("credits", &["Do not pay again.", "an hour later the credits are still missing"]),
        ("rate-limit", &["A higher limit for your own account would not change that."]),
    ] {
        for phrase in phrases {
            assert!(topic(id).theirs.contains(phrase), "{id}: {phrase}");
        }
    }
}

/// The fields of a line; one that holds a comma stands in quotation marks.
fn fields(line: &str) -> Vec<String> {
    let (mut fields, mut quoted) = (vec![String::new()], false);
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(String::new()),
            c => fields.last_mut().unwrap().push(c),
        }
    }
    fields
}

#[test]
fn what_the_list_says_of_a_service_stands_in_the_catalogue() {
    let services = ours().catalogue.services;
    // The list lies beside the project and is no part of it; without it these stand for it.
    let list = std::fs::read_to_string(Path::new(ROOT).join("../shared/catalogue.csv")).unwrap_or_else(|_| {
        "slug,category,status_page_url,probe_url,upstreams,upstreams_confidence\n\
         openrouter,ai-gateway,https://status.openrouter.ai,https://openrouter.ai/api/v1/models,openai-api;anthropic-api,seen\n\
         chatgpt,ai-app,https://status.openai.com,https://chatgpt.com/,openai-api,seen\n"
            .to_owned()
    });
    assert!([2, 507].contains(&(list.lines().count() - 1)), "{} services", list.lines().count());
    let head = fields(list.lines().next().unwrap());
    let column = |name: &str| head.iter().position(|h| h == name).unwrap();
    let columns = ["slug", "category", "status_page_url", "probe_url", "upstreams", "upstreams_confidence"].map(column);
    for line in list.lines().skip(1) {
        let said = fields(line);
        assert_eq!(said.len(), head.len(), "{line}");
        let [slug, category, page, probe, upstreams, seen] = columns.map(|n| said[n].as_str());
        let service = &services[slug];
        assert_eq!(service.category.as_str(), category, "{slug}");
        let ours = service.official.as_ref().map_or("", |o| &*o.value.page);
        assert_eq!(ours.trim_end_matches('/'), page.trim_end_matches('/'), "{slug}: status page");
        let ours = service.check.as_ref().map(|c| c.value.address()).unwrap_or_default();
        assert_eq!(ours, probe, "{slug}: what a check asks");
        let ours: Vec<&str> = service.upstreams.value.iter().map(Slug::as_str).collect();
        assert_eq!(ours, upstreams.split(';').filter(|u| !u.is_empty()).collect::<Vec<_>>(), "{slug}: upstreams");
        assert_eq!(
            service.upstreams.verified,
            !upstreams.is_empty() && seen == "seen",
            "{slug}: whether they were seen"
        );
    }
}

#[test]
fn a_service_is_a_part_of_an_official_page_by_components_and_words() {
    let official = |part: &str| {
        service("A", &format!("[official]\npage = \"https://status.example.org\"\n{part}{MARK}official = true\n"))
    };
    let part = |text: &str| {
        let loaded = with(&[("services/a.toml", &official(text))]).unwrap();
        assert_eq!(loaded.warnings, []);
        let page = &loaded.catalogue.services["a"].official.as_ref().unwrap().value;
        (page.part.clone(), page.asked())
    };
    let (one, asked) = part("component = \"c1\"\n");
    assert_eq!((&one.components[..], asked.as_str()), (&["c1".to_owned()][..], "https://status.example.org#c1"));
    assert!(part("").0.is_whole());
    let (all, asked) =
        part("components = [\"Cloud SQL@europe-west4\", \"API\"]\ntitles = [\"mail\"]\nnot_titles = [\"chat\"]\n");
    assert_eq!((all.components.len(), all.titles.len(), all.not_titles.len()), (2, 1, 1));
    assert_eq!(asked, "https://status.example.org#Cloud SQL@europe-west4&API&title=mail&not=chat");
}

#[test]
fn a_part_of_an_official_page_that_does_not_hold_is_told_with_file_line_and_key() {
    let many: Vec<String> = (0..31).map(|n| format!("\"c{n}\"")).collect();
    let text = format!(
        "[official]\npage = \"https://status.example.org\"\ncomponent = \"a\"\ncomponents = [\"b\", \"B\", 3, \"x@\"]\ntitles = \"mail\"\nnot_titles = [{}]\n{MARK}official = true\n",
        many.join(", ")
    );
    assert_eq!(
        problems(&[("services/a.toml", &service("A", &text))]),
        [
            "services/a.toml:6: official.component: stands beside components; put it into that list",
            "services/a.toml:7: official.components[1]: \"B\" stands there twice",
            "services/a.toml:7: official.components[2]: is an integer, must be a text in quotation marks",
            "services/a.toml:7: official.components[3]: must be a component, or product@place with both of them",
            "services/a.toml:8: official.titles: is a string, must be a list of texts in [ ]",
            "services/a.toml:9: official.not_titles: are 31, at most 30 are allowed",
        ]
    );
}
