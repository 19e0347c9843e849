//! Pages in all their states, from pictures built by hand.

mod gallery;
mod sample;
