//! How long things are kept. What removes them and what tells readers about it go by the same figures.

/// Milliseconds of a day.
pub const DAY_MS: i64 = 86_400_000;

/// Days that lines of reports, decisions about their texts, counts per quarter of an hour and single results of checks are kept.
pub const LINES_DAYS: i64 = 90;

/// Days that texts of reports are kept: as long as the line they stand in.
pub const TEXTS_DAYS: i64 = LINES_DAYS;

/// Days that suggestions, answers of the feedback form and acts of operators are kept: anybody can send the former, so they
/// must not pile up for ever.
pub const FORMS_DAYS: i64 = 365;
