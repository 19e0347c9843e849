//! Checks across files: names that are used twice, references that lead nowhere, cycles; then the effective catalogue.

use super::Problem;
use super::cycles;
use super::files::{CategoryFile, ServiceFile, SymptomFile};
use super::names::slugged;
use super::reader::{At, Nth, line_of};
use allclear_model::catalogue::Fact;
use allclear_model::{Catalogue, Category, Guide, Service, Slug, Symptom};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What a file says, and the file.
pub(super) struct In<'a, T> {
    pub(super) file: &'a str,
    text: &'a str,
    pub(super) it: T,
}

impl<T> In<'_, T> {
    /// The line of a byte, from 1.
    pub(super) fn line(&self, at: usize) -> usize {
        line_of(self.text, at)
    }
}

/// Everything that was read, before the checks.
pub(super) struct Draft<'a> {
    /// Slugs of all services of all sources, watched or not.
    known: BTreeSet<&'a str>,
    pub(super) services: BTreeMap<Slug, In<'a, ServiceFile>>,
    categories: BTreeMap<Slug, In<'a, CategoryFile>>,
    guides: BTreeMap<Slug, Guide>,
    /// Files that exist but could not be read, without their endings; references to them are no further problem.
    unread: BTreeSet<&'a str>,
}

impl<'a> Draft<'a> {
    pub(super) fn new(known: BTreeSet<&'a str>) -> Draft<'a> {
        Draft {
            known,
            services: BTreeMap::new(),
            categories: BTreeMap::new(),
            guides: BTreeMap::new(),
            unread: BTreeSet::new(),
        }
    }

    pub(super) fn service(&mut self, file: &'a str, text: &'a str, it: ServiceFile) {
        self.services.insert(it.slug.clone(), In { file, text, it });
    }

    pub(super) fn category(&mut self, file: &'a str, text: &'a str, it: CategoryFile) {
        self.categories.insert(it.id.clone(), In { file, text, it });
    }

    pub(super) fn guide(&mut self, it: Guide) {
        self.guides.insert(it.name.clone(), it);
    }

    pub(super) fn unread(&mut self, path: &'a str) {
        self.unread.insert(path.rsplit_once('.').map_or(path, |(stem, _)| stem));
    }
}

/// Collects problems at a place in a file.
pub(super) struct Sink<'p> {
    problems: &'p mut Vec<Problem>,
}

impl Sink<'_> {
    pub(super) fn at<T>(&mut self, place: &In<'_, T>, at: usize, key: impl Into<String>, problem: impl Into<String>) {
        self.problems.push(Problem {
            file: place.file.to_owned(),
            line: place.line(at),
            key: key.into(),
            problem: problem.into(),
        });
    }
}

/// Checks the draft and builds the catalogue of what is whole in it; only to be used when no problem was found.
pub(super) fn check(draft: Draft<'_>, problems: &mut Vec<Problem>) -> Catalogue {
    let mut sink = Sink { problems };
    names_used_once(&draft, &mut sink);
    let mut catalogue = Catalogue::default();
    for c in draft.categories.values() {
        if let Some(guide) = &c.it.guide {
            guide_holds(&draft, &mut sink, c, guide, "guide", &c.it.symptoms, true);
        }
    }
    // Made once, so that a category's services hold them together.
    let usual: Usual<'_> = draft.categories.iter().map(|(id, c)| (id, whole_symptoms(&c.it.symptoms))).collect();
    for s in draft.services.values() {
        let Some(service) = effective(&draft, &usual, &mut sink, s) else { continue };
        if let Some(category) = draft.categories.get(&service.category).and_then(whole_category)
            && !catalogue.categories.contains_key(&service.category)
        {
            catalogue.categories.insert(service.category.clone(), Arc::new(category));
        }
        if let Some(g) = draft.guides.get(&service.guide) {
            catalogue.guides.entry(service.guide.clone()).or_insert_with(|| Arc::new(g.clone()));
        }
        catalogue.services.insert(s.it.slug.clone(), Arc::new(service));
    }
    cycles::tell(&draft, &mut sink);
    catalogue
}

/// The symptoms of each category; `None` where one does not hold.
type Usual<'d> = BTreeMap<&'d Slug, Option<Arc<[Symptom]>>>;

fn whole_symptoms(all: &[SymptomFile]) -> Option<Arc<[Symptom]>> {
    all.iter().map(|x| x.symptom.clone()).collect()
}

fn whole_category(c: &In<'_, CategoryFile>) -> Option<Category> {
    Some(Category {
        id: c.it.id.clone(),
        name: c.it.name.clone()?,
        group: c.it.group.clone()?,
        outages_per_30_days: c.it.outages_per_30_days?,
    })
}

