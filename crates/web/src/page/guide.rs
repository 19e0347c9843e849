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

/// What is reported about one topic in the last hour.
#[derive(Clone, Copy)]
struct Now {
    reports: u64,
    /// How many times the usual number, for the symptom that stands out most.
    ratio: Option<f64>,
    /// Whether one of its symptoms is named by the verdict.
    named: bool,
}

fn now(view: &ServiceView, topic: &Slug) -> Now {
    let mine = || view.symptoms.iter().filter(|s| s.topic.as_ref() == Some(topic));
    Now {
        reports: mine().map(|s| s.count).sum(),
        ratio: mine().filter_map(|s| s.ratio).max_by(f64::total_cmp),
        named: mine().any(|s| view.verdict.symptoms.contains(&s.id)),
    }
}

/// The guide on the service page.
pub(crate) fn part(cx: &PageCx, view: &ServiceView, going_on: bool) -> String {
    let mut order: Vec<(&Topic, Now)> = view.guide.topics.iter().map(|t| (t, now(view, &t.id))).collect();
    order.sort_by_key(|(_, now)| std::cmp::Reverse(now.reports)); // stable: ties stay in the guide's own order
    let ordered = order.first().is_some_and(|(_, now)| now.reports > 0);
    let topics = order
        .into_iter()
        .enumerate()
        .map(|(i, (t, now))| {
            let theirs_now = going_on && now.named && !t.theirs.trim().is_empty();
            TopicRow {
                id: &t.id,
                title: &t.title,
                mark: mark(now, theirs_now),
                theirs_now,
                open: i == 0 && theirs_now,
                healthy: html::markdown(&t.healthy),
                theirs: if theirs_now { html::markdown(&t.theirs) } else { String::new() },
            }
        })
        .collect();
    let all = format!("/s/{}/guide", view.service.slug);
    render(&GuidePart { cx, w: &words::EN, ordered, all, topics })
}

/// What is reported about a topic, in a few words.
fn mark(now: Now, theirs: bool) -> String {
    let times = now.ratio.filter(|r| *r >= 2.0).map(words::times_usual);
    match (theirs, times) {
        (true, Some(times)) => format!("{} · {times}", words::EN.guide_not_you),
        (true, None) => words::EN.guide_not_you.to_owned(),
        (false, Some(times)) => times,
        (false, None) if now.reports > 0 => words::reports(now.reports),
        _ => String::new(),
    }
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
    let topics = view
        .guide
        .topics
        .iter()
        .map(|t| FullTopic {
            id: &t.id,
            title: &t.title,
            healthy: html::markdown(&t.healthy),
            theirs: html::markdown(&t.theirs),
        })
        .collect();
    render(&GuidePage {
        cx,
        w: &words::EN,
        head,
        title,
        back: format!("/s/{}", view.service.slug),
        disclaimer: words::not_affiliated(&view.service.name),
        topics,
    })
}
