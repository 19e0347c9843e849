//! The board as bytes: what it takes to go on from a place in the journal without the entries before it.
//!
//! Layout: `ACBOARD` and a version byte, the CRC-32 of the rest (little endian), then the fields in postcard's encoding.

use super::agents::{AgentNow, Agents};
use super::checks::{Checks, Stance, Whys};
use super::days::Days;
use super::months::Months;
use super::others::{Known, Others, Said as Verdict};
use super::people::{Kept, Moderation, People};
use super::remember::{Requests, Sources};
use super::stand::Retracted;
use super::trace::Trace;
use super::{Board, Watched};
use crate::limits::Limits;
use crate::rule::PRIOR_RATE;
use allclear_model::{Catalogue, Evidence, Minute, Slug, TextState, Time};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

const MAGIC: &[u8; 7] = b"ACBOARD";
const VERSION: u8 = 9;
/// The version before, which kept no reasons of incidents and nothing of retracted ones.
const UNARGUED: u8 = 8;
/// The one before that, in which no network had sent again.
const UNREPEATED: u8 = 7;
/// The one before that, which kept no reasons of checks.
const UNREASONED: u8 = 6;
/// The one before that, which did not know what official pages call their components.
const UNNAMED: u8 = 5;
/// The one before that, in which checks were the only other witness.
const UNANNOUNCED: u8 = 4;
/// The one before that, which had nothing behind what people said.
const UNCHECKED: u8 = 3;
/// The one before that, which had nothing behind traces and months.
const UNPRIMED: u8 = 2;
const HEAD: usize = MAGIC.len() + 1 + 4;

/// Why bytes are not a board.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SnapshotError {
    /// They are something else.
    #[error("this is not a snapshot of a board")]
    Foreign,
    /// Another version of this program wrote them; the journal has all that is needed.
    #[error("the snapshot has version {found}, this program reads version {VERSION}")]
    Version {
        /// Its version.
        found: u8,
    },
    /// They were damaged on their way.
    #[error("the snapshot is damaged: {0}")]
    Damaged(&'static str),
}

