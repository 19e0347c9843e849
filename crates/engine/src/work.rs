//! Proofs of work, by the ALTCHA protocol (version 2): a challenge that a browser solves by itself in about a second, and
//! that costs whoever sends a thousand reports a thousand seconds.

use allclear_model::Time;
use altcha::{CreateChallengeOptions, Payload, VerifySolutionOptions, create_challenge, verify_solution};
use base64::Engine;
use std::collections::{HashSet, VecDeque};
use std::sync::{Mutex, PoisonError};

/// Half a byte of the key that has to be zero each; 16 bits are 65,536 hashes on average.
const PREFIX: &str = "0000";
/// A challenge is good for this long. Milliseconds.
const GOOD_MS: i64 = 600_000;
/// Solved challenges that are remembered, so that each is good once.
const USED: usize = 100_000;
/// Longest proof, bytes.
const PROOF_MAX: usize = 4_096;
/// Where a challenge says when it was made. Not the protocol's own expiry: that reads a clock of its own.
const MADE: &str = "made";

/// Solved challenges, by what makes each its own, and since when.
#[derive(Default)]
struct Used {
    all: HashSet<String>,
    oldest_first: VecDeque<(Time, String)>,
    /// Forgotten while they were still good.
    evicted: u64,
}

/// Makes and checks challenges.
pub(crate) struct Work {
    secret: String,
    used: Mutex<Used>,
}

impl Work {
    /// Challenges are signed with `secret`.
    pub(crate) fn new(secret: String) -> Work {
        Work { secret, used: Mutex::default() }
    }

    /// A challenge as JSON; `None` when the system has no randomness for one.
    pub(crate) fn challenge(&self, now: Time) -> Option<String> {
        let made = create_challenge(CreateChallengeOptions {
            algorithm: "SHA-256".to_owned(),
            cost: 1,
            key_prefix: PREFIX.to_owned(),
            data: Some([(MADE.to_owned(), now.0.into())].into()),
            hmac_signature_secret: Some(self.secret.clone()),
            ..CreateChallengeOptions::default()
        });
        made.ok().and_then(|c| serde_json::to_string(&c).ok())
    }

    /// Whether `proof` solves a challenge of ours that is not too old and was not used before. It is JSON, or that in base 64.
    pub(crate) fn accepts(&self, proof: &str, now: Time) -> bool {
        let Some(payload) = read(proof) else { return false };
        let made = payload.challenge.parameters.data.as_ref().and_then(|d| d.get(MADE)?.as_i64());
        let fresh = made.is_some_and(|at| (0..GOOD_MS).contains(&now.since_ms(Time(at))));
        let (challenge, solution) = (&payload.challenge, &payload.solution);
        // Only what we signed is computed, so nobody can make it dear.
        let verified = verify_solution(VerifySolutionOptions::new(challenge, solution, self.secret.as_str()));
        fresh && verified.is_ok_and(|v| v.verified) && self.first_use(&challenge.parameters.nonce, now)
    }

    /// Used challenges known now, and how many were forgotten for others.
    pub(crate) fn size(&self) -> (usize, u64) {
        let used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        (used.oldest_first.len(), used.evicted)
    }

    fn first_use(&self, nonce: &str, now: Time) -> bool {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let Used { all, oldest_first, evicted } = &mut *used;
        while let Some((at, _)) = oldest_first.front()
            && (now.since_ms(*at) >= GOOD_MS || oldest_first.len() >= USED)
        {
            if let Some((at, old)) = oldest_first.pop_front() {
                all.remove(&old);
                *evicted += u64::from(now.since_ms(at) < GOOD_MS);
            }
        }
        let first = all.insert(nonce.to_owned());
        if first {
            oldest_first.push_back((now, nonce.to_owned()));
        }
        first
    }
}

fn read(proof: &str) -> Option<Payload> {
    if proof.len() > PROOF_MAX {
        return None;
    }
    if proof.starts_with('{') {
        return serde_json::from_str(proof).ok();
    }
    let json = base64::engine::general_purpose::STANDARD.decode(proof).ok()?;
    serde_json::from_slice(&json).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use altcha::{Challenge, SolveChallengeOptions, solve_challenge};

    fn solved(challenge: &str) -> String {
        let challenge: Challenge = serde_json::from_str(challenge).unwrap();
        let solution = solve_challenge(SolveChallengeOptions::new(&challenge)).unwrap().unwrap();
        serde_json::to_string(&Payload { challenge, solution }).unwrap()
    }

    #[test]
    fn a_solved_challenge_is_good_once_for_ten_minutes_and_only_where_it_was_made() {
        let work = Work::new("secret".into());
        let now = Time(1_000_000);
        let proof = solved(&work.challenge(now).unwrap());
        assert!(!Work::new("other".into()).accepts(&proof, now));
        assert!(!work.accepts(&proof, now.plus_ms(GOOD_MS)) && !work.accepts(&proof, now.plus_ms(-1)));
        let coded = base64::engine::general_purpose::STANDARD.encode(&proof);
        assert!(work.accepts(&coded, now.plus_ms(GOOD_MS - 1)));
        assert!(!work.accepts(&proof, now.plus_ms(GOOD_MS - 1)), "once");
        let easier = proof.replace("\"keyPrefix\":\"0000\"", "\"keyPrefix\":\"\"");
        for bad in ["", "{}", "x", &easier, &"a".repeat(5000)] {
            assert!(!work.accepts(bad, now), "{bad}");
        }
    }
}
