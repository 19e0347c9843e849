//! From the address of an official page to a payload that one of the formats reads.

use super::formats::{self, FORMATS, Format, detect};
use super::known;
use super::page::Page;
use super::read::Unread;
use crate::dial::{Answer, Dialer, Failure, HostOf, Progress, Request, Stage, Target, Way};
use allclear_model::Time;
use allclear_model::check::Method;
use std::time::Duration;
use tokio::time::Instant;

/// Most bytes of a payload. Whole histories reach 1 MB, HTML pages 7 MB.
const MAX_BODY: usize = 16 * 1024 * 1024;
/// Longest time for one answer.
pub(super) const DEADLINE: Duration = Duration::from_secs(20);
/// Longest time for all of them.
const WHOLE: Duration = Duration::from_mins(1);
/// Most further addresses that are tried where a page itself is not data.
const MOST: usize = 20;

/// What was found.
#[derive(Debug, Clone)]
pub struct Found {
    /// The format.
    pub format: &'static Format,
    /// What it says.
    pub page: Page,
    /// Where it stands: the address to read from now on.
    pub url: String,
    /// Where the answer came from, which after redirects is elsewhere.
    pub from: String,
    /// How many other addresses were asked before.
    pub tried: usize,
}

/// One address, and why it was no use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    /// Address.
    pub url: String,
    /// Why.
    pub why: String,
}

/// Nothing was found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NotFound {
    /// What was tried, in order.
    pub tried: Vec<Tried>,
}

impl std::fmt::Display for NotFound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("no official status could be read")?;
        self.tried.iter().try_for_each(|t| write!(f, "\n  {}: {}", t.url, t.why))
    }
}

impl std::error::Error for NotFound {}

/// Looks for data where the vendor is known to have it, or else at `url`, then at the places where the formats keep it on that host, then where
/// the page itself points. With `wanted`, only that format is read. What a successful answer is, its body says, never its type.
///
/// # Errors
/// Everything that was tried, with the reason of each.
pub async fn find(dialer: &Dialer, url: &str, wanted: Option<&'static Format>, now: Time) -> Result<Found, NotFound> {
    let given = Target::parse(url).ok();
    let until = Instant::now() + WHOLE;
    let mut search =
        Search { dialer, wanted, now, until, given: given.clone(), silent: false, not: NotFound::default() };
    if let Some((data, format)) = known::data(url)
        && wanted.is_none_or(|w| w.name == format.name)
        && let Looked::Found(found) = search.look_as(data, Some(format)).await
    {
        return Ok(*found);
    }
    // A feed that was given by hand is meant; only a page for people has data elsewhere.
    let page = match search.look(url).await {
        Looked::Found(found) => return Ok(*found),
        Looked::Html(page) => page,
        Looked::Nothing => return Err(search.not),
    };
    let Some(root) = given else { return Err(search.not) };
    let html = String::from_utf8_lossy(&page);
    let full = |href: &str| root.join(href).ok().map(|t| t.as_str().to_owned());
    // What one vendor writes for itself is nowhere else, unless that is what is looked for.
    let may_be = |f: &&Format| wanted.map_or(!known::is_of_one_vendor(f), |w| w.name == f.name);
    let kept = |log: bool| {
        let formats = FORMATS.iter().filter(move |f| f.log == log).filter(may_be);
        formats.filter_map(|f| full(f.path?))
    };
    let elsewhere = FORMATS.iter().filter(may_be).flat_map(formats::also).filter_map(full);
    let mut candidates: Vec<String> = pointed(&html, &root);
    candidates.extend(kept(false));
    candidates.extend(elsewhere);
    candidates.extend(feeds(&html).iter().filter_map(|href| full(href)));
    candidates.extend(kept(true));
    let mut asked: Vec<String> = vec![url.to_owned()];
    for candidate in candidates {
        // Out of https nothing leads, and a host that once said nothing is left in peace.
        let plain = root.secure && candidate.starts_with("http://");
        if plain || asked.contains(&candidate) {
            continue;
        }
        if search.silent || asked.len() > MOST || Instant::now() >= until {
            search.not.tried.push(Tried { url: shown(&candidate), why: "not tried any more".to_owned() });
            break;
        }
        if let Looked::Found(found) = search.look(&candidate).await {
            return Ok(*found);
        }
        asked.push(candidate);
    }
    Err(search.not)
}

enum Looked {
    Found(Box<Found>),
    /// A page for people.
    Html(Vec<u8>),
    Nothing,
}

struct Search<'a> {
    dialer: &'a Dialer,
    wanted: Option<&'static Format>,
    now: Time,
    until: Instant,
    /// The address that was given by hand: only there a port is meant.
    given: Option<Target>,
    /// True once its host gave no answer at all. That another does not, to which the page points, says nothing of it.
    silent: bool,
    not: NotFound,
}

