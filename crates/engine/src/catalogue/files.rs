//! What a service file and a category file say, before anything is checked against other files.

use super::reader::{At, FileCx, Nth, Section};
use super::{Problem, watch};
use allclear_model::catalogue::{Fact, NAMES_MAX, Official, Part};
use allclear_model::check::Check;
use allclear_model::{Slug, Symptom};
use std::collections::BTreeSet;

/// Most symptoms of a service: what fits on a phone as buttons.
const SYMPTOMS_MAX: usize = 20;

/// Longest name of a component, or word of a title, characters.
const PART_TEXT: usize = 100;

/// A service file as it stands, each value with its place; `None` for what is missing or does not hold, which is a
/// problem already. What else the file says is checked all the same.
#[derive(Debug)]
pub(super) struct ServiceFile {
    pub(super) slug: Slug,
    pub(super) name: Option<At<String>>,
    pub(super) category: Option<At<Slug>>,
    pub(super) homepage: Option<Fact<String>>,
    pub(super) aliases: Vec<Nth<String>>,
    pub(super) related: Vec<Nth<Slug>>,
    pub(super) upstreams: Vec<Nth<Slug>>,
    pub(super) upstreams_verified: bool,
    pub(super) about: Option<String>,
    pub(super) operator: Option<Fact<String>>,
    pub(super) support: Option<Fact<String>>,
    pub(super) official: Option<Fact<Official>>,
    pub(super) check: Option<Fact<Check>>,
    pub(super) guide: Option<At<Slug>>,
    pub(super) symptoms: Vec<SymptomFile>,
}

/// A category file as it stands.
#[derive(Debug)]
pub(super) struct CategoryFile {
    pub(super) id: Slug,
    pub(super) name: Option<String>,
    pub(super) group: Option<String>,
    pub(super) guide: Option<At<Slug>>,
    pub(super) outages_per_30_days: Option<f64>,
    pub(super) symptoms: Vec<SymptomFile>,
}

/// A `[[symptoms]]` table as it stands.
#[derive(Debug)]
pub(super) struct SymptomFile {
    /// Which one it is in the file, from 0.
    pub(super) n: usize,
    /// `None` when it does not hold.
    pub(super) symptom: Option<Symptom>,
    pub(super) topic: Option<At<Slug>>,
}

/// Reads `services/{slug}.toml`. `None` when it is no TOML; the context says where.
pub(super) fn service(cx: &mut FileCx<'_>, slug: Slug) -> Option<ServiceFile> {
    let table = cx.parse()?;
    let mut s = Section::root(&table);
    let name = s.need_text(cx, "name", 80);
    let category = s.need_slug(cx, "category");
    if !s.has("homepage") {
        cx.problem(s.at(), "homepage", "is missing");
    }
    let homepage = s.url(cx, "homepage");
    let aliases = s.texts(cx, "aliases", 60);
    let related = s.slugs(cx, "related");
    let upstreams = s.slugs(cx, "upstreams");
    let about = s.text(cx, "about", 300).map(|t| t.value);
    let operator = s.text(cx, "operator", 120);
    let support = s.url(cx, "support");
    let guide = s.slug(cx, "guide");
    let official = s.table(cx, "official").and_then(|o| official(cx, o));
    let stated = s.has("check");
    let check = s.table(cx, "check").and_then(|c| watch::check(cx, c));
    let mut marks = Marks { table: s.table(cx, "verified"), root: s.at() };
    let homepage_verified = marks.of(cx, "homepage", homepage.is_some());
    let upstreams_verified = marks.of(cx, "upstreams", !upstreams.is_empty());
    let official_verified = marks.of(cx, "official", official.is_some());
    let check_verified = marks.of(cx, "check", stated);
    let support_verified = marks.of(cx, "support", support.is_some());
    let operator_verified = marks.of(cx, "operator", operator.is_some());
    if let Some(table) = marks.table {
        table.finish(cx);
    }
    let symptoms = symptoms(cx, &mut s);
    s.finish(cx);
    Some(ServiceFile {
        slug,
        name,
        category,
        homepage: homepage.map(|h| Fact { value: h.value, verified: homepage_verified }),
        aliases,
        related,
        upstreams,
        upstreams_verified,
        about,
        operator: operator.map(|o| Fact { value: o.value, verified: operator_verified }),
        support: support.map(|o| Fact { value: o.value, verified: support_verified }),
        official: official.map(|o| Fact { value: o, verified: official_verified }),
        check: check.map(|value| Fact { value, verified: check_verified }),
        guide,
        symptoms,
    })
}

/// Reads `categories/{id}.toml`. `None` as for a service.
pub(super) fn category(cx: &mut FileCx<'_>, id: Slug) -> Option<CategoryFile> {
    let table = cx.parse()?;
    let mut s = Section::root(&table);
    let name = s.need_text(cx, "name", 60);
    let group = s.need_text(cx, "group", 40);
    let guide = s.need_slug(cx, "guide");
    let outages = s.need_number(cx, "outages_per_30_days", 0.01, 100.0);
    let symptoms = symptoms(cx, &mut s);
    if symptoms.is_empty() && !s.has("symptoms") {
        cx.problem(s.at(), "symptoms", "are missing: services without their own have the category's");
    }
    s.finish(cx);
    Some(CategoryFile {
        id,
        name: name.map(|n| n.value),
        group: group.map(|g| g.value),
        guide,
        outages_per_30_days: outages,
        symptoms,
    })
}

