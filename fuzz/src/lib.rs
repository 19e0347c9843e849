//! What all targets do with a payload.

use allclear_model::Time;
use allclear_signals::official::{FORMATS, Format, Page, Scope, detect, format, judge};

/// Some moment: what is judged must not depend on the clock of the machine.
const NOW: Time = Time(1_777_629_600_000);

/// Reads `payload` as each of `names`, which must be names of formats, and judges what comes of it.
pub fn read(names: &[&str], payload: &[u8]) {
    for format in names.iter().map(|name| format(name).expect(name)) {
        if let Ok(page) = (format.parse)(payload) {
            judged(format, page);
        }
    }
}

/// Reads `payload` as each format there is: finding one stops at the first that accepts.
pub fn each(payload: &[u8]) {
    for format in FORMATS {
        if let Ok(page) = (format.parse)(payload) {
            judged(format, page);
        }
    }
}

/// Finds the format of `payload`.
pub fn any(payload: &[u8]) {
    if let Ok((format, page)) = detect(payload) {
        judged(format, page);
    }
}

fn judged(format: &Format, page: Page) {
    let part = page.components.first().map(|c| c.name.clone()).unwrap_or_default();
    let _ = judge(format, page.clone(), &Scope::whole(), NOW).newest();
    let _ = judge(format, page, &Scope::of(&[&part]), NOW).newest();
}
