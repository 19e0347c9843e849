//! Guides: Markdown with a fixed skeleton, so that each symptom finds its topic and each topic says what to do in both cases.

use super::reader::FileCx;
use allclear_model::{Guide, Slug, Topic};

/// Heading of what to do while the service is healthy.
pub const HEALTHY: &str = "When the service is healthy";
/// Heading of what to do while the service has the problem itself.
pub const THEIRS: &str = "When it is them";

struct Heading<'a> {
    level: usize,
    text: &'a str,
    at: usize,
    /// Where the text below the heading begins.
    body: usize,
}

/// Reads `guides/{name}.md`: `# Title`, then topics `## Title {#id}`, each with exactly the two parts.
pub(super) fn guide(cx: &mut FileCx<'_>, name: Slug) -> Guide {
    let text = cx.text;
    let headings = headings(text);
    let body = |i: usize| {
        let end = headings.get(i + 1).map_or(text.len(), |h| h.at);
        text.get(headings[i].body..end).unwrap_or_default().trim().to_owned()
    };
    let title = match headings.first() {
        Some(h) if h.level == 1 && text[..h.at].trim().is_empty() && !h.text.is_empty() => h.text.to_owned(),
        _ => {
            cx.problem(0, "# Title", "is missing: a guide begins with one line \"# Title\"");
            String::new()
        }
    };
    let mut topics: Vec<Topic> = Vec::new();
    let mut i = usize::from(headings.first().is_some_and(|h| h.level == 1));
    while let Some(h) = headings.get(i) {
        i += 1;
        if h.level != 2 {
            let what = if h.level == 1 { "a guide has one title" } else { "it belongs to no topic" };
            cx.problem(h.at, h.text, format!("is not expected here: {what}"));
            continue;
        }
        let mut parts: [Option<String>; 2] = [None, None];
        while let Some(p) = headings.get(i).filter(|p| p.level > 2) {
            let slot = [HEALTHY, THEIRS].iter().position(|t| *t == p.text && p.level == 3);
            match slot {
                Some(n) if parts[n].is_some() => cx.problem(p.at, p.text, "stands twice in one topic"),
                Some(n) => parts[n] = Some(body(i)),
                None => {
                    cx.problem(
                        p.at,
                        p.text,
                        format!("is not one of the two parts \"### {HEALTHY}\" and \"### {THEIRS}\""),
                    );
                }
            }
            i += 1;
        }
        let Some((title, id)) = h.text.strip_suffix('}').and_then(|t| t.rsplit_once("{#")) else {
            cx.problem(h.at, h.text, "has no id: a topic's heading is \"## Title {#id}\"");
            continue;
        };
        let id = match Slug::parse(id) {
            Ok(id) => id,
            Err(e) => {
                cx.problem(h.at, h.text, format!("its id: {}", e.problem));
                continue;
            }
        };
        if title.trim().is_empty() {
            cx.problem(h.at, &id, "has no title");
        }
        if topics.iter().any(|t| t.id == id) {
            cx.problem(h.at, &id, "is the id of an earlier topic");
            continue;
        }
        let mut part = |n: usize, heading: &str| {
            let found = parts[n].take().filter(|p: &String| !p.is_empty());
            if found.is_none() {
                cx.problem(h.at, &id, format!("has no text under \"### {heading}\""));
            }
            found.unwrap_or_default()
        };
        let (healthy, theirs) = (part(0, HEALTHY), part(1, THEIRS));
        topics.push(Topic { id: id.clone(), title: title.trim().to_owned(), healthy, theirs });
    }
    if topics.is_empty() {
        cx.problem(0, "## Title {#id}", "is missing: a guide has at least one topic");
    }
    Guide { name, title, topics }
}

/// All headings outside code fences.
fn headings(text: &str) -> Vec<Heading<'_>> {
    let mut out = Vec::new();
    let mut fence: Option<&str> = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let bare = line.trim_end();
        let opened = ["```", "~~~"].into_iter().find(|f| bare.trim_start().starts_with(f));
        match (fence, opened) {
            (Some(open), Some(mark)) if open == mark => fence = None,
            (None, Some(mark)) => fence = Some(mark),
            (None, None) => {
                let level = bare.bytes().take_while(|b| *b == b'#').count();
                if let Some(rest) = bare.get(level..).filter(|r| (1..=6).contains(&level) && r.starts_with(' ')) {
                    out.push(Heading { level, text: rest.trim(), at, body: at + line.len() });
                }
            }
            _ => {}
        }
        at += line.len();
    }
    out
}
