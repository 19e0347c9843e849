//! Where catalogue files come from, and how a problem in one is named.

use allclear_model::{Catalogue, Slug};
use std::borrow::Cow;
use std::fmt;
use std::fs::File;
use std::io::Read;
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
    /// Relative paths of files that are there but cannot be read, and why. They override like any other, so the catalogue
    /// is broken, but all other files are checked all the same.
    pub unread: Vec<(String, Problem)>,
}

impl Source {
    /// The files that were built into the binary.
    pub fn embedded(files: impl IntoIterator<Item = (&'static str, &'static str)>) -> Source {
        Source {
            files: files.into_iter().map(|(p, c)| (p.to_owned(), Cow::Borrowed(c))).collect(),
            ..Source::default()
        }
    }

    /// The files of an operator's folder: those three sub-folders, one level deep. Blocks on the disk. A file that cannot
    /// be read (no right to, too large, no UTF-8) is kept as [`Source::unread`].
    ///
    /// # Errors
    /// When it is no folder that can be read.
    pub fn folder(dir: &Path) -> Result<Source, Problem> {
        let mut source = Source { name: dir.display().to_string(), ..Source::default() };
        if !dir.is_dir() {
            return Err(Problem::of(dir.display().to_string(), "is not a folder that can be read"));
        }
        for (sub, ending) in [("services", "toml"), ("categories", "toml"), ("guides", "md")] {
            let entries = match std::fs::read_dir(dir.join(sub)) {
                Ok(entries) => entries,
                Err(e) if e.kind() == std::io::ErrorKind::NotFound => continue,
                Err(e) => {
                    let problem = Problem::of(dir.join(sub).display().to_string(), e.to_string());
                    source.unread.push((sub.to_owned(), problem));
                    continue;
                }
            };
            let mut paths = Vec::new();
            for entry in entries {
                match entry {
                    Ok(entry) => paths.push(entry.path()),
                    Err(e) => {
                        let problem = Problem::of(dir.join(sub).display().to_string(), e.to_string());
                        source.unread.push((sub.to_owned(), problem));
                    }
                }
            }
            paths.sort_by(|a, b| a.file_name().cmp(&b.file_name()));
            for path in paths.into_iter().filter(|p| p.extension().is_some_and(|e| e == ending)) {
                let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
                let relative = format!("{sub}/{name}");
                match read(&path) {
                    Ok(text) => source.files.push((relative, Cow::Owned(text))),
                    Err(problem) => source.unread.push((relative, problem)),
                }
            }
        }
        Ok(source)
    }
}

/// Reads a file as text; what is no UTF-8 is named by line and byte.
fn read(path: &Path) -> Result<String, Problem> {
    let shown = || path.display().to_string();
    // Most files fit, so that a start with thousands of them asks the system little.
    let mut bytes = Vec::with_capacity(4096);
    let length = File::open(path).and_then(|f| f.take(FILE_MAX + 1).read_to_end(&mut bytes));
    if length.map_err(|e| Problem::of(shown(), e.to_string()))? as u64 > FILE_MAX {
        return Err(Problem::of(shown(), format!("is larger than {FILE_MAX} bytes")));
    }
    // A thousand files are held at once; most are a tenth of that.
    bytes.shrink_to_fit();
    String::from_utf8(bytes).map_err(|e| {
        let at = e.utf8_error().valid_up_to();
        let bytes = e.as_bytes();
        let before = bytes.get(..at).unwrap_or_default();
        let column = at - before.iter().rposition(|b| *b == b'\n').map_or(0, |n| n + 1) + 1;
        let byte = bytes.get(at).copied().unwrap_or_default();
        let problem = format!("is not UTF-8: byte {column} of this line, byte {} of the file, is 0x{byte:02x}", at + 1);
        Problem { line: before.split(|b| *b == b'\n').count(), ..Problem::of(shown(), problem) }
    })
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

/// What is wrong with a catalogue that does not hold.
#[derive(Debug, Clone, Default)]
pub struct Broken {
    /// Every error of every file, in order of file and line.
    pub errors: Vec<Problem>,
    /// What one should look at besides, as in [`Loaded`].
    pub warnings: Vec<Problem>,
}
