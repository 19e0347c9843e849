//! What people say, on its way into the state of a service: reports, what becomes of them and of their texts, votes.

use super::remember::{REQUEST_MS, SOURCE_MS, source_key};
use super::state::Line;
use super::{Board, Change, Remembered, counts};
use allclear_model::signal::{ReportAccepted, ReportChange, ReportUpdated, TextChange, Vote, WHOLE};
use allclear_model::{Decision, Facts, ReportId, Slug, TextState, Time};

impl Board {
    pub(super) fn report(&mut self, r: &ReportAccepted, out: &mut Vec<Change>) {
        let Some(i) = self.find(&r.service) else { return };
        let at = self.at;
        if let Some(key) = r.key {
            let answer =
                Remembered { id: r.id, service: r.service.clone(), symptom: r.symptom.clone(), counted: r.counted, at };
            self.requests.insert(key.into(), at, answer, REQUEST_MS, self.limits.requests);
        }
        if let (true, Some(source)) = (r.counted, r.source) {
            self.reporters.insert(source_key(&r.service, source), at, (), SOURCE_MS, self.limits.reporters);
        }
        let cx = self.service_cx(i);
        let text = r.moderated.as_ref().map_or(TextState::None, |m| m.decision.into());
        if text == TextState::Checking {
            self.moderation.begin(r.id, &r.service, at);
        }
        let mut worth = None;
        if let Some(s) = self.state(i) {
            if let (Some(before), Some(network)) = (r.network_before, r.network) {
                s.networks.rename(before.0, network.0);
            }
            s.list(Line { id: r.id, symptom: r.symptom.clone(), country: r.country, at, counted: r.counted, text });
            if r.counted {
                worth = Some(s.report(&cx, &r.symptom, r.country, r.network.map(|n| n.0), r.weight));
            } else if let Some(network) = r.network.filter(|_| r.weight >= WHOLE / 2) {
                // What weighs hardly anything takes nothing away either.
                s.networks.again(cx.minute, network.0);
            }
        }
        let cluster = r.facts.as_deref().filter(|_| r.counted).and_then(Facts::cluster);
        // Most reports count in full and have no error: what is not said costs no memory.
        let discounted = !r.counted || r.weight < WHOLE || worth.is_some_and(|w| w < 1.0);
        if discounted || cluster.is_some() {
            let people = self.people(i);
            if let Some(people) = people {
                people.part(cx.minute, worth, r.weight, cx.limits.sparse);
                if let Some(cluster) = cluster {
                    people.error(cx.minute, &cluster, cx.limits.sparse);
                }
            }
        }
        if r.counted {
            self.judge(i, out);
        }
    }

    pub(super) fn update(&mut self, u: &ReportUpdated) {
        let Some(i) = self.find(&u.service) else { return };
        if self.services.get(i).is_none_or(|w| w.state.is_none()) {
            return;
        }
        let Some(s) = self.state(i) else { return };
        match &u.change {
            ReportChange::Amended { symptom, country, .. } => s.amend(u.id, symptom, *country),
            ReportChange::Withdrawn => s.withdraw(u.id),
        }
        match &u.change {
            ReportChange::Amended { text: TextChange::Kept, .. } => {}
            ReportChange::Amended { text: TextChange::Removed, .. } => {
                self.set_text(u.id, &u.service, None, TextState::None, self.at);
            }
            ReportChange::Amended { text: TextChange::Replaced(m), .. } => {
                self.moderation.forget_flags(u.id, self.at);
                self.moderate(u.id, &u.service, m.decision, self.at);
            }
            ReportChange::Withdrawn => self.moderation.set(u.id, &u.service, None, self.at),
        }
    }

    /// The decision holds; what is held waits since `since`.
    pub(super) fn moderate(&mut self, id: ReportId, service: &Slug, decision: Decision, since: Time) {
        self.set_text(id, service, Some(decision), decision.into(), since);
    }

    pub(super) fn set_text(
        &mut self,
        id: ReportId,
        service: &Slug,
        decision: Option<Decision>,
        text: TextState,
        since: Time,
    ) {
        self.moderation.set(id, service, decision, since);
        let Some(i) = self.find(service) else { return };
        if self.services.get(i).is_some_and(|w| w.state.is_some())
            && let Some(s) = self.state(i)
        {
            s.set_text(id, text);
        }
    }

    pub(super) fn vote(&mut self, v: &Vote) {
        let Some(i) = self.find(&v.service) else { return };
        if !v.counted {
            return;
        }
        let at = self.at;
        if let Some(source) = v.source {
            self.voters.insert(source_key(&v.service, source), at, (), SOURCE_MS, self.limits.voters);
        }
        let cx = self.service_cx(i);
        if let Some(s) = self.state(i) {
            s.votes.add(counts::bin_of(cx.minute), 0, 1, cx.limits.sparse);
        }
    }
}
