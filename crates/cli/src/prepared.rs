//! The catalogue as it was read last time. Parsing thousands of files is most of a start; comparing them with those of last
//! time is not. The file beside the databases is a cache: whatever is wrong with it, the catalogue is read again.
//!
//! Layout: CRC-32 of the rest (little endian), then [`Prepared`] in postcard's encoding.

use allclear_engine::catalogue::Source;
use allclear_model::Catalogue;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

/// Its name in the data folder.
pub(crate) const FILE: &str = "catalogue.cache";

const HEAD: usize = 4;

/// What a catalogue was made of: the SHA-256 of all that its content depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// Of files, of which of them are wanted (`include`, as text), and of the program that reads them.
    pub(crate) fn of(sources: &[Source], include: &str) -> Fingerprint {
        let mut hash = Sha256::new();
        // Each part with its length, so that no two lists of parts read the same.
        let mut part = |bytes: &[u8]| {
            hash.update(bytes.len().to_le_bytes());
            hash.update(bytes);
        };
        part(env!("CARGO_PKG_VERSION").as_bytes());
        // Between two releases the same version reads files in more than one way.
        if let Ok(m) = std::env::current_exe().and_then(std::fs::metadata) {
            part(&[m.len().to_le_bytes(), m.mtime().to_le_bytes(), m.mtime_nsec().to_le_bytes()].concat());
        }
        part(include.as_bytes());
        for source in sources {
            part(source.name.as_bytes());
            part(&source.files.len().to_le_bytes());
            for (path, text) in &source.files {
                part(path.as_bytes());
                part(text.as_bytes());
            }
        }
        Fingerprint(hash.finalize().into())
    }
}

/// A catalogue ready to be used.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Prepared {
    /// What it was made of.
    pub(crate) of: Fingerprint,
    /// What one should still look at, a sentence each.
    pub(crate) warnings: Vec<String>,
    /// The effective content.
    pub(crate) catalogue: Catalogue,
}

impl Prepared {
    /// The catalogue kept in `dir`, if it was made of the same.
    pub(crate) fn kept(dir: &Path, of: Fingerprint) -> Option<Prepared> {
        let bytes = std::fs::read(dir.join(FILE)).ok()?;
        let (sum, body) = bytes.split_at_checked(HEAD)?;
        if crc32fast::hash(body).to_le_bytes() != sum {
            tracing::warn!(file = FILE, "the prepared catalogue is damaged; the files are read instead");
            return None;
        }
        // The fingerprint stands first: mostly that is all there is to read of a stale one.
        let (found, _) = postcard::take_from_bytes::<Fingerprint>(body).ok()?;
        if found != of {
            return None;
        }
        postcard::from_bytes(body).ok()
    }

    /// Keeps it in `dir` for the next start. Failing costs that start some time, nothing else.
    pub(crate) fn keep(&self, dir: &Path) {
        if let Err(e) = self.write(dir) {
            tracing::debug!(file = FILE, error = %e, "the prepared catalogue is not kept");
        }
    }

    fn write(&self, dir: &Path) -> std::io::Result<()> {
        let mut bytes = postcard::to_extend(self, vec![0; HEAD]).map_err(std::io::Error::other)?;
        let sum = crc32fast::hash(&bytes[HEAD..]).to_le_bytes();
        bytes[..HEAD].copy_from_slice(&sum);
        let part = dir.join(format!("{FILE}.part"));
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&part)?.write_all(&bytes)?;
        // Not synced: what a power cut leaves half written, its checksum tells.
        std::fs::rename(part, dir.join(FILE))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::borrow::Cow;

    fn source(name: &str, files: &[(&str, &'static str)]) -> Source {
        let files = files.iter().map(|(p, t)| ((*p).to_owned(), Cow::Borrowed(*t))).collect();
        Source { name: name.to_owned(), files, ..Source::default() }
    }

    #[test]
    fn every_part_of_a_catalogue_changes_its_fingerprint() {
        let plain = [source("a", &[("services/x.toml", "one")])];
        let of = |sources: &[Source]| Fingerprint::of(sources, "all");
        assert_eq!(of(&plain), of(&plain.clone()));
        for other in [
            vec![source("b", &[("services/x.toml", "one")])],
            vec![source("a", &[("services/y.toml", "one")])],
            vec![source("a", &[("services/x.toml", "two")])],
            vec![source("a", &[("services/x.tomlo", "ne")])],
            vec![source("a", &[("services/x.toml", "one"), ("services/y.toml", "")])],
            vec![source("a", &[]), source("a", &[("services/x.toml", "one")])],
            vec![],
        ] {
            assert_ne!(of(&plain), of(&other), "{other:?}");
        }
        assert_ne!(of(&plain), Fingerprint::of(&plain, "none"));
    }

    #[test]
    fn what_is_kept_comes_back_and_nothing_else_does() {
        let dir = tempfile::tempdir().unwrap();
        let of = Fingerprint::of(&[], "all");
        assert!(Prepared::kept(dir.path(), of).is_none());
        let catalogue = crate::embedded::load(None, &crate::config::Include::All).unwrap().catalogue;
        let prepared = Prepared { of, warnings: vec!["look".to_owned()], catalogue };
        prepared.keep(dir.path());
        let back = Prepared::kept(dir.path(), of).unwrap();
        assert!(back.catalogue == prepared.catalogue && back.warnings == prepared.warnings);
        assert!(Prepared::kept(dir.path(), Fingerprint::of(&[], "none")).is_none());

        let file = dir.path().join(FILE);
        let whole = std::fs::read(&file).unwrap();
        let mut flipped = whole.clone();
        flipped[whole.len() / 2] ^= 1;
        for damaged in [&whole[..whole.len() - 1], &whole[..3], &[], &flipped] {
            std::fs::write(&file, damaged).unwrap();
            assert!(Prepared::kept(dir.path(), of).is_none());
        }
    }
}
