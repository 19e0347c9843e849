//! The second document of a page, which tells of components what the first leaves out: asked for only where that is wanted.
//!
//! Summaries of Statuspage may leave components out, and those of Instatus always do. The heartbeats of Uptime Kuma know its monitors by
//! number alone; their names, and what is pinned to the page, stand beside them.

use super::find::{DEADLINE, get, is_given};
use super::formats::Format;
use super::page::{Component, Page};
use super::scope::answers;
use crate::dial::Dialer;
use allclear_model::{Level, Time};
use std::collections::{HashMap, HashSet};
use tokio::time::Instant;

/// Most components that are taken from the second document; more than any page that we know of has.
const MOST: usize = 5000;

/// Uptime Kuma, where it has what is of the minute, and where what is of the page.
const BEATS: (&str, &str, &str) = ("uptimekuma", "/api/status-page/heartbeat/", "/api/status-page/");

/// What came of a second document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// It was not asked for.
    Nothing,
    /// It had what the first leaves out, after that many requests.
    Added(u32),
    /// It had not, or is not there.
    InVain(u32),
}

impl Asked {
    /// Requests that it took.
    pub fn requests(self) -> u32 {
        match self {
            Asked::Nothing => 0,
            Asked::Added(n) | Asked::InVain(n) => n,
        }
    }
}

