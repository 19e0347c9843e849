//! No payload does harm: whatever comes is read or refused.

use super::payloads::ALL;
use super::robust::survives;
use proptest::prelude::*;

/// Pieces of feeds and of texts in them, for nonsense that gets far.
const PIECES: &[&str] = &[
    "<item>",
    "</item>",
    "<title>",
    "</title>",
    "<description>",
    "</description>",
    "<guid>",
    "</guid>",
    "<link>",
    "</link>",
    "<category>",
    "</category>",
    "<pubDate>",
    "</pubDate>",
    "<![CDATA[",
    "]]>",
    "<!--",
    "-->",
    "&amp;",
    "&lt;",
    "&gt;",
    "&#0;",
    "&#x110000;",
    "&bomb;",
    "&",
    "<",
    ">",
    "</",
    "<p>",
    "<br/>",
    "Status:",
    "Severity:",
    "Resolved",
    " - ",
    ": ",
    "[",
    "]",
    "(",
    ")",
    "\u{ff08}",
    "\u{5df2}\u{6062}\u{590d}",
    "\u{130}",
    "\u{df}",
    "#",
    "_",
    "https://",
    "/",
    "Sep 3, 12:00 PDT",
    "Thu, 23 Jul 2026 17:05:00 Z",
    "99999999999999999999",
    "<!DOCTYPE a [<!ENTITY bomb \"&bomb;\">]>",
    "<?xml?>",
    " ",
    "\n",
];

/// A valid payload, some of it changed, cut or doubled.
fn broken() -> impl Strategy<Value = Vec<u8>> {
    let change = (any::<prop::sample::Index>(), 0..4u8, any::<u8>(), 1..40usize);
    (prop::sample::select(ALL), prop::collection::vec(change, 1..6)).prop_map(|((_, text), changes)| {
        let mut bytes = text.as_bytes().to_vec();
        for (at, what, byte, length) in changes {
            if bytes.is_empty() {
                break;
            }
            let at = at.index(bytes.len());
            let end = (at + length).min(bytes.len());
            match what {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                2 => drop(bytes.drain(at..end)),
                _ => {
                    let copy = bytes[at..end].to_vec();
                    bytes.splice(at..at, copy);
                }
            }
        }
        bytes
    })
}

#[test]
fn depth_does_no_harm() {
    for (open, close) in [("[", "]"), ("{\"data\":", "}"), ("<rss>", "</rss>"), ("<rss><channel><item><title><p>", "")]
    {
        survives(format!("{}{}", open.repeat(50_000), close.repeat(50_000)).as_bytes());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_harmless(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        survives(&bytes);
    }

    #[test]
    fn broken_payloads_are_harmless(bytes in broken()) {
        survives(&bytes);
    }

    #[test]
    fn feeds_of_nonsense_are_harmless(
        atom in any::<bool>(),
        whole in any::<bool>(),
        pieces in prop::collection::vec(prop::sample::select(PIECES), 0..60),
    ) {
        let inside = pieces.concat();
        let (start, end) = if atom { ("<feed><entry><content>", "</content></entry></feed>") } else { ("<rss><channel><item><description>", "</description></item></channel></rss>") };
        // Half of them cannot break the XML, so that the text is what is tried.
        let inside = if whole { format!("<![CDATA[{}]]>", inside.replace("]]>", "")) } else { inside };
        survives(format!("{start}{inside}{end}").as_bytes());
    }
}
