//! The one writer: takes commands in batches, decides them in append order, makes them durable, applies them to the
//! board, answers, and publishes.
//!
//! Architecture invariant: nothing else changes the board, and nothing changes it before it is in the journal.

mod batch;

use crate::EngineError;
use crate::command::{Answer, Command};
use crate::gate::Gate;
use crate::intake::CHANGES_PER_HOUR;
use crate::limit::Limiter;
use crate::metrics::Metrics;
use crate::progress::Progress;
use crate::publish::Publisher;
use crate::recover::Recovered;
use crate::snapshot::Snapshotter;
use crate::view::FRESH_S;
use crate::visits::VisitCounters;
use allclear_detect::{Board, Change};
use allclear_model::signal::{ReportChange, TextChange, Visits};
use allclear_model::words::problems::NotNow;
use allclear_model::{Catalogue, Entry, Minute, ReportId, Signal, Time};
use allclear_ports::{Clock, Journal, PortError};
use batch::{Batch, Changes, Random, Sealed};
use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Most commands of one append.
const BATCH_MAX: usize = 1024;

/// Without an entry for longer than this, nobody listened in between: the process was stopped, the machine slept, the
/// disk was full, or the clock was set.
const GAP_MS: i64 = 10 * 60_000;

/// Longest sleep: how soon a clock that was set is noticed, and how often a failed append is tried again.
const WAKE: Duration = Duration::from_secs(1);

/// Rounds of follow-up entries at a stop: verdicts of the last entries, and verdicts of the minute those fell into.
const LAST_ROUNDS: usize = 8;

/// Everything the writer holds.
pub(crate) struct Core {
    clock: Arc<dyn Clock>,
    journal: Arc<dyn Journal>,
    board: Board,
    /// Last durable entry; `None` while the journal is empty.
    last: Option<(u64, Time)>,
    /// The judge's words that are not in the journal yet, oldest first.
    pending: VecDeque<Change>,
    gate: Arc<Gate>,
    changes: Changes,
    visits: Arc<VisitCounters>,
    /// Up to which minute page views were flushed.
    flushed: Minute,
    /// In which minute the sizes of maps were measured.
    measured: Minute,
    /// The last append failed; what really is in the journal must be asked for before the next.
    doubtful: bool,
    /// No append has succeeded since one failed: that was said, and is not said again for each refused report.
    failing: bool,
    /// The clock is behind the last entry by more than a picture's time.
    behind: bool,
    publisher: Publisher,
    snapshotter: Snapshotter,
    metrics: Metrics,
    progress: Arc<Progress>,
}

/// What the writer works with.
pub(crate) struct Tools {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) journal: Arc<dyn Journal>,
    pub(crate) visits: Arc<VisitCounters>,
    pub(crate) gate: Arc<Gate>,
    pub(crate) publisher: Publisher,
    pub(crate) snapshotter: Snapshotter,
    pub(crate) metrics: Metrics,
    pub(crate) progress: Arc<Progress>,
}

impl Core {
    pub(crate) fn new(recovered: Recovered, tools: Tools) -> Core {
        let flushed = tools.clock.now().minute();
        Core {
            clock: tools.clock,
            journal: tools.journal,
            board: recovered.board,
            last: recovered.last,
            pending: recovered.pending,
            gate: tools.gate,
            changes: Limiter::new(CHANGES_PER_HOUR, 3600),
            visits: tools.visits,
            flushed,
            measured: Minute(i64::MIN),
            doubtful: false,
            failing: false,
            behind: false,
            publisher: tools.publisher,
            snapshotter: tools.snapshotter,
            metrics: tools.metrics,
            progress: tools.progress,
        }
    }

    /// Brings the board to the present before anybody is served: a gap is marked, verdicts that a killed process did
    /// not write are written, the catalogue is made the one that was loaded.
    ///
    /// # Errors
    /// Those of appending.
    pub(crate) async fn begin(&mut self, catalogue: Arc<Catalogue>) -> Result<(), PortError> {
        let changed = **self.board.catalogue() != *catalogue;
        self.fetch_texts().await?;
        self.write(Vec::new(), changed.then_some(catalogue)).await?;
        self.settle().await?;
        self.publisher.all(&mut self.board);
        Ok(())
    }

