//! Suggesting a service.

use super::{Arrived, Form, report};
use crate::app::App;
use crate::cold::{html, see_other};
use crate::page::{self, FieldError, PageCx, SuggestForm};
use crate::payload::Answer;
use crate::problem::{Problem, Refused};
use crate::referrer::host_of;
use crate::routes::parameter;
use allclear_engine::rows::{Considered, Suggestion};
use allclear_model::Time;
use allclear_model::redact::{beginning, redact};
use allclear_model::words::problems as words;
use http::StatusCode;
use std::net::IpAddr;

/// Longest name of a service, characters.
const NAME_MAX: usize = 80;

impl App {
    /// GET `/suggest?name=`: the name may come from a search that found nothing.
    pub(crate) fn get_suggest(&self, query: Option<&str>) -> Answer {
        let name = beginning(&parameter(query, "name").unwrap_or_default(), NAME_MAX);
        html(StatusCode::OK, page::suggest(&self.hot().cx(), &SuggestForm { name, ..SuggestForm::default() }))
    }

    /// GET of a page that thanks, with the receipt of what was sent: `letter` and the number in `?n=`.
    pub(crate) fn thanks(&self, query: Option<&str>, letter: char, page: fn(&PageCx, &str) -> String) -> Answer {
        let number = parameter(query, "n").and_then(|n| n.parse::<u64>().ok());
        let receipt = number.map_or(String::new(), |n| format!("{letter}-{n}"));
        html(StatusCode::OK, page(&self.hot().cx(), &receipt))
    }

    /// Services that go by this name, or live at this host: slug and name.
    fn known_service(&self, name: &str, host: Option<&str>) -> Vec<(String, String)> {
        let site = self.hot().site();
        let bare = |h: &str| h.strip_prefix("www.").unwrap_or(h).to_owned();
        let named = self.resolve(name);
        let whole = site.whole();
        let at_host = host.map(bare).and_then(|host| {
            let lives = |address: &str| host_of(address).is_some_and(|h| bare(&h.to_ascii_lowercase()) == host);
            whole.catalogue.services.values().find(|s| lives(&s.homepage.value)).map(|s| s.slug.to_string())
        });
        let mut slugs: Vec<String> = named.into_iter().chain(at_host).collect();
        slugs.dedup();
        let view = |slug: String| site.service(&slug).map(|v| (slug, v.service.name.clone()));
        slugs.into_iter().filter_map(view).collect()
    }

    /// POST `/suggest`.
    pub(crate) async fn post_suggest(&self, arrived: Arrived, client: IpAddr) -> Result<Answer, Refused> {
        let Arrived { form, refused } = arrived;
        let taken = async {
            refused.map_or(Ok(()), Err)?;
            let (network, now) = (self.cold().intake.origin(client).network.today, self.hot().site().now());
            self.cold().sparing.room(network, now)?;
            let turn = self.turn_of(&[form.get("name"), form.get("homepage"), form.get("why")]).await?;
            let suggestion = read(&form, now)?;
            let known = self.known_service(&suggestion.name, suggestion.host.as_deref());
            drop(turn);
            if !known.is_empty() && !form.has("anyway") {
                return Ok(Taken::Known(known));
            }
            self.cold().sparing.take(network, now)?;
            self.cold().archive.suggest(&suggestion).await.map(Taken::As).map_err(Problem::of_engine)
        };
        let again = |known, errors| SuggestForm {
            name: beginning(form.get("name"), 200),
            homepage: beginning(form.get("homepage").trim(), 200),
            why: beginning(form.get("why"), 2000),
            known,
            errors,
        };
        match taken.await {
            Ok(Taken::As(number)) => Ok(see_other(&self.hot().cx(), &format!("/suggest/thanks?n={number}"))),
            Ok(Taken::Known(known)) => {
                let _turn = self.turn().await?;
                Ok(html(StatusCode::OK, page::suggest(&self.hot().cx(), &again(known, Vec::new()))))
            }
            Err(problem) => {
                let _turn = self.turn().await?;
                let form = again(Vec::new(), problem.for_a_form());
                Ok(problem.on_a_page(page::suggest(&self.hot().cx(), &form)))
            }
        }
    }
}

/// What became of a suggestion.
enum Taken {
    /// It is kept under this number.
    As(u64),
    /// It may be one of these services, which are watched already: slug and name.
    Known(Vec<(String, String)>),
}

/// What was typed into the form. Secrets end here.
fn read(form: &Form, at: Time) -> Result<Suggestion, Refused> {
    let name = form.get("name").split_whitespace().collect::<Vec<_>>().join(" ");
    let (homepage, why) = (form.get("homepage").trim(), form.get("why"));
    let mut errors = Vec::new();
    if name.is_empty() || name.chars().count() > NAME_MAX || name.chars().any(char::is_control) {
        errors.push(FieldError { field: "name", problem: words::NAME_NEEDED.to_owned() });
    } else if personal(&name) {
        errors.push(FieldError { field: "name", problem: words::NAME_IS_PERSONAL.to_owned() });
    }
    // A host is kept as it was typed, so one that names a machine or holds what may be a key is not taken.
    let host = host(homepage).filter(|h| redact(h) == *h);
    if host.is_none() && !homepage.is_empty() {
        errors.push(FieldError { field: "homepage", problem: words::HOMEPAGE_FORM.to_owned() });
    }
    errors.extend(report::too_long("why", why));
    if !errors.is_empty() {
        return Err(Problem::fields(errors));
    }
    let why = report::text("why", why)?;
    Ok(Suggestion { id: 0, name: redact(&name), host, why, considered: Considered::Open, at })
}

/// Digits from which on a name without a letter is taken for a telephone number; the longest short numbers have 6.
const PHONE_DIGITS: usize = 7;

/// Whether a name looks like an e-mail address or a telephone number. Names are kept as typed, so these are not taken.
fn personal(name: &str) -> bool {
    let digits = name.chars().filter(|c| c.is_numeric()).count();
    name.contains(['@', '\u{ff20}']) || (digits >= PHONE_DIGITS && !name.chars().any(char::is_alphabetic))
}

/// The host of what somebody typed as a homepage: an address, or a host alone.
fn host(typed: &str) -> Option<String> {
    let host = match host_of(typed) {
        Some(h) if typed.starts_with("https://") || typed.starts_with("http://") => h,
        Some(_) => return None,
        None => typed.split(['/', ':']).next()?,
    };
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let label = |l: &str| !l.is_empty() && l.len() <= 63 && l.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-');
    let ok = host.len() <= 253 && host.contains('.') && host.split('.').all(label);
    ok.then_some(host)
}

#[cfg(test)]
mod tests {
    use super::{host, personal};

    #[test]
    fn a_name_that_reaches_a_person_is_not_a_service() {
        for name in ["me@example.org", "mail me @ home", "+49 (170) 123-4567", "01701234567"] {
            assert!(personal(name), "{name}");
        }
        for name in ["Foo Works", "1337x", "12306", "4chan", "24/7", "Web 2.0", "Studio 54321678"] {
            assert!(!personal(name), "{name}");
        }
    }

    #[test]
    fn a_homepage_is_kept_as_its_host() {
        for (typed, want) in [
            ("https://Example.org/login?x", Some("example.org")),
            ("example.org", Some("example.org")),
            ("http://a.b.example.org:8080", Some("a.b.example.org")),
            ("javascript://example.org", None),
            ("localhost", None),
            ("exa mple.org", None),
            ("", None),
        ] {
            assert_eq!(host(typed).as_deref(), want, "{typed}");
        }
    }
}
