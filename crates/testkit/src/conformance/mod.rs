//! What every journal and every store must do, whatever stands behind it. An engine's own tests call these with a
//! way to make a new, empty one.
//!
//! Each suite panics at the first thing that is not as the port says. Faults of one engine (a damaged file, a full
//! disk, a killed process) are that engine's own tests.

#![expect(clippy::expect_used, reason = "panicking is how a suite says that a promise was broken")]

/// Looks at each promise on a new one of its own, which goes with whatever it lived on before the next is made.
macro_rules! each_on_a_new_one {
    ($make:ident: $($promise:path),* $(,)?) => {
        $({
            let (new, _lives_on) = $make().await;
            $promise(&new).await;
        })*
    };
}

mod journal;
pub mod sample;
mod store;

pub use journal::journal;
pub use store::store;
