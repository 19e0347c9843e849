//! `allclear catalogue hosts`

use super::{Of, manners};
use crate::config::Config;
use crate::exit::{OK, Outcome};
use crate::output;
use allclear_engine::watch::{Ask, Why, host, plan};
use allclear_model::check::{Check, opted_out};
use allclear_signals::official;
use serde::Serialize;
use std::collections::BTreeSet;

#[derive(Serialize)]
struct Line<'a> {
    host: &'a str,
    /// `None`: a control target, which is no service's.
    service: Option<&'a str>,
    what: &'static str,
    address: String,
    /// `None`: only when a check fails.
    every_s: Option<u32>,
    not: Option<String>,
}

/// Lists whom watching asks.
pub(super) fn hosts(json: bool, of: &Of) -> Outcome {
    let (config, content) = of.load()?;
    crate::commands::block_on(async move {
        let manners = manners(&config, &content).await?;
        let asks = plan(&content, &manners, &|name| official::format(name).is_some());
        let controls = controls(&config, &manners.opted_out);
        if json {
            output::json(&asks.iter().map(line).chain(controls.iter().map(Control::line)).collect::<Vec<_>>())?;
        } else {
            output::print(&told(&asks, &controls))?;
        }
        Ok(OK)
    })
}

fn line<'a>(ask: &'a Ask<'_>) -> Line<'a> {
    Line {
        host: &ask.host,
        service: Some(ask.service),
        what: ask.what.as_str(),
        address: ask.what.address(),
        every_s: Some(ask.every_s),
        not: ask.not.as_ref().map(Why::said),
    }
}

/// What is asked whether there is a way out.
struct Control {
    host: String,
    url: String,
    not: Option<Why>,
}

impl Control {
    fn line(&self) -> Line<'_> {
        let not = self.not.as_ref().map(Why::said);
        Line { host: &self.host, service: None, what: "control", address: self.url.clone(), every_s: None, not }
    }

    fn row(&self) -> Vec<String> {
        let often = self.not.as_ref().map_or_else(
            || "at the start; when a check fails, 1 min".to_owned(),
            |why| format!("not asked: {}", why.said()),
        );
        vec![self.host.clone(), "-".to_owned(), "control".to_owned(), often]
    }
}

fn controls(config: &Config, opted: &BTreeSet<String>) -> Vec<Control> {
    let control = |url: &String| {
        let host = host(&Check::control(url.clone()))?;
        let off = (!config.watch.checks).then_some(Why::Off("watch.checks"));
        let not = off.or_else(|| opted_out(&host, opted).map(|h| Why::OptedOut(h.to_owned())));
        Some(Control { host, url: url.clone(), not })
    };
    config.watch.controls.iter().filter_map(control).collect()
}

fn told(asks: &[Ask<'_>], controls: &[Control]) -> String {
    let often = |ask: &Ask<'_>| match &ask.not {
        Some(why) => format!("not asked: {}", why.said()),
        None if ask.every_s.is_multiple_of(60) => format!("{} min", ask.every_s / 60),
        None => format!("{} s", ask.every_s),
    };
    let row = |a: &Ask<'_>| vec![a.host.clone(), a.service.to_string(), a.what.as_str().to_owned(), often(a)];
    let (asked, not): (Vec<_>, Vec<_>) = asks.iter().partition(|a| a.not.is_none());
    let mut hosts: Vec<&str> = asked.iter().map(|a| a.host.as_str()).collect();
    hosts.dedup();
    let rows: Vec<_> = asks.iter().map(row).chain(controls.iter().map(Control::row)).collect();
    let table = output::table(&["HOST", "SERVICE", "WHAT", "EVERY"], &rows);
    format!("{table}{} hosts for {} checks and pages; {} are not asked.\n", hosts.len(), asked.len(), not.len())
}