    /// The texts of the reports that are listed: a start has none in memory.
    async fn fetch_texts(&mut self) -> Result<(), PortError> {
        let listed: Vec<ReportId> = self.board.listed_texts().into_iter().collect();
        for ids in listed.chunks(BATCH_MAX) {
            for (id, text) in self.journal.texts(ids).await? {
                self.publisher.texts.put(id, text);
            }
        }
        Ok(())
    }

    /// Serves until `stop`, then keeps what was accepted and writes a snapshot.
    pub(crate) async fn run(mut self, mut commands: mpsc::Receiver<Command>, stop: CancellationToken) {
        // Should this task ever end in another way than by a stop, a site that cannot take reports stops as a whole, and
        // whoever supervises it starts it again.
        let _stops = stop.clone().drop_guard();
        let mut batch = Vec::with_capacity(BATCH_MAX);
        loop {
            let busy = !self.doubtful && !self.pending.is_empty();
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                n = commands.recv_many(&mut batch, BATCH_MAX) => if n == 0 { break },
                () = std::future::ready(()), if busy || self.publisher.has_more() => {}
                () = tokio::time::sleep(self.until_due()) => {}
            }
            self.round(std::mem::take(&mut batch)).await;
        }
        self.end(commands).await;
    }

    /// Until something is to be done though nobody asks.
    fn until_due(&self) -> Duration {
        let minute = self.clock.now().minute().end().since_ms(self.clock.now());
        let minute = Duration::from_millis(u64::try_from(minute).unwrap_or(0) + 1);
        let withheld = self.board.next_due().map_or(i64::MAX, |due| due.since_ms(self.clock.now()));
        let withheld = Duration::from_millis(u64::try_from(withheld).unwrap_or(0));
        minute.min(WAKE).min(self.publisher.until_due()).min(withheld)
    }

    /// One batch, whatever is due besides, and the pictures of it.
    async fn round(&mut self, commands: Vec<Command>) {
        // A failure has been logged, counted and told to those who wait.
        let written = self.write(commands, None).await;
        self.publisher.step(&mut self.board);
        let minute = self.board.at().minute();
        if std::mem::replace(&mut self.measured, minute) != minute {
            let listed = self.board.listed_texts();
            self.publisher.texts.keep(|id| listed.contains(&id));
            self.measure();
        }
        if written.is_ok() && self.pending.is_empty() && self.snapshotter.due(self.board.at()) {
            self.snapshotter.take(&self.board, Vec::new());
        }
    }

    /// The stamp of whatever is written now: never before the last one, wherever the machine's clock was set to.
    fn now(&mut self) -> Time {
        let now = self.clock.now().min(Time::MAX);
        let last = self.last.map_or(Time(0), |l| l.1);
        let behind_ms = last.since_ms(now).max(0);
        self.metrics.clock_behind.set(behind_ms);
        if !self.behind && behind_ms > FRESH_S * 1000 {
            self.behind = true;
            tracing::warn!(
                clock = %now,
                journal = %last,
                "core: the machine's clock is behind the journal's last entry; reports are kept, but nothing is judged until the \
                 clock has come there, and pages say so. If the clock is right and was wrong before, put back a backup from \
                 before that with `allclear restore`"
            );
        } else if self.behind && behind_ms == 0 {
            self.behind = false;
            tracing::info!("core: the machine's clock has caught up with the journal");
        }
        now.max(last)
    }

    /// Appends what the commands ask for and what is due, applies it and answers.
    async fn write(&mut self, commands: Vec<Command>, catalogue: Option<Arc<Catalogue>>) -> Result<(), PortError> {
        if self.doubtful
            && let Err(e) = self.catch_up_with_journal().await
        {
            self.metrics.append_failures.inc();
            for command in commands {
                command.refuse(EngineError::not_done(&e));
            }
            return Err(e);
        }
        let at = self.now();
        let mut random = Random::for_ids(commands.len());
        let last_seq = self.last.map_or(0, |l| l.0);
        let mut batch = Batch::new(&self.board, &mut self.changes, at, last_seq);
        let new_minute = self.last.is_none_or(|l| at.minute() > l.1.minute());
        if let Some((_, stopped)) = self.last
            && at.since_ms(stopped) > GAP_MS
        {
            tracing::info!(%stopped, now = %at, "core: nobody listened in between");
            batch.push(Signal::Resumed { stopped });
        }
        for c in &self.pending {
            batch.push(Signal::VerdictChanged {
                service: c.service.clone(),
                verdict: Box::new(c.verdict.clone()),
                incident: c.incident.clone().map(Box::new),
                bundle: c.bundle.clone(),
            });
        }
        let pending = self.pending.len();
        batch.withhold_overdue();
        if let Some(catalogue) = catalogue {
            batch.change_catalogue(catalogue);
        }
        for command in commands {
            batch.decide(command, &mut random, &self.metrics);
        }
        let flush = at.minute() > self.flushed || !batch.catch_ups.is_empty();
        let views: Vec<Visits> = if flush { self.visits.take() } else { Vec::new() };
        for v in &views {
            batch.push(Signal::Visits(v.clone()));
        }
        // A journal that is still empty begins with a catalogue, not with a tick.
        if new_minute && batch.entries.is_empty() && self.last.is_some() {
            batch.push(Signal::Tick);
        }
        let (entries, mut sealed) = batch.seal();
        if let Err(e) = self.append(&entries).await {
            for v in &views {
                self.visits.put_back(v);
            }
            sealed.refuse(&mut self.changes, || EngineError::of_append(&e));
            return Err(e);
        }
        if flush {
            self.flushed = at.minute();
        }
        self.pending.drain(..pending);
        if let Some(catalogue) = &sealed.new_catalogue {
            self.visits.follow(catalogue);
        }
        self.apply(&entries);
        self.publisher.at_once(&self.board);
        sealed.accept(&self.metrics);
        self.finish(sealed).await
    }

    /// What callers asked for besides entries.
    async fn finish(&mut self, sealed: Sealed) -> Result<(), PortError> {
        if sealed.snapshots.is_empty() && sealed.catch_ups.is_empty() {
            return Ok(());
        }
        let settled = self.settle_boxed().await;
        match &settled {
            Ok(()) => {
                if !sealed.catch_ups.is_empty() {
                    self.publisher.now(&mut self.board);
                }
                let seq = self.board.seq();
                sealed.catch_ups.into_iter().for_each(|a| drop(a.send(Ok(seq))));
                if !self.pending.is_empty() {
                    // A snapshot now would forget words that are still to be written.
                    sealed.snapshots.into_iter().for_each(|a| drop(a.send(Err(EngineError::not_now(NotNow::Waiting)))));
                } else if !sealed.snapshots.is_empty() {
                    self.snapshotter.take(&self.board, sealed.snapshots);
                }
            }
            Err(e) => {
                let tell = |a: Answer<u64>| drop(a.send(Err(EngineError::not_done(e))));
                sealed.catch_ups.into_iter().chain(sealed.snapshots).for_each(tell);
            }
        }
        settled
    }

    /// [`Core::settle`], as the part of [`Core::write`] that comes back to it.
    fn settle_boxed(&mut self) -> Pin<Box<dyn Future<Output = Result<(), PortError>> + Send + '_>> {
        Box::pin(self.settle())
    }

    /// Writes the judge's words until none is left over.
    async fn settle(&mut self) -> Result<(), PortError> {
        for _ in 0..LAST_ROUNDS {
            if self.pending.is_empty() {
                return Ok(());
            }
            self.write(Vec::new(), None).await?;
        }
        Ok(())
    }

    async fn append(&mut self, entries: &[Entry]) -> Result<(), PortError> {
        let Some(last) = entries.last() else { return Ok(()) };
        let began = Instant::now();
        let done = self.journal.append(entries).await;
        self.metrics.append_seconds.observe(began.elapsed().as_secs_f64());
        self.metrics.batch_size.observe(entries.len() as f64);
        match done {
            Ok(()) => {
                self.last = Some((last.seq, last.at));
                if std::mem::take(&mut self.failing) {
                    tracing::info!("core: the journal takes entries again");
                }
                Ok(())
            }
            Err(e) => {
                if !std::mem::replace(&mut self.failing, true) {
                    tracing::error!(error = %e, "core: the journal does not take entries; reports are refused until it does");
                }
                self.doubtful = true;
                self.metrics.append_failures.inc();
                Err(e)
            }
        }
    }

    fn apply(&mut self, entries: &[Entry]) {
        for entry in entries {
            self.pending.extend(self.board.apply(entry));
            self.hold_text(entry);
            self.metrics.decided(&entry.signal);
        }
        self.publisher.changed(self.board.take_changed());
        if let Some((seq, at)) = self.last {
            self.progress.written(seq, at, self.board.service_count());
            self.metrics.judged.set(at.seconds());
        }
    }

    /// Texts that pages show are held in memory while their reports are listed.
    fn hold_text(&mut self, entry: &Entry) {
        let texts = &mut self.publisher.texts;
        match &entry.signal {
            Signal::ReportAccepted(r) => {
                if let Some(text) = &r.text {
                    texts.put(r.id, text.clone());
                }
            }
            Signal::ReportUpdated(u) => match (&u.change, &u.text) {
                (_, Some(text)) => texts.put(u.id, text.clone()),
                (ReportChange::Amended { text: TextChange::Kept, .. }, None) => {}
                _ => texts.drop(u.id),
            },
            Signal::TextErased(e) => texts.drop(e.id),
            _ => {}
        }
    }

    /// After a failed append: an engine that lost its connection may have kept the entries all the same. Whatever is in
    /// the journal is the truth and is applied.
    async fn catch_up_with_journal(&mut self) -> Result<(), PortError> {
        let known = self.last.map_or(0, |l| l.0);
        let kept = self.journal.last().await?.map_or(0, |l| l.0);
        if kept > known {
            tracing::warn!(entries = kept - known, "core: entries of a failed append are in the journal; applied");
        }
        while let next = self.last.map_or(0, |l| l.0) + 1
            && next <= kept
        {
            // One append may hold more than is read at a time.
            let entries = self.journal.read(next, BATCH_MAX).await?;
            if entries.first().is_none_or(|e| e.seq != next) {
                let detail = format!("entry {next} of {kept} is not there");
                return Err(PortError::Unavailable { action: "read back what was appended", detail });
            }
            for entry in &entries {
                if matches!(entry.signal, Signal::VerdictChanged { .. }) {
                    self.pending.pop_front();
                }
                self.last = Some((entry.seq, entry.at));
                self.apply(std::slice::from_ref(entry));
            }
            self.visits.follow(self.board.catalogue());
        }
        self.doubtful = false;
        Ok(())
    }

    /// Keeps what was accepted, and a snapshot of it.
    async fn end(mut self, mut commands: mpsc::Receiver<Command>) {
        commands.close();
        self.flushed = Minute(i64::MIN);
        loop {
            let mut batch = Vec::new();
            while batch.len() < BATCH_MAX
                && let Ok(c) = commands.try_recv()
            {
                batch.push(c);
            }
            let last_round = batch.is_empty();
            if self.write(batch, None).await.is_err() || last_round {
                break;
            }
        }
        while let Ok(c) = commands.try_recv() {
            c.refuse(EngineError::not_now(NotNow::Stopping));
        }
        let settled = self.settle().await;
        if settled.is_ok() && self.pending.is_empty() && self.last.is_some() {
            self.snapshotter.last(&self.board).await;
        }
        self.gate.measure(&self.metrics);
        tracing::info!(seq = self.board.seq(), "core: stopped");
    }

    /// Numbers that are only worth reading once a minute.
    fn measure(&self) {
        self.gate.measure(&self.metrics);
        self.metrics.map("changes", self.changes.size().0, self.changes.size().1);
        let (texts, dropped) = self.publisher.texts.size();
        self.metrics.map("texts", texts, dropped);
        self.metrics.services.set(i64::try_from(self.board.service_count()).unwrap_or(i64::MAX));
        let s = self.board.sizes();
        for (name, entries, evicted) in [
            ("reporters", s.reporters, s.reporters_evicted),
            ("voters", s.voters, s.voters_evicted),
            ("requests", s.requests, s.requests_evicted),
            ("texts_waiting", s.waiting, 0),
            ("flags", s.flags, s.flags_evicted),
            ("networks", s.networks, s.networks_evicted),
            ("sparse", s.sparse, s.sparse_evicted),
            ("locations", s.locations, s.locations_evicted),
        ] {
            self.metrics.map(name, entries, evicted);
        }
    }
}
