//! From how many networks reports came in the last hour, and how much one more from a network adds.
//!
//! A report adds 1 when its network is new in the window. The n+1-th source of a network adds log2((n+1)/n), and a network
//! altogether at most `1 + log2(1 + usual reports per minute)`: on a quiet service the second source of a network adds nothing,
//! so that a few networks cannot make an alarm whatever they send. A report that does not count, because its source has reported
//! before, adds nothing either; it tells that the network goes on sending.

use allclear_model::Minute;
use serde::{Deserialize, Serialize};

/// The window is 7 slices of 9 minutes: 54 to 63 minutes. As long as the sums of a quiet service remember, so that five
/// networks can come together there.
const SLICES: usize = 7;
const SLICE_MIN: i64 = 9;
/// Networks whose reports are taken away before an alarm is believed.
pub(crate) const HEAVIEST: usize = 4;

/// Share of a report that is held against a network after one more that did not count: between none and all of it.
const DOUBT: f64 = 0.5;

/// What a network has sent since it was last forgotten. It stays so while some of it leaves the window. Compared by the numbers;
/// kept in a snapshot by the place in this list, where earlier ones had false or true.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum Sent {
    Once = 0,
    /// Reports of more than one source that count.
    Shared = 3,
    /// One more that does not count: somebody who asks whether it was heard, or the beginning of a flood.
    Again = 1,
    /// More than one of those. An office behind one address does that in an outage, too, and so does a flood.
    Often = 2,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Network {
    id: u64,
    sources: [u8; SLICES],
    sent: Sent,
}

impl Network {
    fn total(&self) -> u32 {
        self.sources.iter().map(|v| u32::from(*v)).sum()
    }
}

/// The four heaviest networks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Heaviest {
    /// Effective reports they are worth together.
    pub(crate) worth: f64,
    /// What is held against them: all of it when any of them has had more than one source, else the own report of each that sent
    /// often, and a half for each that sent once more.
    pub(crate) doubted: f64,
}

/// The window of one service.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Networks {
    slice: i64,
    /// In order of id.
    known: Vec<Network>,
    /// Networks known by their number only: each of them had one report.
    single: [u32; SLICES],
    pub evicted: u64,
}

/// What one network with `n` sources is worth.
fn worth(n: u32, most: f64) -> f64 {
    match n {
        0 => 0.0,
        1 => 1.0,
        _ => (1.0 + libm::log2(f64::from(n))).min(most),
    }
}

/// Most that one network can be worth where `mu` reports a minute are usual.
pub(crate) fn most(mu: f64) -> f64 {
    1.0 + libm::log2(1.0 + mu)
}

impl Networks {
    fn turn(&mut self, minute: Minute) {
        let slice = minute.0.div_euclid(SLICE_MIN);
        let by = slice.saturating_sub(self.slice);
        if by <= 0 {
            return;
        }
        if by >= SLICES as i64 {
            self.known.clear();
            self.single = [0; SLICES];
        } else {
            for s in self.slice + 1..=slice {
                let i = s.rem_euclid(SLICES as i64) as usize;
                self.single[i] = 0;
                for n in &mut self.known {
                    n.sources[i] = 0;
                }
            }
            self.known.retain(|n| n.total() > 0);
        }
        self.slice = slice;
        if self.known.is_empty() && self.known.capacity() > 16 {
            self.known = Vec::new();
        }
    }

    fn now(&self) -> usize {
        self.slice.rem_euclid(SLICES as i64) as usize
    }

    /// `count` reports from the network `id`; gives what they add. `cap`: how many networks are told apart.
    pub(crate) fn add(&mut self, minute: Minute, id: u64, count: u32, most: f64, cap: usize) -> f64 {
        self.turn(minute);
        let i = self.now();
        let more = u8::try_from(count).unwrap_or(u8::MAX);
        match self.known.binary_search_by_key(&id, |n| n.id) {
            Ok(at) => {
                let n = &mut self.known[at];
                let before = worth(n.total(), most);
                n.sources[i] = n.sources[i].saturating_add(more);
                if n.total() > 1 {
                    n.sent = Sent::Shared;
                }
                worth(n.total(), most) - before
            }
            Err(at) if self.known.len() < cap => {
                let mut sources = [0; SLICES];
                sources[i] = more;
                if self.known.len() == self.known.capacity() {
                    self.known.reserve_exact((self.known.len() / 2).max(8));
                }
                self.known.insert(at, Network { id, sources, sent: if more > 1 { Sent::Shared } else { Sent::Once } });
                worth(count, most)
            }
            Err(_) => {
                self.evicted = self.evicted.saturating_add(1);
                self.single[i] = self.single[i].saturating_add(1);
                worth(count, most)
            }
        }
    }

