//! Bytes to items.
//!
//! The reader is a pull parser that borrows from the payload: nothing is kept but the fields below. Entities are the five of XML
//! and characters by number; what a document type declares is never looked at, so nothing can be expanded or fetched.

use crate::official::read::{self, Unread};
use crate::official::times;
use allclear_model::Time;
use quick_xml::events::{BytesStart, Event as Xml};
use std::borrow::Cow;

/// Items after these are dropped, with a warning. Feeds have tens; an item of a few bytes becomes hundreds in memory.
const MOST_ITEMS: usize = 1000;
/// Categories after these are dropped: Azure lists services and regions, and has tens in one item.
const MOST_CATEGORIES: usize = 500;

/// Elements within elements; XHTML in a feed of a page has ten. The parser remembers each that is open.
const DEEPEST: usize = 200;

/// The two dialects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::official) enum Kind {
    /// RSS 2.0 and what came before it.
    Rss,
    /// Atom.
    Atom,
}

/// A feed.
#[derive(Debug, Default)]
pub(in crate::official) struct Feed {
    /// Its title.
    pub(in crate::official) title: String,
    /// The page it belongs to.
    pub(in crate::official) link: String,
    /// Its id, in Atom.
    pub(super) id: String,
    /// Its items, as they stand.
    pub(super) items: Vec<Item>,
    /// True when there were more than are kept.
    pub(super) cut: bool,
}

/// An item, or entry.
#[derive(Debug, Default)]
pub(super) struct Item {
    /// `guid` or `id`.
    pub(super) id: String,
    /// Address.
    pub(super) link: String,
    /// Title, may have markup.
    pub(super) title: String,
    /// Description or summary, as HTML.
    pub(super) summary: String,
    /// Content, as HTML.
    pub(super) content: String,
    /// Categories, plain.
    pub(super) categories: Vec<String>,
    /// When it was published.
    pub(super) published: Option<Time>,
    /// The same as written, since ids are made of it where ids are used again.
    pub(super) published_text: String,
    /// When it was changed.
    pub(super) updated: Option<Time>,
}

impl Item {
    /// Newest sign of life.
    pub(super) fn at(&self) -> Option<Time> {
        self.updated.max(self.published)
    }

    /// The longer of content and summary: some feeds have the first words in one and all in the other.
    pub(super) fn body(&self) -> &str {
        if self.content.len() >= self.summary.len() { &self.content } else { &self.summary }
    }
}

/// What an element's text is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Title,
    Link,
    Id,
    Summary,
    Content,
    Category,
    Published,
    Updated,
}

/// An element whose text is being read.
struct Open {
    field: Field,
    depth: usize,
    text: String,
}

/// Reads a feed of `kind` for `format`.
///
/// # Errors
/// When it is not XML, not whole, or another kind of document.
pub(in crate::official) fn read(format: &'static str, kind: Kind, bytes: &[u8]) -> Result<Feed, Unread> {
    read_if(format, kind, bytes, |_| true)
}

/// The same of one vendor's feed. Where `may_be` does not hold of what stands before the first item, the items are not read.
///
/// # Errors
/// As for [`read()`], and when it is another's.
pub(in crate::official) fn read_if(
    format: &'static str,
    kind: Kind,
    bytes: &[u8],
    may_be: impl Fn(&Feed) -> bool,
) -> Result<Feed, Unread> {
    let bytes = read::decoded(bytes);
    let text = text(read::body(&bytes)?);
    if !text.starts_with('<') {
        return Err(Unread::Syntax { due: "XML", why: "it does not begin with \"<\"".to_owned() });
    }
    let mut reader = quick_xml::Reader::from_str(&text);
    let config = reader.config_mut();
    config.expand_empty_elements = true;
    // A bare "&" is the commonest mistake in feeds made by hand, and does no harm.
    config.allow_dangling_amp = true;
    let mut at = Reading { kind, feed: Feed::default(), item: None, open: None, depth: 0 };
    let mut root = false;
    loop {
        match reader.read_event() {
            Err(e) => return Err(Unread::Syntax { due: "XML", why: e.to_string() }),
            Ok(Xml::Start(e)) => {
                if at.depth == 0 {
                    if root {
                        return Err(Unread::Syntax { due: "XML", why: "it has more than one root".to_owned() });
                    }
                    root = true;
                    check_root(format, kind, e.name().0)?;
                }
                at.depth += 1;
                if at.depth > DEEPEST {
                    return Err(read::not_of(format, "its elements are nested too deep"));
                }
                at.start(&e);
                if at.item.is_some() && at.feed.items.is_empty() && !may_be(&at.feed) {
                    return Err(read::not_of(format, "it is the feed of another page"));
                }
            }
            Ok(Xml::End(_)) => {
                at.end();
                at.depth = at.depth.saturating_sub(1);
            }
            Ok(Xml::Text(t)) => at.push(&t.into_inner()),
            Ok(Xml::CData(t)) => at.push(&t.into_inner()),
            Ok(Xml::GeneralRef(r)) => at.reference(&r),
            Ok(Xml::Eof) => break,
            Ok(_) => {}
        }
    }
    if !root {
        Err(read::not_of(format, "it has no element"))
    } else if at.depth > 0 {
        Err(Unread::Syntax { due: "XML", why: "it ends too early".to_owned() })
    } else {
        Ok(at.feed)
    }
}

