//! No payload does harm: whatever comes is read or refused.

use allclear_model::Time;
use allclear_signals::official::{FORMATS, Scope, detect, judge};
use proptest::prelude::*;

/// Small payloads of several formats, to be broken.
const VALID: &[&str] = &[
    r#"{"page":{"id":"a","name":"Acme","updated_at":"2026-05-01T12:00:00-07:00"},"status":{"indicator":"minor"},"components":[{"id":"c","name":"API","status":"operational","group_id":"g"}],"incidents":[{"id":"i","name":"Slow <b>","status":"identified","impact":"major","created_at":"2026-05-01T12:00:00Z","incident_updates":[{"status":"identified","body":"<p>A &amp; B</p>","affected_components":null}]}]}"#,
    r#"{"status":[{"system":"Apps","status":"green"}],"incidents":[{"id":1,"title":"Slow","state":"open","updates":[{"created_at":"2026-05-01T12:00:00Z","contents":"x","update_type":"issue"}]}]}"#,
    r#"{"config":{"slug":"a"},"publicGroupList":[{"name":"g","monitorList":[{"id":1,"name":"x"}]}],"heartbeatList":{"1":[{"status":1,"time":"2026-05-01 12:00:00.000"}]}}"#,
    r#"{"conditions":{"Slow":"DEGRADED"},"components":[{"id":"a","name":"API"}],"incidents":[{"id":"1","title":"x","severitySlug":"SEV1","timestamps":{"started":"2026-05-01T12:00:00Z"},"components":[{"id":"a","condition":"Slow"}],"timeline":[{"details":{"note":"**Identified** - x"},"occurredAt":"2026-05-01T12:00:00Z"}]}]}"#,
    r#"{"data":{"page":{"page_id":1,"components":[{"component_id":"a","name":"x"}]},"active_changes":[{"change_id":1,"type":"incident","status":"identified","start_at_seconds":1777629600,"affected_components":[{"component_id":"a","status":"degraded"}],"updates":[]}]}}"#,
    r#"{"metadata":[],"uptime":[{"id":"g","services":[{"id":"a","days":[{"events":[{"id":"1","duration":1e300,"severity":"MAJOR","lastUpdateStatus":"IDENTIFIED","created_at":"2026-05-01T12:00:00Z"}]}]}]}]}"#,
    r#"<!doctype html><script id="data">{"status_page_type":"public","summary":{"open_incidents":[{"id":"1","title":"x","updates":[{"severity":"minor","status":"detected","impacted_business_services":[{"name":"API"}]}]}],"post_status_page_services":[{"name":"API"}]}}</script>"#,
    r#"[{"name":"a","group":"g","key":"g_a","results":[{"success":false,"timestamp":"2026-05-01T12:00:00Z"}]}]"#,
    r#"{"data":[{"id":"1","type":"incidents","attributes":{"name":"x","status":{"value":3},"created":{"string":"2026-05-01 12:00:00"}}}]}"#,
    r#"[{"key":"NA1","location":"NA","status":"MAJOR_INCIDENT_CORE"}]"#,
    "<rss version=\"2.0\"><channel><title>Azure Status</title><item><guid>a#b_1777629600</guid><title>[RESOLVED] x</title><description><![CDATA[<p>Sep 3, 12:00 PDT<br>Status: Resolved</p>]]></description><category>disks</category><pubDate>Thu, 23 Jul 2026 17:05:00 Z</pubDate></item></channel></rss>",
    "<rss><channel><link>https://status.x.ai</link><item><link>https://status.x.ai/api/1</link><title>[API] x</title><description>&lt;h3&gt;Status: RESOLVED&lt;/h3&gt;&lt;p&gt;Severity: available&lt;/p&gt;</description></item></channel></rss>",
    "<feed xmlns=\"http://www.w3.org/2005/Atom\"><id>i</id><entry><id>e</id><link href=\"https://a.example/i/1#x\"/><title>x</title><updated>2026-05-01T12:00:00Z</updated><content type=\"xhtml\"><div><p>Monitoring - \u{7ef4}\u{62a4}</p></div></content></entry></feed>",
];

