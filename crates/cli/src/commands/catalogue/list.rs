//! `allclear catalogue list`

use crate::exit::{OK, Outcome};
use crate::output;
use allclear_model::{Catalogue, Service, Slug};
use serde::Serialize;

#[derive(Serialize)]
struct Line<'a> {
    slug: &'a str,
    name: &'a str,
    category: &'a str,
    homepage: &'a str,
    aliases: &'a [String],
    symptoms: Vec<&'a str>,
    own_guide: bool,
}

/// Lists the services.
pub(super) fn list(json: bool, content: &Catalogue) -> Outcome {
    let lines: Vec<Line<'_>> = content
        .services
        .values()
        .map(|s| Line {
            slug: &s.slug,
            name: &s.name,
            category: &s.category,
            homepage: &s.homepage.value,
            aliases: &s.aliases,
            symptoms: s.symptoms.iter().map(|s| &*s.id).collect(),
            own_guide: s.own_guide,
        })
        .collect();
    if json {
        output::json(&lines)?;
    } else {
        let rows: Vec<Vec<String>> = lines
            .iter()
            .map(|l| vec![l.slug.to_owned(), l.name.to_owned(), l.category.to_owned(), l.symptoms.join(" ")])
            .collect();
        output::print(&output::table(&["SLUG", "NAME", "CATEGORY", "SYMPTOMS (and other)"], &rows))?;
    }
    Ok(OK)
}

#[derive(Serialize)]
struct Unverified<'a> {
    service: &'a str,
    fact: &'static str,
    value: String,
}

fn facts(s: &Service) -> Vec<Unverified<'_>> {
    let upstreams = s.upstreams.value.iter().map(Slug::as_str).collect::<Vec<_>>().join(" ");
    let facts = [
        ("homepage", !s.homepage.verified, Some(s.homepage.value.clone())),
        ("upstreams", !s.upstreams.verified, Some(upstreams).filter(|u| !u.is_empty())),
        (
            "official",
            s.official.as_ref().is_some_and(|f| !f.verified),
            s.official.as_ref().map(|f| f.value.page.clone()),
        ),
        ("check", s.check.as_ref().is_some_and(|f| !f.verified), s.check.as_ref().map(|f| f.value.address())),
        ("support", s.support.as_ref().is_some_and(|f| !f.verified), s.support.as_ref().map(|f| f.value.clone())),
        ("operator", s.operator.as_ref().is_some_and(|f| !f.verified), s.operator.as_ref().map(|f| f.value.clone())),
    ];
    facts
        .into_iter()
        .filter(|(_, open, _)| *open)
        .filter_map(|(fact, _, value)| Some(Unverified { service: &s.slug, fact, value: value? }))
        .collect()
}

/// Lists the facts that nobody has verified at their source.
pub(super) fn unverified(json: bool, content: &Catalogue) -> Outcome {
    let facts: Vec<Unverified<'_>> = content.services.values().flat_map(|s| facts(s)).collect();
    if json {
        output::json(&facts)?;
    } else {
        let rows: Vec<Vec<String>> =
            facts.iter().map(|f| vec![f.service.to_owned(), f.fact.to_owned(), f.value.clone()]).collect();
        let table = output::table(&["SERVICE", "FACT", "VALUE"], &rows);
        output::print(&format!(
            "{table}{} facts of {} services are not verified.\n",
            facts.len(),
            content.services.len()
        ))?;
    }
    Ok(OK)
}
