//! Long bodies take a fifth of their size: batches of checks' results say the same words over and over, and seven days of a
//! thousand checks a minute would be most of a gigabyte.

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use std::io::{Read, Write};
use std::ops::RangeInclusive;

/// Bytes of a body that is deflated. Of shorter ones nothing is gained; a whole catalogue is larger, and is read where it lies.
const LENGTHS: RangeInclusive<usize> = 1024..=1 << 20;

/// The deflated body, where that is worth it.
pub(super) fn pack(body: &str) -> Option<Vec<u8>> {
    if !LENGTHS.contains(&body.len()) {
        return None;
    }
    let mut deflate = DeflateEncoder::new(Vec::with_capacity(body.len() / 4), Compression::default());
    // Writing into memory does not fail; if it did, the body would stay as it is.
    deflate.write_all(body.as_bytes()).ok()?;
    deflate.finish().ok().filter(|packed| packed.len() < body.len())
}

/// The body again; `None` for bytes that are none. Never longer than what [`pack`] takes.
pub(super) fn unpack(packed: &[u8]) -> Option<String> {
    let most = *LENGTHS.end();
    let mut body = String::new();
    let read = DeflateDecoder::new(packed).take(most as u64 + 1).read_to_string(&mut body).ok()?;
    (read <= most).then_some(body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_long_body_comes_back(words in prop::collection::vec("[a-z\u{e9}\"{}:,]{1,40}", 200..400)) {
            let body = words.concat();
            if let Some(packed) = pack(&body) {
                prop_assert!(packed.len() < body.len());
                prop_assert_eq!(unpack(&packed), Some(body));
            }
        }

        #[test]
        fn hostile_bytes_are_no_body_or_a_bounded_one(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
            prop_assert!(unpack(&bytes).is_none_or(|b| b.len() <= *LENGTHS.end()));
        }
    }

    #[test]
    fn short_bodies_and_very_long_ones_stay_as_they_are() {
        assert_eq!(pack(&"x".repeat(1023)), None);
        assert_eq!(pack(&"x".repeat((1 << 20) + 1)), None);
        let bomb = {
            let mut deflate = DeflateEncoder::new(Vec::new(), Compression::best());
            deflate.write_all(&vec![b'x'; 16 << 20]).unwrap();
            deflate.finish().unwrap()
        };
        assert_eq!(unpack(&bomb), None, "what unfolds to more than is ever packed is refused");
    }
}
