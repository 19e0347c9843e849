//! Pages: pure functions from pictures of the board to text. No I/O, no clock, no store.
//!
//! | function | path | type |
//! |---|---|---|
//! | [`home()`] | `/` | HTML |
//! | [`service()`] | `/s/{slug}` | HTML; render again after `view.fresh_until`, then it says "Not updated since" |
//! | [`report_form`] | `/s/{slug}/report` (GET; and POST with errors, 4xx) | HTML, noindex |
//! | [`thanks`], [`thanks_vote`] | where POST `/s/{slug}/report`, `/s/{slug}/vote` redirect to (303) | HTML, noindex |
//! | [`follow`] | `/r/{token}`; its forms POST `symptom`, `country` there, and `withdraw=1` | HTML, noindex |
//! | [`history`] | `/s/{slug}/history?before={ms}` | HTML |
//! | [`incident`] | `/s/{slug}/incidents/{id}` | HTML |
//! | [`guide()`] | `/s/{slug}/guide` | HTML |
//! | [`reports`] | `/s/{slug}/reports?before={cursor}` | HTML |
//! | [`category`] | `/c/{category}` | HTML |
//! | [`search`] | `/search?q=` | HTML, noindex |
//! | [`suggest`], [`suggest_thanks`] | `/suggest` (POST `name`, `homepage`), then 303 to `/suggest/thanks` | HTML |
//! | [`feedback`], [`feedback_thanks`] | `/feedback?service=&level=` (POST `choice`, `service`, `level`), then 303 to `/feedback/thanks` | HTML |
//! | [`privacy`], [`terms`], [`contact`], [`how`], [`api_reference`] | `/privacy`, `/terms`, `/contact`, `/how`, `/api` | HTML |
//! | [`status`] | `/status` | HTML |
//! | [`embed`] | `/s/{slug}/embed` (the only page that may be framed) | HTML |
//! | [`error`] | anything that fails | HTML |
//! | [`feed`] | `/s/{slug}/feed.atom` | `application/atom+xml` |
//! | [`badge`] | `/s/{slug}/badge.svg` | `image/svg+xml` |
//! | [`security_txt`], [`robots`], [`sitemap`], [`manifest`] | `/.well-known/security.txt`, `/robots.txt`, `/sitemap.xml`, `/site.webmanifest` | text |
//! | [`search_index`] | `/search.json` | JSON for the suggestions under the search box |
//! | [`live`], [`live_home`] | data of the events `service` and `site` of `/api/v1/live` | JSON |
//! | [`Assets`] | `/assets/…` and `/favicon.svg`, `/favicon.ico` | bytes, immutable |
//!
//! `/api/v1/live?service=a,b` sends for each named service one `service` event now and after every change, unless
//! `have=a@TAG,b@TAG` (see [`live_tag`]; the browser's `Last-Event-ID` may say the same) proves the reader has that picture;
//! `service=` left out, or `*` among the names: `site` events. Every event is whole, so a gap needs no repair.

mod answer;
mod ask;
mod assets;
mod checks;
mod cx;
mod fail;
mod fixed;
mod form;
mod guide;
mod head;
mod home;
pub(crate) mod html;
mod lanes;
mod lists;
mod machine;
pub(crate) mod official;
mod own;
mod parts;
mod past;
mod service;
mod spark;
mod types;

#[cfg(test)]
mod tests;

pub use ask::{feedback, feedback_thanks, suggest, suggest_thanks};
pub use assets::{Asset, Assets};
pub use cx::{PageCx, PageSite};
pub use fail::error;
pub(crate) use fixed::contact_uri;
pub use fixed::{api_reference, contact, how, privacy, status, terms};
pub use form::report_form;
pub use guide::guide;
pub use home::{home, live_home};
pub use lists::{category, search, search_index};
pub use machine::{badge, embed, feed, manifest, robots, security_txt, sitemap};
pub use own::{flag, flag_thanks, follow, thanks, thanks_vote};
pub use past::{history, incident, reports};
pub use service::{live, live_tag, service};
pub use types::{
    ErrorPage, FEEDBACK_CHOICES, FeedbackForm, FieldError, Follow, HistoryPage, IncidentPage, OwnStatus, ReportForm,
    ReportsPage, SuggestForm, Thanks,
};
