//! An archive that never answers.

use super::house::{House, catalogue};
use allclear_engine::Archive;
use allclear_model::{Entry, Incident, IncidentId, ReportId, Slug, Time};
use allclear_ports::{
    AuditRow, CheckPage, DecisionRow, IncidentPage, Listing, Minutes, OfficialRow, PortResult, Queue, ReportPage,
    ReportRow, Rollup, RollupBin, Span, Store, Suggestion, Survey, VisitTotals,
};
use allclear_testkit::TestEngine;
use async_trait::async_trait;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

struct Never;

#[async_trait]
impl Store for Never {
    async fn projected(&self) -> PortResult<u64> {
        pending().await
    }
    async fn project(&self, _: Vec<Entry>) -> PortResult<()> {
        pending().await
    }
    async fn report(&self, _: ReportId) -> PortResult<Option<ReportRow>> {
        pending().await
    }
    async fn reports(&self, _: &Slug, _: Option<u64>, _: u32) -> PortResult<ReportPage> {
        pending().await
    }
    async fn incident(&self, _: &IncidentId) -> PortResult<Option<Incident>> {
        pending().await
    }
    async fn incidents(&self, _: Option<&Slug>, _: Option<Time>, _: u32) -> PortResult<IncidentPage> {
        pending().await
    }
    async fn bundle(&self, _: &IncidentId) -> PortResult<Vec<String>> {
        pending().await
    }
    async fn official(&self, _: &Slug, _: Option<u64>, _: u32) -> PortResult<Vec<OfficialRow>> {
        pending().await
    }
    async fn checks(&self, _: &Slug, _: Span, _: Option<&Slug>, _: u32) -> PortResult<CheckPage> {
        pending().await
    }
    async fn rollup(&self, _: &Slug, _: Rollup, _: Minutes) -> PortResult<Vec<RollupBin>> {
        pending().await
    }
    async fn visits(&self, _: &Slug, _: Minutes) -> PortResult<VisitTotals> {
        pending().await
    }
    async fn queue(&self, _: Queue, _: Option<u64>, _: u32) -> PortResult<ReportPage> {
        pending().await
    }
    async fn decisions(&self, _: ReportId) -> PortResult<Vec<DecisionRow>> {
        pending().await
    }
    async fn audit(&self, _: Option<u64>, _: u32) -> PortResult<Vec<AuditRow>> {
        pending().await
    }
    async fn suggest(&self, _: &Suggestion) -> PortResult<u64> {
        pending().await
    }
    async fn suggestions(&self, _: Listing) -> PortResult<Vec<Suggestion>> {
        pending().await
    }
    async fn survey(&self, _: &Survey) -> PortResult<u64> {
        pending().await
    }
    async fn surveys(&self, _: Listing) -> PortResult<Vec<Survey>> {
        pending().await
    }
    async fn pack(&self, _: Time, _: u32) -> PortResult<bool> {
        pending().await
    }
    async fn retain(&self, _: Time, _: u32) -> PortResult<u64> {
        pending().await
    }
    async fn checkpoint(&self) -> PortResult<()> {
        pending().await
    }
    async fn look_through(&self, _: Option<String>, _: usize) -> PortResult<Option<String>> {
        pending().await
    }
}

#[test]
fn an_archive_that_never_answers_costs_its_own_readers_a_503_in_time() {
    let mut engine = TestEngine::new(catalogue());
    engine.handles.archive = Archive::with(Arc::new(Never), engine.journal.clone(), 1, Duration::from_millis(50));
    let house = House::over(engine, |_| {});
    house.published();
    for path in [
        "/s/chat/history?before=9",
        "/s/chat/reports?before=9",
        "/s/chat/incidents/chat-20200101t0000",
        "/s/chat/incidents/chat-20200101t0000/bundle.jsonl",
        "/api/v1/incidents",
        "/api/v1/incidents/chat-20200101t0000",
        "/api/v1/services/chat/incidents?limit=5",
        "/api/v1/services/chat/checks",
        "/api/v1/reports/01930000-0000-7000-8000-000000000000",
    ] {
        let got = house.get(path);
        assert_eq!(got.status, 503, "{path}");
        assert!(got.header("retry-after").is_some(), "{path}");
    }
    for path in ["/suggest", "/feedback"] {
        let got = house.form(path, "name=Kept+here&choice=late");
        assert_eq!(got.status, 503, "{path}");
        assert!(path == "/feedback" || got.text().contains("Kept here"));
    }
    assert_eq!(house.get("/status").status, 200, "it says so itself");
    assert_eq!(house.get("/s/chat").status, 200);
}