    /// Whether something came from the network `id` within the window that ends with `minute`.
    pub(crate) fn knows(&self, minute: Minute, id: u64) -> bool {
        let Some(network) = self.known.binary_search_by_key(&id, |n| n.id).ok().and_then(|at| self.known.get(at))
        else {
            return false;
        };
        let first = minute.0.div_euclid(SLICE_MIN) - SLICES as i64 + 1;
        (first..=self.slice).any(|s| network.sources.get(s.rem_euclid(SLICES as i64) as usize).is_some_and(|n| *n > 0))
    }

    /// The network `before` is called `id` from here on.
    pub(crate) fn rename(&mut self, before: u64, id: u64) {
        let Ok(at) = self.known.binary_search_by_key(&before, |n| n.id) else { return };
        let old = self.known.remove(at);
        match self.known.binary_search_by_key(&id, |n| n.id) {
            Ok(at) => {
                let Some(n) = self.known.get_mut(at) else { return };
                n.sources.iter_mut().zip(old.sources).for_each(|(sum, more)| *sum = sum.saturating_add(more));
                n.sent = n.sent.max(old.sent).max(Sent::Shared);
            }
            Err(at) => self.known.insert(at, Network { id, ..old }),
        }
    }

    /// A report from the network `id` that does not count. A network that is not known is not made known by it.
    pub(crate) fn again(&mut self, minute: Minute, id: u64) {
        self.turn(minute);
        if let Ok(at) = self.known.binary_search_by_key(&id, |n| n.id)
            && let Some(n) = self.known.get_mut(at)
        {
            n.sent = n.sent.max(if n.sent == Sent::Once { Sent::Again } else { Sent::Often });
        }
    }

    /// `count` reports, each from a network of its own.
    pub(crate) fn add_single(&mut self, minute: Minute, count: u32) -> f64 {
        self.turn(minute);
        let i = self.now();
        self.single[i] = self.single[i].saturating_add(count);
        f64::from(count)
    }

    /// `count` reports evenly from `networks` networks that are the same ones every time.
    pub(crate) fn add_same(&mut self, minute: Minute, count: u32, networks: u32, most: f64, cap: usize) -> f64 {
        let networks = networks.max(1);
        let (each, more) = (count / networks, count % networks);
        let first = minute.0.rem_euclid(i64::from(networks)) as u32;
        let mut sum = 0.0;
        for k in 0..networks {
            let n = each + u32::from(k < more);
            if n > 0 {
                sum += self.add(minute, u64::from((first + k) % networks), n, most, cap);
            }
        }
        sum
    }

    /// `count` reports evenly from `networks` networks (fewer than `count`) of which nothing else is known.
    pub(crate) fn add_among(&mut self, minute: Minute, count: u32, networks: u32, most: f64) -> f64 {
        let networks = networks.clamp(1, count);
        let (each, more) = (count / networks, count % networks);
        self.turn(minute);
        let i = self.now();
        self.single[i] = self.single[i].saturating_add(networks);
        f64::from(more) * worth(each + 1, most) + f64::from(networks - more) * worth(each, most)
    }

    /// Distinct networks in the window.
    pub(crate) fn distinct(&mut self, minute: Minute) -> u64 {
        self.turn(minute);
        self.known.len() as u64 + self.single.iter().map(|v| u64::from(*v)).sum::<u64>()
    }

    /// True when no network is known but by its number: none of them can have sent twice.
    pub(crate) fn all_single(&self) -> bool {
        self.known.is_empty()
    }