/// Adds to `page`, which stands at an address as a format, what it leaves out of what is `wanted` (ids or names of components), where another
/// document has it. `given` is the address that was given by hand.
///
/// # Errors
/// Why that document cannot be read though there may be one, with the requests that it took.
pub async fn complete(
    dialer: &Dialer,
    (format, at): (&'static Format, &str),
    given: &str,
    page: &mut Page,
    wanted: &[String],
    now: Time,
) -> Result<Asked, (u32, String)> {
    let nameless = format.name == BEATS.0 && page.components.iter().any(is_nameless);
    let short = nameless || is_short(page, wanted);
    let Some(url) = address(format, at).filter(|_| short) else { return Ok(Asked::Nothing) };
    let answer = get(dialer, &url, is_given(given, &url), &[], now, Instant::now() + DEADLINE)
        .await
        .map_err(|e| (1, e.to_string()))?;
    let requests = u32::from(answer.hops) + 1;
    let more = match answer.status {
        200..=299 if !answer.cut => (format.parse)(&answer.body).ok(),
        // There is none.
        404 | 410 => None,
        status => return Err((requests, format!("status {status}"))),
    };
    let added = more.is_some_and(|more| add(page, more, wanted));
    if nameless && !added {
        // Numbers alone would look like another page.
        return Err((requests, "the names of its monitors are not there".to_owned()));
    }
    Ok(if added { Asked::Added(requests) } else { Asked::InVain(requests) })
}

/// The second document that may be asked for beside the one at `url`, which is read as `format`; `named`: where components are named that the
/// service is. `None` where there is none, or it cannot be told from the address.
pub fn beside(format: &Format, url: &str, named: bool) -> Option<String> {
    address(format, url).filter(|_| named || format.name == BEATS.0)
}

/// The document with all components, beside the one at `url`; `None` where the format has none, or the address is another.
fn address(format: &Format, url: &str) -> Option<String> {
    let (ends, document): (&[&str], _) = match format.name {
        "statuspage" | "incidentio" => (&["/api/v2/summary.json", "/api/v2/status.json"], "/api/v2/components.json"),
        "instatus" => (&["/v3/summary.json", "/summary.json"], "/v2/components.json"),
        name if name == BEATS.0 => {
            let (root, slug) = url.split_once(BEATS.1)?;
            return Some(format!("{root}{}{slug}", BEATS.2));
        }
        _ => return None,
    };
    let root = ends.iter().find_map(|end| url.strip_suffix(end))?;
    Some(format!("{root}{document}"))
}

/// Whether `page` leaves out a component that a service is. A page that lists none and says that all is well has said so of each.
fn is_short(page: &Page, wanted: &[String]) -> bool {
    let all_well = page.components.is_empty() && page.indicator == Some(Level::Operational);
    !all_well && wanted.iter().any(|w| !page.components.iter().any(|c| answers(w, c)))
}

/// Known by its id alone.
fn is_nameless(component: &Component) -> bool {
    component.name == component.id
}

/// Takes what `page` has not from `more`. False when it still lacks what it lacked of what is `wanted`, or `more` is of another page.
fn add(page: &mut Page, more: Page, wanted: &[String]) -> bool {
    let another = matches!((&page.identity, &more.identity), (Some(a), Some(b)) if a != b);
    if another {
        return false;
    }
    let named = name(page, &more);
    let lacks = |w: &&String| !page.components.iter().any(|c| answers(w, c));
    if !named && !wanted.iter().filter(lacks).any(|w| more.components.iter().any(|c| answers(w, c))) {
        return false;
    }
    if named {
        page.identity = page.identity.take().or(more.identity);
        page.name = page.name.take().or(more.name);
        page.events.extend(more.events);
        page.warnings.extend(more.warnings);
    }
    let known: HashSet<(String, String)> = page.components.iter().map(|c| (c.id.clone(), c.name.clone())).collect();
    let new = more.components.into_iter().filter(|c| !known.contains(&(c.id.clone(), c.name.clone())));
    page.components.extend(new.take(MOST));
    true
}

/// Gives those components their names and groups that are known by their ids alone; true where there were any.
fn name(page: &mut Page, more: &Page) -> bool {
    let known: HashMap<&str, &Component> = more.components.iter().map(|c| (c.id.as_str(), c)).collect();
    let mut named = false;
    for component in page.components.iter_mut().filter(|c| is_nameless(c)) {
        if let Some(known) = known.get(component.id.as_str()).filter(|k| !is_nameless(k)) {
            component.name.clone_from(&known.name);
            component.group.clone_from(&known.group);
            named = true;
        }
    }
    named
}

#[cfg(test)]
mod tests {
    use super::super::formats::format;
    use super::*;

    fn page(ids: &[&str], indicator: Level) -> Page {
        let one = |id: &&str| Component { id: (*id).to_owned(), name: format!("Part {id}"), ..Component::default() };
        Page { components: ids.iter().map(one).collect(), indicator: Some(indicator), ..Page::default() }
    }

    #[test]
    fn the_list_of_components_stands_beside_the_summary() {
        let beside = |name: &str, url: &str| address(format(name).unwrap(), url);
        let list = Some("https://x.example/api/v2/components.json".to_owned());
        assert_eq!(beside("statuspage", "https://x.example/api/v2/summary.json"), list);
        assert_eq!(beside("incidentio", "https://x.example/api/v2/status.json"), list);
        let list = Some("https://x.example/v2/components.json".to_owned());
        assert_eq!(beside("instatus", "https://x.example/v3/summary.json"), list);
        assert_eq!(beside("instatus", "https://x.example/summary.json"), list);
        assert_eq!(beside("statuspage", "https://x.example/api/v2/components.json"), None);
        assert_eq!(
            beside("uptimekuma", "https://x.example/kuma/api/status-page/heartbeat/all"),
            Some("https://x.example/kuma/api/status-page/all".to_owned())
        );
        assert_eq!(beside("uptimekuma", "https://x.example/api/status-page/all"), None);
        assert_eq!(beside("apple", "https://x.example/summary.json"), None);
    }

    #[test]
    fn it_is_needed_where_a_component_is_left_out_and_not_where_all_is_well() {
        let wanted = ["b".to_owned()];
        assert!(is_short(&page(&["a"], Level::Operational), &wanted));
        assert!(!is_short(&page(&["a", "b"], Level::Operational), &wanted));
        assert!(!is_short(&page(&[], Level::Operational), &wanted));
        assert!(is_short(&page(&[], Level::DegradedPerformance), &wanted));
        assert!(!is_short(&page(&["a"], Level::Operational), &[]));
    }

    #[test]
    fn what_it_has_more_is_added_once_and_nothing_of_another_page() {
        let wanted = ["b".to_owned()];
        let mut short = page(&["a"], Level::Operational);
        assert!(add(&mut short, page(&["a", "b", "c"], Level::Unknown), &wanted));
        assert_eq!(short.components.iter().map(|c| c.id.as_str()).collect::<Vec<_>>(), ["a", "b", "c"]);
        let mut short = page(&["a"], Level::Operational);
        assert!(!add(&mut short, page(&["c"], Level::Unknown), &wanted), "of no use");
        let both = ["a".to_owned(), "gone".to_owned()];
        assert!(
            !add(&mut short, page(&["a", "c"], Level::Unknown), &both),
            "what is there already is no reason to ask again"
        );
        short.identity = Some("p1".to_owned());
        let other = Page { identity: Some("p2".to_owned()), ..page(&["b"], Level::Unknown) };
        assert!(!add(&mut short, other, &wanted));
        assert_eq!(short.components.len(), 1);
    }
}
