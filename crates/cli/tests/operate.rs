//! Everything an operator can do to texts, pages and queues: on a running site and on a stopped one.

use crate::support::{NO_LIMITS, Run, Site, allclear_in, http, person, until};
use serde_json::Value as Json;
use std::path::Path;

/// Texts that the rules show, hold and withhold.
const PLAIN: &str = "it is down again";
const HELD: &str = "the fix is on https://blog.nowhere-known.xyz/why and it works";
const SCAM: &str = "message @recovery_help on telegram, they got my account back for 50$";

const FORM: [(&str, &str); 1] = [("content-type", "application/x-www-form-urlencoded")];

/// A site that runs, or the folder of one that does not: commands are the same.
enum Place<'a> {
    Running(&'a Site),
    Stopped(&'a Path),
}

impl Place<'_> {
    fn run(&self, args: &[&str]) -> Run {
        match self {
            Place::Running(site) => site.run(args),
            Place::Stopped(data) => {
                let all: Vec<&str> = args.iter().copied().chain(["--data", data.to_str().unwrap()]).collect();
                allclear_in(data.parent().unwrap(), &all, &[], "")
            }
        }
    }

    /// `allclear admin …`, as `ada`.
    fn admin(&self, args: &[&str]) -> Run {
        self.run(&[&["admin"], args, &["--actor", "ada"]].concat())
    }

    #[track_caller]
    fn json(&self, args: &[&str]) -> Json {
        self.admin(&[args, &["--json"]].concat()).ended(0).json()
    }

    /// Done; the number of the act.
    #[track_caller]
    fn done(&self, args: &[&str]) -> u64 {
        let said = self.json(args);
        said["seq"].as_u64().unwrap_or_else(|| panic!("{args:?}: {said}"))
    }

    /// What was handed in is wrong, and it is said on standard error alone.
    #[track_caller]
    fn wrong(&self, args: &[&str]) -> String {
        let run = self.admin(args).ended(2);
        assert!(run.stdout.is_empty() && run.stderr.contains("error:"), "{args:?}: {run:?}");
        run.stderr
    }

    fn report(&self, service: &str, text: &str) -> String {
        let said = self.run(&["report", service, "other", "--json", "--text", text]).ended(0).json();
        said["id"].as_str().unwrap().to_owned()
    }

    #[track_caller]
    fn state(&self, id: &str) -> String {
        self.json(&["moderation", "show", id])["state"].as_str().unwrap().to_owned()
    }

    fn queue(&self, name: &str) -> Vec<String> {
        let said = self.json(&["moderation", "list", "--queue", name]);
        said["texts"].as_array().unwrap().iter().map(|t| t["report"].as_str().unwrap().to_owned()).collect()
    }
}

fn acts(place: &Place<'_>) -> Vec<(String, String, String)> {
    let said = place.json(&["audit"]);
    let word = |a: &Json, k: &str| a[k].as_str().unwrap().to_owned();
    said.as_array().unwrap().iter().map(|a| (word(a, "actor"), word(a, "act"), word(a, "subject"))).collect()
}

/// A service's folder of one's own, with nothing in it yet.
fn own_folder(dir: &Path) -> String {
    let own = dir.join("own");
    std::fs::create_dir_all(&own).unwrap();
    own.to_str().unwrap().to_owned()
}

