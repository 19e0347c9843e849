//! The one way in for people: reports, votes, updates and page views.

use crate::authors::AuthorRequest;
use crate::command::{Answer, Arrived, Command, ask};
use crate::gate::{Gate, What};
use crate::keys::Keys;
use crate::likeness::Likeness;
use crate::metrics::Metrics;
use crate::place::Places;
use crate::trust::{Alert, FORM_S, Signs};
use crate::visits::{Referrer, VisitCounters};
use crate::work::Work;
use crate::{EngineError, Site};
use allclear_model::signal::{Moderated, ReportChange, TextChange};
use allclear_model::words::problems::NotNow;
use allclear_model::{
    Country, Decision, Facts, FreeText, NetworkKeys, Reason, ReportId, RequestKey, Slug, SourceKeys, SymptomId, Time,
};
use allclear_ports::Clock;
use std::sync::Arc;
use tokio::sync::mpsc;

/// A report, parsed at the edge but not yet checked against the catalogue.
#[derive(Debug, Clone, PartialEq)]
pub struct NewReport {
    /// Which service.
    pub service: Slug,
    /// Which symptom, or `other`.
    pub symptom: SymptomId,
    /// Country the reporter chose; wins over a looked-up one.
    pub country: Option<Country>,
    /// Hashes of the request's `Idempotency-Key`, if it had one.
    pub key: Option<RequestKeys>,
    /// What they wrote.
    pub text: Option<FreeText>,
    /// What a pasted error said; see [`Intake::facts`].
    pub facts: Option<Facts>,
    /// What speaks for a person.
    pub signs: Signs,
}

impl NewReport {
    /// A report of a symptom and nothing else.
    pub fn of(service: Slug, symptom: SymptomId) -> NewReport {
        NewReport { service, symptom, country: None, key: None, text: None, facts: None, signs: Signs::default() }
    }
}

/// What a request's `Idempotency-Key` is known by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestKeys {
    /// Under this hash it is kept.
    pub kept: RequestKey,
    /// Under this one it was kept while its source had another key of the day.
    pub older: Option<RequestKey>,
}

/// Who asks, without an address.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Origin {
    /// The source under the keys that are alive.
    pub source: SourceKeys,
    /// Its network under the keys that are alive.
    pub network: NetworkKeys,
    /// Country looked up from the address, if an MMDB is configured.
    pub country: Option<Country>,
}

/// What the author of a report gets once it is durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Its id.
    pub id: ReportId,
    /// Follow link: whoever has it may amend or withdraw the report.
    pub token: String,
    /// False for a further report from one source and service within 6 hours.
    pub counted: bool,
    /// When it was accepted.
    pub at: Time,
    /// Until when it is public at the latest.
    pub shown_by: Time,
    /// What becomes of its text: none when it has none, or when this is the answer to a request that came before.
    pub text: Option<Decision>,
}

/// Shown by this long after it was accepted, at the latest. Seconds.
pub const SHOWN_WITHIN_S: i64 = 300;

/// From this length on an idempotency key is taken for unguessable (a UUID has 36 characters, 26 in base 32).
pub const UNGUESSABLE: usize = 20;

/// Amendments of one report, and withdrawals of one report, that are taken in an hour. Each is a durable entry; an author
/// who tries out every symptom of a service stays below it.
pub const CHANGES_PER_HOUR: u32 = 10;

/// What a form's token is made for.
const FORM: &[u8] = b"form";

/// Result of the use cases in here.
pub type IntakeResult<T> = Result<T, EngineError>;

/// How a vote was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VoteReceipt {
    /// False for a further vote from one source and service within 6 hours.
    pub counted: bool,
}

/// The door. Cheap to clone; holds no store.
#[derive(Clone)]
pub struct Intake {
    inner: Arc<Behind>,
}

