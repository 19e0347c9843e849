//! The guide: ordered by what is reported now, with the text that fits the verdict.

use crate::page::PageCx;
use crate::page::head::Head;
use crate::page::html;
use crate::page::parts::render;
use crate::page::service::crumbs;
use allclear_engine::view::ServiceView;
use allclear_model::words::pages::{self as words, Words};
use allclear_model::{Slug, Topic};
use askama::Template;

#[derive(Template)]
#[template(path = "part/guide.html")]
struct GuidePart<'a> {
    cx: &'a PageCx,
    w: &'static Words,
    ordered: bool,
    all: String,
    topics: Vec<TopicRow<'a>>,
}

struct TopicRow<'a> {
    id: &'a str,
    title: &'a str,
    /// What is reported about it now, or empty.
    mark: String,
    /// True when the reports say that it is the service, not the reader.
    theirs_now: bool,
    open: bool,
    healthy: String,
    theirs: String,
}

/// Counts of the last hour that belong to a topic: reports, largest ratio, and whether one of its symptoms stands out.
fn now(view: &ServiceView, topic: &Slug) -> (u64, Option<f64>, bool) {
    let mine = || view.symptoms.iter().filter(|s| s.topic.as_ref() == Some(topic));
    let ratio = mine().filter_map(|s| s.ratio).fold(None, |a: Option<f64>, r| Some(a.map_or(r, |a| a.max(r))));
    (mine().map(|s| s.count).sum(), ratio, mine().any(|s| view.verdict.symptoms.contains(&s.id)))
}

/// The guide on the service page.
pub(crate) fn part(cx: &PageCx, view: &ServiceView, going_on: bool) -> String {
    let mut order: Vec<(&Topic, (u64, Option<f64>, bool))> = view.guide.topics.iter().map(|t| (t, now(view, &t.id))).collect();
    order.sort_by(|a, b| b.1.0.cmp(&a.1.0)); // stable: ties stay in the guide's own order
    let ordered = order.first().is_some_and(|o| o.1.0 > 0);
    let topics = order
        .into_iter()
        .enumerate()
        .map(|(i, (t, (count, ratio, stands_out)))| {
            let theirs_now = going_on && stands_out && !t.theirs.trim().is_empty();
            let times = ratio.filter(|r| *r >= 2.0).map(words::times_usual);
            let mark = match (theirs_now, times) {
                (true, Some(times)) => format!("{} · {times}", words::EN.guide_not_you),
                (true, None) => words::EN.guide_not_you.to_owned(),
                (false, Some(times)) => times,
                (false, None) if count > 0 => words::reports(count),
                _ => String::new(),
            };
            TopicRow { id: &t.id, title: &t.title, mark, theirs_now, open: i == 0 && theirs_now, healthy: html::markdown(&t.healthy), theirs: if theirs_now { html::markdown(&t.theirs) } else { String::new() } }
        })
        .collect();
    render(&GuidePart { cx, w: &words::EN, ordered, all: format!("/s/{}/guide", view.service.slug), topics })
}

#[derive(Template)]
#[template(path = "guide.html")]
struct GuidePage<'a> {
    cx: &'a PageCx,
    w: &'static Words,
    head: Head,
    title: String,
    back: String,
    disclaimer: String,
    topics: Vec<FullTopic<'a>>,
}

struct FullTopic<'a> {
    id: &'a str,
    title: &'a str,
    healthy: String,
    theirs: String,
}

/// All topics in full, in the guide's own order, with both texts.
pub fn guide(cx: &PageCx, view: &ServiceView) -> String {
    let path = format!("/s/{}/guide", view.service.slug);
    let title = words::guide_title(&view.service.name);
    let head = Head {
        noindex: !view.service.own_guide,
        crumbs: crumbs(view, &[(words::EN.guide_title, &path)]),
        description: title.clone(),
        service: view.service.slug.to_string(),
        ..Head::plain(&title, &path)
    };
    let topics = view.guide.topics.iter().map(|t| FullTopic { id: &t.id, title: &t.title, healthy: html::markdown(&t.healthy), theirs: html::markdown(&t.theirs) }).collect();
    render(&GuidePage { cx, w: &words::EN, head, title, back: format!("/s/{}", view.service.slug), disclaimer: words::not_affiliated(&view.service.name), topics })
}