/// Everything that can be decided about texts; the page is looked at where one is served.
fn decides(place: &Place<'_>, page: &dyn Fn(&str, bool)) {
    let (shown, held, hidden) =
        (place.report("github", PLAIN), place.report("github", HELD), place.report("github", SCAM));
    assert_eq!(place.queue("waiting"), std::slice::from_ref(&held));
    assert_eq!(place.queue("withheld"), std::slice::from_ref(&hidden));
    assert!(place.queue("shown").contains(&shown));
    let told = place.admin(&["moderation", "list"]).ended(0).stdout;
    let lines: Vec<&str> = told.lines().collect();
    assert!(lines[0].starts_with("REPORT") && lines[0].contains("REASONS") && lines.len() == 2, "{told}");
    assert!(lines[1].starts_with(&held) && lines[1].contains("link") && lines[1].contains(HELD), "{told}");
    let one = place.json(&["moderation", "show", &held]);
    assert_eq!((one["text"].as_str(), one["state"].as_str()), (Some(HELD), Some("checking")));
    let waited = one.clone();
    assert_eq!((&one["decisions"][0]["by"], &one["decisions"][0]["decision"]), (&"rules".into(), &"hold".into()));
    let told = place.admin(&["moderation", "show", &held]).ended(0).stdout;
    for part in [&*held, "github", "checking", HELD, "hold"] {
        assert!(told.contains(part), "{part} in {told}");
    }
    page(HELD, false);

    let told = place.admin(&["moderation", "approve", &held]).ended(0).stdout;
    assert!(told.starts_with("Done; it is number ") && told.trim_end().ends_with("in the audit."), "{told}");
    assert_eq!((place.state(&held).as_str(), place.queue("waiting").len()), ("shown", 0));
    page(HELD, true);
    place.done(&["moderation", "hide", &held, "--reason", "insult", "--reason", "noise"]);
    let one = place.json(&["moderation", "show", &held]);
    assert_eq!((&one["state"], &one["reasons"]), (&"withheld".into(), &serde_json::json!(["insult", "noise"])));
    assert!(!place.queue("withheld").contains(&held), "an operator has looked at it");
    page(HELD, false);
    place.done(&["moderation", "undo", &held]);
    assert_eq!(place.state(&held), "shown", "what was decided before holds again");
    place.done(&["moderation", "undo", &held]);
    let one = place.json(&["moderation", "show", &held]);
    assert_eq!((&one["state"], &one["reasons"]), (&"checking".into(), &waited["reasons"]), "nobody has decided it now");
    assert_eq!(place.queue("waiting"), std::slice::from_ref(&held), "and it waits on");
    let why = place.wrong(&["moderation", "undo", &held]);
    assert!(why.contains("no decision but the first"), "{why}");
    // Without a reason it is the operator's own.
    place.done(&["moderation", "hide", &shown]);
    assert_eq!(place.json(&["moderation", "show", &shown])["reasons"], serde_json::json!(["operator"]));

    let unknown = "01890000-0000-7000-8000-000000000000";
    for verb in ["show", "approve", "hide", "undo"] {
        for bad in ["", "x", "1", "../../etc/passwd", unknown, "0189000000007000800000000000000g"] {
            place.wrong(&["moderation", verb, bad]);
        }
        place.wrong(&["moderation", verb]);
    }
    let why = place.wrong(&["moderation", "hide", &held, "--reason", "boring"]);
    assert!(why.contains("incitement"), "it says which there are: {why}");
    for bad in [
        &["moderation", "list", "--limit", "0"][..],
        &["moderation", "list", "--limit", "501"],
        &["moderation", "list", "--limit", "x"],
        &["moderation", "list", "--queue", "lost"],
        &["moderation", "list", "--before", "-1"],
        &["moderation", "burn", &held],
        &["moderation"],
    ] {
        place.admin(bad).ended(2);
    }
    let textless = place.run(&["report", "github", "other", "--json", "--key", "no-text"]).ended(0).json();
    let textless = textless["id"].as_str().unwrap();
    for verb in ["approve", "hide", "undo"] {
        let why = place.wrong(&["moderation", verb, textless]);
        assert!(why.contains("no text"), "{why}");
    }
    for bad in ["", "two words", "a/b", "ä b", &"x".repeat(41), "jo\u{202e}"] {
        let run = place.run(&["admin", "moderation", "approve", &held, "--actor", bad]).ended(2);
        assert!(run.stderr.contains("actor"), "{run:?}");
    }

    let told = place.admin(&["erase", &held]).ended(0).stdout;
    assert!(told.starts_with("Done;"), "{told}");
    place.done(&["erase", &held]);
    let one = place.json(&["moderation", "show", &held]);
    assert_eq!((&one["state"], &one["text"]), (&"erased".into(), &Json::Null));
    for verb in ["approve", "hide", "undo"] {
        place.wrong(&["moderation", verb, &held]);
    }
    for bad in ["", "x", unknown] {
        place.wrong(&["erase", bad]);
    }
    // Pages of a long queue.
    let ids: Vec<String> = (0..3).map(|n| place.report("github", &format!("{PLAIN}, {n}"))).collect();
    let first = place.json(&["moderation", "list", "--queue", "shown", "--limit", "2"]);
    assert_eq!(first["texts"].as_array().unwrap().len(), 2);
    assert_eq!(first["texts"][0]["report"], ids[2].as_str(), "newest first");
    let before = first["next"].as_u64().unwrap().to_string();
    let second = place.json(&["moderation", "list", "--queue", "shown", "--limit", "2", "--before", &before]);
    assert_eq!(second["texts"][0]["report"], ids[0].as_str());
    let told = place.admin(&["moderation", "list", "--queue", "shown", "--limit", "2"]).ended(0).stdout;
    assert!(told.contains(&format!("More with --before {before}")), "{told}");
    assert_eq!(place.admin(&["moderation", "list", "--queue", "waiting"]).ended(0).stdout, "No texts here.\n");
}