/// What the door leads to.
pub(crate) struct Behind {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) writer: mpsc::Sender<Command>,
    pub(crate) authors: mpsc::Sender<AuthorRequest>,
    pub(crate) visits: Arc<VisitCounters>,
    pub(crate) keys: Arc<Keys>,
    pub(crate) places: Places,
    pub(crate) metrics: Metrics,
    pub(crate) gate: Arc<Gate>,
    pub(crate) site: Site,
    pub(crate) likeness: Likeness,
    pub(crate) alert: Alert,
    pub(crate) work: Work,
}

impl Intake {
    pub(crate) fn new(behind: Behind) -> Intake {
        Intake { inner: Arc::new(behind) }
    }

    /// A report or a vote is taken by the writer or refused; refusals are counted here, because those of a full queue
    /// never reach the writer.
    async fn take<T>(&self, make: impl FnOnce(Answer<T>) -> Command) -> IntakeResult<T> {
        let taken = match ask(&self.inner.writer, make).await {
            Err(EngineError::Unavailable { why: NotNow::Waiting, .. }) => Err(EngineError::not_now(NotNow::Busy)),
            taken => taken,
        };
        if let Err(e) = &taken {
            self.inner.metrics.refuse(e.label());
        }
        taken
    }

    /// Takes a report. When this returns `Ok` it is on disk, counted and in the pictures' next version. The same request
    /// key gives the same receipt, also over restarts: for 24 hours, a short one until 06:00 UTC of the next day at most.
    ///
    /// # Errors
    /// [`EngineError::NoService`], [`EngineError::Invalid`] for the symptom, [`EngineError::Limited`],
    /// [`EngineError::KeyReused`], [`EngineError::Unavailable`] when it was not kept, or when nobody knows.
    pub async fn report(&self, new: NewReport, from: Origin) -> IntakeResult<Receipt> {
        let now = self.inner.clock.now();
        let allowed = self.allow(What::Report, &from, now);
        if allowed.is_err() && (new.key.is_none() || self.inner.gate.take(What::Again, &from, now).is_err()) {
            return Err(self.refused(allowed, now));
        }
        let (took, signs) = (allowed.is_ok(), new.signs);
        let mut moderated = new.text.as_ref().map(|t| self.moderate(t, now));
        if signs.trapped
            && let Some(m) = &mut moderated
            && m.decision == Decision::Show
        {
            (m.decision, m.reasons) = (Decision::Hold, vec![Reason::Noise]);
        }
        let weight = signs.weight(self.inner.alert.is_on(now));
        let arrived = Box::new(Arrived { new, from, allowed, moderated, weight });
        let got = self.take(|answer| Command::Report { arrived, answer }).await;
        match &got {
            Ok(a) if a.fresh => {}
            _ if took => self.inner.gate.give_back(What::Report, &from),
            // It was an old request indeed.
            Ok(_) => self.inner.gate.give_back(What::Again, &from),
            Err(_) => {}
        }
        let got = got?;
        Ok(Receipt {
            id: got.id,
            token: self.inner.keys.token(got.id),
            counted: got.counted,
            at: got.at,
            shown_by: got.at.plus_s(SHOWN_WITHIN_S),
            text: got.text,
        })
    }

    /// Takes an "it works for me". Durable when this returns `Ok`.
    ///
    /// # Errors
    /// As [`Intake::report`], without symptom and key.
    pub async fn vote(&self, service: Slug, country: Option<Country>, from: Origin) -> IntakeResult<VoteReceipt> {
        let now = self.inner.clock.now();
        let allowed = self.allow(What::Vote, &from, now);
        if allowed.is_err() {
            return Err(self.refused(allowed, now));
        }
        let counted = self.take(|answer| Command::Vote { service, country, from, answer }).await;
        if counted.is_err() {
            self.inner.gate.give_back(What::Vote, &from);
        }
        Ok(VoteReceipt { counted: counted? })
    }

