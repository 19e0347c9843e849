#![no_main]

use allclear_signals::robots::Robots;

// The first line is the path that is asked about, the rest the file.
libfuzzer_sys::fuzz_target!(|payload: &[u8]| {
    let (path, file) = payload.split_at(payload.iter().position(|b| *b == b'\n').unwrap_or(0));
    let _ = Robots::parse(file).allows(&String::from_utf8_lossy(path));
});
