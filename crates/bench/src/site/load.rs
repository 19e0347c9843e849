//! A load of requests: a number of connections, each sends one or some at once, waits for the answers, sends the next.

use super::http;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Connections at a time, where nothing else is said.
pub(crate) const CONNECTIONS: usize = 64;

/// Bytes of the request with a number.
pub(crate) type Make = Arc<dyn Fn(u32) -> Vec<u8> + Send + Sync>;

/// Reports about services in turn, each from another made-up address, so that all of them count. `first`: where these
/// addresses begin; several loads on one site must not use the same. `step`: 256 gives each a network of its own.
pub(crate) fn reports(slugs: Vec<String>, first: u32, step: u32) -> Make {
    Arc::new(move |n| http::report_request(&slugs[n as usize % slugs.len()], first.wrapping_add(n).wrapping_mul(step)))
}

/// What a load is.
#[derive(Clone)]
pub(crate) struct Load {
    /// `127.0.0.1:PORT`.
    pub(crate) address: String,
    /// How long at most.
    pub(crate) time: Duration,
    /// Connections at a time.
    pub(crate) connections: usize,
    /// Requests a second in all; `None`: as fast as answers come.
    pub(crate) rate: Option<f64>,
    /// Requests at most.
    pub(crate) most: u32,
    /// Requests that a connection sends at once, without waiting for an answer between them.
    pub(crate) at_once: u32,
    /// What is sent.
    pub(crate) make: Make,
}

/// What came of it.
pub(crate) struct Outcome {
    /// Answers a second.
    pub(crate) per_second: f64,
    /// Seconds from when each was due to its answer, sorted.
    pub(crate) seconds: Vec<f64>,
    /// How many answers had which status.
    pub(crate) statuses: BTreeMap<u16, u64>,
}

impl Outcome {
    /// Milliseconds that this share of requests did not exceed.
    pub(crate) fn ms(&self, share: f64) -> f64 {
        let i = (self.seconds.len() as f64 * share) as usize;
        self.seconds.get(i.min(self.seconds.len().saturating_sub(1))).copied().unwrap_or(f64::NAN) * 1000.0
    }

    /// The same, if every answer had this status.
    pub(crate) fn only(self, status: u16) -> anyhow::Result<Outcome> {
        anyhow::ensure!(self.statuses.keys().all(|s| *s == status), "not only {status}: {:?}", self.statuses);
        Ok(self)
    }
}

impl Load {
    /// So many connections, without end but for its time.
    pub(crate) fn of(address: &str, time: Duration, make: Make) -> Load {
        Load {
            address: address.to_owned(),
            time,
            connections: CONNECTIONS,
            rate: None,
            most: u32::MAX,
            at_once: 1,
            make,
        }
    }

    /// Runs it on this thread.
    pub(crate) fn run(&self) -> anyhow::Result<Outcome> {
        let rt = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        rt.block_on(self.drive())
    }

    /// Runs it on a thread of its own.
    pub(crate) fn start(&self) -> std::thread::JoinHandle<anyhow::Result<Outcome>> {
        let load = self.clone();
        #[expect(clippy::disallowed_methods, reason = "whoever starts it joins it; it ends with its time")]
        std::thread::spawn(move || load.run())
    }

    async fn drive(&self) -> anyhow::Result<Outcome> {
        let turn = Arc::new(AtomicU64::new(0));
        let begin = Instant::now();
        let tasks: Vec<_> = (0..self.connections)
            .map(|_| {
                let (load, turn) = (self.clone(), turn.clone());
                tokio::spawn(async move { load.connection(begin, &turn).await })
            })
            .collect();
        let (mut seconds, mut statuses) = (Vec::new(), BTreeMap::new());
        for t in tasks {
            for (took, status) in t.await?? {
                seconds.push(took);
                *statuses.entry(status).or_default() += 1;
            }
        }
        let per_second = seconds.len() as f64 / begin.elapsed().as_secs_f64();
        seconds.sort_by(f64::total_cmp);
        Ok(Outcome { per_second, seconds, statuses })
    }

    async fn connection(&self, begin: Instant, turn: &AtomicU64) -> anyhow::Result<Vec<(f64, u16)>> {
        let mut c = tokio::net::TcpStream::connect(&self.address).await?;
        c.set_nodelay(true)?;
        let mut took = Vec::new();
        let mut bytes = Vec::with_capacity(4096);
        while begin.elapsed() < self.time {
            let n = turn.fetch_add(u64::from(self.at_once), Ordering::Relaxed);
            if n >= u64::from(self.most) {
                break;
            }
            let n = u32::try_from(n)?;
            let mut due = Instant::now();
            if let Some(rate) = self.rate {
                due = begin + Duration::from_secs_f64(f64::from(n) / rate);
                if due.duration_since(begin) >= self.time {
                    break;
                }
                tokio::time::sleep_until(due.into()).await;
            }
            let requests: Vec<Vec<u8>> = (n..n + self.at_once).map(|n| (self.make)(n)).collect();
            c.write_all(&requests.concat()).await?;
            bytes.clear();
            let mut read = 0;
            for _ in n..n + self.at_once {
                let length = loop {
                    if let Some((head, body)) = http::complete(&bytes[read..])? {
                        break head + body;
                    }
                    anyhow::ensure!(c.read_buf(&mut bytes).await? > 0, "the site closed a connection");
                };
                took.push((due.elapsed().as_secs_f64(), http::status(&bytes[read..])));
                read += length;
            }
        }
        Ok(took)
    }
}
