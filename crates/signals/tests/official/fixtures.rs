//! What payloads of real pages mean. They are other people's and not part of the project: they lie beside it, in
//! `shared/fixtures/status-pages`, and where they do not there is nothing to test.

use allclear_model::{Level, Time};
use allclear_signals::official::{EventPhase, Scope, detect, judge};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// What is right for one file, from reading it.
struct Row {
    file: &'static str,
    /// Format it is.
    format: &'static str,
    /// About when it was captured.
    now: &'static str,
    /// Level of the whole page.
    level: Level,
    /// Phases of what counts; `None` where the page has no word for it that is one of ours.
    open: &'static [Option<EventPhase>],
    /// Levels of parts of it.
    scopes: &'static [(&'static str, Level)],
}

const FINE: Level = Level::Operational;
const WORK: Level = Level::UnderMaintenance;
const SLOW: Level = Level::DegradedPerformance;
const PART: Level = Level::PartialOutage;
const DOWN: Level = Level::MajorOutage;
const NOT_KNOWN: Level = Level::Unknown;

const fn row(
    file: &'static str,
    format: &'static str,
    now: &'static str,
    level: Level,
    open: &'static [Option<EventPhase>],
    scopes: &'static [(&'static str, Level)],
) -> Row {
    Row { file, format, now, level, open, scopes }
}

