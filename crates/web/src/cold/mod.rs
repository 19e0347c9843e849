//! What takes more than a picture: the archive, the writer's answer, and what authors were told a moment ago.

mod answers;
mod fresh;
mod sparing;

pub(crate) use answers::{download, html, json, moved, see_other};

use allclear_engine::agents::Agents;
use allclear_engine::{Admin, Archive, Intake};
use fresh::Fresh;
use sparing::Sparing;

/// What cold requests need beside [`crate::Hot`].
pub(crate) struct Cold {
    pub(crate) intake: Intake,
    pub(crate) archive: Archive,
    pub(crate) admin: Admin,
    pub(crate) agents: Agents,
    pub(crate) fresh: Fresh,
    pub(crate) sparing: Sparing,
}

impl Cold {
    pub(crate) fn new(intake: Intake, archive: Archive, admin: Admin, agents: Agents) -> Cold {
        Cold { intake, archive, admin, agents, fresh: Fresh::default(), sparing: Sparing::default() }
    }
}
