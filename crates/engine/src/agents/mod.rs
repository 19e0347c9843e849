//! Agents: programs of the operator's own that run the site's checks elsewhere and send what they found.
//!
//! Both sides of the conversation are here, without I/O: what a token is and signs ([`Token`]), what is said ([`protocol`]), which time it is at the
//! site ([`SiteClock`]), and the site's door ([`Agents`]).

mod clock;
mod door;
mod plan;
pub mod protocol;
mod token;

pub use clock::{Heard, SiteClock};
pub use door::{Agent, Agents, Caller, Listed};
pub use plan::{Plan, PlannedCheck, asks};
pub use token::{BadToken, Token};
