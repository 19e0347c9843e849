//! The site over a real engine on real files, asked through real sockets.

mod agents;
mod announced;
mod base;
mod checks;
mod clients;
mod description;
mod doors;
mod hostile;
mod hot;
mod house;
mod operators;
mod ops;
mod promises;
mod security;
mod slow;
mod statuses;
mod streams;
mod strict;
mod turns;
mod walk;
mod withdrawn;
