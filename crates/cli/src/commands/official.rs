//! `allclear official`

use crate::clock::SystemClock;
use crate::config::{Config, ConfigArgs};
use crate::exit::{Failure, OK, Outcome, UNREADABLE};
use crate::output;
use allclear_model::{Level, Time};
use allclear_ports::Clock;
use allclear_signals::official::{self, EventPhase, FORMATS, Format, Found, OfficialStatus, Page, Scope, complete};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;
use tokio_util::task::TaskTracker;

/// Show what we understand of an official status page
#[derive(Debug, clap::Args)]
#[command(after_help = "\
TARGET is the address of a status page or of its data, or a file with a payload. The format is detected from the content: \
at the address itself, then at the places where the known formats keep their data, then where the page links to a feed.

--scope names components (by id, name or group) of a page that many services share; several times for several. Only what \
is about them counts. For clouds it is a product, or PRODUCT@PLACE. --title and --not-title choose events by words. These are what \
components, titles and not_titles are in a file of the catalogue.

Examples:
  allclear official https://status.openrouter.ai
  allclear official https://status.example.org --scope API --json
  allclear official saved-summary.json --format statuspage

Exit codes: 0 read, whatever it says; 2 usage; 3 nothing could be read, the level is unknown.")]
pub(crate) struct Official {
    /// An address or a file
    target: String,
    /// Read it as this format instead of detecting one
    #[arg(long, value_name = "NAME")]
    format: Option<String>,
    /// A component that is the service
    #[arg(long, value_name = "COMPONENT")]
    scope: Vec<String>,
    /// Only events whose title, or a product they name, has this word
    #[arg(long, value_name = "WORD")]
    title: Vec<String>,
    /// No event whose title, or a product they name, has this word
    #[arg(long, value_name = "WORD")]
    not_title: Vec<String>,
    /// Judge as of this instant (RFC 3339) [default: now; for a file, the newest instant that it names]
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    /// Print JSON: {"format","level","as_of","components":[{"name","level","third_party"}],"events":[{"kind","title","phase","impact","started_at","resolved_at","in_scope","counted"}],"warnings":[…]}
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    config: ConfigArgs,
}

impl Official {
    pub(crate) fn run(self) -> Outcome {
        let config = self.config.load(&[])?;
        let wanted = match &self.format {
            None => None,
            Some(name) => Some(official::format(name).ok_or_else(|| {
                let known: Vec<_> = FORMATS.iter().map(|f| f.name).collect();
                Failure::bad_input(format!("--format {name:?} is not known; known are {}", known.join(", ")))
            })?),
        };
        let scope =
            Scope { components: self.scope.clone(), titles: self.title.clone(), not_titles: self.not_title.clone() };
        // Before anybody is asked.
        let at = self.at.as_deref().map(Time::parse).transpose().map_err(Failure::bad_input)?;
        let now = SystemClock.now();
        let saved = !self.target.contains("://");
        let read = if saved { file(&self.target, wanted)? } else { self.of_address(&config, wanted, now)? };
        match read {
            Ok((format, page)) => {
                // A saved payload is a record of its day: what was news then is not stale because the file is old.
                let as_of = match at {
                    Some(at) => at,
                    None if saved => page.newest(now).unwrap_or(now),
                    None => now,
                };
                let status = official::judge(format, page, &scope, as_of);
                if self.json {
                    output::json(&as_json(&status, as_of))?;
                } else {
                    output::print(&told(&status, as_of))?;
                }
                Ok(OK)
            }
            Err(why) => {
                if self.json {
                    let unknown = json!({"format": null, "level": Level::Unknown, "trust": null, "name": null, "as_of": now.to_string(), "components": [], "events": [], "warnings": [why]});
                    output::json(&unknown)?;
                } else {
                    output::print(&format!("level       unknown\nwarning     {why}\n"))?;
                }
                Ok(UNREADABLE)
            }
        }
    }
}

