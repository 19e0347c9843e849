//! From entries to rows: gathered first, so that a batch of a thousand reports changes each bin once.

use super::checks;
use super::official::News;
use super::people;
use allclear_model::signal::{CheckResults, ReportAccepted, ReportUpdated};
use allclear_model::{Country, Entry, Incident, Minute, Signal, Slug, TextState, Time};
use allclear_ports::{PortError, Rollup};
use rusqlite::{Connection, params};
use std::collections::BTreeMap;

const ACTION: &str = "project the journal";

/// The work of one transaction.
#[derive(Debug, Default)]
pub(super) struct Batch {
    items: Vec<Item>,
}

#[derive(Debug)]
struct Item {
    seq: i64,
    what: What,
}

/// What an entry means to the archive; most kinds mean nothing.
#[derive(Debug)]
enum What {
    Report { at: Time, report: ReportAccepted },
    Updated { at: Time, update: ReportUpdated },
    Incident { id: String, service: Slug, opened: i64, body: String, bundle: Option<String> },
    Count { service: Slug, minute: Minute, counts: Counts },
    Said(people::Said),
    News(News),
    Checks { at: Time, checks: CheckResults },
    Nothing,
}

/// Counts to add to a bin.
#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    reports: i64,
    votes: i64,
    direct: i64,
    search: i64,
    social: i64,
    other: i64,
}

impl Counts {
    fn add(&mut self, c: &Counts) {
        self.reports = self.reports.saturating_add(c.reports);
        self.votes = self.votes.saturating_add(c.votes);
        self.direct = self.direct.saturating_add(c.direct);
        self.search = self.search.saturating_add(c.search);
        self.social = self.social.saturating_add(c.social);
        self.other = self.other.saturating_add(c.other);
    }
}

impl Batch {
    /// Takes what matters out of `entries`, which must be in order.
    pub(super) fn of(entries: Vec<Entry>) -> Result<Batch, PortError> {
        let refused = |detail: String| PortError::Unavailable { action: ACTION, detail };
        let mut items: Vec<Item> = Vec::with_capacity(entries.len());
        for entry in entries {
            let seq = i64::try_from(entry.seq)
                .map_err(|_| refused(format!("the sequence number {} is too large", entry.seq)))?;
            if items.last().is_some_and(|before| before.seq >= seq) {
                return Err(refused(format!("entry {seq} is out of order")));
            }
            let what = what(entry.at, entry.signal).map_err(|e| refused(format!("entry {seq}: {e}")))?;
            items.push(Item { seq, what });
        }
        Ok(Batch { items })
    }

    /// Writes the rows and how far they reach.
    pub(super) fn write(self, conn: &Connection) -> rusqlite::Result<()> {
        let done: i64 = conn.prepare_cached("SELECT seq FROM projected WHERE one = 1")?.query_row([], |r| r.get(0))?;
        let Some(last) = self.items.last().map(|i| i.seq).filter(|last| *last > done) else { return Ok(()) };
        let mut names = checks::Names::default();
        let mut bins: BTreeMap<(Slug, i64), Counts> = BTreeMap::new();
        let mut count = |service: &Slug, minute: Minute, counts: &Counts| {
            bins.entry((service.clone(), minute.0)).or_default().add(counts);
        };
        for item in self.items.into_iter().filter(|i| i.seq > done) {
            match item.what {
                What::Report { at, report } => {
                    insert_report(conn, item.seq, at, &report)?;
                    if report.counted {
                        count(&report.service, at.minute(), &Counts { reports: 1, ..Counts::default() });
                    }
                }
                What::Updated { at, update } => people::update_report(conn, item.seq, at, &update)?,
                What::Said(said) => said.write(conn, item.seq)?,
                What::News(news) => news.write(conn, item.seq)?,
                What::Checks { at, checks } => checks::append(conn, &mut names, item.seq, at, &checks)?,
                What::Incident { id, service, opened, body, bundle } => {
                    if let Some(lines) = bundle {
                        conn.prepare_cached(
                            "INSERT INTO bundle (incident, seq, lines) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
                        )?
                        .execute(params![id, item.seq, lines])?;
                    }
                    conn.prepare_cached(
                        "INSERT INTO incident (id, service, opened, body) VALUES ($1, $2, $3, $4)
                         ON CONFLICT (id) DO UPDATE SET service = excluded.service, opened = excluded.opened, body = excluded.body",
                    )?
                    .execute(params![id, service.as_str(), opened, body])?;
                }
                What::Count { service, minute, counts } => count(&service, minute, &counts),
                What::Nothing => {}
            }
        }
        add_to_bins(conn, &bins)?;
        conn.prepare_cached("UPDATE projected SET seq = $1 WHERE one = 1")?.execute([last])?;
        Ok(())
    }
}

