//! An agent's token: the secret it signs with.
//!
//! The site holds the public key of a token and never the token itself. A hash would serve as well to recognise a token that is shown, but here it is
//! not shown again after it was made: a request carries a signature, so neither a proxy in between nor the site's own files give anybody the means to
//! sign another one. The secret is 256 random bits, so nothing can be found by trying, and no slow hash is needed.

use allclear_model::AgentKey;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use sha2::{Digest, Sha256};
use std::fmt;

/// What every token begins with, so that people and scanners for secrets know one when they see it.
const PREFIX: &str = "allclear_agent_";
/// Bytes of the secret.
const SEED: usize = 32;
/// Bytes behind it that show a slip of the pen.
const SUM: usize = 4;

/// A token. Its `Debug` prints nothing of it.
pub struct Token {
    seed: [u8; SEED],
    pair: Ed25519KeyPair,
}

/// Why a text is no token. It never repeats the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadToken {
    /// Something else.
    #[error("it does not begin with {PREFIX}")]
    Foreign,
    /// Cut short, or a sign of it was changed.
    #[error("it begins as a token does, but is cut short or misspelt")]
    Broken,
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

impl Token {
    /// A new one.
    ///
    /// # Errors
    /// When the system has no randomness to give.
    pub fn random() -> std::io::Result<Token> {
        let mut seed = [0; SEED];
        getrandom::fill(&mut seed).map_err(|e| std::io::Error::other(e.to_string()))?;
        Token::of(seed).map_err(std::io::Error::other)
    }

    fn of(seed: [u8; SEED]) -> Result<Token, BadToken> {
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed).map_err(|_| BadToken::Broken)?;
        Ok(Token { seed, pair })
    }

    /// Reads a token; blanks and line ends around it do not matter.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse(text: &str) -> Result<Token, BadToken> {
        let coded = text.trim().strip_prefix(PREFIX).ok_or(BadToken::Foreign)?;
        let bytes = URL_SAFE_NO_PAD.decode(coded).map_err(|_| BadToken::Broken)?;
        let (seed, sum) = bytes.split_at_checked(SEED).ok_or(BadToken::Broken)?;
        let seed: [u8; SEED] = seed.try_into().map_err(|_| BadToken::Broken)?;
        if sum != checksum(&seed) {
            return Err(BadToken::Broken);
        }
        Token::of(seed)
    }

    /// The token as text: the only way to it, for showing it once.
    pub fn reveal(&self) -> String {
        let bytes: Vec<u8> = self.seed.into_iter().chain(checksum(&self.seed)).collect();
        format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes))
    }

    /// What a site recognises it by.
    pub fn key(&self) -> AgentKey {
        let mut bytes = [0; AgentKey::BYTES];
        // An Ed25519 public key has 32 bytes.
        bytes.iter_mut().zip(self.pair.public_key().as_ref()).for_each(|(to, from)| *to = *from);
        AgentKey::new(bytes)
    }

    /// Signs.
    pub(super) fn sign(&self, said: &[u8]) -> Vec<u8> {
        self.pair.sign(said).as_ref().to_vec()
    }
}

/// Whether the token with this key has signed that.
pub(super) fn has_signed(key: &AgentKey, said: &[u8], signature: &[u8]) -> bool {
    UnparsedPublicKey::new(&ED25519, key.as_bytes()).verify(said, signature).is_ok()
}

/// It says nothing of the secret that the secret itself, which stands before it, does not say.
fn checksum(seed: &[u8; SEED]) -> [u8; SUM] {
    let hash = Sha256::digest(seed);
    std::array::from_fn(|i| hash.get(i).copied().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_comes_back_as_it_was_and_is_never_printed() {
        let token = Token::random().unwrap();
        let text = token.reveal();
        let again = Token::parse(&format!("  {text}\n")).unwrap();
        assert_eq!(again.key(), token.key());
        assert!(has_signed(&token.key(), b"this", &again.sign(b"this")));
        assert!(!has_signed(&token.key(), b"that", &again.sign(b"this")));
        assert!(!has_signed(&Token::random().unwrap().key(), b"this", &again.sign(b"this")));
        assert_eq!(format!("{token:?}"), "Token(…)");
    }

    #[test]
    fn keys_and_signatures_follow_the_published_test_vector() {
        // RFC 8032, section 7.1, test 1.
        let seed =
            allclear_model::agent::hex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60").unwrap();
        let token = Token::of(seed).unwrap();
        assert_eq!(token.key().to_string(), "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
        assert_eq!(token.sign(b"")[..4], [0xe5, 0x56, 0x43, 0x00]);
    }

    #[test]
    fn every_slip_of_the_pen_is_told_from_a_token() {
        let text = Token::random().unwrap().reveal();
        assert_eq!(Token::parse("something").unwrap_err(), BadToken::Foreign);
        for n in PREFIX.len()..text.len() {
            assert_eq!(Token::parse(&text[..n]).unwrap_err(), BadToken::Broken, "{n}");
            let other = if text.as_bytes()[n] == b'A' { 'B' } else { 'A' };
            let changed = format!("{}{other}{}", &text[..n], &text[n + 1..]);
            assert_eq!(Token::parse(&changed).unwrap_err(), BadToken::Broken, "{n}");
        }
    }

    #[test]
    fn a_token_that_somebody_pastes_into_a_report_is_taken_out() {
        let text = format!("My agent says {} and nothing works", Token::random().unwrap().reveal());
        let kept = allclear_model::redact::redact(&text);
        assert!(!kept.contains(&text[30..60]), "{kept}");
    }
}
