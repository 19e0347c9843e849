//! The catalogue that is built into the binary, and the effective one made of it and the operator's own folder.

use crate::config::{self, Include};
use crate::exit::{Failure, While};
use crate::prepared::{Fingerprint, Prepared};
use allclear_engine::catalogue::{self, Broken, Loaded, Problem, Source};
use include_dir::{Dir, DirEntry, include_dir};
use std::path::Path;
use tokio_util::task::TaskTracker;

static FILES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../../catalogue");

/// The built-in files.
pub(crate) fn source() -> Source {
    let mut files = Vec::with_capacity(1024);
    collect(&FILES, &mut files);
    Source::embedded(files)
}

/// A built-in file by its relative path.
pub(crate) fn file(path: &str) -> Option<&'static str> {
    FILES.get_file(path)?.contents_utf8()
}

fn collect(dir: &'static Dir<'static>, files: &mut Vec<(&'static str, &'static str)>) {
    for entry in dir.entries() {
        match entry {
            DirEntry::Dir(d) => collect(d, files),
            DirEntry::File(f) => {
                if let (Some(path), Some(text)) = (f.path().to_str(), f.contents_utf8()) {
                    files.push((path, text));
                }
            }
        }
    }
}

/// Built-in catalogue plus the operator's folder, as the configuration says.
///
/// # Errors
/// Every problem in it, with the warnings.
pub(crate) fn load(dir: Option<&Path>, include: &Include) -> Result<Loaded, Broken> {
    catalogue::load(&sources(dir)?, &wanted(include))
}

fn sources(dir: Option<&Path>) -> Result<Vec<Source>, Broken> {
    let no_folder = |problem| Broken { errors: vec![problem], warnings: Vec::new() };
    let own = dir.map(Source::folder).transpose().map_err(no_folder)?;
    Ok(std::iter::once(source()).chain(own).collect())
}

fn wanted(include: &Include) -> catalogue::Include {
    match include {
        Include::All => catalogue::Include::All,
        Include::None => catalogue::Include::None,
        Include::These(slugs) => catalogue::Include::These(slugs.iter().cloned().collect()),
    }
}

/// The effective catalogue of a site, its warnings logged.
///
/// # Errors
/// Exit code 2 with every problem on a line of its own.
pub(crate) fn effective(c: &config::Catalogue) -> Result<allclear_model::Catalogue, Failure> {
    let (warnings, result) = match load(c.dir.as_deref(), &c.include) {
        Ok(loaded) => (loaded.warnings, Ok(loaded.catalogue)),
        Err(broken) => (broken.warnings, Err(Failure::bad_input(told(&broken.errors)))),
    };
    for w in &warnings {
        tracing::warn!("catalogue: {w}");
    }
    result
}

/// Begins to read the effective catalogue of the site in `data` on a thread of `tracker`, its warnings logged. What was made
/// of the same files at an earlier start is not made again.
pub(crate) fn begin(
    c: &config::Catalogue,
    data: &Path,
    tracker: &TaskTracker,
) -> impl Future<Output = Result<allclear_model::Catalogue, Failure>> + use<> {
    let (config, data) = (c.clone(), data.to_owned());
    let reading = tracker.spawn_blocking(move || {
        let prepared = prepare(&config, &data).map_err(|broken| {
            broken.warnings.iter().for_each(|w| tracing::warn!("catalogue: {w}"));
            Failure::bad_input(told(&broken.errors))
        })?;
        prepared.warnings.iter().for_each(|w| tracing::warn!("catalogue: {w}"));
        Ok(prepared.catalogue)
    });
    async move { reading.await.or_cannot("read the catalogue")? }
}

fn prepare(c: &config::Catalogue, data: &Path) -> Result<Prepared, Broken> {
    let (sources, include) = (sources(c.dir.as_deref())?, wanted(&c.include));
    let of = Fingerprint::of(&sources, &format!("{include:?}"));
    // A file that cannot be read has no content to compare: what was made without it is not what is meant.
    if sources.iter().all(|s| s.unread.is_empty())
        && let Some(kept) = Prepared::kept(data, of)
    {
        return Ok(kept);
    }
    let Loaded { catalogue, warnings } = catalogue::load(&sources, &include)?;
    let prepared = Prepared { of, warnings: warnings.iter().map(ToString::to_string).collect(), catalogue };
    prepared.keep(data);
    Ok(prepared)
}

/// Problems as lines under a sentence.
pub(crate) fn told(problems: &[Problem]) -> String {
    let mut text = match problems.len() {
        1 => "the catalogue has an error:".to_owned(),
        n => format!("the catalogue has {n} errors:"),
    };
    for p in problems {
        text.push_str("\n  ");
        text.push_str(&p.to_string());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    /// Services that are a whole page which others are parts of, and why.
    const OWNERS: [(&str, &str); 8] = [
        ("apple-services", "is all that Apple lists"),
        ("aws", "is the cloud whose page it is"),
        ("azure", "is the cloud whose page it is"),
        ("cloudflare", "is the vendor; others of the page run on it"),
        ("github", "is the vendor, and Copilot a part of it"),
        ("google-cloud", "is the cloud whose page it is"),
        ("google-workspace", "is all that the dashboard lists"),
        ("vercel", "is the vendor, and v0 a product of it"),
    ];

    #[test]
    fn official_pages_that_services_share_are_read_by_each_for_its_own_part() {
        let catalogue = effective(&config::Catalogue { dir: None, include: Include::All })
            .unwrap_or_else(|e| panic!("{}", e.message));
        let mut pages: BTreeMap<&str, Vec<(&str, String)>> = BTreeMap::new();
        for (slug, service) in &catalogue.services {
            let Some(page) = service.official.as_ref().map(|o| &o.value) else { continue };
            // A page that nothing reads says nothing of anybody.
            if page.format.as_deref().and_then(allclear_signals::official::format).is_some() {
                pages.entry(page.address()).or_default().push((slug.as_str(), page.part.to_string()));
            }
        }
        let owners: BTreeMap<&str, &str> = OWNERS.into_iter().collect();
        let (mut wrong, mut seen) = (Vec::new(), Vec::new());
        for (address, services) in pages.iter().filter(|(_, services)| services.len() > 1) {
            for (n, (slug, part)) in services.iter().enumerate() {
                if part.is_empty() && owners.contains_key(slug) {
                    seen.push(*slug);
                } else if part.is_empty() {
                    wrong.push(format!("{slug} is the whole of {address}, as others are parts of it"));
                }
                if let Some((other, _)) = services.iter().skip(n + 1).find(|(_, p)| p == part) {
                    wrong.push(format!("{slug} and {other} are the same of {address}"));
                }
            }
        }
        seen.sort_unstable();
        assert!(wrong.is_empty(), "{wrong:#?}");
        assert_eq!(seen, owners.into_keys().collect::<Vec<_>>(), "owners that share no page any more");
    }
}
