//! Sentences in documents for programs.

use crate::Level;

/// Label of the symptom that every service has.
pub const OTHER_SYMPTOM: &str = "Something else";

/// The state of a service in a few words. What only people say is never more than probable.
pub fn summary(level: Level, confirmed: bool) -> String {
    let words = match level {
        Level::Unknown => return "We cannot tell".to_owned(),
        Level::Operational => return "No sign of a problem".to_owned(),
        Level::UnderMaintenance => return "Under maintenance".to_owned(),
        Level::DegradedPerformance => "degraded performance",
        Level::PartialOutage => "a partial outage",
        Level::MajorOutage => "a major outage",
    };
    if confirmed { format!("Confirmed: {words}") } else { format!("Probably {words}, as people report") }
}

/// Title of an incident that people report.
pub fn incident_name(service: &str) -> String {
    format!("People report problems with {service}")
}

/// One line of an incident's updates.
pub fn reports_in_window(count: u64) -> String {
    if count == 1 { "1 report in 15 minutes.".to_owned() } else { format!("{count} reports in 15 minutes.") }
}
