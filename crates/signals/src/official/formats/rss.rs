//! Any RSS 2.0 feed of a status page, by rules of thumb: `/history.rss`, `/feed.rss`, `/rss`, `/feed` and the like.

use super::Format;
use crate::official::feed::{self, Kind, Options};
use crate::official::page::Page;
use crate::official::read::Unread;

pub(super) const FORMAT: Format = Format { name: "rss", path: Some("/history.rss"), log: true, parse };

fn parse(payload: &[u8]) -> Result<Page, Unread> {
    Ok(feed::page(feed::read(FORMAT.name, Kind::Rss, payload)?, Options::default()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::official::{EventPhase, Scope, judge};
    use allclear_model::{Level, Time};

    fn level(items: &str, now: &str) -> Level {
        let text = format!("<rss version=\"2.0\"><channel><title>Acme</title>{items}</channel></rss>");
        judge(&FORMAT, parse(text.as_bytes()).unwrap(), &Scope::whole(), Time::parse(now).unwrap()).level
    }

    #[test]
    fn an_empty_feed_announces_nothing() {
        assert_eq!(level("", "2026-07-23T12:00:00Z"), Level::Operational);
    }

    #[test]
    fn an_open_item_is_a_mild_problem_until_it_is_stale() {
        let item = "<item><guid>1</guid><title>Slow</title><pubDate>Thu, 23 Jul 2026 10:00:00 GMT</pubDate></item>";
        assert_eq!(level(item, "2026-07-23T12:00:00Z"), Level::DegradedPerformance);
        assert_eq!(level(item, "2026-07-27T12:00:00Z"), Level::Operational);
    }

    #[test]
    fn work_that_is_not_said_to_have_begun_does_not_count() {
        let item = "<item><guid>1</guid><title>Scheduled maintenance</title><pubDate>Thu, 23 Jul 2026 10:00:00 GMT</pubDate></item>";
        assert_eq!(level(item, "2026-07-23T12:00:00Z"), Level::Operational);
    }

    #[test]
    fn the_page_is_known_by_its_address() {
        let page = parse(
            b"<rss><channel><title>Acme</title><link>https://acme.example/</link>\
            <item><title>[Resolved] Slow</title></item></channel></rss>",
        )
        .unwrap();
        assert_eq!(page.identity.as_deref(), Some("https://acme.example/"));
        assert_eq!(page.events[0].phase, EventPhase::Resolved);
    }
}
