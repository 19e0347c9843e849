//! Pages, forms, API, live stream, feeds, badges. Knows the engine and the model, never a database.

pub mod page;
