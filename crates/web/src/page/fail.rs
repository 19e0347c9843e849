//! Pages for what did not work. They need no picture of the board.

use crate::page::PageCx;
use crate::page::head::Head;
use crate::page::lists::percent;
use crate::page::parts::render;
use crate::page::types::ErrorPage;
use allclear_model::words::pages::{self as words, Words};
use askama::Template;

#[derive(Template)]
#[template(path = "error.html")]
struct Fail<'a> {
    cx: &'a PageCx,
    w: &'static Words,
    head: Head,
    title: &'static str,
    help: &'a str,
    page: &'a ErrorPage<'a>,
    retry: Option<String>,
    suggest: String,
}

/// A page for something that did not work.
pub fn error(cx: &PageCx, page: &ErrorPage<'_>) -> String {
    let title = words::error_title(page.status);
    let head = Head { crumbs: Vec::new(), ..Head::hidden(title, "") };
    let suggest = page.tried.map_or_else(|| "/suggest".to_owned(), |t| format!("/suggest?name={}", percent(t)));
    render(&Fail {
        cx,
        w: &words::EN,
        head,
        title,
        help: page.detail.unwrap_or(words::error_help(page.status)),
        page,
        retry: page.retry_after_s.map(words::seconds),
        suggest,
    })
}
