//! Where settings come from: a TOML file, environment variables, flags. Later layers win.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use toml::de::{DeTable, DeValue};

/// A value as it was written, before anybody knows what it should be.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Raw {
    /// Text; environment variables and flags are always text.
    Text(String),
    /// A whole number.
    Int(i64),
    /// `true` or `false`.
    Bool(bool),
    /// A list of values.
    List(Vec<Raw>),
    /// Anything else TOML has (dates, fractions, tables in lists): no setting takes it.
    Other(&'static str),
}

impl fmt::Display for Raw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Raw::Text(t) => write!(f, "{:?}", t.chars().take(80).collect::<String>()),
            Raw::Int(n) => write!(f, "{n}"),
            Raw::Bool(b) => write!(f, "{b}"),
            Raw::List(items) => {
                f.write_str("[")?;
                for (i, item) in items.iter().take(8).enumerate() {
                    if i > 0 {
                        f.write_str(", ")?;
                    }
                    item.fmt(f)?;
                }
                f.write_str("]")
            }
            Raw::Other(what) => f.write_str(what),
        }
    }
}

/// Who set a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    /// Nobody: the built-in value.
    Default,
    /// A line of the configuration file.
    File { path: String, line: usize },
    /// An environment variable.
    Env(String),
    /// A command-line flag.
    Flag(&'static str),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Default => f.write_str("default"),
            Source::File { path, line } => write!(f, "{path}:{line}"),
            Source::Env(name) => write!(f, "environment {name}"),
            Source::Flag(name) => write!(f, "flag {name}"),
        }
    }
}

/// Settings by key ("http.listen"), each with the one who set it.
pub(crate) type Layer = BTreeMap<String, (Raw, Source)>;

/// Prefix of all our environment variables.
const PREFIX: &str = "ALLCLEAR_";

/// Environment variables with our prefix that are not settings.
const NOT_SETTINGS: [&str; 2] = ["ALLCLEAR_CONFIG", "ALLCLEAR_KILL_ROUNDS"];

/// Reads a configuration file.
///
/// # Errors
/// A sentence with file and line when it is not TOML.
pub(crate) fn from_toml(path: &Path, text: &str) -> Result<Layer, String> {
    let shown = path.display().to_string();
    let line_of = |at: usize| text.as_bytes().iter().take(at).filter(|b| **b == b'\n').count() + 1;
    let root = DeTable::parse(text).map_err(|e| {
        let line = e.span().map_or(1, |s| line_of(s.start));
        format!("{shown}:{line}: {}", e.message())
    })?;
    let mut layer = Layer::new();
    for (section, value) in root.get_ref() {
        let name: &str = section.get_ref();
        match value.get_ref() {
            DeValue::Table(table) => {
                for (key, v) in table {
                    let full = format!("{name}.{}", key.get_ref());
                    let source = Source::File { path: shown.clone(), line: line_of(key.span().start) };
                    layer.insert(full, (raw(v.get_ref()), source));
                }
            }
            other => {
                let source = Source::File { path: shown.clone(), line: line_of(section.span().start) };
                layer.insert(name.to_owned(), (raw(other), source));
            }
        }
    }
    Ok(layer)
}

fn raw(value: &DeValue<'_>) -> Raw {
    match value {
        DeValue::String(s) => Raw::Text(s.to_string()),
        DeValue::Boolean(b) => Raw::Bool(*b),
        DeValue::Integer(n) => {
            i64::from_str_radix(n.as_str(), n.radix()).map_or(Raw::Other("a number out of range"), Raw::Int)
        }
        DeValue::Array(items) => Raw::List(items.iter().map(|i| raw(i.get_ref())).collect()),
        DeValue::Float(_) => Raw::Other("a number with a fraction"),
        DeValue::Datetime(_) => Raw::Other("a date"),
        DeValue::Table(_) => Raw::Other("a table"),
    }
}

/// Reads `ALLCLEAR_SECTION__KEY` variables; names are not case-sensitive. Variables with our prefix but without the
/// double underscore are kept under their own name, so that they are warned of as unknown.
pub(crate) fn from_env(vars: impl Iterator<Item = (String, String)>) -> Layer {
    let mut layer = Layer::new();
    for (name, value) in vars {
        let upper = name.to_ascii_uppercase();
        let Some(rest) = upper.strip_prefix(PREFIX) else { continue };
        if NOT_SETTINGS.contains(&upper.as_str()) {
            continue;
        }
        let key = match rest.split_once("__") {
            Some((section, key)) => format!("{}.{}", section.to_ascii_lowercase(), key.to_ascii_lowercase()),
            None => name.clone(),
        };
        layer.insert(key, (Raw::Text(value), Source::Env(name)));
    }
    layer
}

/// The environment variable that sets `key`.
pub(crate) fn env_name(key: &str) -> String {
    format!("{PREFIX}{}", key.replacen('.', "__", 1).to_ascii_uppercase())
}
