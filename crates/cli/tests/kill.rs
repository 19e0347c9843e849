//! `kill -9` and SIGTERM under load: no acknowledged report is lost, none is doubled, and each has its own text.

use crate::support::{NO_LIMITS, Site, archive_follows, journal, person, report_ids, texts, until, words};
use allclear_model::{Entry, Signal};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

/// Clients at a time.
const CLIENTS: u32 = 8;
/// Reports that must be acknowledged while a round lasts, on average over all of them: below it the kills meet a site with
/// little to lose. A round lasts 200 ms on average and takes many times as many.
const LOAD: usize = 10;

/// What the clients know.
#[derive(Default)]
struct Known {
    /// Id of every acknowledged report, by the number of its author.
    acknowledged: BTreeMap<u32, String>,
    /// Authors whose answer never came: to send again.
    open: BTreeSet<u32>,
}

impl Known {
    /// Compares with the journal of the stopped site: each acknowledged report is there once, with what was written, and
    /// nothing that nobody sent.
    #[track_caller]
    fn is_kept(&self, data: &Path) -> Vec<Entry> {
        let mut kept: BTreeMap<String, u32> = BTreeMap::new();
        let mut keys = BTreeSet::new();
        let entries = journal(data);
        for (i, entry) in entries.iter().enumerate() {
            assert_eq!(entry.seq, i as u64 + 1, "no gap");
            if let Signal::ReportAccepted(r) = &entry.signal {
                *kept.entry(r.id.to_string()).or_default() += 1;
                assert!(keys.insert(r.key.unwrap()), "one key, one report");
            }
        }
        for (n, id) in &self.acknowledged {
            assert_eq!(kept.get(id), Some(&1), "{} was acknowledged", key(*n));
        }
        assert_eq!(kept.len(), self.acknowledged.len(), "nothing that nobody sent");
        let written = self.acknowledged.iter().filter_map(|(n, id)| Some((id.clone(), words(*n)?)));
        let written: BTreeMap<String, String> = written.collect();
        assert!(!written.is_empty());
        assert!(texts(data, &entries) == written, "each text is that of its report");
        entries
    }
}

fn key(n: u32) -> String {
    format!("key-{n}")
}

/// Sends one report; false when the site is gone.
fn send(site: &Site, n: u32, known: &Mutex<Known>) -> bool {
    known.lock().unwrap().open.insert(n);
    let text = words(n);
    let sent = site.report_saying("openrouter", "api-key", &person(n), &key(n), text.as_deref());
    let Ok(answer) = sent else { return false };
    assert_eq!(answer.status, 202, "{}", answer.body);
    let id = answer.json()["id"].as_str().unwrap().to_owned();
    let mut known = known.lock().unwrap();
    known.open.remove(&n);
    if let Some(before) = known.acknowledged.insert(n, id.clone()) {
        assert_eq!(before, id, "one key, one id");
    }
    true
}

