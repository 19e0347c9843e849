//! Where a reader came from, as coarse as it gets. Nothing of the header is kept.

use allclear_engine::Referrer;
use http::{HeaderMap, header};

/// Search engines: a host is one of these, or ends with a dot and one of these.
const SEARCH: [&str; 10] = [
    "bing.com",
    "duckduckgo.com",
    "ecosia.org",
    "baidu.com",
    "qwant.com",
    "startpage.com",
    "search.brave.com",
    "kagi.com",
    "sogou.com",
    "naver.com",
];
/// Engines with a domain in each country: the label before the ending decides.
const SEARCH_LABELS: [&str; 3] = ["google", "yahoo", "yandex"];
/// Newspapers and broadcasters that many read, aggregators of news, and social media.
const NEWS_AND_SOCIAL: [&str; 48] = [
    "apnews.com",
    "arstechnica.com",
    "bbc.co.uk",
    "bbc.com",
    "bloomberg.com",
    "cnn.com",
    "elpais.com",
    "engadget.com",
    "flipboard.com",
    "globo.com",
    "golem.de",
    "heise.de",
    "hurriyet.com.tr",
    "lefigaro.fr",
    "lemonde.fr",
    "msn.com",
    "nytimes.com",
    "reuters.com",
    "spiegel.de",
    "tagesschau.de",
    "techcrunch.com",
    "theguardian.com",
    "theverge.com",
    "uol.com.br",
    "washingtonpost.com",
    "wired.com",
    "news.google.com",
    "news.yahoo.com",
    "news.ycombinator.com",
    "x.com",
    "twitter.com",
    "t.co",
    "facebook.com",
    "fb.com",
    "reddit.com",
    "instagram.com",
    "threads.net",
    "threads.com",
    "linkedin.com",
    "lnkd.in",
    "youtube.com",
    "tiktok.com",
    "bsky.app",
    "mastodon.social",
    "t.me",
    "telegram.org",
    "discord.com",
    "lobste.rs",
];

/// The class of a request. Our own pages count as no referrer.
pub(crate) fn class(headers: &HeaderMap, own_host: &str) -> Referrer {
    let Some(value) = headers.get(header::REFERER) else { return Referrer::Direct };
    let Some(host) = value.to_str().ok().and_then(host_of) else { return Referrer::Other };
    // Longer than any name in the lists with a few labels in front.
    let mut lower = [0u8; 80];
    let Some(lower) = lower.get_mut(..host.len()) else { return Referrer::Other };
    lower.copy_from_slice(host.as_bytes());
    lower.make_ascii_lowercase();
    let host = std::str::from_utf8(lower).unwrap_or_default();
    if host == own_host {
        return Referrer::Direct;
    }
    let is = |names: &[&str]| {
        names.iter().any(|n| host.strip_suffix(n).is_some_and(|front| front.is_empty() || front.ends_with('.')))
    };
    if is(&NEWS_AND_SOCIAL) {
        Referrer::Social
    } else if is(&SEARCH) || host.rsplit('.').skip(1).take(2).any(|l| SEARCH_LABELS.contains(&l)) {
        Referrer::Search
    } else {
        Referrer::Other
    }
}

/// The host of an absolute address, without port.
pub(crate) fn host_of(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?;
    let host = if host.starts_with('[') { host.split_inclusive(']').next()? } else { host.split(':').next()? };
    (!host.is_empty()).then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn referrers_fall_into_four_classes() {
        let of = |r: &'static str| {
            let mut h = HeaderMap::new();
            h.insert(header::REFERER, HeaderValue::from_static(r));
            class(&h, "example.org")
        };
        assert_eq!(class(&HeaderMap::new(), "example.org"), Referrer::Direct);
        for (r, want) in [
            ("https://Example.org/s/x", Referrer::Direct),
            ("https://www.google.co.uk/search?q=x", Referrer::Search),
            ("https://google.com", Referrer::Search),
            ("https://duckduckgo.com/", Referrer::Search),
            ("https://news.google.com/x", Referrer::Social),
            ("https://www.bbc.co.uk/news/technology", Referrer::Social),
            ("https://heise.de/", Referrer::Social),
            ("https://old.reddit.com/r/x", Referrer::Social),
            ("https://notreddit.com/", Referrer::Other),
            ("https://google.com.evil.example.net/", Referrer::Other),
            ("android-app://com.x", Referrer::Other),
            ("nonsense", Referrer::Other),
        ] {
            assert_eq!(of(r), want, "{r}");
        }
    }
}