const ROWS: &[Row] = &[
    // An issue that is going on, and one of the day before that is over.
    row("apple/developer-service-2022-07-27-ongoing.json", "apple", "2022-07-27T18:00:00Z", SLOW, &[None], &[]),
    // Two regions out since March, and in July the list still has them, with a last word of April. For these regions that is so; for AWS
    // as a whole, and for a service of it that is in all regions, it is no news after a week of silence: else they were red for ever.
    row(
        "aws/currentevents-2026-07.utf16be.json",
        "aws",
        "2026-07-10T12:00:00Z",
        FINE,
        &[],
        &[("me-central-1", DOWN), ("me-south-1", DOWN), ("us-east-1", FINE), ("s3", FINE), ("s3-me-south-1", DOWN)],
    ),
    row(
        "aws/currentevents-2026-07.utf8.json",
        "aws",
        "2026-07-10T12:00:00Z",
        FINE,
        &[],
        &[("me-central-1", DOWN), ("me-south-1", DOWN), ("us-east-1", FINE), ("s3", FINE), ("s3-me-south-1", DOWN)],
    ),
    // The same on the day of that last word: a part of AWS, and of S3, which is in both regions, is out.
    row(
        "aws/currentevents-2026-07.utf8.json",
        "aws",
        "2026-04-30T12:00:00Z",
        PART,
        &[None, None],
        &[("me-central-1", DOWN), ("us-east-1", FINE), ("s3", PART), ("s3-me-south-1", DOWN)],
    ),
    row(
        "azure/feed-2026-07-23-west-us.xml",
        "azure",
        "2026-07-23T16:40:00Z",
        SLOW,
        &[None],
        &[("West US", SLOW), ("vpn gateway", SLOW), ("East US", FINE), ("West US 2", FINE)],
    ),
    row("azure/feed-empty-healthy.xml", "azure", "2026-09-23T16:00:00Z", FINE, &[], &[("West US", FINE)]),
    // One resource was down the day before. The report it links to was cut out.
    row(
        "betterstack/together-index-2026-09-04-trimmed.json",
        "betterstack",
        "2026-09-04T11:00:00Z",
        FINE,
        &[],
        &[("Kimi K3", FINE), ("Website", FINE)],
    ),
    row(
        "checkly/mistral-uptime-2026-09-04-trimmed.json",
        "checkly",
        "2026-09-04T12:00:00Z",
        FINE,
        &[],
        &[("Vibe", FINE), ("API", FINE)],
    ),
    row(
        "datadog/openrouter-config.json",
        "datadog",
        "2026-09-12T12:00:00Z",
        FINE,
        &[],
        &[("API - Gateway", FINE), ("Web & Application Services", FINE)],
    ),
    // Four incidents, one of them announced work, all with a time of resolution before the last words.
    row("firehydrant/redis-payload.json", "firehydrant", "2026-03-27T12:00:00Z", FINE, &[], &[("REST API", FINE)]),
    row(
        "flashcat/deepseek-summary-active-operational.json",
        "flashcat",
        "2026-09-04T12:00:00Z",
        FINE,
        &[],
        &[("\u{5bf9}\u{8bdd}\u{670d}\u{52a1}(Chat Service)", FINE), ("01KY4MVS8BM3F9JSYWACGQVG7A", FINE)],
    ),
    // Four incidents, all ended.
    row("google-cloud/incidents-2026-07.json", "google", "2026-07-17T12:00:00Z", FINE, &[], &[("VMWare engine", FINE)]),
    // Work that was over two months before stands as upcoming.
    row(
        "heroku/current-status-2026-09-23-stale-scheduled-trimmed.json",
        "heroku",
        "2026-09-23T12:00:00Z",
        FINE,
        &[],
        &[("Apps", FINE)],
    ),
    // Work announced for another week.
    row(
        "incidentio/groq-proxy-scheduled-maintenance-trimmed.json",
        "incidentio",
        "2025-10-27T12:00:00Z",
        FINE,
        &[],
        &[("API", FINE), ("Preview Models", FINE)],
    ),
    row("incidentio/linear-page-operational.json", "incidentio", "2026-03-17T04:30:00Z", FINE, &[], &[]),
    // It has no components; it lists all that goes on, and that is nothing.
    row("incidentio/neon-widget-summary-idle.json", "incidentio", "2026-09-23T12:00:00Z", FINE, &[], &[]),
    // A list of incidents, the only one over: nothing is announced.
    row(
        "incidentio/openai-compat-incident-resolved-2026-09-23.json",
        "incidentio",
        "2026-09-23T12:00:00Z",
        FINE,
        &[],
        &[],
    ),
    // The history beside that page, of the same moment: which impacts have not ended, and which incidents are open.
    row(
        "incidentio/openai-page-ongoing-incident-uptime.json",
        "incidentio",
        "2026-03-17T05:30:00Z",
        SLOW,
        &[Some(EventPhase::Monitoring)],
        &[],
    ),
    // Monitoring: all components are well again, the incident is open.
    row(
        "incidentio/openai-page-ongoing-incident.json",
        "incidentio",
        "2026-03-17T04:30:00Z",
        SLOW,
        &[Some(EventPhase::Monitoring)],
        &[("Chat Completions", FINE)],
    ),
    row(
        "incidentio/perplexity-proxy-operational.json",
        "incidentio",
        "2026-09-12T12:00:00Z",
        FINE,
        &[],
        &[("API", FINE)],
    ),
    row("incidentio/rollbar-page-operational.json", "incidentio", "2026-03-17T04:30:00Z", FINE, &[], &[]),
    // An open incident; the work has not begun.
    row(
        "instatus/docs-summary-active.json",
        "instatus",
        "2022-06-11T19:30:00Z",
        DOWN,
        &[Some(EventPhase::Investigating)],
        &[],
    ),
    row("instatus/perplexity-summary-operational.json", "instatus", "2026-08-01T12:00:00Z", FINE, &[], &[]),
    row(
        "instatus/perplexity-v2-components-operational.json",
        "instatus",
        "2026-08-01T12:00:00Z",
        FINE,
        &[],
        &[("Computer", FINE)],
    ),
    row("instatus/whereby-page-operational.json", "instatus", "2026-03-17T12:00:00Z", FINE, &[], &[]),
    // Four incidents, all in the list of the resolved.
    row(
        "pagerduty/pagerduty-good-trimmed.json",
        "pagerduty",
        "2024-01-15T12:00:00Z",
        FINE,
        &[],
        &[("Rest API (EU)", FINE), ("PNPW0OI", FINE)],
    ),
    row("slack/current-active-docs.json", "slack", "2018-09-08T02:00:00Z", SLOW, &[None], &[]),
    row("slack/current-ok.json", "slack", "2026-06-26T10:30:00Z", FINE, &[], &[]),
    row("statusio/gitlab-operational.json", "statusio", "2026-07-01T14:10:00Z", FINE, &[], &[("Git Operations", FINE)]),
    // An incident of the app, work under way on the website, and more work announced.
    row(
        "statusio/incident-doc-derived.json",
        "statusio",
        "2021-12-06T17:00:00Z",
        SLOW,
        &[Some(EventPhase::Identified), Some(EventPhase::InProgress)],
        &[("Website", WORK), ("Mobile App", SLOW)],
    ),
    // The page says "minor" without an incident, and one of its places is worse.
    row(
        "statuspage/cloudflare-summary-2026-08-07-minor-trimmed.json",
        "statuspage",
        "2026-08-07T03:00:00Z",
        PART,
        &[],
        &[("2htqrtyxmmtr", PART), ("Baghdad, Iraq - (BGW)", WORK), ("No such place", NOT_KNOWN)],
    ),
    row("statuspage/codametrix-components.json", "statuspage", "2026-08-02T19:00:00Z", FINE, &[], &[]),
    // Lists of events alone say nothing of how things are.
    row("statuspage/codametrix-incidents-unresolved.json", "statuspage", "2026-08-02T19:00:00Z", FINE, &[], &[]),
    row("statuspage/codametrix-incidents.json", "statuspage", "2026-08-02T19:00:00Z", FINE, &[], &[]),
    row(
        "statuspage/codametrix-scheduled-maintenances-active.json",
        "statuspage",
        "2026-08-04T16:00:00Z",
        NOT_KNOWN,
        &[],
        &[],
    ),
    row(
        "statuspage/codametrix-scheduled-maintenances-upcoming.json",
        "statuspage",
        "2026-08-04T16:00:00Z",
        NOT_KNOWN,
        &[],
        &[],
    ),
    row("statuspage/codametrix-scheduled-maintenances.json", "statuspage", "2026-08-02T19:00:00Z", NOT_KNOWN, &[], &[]),
    row("statuspage/codametrix-status.json", "statuspage", "2026-08-02T19:00:00Z", FINE, &[], &[]),
    row("statuspage/codametrix-summary.json", "statuspage", "2026-08-02T19:00:00Z", FINE, &[], &[]),
    row(
        "statuspage/github-2026-08-06-major-excerpt.json",
        "statuspage",
        "2026-08-06T22:30:00Z",
        DOWN,
        &[Some(EventPhase::Investigating)],
        &[("Actions", DOWN), ("br0l2tvcx85d", DOWN), ("Pages", NOT_KNOWN)],
    ),
    // Names and groups: how things are stands in the other document.
    row("uptime-kuma/status-page-config-v2.json", "uptimekuma", "2026-06-28T16:00:00Z", NOT_KNOWN, &[], &[]),
    // Five monitors, of which the fourth has no beat.
    row(
        "uptime-kuma/status-page-heartbeat.json",
        "uptimekuma",
        "2026-06-28T16:00:00Z",
        DOWN,
        &[],
        &[("1", FINE), ("2", DOWN), ("3", WORK), ("4", NOT_KNOWN), ("5", SLOW)],
    ),
    row("xai/feed-2026-09-03.xml", "xai", "2026-09-03T18:00:00Z", FINE, &[], &[("API Console", FINE)]),
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/fixtures/status-pages")
}

