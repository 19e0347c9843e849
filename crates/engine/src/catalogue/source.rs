//! Where catalogue files come from, and how a problem in one is named.

use allclear_model::{Catalogue, Slug};
use std::borrow::Cow;
use std::fmt;
use std::path::Path;

/// Largest catalogue file that is read, in bytes.
pub(super) const FILE_MAX: u64 = 256 * 1024;

/// A named set of files. Later sources override earlier ones file by file.
#[derive(Debug, Clone, Default)]
pub struct Source {
    /// How its files are named in problems: empty for the built-in ones, else the folder.
    pub name: String,
    /// Relative paths (`services/{slug}.toml`, `categories/{id}.toml`, `guides/{name}.md`) and contents.
    pub files: Vec<(String, Cow<'static, str>)>,
}

impl Source {
    /// The files that were built into the binary.
    pub fn embedded(files: impl IntoIterator<Item = (&'static str, &'static str)>) -> Source {
        Source {
            name: String::new(),
            files: files.into_iter().map(|(p, c)| (p.to_owned(), Cow::Borrowed(c))).collect(),
        }
    }

    /// The files of an operator's folder: those three sub-folders, one level deep. Blocks on the disk.
    ///
    /// # Errors
    /// One problem per folder or file that cannot be read.
    pub fn folder(dir: &Path) -> Result<Source, Vec<Problem>> {
        let mut source = Source { name: dir.display().to_string(), files: Vec::new() };
        let mut problems = Vec::new();
        if !dir.is_dir() {
            return Err(vec![Problem::of(dir.display().to_string(), "is not a folder that can be read")]);
        }
        for (sub, ending) in [("services", "toml"), ("categories", "toml"), ("guides", "md")] {
            let entries = match std::fs::read_dir(dir.join(sub)) {
                Ok(entries) => entries,
                Err(e) if e.kind() == std::io::ErrorKind::NotFound => continue,
                Err(e) => {
                    problems.push(Problem::of(dir.join(sub).display().to_string(), e.to_string()));
                    continue;
                }
            };
            let mut paths = Vec::new();
            for entry in entries {
                match entry {
                    Ok(entry) => paths.push(entry.path()),
                    Err(e) => problems.push(Problem::of(dir.join(sub).display().to_string(), e.to_string())),
                }
            }
            paths.sort();
            for path in paths.into_iter().filter(|p| p.extension().is_some_and(|e| e == ending)) {
                let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
                let content = match std::fs::metadata(&path) {
                    Ok(m) if m.len() > FILE_MAX => Err(format!("is larger than {FILE_MAX} bytes")),
                    Ok(_) => std::fs::read_to_string(&path).map_err(|e| e.to_string()),
                    Err(e) => Err(e.to_string()),
                };
                match content {
                    Ok(text) => source.files.push((format!("{sub}/{name}"), Cow::Owned(text))),
                    Err(e) => problems.push(Problem::of(path.display().to_string(), e)),
                }
            }
        }
        if problems.is_empty() { Ok(source) } else { Err(problems) }
    }
}

/// Which services are watched.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Include {
    /// All that the sources name.
    #[default]
    All,
    /// Only those of sources after the first (the built-in one).
    None,
    /// These of the first source, and all of the later ones.
    These(Vec<Slug>),
}

/// One thing that is wrong with a catalogue: where and what.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Problem {
    /// The file, as its source names it.
    pub file: String,
    /// Line, from 1; 0 when it concerns the whole file.
    pub line: usize,
    /// The key, dotted, or the heading; empty when it concerns the whole file.
    pub key: String,
    /// A lower-case sentence that says what is wrong and what is allowed.
    pub problem: String,
}

impl Problem {
    /// A problem with a whole file.
    pub(crate) fn of(file: impl Into<String>, problem: impl Into<String>) -> Problem {
        Problem { file: file.into(), line: 0, key: String::new(), problem: problem.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if self.line > 0 {
            write!(f, ":{}", self.line)?;
        }
        if !self.key.is_empty() {
            write!(f, ": {}", self.key)?;
        }
        write!(f, ": {}", self.problem)
    }
}

/// A catalogue that holds, and what one should still look at.
#[derive(Debug, Clone, Default)]
pub struct Loaded {
    /// The effective content.
    pub catalogue: Catalogue,
    /// Unknown keys and the like: reported, not refused.
    pub warnings: Vec<Problem>,
}