#[test]
fn texts_are_listed_approved_hidden_undone_and_erased_on_a_running_site() {
    let dir = tempfile::tempdir().unwrap();
    let site = Site::start(&dir.path().join("data"), &NO_LIMITS);
    decides(&Place::Running(&site), &|text, there| {
        until("the page follows", || (site.get("/s/github").body.contains(text) == there).then_some(()));
        until("the list follows", || (site.get("/s/github/reports").body.contains(text) == there).then_some(()));
    });
    assert!(site.get("/s/github/reports").body.contains("text erased"));
    site.stop();
}

#[test]
fn texts_are_listed_approved_hidden_undone_and_erased_in_the_folder_of_a_stopped_site() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let nothing = Place::Stopped(&data);
    for args in [&["moderation", "list"][..], &["audit"], &["suggestions", "list"], &["feedback", "list"]] {
        let run = nothing.admin(args).ended(1);
        assert!(run.stderr.contains("not the data folder of a site"), "{args:?}: {run:?}");
    }
    Site::start(&data, &NO_LIMITS).stop();
    decides(&Place::Stopped(&data), &|_, _| {});
    let site = Site::start(&data, &NO_LIMITS);
    let page = site.get("/s/github/reports").body;
    assert!(
        page.contains("text erased") && !page.contains(HELD) && !page.contains(SCAM) && page.contains(PLAIN),
        "{page}"
    );
    site.stop();
}