    /// Why a report will be refused for its rate, if it will be, and counts it as refused; `keyed`: it has an
    /// `Idempotency-Key`. It spares whoever asks the reading of what comes with it.
    pub fn refuses_report(&self, from: &Origin, keyed: bool) -> Option<EngineError> {
        let now = self.inner.clock.now();
        let room = |what| self.inner.gate.room(what, from, now);
        let may_be_old = || keyed && room(What::Again).is_ok();
        room(What::Report).err().filter(|_| !may_be_old()).map(|limited| self.refused(Err(limited), now))
    }

    /// The same for an "it works for me".
    pub fn refuses_vote(&self, from: &Origin) -> Option<EngineError> {
        let now = self.inner.clock.now();
        self.inner.gate.room(What::Vote, from, now).err().map(|limited| self.refused(Err(limited), now))
    }

    /// Takes one of the allowance, if there is any left.
    fn allow(&self, what: What, from: &Origin, now: Time) -> IntakeResult<()> {
        self.inner.gate.take(what, from, now)
    }

    /// Counts what the door refused.
    fn refused(&self, allowed: IntakeResult<()>, now: Time) -> EngineError {
        if self.inner.alert.refused(now) {
            self.inner.metrics.flood.set(now.seconds());
        }
        let e = allowed.err().unwrap_or(EngineError::NotFound);
        self.inner.metrics.refuse(e.label());
        e
    }

    /// What the rules say of a text that has come now.
    fn moderate(&self, text: &FreeText, now: Time) -> Moderated {
        let alike = allclear_moderation::likeness(text).map_or(0, |words| self.inner.likeness.note(words, now));
        let (texts, forgotten) = self.inner.likeness.size();
        self.inner.metrics.map("likeness", texts, forgotten);
        let hosts = self.inner.site.hosts();
        let known_host = |host: &str| hosts.knows(host);
        let judged = allclear_moderation::judge(text, &allclear_moderation::Context { alike, known_host: &known_host });
        Moderated { decision: judged.decision, reasons: judged.reasons, rules: allclear_moderation::RULES }
    }

    /// What a pasted error says; nothing else of it is kept.
    pub fn facts(&self, pasted: &str) -> Option<Facts> {
        let hosts = self.inner.site.hosts();
        Facts::of(pasted, |host| hosts.knows(host))
    }

    /// The same of free text: of what was `typed`, and what is kept of it.
    pub fn facts_in(&self, typed: &str, text: &FreeText) -> Option<Facts> {
        let hosts = self.inner.site.hosts();
        Facts::beside(typed, text.as_str(), |host| hosts.knows(host))
    }

    /// A token for a form that is made now.
    pub fn form_token(&self) -> String {
        self.inner.keys.stamp(FORM, self.inner.clock.now())
    }

    /// How many seconds ago a form's token was made; `None` when it is not ours, or too old.
    pub fn dwell(&self, token: &str) -> Option<i64> {
        let made = self.inner.keys.stamped(FORM, token)?;
        let dwell = self.inner.clock.now().since_ms(made).div_euclid(1000);
        (0..=FORM_S).contains(&dwell).then_some(dwell)
    }

    /// A challenge of the ALTCHA protocol as JSON; `None` while no proof of work is asked for.
    pub fn challenge(&self) -> Option<String> {
        if !self.under_attack() {
            return None;
        }
        self.inner.work.challenge(self.inner.clock.now())
    }

    /// Whether this is the solution of a challenge, used for the first time.
    pub fn has_worked(&self, proof: &str) -> bool {
        let accepted = !proof.is_empty() && self.inner.work.accepts(proof, self.inner.clock.now());
        if accepted {
            let (used, forgotten) = self.inner.work.size();
            self.inner.metrics.map("work", used, forgotten);
        }
        accepted
    }

    /// Whether so many reports are being refused that a proof of work is asked for.
    pub fn under_attack(&self) -> bool {
        self.inner.alert.is_on(self.inner.clock.now())
    }

