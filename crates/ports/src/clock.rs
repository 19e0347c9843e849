//! The only door to the time of day.

use allclear_model::Time;

/// Tells the time. The system's clock in the binary, a virtual one in tests.
pub trait Clock: Send + Sync + 'static {
    /// Now. May go back when the machine's clock is set; the journal's writer never stamps backwards.
    fn now(&self) -> Time;
}
