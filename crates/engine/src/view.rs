//! What readers see: immutable pictures of the board, one per service and one of the whole site.
//!
//! A picture is made by the publisher after a change and never altered. Sentence, bars and lists of a page all
//! come from one [`ServiceView`], so they add up.

use crate::watch::Illness;
use allclear_model::{
    Catalogue, Category, Country, FreeText, Guide, Incident, IncidentId, Level, Phase, ReportId, Service, Slug,
    SymptomId, Time, Verdict,
};
use std::sync::Arc;

pub use allclear_detect::{AgentNow, CheckCell, DayNow, Discounts, MonthNow, OfficialNow, Remark, SpotNow};
pub use allclear_model::act::Note;
pub use allclear_model::check::CheckOutcome;

/// A picture that is older than this must be taken as "unknown": the judge looks every minute, and two may be missed. One
/// from further than this in the future as well: then the clock was set back, and until it is there again nothing is
/// judged.
pub const FRESH_S: i64 = 180;

/// Everything the page of one service shows, at one instant.
#[derive(Debug, Clone)]
pub struct ServiceView {
    /// Grows with every new picture of this service; 0 is never used.
    pub version: u64,
    /// What the catalogue says.
    pub service: Arc<Service>,
    /// Its category.
    pub category: Arc<Category>,
    /// Its guide.
    pub guide: Arc<Guide>,
    /// The judge's answer.
    pub verdict: Verdict,
    /// When the judge last looked.
    pub measured_at: Time,
    /// After this instant a reader must take the level as unknown.
    pub fresh_until: Time,
    /// Since when this service is watched.
    pub watching_since: Time,
    /// The last 24 hours.
    pub chart: Chart,
    /// The 24 hours before those of `chart`: 96 bins, the first of them 96 before the chart's first.
    pub before: Arc<[OldBin]>,
    /// All symptoms of the service and `other`, by count in the last hour, most first, ties in catalogue order.
    pub symptoms: Vec<SymptomCount>,
    /// Counted reports of the last hour; the sum of `symptoms`.
    pub symptoms_total: u64,
    /// How many are usual in an hour.
    pub symptoms_usual: f64,
    /// Countries with at least 5 counted reports in the last 24 hours, most first.
    pub countries: Vec<(Country, u64)>,
    /// Counted reports of the last 24 hours; the sum of the chart.
    pub day_total: u64,
    /// "It works for me" in the last hour.
    pub votes: u64,
    /// The last published reports, newest first, at most 20.
    pub recent: Vec<ReportLine>,
    /// The incident that is going on or closed less than 30 minutes ago.
    pub incident: Option<Arc<Incident>>,
    /// The last incident that is over and is not `incident`.
    pub last_problem: Option<Arc<Incident>>,
    /// The newest incidents, newest first, at most 20, with the current one.
    pub incidents: Vec<Arc<Incident>>,
    /// Minutes at each level by month, oldest first, at most 13; months without any known minute are left out.
    pub months: Vec<MonthNow>,
    /// The same by day, oldest first, at most 90; days without any known minute are left out.
    pub days: Vec<DayNow>,
    /// Errors that were pasted, with their counted reports in the last hour, most first.
    pub errors: Vec<(String, u64)>,
    /// What was taken off the reports of the last hour.
    pub discounts: Discounts,
    /// Operators' words that stand on the page, with their numbers, oldest first.
    pub notes: Vec<(u64, Note)>,
    /// What operators said about incidents.
    pub remarks: Vec<(IncidentId, Remark)>,
    /// What our own checks found, by location, in order; empty while nothing checks it. The cells of each stand for the same
    /// quarters of an hour as the chart's bins.
    pub checks: Vec<SpotNow>,
    /// What its official page says; `None` while nobody reads it. Its cells stand for the same quarters of an hour.
    pub official: Option<OfficialNow>,
}

impl ServiceView {
    /// What operators said about an incident.
    pub fn remark(&self, incident: &IncidentId) -> Option<&Remark> {
        self.remarks.iter().find(|(id, _)| id == incident).map(|(_, r)| r)
    }

    /// The share that `count` has of the reports of the last hour, if they and it carry a percentage.
    pub fn share_of_hour(&self, count: u64) -> Option<f64> {
        let carried = crate::picture::carries(self.symptoms_total, self.symptoms_usual);
        let told = carried && count >= crate::picture::SHARE_FROM && count <= self.symptoms_total;
        told.then(|| count as f64 / self.symptoms_total as f64)
    }

    /// True when the level must be taken as unknown at `now`: the judge has stood still for too long, or its clock and the
    /// reader's are too far apart to tell.
    pub fn is_stale(&self, now: Time) -> bool {
        stale(self.measured_at, self.fresh_until, now)
    }

    /// Since when there are more reports than usual, as the judge estimates; `None` without an incident, for there is no problem
    /// by what people report then, whatever others say.
    pub fn excess_since(&self) -> Option<Time> {
        self.incident.as_ref().map(|i| i.since)
    }

    /// True while people report a problem, as the judge has it.
    pub fn is_reported(&self) -> bool {
        self.incident.as_ref().is_some_and(|i| i.closed.is_none())
    }

    /// The problem that the official page announces, and since when; `None` where it announces none or was not read lately.
    pub fn announced(&self) -> Option<(Level, Time)> {
        let page = self.official.as_ref().filter(|o| o.speaks)?;
        page.word.as_ref().map(|w| w.level).filter(|l| l.is_problem()).map(|l| (l, page.since))
    }
}