/// Checks what a service says of others, whatever else is wrong with it, and makes the service if it is whole.
fn effective(draft: &Draft<'_>, usual: &Usual<'_>, sink: &mut Sink<'_>, s: &In<'_, ServiceFile>) -> Option<Service> {
    let f = &s.it;
    let category = f.category.as_ref().and_then(|c| draft.categories.get(&c.value));
    if let Some(c) = &f.category
        && category.is_none()
        && !draft.unread.contains(&*format!("categories/{}", c.value))
    {
        sink.at(s, c.at, "category", format!("no file categories/{}.toml exists", c.value));
    }
    let symptoms: &[SymptomFile] = match category {
        Some(c) if f.symptoms.is_empty() => &c.it.symptoms,
        _ => &f.symptoms,
    };
    let category_guide = category.and_then(|c| c.it.guide.as_ref());
    if let Some(own) = &f.guide {
        guide_holds(draft, sink, s, own, "guide", symptoms, !f.symptoms.is_empty());
    } else if let Some(guide) = category_guide
        && !f.symptoms.is_empty()
    {
        guide_holds(draft, sink, s, guide, "category", symptoms, true);
    }
    let related = references(draft, sink, s, "related", &f.related);
    let upstreams = references(draft, sink, s, "upstreams", &f.upstreams);
    Some(Service {
        slug: f.slug.clone(),
        name: f.name.as_ref()?.value.clone(),
        category: f.category.as_ref()?.value.clone(),
        homepage: f.homepage.clone()?,
        aliases: f.aliases.iter().map(|a| a.value.to_lowercase()).collect(),
        related,
        upstreams: Fact { value: upstreams, verified: f.upstreams_verified },
        about: f.about.clone(),
        operator: f.operator.clone(),
        support: f.support.clone(),
        official: f.official.clone(),
        check: f.check.clone(),
        symptoms: match category {
            Some(c) if f.symptoms.is_empty() => usual.get(&c.it.id)?.clone()?,
            _ => whole_symptoms(&f.symptoms)?,
        },
        guide: f.guide.as_ref().or(category_guide)?.value.clone(),
        own_guide: f.guide.is_some() && !f.symptoms.is_empty(),
    })
}

/// The watched ones of a list of services, after checking that all of them exist.
fn references(
    draft: &Draft<'_>,
    sink: &mut Sink<'_>,
    s: &In<'_, ServiceFile>,
    key: &str,
    list: &[Nth<Slug>],
) -> Vec<Slug> {
    for r in list {
        let key = || format!("{key}[{}]", r.n);
        if r.value == s.it.slug {
            sink.at(s, r.at, key(), "is the service itself");
        } else if !draft.known.contains(r.value.as_str()) {
            sink.at(s, r.at, key(), format!("no file services/{}.toml exists", r.value));
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
    symptoms: &[SymptomFile],
    own: bool,
) {
    let name = &guide.value;
    let Some(g) = draft.guides.get(name) else {
        if key == "guide" && !draft.unread.contains(&*format!("guides/{name}")) {
            sink.at(place, guide.at, key, format!("no file guides/{name}.md exists"));
        }
        return;
    };
    for s in symptoms {
        let Some(topic) = s.topic.as_ref().filter(|topic| !g.topics.iter().any(|t| t.id == topic.value)) else {
            continue;
        };
        let lacks = format!("guides/{name}.md has no topic {{#{}}}", topic.value);
        if own {
            sink.at(place, topic.at, format!("symptoms[{}].topic", s.n), lacks);
        } else {
            let id = s.symptom.as_ref().map_or("without an id", |s| &*s.id);
            sink.at(place, guide.at, key, format!("{lacks}, which the category's symptom {id} needs"));
        }
    }
}

/// No two services share a slug, name or alias, whatever the case of the letters and whatever stands between the words:
/// "gpt 4" and "gpt-4" are one address. A service may repeat its own.
fn names_used_once(draft: &Draft<'_>, sink: &mut Sink<'_>) {
    let unread = draft.unread.iter().filter_map(|path| path.strip_prefix("services/"));
    let slugs = draft.services.keys().map(Slug::as_str).chain(unread);
    let mut owner: BTreeMap<String, &str> = slugs.map(|s| (s.to_owned(), s)).collect();
    let mut claim = |s: &In<'_, ServiceFile>, name: &str, at: usize, key: &dyn Fn() -> String, slug| {
        let other = owner.entry(slugged(name).unwrap_or_else(|| name.to_lowercase())).or_insert(slug);
        if *other != slug {
            sink.at(s, at, key(), format!("{name:?} already stands for the service {other}"));
        }
    };
    for (slug, s) in &draft.services {
        if let Some(name) = &s.it.name {
            claim(s, &name.value, name.at, &|| "name".to_owned(), slug.as_str());
        }
    }
    for (slug, s) in &draft.services {
        for a in &s.it.aliases {
            claim(s, &a.value, a.at, &|| format!("aliases[{}]", a.n), slug.as_str());
        }
    }
}