#[test]
fn notes_stand_on_the_page_until_they_are_removed_or_their_time_is_over() {
    let dir = tempfile::tempdir().unwrap();
    let site = Site::start(&dir.path().join("data"), &NO_LIMITS);
    let place = Place::Running(&site);
    let shows = |text: &str| site.get("/s/github").body.contains(text);
    let add = |more: &[&str]| place.done(&[&["note", "add", "github"], more].concat());
    let first = add(&["We see it, too. <b>Not bold</b>", "--link", "https://example.org/blog"]);
    until("the note is on the page", || shows("We see it, too. &").then_some(()));
    let page = site.get("/s/github").body;
    assert!(page.contains("https://example.org/blog") && !page.contains("<b>Not bold"), "{page}");
    let api = site.get("/api/v1/services/github").json();
    assert_eq!(
        (&api["notes"][0]["text"], &api["notes"][0]["until"]),
        (&"We see it, too. <b>Not bold</b>".into(), &Json::Null)
    );
    // What nobody may read is taken out of an operator's words, too.
    add(&["call me at jo@example.org"]);
    until("the second one", || shows("call me at").then_some(()));
    assert!(!shows("jo@example.org"));

    let told = place.admin(&["note", "remove", "github", &first.to_string()]).ended(0).stdout;
    assert!(told.starts_with("Done;"), "{told}");
    until("it is gone", || (!shows("We see it, too.")).then_some(()));
    place.wrong(&["note", "remove", "github", &first.to_string()]);
    // Who took it away in haste gives it again as the audit has it, and the audit keeps all three acts.
    let said = place.json(&["audit"]);
    let added = said.as_array().unwrap().iter().find(|a| a["seq"] == first).unwrap();
    let part = |key: &str| added["detail"]["note"][key].as_str().unwrap_or_else(|| panic!("{key}: {added}"));
    let again = add(&[part("words"), "--link", part("link")]);
    until("it is back", || shows("We see it, too. &").then_some(()));
    let acts: Vec<String> = acts(&place).into_iter().map(|(_, act, _)| act).collect();
    assert_eq!(acts, ["note_added", "note_removed", "note_added", "note_added"]);
    place.done(&["note", "remove", "github", &again.to_string()]);

    // One that ends by itself.
    let now = place.run(&["report", "github", "other", "--json"]).ended(0).json();
    let now = allclear_model::Time::parse(now["at"].as_str().unwrap()).unwrap();
    add(&["Back in a moment", "--until", &now.plus_s(5).to_string()]);
    until("the short one", || shows("Back in a moment").then_some(()));
    until("its time is over", || {
        // Any change of the page makes it anew; without one it would be the turn of the minute.
        place.run(&["report", "github", "other"]).ended(0);
        (!shows("Back in a moment")).then_some(())
    });
    let why = place.wrong(&["note", "add", "github", "Too late", "--until", &now.to_string()]);
    assert!(why.contains("over already"), "{why}");

    for bad in [
        &["note", "add", "github", ""][..],
        &["note", "add", "github", "   "],
        &["note", "add", "github", &"long ".repeat(120)],
        &["note", "add", "github", "x", "--until", "tomorrow"],
        &["note", "add", "github", "x", "--until", "2026-13-01T00:00:00Z"],
        &["note", "add", "github", "x", "--link", "javascript:alert(1)"],
        &["note", "add", "github", "x", "--link", "example.org"],
        &["note", "add", "no-such-service", "x"],
        &["note", "add", "Not A Slug", "x"],
        &["note", "add", "github"],
        &["note", "remove", "github", "4711"],
        &["note", "remove", "github", "x"],
        &["note", "remove", "no-such-service", "1"],
        &["note"],
    ] {
        place.wrong(bad);
    }
    // So many stand at a time; the oldest makes room.
    let many: Vec<u64> = (0..6).map(|n| add(&[&format!("Note number {n}")])).collect();
    until("the newest five", || (shows("Note number 5") && !shows("Note number 0")).then_some(()));
    let data = site.data.clone();
    site.stop();
    // Of a stopped site as well, and the next start shows what is left.
    let place = Place::Stopped(&data);
    place.done(&["note", "remove", "github", &many[5].to_string()]);
    place.done(&["note", "add", "gitlab", "From the cellar"]);
    let site = Site::start(&data, &NO_LIMITS);
    let page = site.get("/s/github").body;
    assert!(page.contains("Note number 4") && !page.contains("Note number 5"), "{page}");
    assert!(site.get("/s/gitlab").body.contains("From the cellar"));
    site.stop();
}

