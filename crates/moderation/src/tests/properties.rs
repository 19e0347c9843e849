//! What holds for any text.

use super::{free, judged, known};
use crate::{Context, judge, likeness};
use allclear_model::moderation::{Decision, Reason};
use allclear_model::redact::FreeText;
use proptest::prelude::*;
use std::time::{Duration, Instant};

/// Words that no rule minds and that speak of nothing broken.
const NEUTRAL: [&str; 16] = [
    "please",
    "let",
    "everybody",
    "know",
    "that",
    "we",
    "are",
    "many",
    "and",
    "not",
    "alone",
    "in",
    "this",
    "with",
    "other",
    "friends",
];

fn any_text() -> impl Strategy<Value = String> {
    let signs = prop_oneof![
        4 => any::<char>().prop_map(String::from),
        2 => "[a-z@$!*#0-9._ -]{1,6}",
        1 => prop_oneof![Just("‹mail›"), Just("‹"), Just("›"), Just("://"), Just("[.]"), Just(" dot "), Just("\u{336}"), Just("😡")]
            .prop_map(String::from),
        2 => prop_oneof![Just("you "), Just("kill "), Just("f u c k "), Just("the "), Just("id*ot "), Just("hxxp://a[.]b ")]
            .prop_map(String::from),
    ];
    proptest::collection::vec(signs, 0..120).prop_map(|v| v.concat())
}

proptest! {
    #[test]
    fn any_text_is_judged_the_same_each_time_with_reasons_where_it_is_not_shown(text in any_text(), alike in 0u32..20) {
        if let Ok(Some(t)) = FreeText::parse(&text, 1000) {
            let one = judged(t.as_str(), alike);
            prop_assert_eq!(&one, &judged(t.as_str(), alike));
            prop_assert_eq!(one.decision == Decision::Show, one.reasons.is_empty());
            prop_assert!(one.reasons.is_sorted_by(|a, b| a < b));
        }
    }

    #[test]
    fn below_eight_words_how_many_wrote_alike_changes_nothing(words in proptest::collection::vec("\\PC{1,12}", 0..8), alike: u32) {
        if let Ok(Some(t)) = FreeText::parse(&words.join(" "), 1000)
            && likeness(&t).is_none()
        {
            prop_assert_eq!(judged(t.as_str(), alike), judged(t.as_str(), 0));
        }
    }

    #[test]
    fn eight_words_of_nothing_broken_are_a_campaign_from_the_fifth_copy_on_and_seven_never_are(
        words in proptest::sample::subsequence(&NEUTRAL, 8).prop_shuffle(),
        number in 0u32..3000,
        more in 4u32..,
    ) {
        let (seven, eight) = (format!("{} {number} !!!", words[..7].join(" ")), words.join(" "));
        prop_assert_eq!((likeness(&free(&seven)), likeness(&free(&eight)).is_some()), (None, true));
        prop_assert_eq!(judged(&seven, more), judged(&seven, 0));
        let alone = judged(&eight, 0);
        prop_assert_eq!(judged(&eight, 3), alone.clone());
        let held = judged(&eight, more);
        prop_assert_eq!(held.decision, if alone.decision == Decision::Hide { Decision::Hide } else { Decision::Hold });
        let rest: Vec<Reason> = held.reasons.iter().filter(|r| **r != Reason::Repeated).copied().collect();
        prop_assert_eq!((rest, held.reasons.contains(&Reason::Repeated)), (alone.reasons, true));
    }

    #[test]
    fn that_many_wrote_alike_never_hides(text in any_text(), alike: u32) {
        if let Ok(Some(t)) = FreeText::parse(&text, 1000) {
            let (one, many) = (judged(t.as_str(), 0), judged(t.as_str(), alike));
            prop_assert_eq!(many.decision == Decision::Hide, one.decision == Decision::Hide);
            let rest: Vec<Reason> = many.reasons.into_iter().filter(|r| *r != Reason::Repeated).collect();
            prop_assert_eq!(rest, one.reasons);
        }
    }
}

#[test]
fn likeness_is_of_the_words_only_and_from_eight_on() {
    let of = |t: &str| likeness(&free(t));
    assert_eq!(of("down not working since this morning here"), None);
    let long = of("They knew it would break and sold it to us anyway 2024");
    assert!(long.is_some());
    assert_eq!(long, of("they KNEW it would bréak, and sold it to us anyway!!! 7 😡"));
    assert_ne!(long, of("They knew it would break and sold it to you anyway"));
    assert_eq!(
        of("Error: the server had an error while processing your request, try again later"),
        None,
        "what a program said"
    );
}

#[test]
fn the_lists_are_well_written() {
    crate::rules::lexicon().unwrap();
}

/// The quickest of some runs.
#[expect(clippy::disallowed_methods, reason = "the time that is measured is that of the machine")]
fn time(text: &str) -> Duration {
    let text = free(text);
    let run = || {
        let start = Instant::now();
        std::hint::black_box(judge(&text, &Context { alike: 0, known_host: &known }));
        start.elapsed()
    };
    (0..7).map(|_| run()).min().unwrap()
}

#[test]
fn the_longest_text_takes_time_in_proportion_to_its_length() {
    judged("the lists are read before time is taken", 0);
    let ordinary = "still down here since nine, the app says error 503 and support does not answer. ";
    let hostile = "i will kill you and your dev admin at the office with a gun, f*ck you @you_1 +1 dm me $5 ";
    let spaced = "a b c d e f g h i ";
    for piece in [ordinary, hostile, spaced, "id*ot ", "you ", "a.b.shop ", "😡"] {
        let of = |n: usize| piece.chars().cycle().take(n).collect::<String>();
        let (short, long) = (time(&of(FreeText::MAX / 8)), time(&of(FreeText::MAX)));
        assert!(long < short * 40 + Duration::from_millis(20), "{piece:?}: {short:?}, {long:?}");
    }
}
