//! Any Atom feed of a status page, by rules of thumb: `/history.atom`, `/feed.atom`, `/feed/atom` and the like.

use super::Format;
use crate::official::feed::{self, Kind, Options};
use crate::official::page::Page;
use crate::official::read::Unread;

pub(super) const FORMAT: Format = Format { name: "atom", path: Some("/history.atom"), log: true, parse };

fn parse(payload: &[u8]) -> Result<Page, Unread> {
    Ok(feed::page(feed::read(FORMAT.name, Kind::Atom, payload)?, Options::default()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::official::page::EventPhase;
    use allclear_model::Time;

    #[test]
    fn an_entry_per_incident_tells_where_it_stands() {
        let page = parse(br#"<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom">
            <id>tag:acme.example,2005:/history</id><title>Acme</title><updated>2026-07-23T18:00:00Z</updated>
            <entry><id>tag:acme.example,2005:Incident/1</id><published>2026-07-23T10:00:00Z</published>
              <updated>2026-07-23T11:00:00Z</updated><link rel="alternate" href="https://acme.example/incidents/1"/>
              <title>Slow</title><content type="html">&lt;p&gt;&lt;small&gt;Jul 23, 11:00 UTC&lt;/small&gt;&lt;br&gt;&lt;strong&gt;Resolved&lt;/strong&gt; - It works.&lt;/p&gt;
              &lt;p&gt;&lt;small&gt;Jul 23, 10:00 UTC&lt;/small&gt;&lt;br&gt;&lt;strong&gt;Investigating&lt;/strong&gt; - We look.&lt;/p&gt;</content></entry>
            <entry><id>tag:acme.example,2005:Incident/2</id><updated>2026-07-23T12:00:00Z</updated><title>Down</title>
              <link rel="alternate" href="https://acme.example/incidents/2"/>
              <content type="html">&lt;p&gt;Identified - A disk.&lt;/p&gt;</content></entry></feed>"#)
        .unwrap();
        let phases: Vec<_> = page.events.iter().map(|e| e.phase).collect();
        assert_eq!(phases, [EventPhase::Resolved, EventPhase::Identified]);
        assert_eq!(page.events[0].updates.len(), 2);
        assert_eq!(page.events[0].started_at, Time::parse("2026-07-23T10:00:00Z").ok());
        assert_eq!(page.identity.as_deref(), Some("tag:acme.example,2005:/history"));
    }

    #[test]
    fn other_documents_are_refused() {
        assert!(matches!(parse(b"<rss/>"), Err(Unread::Shape { .. })));
        assert!(matches!(parse(b"{}"), Err(Unread::Syntax { .. })));
    }
}
