//! Key material that cannot be printed by accident, and what is made with it.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::fmt;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Length of every key, in bytes: as long as the hash (RFC 2104, section 3).
pub(crate) const KEY_BYTES: usize = 32;

/// A key. Its `Debug` prints nothing of it.
#[derive(Clone)]
pub(crate) struct Secret([u8; KEY_BYTES]);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl Secret {
    /// A new random key.
    ///
    /// # Errors
    /// When the system has no randomness to give.
    pub(crate) fn random() -> std::io::Result<Secret> {
        let mut bytes = [0; KEY_BYTES];
        getrandom::fill(&mut bytes).map_err(|e| std::io::Error::other(e.to_string()))?;
        Ok(Secret(bytes))
    }

    /// Reads a key file; `None` when there is none.
    ///
    /// # Errors
    /// When it cannot be read or has another length.
    pub(crate) fn read(path: &Path) -> std::io::Result<Option<Secret>> {
        match std::fs::read(path) {
            Ok(bytes) => <[u8; KEY_BYTES]>::try_from(bytes.as_slice()).map(|b| Some(Secret(b))).map_err(|_| {
                std::io::Error::new(
                    std::io::ErrorKind::InvalidData,
                    format!("is not a key of {KEY_BYTES} bytes; remove it and a new one is made"),
                )
            }),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(e),
        }
    }

    /// Writes a key file that only its owner can read; whole or not at all.
    ///
    /// # Errors
    /// Those of writing.
    pub(crate) fn write(&self, path: &Path) -> std::io::Result<()> {
        let tmp = path.with_extension("tmp");
        match std::fs::remove_file(&tmp) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(e),
            _ => {}
        }
        let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&tmp)?;
        file.write_all(&self.0)?;
        file.sync_all()?;
        std::fs::rename(&tmp, path)?;
        match path.parent() {
            Some(dir) => std::fs::File::open(dir)?.sync_all(),
            None => Ok(()),
        }
    }

    fn mac(&self, parts: &[&[u8]]) -> Option<Hmac<Sha256>> {
        // HMAC takes keys of any length, so this is always `Some`.
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&self.0).ok()?;
        for part in parts {
            mac.update(part);
        }
        Some(mac)
    }

    /// Another key, made of this one and the parts.
    pub(crate) fn derive(&self, parts: &[&[u8]]) -> Secret {
        Secret(self.hash(parts))
    }

    /// HMAC-SHA256 of the parts one after the other. Callers put a fixed word first and only one part of open length last.
    pub(crate) fn hash(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut out = [0; 32];
        if let Some(mac) = self.mac(parts) {
            out.copy_from_slice(&mac.finalize().into_bytes());
        }
        out
    }

    /// Whether `tag` is the beginning of the parts' hash, in constant time. A tag under 16 bytes is never right.
    pub(crate) fn verify(&self, parts: &[&[u8]], tag: &[u8]) -> bool {
        tag.len() >= 16 && self.mac(parts).is_some_and(|mac| mac.verify_truncated_left(tag).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_follow_the_published_test_vector() {
        // RFC 4231, test case 1, whose key of 20 bytes 0x0b HMAC pads with zeros to the same block.
        let mut key = [0; 32];
        key[..20].fill(0x0b);
        let got = Secret(key).hash(&[b"Hi ", b"There"]);
        assert_eq!(got[..8], [0xb0, 0x34, 0x4c, 0x61, 0xd8, 0xdb, 0x38, 0x53]);
        assert!(Secret(key).verify(&[b"Hi There"], &got[..16]));
        assert!(!Secret(key).verify(&[b"Hi There"], &got[..15]));
        assert!(!Secret(key).verify(&[b"Hi there"], &got[..16]));
    }

    #[test]
    fn a_key_is_never_printed() {
        assert_eq!(format!("{:?}", Secret([7; 32])), "Secret(…)");
    }
}
