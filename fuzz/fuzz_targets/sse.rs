#![no_main]

use allclear_signals::sse::Reader;

// The first byte says where the rest is cut: that must not matter.
libfuzzer_sys::fuzz_target!(|payload: &[u8]| {
    let Some((cut, stream)) = payload.split_first() else { return };
    let (a, b) = stream.split_at(usize::from(*cut).min(stream.len()));
    let whole = Reader::default().push(stream);
    let mut reader = Reader::default();
    let parts = reader.push(a).and_then(|mut events| {
        events.extend(reader.push(b)?);
        Ok(events)
    });
    assert_eq!(whole, parts);
});
