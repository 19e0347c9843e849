//! Who goes first when more is asked than can be answered: who reads from memory or taps a symptom, then whoever writes, wants
//! a page of his own, or is refused. So a flood, through whichever door, holds itself up.

use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};

/// Work of one kind, of which only so much is done between two rounds of everybody else who is ready. While there is time for
/// everything a round is over at once, and nobody waits.
#[derive(Debug)]
pub(crate) struct Turn(Semaphore);

impl Turn {
    /// For work that costs as much as ten to thirty views from memory: one piece at a time.
    pub(crate) fn heavy() -> Turn {
        Turn(Semaphore::new(1))
    }

    /// For work that costs about as much as a view from memory.
    pub(crate) fn light() -> Turn {
        Turn(Semaphore::new(LIGHT))
    }

    /// Waits for those who came before, and then for one round of everybody else. The turn lasts until it is dropped.
    pub(crate) async fn wait(&self) -> Option<SemaphorePermit<'_>> {
        // `None` only of a semaphore that is closed, and nobody closes it.
        let permit = self.0.acquire().await.ok();
        tokio::task::yield_now().await;
        permit
    }

    /// The same; `None` when the turn did not come within this time.
    pub(crate) async fn wait_at_most(&self, within: Duration) -> Option<SemaphorePermit<'_>> {
        match self.0.try_acquire() {
            // Without a timer, as most of the time.
            Ok(permit) => {
                tokio::task::yield_now().await;
                Some(permit)
            }
            Err(_) => tokio::time::timeout(within, self.wait()).await.ok().flatten(),
        }
    }
}

/// Pieces of light work between two rounds, which are of up to 61 tasks each (tokio's `event_interval`). Measured with up to
/// 50,000 refusals a second beside readers on two cores, loads included: with 32, readers kept 0.50 to 0.60 of their pages, on a
/// thousand connections least; with 8, 0.59 to 0.84.
const LIGHT: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tokio_util::task::TaskTracker;

    /// The most that had their turn at a time, of a hundred, and how many readers had been served before the first of them.
    async fn crowd(turn: Turn) -> (usize, usize) {
        let turn = Arc::new(turn);
        let (served, within, most) = <(Arc<AtomicUsize>, Arc<AtomicUsize>, Arc<AtomicUsize>)>::default();
        let tasks = TaskTracker::new();
        let crowd: Vec<_> = (0..100)
            .map(|_| {
                let (turn, served, within, most) = (turn.clone(), served.clone(), within.clone(), most.clone());
                tasks.spawn(async move {
                    let _turn = turn.wait().await;
                    let before = served.load(Ordering::Relaxed);
                    most.fetch_max(within.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
                    tokio::task::yield_now().await;
                    within.fetch_sub(1, Ordering::Relaxed);
                    before
                })
            })
            .collect();
        let readers: Vec<_> = (0..50)
            .map(|_| {
                let served = served.clone();
                tasks.spawn(async move { served.fetch_add(1, Ordering::Relaxed) })
            })
            .collect();
        for r in readers {
            r.await.unwrap();
        }
        let mut first = usize::MAX;
        for c in crowd {
            first = first.min(c.await.unwrap());
        }
        (most.load(Ordering::Relaxed), first)
    }

    #[tokio::test]
    async fn whoever_is_ready_goes_before_those_who_wait_for_a_turn_and_these_go_a_few_at_a_time() {
        assert_eq!(crowd(Turn::heavy()).await, (1, 50));
        assert_eq!(crowd(Turn::light()).await, (LIGHT, 50));
    }

    #[tokio::test]
    async fn a_turn_that_does_not_come_in_time_is_none() {
        let turn = Turn::heavy();
        let held = turn.wait_at_most(Duration::ZERO).await;
        assert!(held.is_some() && turn.wait_at_most(Duration::ZERO).await.is_none());
        drop(held);
        assert!(turn.wait_at_most(Duration::ZERO).await.is_some());
    }
}