fn official(cx: &mut FileCx<'_>, mut s: Section<'_, '_>) -> Option<Official> {
    if !s.has("page") {
        cx.problem(s.at(), "official.page", "is missing");
    }
    let page = s.url(cx, "page");
    let mut text = |key| s.text(cx, key, 200).map(|t| t.value);
    let (format, reference) = (text("format"), text("reference"));
    let feed = s.url(cx, "feed").map(|t| t.value);
    let part = part(cx, &mut s);
    s.finish(cx);
    Some(Official { page: page?.value, format, reference, part, feed })
}

/// What of an official page is the service: `component` for one, or lists of components and of words.
fn part(cx: &mut FileCx<'_>, s: &mut Section<'_, '_>) -> Part {
    let one = s.text(cx, "component", PART_TEXT);
    let mut components = list(cx, s, "components");
    if let Some(one) = one {
        if s.has("components") {
            cx.problem(one.at, &s.name("component"), "stands beside components; put it into that list");
        }
        components.push(one.value);
    }
    let (titles, not_titles) = (list(cx, s, "titles"), list(cx, s, "not_titles"));
    Part { components, titles, not_titles }
}

/// A list of names or words that single out a part of a page.
fn list(cx: &mut FileCx<'_>, s: &mut Section<'_, '_>, key: &'static str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let all = s.texts(cx, key, PART_TEXT);
    if let Some(over) = all.get(NAMES_MAX) {
        cx.problem(over.at, &s.name(key), format!("are {}, at most {NAMES_MAX} are allowed", all.len()));
    }
    for Nth { n, value, at } in all {
        let lower = value.to_lowercase();
        let name = format!("{}[{n}]", s.name(key));
        if key == "components" && value.split('@').any(|half| half.trim().is_empty()) {
            cx.problem(at, &name, "must be a component, or product@place with both of them");
        } else if out.iter().any(|o| o.to_lowercase() == lower) {
            cx.problem(at, &name, format!("{value:?} stands there twice"));
        } else {
            out.push(value);
        }
    }
    out
}

/// The `[verified]` table: every fact that is stated carries a mark.
struct Marks<'t, 'a> {
    table: Option<Section<'t, 'a>>,
    root: usize,
}

impl Marks<'_, '_> {
    fn of(&mut self, cx: &mut FileCx<'_>, fact: &'static str, stated: bool) -> bool {
        let at = self.table.as_ref().map_or(self.root, Section::at);
        let mark = self.table.as_mut().and_then(|t| t.flag(cx, fact));
        match (mark, stated) {
            (Some(mark), true) => mark.value,
            (Some(mark), false) => {
                cx.warn(mark.at, &format!("verified.{fact}"), format!("marks {fact}, which this file does not state"));
                false
            }
            (None, true) => {
                if !self.table.as_ref().is_some_and(|t| t.has(fact)) {
                    let how = format!("is missing: say true when {fact} was seen at its source, else false");
                    cx.problem(at, &format!("verified.{fact}"), how);
                }
                false
            }
            (None, false) => false,
        }
    }
}

fn symptoms(cx: &mut FileCx<'_>, s: &mut Section<'_, '_>) -> Vec<SymptomFile> {
    let mut out: Vec<SymptomFile> = Vec::new();
    let mut ids = BTreeSet::new();
    for (n, mut t) in s.tables(cx, "symptoms") {
        let id_name = t.name("id");
        let id = t.need_slug(cx, "id");
        let label = t.need_text(cx, "label", 60);
        let topic = t.need_slug(cx, "topic");
        t.finish(cx);
        if let Some(id) = &id {
            if &*id.value == allclear_model::text::OTHER {
                cx.problem(id.at, &id_name, "\"other\" is what every service has already; choose another id");
            } else if !ids.insert(id.value.clone()) {
                cx.problem(id.at, &id_name, format!("{} is the id of an earlier symptom", id.value));
            }
        }
        let symptom = match (id, label, &topic) {
            (Some(id), Some(label), Some(topic)) => {
                Some(Symptom { id: id.value, label: label.value.into(), topic: topic.value.clone() })
            }
            _ => None,
        };
        out.push(SymptomFile { n, symptom, topic });
    }
    if out.len() > SYMPTOMS_MAX {
        cx.problem(s.at(), "symptoms", format!("are {}, at most {SYMPTOMS_MAX} are allowed", out.len()));
    }
    out
}

/// The slug in a path `{folder}/{slug}.{ending}`.
pub(super) fn slug_of(file: &str, path: &str) -> Result<Slug, Problem> {
    let name = path.rsplit('/').next().unwrap_or_default();
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    Slug::parse(stem).map_err(|e| Problem::of(file, format!("the file's name without its ending: {}", e.problem)))
}
