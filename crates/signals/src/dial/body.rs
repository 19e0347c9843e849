//! The body of an answer: bounded in bytes and in what decompression may make of them.

use super::failure::{Failure, Stage, io_below};
use crate::sse::Reader;
use allclear_model::check::Condition;
use flate2::write::{MultiGzDecoder, ZlibDecoder};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use std::io::{ErrorKind, Write};

/// Most bytes that one byte may become, of DEFLATE's own 1032 (zlib's technical details): ordinary text stays far below.
const RATIO: usize = 200;
/// Up to here the ratio does not matter: short texts of one letter are no attack.
const FREE: usize = 64 * 1024;

/// Bytes that are unpacked at a time, so that little can have come out before the ratio is looked at.
const PART: usize = 256;
/// What is said of a body that is not what its coding says.
const BROKEN: &str = "the answer cannot be decompressed";

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
    Gzip(MultiGzDecoder<Room>),
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

/// What was read of a body.
#[derive(Debug)]
pub(super) struct Read {
    /// Decompressed.
    pub(super) bytes: Vec<u8>,
    /// True when more would have come.
    pub(super) cut: bool,
    /// A coding that we did not ask for and cannot undo; the bytes are as they came.
    pub(super) coding: Option<String>,
}

/// The events of a stream that have not come yet.
pub(super) struct Awaited<'a> {
    missing: Vec<&'a Condition>,
    stream: Reader,
    /// How many bytes of it were looked at.
    read: usize,
}

impl<'a> Awaited<'a> {
    /// What of `conditions` is about an event; `None` when nothing is.
    pub(super) fn new(conditions: &'a [Condition]) -> Option<Awaited<'a>> {
        let missing: Vec<_> = conditions.iter().filter(|c| c.needs_event()).collect();
        (!missing.is_empty()).then(|| Awaited { missing, stream: Reader::default(), read: 0 })
    }

    /// Whether all have come in what is there of the stream now.
    fn came(&mut self, bytes: &[u8]) -> Result<bool, Failure> {
        let new = bytes.get(self.read..).unwrap_or_default();
        self.read = bytes.len();
        let events = self.stream.push(new).map_err(|e| Failure::ours(Stage::Events, "too_large", e.to_string()))?;
        self.missing.retain(|c| !events.iter().any(|e| c.awaits(&e.data)));
        Ok(self.missing.is_empty())
    }
}

/// Reads up to `most` bytes, decompressed; of a stream no more than is awaited. `to_the_end`: nothing but the end of the connection ends the body.
pub(super) async fn read(
    body: Incoming,
    encoding: Option<&str>,
    to_the_end: bool,
    most: usize,
    mut awaited: Option<Awaited<'_>>,
) -> Result<Read, Failure> {
    // At once as much as it says it is, within reason.
    let said = usize::try_from(body.size_hint().lower()).unwrap_or(FREE).min(FREE).min(most);
    let room = Room { bytes: Vec::with_capacity(said), most, full: false };
    let mut coding = None;
    let mut decoder = match encoding.map(str::trim) {
        Some("gzip" | "x-gzip") => Decoder::Gzip(MultiGzDecoder::new(room)),
        Some("deflate") => Decoder::Zlib(ZlibDecoder::new(room)),
        None | Some("" | "identity" | "utf-8") => Decoder::Plain(room),
        Some(other) => {
            coding = Some(other.chars().filter(|c| !c.is_control()).take(20).collect());
            Decoder::Plain(room)
        }
    };
    let (mut taken, mut enough) = (0, false);
    tokio::pin!(body);
    'body: while let Some(frame) = body.frame().await {
        let frame = match frame {
            Ok(frame) => frame,
            // Many servers end a connection without saying goodbye first.
            Err(e) if to_the_end && io_below(&e).is_some_and(|e| e.kind() == ErrorKind::UnexpectedEof) => break,
            Err(_) => return Err(Failure::theirs(Stage::Body, "the answer broke off")),
        };
        let Ok(data) = frame.into_data() else { continue };
        for part in data.chunks(PART) {
            taken += part.len();
            let went = decoder.take(part);
            let room = decoder.room();
            if room.bytes.len() > FREE + taken.saturating_mul(RATIO) {
                let said = format!("the answer becomes more than {RATIO} times as large");
                return Err(Failure::ours(Stage::Body, "too_large", said));
            }
            if room.full {
                break 'body;
            }
            if went.is_err() {
                return Err(Failure::theirs(Stage::Body, BROKEN));
            }
            if let Some(awaited) = &mut awaited
                && awaited.came(&room.bytes)?
            {
                enough = true;
                break 'body;
            }
        }
    }
    let cut = decoder.room().full || enough;
    let (room, whole) = decoder.end();
    if !whole && !cut && !room.full && taken > 0 {
        return Err(Failure::theirs(Stage::Body, BROKEN));
    }
    Ok(Read { bytes: room.bytes, cut: cut || room.full, coding })
}