impl Search<'_> {
    async fn look(&mut self, url: &str) -> Looked {
        self.look_as(url, self.wanted).await
    }

    async fn look_as(&mut self, url: &str, wanted: Option<&'static Format>) -> Looked {
        let why = match self.fetch(url).await {
            Err(failure) => {
                self.silent = failure.stage != Stage::Rules && Target::parse(url).is_ok_and(|t| self.is_given(&t));
                failure.to_string()
            }
            Ok(answer) if !(200..300).contains(&answer.status) => format!("the status is {}", answer.status),
            Ok(Answer { body, target, .. }) => {
                let read = match wanted {
                    Some(format) => (format.parse)(&body).map(|page| (format, page)),
                    None => detect(&body),
                };
                match read {
                    Ok((format, page)) => {
                        return Looked::Found(Box::new(Found {
                            format,
                            page,
                            url: url.to_owned(),
                            from: target.as_str().to_owned(),
                            tried: self.not.tried.len(),
                        }));
                    }
                    Err(Unread::Html) => {
                        self.not.tried.push(Tried { url: shown(url), why: Unread::Html.to_string() });
                        return Looked::Html(body);
                    }
                    Err(e) => e.to_string(),
                }
            }
        };
        self.not.tried.push(Tried { url: shown(url), why });
        Looked::Nothing
    }

    fn is_given(&self, target: &Target) -> bool {
        self.given.as_ref().is_some_and(|given| given.same_origin(target))
    }

    /// The answer of one address.
    async fn fetch(&self, url: &str) -> Result<Answer, Failure> {
        let named_port = Target::parse(url).is_ok_and(|t| self.is_given(&t));
        let until = self.until.min(Instant::now() + DEADLINE);
        get(self.dialer, url, named_port, &[], self.now, until).await
    }
}

/// Whether an address is of the origin of the one that was given by hand: only there a port is meant.
pub(super) fn is_given(given: &str, url: &str) -> bool {
    matches!((Target::parse(given), Target::parse(url)), (Ok(a), Ok(b)) if a.same_origin(&b))
}

/// Asks for what a program can read at `url`, with further headers. A status page is there to be read: its host's wish to be left
/// alone by robots is not asked for.
pub(super) async fn get(
    dialer: &Dialer,
    url: &str,
    named_port: bool,
    further: &[(String, String)],
    now: Time,
    until: Instant,
) -> Result<Answer, Failure> {
    let accept = "application/json, application/atom+xml, application/rss+xml, */*;q=0.5";
    let mut headers = vec![("accept".to_owned(), accept.to_owned())];
    headers.extend_from_slice(further);
    let target = Target::parse(url)?;
    let request = Request {
        named_port,
        target,
        method: Method::Get,
        headers: &headers,
        redirects: 5,
        max_body: MAX_BODY,
        polite: false,
        until: &[],
        way: Way::default(),
        keep: false,
    };
    let mut progress = Progress::default();
    let answer = tokio::time::timeout_at(until, dialer.ask(&request, now, &mut progress)).await;
    answer.unwrap_or_else(|_| Err(Failure::timeout(progress.stage, DEADLINE.as_millis() as u32)))
}

/// An address without its query, which may hold a secret.
fn shown(url: &str) -> String {
    url.split(['?', '#']).next().unwrap_or_default().to_owned()
}

/// Addresses that only the text of a page tells: data of incident.io beside its host's name, the number of a page at Status.io.
fn pointed(html: &str, root: &Target) -> Vec<String> {
    let mut all = Vec::new();
    if html.contains("incident.io")
        && let HostOf::Name(host) = &root.host
    {
        all.extend(root.join(&format!("/proxy/{host}")).map(|t| t.as_str().to_owned()));
    }
    let id = html.split("statuspageId").nth(1).map(|rest| {
        let rest = rest.trim_start_matches([' ', '=', ':', '"', '\'']);
        rest.chars().take_while(char::is_ascii_hexdigit).collect::<String>()
    });
    all.extend(id.filter(|id| id.len() == 24).map(|id| format!("https://api.status.io/1.0/status/{id}")));
    // A page of Uptime Kuma names its manifest by its slug, on a host of its own too.
    let slug = html
        .split("/api/status-page/")
        .nth(1)
        .map(|rest| rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').collect::<String>());
    let beats = slug.filter(|s| !s.is_empty()).and_then(|s| root.join(&format!("/api/status-page/heartbeat/{s}")).ok());
    all.extend(beats.map(|t| t.as_str().to_owned()));
    all
}

/// The feeds that a page links to (`<link rel="alternate" type="application/rss+xml" href="…">`), as they stand there.
fn feeds(html: &str) -> Vec<String> {
    let attribute = |tag: &str, name: &str| {
        let rest = tag.split(&format!("{name}=")).nth(1)?;
        let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        rest.get(1..)?.split(quote).next().map(str::to_owned)
    };
    html.split("<link")
        .skip(1)
        .filter_map(|rest| rest.split('>').next())
        .filter(|tag| tag.contains("alternate") && (tag.contains("atom+xml") || tag.contains("rss+xml")))
        .filter_map(|tag| attribute(tag, "href"))
        .take(4)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_points_to_its_data() {
        let root = Target::parse("https://status.example.org/history").unwrap();
        assert_eq!(
            pointed("<script>powered by incident.io</script>", &root),
            ["https://status.example.org/proxy/status.example.org"]
        );
        assert_eq!(
            pointed("var statuspageId = \"5b36dc6502d06804c08349f7\";", &root),
            ["https://api.status.io/1.0/status/5b36dc6502d06804c08349f7"]
        );
        assert_eq!(
            pointed("<link rel=manifest href=/api/status-page/our-house/manifest.json>", &root),
            ["https://status.example.org/api/status-page/heartbeat/our-house"]
        );
        assert!(pointed("statuspageId = \"../../evil\" /api/status-page/../../evil", &root).is_empty());
        let html = "<link rel='stylesheet' href='x.css'><link rel=\"alternate\" type=\"application/atom+xml\" href=\"/h.atom\">";
        assert_eq!(feeds(html), ["/h.atom"]);
        assert!(feeds("<link rel=alternate type=application/rss+xml href=").is_empty());
    }
}
