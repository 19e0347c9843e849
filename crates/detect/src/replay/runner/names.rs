//! Symptoms and networks as lines name them.

use super::super::line::{self, Line, Text};
use super::Runner;
use allclear_model::{Service, SymptomId};
use std::sync::Arc;

impl Runner<'_> {
    /// The runner's number of the symptom that a line about this service names. One that the service does not list counts
    /// all the same: the input may be older than the list.
    pub(super) fn symptom(&mut self, l: &Line<'_>, service: u32) -> Result<u32, String> {
        let Some(Text(name)) = &l.symptom else { return Ok(0) };
        let n = if let Some(i) = self.symptoms.iter().position(|s| **s == **name) {
            i
        } else {
            self.symptoms.push(SymptomId::parse(name).map_err(|e| format!("`symptom`: {}", e.problem))?);
            self.symptoms.len() - 1
        };
        let bit = if n < 64 { 1 << n } else { 0 };
        if let Some((_, _, seen)) = self.named.get_mut(service as usize)
            && *seen & bit == 0
        {
            *seen |= bit;
            self.look_up(service, n);
        }
        Ok(n as u32)
    }

    fn look_up(&mut self, service: u32, symptom: usize) {
        let slug = self.slug(service);
        let Some(id) = self.symptoms.get(symptom) else { return };
        // A service that the input declares has no list.
        let unknown = |s: &Arc<Service>| !s.symptoms.is_empty() && !s.has_symptom(id);
        if self.catalogue.services.get(&slug).is_some_and(unknown) {
            self.warn_once(format!("symptom {id:?} is none of service {:?}; it is counted under that name", &*slug));
        }
    }

    /// Tells once that a network is not written as such: it still tells sources apart.
    pub(super) fn look_at_network(&mut self, l: &Line<'_>) {
        let Some(Text(name)) = &l.network else { return };
        if !self.odd_network && !line::is_network(name) {
            self.odd_network = true;
            let shown: String = name.chars().take(40).collect();
            self.warn_once(format!("network {shown:?} is not written as AS64500; such names only tell networks apart"));
        }
    }
}
