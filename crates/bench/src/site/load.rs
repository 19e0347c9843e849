//! A load of reports: a number of connections, each sends one, waits for the durable answer, sends the next. Every report
//! comes from another made-up address, so that all of them count.

use super::http;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Connections at a time, where nothing else is said.
pub(crate) const CONNECTIONS: usize = 64;

/// What a load is.
#[derive(Clone)]
pub(crate) struct Load {
    /// `127.0.0.1:PORT`.
    pub(crate) address: String,
    /// Services, taken in turn.
    pub(crate) slugs: Vec<String>,
    /// How long.
    pub(crate) time: Duration,
    /// Connections at a time.
    pub(crate) connections: usize,
    /// Reports a second in all; `None`: as fast as answers come.
    pub(crate) rate: Option<f64>,
    /// Where made-up addresses begin; several loads on one site must not use the same.
    pub(crate) first: u32,
    /// Distance from one made-up address to the next: 256 gives each a network of its own.
    pub(crate) step: u32,
}

/// What came of it.
pub(crate) struct Outcome {
    /// Answered with 202 a second.
    pub(crate) per_second: f64,
    /// Seconds from when each was due to its answer, sorted.
    pub(crate) seconds: Vec<f64>,
}

impl Outcome {
    /// Milliseconds that this share of reports did not exceed.
    pub(crate) fn ms(&self, share: f64) -> f64 {
        let i = (self.seconds.len() as f64 * share) as usize;
        self.seconds.get(i.min(self.seconds.len().saturating_sub(1))).copied().unwrap_or(f64::NAN) * 1000.0
    }
}

impl Load {
    /// Runs it on a thread of its own, on the cores of the caller.
    pub(crate) fn run(&self) -> anyhow::Result<Outcome> {
        let rt = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        rt.block_on(self.drive())
    }

    async fn drive(&self) -> anyhow::Result<Outcome> {
        let next = Arc::new(AtomicU32::new(self.first));
        let turn = Arc::new(AtomicU64::new(0));
        let stop = Arc::new(AtomicBool::new(false));
        let begin = Instant::now();
        let mut tasks = Vec::new();
        for _ in 0..self.connections {
            let (load, next, turn, stop) = (self.clone(), next.clone(), turn.clone(), stop.clone());
            tasks.push(tokio::spawn(async move {
                let r = load.connection(begin, &next, &turn, &stop).await;
                if r.is_err() {
                    stop.store(true, Ordering::Relaxed);
                }
                r
            }));
        }
        let mut seconds = Vec::new();
        for t in tasks {
            seconds.extend(t.await??);
        }
        let per_second = seconds.len() as f64 / begin.elapsed().as_secs_f64();
        seconds.sort_by(f64::total_cmp);
        Ok(Outcome { per_second, seconds })
    }

    async fn connection(
        &self,
        begin: Instant,
        next: &AtomicU32,
        turn: &AtomicU64,
        stop: &AtomicBool,
    ) -> anyhow::Result<Vec<f64>> {
        let mut c = tokio::net::TcpStream::connect(&self.address).await?;
        c.set_nodelay(true)?;
        let mut took = Vec::new();
        let mut bytes = Vec::with_capacity(4096);
        while begin.elapsed() < self.time && !stop.load(Ordering::Relaxed) {
            let mut due = Instant::now();
            if let Some(rate) = self.rate {
                due = begin + Duration::from_secs_f64(turn.fetch_add(1, Ordering::Relaxed) as f64 / rate);
                if due.duration_since(begin) >= self.time {
                    break;
                }
                tokio::time::sleep_until(due.into()).await;
            }
            let n = next.fetch_add(1, Ordering::Relaxed);
            let slug = &self.slugs[n as usize % self.slugs.len()];
            c.write_all(&http::report_request(slug, n.wrapping_mul(self.step))).await?;
            bytes.clear();
            while http::complete(&bytes)?.is_none() {
                anyhow::ensure!(c.read_buf(&mut bytes).await? > 0, "the site closed a connection");
            }
            let status = http::status(&bytes);
            anyhow::ensure!(status == 202, "a report was answered with {status}: {}", String::from_utf8_lossy(&bytes));
            took.push(due.elapsed().as_secs_f64());
        }
        Ok(took)
    }
}
