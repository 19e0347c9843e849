//! The bare limit of durable reports: one writer takes what is waiting, inserts it in one transaction of a SQLite file with
//! WAL and `synchronous=FULL`, commits, and answers everybody. Nothing else: no HTTP, no judging, no archive.

use std::path::Path;
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// Rows per second with so many waiting.
pub(crate) fn group_commit(dir: &Path, waiting: usize, time: Duration) -> anyhow::Result<f64> {
    let mut db = rusqlite::Connection::open(dir.join("bare.db"))?;
    db.pragma_update(None, "journal_mode", "wal")?;
    db.pragma_update(None, "synchronous", "full")?;
    db.execute_batch(
        "create table report (id integer primary key, service integer, category integer, region integer, ts integer, source blob, comment text);
         create index report_by_service on report (service, ts);",
    )?;
    let (send, receive) = mpsc::channel::<(u64, mpsc::Sender<()>)>();
    let until = Instant::now() + time;
    let begin = Instant::now();
    let rows = std::thread::scope(|scope| -> anyhow::Result<u64> {
        for w in 0..waiting {
            let send = send.clone();
            scope.spawn(move || {
                let (answer, done) = mpsc::channel();
                let mut n = w as u64;
                while Instant::now() < until {
                    if send.send((n, answer.clone())).is_err() || done.recv().is_err() {
                        return;
                    }
                    n += waiting as u64;
                }
            });
        }
        drop(send);
        let mut rows = 0;
        while let Ok(first) = receive.recv() {
            let mut batch = vec![first];
            while let Ok(more) = receive.try_recv() {
                batch.push(more);
            }
            let tx = db.transaction()?;
            {
                let mut insert = tx.prepare_cached(
                    "insert into report (service, category, region, ts, source, comment) values (?,?,?,?,?,?)",
                )?;
                for (n, _) in &batch {
                    let source = [n.to_le_bytes(), n.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes()].concat();
                    let comment = "eighty bytes of what somebody might have written about a service that fails them";
                    let k = i64::try_from(*n)?;
                    insert.execute((k % 3000, k % 7, k % 50, 1_700_000_000_000 + k, source, comment))?;
                }
            }
            tx.commit()?;
            rows += batch.len() as u64;
            for (_, answer) in batch {
                let _ = answer.send(());
            }
        }
        Ok(rows)
    })?;
    Ok(rows as f64 / begin.elapsed().as_secs_f64())
}