fn what(at: Time, signal: Signal) -> Result<What, serde_json::Error> {
    let minute = at.minute();
    let count = |service: Slug, minute: Minute, counts: Counts| What::Count { service, minute, counts };
    Ok(match signal {
        Signal::ReportAccepted(report) => What::Report { at, report },
        Signal::ReportUpdated(update) => What::Updated { at, update },
        said
        @ (Signal::ModerationDecided(_) | Signal::ModerationUndone(_) | Signal::TextErased(_) | Signal::Act(_)) => {
            What::Said(people::Said::of(at, said)?)
        }
        Signal::CheckResults(checks) if !checks.results.is_empty() => What::Checks { at, checks },
        Signal::OfficialPages(p) => News::of(at, &p)?.map_or(What::Nothing, What::News),
        Signal::Vote(v) if v.counted => count(v.service, minute, Counts { votes: 1, ..Counts::default() }),
        Signal::Counted(c) => count(c.service, minute, Counts { reports: whole(c.count), ..Counts::default() }),
        Signal::Visits(v) => {
            let counts = Counts {
                direct: whole(v.direct),
                search: whole(v.search),
                social: whole(v.social),
                other: whole(v.other),
                ..Counts::default()
            };
            // The signal closes the minute it speaks of.
            count(v.service, Minute(minute.0.saturating_sub(1)), counts)
        }
        Signal::VerdictChanged { incident: Some(incident), bundle, .. } => incident_row(&incident, &bundle)?,
        Signal::Vote(_)
        | Signal::Flagged(_)
        | Signal::CheckResults(_)
        | Signal::Baseline(_)
        | Signal::CatalogueChanged { .. }
        | Signal::Tick
        | Signal::Resumed { .. }
        | Signal::VerdictChanged { incident: None, .. } => What::Nothing,
    })
}

fn incident_row(incident: &Incident, bundle: &[String]) -> Result<What, serde_json::Error> {
    Ok(What::Incident {
        id: incident.id.0.clone(),
        service: incident.service.clone(),
        opened: incident.opened.0,
        body: serde_json::to_string(incident)?,
        bundle: (!bundle.is_empty()).then(|| bundle.join("\n")),
    })
}

fn insert_report(conn: &Connection, seq: i64, at: Time, r: &ReportAccepted) -> rusqlite::Result<()> {
    let mut insert = conn.prepare_cached(
        "INSERT INTO report (seq, id, service, symptom, country, at, counted, withdrawn, text, reasons, facts)
         VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8, $9, $10) ON CONFLICT DO NOTHING",
    )?;
    let (text, reasons) = match &r.moderated {
        Some(m) => (TextState::from(m.decision), people::told(&m.reasons)),
        None => (TextState::None, String::new()),
    };
    // What is read back is what was written: words, numbers and hosts, which JSON always takes.
    let facts = r.facts.as_ref().and_then(|f| serde_json::to_string(f).ok());
    let country = r.country.as_ref().map(Country::as_str);
    insert.execute(params![
        seq,
        r.id.0.as_bytes(),
        r.service.as_str(),
        r.symptom.as_str(),
        country,
        at.0,
        i64::from(r.counted),
        text.as_str(),
        reasons,
        facts
    ])?;
    r.moderated.as_ref().map_or(Ok(()), |m| people::insert_moderated(conn, seq, at, r.id, m))
}

fn add_to_bins(conn: &Connection, bins: &BTreeMap<(Slug, i64), Counts>) -> rusqlite::Result<()> {
    let mut upsert = conn.prepare_cached(
        "INSERT INTO rollup (step, service, start, reports, votes, direct, search, social, other)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         ON CONFLICT (step, service, start) DO UPDATE SET
             reports = rollup.reports + excluded.reports, votes = rollup.votes + excluded.votes,
             direct = rollup.direct + excluded.direct, search = rollup.search + excluded.search,
             social = rollup.social + excluded.social, other = rollup.other + excluded.other",
    )?;
    for step in [Rollup::Minute, Rollup::Quarter, Rollup::Hour].map(Rollup::minutes) {
        let mut of_step: BTreeMap<(&Slug, i64), Counts> = BTreeMap::new();
        for ((service, minute), counts) in bins {
            of_step.entry((service, minute.div_euclid(step) * step)).or_default().add(counts);
        }
        for ((service, start), c) in of_step {
            upsert.execute(params![
                step,
                service.as_str(),
                start,
                c.reports,
                c.votes,
                c.direct,
                c.search,
                c.social,
                c.other
            ])?;
        }
    }
    Ok(())
}

/// A count as the database has it. Its largest is far beyond what can be counted.
fn whole(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
