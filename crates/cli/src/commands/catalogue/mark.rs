//! Sets a mark in a service's file and leaves everything else in it as it is.

use crate::embedded;
use crate::exit::{Failure, While};
use allclear_model::Slug;
use std::path::{Path, PathBuf};

/// Marks the check of `service` as verified in `dir`: in its file there, or in a copy of the one that is in effect. Gives the file.
///
/// # Errors
/// When the file cannot be read, marked or written.
pub(super) fn verified(dir: &Path, own: Option<&Path>, service: &Slug) -> Result<PathBuf, Failure> {
    let relative = format!("services/{service}.toml");
    let file = dir.join(&relative);
    let from = [Some(dir), own].into_iter().flatten().map(|d| d.join(&relative)).find(|f| f.exists());
    let text = match from {
        Some(from) => std::fs::read_to_string(&from).or_cannot(format!("read {}", from.display()))?,
        None => embedded::file(&relative).map(str::to_owned).ok_or_else(|| {
            Failure::failed(format!("cannot mark {service}: its file is neither in {} nor built in", dir.display()))
        })?,
    };
    let marked = marked(&text).ok_or_else(|| {
        Failure::failed(format!(
            "cannot mark {service}: set `check = true` in the [verified] table of its file by hand"
        ))
    })?;
    // Whole or not at all: the loader reads only what ends in .toml.
    let new = file.with_extension("toml.new");
    std::fs::create_dir_all(dir.join("services"))
        .and_then(|()| std::fs::write(&new, marked))
        .and_then(|()| std::fs::rename(&new, &file))
        .or_cannot(format!("write {}", file.display()))?;
    Ok(file)
}

/// The text with `check = true` in its `[verified]` table; `None` where that would change anything else.
fn marked(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len() + 16);
    let (mut inside, mut done) = (false, false);
    for line in text.lines() {
        let plain = line.trim();
        if inside && plain.starts_with('[') && !done {
            // The table ends without it.
            out.push_str("check = true\n");
            done = true;
        }
        if plain.starts_with('[') {
            inside = plain == "[verified]";
        }
        if inside && !done && plain.strip_prefix("check").is_some_and(|rest| rest.trim_start().starts_with('=')) {
            out.push_str("check = true\n");
            done = true;
            continue;
        }
        out.push_str(line);
        out.push('\n');
    }
    if !done {
        out.push_str(if inside { "check = true\n" } else { "\n[verified]\ncheck = true\n" });
    }
    let (before, mut after): (toml::Table, toml::Table) = (text.parse().ok()?, out.parse().ok()?);
    let set = after.get_mut("verified")?.as_table_mut()?;
    if set.get("check")?.as_bool() != Some(true) {
        return None;
    }
    // But for the mark it says what it said.
    match before.get("verified").and_then(|v| v.get("check")) {
        Some(was) => drop(set.insert("check".to_owned(), was.clone())),
        None => drop(set.remove("check")),
    }
    if set.is_empty() && !before.contains_key("verified") {
        after.remove("verified");
    }
    (before == after).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_mark_changes() {
        for (before, after) in [
            (
                "a = 1\n[verified]\nhomepage = false\ncheck = false\n[[symptoms]]\nid = \"x\"\n",
                "a = 1\n[verified]\nhomepage = false\ncheck = true\n[[symptoms]]\nid = \"x\"\n",
            ),
            ("[verified]\ncheck=false # seen by nobody\n", "[verified]\ncheck = true\n"),
            (
                "[verified]\nhomepage = true\n[check]\nurl = \"x\"\n",
                "[verified]\nhomepage = true\ncheck = true\n[check]\nurl = \"x\"\n",
            ),
            ("[check]\nurl = \"x\"\n", "[check]\nurl = \"x\"\n\n[verified]\ncheck = true\n"),
            ("[verified]\nhomepage = true", "[verified]\nhomepage = true\ncheck = true\n"),
        ] {
            assert_eq!(marked(before).as_deref(), Some(after));
        }
    }

    #[test]
    fn what_cannot_be_marked_safely_is_left_to_people() {
        for text in ["verified = { check = false }\n", "x = \"\"\"\n[verified]\ncheck = false\n\"\"\"\n", "not toml"] {
            assert_eq!(marked(text), None, "{text}");
        }
    }
}