/// From 0 to `below`, different on every run; printed, so that a failure can be told.
fn random(below: u64) -> u64 {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).unwrap();
    u64::from_le_bytes(bytes) % below
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the moment of the kill is the subject, not a synchronisation")]
fn no_acknowledged_report_is_lost_or_doubled_by_kill_9() {
    let rounds: u32 = std::env::var("ALLCLEAR_KILL_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(8);
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let known = Mutex::new(Known::default());
    let next = AtomicU32::new(0);
    let mut under_load = 0;
    for round in 0..rounds {
        let site = Site::start(&data, &NO_LIMITS);
        // Whoever got no answer asks again, as a client does; and some of those who got one.
        let open: Vec<u32> = known.lock().unwrap().open.iter().copied().collect();
        let sample = next.load(Ordering::Relaxed).min(5);
        for n in open.into_iter().chain(0..sample) {
            assert!(send(&site, n, &known));
        }
        let wait = Duration::from_millis(random(400));
        let dead = AtomicBool::new(false);
        let before = known.lock().unwrap().acknowledged.len();
        std::thread::scope(|s| {
            for _ in 0..CLIENTS {
                s.spawn(|| {
                    let mut alive = true;
                    while alive && !dead.load(Ordering::Relaxed) {
                        alive = send(&site, next.fetch_add(1, Ordering::Relaxed), &known);
                    }
                });
            }
            // Snapshots are written meanwhile, so that some die half written.
            s.spawn(|| {
                let mut alive = true;
                while alive && !dead.load(Ordering::Relaxed) {
                    alive = site.run(&["admin", "snapshot"]).code == 0;
                }
            });
            std::thread::sleep(wait);
            let killed = std::process::Command::new("kill").args(["-s", "KILL", &site.pid().to_string()]).status();
            assert!(killed.unwrap().success());
            dead.store(true, Ordering::Relaxed);
        });
        assert_eq!(site.wait(), None);
        let after = known.lock().unwrap().acknowledged.len();
        under_load += after - before;
        eprintln!("round {round}: killed after {} ms, {} more acknowledged", wait.as_millis(), after - before);
    }
    assert!(under_load >= LOAD * rounds as usize, "only {under_load} acknowledged in {rounds} rounds");
    let site = Site::start(&data, &NO_LIMITS);
    let open: Vec<u32> = known.lock().unwrap().open.iter().copied().collect();
    for n in open {
        assert!(send(&site, n, &known));
    }
    let known = known.into_inner().unwrap();
    // The page's own count comes to that of the acknowledged; all of them lie within its day.
    until("the chart shows them all", || {
        let now = site.get("/api/v1/services/openrouter/chart?window=24h").json();
        let shown: u64 = now["bins"].as_array()?.iter().map(|b| b["actual"].as_u64().unwrap()).sum();
        (shown == known.acknowledged.len() as u64).then_some(())
    });
    until("the archive has caught up", || {
        let now = site.run(&["admin", "status", "--json"]).ended(0).json();
        (now["projected"] == now["seq"]).then_some(())
    });
    site.stop();

    let entries = known.is_kept(&data);
    let projected = archive_follows(&data, &entries);
    let last = entries.iter().rev().find(|e| matches!(e.signal, Signal::ReportAccepted(_))).unwrap();
    assert!(projected >= last.seq, "every report is in the archive");
    eprintln!("{rounds} kills, {} reports acknowledged and kept", known.acknowledged.len());
}

#[test]
#[expect(clippy::disallowed_methods, reason = "measures a real process from outside")]
fn sigterm_under_load_ends_in_time_and_keeps_what_was_acknowledged_once() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let known = Mutex::new(Known::default());
    let next = AtomicU32::new(0);
    let site = Site::start(&data, &NO_LIMITS);
    let begun = std::thread::scope(|s| {
        for _ in 0..CLIENTS {
            // Until nobody listens any more.
            s.spawn(|| while send(&site, next.fetch_add(1, Ordering::Relaxed), &known) {});
        }
        until("there is load", || (known.lock().unwrap().acknowledged.len() > 100).then_some(()));
        let begun = std::time::Instant::now();
        site.signal("TERM");
        begun
    });
    assert_eq!(site.wait(), Some(0));
    let took = begun.elapsed().as_secs_f64();
    assert!(took < 5.0, "{took} s");

    let acknowledged: Vec<String> = known.lock().unwrap().acknowledged.values().cloned().collect();
    let kept: Vec<String> = report_ids(&journal(&data));
    for id in &acknowledged {
        assert_eq!(kept.iter().filter(|k| *k == id).count(), 1, "{id} was acknowledged");
    }
    // Whoever got no answer asks again: it is kept once, whether it was kept before or not.
    let site = Site::start(&data, &NO_LIMITS);
    let open: Vec<u32> = known.lock().unwrap().open.iter().copied().collect();
    for n in open {
        assert!(send(&site, n, &known));
    }
    site.stop();
    let known = known.into_inner().unwrap();
    archive_follows(&data, &known.is_kept(&data));
    eprintln!("ended after {took} s; {} acknowledged before, {} in all", acknowledged.len(), known.acknowledged.len());
}
