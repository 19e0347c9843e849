#![no_main]

use allclear_model::check::{Condition, Observed};

// The first line is a condition, the rest the body of an answer.
libfuzzer_sys::fuzz_target!(|payload: &[u8]| {
    let (line, body) = payload.split_at(payload.iter().position(|b| *b == b'\n').unwrap_or(payload.len()));
    let text = String::from_utf8_lossy(line);
    for text in [text.to_string(), format!("json {text}")] {
        let Ok(condition) = Condition::parse(&text) else { continue };
        let events = [String::from_utf8_lossy(body).into_owned()];
        let seen = Observed { status: Some(200), body: Some(body), events: Some(&events), ..Observed::default() };
        let _ = condition.holds(&seen);
        assert_eq!(Condition::parse(condition.as_str()), Ok(condition));
    }
});
