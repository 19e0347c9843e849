//! Payloads that are larger than any real page's: a Statuspage summary of thousands of components and hundreds of incidents,
//! and a feed of the same size.

use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::Path;

/// After all that happens in them.
pub(super) const NOW: &str = "2026-06-01T00:00:00Z";

/// Groups of the summary.
const GROUPS: usize = 100;
/// Components in each.
const COMPONENTS: usize = 40;
/// Incidents of the summary.
const INCIDENTS: usize = 400;
/// Items of the feed; more than a thousand are not read.
const ITEMS: usize = 950;
/// Updates of each incident and in each item.
const UPDATES: usize = 8;
/// Words of each update.
const WORDS: usize = 60;

const PHASES: [&str; 4] = ["resolved", "monitoring", "identified", "investigating"];

/// What vendors write, in any order.
const SAID: [&str; 24] = [
    "we",
    "are",
    "investigating",
    "elevated",
    "errors",
    "with",
    "requests",
    "to",
    "the",
    "gateway",
    "in",
    "one",
    "region",
    "some",
    "customers",
    "may",
    "see",
    "slow",
    "answers",
    "while",
    "a",
    "fix",
    "is",
    "applied",
];

/// Writes both into `folder`.
pub(super) fn write(folder: &Path) -> anyhow::Result<()> {
    std::fs::write(folder.join("statuspage.json"), serde_json::to_vec(&summary())?)?;
    std::fs::write(folder.join("rss.xml"), feed()?)?;
    Ok(())
}

/// Some words, others for each `seed`.
fn words(seed: usize) -> String {
    let word = |n: usize| SAID[(seed * 7 + n * n + n * (seed % 5)) % SAID.len()];
    (0..WORDS).map(word).collect::<Vec<_>>().join(" ")
}

/// An id as Statuspage mints them.
fn id(kind: char, n: usize) -> String {
    format!("{kind}{:011x}", n * 2_654_435_761)
}

/// An instant in the first months of the year.
fn at(n: usize) -> String {
    format!("2026-{:02}-{:02}T{:02}:{:02}:00.000Z", 1 + n / 720 % 4, 1 + n / 24 % 28, n % 24, n * 7 % 60)
}

fn component(group: usize, n: usize) -> Value {
    let number = group * COMPONENTS + n;
    json!({
        "id": id('c', number), "name": format!("Service {n} of area {group}"),
        "status": if number.is_multiple_of(97) { "degraded_performance" } else { "operational" },
        "created_at": at(number), "updated_at": at(number + 1), "position": n,
        "description": "Requests from customers, and what they are answered with", "showcase": false,
        "start_date": "2026-01-01", "group_id": id('g', group), "page_id": id('p', 1), "group": false,
        "only_show_if_degraded": false,
    })
}

fn summary() -> Value {
    let mut components = Vec::new();
    for group in 0..GROUPS {
        components.push(json!({
            "id": id('g', group), "name": format!("Area {group}"), "status": "operational", "group_id": null,
            "page_id": id('p', 1), "group": true,
            "components": (0..COMPONENTS).map(|n| id('c', group * COMPONENTS + n)).collect::<Vec<_>>(),
        }));
        components.extend((0..COMPONENTS).map(|n| component(group, n)));
    }
    let incident = |n: usize| {
        let affected: Vec<Value> = (0..3).map(|k| component((n + k) % GROUPS, n % COMPONENTS)).collect();
        let update = |k: usize| {
            json!({
                "id": id('u', n * UPDATES + k), "status": PHASES[k % PHASES.len()], "body": words(n + k),
                "incident_id": id('i', n), "created_at": at(n + UPDATES - k), "updated_at": at(n + UPDATES - k),
                "display_at": at(n + UPDATES - k), "deliver_notifications": true, "custom_tweet": null, "tweet_id": null,
                "affected_components": affected.iter().map(|c| json!({
                    "code": c["id"], "name": c["name"], "old_status": "operational", "new_status": "degraded_performance",
                })).collect::<Vec<_>>(),
            })
        };
        json!({
            "id": id('i', n), "name": format!("Errors & slow answers, number {n}"),
            "status": if n.is_multiple_of(40) { "identified" } else { "resolved" }, "created_at": at(n), "updated_at": at(n + UPDATES),
            "monitoring_at": null, "resolved_at": at(n + UPDATES), "impact": "minor",
            "shortlink": format!("https://stspg.example/{n}"), "started_at": at(n), "page_id": id('p', 1),
            "incident_updates": (0..UPDATES).map(update).collect::<Vec<_>>(), "components": affected,
        })
    };
    json!({
        "page": {"id": id('p', 1), "name": "Made up", "url": "https://status.example", "time_zone": "Etc/UTC", "updated_at": NOW},
        "components": components, "incidents": (0..INCIDENTS).map(incident).collect::<Vec<_>>(),
        "scheduled_maintenances": [], "status": {"indicator": "minor", "description": "Minor Service Outage"},
    })
}

fn feed() -> anyhow::Result<String> {
    let mut text = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\"><channel><title>Made up - Incident History</title>\
         <link>https://status.example</link><description>Statuspage</description>\n",
    );
    for n in 0..ITEMS {
        write!(text, "<item><title>Errors &amp; slow answers, number {n}</title><description>")?;
        for k in 0..UPDATES {
            let phase = ["Resolved", "Monitoring", "Identified", "Investigating"][k % 4];
            write!(
                text,
                "&lt;p&gt;&lt;small&gt;Jan &lt;var data-var='date'&gt;{}&lt;/var&gt;, &lt;var data-var='time'&gt;{:02}:{:02}&lt;/var&gt; \
                 UTC&lt;/small&gt;&lt;br&gt;&lt;strong&gt;{phase}&lt;/strong&gt; - {}&lt;/p&gt;",
                1 + n % 28,
                20 - k,
                n % 60,
                words(n + k)
            )?;
        }
        writeln!(
            text,
            "</description><pubDate>{:02} Jan 2026 20:{:02}:00 +0000</pubDate><link>https://status.example/incidents/{}</link>\
             <guid>https://status.example/incidents/{}</guid></item>",
            1 + n % 28,
            n % 60,
            id('i', n),
            id('i', n)
        )?;
    }
    text.push_str("</channel></rss>\n");
    Ok(text)
}