    /// The four heaviest networks, where `mu` reports a minute are usual.
    pub(crate) fn heaviest(&mut self, minute: Minute, mu: f64) -> Heaviest {
        self.turn(minute);
        if self.known.is_empty() {
            let singles = self.single.iter().map(|v| u64::from(*v)).sum::<u64>();
            return Heaviest { worth: singles.min(HEAVIEST as u64) as f64, doubted: 0.0 };
        }
        let most = most(mu);
        let mut top = [(0u32, Sent::Once); HEAVIEST];
        for n in &self.known {
            let mut v = (n.total(), n.sent);
            for t in &mut top {
                if v > *t {
                    std::mem::swap(&mut v, t);
                }
            }
        }
        let mut singles = self.single.iter().map(|v| u64::from(*v)).sum::<u64>();
        for t in &mut top {
            if t.0 == 0 && singles > 0 {
                singles -= 1;
                t.0 = 1;
            }
        }
        let worth = top.iter().map(|n| worth(n.0, most)).sum();
        let doubted = if top.iter().any(|n| n.1 == Sent::Shared) {
            worth
        } else {
            let own = |sent| match sent {
                Sent::Once | Sent::Shared => 0.0,
                Sent::Again => DOUBT,
                Sent::Often => 1.0,
            };
            top.iter().map(|n| own(n.1)).sum()
        };
        Heaviest { worth, doubted }
    }

    pub(crate) fn len(&self) -> usize {
        self.known.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_are_forgotten_after_an_hour() {
        let mut n = Networks::default();
        assert_eq!(n.add(Minute(100), 7, 1, 5.0, 10), 1.0);
        assert_eq!(n.add(Minute(120), 7, 1, 5.0, 10), 1.0);
        assert!(n.add(Minute(140), 7, 1, 5.0, 10) < 0.6);
        assert_eq!(n.distinct(Minute(150)), 1);
        assert_eq!(n.distinct(Minute(220)), 0);
        assert_eq!(n.add(Minute(221), 7, 1, 5.0, 10), 1.0);
    }

    #[test]
    fn on_a_quiet_service_a_network_counts_once() {
        let mut n = Networks::default();
        let sum: f64 = (0..100).map(|k| n.add(Minute(0), k % 4, 1, most(0.02), 100)).sum();
        assert!(sum < 4.2, "{sum}");
        let h = n.heaviest(Minute(0), 0.02);
        assert!((h.worth - sum).abs() < 1e-9 && h.doubted == h.worth);
        n.add_single(Minute(0), 3);
        assert_eq!(n.heaviest(Minute(0), 0.02), h);
    }

    #[test]
    fn what_does_not_count_is_held_against_its_own_network_and_no_other() {
        let mut n = Networks::default();
        n.again(Minute(0), 1);
        assert_eq!(n.len(), 0, "what does not count makes no network known");
        for id in 1..=5 {
            n.add(Minute(0), id, 1, most(0.02), 100);
        }
        let doubted = |n: &mut Networks, at| n.heaviest(Minute(at), 0.02).doubted;
        n.again(Minute(1), 1);
        assert_eq!(doubted(&mut n, 1), DOUBT);
        for _ in 0..100 {
            n.again(Minute(2), 1);
        }
        assert_eq!(doubted(&mut n, 2), 1.0, "a flood takes away what it brought");
        (1..=5).for_each(|id| n.again(Minute(3), id));
        assert_eq!(doubted(&mut n, 3), 1.0 + 3.0 * DOUBT, "of the four heaviest");
        n.add(Minute(4), 5, 1, most(0.02), 100);
        assert!(doubted(&mut n, 4) >= 4.0, "a second source is held against all of them");
        assert_eq!(doubted(&mut n, 100), 0.0);
    }

    #[test]
    fn snapshots_from_before_networks_sent_again_are_read() {
        let bytes = |sent: Sent| postcard::to_allocvec(&sent).unwrap();
        for (before, now) in [(false, Sent::Once), (true, Sent::Shared)] {
            assert_eq!(postcard::to_allocvec(&before).unwrap(), bytes(now));
        }
        assert!(Sent::Once < Sent::Again && Sent::Again < Sent::Often && Sent::Often < Sent::Shared);
    }

    #[test]
    fn beyond_the_cap_networks_still_count() {
        let mut n = Networks::default();
        for k in 0..20 {
            assert_eq!(n.add(Minute(0), k, 1, 1.0, 8), 1.0);
        }
        assert_eq!((n.distinct(Minute(0)), n.len(), n.evicted), (20, 8, 12));
    }
}
