//! One page over time, over real sockets on loopback: what is asked, what is believed to be the page, and what is not.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use super::{noon, official};
use allclear_signals::dial::{Dialer, Guard, Names, Tls};
use official::{Read, Reading, Source};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_util::task::TaskTracker;

const CALM: &str = r#"{"page":{"id":"p1","name":"Mail","url":"https://status.mail.example","time_zone":"Etc/UTC","updated_at":"2026-11-28T06:10:00Z"},"components":[{"id":"c1","name":"API","status":"operational","position":1,"group_id":null,"group":false}],"incidents":[],"scheduled_maintenances":[],"status":{"indicator":"none","description":"fine"}}"#;
const NEWS: &str = r#"<?xml version="1.0"?><rss version="2.0"><channel><title>Blog</title><link>https://mail.example</link><item><title>We raised a Series C</title><guid>1</guid><pubDate>Sat, 28 Nov 2026 06:00:00 GMT</pubDate><description>Money</description></item></channel></rss>"#;

/// What is answered at each path; the rest is 404.
type Pages = Arc<Mutex<Vec<(&'static str, String)>>>;

struct Upstream {
    pages: Pages,
    asked: Arc<Mutex<Vec<String>>>,
    at: SocketAddr,
    dialer: Dialer,
}

impl Upstream {
    async fn new(tasks: &TaskTracker) -> Upstream {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (pages, asked) = (Pages::default(), Arc::new(Mutex::new(Vec::new())));
        let at = listener.local_addr().unwrap();
        let (says, seen) = (pages.clone(), asked.clone());
        tasks.spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut request = [0; 2048];
                let n = stream.read(&mut request).await.unwrap_or(0);
                let path = String::from_utf8_lossy(&request[..n]).split(' ').nth(1).unwrap_or_default().to_owned();
                let body = says.lock().unwrap().iter().find(|(p, _)| *p == path).map(|(_, b)| b.clone());
                seen.lock().unwrap().push(path);
                let status = match body.as_deref() {
                    Some(BROKEN) => "503 Service Unavailable",
                    Some(_) => "200 OK",
                    None => "404 Not Found",
                };
                let body = body.unwrap_or_default();
                let length = body.len();
                let answer = format!(
                    "HTTP/1.1 {status}\r\netag: \"e\"\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
                );
                drop(stream.write_all(answer.as_bytes()).await);
            }
        });
        let dialer = Dialer::new(
            Names::of_server(SocketAddr::from(([127, 0, 0, 1], 9))),
            Guard::with_ranges(vec!["127.0.0.0/8".parse().unwrap()]),
            Tls::with_roots(Vec::new()).unwrap(),
            "Allclear/test (+nobody@example.org)".to_owned(),
            TaskTracker::new(),
        );
        Upstream { pages, asked, at, dialer }
    }

    fn put(&self, pages: &[(&'static str, &str)]) {
        *self.pages.lock().unwrap() = pages.iter().map(|(p, b)| (*p, (*b).to_owned())).collect();
    }

    fn source(&self) -> Source {
        let (page, feed) = (format!("http://{}/", self.at), format!("http://{}/api/v2/summary.json", self.at));
        Source::new(&page, Some(&feed), official::format("statuspage"))
    }

    /// Reads `minutes` after noon: what came, and how many requests it took by its own account and by the server's.
    async fn read(&self, source: &mut Source, minutes: i64) -> (Result<&'static str, String>, u32, usize) {
        self.asked.lock().unwrap().clear();
        let Reading { read, requests, .. } = source.read(&self.dialer, noon().plus_ms(minutes * 60_000)).await;
        let came = match read {
            Read::Same => Ok("same"),
            Read::Page { format, .. } => Ok(format.name),
            Read::Failed { why, .. } => Err(why),
        };
        (came, requests, self.asked.lock().unwrap().len())
    }
}

const DATA: &str = "/api/v2/summary.json";
/// The body of an answer with status 503.
const BROKEN: &str = "try again later";

#[tokio::test]
async fn an_empty_list_a_blog_and_a_weaker_feed_do_not_take_the_place_of_a_page_and_the_page_comes_back() {
    let tasks = TaskTracker::new();
    let upstream = Upstream::new(&tasks).await;
    let elsewhere = Upstream::new(&tasks).await;
    elsewhere.put(&[("/blog.rss", NEWS)]);
    let linked = format!(
        "<!doctype html><link rel=\"alternate\" type=\"application/rss+xml\" href=\"http://{}/blog.rss\">",
        elsewhere.at
    );
    let own = "<!doctype html><link rel=\"alternate\" type=\"application/rss+xml\" href=\"/blog.rss\">";
    for (what, pages) in [
        ("an empty list everywhere", vec![(DATA, "[]"), ("/", "[]")]),
        ("a page that links to the news of another host", vec![(DATA, linked.as_str()), ("/", linked.as_str())]),
        ("a page that links to its own news", vec![(DATA, own), ("/", own), ("/blog.rss", NEWS)]),
    ] {
        let mut source = upstream.source();
        upstream.put(&[(DATA, CALM)]);
        assert_eq!(upstream.read(&mut source, 0).await.0, Ok("statuspage"));
        upstream.put(&pages);
        for minute in 1..=8 {
            let (came, requests, asked) = upstream.read(&mut source, 5 * minute).await;
            assert!(came.is_err(), "{what}, minute {minute}: {came:?}");
            // Three answers that are no data, one search, and then one question at a time again.
            assert_eq!(asked > 1, minute == 4, "{what}, minute {minute}: {asked} requests");
            assert!(requests as usize >= asked, "{what}, minute {minute}: {requests} of {asked}");
        }
        upstream.put(&[(DATA, CALM)]);
        assert_eq!(upstream.read(&mut source, 60).await.0, Ok("statuspage"), "{what}");
    }
}

#[tokio::test]
async fn a_clock_that_was_ahead_keeps_nobody_from_looking_for_the_page() {
    let tasks = TaskTracker::new();
    let upstream = Upstream::new(&tasks).await;
    let mut source = upstream.source();
    // A year ahead: the page is looked for, and found; then the clock is set right.
    for minute in 0..4 {
        assert!(upstream.read(&mut source, 525_600 + minute).await.0.is_err());
    }
    upstream.put(&[(DATA, CALM)]);
    assert_eq!(upstream.read(&mut source, 525_604).await.0, Ok("statuspage"));
    upstream.put(&[]);
    let mut asked = Vec::new();
    for minute in 0..4 {
        asked.push(upstream.read(&mut source, minute).await.2);
    }
    assert!(asked[..3].iter().all(|n| *n == 1) && asked[3] > 1, "{asked:?}");
}

/// A document of Statuspage with these components alone.
fn components(ids: &[&str]) -> String {
    let one = |id: &&str| format!(r#"{{"id":{id:?},"name":"Part {id}","status":"partial_outage","group":false}}"#);
    let all: Vec<String> = ids.iter().map(one).collect();
    format!(r#"{{"page":{{"id":"p1","name":"Mail"}},"components":[{}]}}"#, all.join(","))
}

#[tokio::test]
async fn components_that_a_summary_leaves_out_are_read_from_the_list_of_all_and_only_where_a_service_is_one() {
    let tasks = TaskTracker::new();
    let upstream = Upstream::new(&tasks).await;
    let all = components(&["c1", "c2"]);
    upstream.put(&[(DATA, CALM), ("/api/v2/components.json", &all)]);
    let mut source = upstream.source();
    assert_eq!(upstream.read(&mut source, 0).await, (Ok("statuspage"), 1, 1));
    source.about(vec!["c1".to_owned()]);
    assert_eq!(upstream.read(&mut source, 5).await.2, 1, "that one is on the summary");
    source.about(vec!["c1".to_owned(), "c2".to_owned()]);
    for minute in [10, 15] {
        // Both are read whole each time, and both count.
        let Reading { read, requests, .. } = source.read(&upstream.dialer, noon().plus_ms(minute * 60_000)).await;
        let Read::Page { format, page, .. } = read else { panic!("{read:?}") };
        let status = official::judge(format, page, &official::Scope::of(&["c2"]), noon());
        assert_eq!((requests, status.level), (2, allclear_model::Level::PartialOutage));
        assert_eq!(status.named, [("c2".to_owned(), "Part c2".to_owned())]);
    }
    // A list that cannot be read once is no list without the component: nothing is read then, and it is asked for again.
    upstream.put(&[(DATA, CALM), ("/api/v2/components.json", BROKEN)]);
    for minute in [16, 17] {
        let (came, requests, _) = upstream.read(&mut source, minute).await;
        assert_eq!((came, requests), (Err("its list of components cannot be read: status 503".to_owned()), 2));
    }
    upstream.put(&[(DATA, CALM), ("/api/v2/components.json", &all)]);
    assert_eq!(upstream.read(&mut source, 18).await, (Ok("statuspage"), 2, 2));
    // One that is nowhere is not asked for each time.
    source.about(vec!["c3".to_owned()]);
    let mut asked = Vec::new();
    for minute in [20, 25, 30, 90] {
        asked.push(upstream.read(&mut source, minute).await.2);
    }
    assert_eq!(asked, [2, 1, 1, 2]);
}

#[tokio::test]
async fn components_of_instatus_are_read_when_something_is_wrong_and_a_service_is_one() {
    let tasks = TaskTracker::new();
    let upstream = Upstream::new(&tasks).await;
    let summary = |status: &str| {
        format!(r#"{{"page":{{"name":"Mail","url":"https://status.mail.example","status":{status:?}}}}}"#)
    };
    let list = r#"{"components":[{"id":"c1","name":"API","status":"MAJOROUTAGE"},{"id":"c2","name":"Web","status":"OPERATIONAL"}]}"#;
    let (page, feed) = (format!("http://{}/", upstream.at), format!("http://{}/v3/summary.json", upstream.at));
    let mut source = Source::new(&page, Some(&feed), official::format("instatus"));
    source.about(vec!["c2".to_owned()]);
    upstream.put(&[("/v3/summary.json", &summary("UP")), ("/v2/components.json", list)]);
    assert_eq!(upstream.read(&mut source, 0).await, (Ok("instatus"), 1, 1));
    upstream.put(&[("/v3/summary.json", &summary("HASISSUES")), ("/v2/components.json", list)]);
    source.forget_marks();
    let Reading { read, requests, .. } = source.read(&upstream.dialer, noon()).await;
    let Read::Page { format, page, .. } = read else { panic!("{read:?}") };
    let level = |part: &str| official::judge(format, page.clone(), &official::Scope::of(&[part]), noon()).level;
    use allclear_model::Level;
    assert_eq!((requests, level("API"), level("c2")), (2, Level::MajorOutage, Level::Operational));
}

#[tokio::test]
async fn a_page_of_uptime_kuma_is_found_and_read_with_the_names_of_its_monitors_and_what_is_pinned_to_it() {
    let tasks = TaskTracker::new();
    let upstream = Upstream::new(&tasks).await;
    const PAGE: &str = "<html><link rel=\"manifest\" href=\"/api/status-page/our-house/manifest.json\"><script id=\"preload-data\"></script></html>";
    const BEATS: &str = r#"{"heartbeatList":{"1":[{"status":1,"time":"2026-11-28 11:59:00.000"}],"2":[{"status":0,"time":"2026-11-28 11:59:00.000"}]},"uptimeList":{}}"#;
    const NAMES: &str = r#"{"config":{"slug":"our-house","title":"Our house"},"incident":{"id":7,"title":"The cellar is wet","style":"warning","content":"We pump","createdDate":"2026-11-28 11:30:00"},"publicGroupList":[{"name":"Rooms","monitorList":[{"id":1,"name":"Kitchen"},{"id":2,"name":"Cellar"}]}],"maintenanceList":[]}"#;
    let (beats, names) = ("/api/status-page/heartbeat/our-house", "/api/status-page/our-house");
    upstream.put(&[("/status/our-house", PAGE), (beats, BEATS), (names, NAMES)]);
    let mut source = Source::new(&format!("http://{}/status/our-house", upstream.at), None, None);
    for minute in 0..2 {
        let Reading { read, requests, .. } = source.read(&upstream.dialer, noon().plus_ms(minute * 60_000)).await;
        let Read::Page { format, page, .. } = read else { panic!("{read:?}") };
        assert_eq!((page.identity.as_deref(), page.name.as_deref()), (Some("our-house"), Some("Our house")));
        assert_eq!(page.events.iter().map(|e| e.title.as_str()).collect::<Vec<_>>(), ["The cellar is wet"]);
        let level = |part: &str| official::judge(format, page.clone(), &official::Scope::of(&[part]), noon()).level;
        use allclear_model::Level;
        assert_eq!((level("Kitchen"), level("Cellar")), (Level::Operational, Level::MajorOutage));
        assert_eq!(requests, if minute == 0 { 3 } else { 2 }, "the page itself once, then both documents");
    }
    // Without the names the numbers would look like other monitors.
    upstream.put(&[(beats, BEATS), (names, BROKEN)]);
    let (came, ..) = upstream.read(&mut source, 5).await;
    assert_eq!(came, Err("its list of components cannot be read: status 503".to_owned()));
    for gone in [&[(beats, BEATS)][..], &[(beats, BEATS), (names, PAGE)]] {
        upstream.put(gone);
        let (came, ..) = upstream.read(&mut source, 6).await;
        assert_eq!(
            came,
            Err("its list of components cannot be read: the names of its monitors are not there".to_owned())
        );
    }
}
