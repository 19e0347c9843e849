//! What agents are told, and what an operator is told about adding one.

use crate::{Slug, Time};

/// Without the header that agents send.
pub const UNSIGNED: &str = "Only agents of this site may do this, and an agent signs what it sends: the header Authorization is missing or is not one of theirs.";
/// A token that nobody has added, or of an agent that was added anew since.
pub const UNKNOWN: &str = "No agent of this site has this token. Make one with `allclear admin agents add NAME`, and give the agent its file.";
/// A signature that does not fit.
pub const BAD_SIGNATURE: &str =
    "The signature does not fit what was sent: it was changed on its way, or signed with another token.";
/// Two signatures.
pub const SIGNED_TWICE: &str = "The header Authorization was sent more than once.";
/// What `have` may be.
pub const TAG_IS: &str = "the tag of a plan";
/// What `suspect` may be.
pub const SUSPECTS_ARE: &str = "slugs with commas between them";
/// A number that no batch has.
pub const NO_SEQ: &str = "Batches are numbered from 1.";
/// The name of the site's own location.
pub const OWN_LOCATION: &str =
    "This is the name of the site's own location (setting watch.location): choose another one for the agent.";
/// A name that is in use.
pub const NAME_TAKEN: &str = "There is an agent of this name. Revoke it first if it is to get a new token.";
/// What is revoked, or is not, already.
pub const STATE_ALREADY: &str = "It is in this state already.";

/// A token that is taken no longer.
pub fn revoked(name: &Slug) -> String {
    format!("The token of the agent {name} was revoked. Its results are not taken any more.")
}

/// A request that was signed too long ago, or is from the future.
pub fn wrong_time(signed: Time, now: Time) -> String {
    format!("This was signed at {signed}, but here it is {now}. Set the clock of the agent's machine.")
}

/// Results that were measured after they came.
pub fn from_the_future(measured: Time, now: Time) -> String {
    format!(
        "A result says that it was measured at {measured}, but here it is {now}. Set the clock of the agent's machine."
    )
}

/// A batch whose number is not above the last.
pub fn replayed(seq: u64, last: u64) -> String {
    format!("Batch {seq} is not taken again: the last one that came from this agent is {last}.")
}

/// Another version of the protocol; `oldest` and `newest` are what the site speaks.
pub fn other_version(theirs: u32, oldest: u32, newest: u32) -> String {
    if theirs > newest {
        format!(
            "The agent speaks version {theirs} of the protocol, this site no later one than {newest}: update the site."
        )
    } else {
        format!(
            "The agent speaks version {theirs} of the protocol, this site no earlier one than {oldest}: update the agent."
        )
    }
}

/// More results than a batch may have.
pub fn too_many_results(limit: usize) -> String {
    format!("A batch may have at most {limit} results.")
}

/// More agents than may send.
pub fn too_many_agents(limit: usize) -> String {
    format!("A site has at most {limit} agents that may send. Revoke one first.")
}
