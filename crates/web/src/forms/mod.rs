//! What people send from pages: read strictly, answered with a redirect, shown again with what was typed when something
//! is wrong.

pub(crate) mod feedback;
pub(crate) mod flag;
pub(crate) mod follow;
pub(crate) mod report;
pub(crate) mod suggest;
pub(crate) mod vote;

mod arrived;

pub(crate) use arrived::Arrived;

use crate::problem::{Problem, Refused};
use crate::routes::{decode, raw_pairs};
use allclear_model::words::problems::{self as words, ProblemKind};

/// Fields a form may have; ours have at most eight.
const FIELDS_MAX: usize = 20;

/// A decoded form, each field once.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Form(Vec<(String, String)>);

impl Form {
    /// Reads `application/x-www-form-urlencoded`. A field that is sent twice is refused: which one was meant?
    pub(crate) fn parse(text: &str) -> Result<Form, Refused> {
        let bad = |detail: String| Problem::new(ProblemKind::BadRequest, detail);
        let mut fields: Vec<(String, String)> = Vec::new();
        for (name, value) in raw_pairs(text) {
            let (Some(name), Some(value)) = (decode(name), decode(value)) else {
                return Err(bad(words::BAD_ESCAPE.to_owned()));
            };
            if fields.iter().any(|(n, _)| *n == name) {
                return Err(bad(words::twice(&name)));
            }
            if fields.len() == FIELDS_MAX {
                return Err(bad(words::too_many_fields(FIELDS_MAX)));
            }
            fields.push((name, value));
        }
        Ok(Form(fields))
    }

    /// Whether a field was sent at all.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(n, _)| n == name)
    }

    /// A field as typed; empty when it was not sent.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(n, _)| n == name).map_or("", |(_, v)| v)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_read_strictly() {
        let f = Form::parse("symptom=login&text=a+%26+b%0D%0A&&empty").unwrap();
        assert_eq!((f.get("symptom"), f.get("text"), f.get("empty"), f.get("none")), ("login", "a & b\r\n", "", ""));
        for bad in ["a=1&a=2", "a=%zz", "a=%ff", "%61=1&a=2"] {
            assert!(Form::parse(bad).is_err(), "{bad}");
        }
        let many = (0..21).map(|n| format!("f{n}=x")).collect::<Vec<_>>().join("&");
        assert!(Form::parse(&many).is_err());
    }
}
