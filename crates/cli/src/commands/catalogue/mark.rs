//! Sets a mark in a service's file and leaves everything else in it as it is.

use crate::embedded;
use crate::exit::{Failure, While};
use allclear_model::Slug;
use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, fchown};
use std::path::{Path, PathBuf};

/// Marks the check of `service` as verified in its file in `dir`; where there is none, in a copy of the built-in one. Gives the file.
///
/// # Errors
/// When the file cannot be read, marked or written.
pub(super) fn verified(dir: &Path, service: &Slug) -> Result<PathBuf, Failure> {
    let relative = format!("services/{service}.toml");
    let file = dir.join(&relative);
    let text = match std::fs::read_to_string(&file) {
        Ok(text) => text,
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            let missing = || format!("cannot mark {service}: its file is neither in {} nor built in", dir.display());
            embedded::file(&relative).ok_or_else(|| Failure::failed(missing()))?.to_owned()
        }
        Err(e) => return Err(e).or_cannot(format!("read {}", file.display())),
    };
    let marked = marked(&text).ok_or_else(|| {
        Failure::failed(format!(
            "cannot mark {service}: set `check = true` in the [verified] table of its file by hand"
        ))
    })?;
    std::fs::create_dir_all(dir.join("services"))
        .and_then(|()| replace(&file, &marked))
        .or_cannot(format!("write {}", file.display()))?;
    Ok(file)
}

/// Puts `text` in the place of a file, whole or not at all, for the same readers. Where the file is a link, what it leads to is replaced.
fn replace(file: &Path, text: &str) -> io::Result<()> {
    let before = std::fs::metadata(file).ok();
    let file = if before.is_some() { std::fs::canonicalize(file)? } else { file.to_owned() };
    // The loader reads only what ends in .toml.
    let new = file.with_extension(format!("toml.{}", std::process::id()));
    // What is there already, a link perhaps, is not ours to write to or to remove.
    let mut out = OpenOptions::new().write(true).create_new(true).mode(0o644).open(&new)?;
    let done = fill(&mut out, text, before.as_ref()).and_then(|()| std::fs::rename(&new, &file));
    if done.is_err() {
        drop(std::fs::remove_file(&new));
    }
    done?;
    file.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

/// Fills a new file, for the owner and the readers of the one before it.
fn fill(out: &mut File, text: &str, like: Option<&Metadata>) -> io::Result<()> {
    if let Some(like) = like {
        out.set_permissions(like.permissions())?;
        // Only root may give a file away; who is not writes as its owner anyway.
        drop(fchown(&*out, Some(like.uid()), Some(like.gid())));
    }
    out.write_all(text.as_bytes())?;
    out.sync_all()
}

/// The text with `check = true` in its `[verified]` table; `None` where that would change anything else.
fn marked(text: &str) -> Option<String> {
    let end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let mark = format!("check = true{end}");
    let mut out = String::with_capacity(text.len() + 32);
    let (mut inside, mut done) = (false, false);
    for line in text.split_inclusive('\n') {
        let plain = line.trim();
        if inside && plain.starts_with('[') && !done {
            // The table ends without it.
            out.push_str(&mark);
            done = true;
        }
        if plain.starts_with('[') {
            inside = plain == "[verified]";
        }
        let key = plain.strip_prefix("check").is_some_and(|rest| rest.trim_start().starts_with('='));
        if inside && !done && key {
            // The value is the first word that can be one: what follows may be a comment with the same word.
            out.push_str(&line.replacen("false", "true", 1));
            done = true;
        } else {
            out.push_str(line);
        }
    }
    if !done {
        if !out.is_empty() && !out.ends_with('\n') {
            out.push_str(end);
        }
        if !inside {
            out.extend([end, "[verified]", end]);
        }
        out.push_str(&mark);
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
    use std::os::unix::fs::{PermissionsExt, symlink};

    #[test]
    fn only_the_mark_changes() {
        for (before, after) in [
            (
                "a = 1\n[verified]\nhomepage = false\ncheck = false\n[[symptoms]]\nid = \"x\"\n",
                "a = 1\n[verified]\nhomepage = false\ncheck = true\n[[symptoms]]\nid = \"x\"\n",
            ),
            ("[verified]\r\n  check=false # false alarm?\r\n", "[verified]\r\n  check=true # false alarm?\r\n"),
            (
                "[verified]\nhomepage = true\n[check]\nurl = \"x\"\n",
                "[verified]\nhomepage = true\ncheck = true\n[check]\nurl = \"x\"\n",
            ),
            ("[check]\r\nurl = \"x\"\r\n", "[check]\r\nurl = \"x\"\r\n\r\n[verified]\r\ncheck = true\r\n"),
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

    #[test]
    fn a_file_keeps_its_readers_a_link_its_place_and_nothing_beside_it_is_touched() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        std::fs::create_dir(at("services")).unwrap();
        std::fs::write(at("shared"), "[verified]\ncheck = false\n").unwrap();
        std::fs::set_permissions(at("shared"), std::fs::Permissions::from_mode(0o640)).unwrap();
        symlink(at("shared"), at("services/linked.toml")).unwrap();
        std::fs::write(at("victim"), "precious").unwrap();
        symlink(at("victim"), at(&format!("shared.toml.{}", std::process::id()))).unwrap();
        // Somebody has put a link where the new file would be written: it is not followed.
        assert!(verified(dir.path(), &Slug::parse("linked").unwrap()).is_err());
        assert_eq!(std::fs::read_to_string(at("victim")).unwrap(), "precious");
        drop(std::fs::remove_file(at(&format!("shared.toml.{}", std::process::id()))));
        verified(dir.path(), &Slug::parse("linked").unwrap()).unwrap();
        assert_eq!(std::fs::read_to_string(at("shared")).unwrap(), "[verified]\ncheck = true\n");
        assert_eq!(std::fs::metadata(at("shared")).unwrap().permissions().mode() & 0o777, 0o640);
        assert!(std::fs::symlink_metadata(at("services/linked.toml")).unwrap().is_symlink());
    }
}