/// Pieces of feeds and of texts in them, for nonsense that gets far.
const PIECES: &[&str] = &[
    "<item>",
    "</item>",
    "<title>",
    "</title>",
    "<description>",
    "</description>",
    "<guid>",
    "</guid>",
    "<link>",
    "</link>",
    "<category>",
    "</category>",
    "<pubDate>",
    "</pubDate>",
    "<![CDATA[",
    "]]>",
    "<!--",
    "-->",
    "&amp;",
    "&lt;",
    "&gt;",
    "&#0;",
    "&#x110000;",
    "&bomb;",
    "&",
    "<",
    ">",
    "</",
    "<p>",
    "<br/>",
    "Status:",
    "Severity:",
    "Resolved",
    " - ",
    ": ",
    "[",
    "]",
    "(",
    ")",
    "\u{ff08}",
    "\u{5df2}\u{6062}\u{590d}",
    "\u{130}",
    "\u{df}",
    "#",
    "_",
    "https://",
    "/",
    "Sep 3, 12:00 PDT",
    "Thu, 23 Jul 2026 17:05:00 Z",
    "99999999999999999999",
    "<!DOCTYPE a [<!ENTITY bomb \"&bomb;\">]>",
    "<?xml?>",
    " ",
    "\n",
];

/// Reads with every format, and judges what comes of it.
fn harmless(payload: &[u8]) {
    let now = Time(1_777_629_600_000);
    for format in FORMATS {
        if let Ok(page) = (format.parse)(payload) {
            let status = judge(format, page.clone(), &Scope::whole(), now);
            let _ = status.newest();
            judge(format, page, &Scope::of(&["API", "a"]), now);
        }
    }
    let _ = detect(payload);
}

/// A valid payload, some of it changed, cut or doubled.
fn broken() -> impl Strategy<Value = Vec<u8>> {
    let change = (any::<prop::sample::Index>(), 0..4u8, any::<u8>(), 1..40usize);
    (prop::sample::select(VALID), prop::collection::vec(change, 1..6)).prop_map(|(text, changes)| {
        let mut bytes = text.as_bytes().to_vec();
        for (at, what, byte, length) in changes {
            if bytes.is_empty() {
                break;
            }
            let at = at.index(bytes.len());
            let end = (at + length).min(bytes.len());
            match what {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                2 => drop(bytes.drain(at..end)),
                _ => {
                    let copy = bytes[at..end].to_vec();
                    bytes.splice(at..at, copy);
                }
            }
        }
        bytes
    })
}

#[test]
fn the_payloads_to_be_broken_are_whole() {
    for text in VALID {
        assert!(detect(text.as_bytes()).is_ok(), "{text}");
        harmless(text.as_bytes());
    }
}

#[test]
fn depth_does_no_harm() {
    for (open, close) in [("[", "]"), ("{\"data\":", "}"), ("<rss>", "</rss>"), ("<rss><channel><item><title><p>", "")]
    {
        harmless(format!("{}{}", open.repeat(50_000), close.repeat(50_000)).as_bytes());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_harmless(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        harmless(&bytes);
    }

    #[test]
    fn broken_payloads_are_harmless(bytes in broken()) {
        harmless(&bytes);
    }

    #[test]
    fn feeds_of_nonsense_are_harmless(
        atom in any::<bool>(),
        whole in any::<bool>(),
        pieces in prop::collection::vec(prop::sample::select(PIECES), 0..60),
    ) {
        let inside = pieces.concat();
        let (start, end) = if atom { ("<feed><entry><content>", "</content></entry></feed>") } else { ("<rss><channel><item><description>", "</description></item></channel></rss>") };
        // Half of them cannot break the XML, so that the text is what is tried.
        let inside = if whole { format!("<![CDATA[{}]]>", inside.replace("]]>", "")) } else { inside };
        harmless(format!("{start}{inside}{end}").as_bytes());
    }
}
