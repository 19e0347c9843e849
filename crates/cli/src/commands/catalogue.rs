//! `allclear catalogue`

use crate::config::{ConfigArgs, Include};
use crate::embedded;
use crate::exit::{BAD_INPUT, Failure, OK, Outcome};
use crate::output;
use allclear_model::{Catalogue as Content, Service, Slug};
use serde::Serialize;
use serde_json::json;
use std::path::PathBuf;

/// Check and list the services that can be watched
#[derive(Debug, clap::Args)]
#[command(arg_required_else_help = true)]
pub(crate) struct Catalogue {
    /// What to do
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Check the built-in catalogue, with DIR on top of it
    #[command(after_help = "\
DIR has services/SLUG.toml, categories/ID.toml and guides/NAME.md; its files add to the built-in ones or replace them.

Example:
  allclear catalogue check my-services/

All errors are told at once, each with file, line and key; warnings stand beside them and do not change the exit code.

Exit codes: 0 it holds; 2 it has errors, usage, or DIR is not a folder.")]
    Check {
        /// An operator's own folder
        dir: Option<PathBuf>,
        /// Print JSON: {"services","errors":[{"file","line","key","problem"}],"warnings":[…]}
        #[arg(long)]
        json: bool,
    },
    /// List the services of the effective catalogue
    #[command(after_help = "\
Exit codes: 0 listed; 2 usage or a broken catalogue.")]
    List {
        /// Print JSON: [{"slug","name","category","homepage","aliases","symptoms","own_guide"}]
        #[arg(long)]
        json: bool,
        /// An operator's own folder (setting catalogue.dir)
        #[arg(long, value_name = "DIR")]
        catalogue: Option<PathBuf>,
        #[command(flatten)]
        config: ConfigArgs,
    },
    /// List the facts that nobody has verified at their source
    #[command(after_help = "\
It opens no connection: it reads the marks in the catalogue's [verified] tables and lists every fact whose mark is \
false. An unverified upstream is never named in public as a cause. To verify a fact, look at its source, correct the \
service's file and set its mark.

Exit codes: 0 listed, whether or not there are any; 2 usage or a broken catalogue.")]
    Verify {
        /// Print JSON: [{"service","fact","value"}]
        #[arg(long)]
        json: bool,
        /// An operator's own folder (setting catalogue.dir)
        #[arg(long, value_name = "DIR")]
        catalogue: Option<PathBuf>,
        #[command(flatten)]
        config: ConfigArgs,
    },
}

impl Catalogue {
    pub(crate) fn run(self) -> Outcome {
        match self.action {
            Action::Check { dir, json } => check(dir, json),
            Action::List { json, catalogue, config } => list(json, &effective(&config, catalogue)?),
            Action::Verify { json, catalogue, config } => verify(json, &effective(&config, catalogue)?),
        }
    }
}

fn effective(config: &ConfigArgs, dir: Option<PathBuf>) -> Result<Content, Failure> {
    let flags: Vec<_> = dir.map(|d| ("catalogue.dir", d.display().to_string(), "--catalogue")).into_iter().collect();
    embedded::effective(&config.load(&flags)?.catalogue)
}

fn check(dir: Option<PathBuf>, as_json: bool) -> Outcome {
    if let Some(dir) = dir.as_deref().filter(|d| !d.is_dir()) {
        return Err(Failure::bad_input(format!("{} is not a folder that can be read", dir.display())));
    }
    let (services, errors, warnings) = match embedded::load(dir.as_deref(), &Include::All) {
        Ok(loaded) => (loaded.catalogue.services.len(), Vec::new(), loaded.warnings),
        Err(broken) => (0, broken.errors, broken.warnings),
    };
    if as_json {
        output::json(&json!({"services": services, "errors": errors, "warnings": warnings}))?;
    } else {
        for w in &warnings {
            output::note(&format!("warning: {w}"));
        }
        if errors.is_empty() {
            output::print(&format!("The catalogue holds: {services} services.\n"))?;
        }
    }
    match errors.is_empty() {
        true => Ok(OK),
        false if as_json => Ok(BAD_INPUT),
        false => Err(Failure::bad_input(embedded::told(&errors))),
    }
}

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

fn list(json: bool, content: &Content) -> Outcome {
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

fn unverified(s: &Service) -> Vec<Unverified<'_>> {
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

fn verify(json: bool, content: &Content) -> Outcome {
    let facts: Vec<Unverified<'_>> = content.services.values().flat_map(|s| unverified(s)).collect();
    if json {
        output::json(&facts)?;
    } else {
        let rows: Vec<Vec<String>> =
            facts.iter().map(|f| vec![f.service.to_owned(), f.fact.to_owned(), f.value.clone()]).collect();
        let table = output::table(&["SERVICE", "FACT", "VALUE"], &rows);
        let text = format!(
            "{table}{} facts of {} services are not verified. No connection was opened; this lists the marks in the catalogue.\n",
            facts.len(),
            content.services.len()
        );
        output::print(&text)?;
    }
    Ok(OK)
}