#[test]
fn an_incident_is_annotated_retracted_and_reinstated() {
    let dir = tempfile::tempdir().unwrap();
    let site = Site::start(&dir.path().join("data"), &NO_LIMITS);
    for n in 0..400 {
        let sent = site.report("openrouter", "api-key", &person(n), &n.to_string()).unwrap();
        assert_eq!(sent.status, 202);
    }
    let id = until("an incident opens", || {
        site.get("/api/v1/services/openrouter").json()["incident"]["id"].as_str().map(str::to_owned)
    });
    let place = Place::Running(&site);
    let page = || site.get(&format!("/s/openrouter/incidents/{id}")).body;
    let told = place.admin(&["incident", "annotate", &id, "They say it is a cable."]).ended(0).stdout;
    assert!(told.starts_with("Done;"), "{told}");
    until("the words are on its page", || page().contains("They say it is a cable.").then_some(()));
    place.done(&["incident", "annotate", &id]);
    until("and gone again", || (!page().contains("They say it is a cable.")).then_some(()));

    for bad in [
        &["incident", "retract", &id][..],
        &["incident", "retract", &id, "--reason", "x", "--undo"],
        &["incident", "retract", &id, "--reason", ""],
        &["incident", "retract", &id, "--reason", "  "],
        &["incident", "retract", &id, "--reason", &"long ".repeat(120)],
        &["incident", "retract", "openrouter-20200101t0000", "--reason", "x"],
        &["incident", "retract", "openrouter-20200101t0000", "--undo"],
        &["incident", "annotate", "openrouter-20200101t0000", "x"],
        &["incident", "annotate", "../../x", "x"],
        &["incident", "annotate", &id, &"long ".repeat(120)],
        &["incident", "annotate"],
        &["incident"],
    ] {
        place.wrong(bad);
    }
    assert!(site.get("/api/v1/services/openrouter").json()["incident"].is_object(), "nothing of it has happened");

    place.done(&["incident", "retract", &id, "--reason", "A test of ours."]);
    until("the problem ends", || site.get("/api/v1/services/openrouter").json()["incident"].is_null().then_some(()));
    until("its page says why", || page().contains("A test of ours.").then_some(()));
    assert!(site.get("/api/v1/services/openrouter").json()["last_problem"].is_null());
    place.done(&["incident", "retract", &id, "--undo"]);
    until("it is the same problem again, and goes on", || {
        let now = site.get("/api/v1/services/openrouter").json();
        (now["incident"]["id"] == id.as_str() && now["incident"]["closed"].is_null()).then_some(())
    });
    until("its page says no more that it was none", || (!page().contains("A test of ours.")).then_some(()));
    let told: Vec<(String, String, String)> = acts(&place);
    let kinds: Vec<&str> = told.iter().map(|(_, act, _)| act.as_str()).collect();
    assert_eq!(kinds, ["incident_reinstated", "incident_retracted", "incident_annotated", "incident_annotated"]);
    assert!(told.iter().all(|(actor, _, subject)| actor == "ada" && *subject == id), "{told:?}");
    let data = site.data.clone();
    site.stop();
    Place::Stopped(&data).done(&["incident", "annotate", &id, "Said afterwards."]);
    let site = Site::start(&data, &NO_LIMITS);
    assert!(site.get(&format!("/s/openrouter/incidents/{id}")).body.contains("Said afterwards."));
    site.stop();
}

/// Suggests a service as a visitor does; its number.
fn suggest(site: &Site, name: &str, homepage: &str) -> String {
    let coded = |s: &str| s.bytes().map(|b| format!("%{b:02X}")).collect::<Vec<_>>().concat();
    let body = format!("name={}&homepage={}&why=we+use+it", coded(name), coded(homepage));
    let from = [FORM[0], ("x-forwarded-for", &*person(u32::try_from(name.len()).unwrap()))];
    let sent = http(&site.addr, "POST", "/suggest", &from, &body).unwrap();
    assert_eq!(sent.status, 303, "{}", sent.body);
    sent.header("location").unwrap().rsplit_once("n=").unwrap().1.to_owned()
}