#[test]
fn every_payload_of_a_real_page_means_what_it_says() {
    if !folder().is_dir() {
        return;
    }
    let mut wrong = Vec::new();
    for row in ROWS {
        let payload = match std::fs::read(folder().join(row.file)) {
            Ok(payload) => payload,
            Err(e) => {
                wrong.push(format!("{}: {e}", row.file));
                continue;
            }
        };
        let (found, page) = match detect(&payload) {
            Ok(found) => found,
            Err(e) => {
                wrong.push(format!("{}: {e}", row.file));
                continue;
            }
        };
        if found.name != row.format {
            wrong.push(format!("{}: it is read as {}, and is {:?}", row.file, found.name, row.format));
            continue;
        }
        let now = Time::parse(row.now).unwrap();
        let status = judge(found, page.clone(), &Scope::whole(), now);
        if status.level != row.level {
            wrong.push(format!("{}: the page is {:?}, and should be {:?}", row.file, status.level, row.level));
        }
        let open: Vec<EventPhase> = status.events.iter().filter(|e| e.counted).map(|e| e.event.phase).collect();
        let fits = open.len() == row.open.len()
            && open.iter().zip(row.open).all(|(phase, right)| right.is_none_or(|right| *phase == right));
        if !fits {
            wrong.push(format!("{}: {open:?} count, and {:?} should", row.file, row.open));
        }
        for (scope, right) in row.scopes {
            let level = judge(found, page.clone(), &Scope::of(&[scope]), now).level;
            if level != *right {
                wrong.push(format!("{}: {scope:?} is {level:?}, and should be {right:?}", row.file));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn a_saved_incident_that_had_just_begun_counts_when_it_is_read_as_of_its_day() {
    let Ok(payload) = std::fs::read(folder().join("instatus/docs-summary-active.json")) else { return };
    let (format, page) = detect(&payload).unwrap();
    let newest = page.newest(Time::parse("2026-01-01T00:00:00Z").unwrap()).unwrap();
    let status = judge(format, page, &Scope::whole(), newest);
    assert_eq!((status.level, status.brief), (DOWN, true), "it waits only for who believes it");
}

#[test]
fn every_payload_has_a_row() {
    let Ok(folders) = std::fs::read_dir(folder()) else { return };
    let mut without: BTreeSet<String> = BTreeSet::new();
    for folder in folders.map(|f| f.unwrap().path()).filter(|path| path.is_dir()) {
        for file in std::fs::read_dir(&folder).unwrap() {
            let name = folder.file_name().unwrap().to_string_lossy().into_owned();
            without.insert(format!("{name}/{}", file.unwrap().file_name().to_string_lossy()));
        }
    }
    for row in ROWS {
        without.remove(row.file);
    }
    assert!(without.is_empty(), "{without:?}");
}
