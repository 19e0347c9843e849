//! `allclear catalogue hosts`

use super::{Of, manners};
use crate::exit::{OK, Outcome};
use crate::output;
use allclear_engine::watch::{Ask, Why, plan};
use allclear_signals::official;
use serde::Serialize;

#[derive(Serialize)]
struct Line<'a> {
    host: &'a str,
    service: &'a str,
    what: &'static str,
    address: String,
    every_s: u32,
    not: Option<String>,
}

/// Lists whom watching asks.
pub(super) fn hosts(json: bool, of: &Of) -> Outcome {
    let (config, content) = of.load()?;
    crate::commands::block_on(async move {
        let manners = manners(&config, &content).await?;
        let asks = plan(&content, &manners, &|name| official::format(name).is_some());
        if json {
            output::json(&asks.iter().map(line).collect::<Vec<_>>())?;
        } else {
            output::print(&told(&asks))?;
        }
        Ok(OK)
    })
}

fn line<'a>(ask: &'a Ask<'_>) -> Line<'a> {
    Line {
        host: &ask.host,
        service: ask.service,
        what: ask.what.as_str(),
        address: ask.what.address(),
        every_s: ask.every_s,
        not: ask.not.as_ref().map(Why::said),
    }
}

fn told(asks: &[Ask<'_>]) -> String {
    let often = |ask: &Ask<'_>| match &ask.not {
        Some(why) => format!("not asked: {}", why.said()),
        None if ask.every_s.is_multiple_of(60) => format!("{} min", ask.every_s / 60),
        None => format!("{} s", ask.every_s),
    };
    let row = |a: &Ask<'_>| vec![a.host.clone(), a.service.to_string(), a.what.as_str().to_owned(), often(a)];
    let (asked, not): (Vec<_>, Vec<_>) = asks.iter().partition(|a| a.not.is_none());
    let mut hosts: Vec<&str> = asked.iter().map(|a| a.host.as_str()).collect();
    hosts.dedup();
    let table = output::table(&["HOST", "SERVICE", "WHAT", "EVERY"], &asks.iter().map(row).collect::<Vec<_>>());
    format!("{table}{} hosts for {} checks and pages; {} are not asked.\n", hosts.len(), asked.len(), not.len())
}
