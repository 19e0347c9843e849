//! Board to pictures: what changed at once (then at most every 100 ms), everything once a minute and in portions, so
//! that no report waits behind the drawing of three thousand quiet services.

use crate::metrics::Metrics;
use crate::pauses::Pauses;
use crate::picture::{Charts, Material, line, service_view};
use crate::texts::Texts;
use crate::view::FRESH_S;
use crate::view::{AgentNow, ServiceLine, ServiceView, SiteView};
use crate::{Site, Speaks, Watching};
use allclear_detect::{Board, Changed};
use allclear_model::{Catalogue, Minute, Slug, Time};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// Pictures made between two batches of reports.
const PORTION: usize = 64;

/// Pictures shown before their batch is answered, so that whoever reports and then reads sees the own report: so many at
/// once, and so many more each second. Beyond that there is load, and the occasions bound what drawing costs.
const AT_ONCE: f64 = 100.0;
const AT_ONCE_PER_S: f64 = 20.0;

/// Makes and publishes pictures.
pub(crate) struct Publisher {
    site: Site,
    watching: Watching,
    metrics: Metrics,
    every: Duration,
    last: Option<Instant>,
    /// Left of [`AT_ONCE`], and when it was last filled up.
    at_once: (f64, Option<Instant>),
    version: u64,
    catalogue: Arc<Catalogue>,
    /// Lines in order of name, and where each slug stands.
    lines: Vec<Arc<ServiceLine>>,
    place: BTreeMap<Slug, usize>,
    opted_out: Arc<[String]>,
    agents: Arc<[AgentNow]>,
    pauses: Pauses,
    /// Changed and to be shown at the next occasion.
    due: BTreeSet<Slug>,
    /// Those of the present occasion that are not shown yet. What changes meanwhile waits for the next occasion, so that
    /// under any load every service has its turn.
    turn: VecDeque<Slug>,
    /// Left of the minute's pass over all.
    sweep: VecDeque<Slug>,
    swept: Minute,
    charts: Charts,
    pub(crate) texts: Texts,
}

impl Publisher {
    /// Versions begin above all that a process before this one can have given, unless it published more than a million
    /// pictures a second; so readers never take an old picture for a new one. `started` is never before the last entry.
    pub(crate) fn new(site: Site, watching: Watching, metrics: Metrics, every_ms: u32, started: Time) -> Publisher {
        Publisher {
            site,
            watching,
            metrics,
            every: Duration::from_millis(every_ms.into()),
            last: None,
            at_once: (AT_ONCE, None),
            version: u64::try_from(started.0).unwrap_or(0).saturating_mul(1000),
            catalogue: Arc::default(),
            lines: Vec::new(),
            opted_out: Arc::default(),
            agents: Arc::default(),
            pauses: Pauses::default(),
            place: BTreeMap::new(),
            due: BTreeSet::new(),
            turn: VecDeque::new(),
            sweep: VecDeque::new(),
            swept: Minute(i64::MIN),
            charts: Charts::default(),
            texts: Texts::default(),
        }
    }

    /// Notes what changed.
    pub(crate) fn changed(&mut self, changed: Changed) {
        match changed {
            Changed::All => self.swept = Minute(i64::MIN),
            Changed::These(slugs) => self.due.extend(slugs),
        }
    }

    /// Whether an occasion or a pass over all is under way.
    pub(crate) fn has_more(&self) -> bool {
        !self.sweep.is_empty() || !self.turn.is_empty()
    }

    /// Until something may be shown.
    pub(crate) fn until_due(&self) -> Duration {
        match self.last {
            _ if self.due.is_empty() => Duration::MAX,
            Some(last) => self.every.saturating_sub(last.elapsed()),
            None => Duration::ZERO,
        }
    }

    /// Shows a portion of what is due now, and a portion of the minute's pass.
    pub(crate) fn step(&mut self, board: &mut Board) {
        if !Arc::ptr_eq(&self.catalogue, board.catalogue()) {
            self.all(board);
            return;
        }
        if board.at().minute() != self.swept {
            self.swept = board.at().minute();
            self.sweep = board.slugs().cloned().collect();
            self.charts.clear();
        }
        if self.turn.is_empty() && !self.due.is_empty() && self.until_due().is_zero() {
            self.turn = std::mem::take(&mut self.due).into_iter().collect();
            self.last = Some(Instant::now());
        }
        if !self.turn.is_empty() {
            let portion: Vec<Slug> = self.turn.drain(..PORTION.min(self.turn.len())).collect();
            self.show(board, &portion, self.turn.is_empty());
        }
        if !self.sweep.is_empty() {
            let portion: Vec<Slug> = self.sweep.drain(..PORTION.min(self.sweep.len())).collect();
            self.show(board, &portion, self.sweep.is_empty());
        }
    }

