//! From sources to the effective catalogue: later files override earlier ones, all problems are collected.

use super::check::{self, Draft};
use super::files::{CategoryFile, ServiceFile, category, service, slug_of};
use super::guide::guide;
use super::reader::FileCx;
use super::{Broken, Include, Loaded, Problem, Source};
use allclear_model::{Guide, Slug};
use std::collections::{BTreeMap, BTreeSet};

/// From here on two threads share the reading of files.
const MANY_FILES: usize = 256;

/// A file that counts, after overriding.
struct File<'a> {
    /// As problems name it.
    shown: String,
    path: &'a str,
    text: Result<&'a str, &'a Problem>,
    source: usize,
}

enum Parsed {
    Service(Option<Box<ServiceFile>>),
    Category(Option<CategoryFile>),
    Guide(Guide),
    /// It could not be read.
    Unread,
    /// It counts for nothing.
    Nothing,
}

/// Reads, checks and merges. `include` chooses among the services of the first source; those of later sources are always
/// watched. References to services that were left out are dropped; references to what exists nowhere are problems.
///
/// # Errors
/// Every problem of every file at once, and the warnings; then there is no catalogue.
pub fn load(sources: &[Source], include: &Include) -> Result<Loaded, Broken> {
    let files = effective(sources);
    let known: BTreeSet<&str> =
        files.values().filter_map(|f| f.path.strip_prefix("services/")?.strip_suffix(".toml")).collect();
    let mut problems = Vec::new();
    if let Include::These(slugs) = include {
        for slug in slugs.iter().filter(|s| !known.contains(s.as_str())) {
            let what = format!("no file services/{slug}.toml exists");
            problems.push(Problem { key: slug.to_string(), ..Problem::of("catalogue.include", what) });
        }
    }
    let wanted: Vec<&File<'_>> = files.values().filter(|f| included(f, include)).collect();
    let mut draft = Draft::new(known);
    let mut warnings = Vec::new();
    for (file, (cx, parsed)) in wanted.iter().zip(parse_all(&wanted)) {
        problems.extend(cx.problems);
        warnings.extend(cx.warnings);
        match parsed {
            Parsed::Service(Some(s)) => draft.service(&file.shown, cx.text, *s),
            Parsed::Category(Some(c)) => draft.category(&file.shown, cx.text, c),
            Parsed::Guide(g) => draft.guide(g),
            Parsed::Service(None) | Parsed::Category(None) | Parsed::Unread => draft.unread(file.path),
            Parsed::Nothing => {}
        }
    }
    // A file that could not be read leaves a hole; what others say of it would only repeat that. So references are
    // checked against names, which are known in any case.
    let catalogue = check::check(draft, &mut problems);
    problems.sort();
    problems.dedup();
    warnings.sort();
    if problems.is_empty() { Ok(Loaded { catalogue, warnings }) } else { Err(Broken { errors: problems, warnings }) }
}

fn effective(sources: &[Source]) -> BTreeMap<&str, File<'_>> {
    let mut files = BTreeMap::new();
    for (n, source) in sources.iter().enumerate() {
        let read = source.files.iter().map(|(path, text)| (path, Ok(&**text)));
        let unread = source.unread.iter().map(|(path, problem)| (path, Err(problem)));
        for (path, text) in read.chain(unread) {
            let shown = if source.name.is_empty() {
                path.clone()
            } else {
                format!("{}/{path}", source.name.trim_end_matches('/'))
            };
            files.insert(path.as_str(), File { shown, path, text, source: n });
        }
    }
    files
}

fn included(file: &File<'_>, include: &Include) -> bool {
    let Some(name) = file.path.strip_prefix("services/") else { return true };
    file.source > 0
        || match include {
            Include::All => true,
            Include::None => false,
            Include::These(slugs) => slugs.iter().any(|s| name.strip_suffix(".toml") == Some(s)),
        }
}

/// Parses files, in order; many of them on two threads.
fn parse_all<'a>(files: &[&'a File<'a>]) -> Vec<(FileCx<'a>, Parsed)> {
    let one = |part: &[&'a File<'a>]| part.iter().map(|f| parse(f)).collect::<Vec<_>>();
    if files.len() < MANY_FILES {
        return one(files);
    }
    let (left, right) = files.split_at(files.len() / 2);
    std::thread::scope(|scope| {
        let right_work = scope.spawn(|| one(right));
        let mut all = one(left);
        // A panic over there would be one here too; then the files are read again on this thread.
        all.extend(right_work.join().unwrap_or_else(|_| one(right)));
        all
    })
}

fn parse<'a>(file: &'a File<'a>) -> (FileCx<'a>, Parsed) {
    let mut cx = FileCx::new(file.shown.clone(), file.text.unwrap_or_default());
    if let Err(problem) = file.text {
        cx.problems.push(problem.clone());
        return (cx, Parsed::Unread);
    }
    let (folder, name) = file.path.split_once('/').unwrap_or(("", file.path));
    let kind: fn(&mut FileCx<'_>, Slug) -> Parsed = match (folder, name.rsplit_once('.').map(|n| n.1)) {
        ("services", Some("toml")) => |cx, slug| Parsed::Service(service(cx, slug).map(Box::new)),
        ("categories", Some("toml")) => |cx, slug| Parsed::Category(category(cx, slug)),
        ("guides", Some("md")) => |cx, slug| Parsed::Guide(guide(cx, slug)),
        _ => {
            let how = "is not services/{slug}.toml, categories/{id}.toml or guides/{name}.md; it has no effect";
            cx.warnings.push(Problem::of(file.shown.clone(), how));
            return (cx, Parsed::Nothing);
        }
    };
    let parsed = match slug_of(&file.shown, file.path) {
        Ok(slug) => kind(&mut cx, slug),
        Err(p) => {
            cx.problems.push(p);
            // Nobody can name it, but what is wrong in it is told too.
            let _ = kind(&mut cx, Slug::other());
            Parsed::Nothing
        }
    };
    (cx, parsed)
}