    /// Flags the shown text of a report. True when the flag counts: one per source, and one per network.
    ///
    /// # Errors
    /// [`EngineError::NotFound`] when the report has no shown text, [`EngineError::Limited`], [`EngineError::Unavailable`].
    pub async fn flag(&self, id: ReportId, from: Origin) -> IntakeResult<bool> {
        let now = self.inner.clock.now();
        let allowed = self.allow(What::Flag, &from, now);
        if allowed.is_err() {
            return Err(self.refused(allowed, now));
        }
        ask(&self.inner.authors, |answer| AuthorRequest::Flag { id, from, answer }).await
    }

    /// Changes symptom, country and text of the report that `token` follows. Saying what it says already is no change;
    /// `text` is `None` when it stays what it is, `Some(None)` when it goes.
    ///
    /// # Errors
    /// [`EngineError::NotFound`] when the token is not ours or the report is withdrawn or past its time,
    /// [`EngineError::Invalid`] for the symptom, [`EngineError::Limited`] beyond [`CHANGES_PER_HOUR`],
    /// [`EngineError::Unavailable`].
    pub async fn amend(
        &self,
        token: &str,
        symptom: SymptomId,
        country: Option<Country>,
        text: Option<Option<FreeText>>,
    ) -> IntakeResult<()> {
        let (change, text) = match text {
            None => (TextChange::Kept, None),
            Some(None) => (TextChange::Removed, None),
            Some(Some(text)) => (TextChange::Replaced(self.moderate(&text, self.inner.clock.now())), Some(text)),
        };
        self.change(token, ReportChange::Amended { symptom, country, text: change }, text).await
    }

    /// Withdraws the report that `token` follows; doing it twice is no error.
    ///
    /// # Errors
    /// [`EngineError::NotFound`], [`EngineError::Limited`] as for [`Intake::amend`], but counted apart, so that amending
    /// too often keeps nobody from withdrawing; [`EngineError::Unavailable`].
    pub async fn withdraw(&self, token: &str) -> IntakeResult<()> {
        self.change(token, ReportChange::Withdrawn, None).await
    }

    async fn change(&self, token: &str, change: ReportChange, text: Option<FreeText>) -> IntakeResult<()> {
        let id = self.follow(token).ok_or(EngineError::NotFound)?;
        ask(&self.inner.authors, |answer| AuthorRequest::Change { id, change, text, answer }).await
    }

    /// Counts a page view. Never waits and never fails; unknown services are not counted.
    pub fn visit(&self, service: &Slug, referrer: Referrer) {
        self.inner.visits.count(service, referrer);
    }

    /// What is kept of an address: keyed hashes, and the country when an MMDB file is configured.
    pub fn origin(&self, addr: std::net::IpAddr) -> Origin {
        let place = self.inner.places.look_up(addr);
        let (source, network) = self.inner.keys.origin(self.inner.clock.now(), addr, place.asn);
        Origin { source, network, country: place.country }
    }

    /// What is kept of whoever an operator reports for, by a name that means something to the operator only: hashed as an
    /// address would be. Each name is a source of its own, no address has the same, and all names are one network.
    pub fn named_origin(&self, name: &str) -> Origin {
        let (source, network) = self.inner.keys.named(self.inner.clock.now(), name);
        Origin { source, network, country: None }
    }

    /// Hashes of an `Idempotency-Key` within a service. A key of at least [`UNGUESSABLE`] characters belongs to whoever has
    /// it, a shorter one to its source.
    pub fn request_key(&self, service: &Slug, key: &str, from: &Origin) -> RequestKeys {
        self.inner.keys.request_key(service, key, from)
    }

    /// As [`Intake::request_key`], for whoever may use the data folder: nobody else can try these keys, so short ones need
    /// no source.
    pub fn own_request_key(&self, service: &Slug, key: &str) -> RequestKeys {
        self.inner.keys.own_request_key(service, key)
    }

    /// The report that a follow token was given for, if the token is one of ours. Needs no store.
    pub fn follow(&self, token: &str) -> Option<ReportId> {
        self.inner.keys.follow(token)
    }
}
