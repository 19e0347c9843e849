//! Checks across files: names that are used twice, references that lead nowhere, cycles; then the effective catalogue.

use super::Problem;
use super::files::{CategoryFile, ServiceFile};
use super::names::slugged;
use super::reader::{At, line_of};
use allclear_model::catalogue::Fact;
use allclear_model::{Catalogue, Category, Guide, Service, Slug, Symptom};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

struct In<'a, T> {
    file: &'a str,
    text: &'a str,
    it: T,
}

/// Everything that was read, before the checks.
pub(super) struct Draft<'a> {
    /// Slugs of all services of all sources, watched or not.
    known: BTreeSet<&'a str>,
    services: BTreeMap<Slug, In<'a, ServiceFile>>,
    categories: BTreeMap<Slug, In<'a, CategoryFile>>,
    guides: BTreeMap<Slug, Guide>,
    /// Categories and guides whose file exists but could not be read; references to them are no further problem.
    broken: BTreeSet<String>,
}

impl<'a> Draft<'a> {
    pub(super) fn new(known: BTreeSet<&'a str>) -> Draft<'a> {
        Draft {
            known,
            services: BTreeMap::new(),
            categories: BTreeMap::new(),
            guides: BTreeMap::new(),
            broken: BTreeSet::new(),
        }
    }

    pub(super) fn service(&mut self, file: &'a str, text: &'a str, it: Option<ServiceFile>) {
        if let Some(it) = it {
            self.services.insert(it.slug.clone(), In { file, text, it });
        }
    }

    pub(super) fn category(&mut self, file: &'a str, text: &'a str, it: Option<CategoryFile>) {
        match it {
            Some(it) => {
                self.categories.insert(it.id.clone(), In { file, text, it });
            }
            None => self.break_file(file),
        }
    }

    pub(super) fn guide(&mut self, file: &'a str, it: Option<Guide>) {
        match it {
            Some(it) => {
                self.guides.insert(it.name.clone(), it);
            }
            None => self.break_file(file),
        }
    }

    fn break_file(&mut self, file: &str) {
        let mut parts = file.rsplit('/');
        let (name, folder) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        self.broken.insert(format!("{folder}/{}", name.rsplit_once('.').map_or(name, |n| n.0)));
    }
}

/// Collects problems at a place in a file.
struct Sink<'p> {
    problems: &'p mut Vec<Problem>,
}

impl Sink<'_> {
    fn at<T>(&mut self, place: &In<'_, T>, at: usize, key: impl Into<String>, problem: impl Into<String>) {
        self.problems.push(Problem {
            file: place.file.to_owned(),
            line: line_of(place.text, at),
            key: key.into(),
            problem: problem.into(),
        });
    }
}

/// Checks the draft and builds the catalogue. What is built is only to be used when no problem was found.
pub(super) fn check(draft: Draft<'_>, problems: &mut Vec<Problem>) -> Catalogue {
    let mut sink = Sink { problems };
    names_used_once(&draft, &mut sink);
    let mut catalogue = Catalogue::default();
    for c in draft.categories.values() {
        guide_holds(&draft, &mut sink, c, &c.it.guide, "guide", &c.it.symptoms, true);
    }
    for s in draft.services.values() {
        let service = effective(&draft, &mut sink, s);
        if let Some(c) = draft.categories.get(&service.category) {
            catalogue.categories.entry(service.category.clone()).or_insert_with(|| {
                Arc::new(Category {
                    id: c.it.id.clone(),
                    name: c.it.name.clone(),
                    group: c.it.group.clone(),
                    outages_per_30_days: c.it.outages_per_30_days,
                })
            });
        }
        if let Some(g) = draft.guides.get(&service.guide) {
            catalogue.guides.entry(service.guide.clone()).or_insert_with(|| Arc::new(g.clone()));
        }
        catalogue.services.insert(s.it.slug.clone(), Arc::new(service));
    }
    no_cycles(&draft, &mut sink);
    catalogue
}

fn effective(draft: &Draft<'_>, sink: &mut Sink<'_>, s: &In<'_, ServiceFile>) -> Service {
    let f = &s.it;
    let category = draft.categories.get(&f.category.value);
    if category.is_none() && !draft.broken.contains(&format!("categories/{}", f.category.value)) {
        sink.at(s, f.category.at, "category", format!("no file categories/{}.toml exists", f.category.value));
    }
    let category_guide = category.map_or(&f.category, |c| &c.it.guide);
    let guide = f.guide.as_ref().unwrap_or(category_guide);
    let symptoms: &[At<Symptom>] = match category {
        Some(c) if f.symptoms.is_empty() => &c.it.symptoms,
        _ => &f.symptoms,
    };
    if let Some(own) = &f.guide {
        guide_holds(draft, sink, s, own, "guide", symptoms, !f.symptoms.is_empty());
    } else if category.is_some() && !f.symptoms.is_empty() {
        guide_holds(draft, sink, s, guide, "category", symptoms, true);
    }
    Service {
        slug: f.slug.clone(),
        name: f.name.value.clone(),
        category: f.category.value.clone(),
        homepage: f.homepage.clone(),
        aliases: f.aliases.iter().map(|a| a.value.to_lowercase()).collect(),
        related: references(draft, sink, s, "related", &f.related),
        upstreams: Fact {
            value: references(draft, sink, s, "upstreams", &f.upstreams),
            verified: f.upstreams_verified,
        },
        about: f.about.clone(),
        operator: f.operator.clone(),
        support: f.support.clone(),
        official: f.official.clone(),
        check: f.check.clone(),
        symptoms: symptoms.iter().map(|x| x.value.clone()).collect(),
        guide: guide.value.clone(),
        own_guide: f.guide.is_some() && !f.symptoms.is_empty(),
    }
}