#[derive(Serialize)]
struct Out<'a> {
    head: Head,
    catalogue: &'a Catalogue,
    services: &'a [Watched],
    reporters: Vec<(u64, Time, &'a ())>,
    voters: Vec<(u64, Time, &'a ())>,
    requests: Vec<(super::remember::RequestKeyBits, Time, &'a super::Remembered)>,
    gaps: &'a [(i64, i64)],
    traces: Vec<(u32, &'a Trace)>,
    months: Vec<(u32, &'a Months)>,
    priors: Vec<(u32, f64)>,
    people: Vec<(u32, &'a People)>,
    texts: Vec<(u32, Vec<TextState>)>,
    moderation: Option<Kept>,
    others: Vec<(u32, &'a Others)>,
    known: Vec<(u32, &'a Known)>,
    days: Vec<(u32, &'a Days)>,
    agents: &'a [AgentNow],
    named: Vec<(u32, Vec<(String, String)>)>,
    whys: Vec<(u32, &'a Whys)>,
    cases: Vec<(u32, Vec<Case<&'a [Evidence]>>)>,
    retracted: Vec<(u32, &'a Retracted)>,
}

#[derive(Deserialize)]
struct In {
    head: Head,
    catalogue: Catalogue,
    services: Vec<Watched>,
    reporters: Vec<(u64, Time, ())>,
    voters: Vec<(u64, Time, ())>,
    requests: Vec<(super::remember::RequestKeyBits, Time, super::Remembered)>,
    gaps: Vec<(i64, i64)>,
}

/// What stands behind the rest, by the place of the service.
type Tail = (Vec<(u32, Trace)>, Vec<(u32, Months)>);

/// What stands behind that since the third version.
#[derive(Default, Deserialize)]
struct Said {
    priors: Vec<(u32, f64)>,
    people: Vec<(u32, People)>,
    texts: Vec<(u32, Vec<TextState>)>,
    moderation: Option<Kept>,
}

/// What stands behind that since the fifth: the other witnesses, what the traces know of them, and days.
type Found = (Vec<(u32, Others)>, Vec<(u32, Known)>, Vec<(u32, Days)>);

/// The same in the fourth: checks and what goes with them, how many were evicted, and what the traces know of them.
type Checked = (Vec<(u32, (Checks, Verdict, Months, u64))>, Vec<(u32, KnownSpots)>);

/// Since when all are fine, and what each location says.
type KnownSpots = (Option<Time>, Vec<(Slug, Stance)>);

fn found(checked: Checked) -> Found {
    let others =
        checked.0.into_iter().map(|(i, (checks, told, months, _))| (i, Others::of_checks(checks, told, months)));
    let known = checked.1.into_iter().map(|(i, (fine_since, spots))| (i, Known { fine_since, spots, official: None }));
    (others.collect(), known.collect(), Vec::new())
}

/// Behind that, since the fifth as well: who runs checks elsewhere.
type Elsewhere = Vec<AgentNow>;

/// Behind that, since the sixth: what official pages call the components that are the service, by what the catalogue calls them.
type Names = Vec<(u32, Vec<(String, String)>)>;

/// Behind that, since the seventh: why checks were not up.
type Reasons = Vec<(u32, Whys)>;

/// Whether an incident was confirmed, and what spoke for and against it.
type Case<E> = (bool, E);

/// Behind that, since the ninth: the case of each incident.
type Cases = Vec<(u32, Vec<Case<Vec<Evidence>>>)>;

/// Behind that, since the ninth: incidents that were retracted while they went on.
type Behind = Vec<(u32, Retracted)>;

#[derive(Serialize, Deserialize)]
struct Head {
    seq: u64,
    at: Time,
    minute: Minute,
    started: bool,
    watched_from: Minute,
    minutes: u64,
}

impl Board {
    /// Everything, as bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let states = || (0..).zip(&self.services).filter_map(|(i, w)| Some((i, w.state.as_deref()?)));
        let out = Out {
            head: Head {
                seq: self.seq,
                at: self.at,
                minute: self.minute,
                started: self.started,
                watched_from: self.watched_from,
                minutes: self.minutes,
            },
            catalogue: &self.catalogue,
            services: &self.services,
            reporters: self.reporters.list().collect(),
            voters: self.voters.list().collect(),
            requests: self.requests.list().collect(),
            gaps: &self.gaps,
            traces: states().filter_map(|(i, s)| Some((i, s.trace.as_deref()?))).collect(),
            months: states().map(|(i, s)| (i, &s.months)).filter(|(_, m)| !m.is_empty()).collect(),
            priors: states().map(|(i, s)| (i, s.detector.baseline.prior())).filter(|(_, p)| *p != PRIOR_RATE).collect(),
            people: (0..).zip(&self.services).filter_map(|(i, w)| Some((i, w.people.as_deref()?))).collect(),
            texts: states()
                .filter(|(_, s)| s.recent.iter().any(|l| l.text != TextState::None))
                .map(|(i, s)| (i, s.recent.iter().map(|l| l.text).collect()))
                .collect(),
            moderation: Some(self.moderation.keep()),
            others: (0..).zip(&self.services).filter_map(|(i, w)| Some((i, w.others.as_deref()?))).collect(),
            known: states()
                .filter_map(|(i, s)| Some((i, &s.trace.as_deref()?.known)))
                .filter(|(_, k)| **k != Known::default())
                .collect(),
            days: (0..).zip(&self.services).filter_map(|(i, w)| Some((i, w.days.as_deref()?))).collect(),
            agents: self.agents.list(),
            named: (0..)
                .zip(&self.services)
                .filter_map(|(i, w)| Some((i, w.others.as_deref()?.official.as_deref()?.named())))
                .filter(|(_, named)| !named.is_empty())
                .collect(),
            whys: (0..)
                .zip(&self.services)
                .filter_map(|(i, w)| Some((i, w.others.as_deref()?.checks.whys.as_deref()?)))
                .collect(),
            cases: states()
                .filter(|(_, s)| !s.stand.incidents().is_empty())
                .map(|(i, s)| (i, s.stand.incidents().iter().map(|n| (n.confirmed, &n.evidence[..])).collect()))
                .collect(),
            retracted: states().filter_map(|(i, s)| Some((i, s.retracted.as_deref()?))).collect(),
        };
        let mut bytes = Vec::with_capacity(1 << 16);
        bytes.extend_from_slice(MAGIC);
        bytes.push(VERSION);
        bytes.extend_from_slice(&[0; 4]);
        // Writing into memory has no other error than a type that cannot be encoded; the restore would then say so.
        let mut bytes = postcard::to_extend(&out, bytes).unwrap_or_default();
        if bytes.len() >= HEAD {
            let sum = crc32fast::hash(&bytes[HEAD..]).to_le_bytes();
            bytes[HEAD - 4..HEAD].copy_from_slice(&sum);
        }
        bytes
    }

    /// The board that these bytes were made of; from here on it goes as the other would have gone.
    ///
    /// # Errors
    /// When the bytes are no snapshot, damaged or of another version. Never panics, whatever they are.
    pub fn from_bytes(bytes: &[u8], limits: Limits) -> Result<Board, SnapshotError> {
        if bytes.len() < HEAD || &bytes[..MAGIC.len()] != MAGIC {
            return Err(SnapshotError::Foreign);
        }
        let version = bytes[MAGIC.len()];
        if ![VERSION, UNARGUED, UNREPEATED, UNREASONED, UNNAMED, UNANNOUNCED, UNCHECKED, UNPRIMED].contains(&version) {
            return Err(SnapshotError::Version { found: version });
        }
        let sum: [u8; 4] = bytes[HEAD - 4..HEAD].try_into().map_err(|_| SnapshotError::Foreign)?;
        if crc32fast::hash(&bytes[HEAD..]) != u32::from_le_bytes(sum) {
            return Err(SnapshotError::Damaged("its checksum is wrong"));
        }
        let (parts, rest): (In, &[u8]) =
            postcard::take_from_bytes(&bytes[HEAD..]).map_err(|_| SnapshotError::Damaged("it does not read"))?;
        let lists = |_| SnapshotError::Damaged("its last lists do not read");
        let ((traces, months), rest): (Tail, &[u8]) = postcard::take_from_bytes(rest).map_err(lists)?;
        let (said, rest): (Said, &[u8]) = if version == UNPRIMED {
            (Said::default(), rest)
        } else {
            postcard::take_from_bytes(rest).map_err(lists)?
        };
        let ((others, known, days), rest): (Found, &[u8]) = match version {
            VERSION | UNARGUED | UNREPEATED | UNREASONED | UNNAMED => postcard::take_from_bytes(rest).map_err(lists)?,
            UNANNOUNCED => {
                let (checked, rest) = postcard::take_from_bytes(rest).map_err(lists)?;
                (found(checked), rest)
            }
            _ => (Found::default(), rest),
        };
        let (agents, rest): (Elsewhere, &[u8]) =
            if version >= UNNAMED { postcard::take_from_bytes(rest).map_err(lists)? } else { (Vec::new(), rest) };
        let (named, rest): (Names, &[u8]) =
            if version >= UNREASONED { postcard::take_from_bytes(rest).map_err(lists)? } else { (Vec::new(), rest) };
        let (whys, rest): (Reasons, &[u8]) =
            if version >= UNREPEATED { postcard::take_from_bytes(rest).map_err(lists)? } else { (Vec::new(), rest) };
        let ((cases, retracted), rest): ((Cases, Behind), &[u8]) = if version >= VERSION {
            postcard::take_from_bytes(rest).map_err(lists)?
        } else {
            (Default::default(), rest)
        };
        if !rest.is_empty() {
            return Err(SnapshotError::Damaged("something follows it"));
        }
        let in_order = parts.services.is_sorted_by(|a, b| a.slug < b.slug)
            && parts.services.len() == parts.catalogue.services.len()
            && parts.services.iter().zip(parts.catalogue.services.keys()).all(|(w, k)| w.slug == *k);
        let sane = |t: i64| (-1..=Time::MAX.0).contains(&t);
        if !in_order
            || !sane(parts.head.at.0)
            || parts.head.minute != parts.head.at.minute()
            || !sane(parts.head.watched_from.0)
            || !parts.services.iter().filter_map(|w| w.state.as_deref()).all(super::state::State::is_sound)
        {
            return Err(SnapshotError::Damaged("its parts do not fit together"));
        }
        let mut board = Board::new(limits);
        board.seq = parts.head.seq;
        board.at = parts.head.at;
        board.minute = parts.head.minute;
        board.started = parts.head.started;
        board.watched_from = parts.head.watched_from;
        board.minutes = parts.head.minutes;
        board.catalogue = Arc::new(parts.catalogue);
        board.services = parts.services;
        board.reporters = Sources::restore(parts.reporters);
        board.voters = Sources::restore(parts.voters);
        board.requests = Requests::restore(parts.requests);
        board.gaps = parts.gaps;
        for (i, trace) in traces {
            if let Some(s) = board.services.get_mut(i as usize).and_then(|w| w.state.as_deref_mut()) {
                s.trace = Some(Box::new(trace));
            }
        }
        for (i, retracted) in retracted {
            if let Some(s) = board.services.get_mut(i as usize).and_then(|w| w.state.as_deref_mut()) {
                s.retracted = Some(Box::new(retracted));
                if !s.is_sound() {
                    return Err(SnapshotError::Damaged("a retracted incident does not fit its service"));
                }
            }
        }
        for (i, months) in months {
            if !months.is_sound() {
                return Err(SnapshotError::Damaged("its months are not in order"));
            }
            if let Some(s) = board.services.get_mut(i as usize).and_then(|w| w.state.as_deref_mut()) {
                s.months = months;
            }
        }
        for (i, people) in said.people {
            if !people.is_sound() {
                return Err(SnapshotError::Damaged("what people said does not fit together"));
            }
            if let Some(w) = board.services.get_mut(i as usize) {
                w.people = Some(Box::new(people));
            }
        }
        for (i, mut others) in others {
            let of = named.binary_search_by_key(&i, |(n, _)| *n).ok().and_then(|n| named.get(n));
            if let (Some((_, pairs)), Some(page)) = (of, others.official.as_deref_mut()) {
                page.name(pairs);
            }
            if !others.is_sound() {
                return Err(SnapshotError::Damaged("what checks and official pages say does not fit together"));
            }
            if let Some(w) = board.services.get_mut(i as usize) {
                w.others = Some(Box::new(others));
            }
        }
        for (i, whys) in whys {
            if !whys.is_sound() {
                return Err(SnapshotError::Damaged("its reasons do not fit together"));
            }
            if let Some(o) = board.services.get_mut(i as usize).and_then(|w| w.others.as_deref_mut()) {
                o.checks.whys = Some(Box::new(whys));
            }
        }
        for (i, days) in days {
            if !days.is_sound() {
                return Err(SnapshotError::Damaged("its days are not in order"));
            }
            if let Some(w) = board.services.get_mut(i as usize) {
                w.days = Some(Box::new(days));
            }
        }
        for (i, known) in known {
            let state = board.services.get_mut(i as usize).and_then(|w| w.state.as_deref_mut());
            if let Some(t) = state.and_then(|s| s.trace.as_deref_mut()) {
                t.known = known;
            }
        }
        for (i, cases) in cases {
            if let Some(s) = board.services.get_mut(i as usize).and_then(|w| w.state.as_deref_mut()) {
                for (incident, case) in s.stand.incidents_mut().iter_mut().zip(cases) {
                    (incident.confirmed, incident.evidence) = case;
                }
            }
        }
        for (i, texts) in said.texts {
            if let Some(s) = board.services.get_mut(i as usize).and_then(|w| w.state.as_deref_mut()) {
                s.recent.iter_mut().zip(texts).for_each(|(line, text)| line.text = text);
            }
        }
        board.agents = Agents::restore(agents).ok_or(SnapshotError::Damaged("its agents are not in order"))?;
        board.moderation = said.moderation.map(Moderation::restore).unwrap_or_default();
        for (i, prior) in said.priors {
            if let Some(s) = board.services.get_mut(i as usize).and_then(|w| w.state.as_deref_mut()) {
                s.detector.baseline.set_prior(prior);
            }
        }
        board.reindex();
        Ok(board)
    }
}

#[cfg(test)]
mod tests {
    use super::super::pace::Paces;
    use super::*;
    use allclear_model::check::CheckOutcome;
    use allclear_model::official::{Named, OfficialPages, OfficialRead, OfficialSaid, OfficialWord, Trust};
    use allclear_model::signal::{CheckResult, CheckResults, Counted};
    use allclear_model::{Category, Entry, Service, Signal};

    fn slug(text: &str) -> Slug {
        Slug::parse(text).unwrap()
    }

    /// A board with a service of which only checks speak.
    fn checked() -> Board {
        let mut catalogue = Catalogue::default();
        let (kind, a) = (slug("kind"), slug("a"));
        let category =
            Category { id: kind.clone(), name: "Kind".into(), group: "Group".into(), outages_per_30_days: 2.0 };
        catalogue.categories.insert(kind.clone(), Arc::new(category));
        let service = Service {
            slug: a.clone(),
            name: "A".into(),
            category: kind.clone(),
            homepage: allclear_model::catalogue::Fact::default(),
            aliases: vec![],
            related: vec![],
            upstreams: allclear_model::catalogue::Fact::default(),
            about: None,
            operator: None,
            support: None,
            official: None,
            check: None,
            symptoms: [].into(),
            guide: kind,
            own_guide: false,
        };
        catalogue.services.insert(a.clone(), Arc::new(service));
        let mut board = Board::new(Limits::default());
        board.apply(&Entry {
            seq: 1,
            at: Time(60_000),
            signal: Signal::CatalogueChanged { catalogue: Arc::new(catalogue) },
        });
        for (k, outcome) in [(2, CheckOutcome::Up), (3, CheckOutcome::Down)] {
            let results = vec![CheckResult::new(a.clone(), outcome, Some("refused"), Some(7))];
            let signal = Signal::CheckResults(CheckResults::own(slug("fra"), results));
            board.apply(&Entry { seq: k, at: Time(60_000 * k as i64), signal });
        }
        board
    }

    /// `bytes` as version `version` would have written them, their head made anew.
    fn as_version(version: u8, mut bytes: Vec<u8>) -> Vec<u8> {
        bytes[MAGIC.len()] = version;
        let sum = crc32fast::hash(&bytes[HEAD..]).to_le_bytes();
        bytes[HEAD - 4..HEAD].copy_from_slice(&sum);
        bytes
    }

    #[test]
    fn reasons_are_kept_and_a_board_of_the_version_before_is_read_without_them() {
        let mut board = checked();
        let now = board.to_bytes();
        let read = Board::from_bytes(&now, Limits::default()).unwrap();
        assert_eq!(read.now("a"), board.now("a"));
        assert_eq!(board.now("a").unwrap().checks[0].why(95), Some("refused"));
        let checks = &mut board.services[0].others.as_deref_mut().unwrap().checks;
        let tail: (Reasons, Cases, Behind) = (vec![(0, *checks.whys.take().unwrap())], Vec::new(), Vec::new());
        let tail = postcard::to_allocvec(&tail).unwrap();
        assert!(now.ends_with(&tail));
        let old = as_version(UNREASONED, now[..now.len() - tail.len()].to_vec());
        let read = Board::from_bytes(&old, Limits::default()).unwrap();
        assert_eq!((read.to_bytes(), read.now("a")), (board.to_bytes(), board.now("a")));
    }

    #[test]
    fn what_spoke_for_an_incident_is_kept_and_a_board_of_the_version_before_is_read_without_it() {
        let mut board = checked();
        let many = Counted { service: slug("a"), symptom: Slug::other(), count: 60, networks: None };
        board.apply(&Entry { seq: 4, at: Time(250_000), signal: Signal::Counted(many) });
        let now = board.to_bytes();
        let read = Board::from_bytes(&now, Limits::default()).unwrap();
        assert_eq!(read.now("a"), board.now("a"));
        let argued = |board: &Board| board.services[0].state.as_deref().unwrap().stand.incidents()[0].clone();
        let (confirmed, evidence) = (argued(&board).confirmed, argued(&board).evidence);
        assert!(
            confirmed && evidence.len() > 2 && evidence.iter().map(|e| e.weight).sum::<f64>() > 0.0,
            "{evidence:?}"
        );
        let tail =
            postcard::to_allocvec::<(Cases, Behind)>(&(vec![(0, vec![(confirmed, evidence)])], Vec::new())).unwrap();
        assert!(now.ends_with(&tail));
        let old = as_version(UNARGUED, now[..now.len() - tail.len()].to_vec());
        let read = argued(&Board::from_bytes(&old, Limits::default()).unwrap());
        assert_eq!((read.confirmed, read.evidence.len(), read.events), (false, 0, argued(&board).events));
    }

    #[test]
    fn checks_as_the_fourth_version_wrote_them_are_still_read() {
        let mut board = checked();
        // Nobody counted by day, measured or kept reasons then.
        board.services[0].days = None;
        board.services[0].others.as_deref_mut().unwrap().checks.whys = None;
        board.services[0].others.as_deref_mut().unwrap().paces = Paces::default();
        let now = board.to_bytes();
        // Behind the rest stood checks, what the verdict said, months and evictions, and then what traces know.
        let others = board.services[0].others.as_deref().unwrap();
        let tail: (Found, Elsewhere, Names, Reasons, (Cases, Behind)) = (
            (vec![(0, others.clone())], Vec::new(), Vec::new()),
            Vec::new(),
            Vec::new(),
            Vec::new(),
            Default::default(),
        );
        let before: Checked = (vec![(0, (others.checks.clone(), others.told(), others.months.clone(), 9))], Vec::new());
        let (tail, before) = (postcard::to_allocvec(&tail).unwrap(), postcard::to_allocvec(&before).unwrap());
        assert!(now.ends_with(&tail));
        let mut old = now[..now.len() - tail.len()].to_vec();
        old.extend_from_slice(&before);
        let old = as_version(UNANNOUNCED, old);
        let read = Board::from_bytes(&old, Limits::default()).unwrap();
        assert_eq!((read.to_bytes(), read.now("a")), (now, board.now("a")));
    }

    #[test]
    fn what_pages_call_their_components_is_kept_and_boards_that_did_not_know_it_are_still_read() {
        let mut board = checked();
        let named = Named::new([("c1".to_owned(), "API".to_owned())]);
        let word = OfficialWord {
            level: allclear_model::Level::Operational,
            trust: Trust::Full,
            asked: "https://status.example.org#c1".to_owned(),
            url: "https://status.example.org".to_owned(),
            format: "statuspage".to_owned(),
            identity: None,
            components: 1,
            past: false,
            since: None,
            events: Vec::new(),
            warnings: Vec::new(),
            named: named.clone(),
        };
        let said = OfficialSaid::New { word: Box::new(word) };
        let read = vec![OfficialRead { service: slug("a"), said }];
        board.apply(&Entry { seq: 4, at: Time(250_000), signal: Signal::OfficialPages(OfficialPages { read }) });
        let known = |board: &Board| board.now("a").unwrap().official.unwrap().word.unwrap().named;
        let now = board.to_bytes();
        assert_eq!(known(&Board::from_bytes(&now, Limits::default()).unwrap()), named);

        // Behind names stand reasons, and retracted incidents.
        let whys = *board.services[0].others.as_deref().unwrap().checks.whys.clone().unwrap();
        let tail: (Names, Reasons, Cases, Behind) = (vec![(0, named.pairs())], vec![(0, whys)], Vec::new(), Vec::new());
        let tail = postcard::to_allocvec(&tail).unwrap();
        assert!(now.ends_with(&tail));
        let old = as_version(UNNAMED, now[..now.len() - tail.len()].to_vec());
        let read = Board::from_bytes(&old, Limits::default()).unwrap();
        assert!(known(&read).is_empty() && read.now("a").is_some());
    }
}
