//! Which languages a text may be written in. What is an insult in one is an article in another.

use crate::lexicon::Found;
use crate::pattern::LANGUAGES;
use crate::tokens::{Reading, Token};

/// Letters that only one of the languages has.
const LETTERS: [&str; LANGUAGES.len()] = ["", "ßä", "ñ¿¡", "èêùœûî", "ãõ", "ğşı"];

/// For each language, whether its words count in this text: all of them, unless another one is clearly spoken.
pub(crate) fn spoken(words: &[Token], found: &Found<'_>) -> [bool; LANGUAGES.len()] {
    let mut known = [0; LANGUAGES.len()];
    for (language, n) in known.iter_mut().enumerate() {
        let letters =
            words.iter().filter(|w| w.read(Reading::Accented).contains(|c| LETTERS[language].contains(c))).count();
        *n = found.count_of("speaks", language) + found.count_of("topic", language) + letters;
    }
    let most = known.iter().copied().max().unwrap_or(0);
    // One word alone may be of any language.
    known.map(|n| most < 2 || n * 3 >= most)
}
