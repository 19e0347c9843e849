//! What is too brief to be news: where monitors open and close incidents by themselves, one of less than a minute may be no more than a lost packet.
//!
//! Such an incident is shown and counts in what a page means. Whoever believes a page waits until it is old enough ([`super::Belief`]), and one that
//! was over sooner is not told of at all.

use super::page::Event;
use allclear_model::Time;

/// Formats of products whose monitors open incidents by themselves, and how long one must last to be news. Milliseconds.
const MONITORED: [(&str, i64); 1] = [("instatus", 60_000)];

/// How long an incident on pages of the format must last to be news, in milliseconds; 0 where every one is.
fn news_after_ms(format: &str) -> i64 {
    MONITORED.iter().find(|(name, _)| *name == format).map_or(0, |(_, ms)| *ms)
}

/// Whether `event`, which is going on, began so lately that it may be noise. One without a beginning may be old, and one that begins
/// later than `now` comes from another clock, so neither is.
pub(super) fn may_be_noise(format: &str, event: &Event, now: Time) -> bool {
    event.started_at.is_some_and(|began| (0..news_after_ms(format)).contains(&now.since_ms(began)))
}

/// Whether `event` is over and was noise. One of which it is not said when it began or ended was not.
pub(super) fn was_noise(format: &str, event: &Event) -> bool {
    let over = event.updates.iter().filter(|u| u.phase.is_over()).filter_map(|u| u.at).min();
    let ended = event.resolved_at.or(over);
    let lasted = ended.zip(event.started_at).map(|(ended, began)| ended.since_ms(began));
    event.phase.is_over() && lasted.is_some_and(|ms| (0..news_after_ms(format)).contains(&ms))
}