fn stale(measured_at: Time, fresh_until: Time, now: Time) -> bool {
    now > fresh_until || measured_at.since_ms(now) > FRESH_S * 1000
}

/// 96 bins of 15 minutes, the last one holding `measured_at`.
#[derive(Debug, Clone)]
pub struct Chart {
    /// Oldest first, always 96. Services without any report share one chart per category.
    pub bins: Arc<[Bin]>,
}

/// 15 minutes of reports.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bin {
    /// First instant.
    pub start: Time,
    /// Counted reports.
    pub actual: u64,
    /// Usual number; for the bin under way, for the part of it that has passed.
    pub expected: f64,
    /// Upper end of the 99 % band of what is usual.
    pub upper: f64,
    /// False when nobody listened for all or part of it: before the service was watched, or while the site was stopped.
    pub watched: bool,
}

/// 15 minutes of the day before the last 24 hours, smaller than a [`Bin`]: every service has 96 of them and hardly anybody
/// asks for them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OldBin {
    /// Counted reports.
    pub actual: u32,
    /// Usual number.
    pub expected: f32,
    /// Upper end of the 99 % band of what is usual.
    pub upper: f32,
    /// False when nobody listened for all or part of it.
    pub watched: bool,
}

/// How often one symptom was reported in the last hour.
#[derive(Debug, Clone, PartialEq)]
pub struct SymptomCount {
    /// Id.
    pub id: SymptomId,
    /// Text; empty for `other`, which the table of sentences names.
    pub label: Arc<str>,
    /// Guide topic; `None` for `other`.
    pub topic: Option<Slug>,
    /// Counted reports in the last hour.
    pub count: u64,
    /// Share of the last hour's reports, 0 to 1; only from 5 reports and 0.5 expected on.
    pub share: Option<f64>,
    /// How many times the usual number of this symptom; only from 5 reports and 0.5 expected on.
    pub ratio: Option<f64>,
}

/// What a line shows of its report's text.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum LineText {
    /// There is none.
    #[default]
    None,
    /// It is being looked at.
    Checking,
    /// This.
    Shown(Arc<FreeText>),
    /// It is shown on the page with all reports; here there is no room for it.
    Elsewhere,
    /// It is withheld.
    Withheld,
    /// It was erased.
    Erased,
}

/// One published report.
#[derive(Debug, Clone, PartialEq)]
pub struct ReportLine {
    /// Id.
    pub id: ReportId,
    /// Symptom.
    pub symptom: SymptomId,
    /// Country, only where at least 5 reports of the last 24 hours came from it.
    pub country: Option<Country>,
    /// When.
    pub at: Time,
    /// False for a further report from one source within 6 hours: listed, but not in the counts.
    pub counted: bool,
    /// Its text.
    pub text: LineText,
}

/// One line of a list of services.
#[derive(Debug, Clone)]
pub struct ServiceLine {
    /// Slug.
    pub slug: Slug,
    /// Name.
    pub name: String,
    /// Category id.
    pub category: Slug,
    /// Level.
    pub level: Level,
    /// Phase.
    pub phase: Phase,
    /// Whether two kinds of witness agree.
    pub confirmed: bool,
    /// Since when the level holds.
    pub since: Time,
    /// Counted reports in the verdict's window.
    pub actual: u64,
    /// Usual number for that window.
    pub expected: f64,
    /// The problem that its official page announces.
    pub announced: Option<Level>,
    /// The 24-hour chart as 32 points of 45 minutes; `None` when there is no report in it.
    pub spark: Option<[u32; 32]>,
    /// The most that was usual in a point of it, reports in 45 minutes.
    pub spark_usual: f64,
}

/// The whole site at one instant: what `/`, lists, search and neighbours need.
#[derive(Debug, Clone)]
pub struct SiteView {
    /// Grows with every new picture.
    pub version: u64,
    /// When the judge last looked.
    pub measured_at: Time,
    /// After this instant a reader must take every level as unknown.
    pub fresh_until: Time,
    /// All services in order of name (case-insensitive), then of slug.
    pub services: Arc<[Arc<ServiceLine>]>,
    /// Indices into `services` of those with a problem, worst and newest first.
    pub problems: Vec<u32>,
    /// The catalogue all this speaks of.
    pub catalogue: Arc<Catalogue>,
    /// Hosts that want no request of ours, in order.
    pub opted_out: Arc<[String]>,
    /// Agents that may send results of checks, and those that may no longer, in order of name.
    pub agents: Arc<[AgentNow]>,
    /// Since when and why checks from here say nothing; `None`: they speak, or none run.
    pub paused: Option<(Time, Illness)>,
    /// Agents whose checks say nothing just now, in order of location.
    pub paused_elsewhere: Vec<Pause>,
}

/// A location other than the site's own whose checks say nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pause {
    /// From where.
    pub location: Slug,
    /// Since when the site knows of it.
    pub since: Time,
    /// What the location suffers from, in its words.
    pub why: String,
}

impl SiteView {
    /// The line of a service; `None` when the catalogue has no such slug.
    pub fn line(&self, slug: &Slug) -> Option<&Arc<ServiceLine>> {
        let name = self.catalogue.services.get(slug)?.name.to_lowercase();
        let place = |l: &Arc<ServiceLine>| l.name.to_lowercase().cmp(&name).then_with(|| l.slug.cmp(slug));
        self.services.binary_search_by(place).ok().map(|i| &self.services[i])
    }

    /// True when every level must be taken as unknown at `now`; see [`ServiceView::is_stale`].
    pub fn is_stale(&self, now: Time) -> bool {
        stale(self.measured_at, self.fresh_until, now)
    }
}
