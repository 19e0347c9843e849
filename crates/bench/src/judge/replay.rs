//! How fast a file of counts is replayed, beside reading the same lines as JSON and doing nothing with them.

use super::{JudgeArgs, cpu_s, show};
use crate::goals::Goals;
use allclear_detect::replay::{Options, run as replay};
use allclear_model::{Minute, Slug};
use std::fmt::Write as _;

/// Monday 2024-01-01 00:00 UTC.
const MONDAY: i64 = 28_401_120;

/// A file of `lines` lines about `services` services with a span of `span` seconds.
fn file(lines: usize, services: usize, span: i64) -> anyhow::Result<String> {
    let mut text = String::with_capacity(lines * 110);
    for s in 0..services {
        let slug = Slug::parse(&format!("service-{s}"))?;
        writeln!(
            text,
            "{{\"at\":\"{}\",\"kind\":\"service\",\"service\":\"{slug}\",\"category\":\"cloud\"}}",
            Minute(MONDAY).start()
        )?;
    }
    for k in 0..lines {
        let step = (k / services + 1) as i64;
        let at = Minute(MONDAY).start().plus_s(step * span);
        // A quiet week with a burst now and then.
        let count = if step % 5000 > 4970 { 60 } else { (k * 7 + k / 13) % 4 };
        writeln!(
            text,
            "{{\"at\":\"{at}\",\"kind\":\"reports\",\"service\":\"service-{}\",\"count\":{count},\"span_s\":{span}}}",
            k % services
        )?;
    }
    Ok(text)
}

pub(super) fn run(args: &JudgeArgs) -> anyhow::Result<()> {
    let mut goals = Goals::new(args.quick);
    println!("\n## Replay\n\n| services | span s | lines a CPU second | JSON alone | ratio |\n|---|---|---|---|---|");
    for services in [1, 500] {
        for span in [60, 900] {
            // A quarter of an hour is 15 minutes to judge: fewer lines cover the same time.
            let lines = if span == 900 { args.lines / 5 } else { args.lines };
            let text = file(lines, services, span)?;
            let (mut ours, mut bare, mut ratio) = (Vec::new(), Vec::new(), Vec::new());
            for _ in 0..args.rounds {
                let t = cpu_s()?;
                let mut out = Vec::new();
                replay([("made.jsonl".to_owned(), text.as_bytes())], &Options::default(), &mut out, &mut |_| {})?;
                let a = lines as f64 / (cpu_s()? - t);
                anyhow::ensure!(!out.is_empty(), "the replay said nothing");
                let t = cpu_s()?;
                for line in text.lines() {
                    std::hint::black_box(serde_json::from_str::<serde_json::Value>(line)?);
                }
                let b = lines as f64 / (cpu_s()? - t);
                ours.push(a);
                bare.push(b);
                ratio.push(a / b);
            }
            println!("| {services} | {span} | {} | {} | {} |", show(&ours, 0), show(&bare, 0), show(&ratio, 2));
            goals.at_least(&format!("lines/s, {services} services, {span} s a line"), &ours, 500_000.0);
        }
    }
    println!("(goal: at least 500,000 lines/s on one core)");
    goals.met()
}