fn check_root(format: &'static str, kind: Kind, name: &str) -> Result<(), Unread> {
    let fits = match kind {
        Kind::Rss => matches!(name, "rss" | "rdf:RDF"),
        Kind::Atom => matches!(name, "feed" | "atom:feed"),
    };
    if fits { Ok(()) } else { Err(read::not_of(format, format!("its root is {:.40}", format!("{name:?}")))) }
}

/// The payload as text: UTF-8, or where it says so Latin-1, in which every byte is a character. What is neither becomes the sign
/// for that.
fn text(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        Cow::Borrowed(text)
    } else {
        let head = bytes.get(..bytes.len().min(100)).unwrap_or_default().to_ascii_lowercase();
        let said = |name: &[u8]| head.windows(name.len()).any(|w| w == name);
        if said(b"iso-8859-1") || said(b"windows-1252") {
            Cow::Owned(bytes.iter().map(|b| char::from(*b)).collect())
        } else {
            String::from_utf8_lossy(bytes)
        }
    }
}

/// Where the reader is.
struct Reading {
    kind: Kind,
    feed: Feed,
    /// The item that is being read, and how deep its element is.
    item: Option<(usize, Item)>,
    open: Option<Open>,
    depth: usize,
}

impl Reading {
    fn start(&mut self, e: &BytesStart<'_>) {
        let name = e.name().0;
        if let Some(open) = &mut self.open {
            // Markup that stands unescaped within a text (Atom's XHTML): kept as markup, for the text to be taken apart later.
            open.text.push('<');
            open.text.push_str(name);
            open.text.push('>');
            return;
        }
        // An item within an item is none; RSS 1.0 has items beside the channel, at the depth of two.
        let is_item = match self.kind {
            Kind::Rss => name == "item" && self.depth <= 3,
            Kind::Atom => name.strip_prefix("atom:").unwrap_or(name) == "entry" && self.depth == 2,
        };
        if is_item && self.item.is_none() {
            self.item = Some((self.depth, Item::default()));
            return;
        }
        let inside = match (&self.item, self.kind) {
            (Some((depth, _)), _) => self.depth == depth + 1,
            (None, Kind::Rss) => self.depth == 3,
            (None, Kind::Atom) => self.depth == 2,
        };
        let Some(field) = field(self.kind, name).filter(|_| inside) else { return };
        if self.kind == Kind::Atom && matches!(field, Field::Link | Field::Category) {
            self.attributes(field, e);
        } else {
            self.open = Some(Open { field, depth: self.depth, text: String::new() });
        }
    }

    /// Atom has links and categories in attributes.
    fn attributes(&mut self, field: Field, e: &BytesStart<'_>) {
        let of = |name: &str| {
            let found = e.attributes().with_checks(false).filter_map(Result::ok).find(|a| a.key.0 == name)?;
            Some(read::plain(&found.value))
        };
        let value = if field == Field::Link {
            of("href").filter(|_| of("rel").is_none_or(|rel| rel == "alternate"))
        } else {
            of("label").or_else(|| of("term"))
        };
        if let Some(value) = value {
            self.put(field, value);
        }
    }

    fn end(&mut self) {
        match &mut self.open {
            Some(open) if open.depth < self.depth => open.text.push_str("</>"),
            Some(_) => {
                if let Some(open) = self.open.take() {
                    self.put(open.field, open.text);
                }
            }
            None => {
                if self.item.as_ref().is_some_and(|(depth, _)| *depth == self.depth)
                    && let Some((_, item)) = self.item.take()
                {
                    let says = !(item.id.is_empty() && item.link.is_empty() && item.title.is_empty());
                    if self.feed.items.len() >= MOST_ITEMS {
                        self.feed.cut = true;
                    } else if says || !item.body().is_empty() {
                        self.feed.items.push(item);
                    }
                }
            }
        }
    }

