//! Lines of our own bundles on their way to the board.

use super::super::buffer::Waiting;
use super::super::bundle::Bundle;
use super::super::line::Line;
use super::Runner;
use allclear_model::{Signal, Time};

impl Runner<'_> {
    /// A line as our own bundles have it.
    pub(super) fn bundle(&mut self, kind: &str, l: &Line<'_>, at: Time) -> Result<u64, String> {
        let service = self.service(l)?;
        let (bundle, allowed) = match kind {
            "state" => (Bundle::state(l)?, u64::MAX),
            "weighed" => Bundle::weighed(l)?,
            _ => Bundle::resumed(l)?,
        };
        if bundle.is_foreign() {
            self.buffer.push(at, Waiting::Time);
            self.warn_once("a line of kind `state` was not written by these rules and is ignored".into());
        } else {
            self.push_bundle(at, service, bundle);
        }
        Ok(allowed)
    }

    pub(super) fn push_bundle(&mut self, at: Time, service: u32, bundle: Bundle) {
        self.bundles.push(Some(Box::new((service, bundle))));
        self.buffer.push(at, Waiting::Bundle(self.bundles.len() as u32 - 1));
    }

    pub(super) fn unbundle(&mut self, at: Time, bundle: (u32, Bundle)) {
        let place = self.named.get(bundle.0 as usize).map_or(usize::MAX, |n| n.1);
        match bundle.1 {
            Bundle::State(planted) => {
                if !self.board.plant(place, *planted) {
                    self.warn_once("a line of kind `state` does not fit its place and is ignored".into());
                }
            }
            Bundle::Weighed(w) => {
                let mut changes = std::mem::take(&mut self.changes);
                self.board.weighed(place, &w, &mut changes);
                self.told(changes);
            }
            Bundle::Resumed(stopped) => self.send(at, Signal::Resumed { stopped }),
            Bundle::Check(location, told) => {
                let mut changes = std::mem::take(&mut self.changes);
                self.board.tell_of(place, &location, told, &mut changes);
                self.told(changes);
            }
            Bundle::Page(page) => {
                let mut changes = std::mem::take(&mut self.changes);
                self.board.tell_page(place, page, &mut changes);
                self.told(changes);
            }
            Bundle::Foreign => {}
        }
    }
}