#[test]
fn a_suggestion_is_accepted_with_a_file_and_a_page_or_leaves_nothing_behind() {
    let dir = tempfile::tempdir().unwrap();
    let (data, own) = (dir.path().join("data"), own_folder(dir.path()));
    let file = |slug: &str| Path::new(&own).join(format!("services/{slug}.toml"));
    let site = Site::start_with(&data, &["--catalogue", &own], &NO_LIMITS);
    let place = Place::Running(&site);
    let foo = suggest(&site, "Foo \"Works\" & Söhne", "https://foo.example/start");
    let bar = suggest(&site, "Bar Works", "");
    let hub = suggest(&site, "Hub of Gits", "https://hub.example");
    let list = place.json(&["suggestions", "list"]);
    assert_eq!(list.as_array().unwrap().len(), 3);
    assert_eq!((&list[2]["name"], &list[2]["host"]), (&"Foo \"Works\" & Söhne".into(), &"foo.example".into()));
    assert_eq!((&list[2]["state"], &list[2]["why"]), (&"open".into(), &"we use it".into()));
    let told = place.admin(&["suggestions", "list"]).ended(0).stdout;
    assert!(told.starts_with("NUMBER") && told.contains("Bar Works") && told.lines().count() == 4, "{told}");

    // What the catalogue cannot be with is refused, and no file is left.
    fn accept<'a>(number: &'a str, more: &[&'a str]) -> Vec<&'a str> {
        [&["suggestions", "accept", number], more].concat()
    }
    for bad in [
        accept(&foo, &["--category", "no-such-category"]),
        accept(&foo, &["--category", "Not A Slug"]),
        accept(&foo, &["--category", "dev-tools", "--slug", "../../etc"]),
        accept(&foo, &["--category", "dev-tools", "--slug", "UPPER"]),
        accept(&foo, &["--category", "dev-tools", "--homepage", "javascript:alert(1)"]),
        accept(&foo, &["--category", "dev-tools", "--homepage", ""]),
        accept(&bar, &["--category", "dev-tools"]),
        accept(&hub, &["--category", "dev-tools", "--slug", "github"]),
        accept("4711", &["--category", "dev-tools"]),
        accept("x", &["--category", "dev-tools"]),
        accept(&foo, &[]),
    ] {
        place.wrong(&bad);
        let left: Vec<_> = std::fs::read_dir(Path::new(&own).join("services")).into_iter().flatten().collect();
        assert!(left.is_empty(), "{bad:?} leaves {left:?}");
    }
    let why = place.wrong(&accept(&bar, &["--category", "dev-tools"]));
    assert!(why.contains("--homepage"), "{why}");
    let why = place.wrong(&accept(&hub, &["--category", "dev-tools", "--slug", "github"]));
    assert!(why.contains("watched already"), "{why}");
    assert_eq!(place.json(&["suggestions", "list"]).as_array().unwrap().len(), 3, "all are still open");
    assert!(site.get("/s/github").body.contains("GitHub"));

    // What waits is found behind any number of newer ones that are decided, and read on behind a number.
    place.done(&["suggestions", "reject", &hub]);
    let numbers = |args: &[&str]| -> Vec<String> {
        let all = place.json(&[&["suggestions", "list"], args].concat());
        all.as_array().unwrap().iter().map(|s| s["suggestion"].as_u64().unwrap().to_string()).collect()
    };
    assert_eq!(numbers(&["--limit", "1"]), [bar.as_str()]);
    assert_eq!(numbers(&["--limit", "1", "--before", &bar]), [foo.as_str()]);
    assert_eq!(numbers(&["--all", "--limit", "1"]), [hub.as_str()]);
    place.done(&["suggestions", "reopen", &hub]);

    let said = place.json(&accept(&foo, &["--category", "dev-tools"]));
    let slug = said["service"].as_str().unwrap().to_owned();
    assert_eq!((said["file"].as_str(), slug.as_str()), (file(&slug).to_str(), "foo-works-s-hne"));
    let text = std::fs::read_to_string(file(&slug)).unwrap();
    assert!(text.contains("homepage = \"https://foo.example\"") && text.contains("category = \"dev-tools\""), "{text}");
    assert_eq!(site.get(&format!("/s/{slug}")).status, 200, "its page exists at once");
    assert_eq!(site.get(&format!("/api/v1/services/{slug}")).json()["name"], "Foo \"Works\" & Söhne");
    place.report(&slug, PLAIN);
    let told = place
        .admin(&accept(&bar, &["--category", "dev-tools", "--slug", "bar", "--homepage", "https://bar.example"]))
        .ended(0)
        .stdout;
    assert!(told.contains("Watched as bar.") && told.contains("bar.toml"), "{told}");
    // A file that is there already is nobody's to write over.
    std::fs::write(file("hub"), std::fs::read_to_string(file("bar")).unwrap().replace("Bar Works", "Mine")).unwrap();
    let why = place.wrong(&accept(&hub, &["--category", "dev-tools", "--slug", "hub"]));
    assert!(why.contains("exists already"), "{why}");
    assert!(std::fs::read_to_string(file("hub")).unwrap().contains("Mine"));
    std::fs::remove_file(file("hub")).unwrap();

    place.wrong(&accept(&foo, &["--category", "dev-tools", "--slug", "foo-again"]));
    assert!(!file("foo-again").exists());
    place.wrong(&["suggestions", "reject", &foo]);
    place.wrong(&["suggestions", "reopen", &hub]);
    let told = place.admin(&["suggestions", "reject", &hub]).ended(0).stdout;
    assert!(told.starts_with("Done;"), "{told}");
    place.wrong(&["suggestions", "reject", &hub]);
    assert!(place.json(&["suggestions", "list"]).as_array().unwrap().is_empty());
    let all = place.json(&["suggestions", "list", "--all"]);
    let states: Vec<&str> = all.as_array().unwrap().iter().map(|s| s["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["rejected", "accepted", "accepted"]);
    assert_eq!(all[2]["service"], slug.as_str());
    place.done(&["suggestions", "reopen", &hub]);
    // Undone whole: not watched any more, nothing lost of the file, and it can be accepted again and undone again.
    place.done(&["suggestions", "reopen", &foo]);
    assert!(!file(&slug).exists() && file(&format!("{slug}.toml.withdrawn")).with_extension("").exists());
    until("its page is gone", || (site.get(&format!("/s/{slug}")).status == 404).then_some(()));
    place.json(&accept(&foo, &["--category", "dev-tools"]));
    assert_eq!(site.get(&format!("/s/{slug}")).status, 200);
    place.done(&["suggestions", "reopen", &foo]);
    let aside = |end: &str| file(&format!("{slug}.toml.{end}")).with_extension("").exists();
    assert!(aside("withdrawn") && aside("withdrawn-2"), "both are kept");
    assert_eq!(place.json(&["suggestions", "list"]).as_array().unwrap().len(), 2);
    for bad in [&["suggestions", "reject", "4711"][..], &["suggestions", "reopen", "x"], &["suggestions"]] {
        place.wrong(bad);
    }
    site.stop();

    // Of a stopped site, and the next start watches it.
    let env = [("ALLCLEAR_CATALOGUE__DIR", own.as_str())];
    let args = ["admin", "suggestions", "accept", &hub, "--category", "dev-tools", "--actor", "bob", "--data"];
    let args: Vec<&str> = args.into_iter().chain([data.to_str().unwrap()]).collect();
    let told = allclear_in(dir.path(), &args, &env, "").ended(0).stdout;
    assert!(told.contains("Watched as hub-of-gits."), "{told}");
    let site = Site::start_with(&data, &["--catalogue", &own], &NO_LIMITS);
    assert_eq!(site.get("/s/hub-of-gits").status, 200);
    let told = acts(&Place::Running(&site));
    let (first, kinds): (_, Vec<&str>) = (&told[0], told.iter().map(|(_, act, _)| act.as_str()).collect());
    assert_eq!((first.0.as_str(), first.2.as_str()), ("bob", hub.as_str()));
    assert_eq!(
        kinds,
        [
            "suggestion_accepted",
            "suggestion_reopened",
            "suggestion_accepted",
            "suggestion_reopened",
            "suggestion_reopened",
            "suggestion_rejected",
            "suggestion_accepted",
            "suggestion_accepted",
            "suggestion_reopened",
            "suggestion_rejected",
        ]
    );
    site.stop();
}

#[test]
fn without_a_folder_of_ones_own_no_suggestion_can_be_accepted_and_it_is_said_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let site = Site::start(&dir.path().join("data"), &NO_LIMITS);
    let number = suggest(&site, "Foo Works", "https://foo.example");
    let why = Place::Running(&site).wrong(&["suggestions", "accept", &number, "--category", "dev-tools"]);
    assert!(why.contains("catalogue.dir") && why.contains("--catalogue"), "{why}");
    site.stop();
}

#[test]
fn feedback_is_listed_closed_and_opened_again() {
    let dir = tempfile::tempdir().unwrap();
    let site = Site::start(&dir.path().join("data"), &NO_LIMITS);
    for body in ["choice=late&service=github&level=operational&words=it+was+down+before", "choice=good"] {
        assert_eq!(http(&site.addr, "POST", "/feedback", &FORM, body).unwrap().status, 303);
    }
    let data = site.data.clone();
    let numbers = |place: &Place<'_>, more: &[&str]| -> Vec<(u64, bool)> {
        let list = place.json(&[&["feedback", "list"], more].concat());
        let one = |f: &Json| (f["feedback"].as_u64().unwrap(), f["closed"].as_bool().unwrap());
        list.as_array().unwrap().iter().map(one).collect()
    };
    let work = |place: &Place<'_>| {
        let [(good, false), (late, false)] = numbers(place, &[])[..] else { panic!("{:?}", numbers(place, &[])) };
        let list = place.json(&["feedback", "list"]);
        assert_eq!((&list[1]["choice"], &list[1]["service"]), (&"late".into(), &"github".into()));
        assert_eq!((&list[1]["level"], &list[1]["words"]), (&"operational".into(), &"it was down before".into()));
        let told = place.admin(&["feedback", "list"]).ended(0).stdout;
        assert!(
            told.starts_with("NUMBER") && told.contains("it was down before") && told.lines().count() == 3,
            "{told}"
        );
        let told = place.admin(&["feedback", "close", &late.to_string()]).ended(0).stdout;
        assert!(told.starts_with("Done;"), "{told}");
        assert_eq!(numbers(place, &[]), [(good, false)]);
        assert_eq!(numbers(place, &["--all"]), [(good, false), (late, true)]);
        assert_eq!(numbers(place, &["--all", "--limit", "1"]), [(good, false)]);
        place.done(&["feedback", "reopen", &late.to_string()]);
        assert_eq!(numbers(place, &[]), [(good, false), (late, false)]);
        for bad in [
            &["feedback", "close", "4711"][..],
            &["feedback", "reopen", "4711"],
            &["feedback", "close", "x"],
            &["feedback", "close", "-1"],
            &["feedback", "list", "--limit", "0"],
            &["feedback", "close"],
            &["feedback"],
        ] {
            place.wrong(bad);
        }
    };
    work(&Place::Running(&site));
    site.stop();
    work(&Place::Stopped(&data));
}

