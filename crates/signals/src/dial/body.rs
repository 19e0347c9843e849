//! The body of an answer: bounded in bytes and in what decompression may make of them.

use super::failure::{Failure, Stage};
use flate2::write::{GzDecoder, ZlibDecoder};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use std::io::Write;

/// Most bytes that one byte may become. Pages reach 20; what says more is made to fill memory. (DEFLATE's own limit is 1032.)
const RATIO: usize = 200;
/// Up to here the ratio does not matter: short texts of one letter are no attack.
const FREE: usize = 64 * 1024;

/// Collects up to `most` bytes and then says no.
struct Room {
    bytes: Vec<u8>,
    most: usize,
    full: bool,
}

impl Write for Room {
    fn write(&mut self, buf: &[u8]) -> std::io::Result<usize> {
        let fits = buf.len().min(self.most - self.bytes.len());
        self.bytes.extend_from_slice(&buf[..fits]);
        if fits < buf.len() {
            self.full = true;
            return Err(std::io::Error::other("full"));
        }
        Ok(fits)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

enum Decoder {
    Plain(Room),
    Gzip(GzDecoder<Room>),
    Zlib(ZlibDecoder<Room>),
}

impl Decoder {
    fn room(&self) -> &Room {
        match self {
            Decoder::Plain(r) => r,
            Decoder::Gzip(d) => d.get_ref(),
            Decoder::Zlib(d) => d.get_ref(),
        }
    }

    fn take(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        match self {
            Decoder::Plain(r) => r.write_all(bytes),
            Decoder::Gzip(d) => d.write_all(bytes),
            Decoder::Zlib(d) => d.write_all(bytes),
        }
    }

    /// What is still in the decoder comes out; the flag says whether it had come to its end.
    fn end(self) -> (Room, bool) {
        let none = || Room { bytes: Vec::new(), most: 0, full: false };
        match self {
            Decoder::Plain(room) => (room, true),
            Decoder::Gzip(mut d) => {
                let whole = d.try_finish().is_ok();
                (std::mem::replace(d.get_mut(), none()), whole)
            }
            Decoder::Zlib(mut d) => {
                let whole = d.try_finish().is_ok();
                (std::mem::replace(d.get_mut(), none()), whole)
            }
        }
    }
}

/// Reads up to `most` bytes, decompressed; the flag says whether more would have come.
pub(super) async fn read(body: Incoming, encoding: Option<&str>, most: usize) -> Result<(Vec<u8>, bool), Failure> {
    let room = Room { bytes: Vec::new(), most, full: false };
    let mut decoder = match encoding.map(str::trim) {
        None | Some("" | "identity") => Decoder::Plain(room),
        Some("gzip" | "x-gzip") => Decoder::Gzip(GzDecoder::new(room)),
        Some("deflate") => Decoder::Zlib(ZlibDecoder::new(room)),
        Some(other) => {
            let other: String = other.chars().take(20).collect();
            return Err(Failure::theirs(
                Stage::Body,
                format!("the answer is compressed as {other:?}, which was not asked for"),
            ));
        }
    };
    let mut taken = 0;
    tokio::pin!(body);
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Failure::theirs(Stage::Body, "the answer broke off"))?;
        let Ok(data) = frame.into_data() else { continue };
        taken += data.len();
        let went = decoder.take(&data);
        let room = decoder.room();
        if room.full {
            break;
        }
        if went.is_err() {
            return Err(Failure::theirs(Stage::Body, "the answer cannot be decompressed"));
        }
        if room.bytes.len() > FREE + taken.saturating_mul(RATIO) {
            return Err(Failure::theirs(Stage::Body, format!("the answer becomes more than {RATIO} times as large")));
        }
    }
    if decoder.room().full {
        let (room, _) = decoder.end();
        return Ok((room.bytes, true));
    }
    let (room, whole) = decoder.end();
    if !whole && !room.full && taken > 0 {
        return Err(Failure::theirs(Stage::Body, "the answer cannot be decompressed"));
    }
    Ok((room.bytes, room.full))
}
