#![no_main]

libfuzzer_sys::fuzz_target!(|payload: &[u8]| allclear_fuzz::read(&["incidentio"], payload));
