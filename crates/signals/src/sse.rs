//! Server-sent events (HTML Living Standard, section 9.2.6), read as they come, in bounds.

use std::mem::take;

/// Longest line, in bytes.
const LINE: usize = 256 * 1024;
/// Longest data of one event, in bytes.
const DATA: usize = 1024 * 1024;

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its type; `message` where the stream names none.
    pub name: String,
    /// Its data, lines joined by line feeds.
    pub data: String,
    /// The last id that the stream has named so far; empty before the first.
    pub id: String,
}

/// The stream has a line or an event that is longer than any honest one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the stream has a line of more than {} KiB or an event of more than {} KiB", LINE / 1024, DATA / 1024)]
pub struct TooLong;

/// Reads a stream in pieces of any size. What follows the last empty line is no event (yet).
#[derive(Debug, Clone, Default)]
pub struct Reader {
    /// The line that has not ended.
    line: Vec<u8>,
    /// Whether the last byte was a carriage return, whose line feed may follow.
    returned: bool,
    /// Whether the first line is over; a byte order mark stands before it or nowhere.
    begun: bool,
    name: String,
    data: String,
    /// Whether the event has any data, be it empty.
    has_data: bool,
    id: String,
}

impl Reader {
    /// Takes the next piece, and gives what is complete.
    ///
    /// # Errors
    /// [`TooLong`]; nothing more is to be read then.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Vec<Event>, TooLong> {
        let mut events = Vec::new();
        for byte in bytes {
            let after_return = std::mem::replace(&mut self.returned, *byte == b'\r');
            match byte {
                b'\n' if after_return => {}
                b'\n' | b'\r' => events.extend(self.end_line()?),
                _ if self.line.len() >= LINE => return Err(TooLong),
                _ => self.line.push(*byte),
            }
        }
        Ok(events)
    }

    fn end_line(&mut self) -> Result<Option<Event>, TooLong> {
        let bytes = take(&mut self.line);
        let text = String::from_utf8_lossy(&bytes);
        let first = !std::mem::replace(&mut self.begun, true);
        let line = if first { text.strip_prefix('\u{feff}').unwrap_or(&text) } else { &text };
        if line.is_empty() {
            return Ok(self.dispatch());
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.name),
            "data" => {
                if self.data.len() + value.len() >= DATA {
                    return Err(TooLong);
                }
                if std::mem::replace(&mut self.has_data, true) {
                    self.data.push('\n');
                }
                self.data.push_str(value);
            }
            "id" if !value.contains('\0') => value.clone_into(&mut self.id),
            // A comment, which begins with a colon; `retry`, which is for whoever connects again; or nothing that is known.
            _ => {}
        }
        Ok(None)
    }

    fn dispatch(&mut self) -> Option<Event> {
        let (name, data) = (take(&mut self.name), take(&mut self.data));
        let name = if name.is_empty() { "message".to_owned() } else { name };
        take(&mut self.has_data).then(|| Event { name, data, id: self.id.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all(text: &[u8]) -> Vec<Event> {
        Reader::default().push(text).unwrap()
    }

    fn data(text: &str) -> Vec<(String, String)> {
        all(text.as_bytes()).into_iter().map(|e| (e.name, e.data)).collect()
    }

    fn message(data: &str) -> (String, String) {
        ("message".to_owned(), data.to_owned())
    }

    #[test]
    fn streams_are_read_as_the_standard_says() {
        // Its own examples, in other words.
        assert_eq!(data("data: one\ndata: two\ndata: three\n\n"), [message("one\ntwo\nthree")]);
        assert_eq!(
            data(": a comment\n\ndata: first\nid: 1\n\ndata:second\nid\n\ndata:  third"),
            [message("first"), message("second")]
        );
        assert_eq!(data("data\n\ndata\ndata\n\ndata:"), [message(""), message("\n")]);
        assert_eq!(data("data:test\n\ndata: test\n\n"), [message("test"), message("test")]);
        assert_eq!(data("\u{feff}data: a\r\rdata: b\r\n\r\n\u{feff}data: c\n\n"), [message("a"), message("b")]);
        assert_eq!(
            data("event: add\ndata: 73\n\nevent: gone\n\ndata: x\n\n"),
            [("add".to_owned(), "73".to_owned()), message("x")]
        );
        assert_eq!(data("DATA: x\nretry: 10\nnothing\n\n"), []);
        let ids: Vec<String> =
            all(b"id: 7\ndata: a\n\ndata: b\n\nid: 8\0\ndata: c\n\n").into_iter().map(|e| e.id).collect();
        assert_eq!(ids, ["7"; 3]);
        assert_eq!(all(b"data: \xff\xfe\n\n")[0].data, "\u{fffd}\u{fffd}");
    }

    #[test]
    fn a_line_or_an_event_without_end_is_given_up() {
        assert_eq!(Reader::default().push(&vec![b'x'; LINE + 1]), Err(TooLong));
        let line = format!("data: {}\n", "x".repeat(LINE - 10)).into_bytes();
        let mut reader = Reader::default();
        let ended = (0..DATA / LINE + 2).find_map(|_| reader.push(&line).err());
        assert_eq!(ended, Some(TooLong));
    }

    proptest! {
        #[test]
        fn it_does_not_matter_how_a_stream_is_cut(
            stream in proptest::collection::vec(
                prop_oneof![Just(b'\n'), Just(b'\r'), Just(b':'), Just(b' '), Just(b'd'), any::<u8>(),
                    proptest::sample::select(b"data: eventid".to_vec())], 0..200),
            cuts in proptest::collection::vec(0_usize..200, 0..8),
        ) {
            let mut cuts: Vec<usize> = cuts.into_iter().map(|c| c.min(stream.len())).collect();
            cuts.sort_unstable();
            let mut reader = Reader::default();
            let (mut events, mut from) = (Vec::new(), 0);
            for to in cuts.into_iter().chain([stream.len()]) {
                events.extend(reader.push(&stream[from..to]).unwrap());
                from = to;
            }
            prop_assert_eq!(events, all(&stream));
        }

        #[test]
        fn what_is_written_as_an_event_is_read_as_that_event(
            lines in proptest::collection::vec("[^\r\n\u{feff}]{0,40}", 1..5), name in "[a-z]{1,8}", end in "\r\n|\n|\r",
        ) {
            let text: String = lines.iter().map(|l| format!("data: {l}{end}")).collect();
            let text = format!("event: {name}{end}{text}{end}");
            prop_assert_eq!(data(&text), [(name, lines.join("\n"))]);
        }
    }
}
