//! The witnesses of a service that are not people: our own checks and the vendor's official page; and what they make of what
//! people report.

use super::checks::{Checks, Stance, Word};
use super::months::Months;
use super::official::{Official, Says};
use super::pace::Paces;
use allclear_model::official::Trust;
use allclear_model::{Level, Phase, Slug, Time};
use serde::{Deserialize, Serialize};

/// What checks and official page say of one service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Others {
    pub checks: Checks,
    pub official: Option<Box<Official>>,
    /// What the verdict said when it was last looked at.
    told: Said,
    /// Minutes at each level, as long as the service has no state that keeps them.
    pub months: Months,
    pub paces: Paces,
}

/// What a verdict says of what all witnesses say together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Said {
    pub level: Level,
    pub phase: Phase,
    pub confirmed: bool,
}

/// Whose word the level of a verdict is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whose {
    People,
    /// Not people's alone: of checks, of the page, or of both.
    Others,
    /// The vendor's own.
    Official,
}

/// What a replay bundle begins with.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Known {
    pub fine_since: Option<Time>,
    /// Locations that were ever up, in order.
    pub spots: Vec<(Slug, Stance)>,
    pub official: Option<Says>,
}

impl Others {
    /// Of a service of which people say `stand`.
    pub(crate) fn new((level, phase): (Level, Phase)) -> Others {
        let told = Said { level, phase, confirmed: false };
        Others { checks: Checks::default(), official: None, told, months: Months::default(), paces: Paces::default() }
    }

    /// As a snapshot before the first official page has it.
    pub(crate) fn of_checks(checks: Checks, told: Said, months: Months) -> Others {
        Others { checks, official: None, told, months, paces: Paces::default() }
    }

    /// In a replay of a bundle.
    pub(crate) fn given(stand: (Level, Phase), fine_since: Option<Time>) -> Others {
        Others { checks: Checks::given(fine_since), official: Some(Box::new(Official::given())), ..Others::new(stand) }
    }

    pub(crate) fn told(&self) -> Said {
        self.told
    }

    /// What the official page says, while it is read.
    pub(crate) fn says(&self) -> Option<Says> {
        self.official.as_deref().and_then(Official::says)
    }

    /// True when the verdict says something else than when this was last asked.
    pub(crate) fn turned(&mut self, stand: (Level, Phase)) -> bool {
        let said = self.overlay(stand).0;
        std::mem::replace(&mut self.told, said) != said
    }

    /// What the verdict says where people say `stand`.
    pub(crate) fn overlay(&self, stand: (Level, Phase)) -> (Said, Whose) {
        overlay(stand, self.checks.word(), self.says())
    }

    /// Since when all who say that the service is well do.
    pub(crate) fn fine_since(&self) -> Option<Time> {
        let page = self.says().filter(|s| s.level == Level::Operational && s.trust == Trust::Full).map(|s| s.since);
        [self.checks.fine_since(), page].into_iter().flatten().min()
    }

    /// What a bundle that begins now has to say first.
    pub(crate) fn known(&self) -> Known {
        Known { fine_since: self.checks.fine_since(), spots: self.checks.known(), official: self.says() }
    }

    /// False when restored ones cannot be any.
    pub(crate) fn is_sound(&self) -> bool {
        self.checks.is_sound()
            && self.months.is_sound()
            && self.paces.is_sound()
            && self.official.as_deref().is_none_or(Official::is_sound)
    }
}

/// What checks and the official page make of `stand`, the level and phase by what people report.
///
/// Two kinds of witness that agree make a confirmed problem. Checks alone, from however many locations, make a possible one:
/// then nobody can tell, whatever silence would say. The vendor's own word is a problem, unconfirmed while nobody else says so;
/// but a mere degradation that neither people nor checks notice is a possible one. Where people are silent because there are few
/// of them, a witness that says that all is well is believed.
pub(crate) fn overlay((level, phase): (Level, Phase), word: Word, says: Option<Says>) -> (Said, Whose) {
    let people = |phase, confirmed| (Said { level, phase, confirmed }, Whose::People);
    let announced = says.map(|s| s.level).filter(|l| *l >= Level::UnderMaintenance);
    let problem = announced.filter(|l| l.is_problem());
    match phase {
        Phase::Open | Phase::Recovering => return people(phase, word.is_failing() || problem.is_some()),
        // Its incident may open again, and is not told twice until then.
        Phase::Closed if word.is_failing() || problem.is_some() => {
            // Under a vendor's word that most of it is down, nothing is taken for well.
            let doubted = word.is_failing() || problem.is_some_and(|l| l >= Level::PartialOutage);
            let level = if level == Level::Operational && doubted { Level::Unknown } else { level };
            return (Said { level, phase: Phase::Possible, confirmed: false }, Whose::Others);
        }
        Phase::None | Phase::Possible | Phase::Closed => {}
    }
    let well = level == Level::Operational || word.is_fine();
    match (problem, announced) {
        (Some(level), _) if word.is_failing() => (Said { level, phase: Phase::Open, confirmed: true }, Whose::Official),
        (Some(Level::DegradedPerformance), _) if well => {
            let whose = if level == Level::Operational { Whose::People } else { Whose::Others };
            (Said { level: Level::Operational, phase: Phase::Possible, confirmed: false }, whose)
        }
        (Some(level), _) => (Said { level, phase: Phase::Open, confirmed: false }, Whose::Official),
        (None, Some(level)) => (Said { level, phase, confirmed: false }, Whose::Official),
        (None, None) if word.is_failing() => {
            let silenced = level == Level::Operational;
            let said = Said { level: Level::Unknown, phase: Phase::Possible, confirmed: false };
            (said, if silenced { Whose::Others } else { Whose::People })
        }
        (None, None) => {
            let page = says.is_some_and(|s| s.level == Level::Operational && s.trust == Trust::Full);
            if level == Level::Unknown && (word.is_fine() || (page && word.failing == 0)) {
                (Said { level: Level::Operational, phase, confirmed: false }, Whose::Others)
            } else {
                people(phase, false)
            }
        }
    }
}