    fn push(&mut self, text: &str) {
        if let Some(open) = &mut self.open {
            open.text.push_str(text);
        }
    }

    /// An entity. Within unescaped markup it stays as it is, since that is read once more; one we do not know stays too.
    fn reference(&mut self, r: &quick_xml::events::BytesRef<'_>) {
        let Some(open) = &mut self.open else { return };
        let name: &str = r;
        let known = match name {
            "amp" => Some('&'),
            "lt" => Some('<'),
            "gt" => Some('>'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            _ => r.resolve_char_ref().ok().flatten(),
        };
        if let Some(c) = known.filter(|_| open.depth == self.depth) {
            open.text.push(c);
        } else {
            open.text.push('&');
            open.text.push_str(name);
            open.text.push(';');
        }
    }

    fn put(&mut self, field: Field, text: String) {
        let text = text.trim();
        let Some((_, item)) = &mut self.item else {
            match field {
                Field::Title if self.feed.title.is_empty() => self.feed.title = read::plain(text),
                Field::Link if self.feed.link.is_empty() => text.clone_into(&mut self.feed.link),
                Field::Id if self.feed.id.is_empty() => text.clone_into(&mut self.feed.id),
                _ => {}
            }
            return;
        };
        let first = |place: &mut String| {
            if place.is_empty() {
                text.clone_into(place);
            }
        };
        match field {
            Field::Title => first(&mut item.title),
            Field::Link => first(&mut item.link),
            Field::Id => first(&mut item.id),
            Field::Summary => first(&mut item.summary),
            Field::Content => first(&mut item.content),
            Field::Category => {
                let category = read::plain(text);
                if !category.is_empty() && item.categories.len() < MOST_CATEGORIES {
                    item.categories.push(category);
                }
            }
            Field::Published => {
                first(&mut item.published_text);
                item.published = item.published.or_else(|| times::text(text));
            }
            Field::Updated => item.updated = item.updated.or_else(|| times::text(text)),
        }
    }
}

/// What an element is for. Prefixes are taken by the names that all feeds use: `media:title` is not the title.
fn field(kind: Kind, name: &str) -> Option<Field> {
    Some(match (kind, name) {
        (Kind::Rss, "title") => Field::Title,
        (Kind::Rss, "link") => Field::Link,
        (Kind::Rss, "guid") => Field::Id,
        (Kind::Rss, "description") => Field::Summary,
        (Kind::Rss, "content:encoded") => Field::Content,
        (Kind::Rss, "category") => Field::Category,
        (Kind::Rss, "pubDate" | "dc:date") => Field::Published,
        (Kind::Rss, "atom:updated" | "a10:updated") => Field::Updated,
        (Kind::Rss, _) => return None,
        (Kind::Atom, _) => match name.strip_prefix("atom:").unwrap_or(name) {
            "title" => Field::Title,
            "link" => Field::Link,
            "id" => Field::Id,
            "summary" => Field::Summary,
            "content" => Field::Content,
            "category" => Field::Category,
            "published" => Field::Published,
            "updated" => Field::Updated,
            _ => return None,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rss(bytes: &[u8]) -> Feed {
        read("rss", Kind::Rss, bytes).unwrap()
    }

    #[test]
    fn an_rss_item_is_read_with_its_odd_date_and_escaped_markup() {
        let feed = rss(br#"<?xml version="1.0"?><rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel>
            <title>Acme &amp; Sons</title><atom:link href="https://acme.example/feed" rel="self"/>
            <link>https://acme.example/</link>
            <item><title><![CDATA[Slow <b>disks</b>]]></title><guid isPermaLink="false">a-1</guid>
            <media:title xmlns:media="x">Not this</media:title>
            <category>Disks</category><category>West</category>
            <description>&lt;p&gt;R&amp;amp;D looks&lt;/p&gt;</description>
            <pubDate>Thu, 23 Jul 2026 17:05:00 Z</pubDate></item></channel></rss>"#);
        assert_eq!((feed.title.as_str(), feed.link.as_str()), ("Acme & Sons", "https://acme.example/"));
        let item = &feed.items[0];
        assert_eq!((item.id.as_str(), item.title.as_str()), ("a-1", "Slow <b>disks</b>"));
        assert_eq!(item.body(), "<p>R&amp;D looks</p>");
        assert_eq!(item.categories, ["Disks", "West"]);
        assert_eq!(item.at(), Time::parse("2026-07-23T17:05:00Z").ok());
    }

    #[test]
    fn an_atom_entry_is_read_with_attributes_and_xhtml() {
        let feed = read(
            "atom",
            Kind::Atom,
            br#"<feed xmlns="http://www.w3.org/2005/Atom"><id>tag:acme</id><title>Acme</title>
            <link rel="self" href="https://acme.example/feed"/><link href="https://acme.example/?a=1&amp;b=2"/>
            <entry><id>tag:acme,1</id><title>Down</title><category term="Disks"/>
            <content type="xhtml"><div><p>3 &lt; 4 <b>Fixed</b></p></div></content>
            <published>2026-07-23T10:05:00-07:00</published><updated>2026-07-23T18:00:00Z</updated></entry></feed>"#,
        )
        .unwrap();
        assert_eq!((feed.id.as_str(), feed.link.as_str()), ("tag:acme", "https://acme.example/?a=1&b=2"));
        let item = &feed.items[0];
        assert_eq!(read::plain(item.body()), "3 < 4 Fixed");
        assert_eq!(item.categories, ["Disks"]);
        assert_eq!(item.published, Time::parse("2026-07-23T17:05:00Z").ok());
        assert_eq!(item.at(), Time::parse("2026-07-23T18:00:00Z").ok());
    }

    #[test]
    fn entities_that_a_document_declares_are_neither_expanded_nor_fetched() {
        let feed = rss(
            br#"<!DOCTYPE rss [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;"><!ENTITY f SYSTEM "file:///etc/passwd">]>
            <rss><channel><item><title>&b;&f;&#x41;&#0;</title></item></channel></rss>"#,
        );
        assert_eq!(feed.items[0].title, "&b;&f;A&#0;");
    }

    #[test]
    fn other_alphabets_are_read() {
        let latin = b"<?xml version='1.0' encoding='ISO-8859-1'?><rss><channel><title>Caf\xE9</title></channel></rss>";
        assert_eq!(rss(latin).title, "Caf\u{e9}");
        let mut wide = vec![0xFF, 0xFE];
        wide.extend("<rss><channel><title>Caf\u{e9}</title></channel></rss>".encode_utf16().flat_map(u16::to_le_bytes));
        assert_eq!(rss(&wide).title, "Caf\u{e9}");
        wide.extend(b"\n\0");
        assert_eq!(rss(&wide).title, "Caf\u{e9}");
    }

    #[test]
    fn what_is_not_a_whole_feed_is_refused() {
        let why = |bytes: &[u8]| read("rss", Kind::Rss, bytes).unwrap_err();
        for broken in ["{}", "<rss><channel>", "<rss><channel></rss>", "<rss/><rss/>", "<rss", "<rss><![CDATA["] {
            assert!(matches!(why(broken.as_bytes()), Unread::Syntax { .. }), "{broken}");
        }
        for other in ["<feed/>", "<opml/>", "<!-- nothing -->"] {
            assert!(matches!(why(other.as_bytes()), Unread::Shape { .. }), "{other}");
        }
    }

    #[test]
    fn another_pages_feed_is_told_by_its_head_and_one_that_names_itself_later_is_read_to_its_end() {
        let own = |text: &str| {
            read_if("rss", Kind::Rss, text.as_bytes(), |feed| feed.title.is_empty() || feed.title == "Own")
        };
        let item = "<item><guid>1</guid></item>";
        let other = own(&format!("<rss><channel><title>Other</title>{item}</broken>"));
        assert!(matches!(other, Err(Unread::Shape { .. })), "{other:?}");
        for whole in [format!("<title>Own</title>{item}"), format!("{item}<title>Own</title>")] {
            let feed = own(&format!("<rss><channel>{whole}</channel></rss>")).unwrap();
            assert_eq!((feed.title.as_str(), feed.items.len()), ("Own", 1));
        }
    }

    #[test]
    fn a_feed_of_very_many_items_is_cut() {
        let feed =
            rss(format!("<rss><channel>{}</channel></rss>", "<item><guid>1</guid></item>".repeat(1200)).as_bytes());
        assert_eq!((feed.items.len(), feed.cut), (MOST_ITEMS, true));
    }
}
