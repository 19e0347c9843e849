//! What takes more than a picture: the archive, the writer's answer, and what authors were told a moment ago.

use crate::headers::{self, Frame};
use crate::page::PageCx;
use crate::payload::{Answer, Payload, answer};
use crate::problem::{Problem, Refused};
use allclear_engine::catalogue::Names;
use allclear_engine::intake::Receipt;
use allclear_engine::rows::ReportRow;
use allclear_engine::{Admin, Archive, Intake};
use allclear_model::words::problems::{self as words, ProblemKind};
use allclear_model::{Catalogue, Country, NetworkHash, ReportId, Slug, SymptomId, Time};
use arc_swap::ArcSwap;
use http::{HeaderValue, Response, StatusCode, header};
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What cold requests need beside [`crate::Hot`].
pub(crate) struct Cold {
    pub(crate) intake: Intake,
    pub(crate) archive: Archive,
    pub(crate) admin: Admin,
    pub(crate) fresh: Fresh,
    pub(crate) sparing: Sparing,
    names: ArcSwap<(Arc<Catalogue>, Names)>,
}

impl Cold {
    pub(crate) fn new(intake: Intake, archive: Archive, admin: Admin) -> Cold {
        let empty = Arc::new(Catalogue::default());
        let names = Names::new(&empty);
        Cold {
            intake,
            archive,
            admin,
            fresh: Fresh::default(),
            sparing: Sparing::default(),
            names: ArcSwap::from_pointee((empty, names)),
        }
    }

    /// The names of this catalogue, prepared once for each.
    pub(crate) fn names(&self, catalogue: &Arc<Catalogue>) -> Arc<(Arc<Catalogue>, Names)> {
        let known = self.names.load_full();
        if Arc::ptr_eq(&known.0, catalogue) {
            return known;
        }
        let new = Arc::new((catalogue.clone(), Names::new(catalogue)));
        self.names.store(new.clone());
        new
    }
}

fn lock<T>(m: &Mutex<T>) -> MutexGuard<'_, T> {
    m.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Reports accepted a moment ago. The archive learns of a report shortly after its author does, and the author's next
/// request must not find nothing.
#[derive(Default)]
pub(crate) struct Fresh {
    rows: Mutex<(HashMap<ReportId, ReportRow>, VecDeque<ReportId>)>,
}

/// How many are remembered: more than the archive lags behind at full speed.
const FRESH_MAX: usize = 8192;

impl Fresh {
    pub(crate) fn remember(&self, r: &Receipt, service: Slug, symptom: SymptomId, country: Option<Country>) {
        let row =
            ReportRow { id: r.id, seq: 0, service, symptom, country, at: r.at, counted: r.counted, withdrawn: false };
        // The same idempotency key gives the same receipt again; what its author changed since stays changed.
        if self.get(r.id).is_none() {
            self.put(row);
        }
    }

    pub(crate) fn put(&self, row: ReportRow) {
        let mut rows = lock(&self.rows);
        let (by_id, order) = &mut *rows;
        let id = row.id;
        if by_id.insert(id, row).is_none() {
            order.push_back(id);
            if order.len() > FRESH_MAX
                && let Some(oldest) = order.pop_front()
            {
                by_id.remove(&oldest);
            }
        }
    }

    pub(crate) fn get(&self, id: ReportId) -> Option<ReportRow> {
        lock(&self.rows).0.get(&id).cloned()
    }

    pub(crate) fn change(&self, id: ReportId, how: impl FnOnce(&mut ReportRow)) {
        if let Some(row) = lock(&self.rows).0.get_mut(&id) {
            how(row);
        }
    }
}

/// Keeps the forms that are not reports (suggestions, feedback) from filling the archive: so many per network and hour.
#[derive(Default)]
pub(crate) struct Sparing {
    hour: Mutex<(i64, HashMap<NetworkHash, u32>)>,
}

/// Forms per network and hour.
const FORMS_PER_HOUR: u32 = 20;
/// Networks that are told apart within an hour; beyond them all share the refusal.
const NETWORKS_MAX: usize = 10_000;

impl Sparing {
    pub(crate) fn take(&self, network: NetworkHash, now: Time) -> Result<(), Refused> {
        let hour = now.seconds().div_euclid(3600);
        let mut state = lock(&self.hour);
        if state.0 != hour {
            *state = (hour, HashMap::new());
        }
        let full = state.1.len() >= NETWORKS_MAX;
        let used = match state.1.get_mut(&network) {
            Some(n) => n,
            None if full => return Err(Sparing::refuse(now)),
            None => state.1.entry(network).or_insert(0),
        };
        if *used >= FORMS_PER_HOUR {
            return Err(Sparing::refuse(now));
        }
        *used += 1;
        Ok(())
    }

    fn refuse(now: Time) -> Refused {
        let left = 3600 - u64::try_from(now.seconds().rem_euclid(3600)).unwrap_or(0);
        let mut p = Problem::new(ProblemKind::TooMany, words::too_many(left));
        p.retry_after_s = Some(left);
        p
    }
}

fn finish(mut res: Answer) -> Answer {
    let h = res.headers_mut();
    headers::secure(h, Frame::Never);
    h.insert(header::CACHE_CONTROL, headers::NO_STORE);
    res
}

/// A page that is made for one reader, or rarely read. Its own `<meta>` says whether it may be indexed.
pub(crate) fn html(status: StatusCode, text: String) -> Answer {
    finish(answer(status, headers::HTML, text))
}

/// A document of the API that is made for one request.
pub(crate) fn json(status: StatusCode, text: String) -> Answer {
    let mut res = finish(answer(status, headers::JSON, text));
    headers::open_to_all(res.headers_mut());
    res
}

fn redirect(status: StatusCode, cx: &PageCx, path: &str) -> Answer {
    let mut res = Response::new(Payload::empty());
    *res.status_mut() = status;
    // Paths are made of checked parts; one that still is no header value leads home instead of nowhere.
    let to = HeaderValue::try_from(cx.href(path)).or_else(|_| HeaderValue::try_from(cx.href("/")));
    if let Ok(to) = to {
        res.headers_mut().insert(header::LOCATION, to);
    }
    finish(res)
}

/// After a form: go and read this.
pub(crate) fn see_other(cx: &PageCx, path: &str) -> Answer {
    redirect(StatusCode::SEE_OTHER, cx, path)
}

/// This address has another name.
pub(crate) fn moved(cx: &PageCx, path: &str) -> Answer {
    let mut res = redirect(StatusCode::MOVED_PERMANENTLY, cx, path);
    // Permanent, but the catalogue may change: a day is long enough to help and short enough to forget.
    res.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=86400"));
    res
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_forms_are_taken_sparingly_per_network_and_hour() {
        let s = Sparing::default();
        let now = Time::parse("2026-11-22T10:15:00Z").unwrap();
        for _ in 0..FORMS_PER_HOUR {
            assert!(s.take(NetworkHash(1), now).is_ok());
        }
        let refused = s.take(NetworkHash(1), now).unwrap_err();
        assert_eq!((refused.kind, refused.retry_after_s), (ProblemKind::TooMany, Some(2700)));
        assert!(s.take(NetworkHash(2), now).is_ok(), "another network");
        assert!(s.take(NetworkHash(1), now.plus_s(2700)).is_ok(), "the next hour");
    }
}
