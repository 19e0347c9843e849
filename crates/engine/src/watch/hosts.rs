//! From when on each host may be asked again: one table for all that asks from one place, whatever it asks for.

use allclear_model::Time;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The table; clones are the same one. Times only have to go forward, and be of one clock.
#[derive(Debug, Clone, Default)]
pub struct Hosts(Arc<Mutex<BTreeMap<String, Time>>>);

impl Hosts {
    fn table(&self) -> MutexGuard<'_, BTreeMap<String, Time>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// When the host may be asked again; `None`: now.
    pub fn busy_until(&self, host: &str, now: Time) -> Option<Time> {
        self.table().get(host).copied().filter(|free| *free > now)
    }

    /// It is asked now, and not again before `free`.
    pub fn ask(&self, host: &str, free: Time) {
        let mut table = self.table();
        let until = table.entry(host.to_owned()).or_insert(free);
        *until = free.max(*until);
    }

    /// Forgets hosts that may be asked again.
    pub fn forget(&self, now: Time) {
        self.table().retain(|_, free| *free > now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_busy_for_all_who_share_the_table_and_never_for_less_than_somebody_said() {
        let (hosts, now) = (Hosts::default(), Time(1000));
        let same = hosts.clone();
        hosts.ask("a", Time(5000));
        same.ask("a", Time(2000));
        assert_eq!([same.busy_until("a", now), same.busy_until("b", now)], [Some(Time(5000)), None]);
        assert_eq!(hosts.busy_until("a", Time(5000)), None);
        hosts.forget(Time(5000));
        assert!(hosts.table().is_empty());
    }
}
