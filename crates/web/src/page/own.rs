//! Pages for the author of a report: thanks, and following, changing or withdrawing it.

use crate::page::PageCx;
use crate::page::answer::symptom_label;
use crate::page::form::country_options;
use crate::page::head::Head;
use crate::page::html::{self, Shape};
use crate::page::parts::render;
use crate::page::types::{FieldError, Follow, Thanks};
use allclear_model::words::pages::{self as words, Words};
use allclear_model::words::{countries, people};
use allclear_model::{Country, FreeText, Service, TextState};
use askama::Template;

#[derive(Template)]
#[template(path = "thanks.html")]
struct ThanksPage<'a> {
    cx: &'a PageCx,
    w: &'static Words,
    head: Head,
    title: &'a str,
    /// Markup.
    text: String,
    /// What becomes of what they wrote, and what happens with it.
    written: &'static str,
    what: &'static str,
    receipt: String,
    repeat: bool,
    follow: String,
    back: String,
    back_text: &'a str,
    disclaimer: String,
}

fn head(service: &Service, title: &str, path: &str) -> Head {
    Head { crumbs: Vec::new(), service: service.slug.to_string(), ..Head::hidden(title, path) }
}

/// After a report was accepted.
pub fn thanks(cx: &PageCx, thanks: &Thanks<'_>) -> String {
    let w = &words::EN;
    render(&ThanksPage {
        cx,
        w,
        head: head(thanks.service, w.thanks_title, ""),
        title: w.thanks_title,
        text: words::thanks_shown_by(&html::time(cx, thanks.shown_by, Shape::Zoned)),
        written: match thanks.text {
            TextState::Checking => w.thanks_text_checking,
            TextState::Shown => w.thanks_text_shown,
            TextState::Withheld => w.thanks_text_withheld,
            TextState::None | TextState::Erased => "",
        },
        what: w.thanks_what,
        receipt: String::new(),
        repeat: thanks.counted == Some(false),
        follow: format!("/r/{}", thanks.token),
        back: format!("/s/{}", thanks.service.slug),
        back_text: w.thanks_back,
        disclaimer: words::not_affiliated(&thanks.service.name),
    })
}

/// After a vote was accepted.
pub fn thanks_vote(cx: &PageCx, service: &Service) -> String {
    let w = &words::EN;
    render(&ThanksPage {
        cx,
        w,
        head: head(service, w.vote_title, ""),
        title: w.vote_title,
        text: html::esc(w.vote_text),
        written: "",
        what: "",
        receipt: String::new(),
        repeat: false,
        follow: String::new(),
        back: format!("/s/{}", service.slug),
        back_text: w.thanks_back,
        disclaimer: words::not_affiliated(&service.name),
    })
}

/// A page that thanks and leads on.
pub(crate) fn plain_thanks(cx: &PageCx, title: &str, text: &str, receipt: &str) -> String {
    let w = &words::EN;
    let head = Head { crumbs: Vec::new(), ..Head::hidden(title, "") };
    render(&ThanksPage {
        cx,
        w,
        head,
        title,
        text: html::esc(text),
        written: "",
        what: "",
        receipt: if receipt.is_empty() { String::new() } else { people::receipt(receipt) },
        repeat: false,
        follow: String::new(),
        back: "/".to_owned(),
        back_text: w.error_back,
        disclaimer: String::new(),
    })
}

#[derive(Template)]
#[template(path = "follow.html")]
struct FollowPage<'a> {
    cx: &'a PageCx,
    w: &'static Words,
    head: Head,
    action: String,
    service: &'a Service,
    page: String,
    symptom: &'a str,
    place: &'static str,
    when: String,
    state: &'static str,
    withdrawn: bool,
    /// What became of the text, and why it is not shown.
    text_state: &'static str,
    reasons: String,
    removed: String,
    text: &'a str,
    /// What stands in the field for it.
    edited: &'a str,
    contest: String,
    /// What withdrawing does.
    withdraw_note: &'static str,
    saved: bool,
    errors: &'a [FieldError],
    /// Id, label, whether it is the present one.
    choices: Vec<(&'a str, &'a str, bool)>,
    countries: std::borrow::Cow<'static, str>,
    disclaimer: String,
}