/// The watched ones of a list of services, after checking that all of them exist.
fn references(
    draft: &Draft<'_>,
    sink: &mut Sink<'_>,
    s: &In<'_, ServiceFile>,
    key: &str,
    list: &[At<Slug>],
) -> Vec<Slug> {
    for (i, r) in list.iter().enumerate() {
        if r.value == s.it.slug {
            sink.at(s, r.at, format!("{key}[{i}]"), "is the service itself");
        } else if !draft.known.contains(r.value.as_str()) {
            sink.at(s, r.at, format!("{key}[{i}]"), format!("no file services/{}.toml exists", r.value));
        }
    }
    list.iter().filter(|r| draft.services.contains_key(&r.value)).map(|r| r.value.clone()).collect()
}

/// A guide exists and has the topics of the symptoms.
fn guide_holds<T>(
    draft: &Draft<'_>,
    sink: &mut Sink<'_>,
    place: &In<'_, T>,
    guide: &At<Slug>,
    key: &str,
    symptoms: &[At<Symptom>],
    own: bool,
) {
    let name = &guide.value;
    let Some(g) = draft.guides.get(name) else {
        if key == "guide" && !draft.broken.contains(&format!("guides/{name}")) {
            sink.at(place, guide.at, key, format!("no file guides/{name}.md exists"));
        }
        return;
    };
    for (i, s) in symptoms.iter().enumerate() {
        if g.topics.iter().any(|t| t.id == s.value.topic) {
            continue;
        }
        let lacks = format!("guides/{name}.md has no topic {{#{}}}", s.value.topic);
        if own {
            sink.at(place, s.at, format!("symptoms[{i}].topic"), lacks);
        } else {
            sink.at(place, guide.at, key, format!("{lacks}, which the category's symptom {} needs", s.value.id));
        }
    }
}

/// No two services share a slug, name or alias, whatever the case of the letters and whatever stands between the words:
/// "gpt 4" and "gpt-4" are one address. A service may repeat its own.
fn names_used_once(draft: &Draft<'_>, sink: &mut Sink<'_>) {
    let mut owner: BTreeMap<String, &Slug> = draft.services.keys().map(|s| (s.as_str().to_owned(), s)).collect();
    let mut claim = |s: &In<'_, ServiceFile>, what: &At<String>, key: String, slug| {
        let other = owner.entry(slugged(&what.value).unwrap_or_else(|| what.value.to_lowercase())).or_insert(slug);
        if *other != slug {
            sink.at(s, what.at, key, format!("{:?} already stands for the service {other}", what.value));
        }
    };
    for (slug, s) in &draft.services {
        claim(s, &s.it.name, "name".to_owned(), slug);
    }
    for (slug, s) in &draft.services {
        for (i, a) in s.it.aliases.iter().enumerate() {
            claim(s, a, format!("aliases[{i}]"), slug);
        }
    }
}

/// Upstreams lead upwards only.
fn no_cycles(draft: &Draft<'_>, sink: &mut Sink<'_>) {
    #[derive(Clone, Copy, PartialEq)]
    enum Seen {
        Open,
        Done,
    }
    let mut seen: BTreeMap<&Slug, Seen> = BTreeMap::new();
    for start in draft.services.keys() {
        // Depth first without recursion: (service, next upstream to look at).
        let mut path: Vec<(&Slug, usize)> = Vec::new();
        if !seen.contains_key(start) {
            seen.insert(start, Seen::Open);
            path.push((start, 0));
        }
        while let Some((slug, next)) = path.last_mut() {
            let slug = *slug;
            let Some(s) = draft.services.get(slug) else { break };
            let Some(up) = s.it.upstreams.get(*next) else {
                seen.insert(slug, Seen::Done);
                path.pop();
                continue;
            };
            let index = *next;
            *next += 1;
            match seen.get(&up.value) {
                Some(Seen::Open) if up.value != *slug => {
                    let from = path.iter().position(|p| *p.0 == up.value).unwrap_or(0);
                    let mut names: Vec<&str> = path[from..].iter().map(|p| p.0.as_str()).collect();
                    names.push(&up.value);
                    sink.at(
                        s,
                        up.at,
                        format!("upstreams[{index}]"),
                        format!("leads back to itself: {}", names.join(" -> ")),
                    );
                }
                // Done, or a service that names itself, which is a problem of its own.
                Some(_) => {}
                None => {
                    if let Some((key, _)) = draft.services.get_key_value(&up.value) {
                        seen.insert(key, Seen::Open);
                        path.push((key, 0));
                    }
                }
            }
        }
    }
}
