//! xAI's feed, `https://status.x.ai/feed.xml`: every item states its status and severity, and begins its title with the product.

use super::Format;
use crate::official::feed::{self, Kind, Options};
use crate::official::page::Page;
use crate::official::read::{self, Unread};

pub(super) const FORMAT: Format = Format { name: "xai", path: Some("/feed.xml"), log: true, parse };

fn parse(payload: &[u8]) -> Result<Page, Unread> {
    let own = |link: &str| link.strip_prefix("https://").and_then(|l| l.split('/').next()) == Some("status.x.ai");
    let feed = feed::read_if(FORMAT.name, Kind::Rss, payload, |f| f.link.is_empty() || own(&f.link))?;
    if !own(&feed.link) {
        return Err(read::not_of(FORMAT.name, "it is not the feed of status.x.ai"));
    }
    Ok(feed::page(feed, Options { subject_in_brackets: true, ..Options::default() }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::official::page::EventPhase;
    use allclear_model::Level;

    fn feed(body: &str) -> Vec<u8> {
        format!(
            "<rss><channel><title>x</title><link>https://status.x.ai</link><item><title>[API] Slow</title>\
             <link>https://status.x.ai/api/INC1</link><guid>INC1</guid><description><![CDATA[{body}]]></description>\
             <pubDate>Mon, 18 May 2026 01:58:00 GMT</pubDate></item></channel></rss>"
        )
        .into_bytes()
    }

    #[test]
    fn status_and_severity_are_as_stated() {
        let page = parse(&feed("<h3>Status: INVESTIGATING</h3><p>Severity: outage</p>")).unwrap();
        let event = &page.events[0];
        assert_eq!((event.phase, event.impact), (EventPhase::Investigating, Level::MajorOutage));
        assert_eq!(event.components, ["API"]);
        let page = parse(&feed("<h3>Status: RESOLVED</h3><p>Severity: available</p>")).unwrap();
        assert_eq!((page.events[0].phase, page.events[0].impact), (EventPhase::Resolved, Level::Unknown));
    }

    #[test]
    fn words_it_never_used_are_said() {
        let page = parse(&feed("<h3>Status: PONDERING</h3><p>Severity: odd</p>")).unwrap();
        assert_eq!(page.events[0].phase, EventPhase::Unknown);
        assert!(
            page.warnings.iter().any(|w| w.contains("PONDERING")) && page.warnings.iter().any(|w| w.contains("odd"))
        );
    }

    #[test]
    fn other_feeds_are_refused() {
        let other = b"<rss><channel><link>https://status.x.ai.example/</link></channel></rss>";
        assert!(matches!(parse(other), Err(Unread::Shape { .. })));
    }
}
