//! `allclear catalogue hosts`

use super::{Of, manners};
use crate::config::Config;
use crate::exit::{OK, Outcome};
use crate::output;
use allclear_engine::watch::{Ask, What, Why, host, plan};
use allclear_model::Slug;
use allclear_model::check::{Check, opted_out};
use allclear_signals::dial::Target;
use allclear_signals::official;
use serde::Serialize;
use std::collections::BTreeSet;

/// What an origin wants to be left alone is known for so long. Seconds.
const ROBOTS_S: u32 = 86_400;

#[derive(Serialize)]
struct Line<'a> {
    host: &'a str,
    /// `None`: a control target, which is no service's.
    service: Option<&'a str>,
    what: &'static str,
    address: String,
    /// `None`: only when a check fails. Of what goes with a check or a page: at most so often.
    every_s: Option<u32>,
    not: Option<String>,
}

/// Lists whom watching asks.
pub(super) fn hosts(json: bool, of: &Of) -> Outcome {
    let (config, content) = of.load()?;
    crate::commands::block_on(async move {
        let manners = manners(&config, &content).await?;
        let asks = plan(&content, &manners, &|name| official::format(name).is_some());
        let along = along(&asks);
        let controls = controls(&config, &manners.opted_out);
        if json {
            let lines = asks.iter().map(line).chain(along.iter().map(Along::line));
            output::json(&lines.chain(controls.iter().map(Control::line)).collect::<Vec<_>>())?;
        } else {
            output::print(&told(&asks, &along, &controls))?;
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

/// What is asked along with a check or a page.
struct Along<'a> {
    host: &'a str,
    service: &'a Slug,
    what: &'static str,
    address: String,
    every_s: u32,
}

impl Along<'_> {
    fn line(&self) -> Line<'_> {
        Line {
            host: self.host,
            service: Some(self.service.as_str()),
            what: self.what,
            address: self.address.clone(),
            every_s: Some(self.every_s),
            not: None,
        }
    }

    fn row(&self) -> Vec<String> {
        let often = format!("at most {}", often(self.every_s));
        vec![self.host.to_owned(), self.service.to_string(), self.what.to_owned(), often]
    }
}

/// What is asked along with `asks`: what each origin of a check wants to be left alone, and the second documents of official pages.
fn along<'a>(asks: &'a [Ask<'_>]) -> Vec<Along<'a>> {
    let mut known = BTreeSet::new();
    let of = |ask: &'a Ask<'_>| {
        let (what, address, every_s) = match ask.what {
            What::Check(Check::Http(check)) => {
                let robots = Target::parse(&check.url).ok()?.join("/robots.txt").ok()?;
                ("robots", robots.as_str().to_owned(), ROBOTS_S)
            }
            What::Check(_) => return None,
            What::Official(page) => {
                let format = official::format(page.format.as_deref()?)?;
                let named = !page.part.components.is_empty();
                ("components", official::beside(format, page.address(), named)?, ask.every_s)
            }
        };
        // Once for all services that are there.
        let new = known.insert(address.clone());
        new.then_some(Along { host: &ask.host, service: ask.service, what, address, every_s })
    };
    asks.iter().filter(|a| a.not.is_none()).filter_map(of).collect()
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

fn often(every_s: u32) -> String {
    match every_s {
        ROBOTS_S => "1 day".to_owned(),
        s if s.is_multiple_of(60) => format!("{} min", s / 60),
        s => format!("{s} s"),
    }
}

fn told(asks: &[Ask<'_>], along: &[Along<'_>], controls: &[Control]) -> String {
    let when = |ask: &Ask<'_>| match &ask.not {
        Some(why) => format!("not asked: {}", why.said()),
        None => often(ask.every_s),
    };
    let row = |a: &Ask<'_>| vec![a.host.clone(), a.service.to_string(), a.what.as_str().to_owned(), when(a)];
    let (asked, not): (Vec<_>, Vec<_>) = asks.iter().partition(|a| a.not.is_none());
    let mut hosts: Vec<&str> = asked.iter().map(|a| a.host.as_str()).collect();
    hosts.dedup();
    let rows: Vec<_> =
        asks.iter().map(row).chain(along.iter().map(Along::row)).chain(controls.iter().map(Control::row)).collect();
    let table = output::table(&["HOST", "SERVICE", "WHAT", "EVERY"], &rows);
    format!("{table}{} hosts for {} checks and pages; {} are not asked.\n", hosts.len(), asked.len(), not.len())
}