    /// Shows what a batch changed before the batch is answered, as long as that happens seldom.
    pub(crate) fn at_once(&mut self, board: &Board) {
        let now = Instant::now();
        let passed = self.at_once.1.map_or(0.0, |t| now.duration_since(t).as_secs_f64());
        let left = (self.at_once.0 + passed * AT_ONCE_PER_S).min(AT_ONCE);
        self.at_once = (left, Some(now));
        let n = self.due.len();
        if n == 0
            || n > PORTION
            || n as f64 > left
            || !self.turn.is_empty()
            || !Arc::ptr_eq(&self.catalogue, board.catalogue())
        {
            return;
        }
        self.at_once.0 -= n as f64;
        self.last = Some(now);
        let these: Vec<Slug> = std::mem::take(&mut self.due).into_iter().collect();
        self.show(board, &these, true);
    }

    /// Shows everything now, portion by portion.
    pub(crate) fn now(&mut self, board: &mut Board) {
        self.swept = Minute(i64::MIN);
        self.last = None;
        self.step(board);
        while self.has_more() {
            self.step(board);
        }
    }

    /// Shows everything now; also drops what the catalogue no longer has.
    pub(crate) fn all(&mut self, board: &mut Board) {
        let began = Instant::now();
        drop(board.take_changed());
        self.due.clear();
        self.turn.clear();
        self.sweep.clear();
        self.charts.clear();
        self.swept = board.at().minute();
        self.catalogue = board.catalogue().clone();
        let slugs: Vec<Slug> = board.slugs().cloned().collect();
        // How many remain is not known to a filter: it would grow into twice the room.
        let mut views: Vec<ServiceView> = Vec::with_capacity(slugs.len());
        views.extend(slugs.iter().filter_map(|s| self.view(board, s)));
        let mut lines: Vec<Arc<ServiceLine>> = views.iter().map(|v| Arc::new(line(v))).collect();
        lines.sort_by_cached_key(|l| (l.name.to_lowercase(), l.slug.clone()));
        self.place = lines.iter().enumerate().map(|(i, l)| (l.slug.clone(), i)).collect();
        self.lines = lines;
        let whole = self.whole(board);
        self.site.publish(views, whole, true);
        self.last = Some(Instant::now());
        self.metrics.publish_seconds.observe(began.elapsed().as_secs_f64());
    }

    fn show(&mut self, board: &Board, slugs: &[Slug], whole: bool) {
        let began = Instant::now();
        let views: Vec<ServiceView> = slugs.iter().filter_map(|s| self.view(board, s)).collect();
        for v in &views {
            if let Some(slot) = self.place.get(&v.service.slug).and_then(|i| self.lines.get_mut(*i)) {
                let new = line(v);
                if !same(slot, &new) {
                    *slot = Arc::new(new);
                }
            }
        }
        if whole {
            let whole = self.whole(board);
            self.site.publish(views, whole, false);
        } else {
            self.site.publish_services(views);
        }
        self.metrics.publish_seconds.observe(began.elapsed().as_secs_f64());
    }

    fn view(&mut self, board: &Board, slug: &Slug) -> Option<ServiceView> {
        let service = self.catalogue.services.get(slug)?;
        let now = board.now(slug)?;
        self.version += 1;
        let before = self.site.service(slug);
        let view = service_view(
            self.version,
            board.at(),
            service,
            now,
            before.as_deref(),
            Material { catalogue: &self.catalogue, charts: &mut self.charts, texts: &self.texts },
        );
        if let Some(view) = &view {
            self.pauses.hear(view);
        } else {
            tracing::error!(%slug, "publish: the catalogue lacks a category or guide; the service is not shown");
        }
        view
    }

    fn whole(&mut self, board: &Board) -> SiteView {
        let at = board.at();
        self.version += 1;
        if !board.optouts().eq(self.opted_out.iter().map(String::as_str)) {
            self.opted_out = board.optouts().map(str::to_owned).collect();
        }
        if *board.agents() != *self.agents {
            self.agents = board.agents().into();
        }
        let mut problems: Vec<u32> =
            (0u32..).zip(&self.lines).filter(|(_, l)| l.level.is_problem()).map(|(i, _)| i).collect();
        problems.sort_by(|a, b| {
            let (a, b) = (&self.lines[*a as usize], &self.lines[*b as usize]);
            b.level.cmp(&a.level).then(b.since.cmp(&a.since)).then_with(|| a.slug.cmp(&b.slug))
        });
        SiteView {
            version: self.version,
            measured_at: at,
            fresh_until: at.plus_s(FRESH_S),
            services: self.lines.as_slice().into(),
            problems,
            catalogue: self.catalogue.clone(),
            opted_out: self.opted_out.clone(),
            agents: self.agents.clone(),
            paused: match self.watching.checks() {
                Speaks::Paused(since, ill) => Some((since, ill)),
                Speaks::Off | Speaks::On => None,
            },
            paused_elsewhere: {
                let agents = self.agents.iter().filter(|a| !a.revoked).map(|a| &a.name);
                self.pauses.of(agents, at)
            },
        }
    }
}

fn same(a: &ServiceLine, b: &ServiceLine) -> bool {
    (a.level, a.phase, a.confirmed, a.since, a.actual) == (b.level, b.phase, b.confirmed, b.since, b.actual)
        && a.expected.to_bits() == b.expected.to_bits()
        && a.announced == b.announced
        && a.spark == b.spark
}