/// One's own report: follow, amend, withdraw.
pub fn follow(cx: &PageCx, f: &Follow<'_>) -> String {
    let w = &words::EN;
    let s = f.service;
    let state = match (f.withdrawn, f.counted) {
        (true, true) => w.follow_withdrawn,
        (true, false) => w.follow_withdrawn_uncounted,
        (false, true) => w.follow_public,
        (false, false) => w.follow_uncounted,
    };
    let text = f.text.map_or("", FreeText::as_str);
    // What was typed a moment ago is shown again, what is kept where nothing was.
    let (symptom, country, edited, errors) = match f.typed {
        Some(t) => (&*t.symptom, Country::parse(&t.country).ok(), &*t.text, &*t.errors),
        None => (f.symptom.as_str(), f.country, text, &[][..]),
    };
    let mut choices: Vec<(&str, &str, bool)> =
        s.symptoms.iter().map(|x| (x.id.as_str(), &*x.label, x.id.as_str() == symptom)).collect();
    choices.push((allclear_model::text::OTHER, w.form_other, symptom == allclear_model::text::OTHER));
    render(&FollowPage {
        cx,
        w,
        head: head(s, w.follow_title, ""),
        action: format!("/r/{}", f.token),
        service: s,
        page: format!("/s/{}", s.slug),
        symptom: symptom_label(s, f.symptom),
        place: f.country.map_or("", countries::name),
        when: html::time(cx, f.at, Shape::Full),
        state,
        withdrawn: f.withdrawn,
        text_state: if f.withdrawn || f.state == TextState::None { "" } else { people::text_state(f.state) },
        reasons: f.reasons.iter().map(|r| people::reason(*r)).collect::<Vec<_>>().join("; "),
        removed: f.text.map(FreeText::removed).filter(|r| !r.is_empty()).map_or(String::new(), |r| people::removed(&r)),
        text,
        edited,
        contest: format!("/feedback?service={}&choice=contest&report={}", s.slug, f.id),
        withdraw_note: if f.counted { w.follow_withdraw_note } else { w.follow_withdraw_note_uncounted },
        saved: f.saved,
        errors,
        choices,
        countries: country_options(country),
        disclaimer: words::not_affiliated(&s.name),
    })
}

#[derive(Template)]
#[template(path = "flag.html")]
struct FlagPage<'a> {
    cx: &'a PageCx,
    w: &'static Words,
    head: Head,
    action: String,
    back: String,
    disclaimer: String,
    service: &'a Service,
    text: &'a str,
}

/// Asks before a text is flagged.
pub fn flag(cx: &PageCx, service: &Service, report: &str, text: &str) -> String {
    let w = &words::EN;
    render(&FlagPage {
        cx,
        w,
        head: head(service, w.flag_title, ""),
        action: format!("/s/{}/reports/{report}/flag", service.slug),
        back: format!("/s/{}/reports", service.slug),
        disclaimer: words::not_affiliated(&service.name),
        service,
        text,
    })
}

/// After a flag was taken.
pub fn flag_thanks(cx: &PageCx, service: &Service, receipt: &str) -> String {
    let w = &words::EN;
    render(&ThanksPage {
        cx,
        w,
        head: head(service, w.flag_title, ""),
        title: w.flag_thanks,
        text: html::esc(w.flag_lead),
        written: "",
        what: "",
        receipt: people::receipt(receipt),
        repeat: false,
        follow: String::new(),
        back: format!("/s/{}", service.slug),
        back_text: w.thanks_back,
        disclaimer: words::not_affiliated(&service.name),
    })
}
