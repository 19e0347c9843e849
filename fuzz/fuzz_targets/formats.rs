#![no_main]

libfuzzer_sys::fuzz_target!(|payload: &[u8]| allclear_fuzz::each(payload));
