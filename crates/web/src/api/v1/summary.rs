//! `/s/{slug}/api/v2/summary.json`: the document that clients of Statuspage read.

use super::render::text;
use crate::page::{PageCx, official};
use allclear_engine::view::ServiceView;
use allclear_model::words::api as words;
use allclear_model::{Incident, IncidentStep, Level};
use serde_json::{Value, json};

/// Statuspage's indicator for a level, and its impact for an incident. It has no word for "we cannot tell", so that says
/// `none` here; the component's status says `unknown`, and the description says it in words.
fn indicator(level: Level) -> &'static str {
    match level {
        Level::Unknown | Level::Operational => "none",
        Level::UnderMaintenance => "maintenance",
        Level::DegradedPerformance => "minor",
        Level::PartialOutage => "major",
        Level::MajorOutage => "critical",
    }
}

/// Statuspage's word for a step of an incident.
fn status(step: IncidentStep) -> &'static str {
    match step {
        IncidentStep::Opened | IncidentStep::Escalated | IncidentStep::Eased | IncidentStep::Reopened => {
            "investigating"
        }
        IncidentStep::Recovering => "monitoring",
        IncidentStep::Closed => "resolved",
    }
}

/// The summary of one service.
pub(crate) fn summary(cx: &PageCx, view: &ServiceView) -> String {
    let stale = view.is_stale(cx.now);
    let level = if stale { Level::Unknown } else { view.verdict.level };
    let slug = view.service.slug.as_str();
    let open: Vec<Value> = view.incident.iter().filter(|i| i.closed.is_none()).map(|i| incident(cx, view, i)).collect();
    let updated = view.measured_at.to_string();
    text(&json!({
        "page": {
            "id": slug,
            "name": view.service.name,
            "url": cx.absolute(format!("/s/{slug}")),
            "time_zone": "Etc/UTC",
            "updated_at": updated,
        },
        "components": [{
            "id": slug,
            "name": view.service.name,
            "status": level.as_str(),
            "created_at": view.watching_since.to_string(),
            "updated_at": view.verdict.since.to_string(),
            "position": 1,
            "description": null,
            "showcase": true,
            "start_date": null,
            "group_id": null,
            "page_id": slug,
            "group": false,
            "only_show_if_degraded": false,
        }],
        "incidents": open,
        "scheduled_maintenances": [],
        "status": { "indicator": indicator(level), "description": words::summary(level, view.verdict.confirmed, official::own_problem(view)) },
        "fresh_until": view.fresh_until.to_string(),
    }))
}

fn incident(cx: &PageCx, view: &ServiceView, i: &Incident) -> Value {
    let url = cx.absolute(format!("/s/{}/incidents/{}", i.service, i.id));
    let last = i.events.last();
    let updates: Vec<Value> = i
        .events
        .iter()
        .rev()
        .map(|e| {
            json!({
                "id": format!("{}-{}", i.id, e.key()),
                "incident_id": i.id.0,
                "status": status(e.step),
                "body": words::reports_in_window(e.actual),
                "created_at": e.at.to_string(),
                "updated_at": e.at.to_string(),
                "display_at": e.at.to_string(),
            })
        })
        .collect();
    json!({
        "id": i.id.0,
        "name": words::incident_name(&view.service.name),
        "status": last.map_or("investigating", |e| status(e.step)),
        "impact": indicator(i.peak_level),
        "shortlink": url,
        "page_id": i.service.as_str(),
        "started_at": i.since.to_string(),
        "created_at": i.opened.to_string(),
        "updated_at": last.map_or(i.opened, |e| e.at).to_string(),
        "monitoring_at": null,
        "resolved_at": null,
        "incident_updates": updates,
        "components": [],
    })
}