impl Official {
    fn of_address(&self, config: &Config, wanted: Option<&'static Format>, now: Time) -> Result<Read, Failure> {
        let dialer = config.network.dialer(&config.site.contact, BTreeSet::new(), TaskTracker::new())?;
        let mut read = Err(String::new());
        super::block_on(async {
            read = match official::find(&dialer, &self.target, wanted, now).await {
                Err(not) => Err(not.to_string()),
                Ok(Found { format, mut page, url, .. }) => {
                    let at = (format, url.as_str());
                    if let Err((_, why)) = complete(&dialer, at, &self.target, &mut page, &self.scope, now).await {
                        page.warnings.push(format!("its list of components cannot be read: {why}"));
                    }
                    Ok((format, page))
                }
            };
            Ok(OK)
        })?;
        Ok(read)
    }
}

type Read = Result<(&'static Format, Page), String>;

fn file(path: &str, wanted: Option<&'static Format>) -> Result<Read, Failure> {
    let payload = std::fs::read(Path::new(path)).map_err(|e| {
        Failure::bad_input(format!(
            "{path} is neither an address such as https://status.example.org nor a file that can be read: {e}"
        ))
    })?;
    let read = match wanted {
        Some(format) => (format.parse)(&payload).map(|page| (format, page)),
        None => official::detect(&payload),
    };
    Ok(read.map_err(|e| e.to_string()))
}

fn as_json(status: &OfficialStatus, as_of: Time) -> Value {
    let time = |t: Option<Time>| t.map(|t| t.to_string());
    let events: Vec<Value> = status
        .events
        .iter()
        .map(|e| {
            json!({
                "kind": e.event.kind, "title": e.event.title, "phase": e.event.phase, "impact": e.event.impact,
                "started_at": time(e.event.started_at), "resolved_at": time(e.event.resolved_at),
                "updated_at": time(e.event.updated_at), "url": e.event.url,
                "in_scope": e.in_scope, "counted": e.counted, "stale": e.stale,
            })
        })
        .collect();
    let components: Vec<Value> = status
        .components
        .iter()
        .map(|c| json!({"name": c.name, "group": c.group, "level": c.level, "third_party": c.third_party}))
        .collect();
    json!({
        "format": status.format, "level": status.level, "trust": status.trust, "name": status.name, "as_of": as_of.to_string(),
        "components": components, "events": events, "warnings": status.warnings,
    })
}

/// Events and components that are not in order, and how many others there are.
fn told(status: &OfficialStatus, as_of: Time) -> String {
    let mut text = String::new();
    // Writing to a String does not fail.
    let mut line = |name: &str, value: &str| {
        let _ = writeln!(text, "{name:<12}{}", output::one_line(value));
    };
    line("level", status.level.as_str());
    line("as of", &as_of.to_string());
    line("format", &status.format);
    if let Some(name) = &status.name {
        line("page", name);
    }
    if status.trust == official::Trust::Low {
        line("trust", "low: it only announces problems, silence is no proof");
    }
    let own: Vec<_> = status.components.iter().filter(|c| !c.third_party).collect();
    for c in own.iter().filter(|c| c.level != Level::Operational) {
        line("component", &format!("{}: {}", c.name, c.level.as_str()));
    }
    let well = own.iter().filter(|c| c.level == Level::Operational).count();
    let third = status.components.len() - own.len();
    if !status.components.is_empty() {
        line("components", &format!("{well} of {} operational; {third} of other companies", own.len()));
    }
    let open = |e: &&official::EventStatus| e.counted || (e.event.phase.is_open() && e.event.resolved_at.is_none());
    for e in status.events.iter().filter(open) {
        let mark = match (e.counted, e.in_scope, e.stale) {
            (true, ..) => "counts",
            (_, false, _) => "not about the service",
            (.., true) => "stale, does not count",
            _ => "does not count",
        };
        line("event", &format!("{} ({}; {mark})", e.event.title, word(e.event.phase)));
    }
    let over = status.events.iter().filter(|e| !open(e)).count();
    if over > 0 {
        line("events", &format!("{over} more that are over or have not begun"));
    }
    if let Some((event, Some(update))) = status.newest() {
        let excerpt: String = update.text.chars().take(300).collect();
        line("newest", &format!("{}: {excerpt}", event.title));
    }
    for warning in &status.warnings {
        line("warning", warning);
    }
    text
}

fn word(phase: EventPhase) -> String {
    json!(phase).as_str().unwrap_or_default().replace('_', " ")
}
