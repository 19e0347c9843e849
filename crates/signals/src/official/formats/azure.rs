//! Azure's feed, `https://rssfeed.azure.status.microsoft/en-us/status/feed/`.
//!
//! Nearly always empty. An item is there only while its post is, without severity or phase, so each one is a problem. Its `guid` is
//! made of its title and used again for the next event of that name; its categories are services and regions alike. The addresses
//! of channel and items change with the machine that answers, so the page is known by its title.

use super::Format;
use crate::official::feed::{self, Kind, Options};
use crate::official::page::Page;
use crate::official::read::{self, Unread};

pub(super) const FORMAT: Format = Format { name: "azure", path: None, log: true, parse };

/// What the page is called.
const TITLE: &str = "Azure Status";

fn parse(payload: &[u8]) -> Result<Page, Unread> {
    let feed = feed::read_if(FORMAT.name, Kind::Rss, payload, |f| f.title.is_empty() || f.title == TITLE)?;
    if feed.title != TITLE {
        return Err(read::not_of(FORMAT.name, "its title is not \"Azure Status\""));
    }
    let mut page = feed::page(feed, Options { ids_repeat: true, listed_is_open: true, ..Options::default() });
    page.identity.clone_from(&page.name);
    for event in &mut page.events {
        event.places = event.components.iter().filter(|c| is_region(c)).map(|c| vec![c.clone()]).collect();
    }
    Ok(page)
}

/// Whether a category is a region ("West US 2", "UK South") and not a service: regions are called after where they are, services
/// are not.
fn is_region(category: &str) -> bool {
    const WHERE: [&str; 36] = [
        "us",
        "europe",
        "asia",
        "uk",
        "india",
        "japan",
        "korea",
        "brazil",
        "canada",
        "australia",
        "france",
        "germany",
        "switzerland",
        "norway",
        "sweden",
        "denmark",
        "finland",
        "uae",
        "qatar",
        "israel",
        "italy",
        "poland",
        "spain",
        "mexico",
        "africa",
        "china",
        "chile",
        "malaysia",
        "indonesia",
        "taiwan",
        "austria",
        "belgium",
        "greece",
        "saudi",
        "usgov",
        "usdod",
    ];
    let named = |word: &str| WHERE.contains(&word) || word == "zealand";
    category.to_lowercase().split([' ', '(', ')', ',']).any(named)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::official::{Scope, judge};
    use allclear_model::{Level, Time};

    const ITEM: &str = "<item><guid isPermaLink=\"false\">slow-disks</guid><link>https://azure.example/status/</link>
        <category>Disks</category><category>West US</category><title>Slow disks </title>
        <description>&lt;p&gt;Most has been resolved.&lt;/p&gt;</description><pubDate>Thu, 23 Jul 2026 16:29:09 Z</pubDate></item>";

    fn feed(items: &str) -> Vec<u8> {
        format!(
            "<rss><channel><title>Azure Status</title><link>https://azure.example/status/</link>{items}</channel></rss>"
        )
        .into_bytes()
    }

    fn level(items: &str, scope: &Scope) -> Level {
        let now = Time::parse("2026-07-23T17:00:00Z").unwrap();
        judge(&FORMAT, parse(&feed(items)).unwrap(), scope, now).level
    }

    #[test]
    fn an_item_is_a_problem_for_as_long_as_it_is_listed() {
        assert_eq!(level(ITEM, &Scope::whole()), Level::DegradedPerformance);
        assert_eq!(level("", &Scope::whole()), Level::Operational);
    }

    #[test]
    fn services_and_regions_are_what_it_is_about() {
        assert_eq!(level(ITEM, &Scope::of(&["west us"])), Level::DegradedPerformance);
        assert_eq!(level(ITEM, &Scope::of(&["East US"])), Level::Operational);
    }

    #[test]
    fn a_post_that_stands_for_a_week_is_news_only_for_its_region() {
        let later = |scope: &Scope, day: &str| {
            let now = Time::parse(&format!("{day}T17:00:00Z")).unwrap();
            judge(&FORMAT, parse(&feed(ITEM)).unwrap(), scope, now).level
        };
        for scope in [Scope::whole(), Scope::of(&["Disks"])] {
            assert_eq!(later(&scope, "2026-07-29"), Level::DegradedPerformance, "{scope:?}");
            assert_eq!(later(&scope, "2026-07-31"), Level::Operational, "{scope:?}");
        }
        assert_eq!(later(&Scope::of(&["West US"]), "2026-07-31"), Level::DegradedPerformance);
        assert!(
            is_region("UK South") && is_region("New Zealand North") && !is_region("Service Bus") && !is_region("Disks")
        );
    }

    #[test]
    fn a_name_that_is_used_again_is_another_event() {
        let again = ITEM.replace("23 Jul", "30 Jul");
        let page = parse(&feed(&format!("{ITEM}{again}"))).unwrap();
        let ids: Vec<_> = page.events.iter().map(|e| e.id.as_str()).collect();
        assert_eq!(ids, ["slow-disks@Thu, 23 Jul 2026 16:29:09 Z", "slow-disks@Thu, 30 Jul 2026 16:29:09 Z"]);
        assert_eq!(page.identity.as_deref(), Some("Azure Status"));
    }

    #[test]
    fn other_feeds_are_refused() {
        assert!(matches!(parse(b"<rss><channel><title>Acme</title></channel></rss>"), Err(Unread::Shape { .. })));
    }
}