#[test]
fn the_audit_says_who_did_what_newest_first_whoever_asks_and_wherever() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let site = Site::start(&data, &NO_LIMITS);
    let place = Place::Running(&site);
    let id = place.report("github", PLAIN);
    let by = |who: Option<&str>, env: &[(&str, &str)], args: &[&str]| {
        let mut all = vec!["admin"];
        all.extend_from_slice(args);
        all.extend_from_slice(&["--data", data.to_str().unwrap()]);
        all.extend(who.into_iter().flat_map(|w| ["--actor", w]));
        allclear_in(dir.path(), &all, env, "").ended(0)
    };
    by(Some("ada.lovelace"), &[], &["moderation", "hide", &id, "--reason", "noise"]);
    by(Some("Zoë_1"), &[], &["moderation", "undo", &id]);
    by(None, &[("USER", "account-name")], &["optout", "WWW.Example.org."]);
    by(None, &[("USER", "")], &["optout", "www.example.org", "--undo"]);
    by(None, &[("USER", "no name\\of ours")], &["audit"]);
    site.stop();
    by(Some("night-shift"), &[], &["erase", &id]);
    let place = Place::Stopped(&data);
    let of = |a: &str, b: &str, c: &str| (a.to_owned(), b.to_owned(), c.to_owned());
    let all = [
        of("night-shift", "text_erased", &id),
        of("operator", "optout_removed", "www.example.org"),
        of("account-name", "optout_added", "www.example.org"),
        of("Zoë_1", "decision_undone", &id),
        of("ada.lovelace", "text_hidden", &id),
    ];
    assert_eq!(acts(&place), all);
    let said = place.json(&["audit"]);
    let seqs: Vec<u64> = said.as_array().unwrap().iter().map(|a| a["seq"].as_u64().unwrap()).collect();
    assert!(seqs.windows(2).all(|w| w[0] > w[1]), "{seqs:?}");
    assert_eq!(said[4]["detail"]["reasons"], "noise");
    let page = place.json(&["audit", "--limit", "2", "--before", &seqs[1].to_string()]);
    assert_eq!(page.as_array().unwrap().iter().map(|a| a["seq"].as_u64().unwrap()).collect::<Vec<_>>(), seqs[2..4]);
    let told = place.admin(&["audit"]).ended(0).stdout;
    assert!(told.starts_with("SEQ") && told.contains("ada.lovelace") && told.lines().count() == 6, "{told}");
    for bad in ["", "-a.org", "exa mple.org", "http://example.org/x", "a..b", "-", &"a.".repeat(200)] {
        place.wrong(&["optout", bad]);
    }
    for bad in [&["audit", "--limit", "0"][..], &["audit", "--before", "x"], &["audit", "now"]] {
        place.wrong(bad);
    }
    assert_eq!(acts(&place), all, "what was refused is in no audit");
    // The same over a restart, from the outside.
    let site = Site::start(&data, &NO_LIMITS);
    assert_eq!(acts(&Place::Running(&site)), all);
    site.stop();
}
