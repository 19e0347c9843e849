//! What holds for any text.
use super::{free, judged};
use proptest::prelude::*;

proptest! {
    #[test]
    fn no_text_stops_the_judge(text in "\\PC{0,200}") {
        if let Ok(Some(t)) = allclear_model::redact::FreeText::parse(&text, 500) {
            let _ = judged(t.as_str(), 9);
            let _ = crate::likeness(&free(t.as_str()));
        }
    }
}

#[test]
fn the_lists_are_well_written() {
    crate::rules::lexicon().unwrap();
}
