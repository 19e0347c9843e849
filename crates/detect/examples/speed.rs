//! Times replay, ticks and memory: `cargo run --release -p allclear-detect --example speed -- replay|tick|busy|flood`.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::unwrap_used,
    clippy::format_push_string,
    reason = "a command that prints what it measured, and stops when it cannot"
)]

use allclear_detect::replay::{Options, run};
use allclear_detect::{Board, Limits};
use allclear_model::catalogue::Fact;
use allclear_model::signal::{Baseline, Counted, ReportAccepted};
use allclear_model::{
    Catalogue, Country, Entry, NetworkHash, ReportId, Service, Signal, Slug, SourceHash, SymptomId, Time,
};
use std::sync::Arc;

const T0: i64 = 1_772_409_600_000;

fn catalogue(n: usize) -> Arc<Catalogue> {
    let mut c = Catalogue::default();
    for i in 0..n {
        let slug = Slug::parse(&format!("service-{i}")).unwrap();
        c.services.insert(
            slug.clone(),
            Arc::new(Service {
                slug: slug.clone(),
                name: slug.to_string(),
                category: slug.clone(),
                homepage: Fact::default(),
                aliases: vec![],
                related: vec![],
                upstreams: Fact::default(),
                about: None,
                operator: None,
                support: None,
                official: None,
                check: None,
                symptoms: vec![],
                guide: slug.clone(),
                own_guide: false,
            }),
        );
    }
    Arc::new(c)
}

/// Resident memory in KiB.
fn rss() -> u64 {
    let s = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    s.split(' ').nth(1).and_then(|v| v.parse::<u64>().ok()).unwrap_or(0) * 4
}

/// Time this process has had a core, so that other work on the machine matters less.
struct Cpu(u64);
impl Cpu {
    fn now() -> Cpu {
        let s = std::fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
        Cpu(s.split(' ').next().and_then(|v| v.parse().ok()).unwrap_or(0))
    }
    fn elapsed(&self) -> std::time::Duration {
        std::time::Duration::from_nanos(Cpu::now().0 - self.0)
    }
}

struct Rng(u64);
impl Rng {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

fn replay(name: &str, services: usize, span: i64, lines: usize, mean: u64, catalogue: &Arc<Catalogue>) {
    let mut text = String::new();
    let mut rng = Rng(88172645463325252);
    for i in 0..lines {
        let at = Time(T0 + ((i / services) as i64 + 1) * span * 1000);
        let n = rng.next() % (2 * mean + 1);
        text += &format!(
            "{{\"kind\":\"reports\",\"at\":\"{at}\",\"service\":\"service-{}\",\"count\":{n},\"span_s\":{span}}}\n",
            i % services
        );
    }
    let mut best = f64::MAX;
    let mut printed = 0;
    for _ in 0..3 {
        let mut out = Vec::new();
        let options = Options { catalogue: catalogue.clone(), ..Options::default() };
        let t = Cpu::now();
        run([("x".to_owned(), text.as_bytes())], &options, &mut out, &mut |_| ()).unwrap();
        best = best.min(t.elapsed().as_secs_f64());
        printed = out.iter().filter(|b| **b == b'\n').count();
    }
    println!("replay {name}: {:.0} lines/s ({printed} verdicts)", lines as f64 / best);
}

fn main() {
    let what = std::env::args().nth(1).unwrap_or_default();
    match what.as_str() {
        "replay" => replays(),
        "tick" => ticks(),
        "busy" => busy(),
        "flood" => flood(),
        other => eprintln!("{other:?}: say replay, tick, busy or flood"),
    }
}

fn replays() {
    let c = catalogue(500);
    let only: Option<i64> = std::env::args().nth(2).and_then(|v| v.parse().ok());
    for (span, mean) in [(60, 1), (60, 5), (60, 50), (900, 5), (900, 75), (900, 750)] {
        if only.is_some_and(|o| o != span) {
            continue;
        }
        if std::env::args().nth(3).is_none() {
            replay(&format!("1 service, {span} s, mean {mean}"), 1, span, 500_000, mean, &c);
        }
        replay(&format!("500 services, {span} s, mean {mean}"), 500, span, 500_000, mean, &c);
    }
}

fn ticks() {
    let big = catalogue(100_000);
    for share in [0, 1, 10, 100] {
        let mut b = Board::new(Limits::default());
        let mut seq = 0;
        let mut go = |b: &mut Board, at: i64, signal: Signal| {
            seq += 1;
            b.apply(&Entry { seq, at: Time(at), signal });
        };
        go(&mut b, T0, Signal::CatalogueChanged { catalogue: big.clone() });
        let before = rss();
        for (i, slug) in big.services.keys().enumerate() {
            if i % 100 < share {
                go(
                    &mut b,
                    T0,
                    Signal::Counted(Counted {
                        service: slug.clone(),
                        symptom: SymptomId::other(),
                        count: 1,
                        networks: None,
                    }),
                );
                if i % 200 == 0 {
                    go(
                        &mut b,
                        T0,
                        Signal::Baseline(Baseline {
                            service: slug.clone(),
                            profile: vec![0.3; 168],
                            alpha: None,
                            weeks: None,
                        }),
                    );
                }
            }
        }
        let mut worst: f64 = 0.0;
        let mut sum = 0.0;
        for m in 1..=60 {
            let t = Cpu::now();
            go(&mut b, T0 + m * 60_000, Signal::Tick);
            worst = worst.max(t.elapsed().as_secs_f64() * 1e3);
            sum += t.elapsed().as_secs_f64() * 1e3;
        }
        println!(
            "tick, 100,000 services, {share} % spoken of: mean {:.1} ms, worst {worst:.1} ms, {} KiB each",
            sum / 60.0,
            if share > 0 { (rss() - before) / (share as u64 * 1000) } else { 0 }
        );
        // all of them with reports in every minute
        if share == 100 {
            let t = Cpu::now();
            for slug in big.services.keys() {
                go(
                    &mut b,
                    T0 + 61 * 60_000,
                    Signal::Counted(Counted {
                        service: slug.clone(),
                        symptom: SymptomId::other(),
                        count: 1,
                        networks: None,
                    }),
                );
            }
            println!("100,000 signals: {:.1} ms", t.elapsed().as_secs_f64() * 1e3);
            let t = Cpu::now();
            go(&mut b, T0 + 62 * 60_000, Signal::Tick);
            println!("tick after them: {:.1} ms", t.elapsed().as_secs_f64() * 1e3);
            let t = Cpu::now();
            let bytes = b.to_bytes();
            println!("snapshot: {:.1} ms, {} MB", t.elapsed().as_secs_f64() * 1e3, bytes.len() / 1_000_000);
        }
    }
}

/// Applies one report.
fn report(
    b: &mut Board,
    rng: &mut Rng,
    names: &(Vec<SymptomId>, Vec<Country>),
    seq: u64,
    at: i64,
    slug: &Slug,
    source: u128,
    network: u64,
) {
    b.apply(&Entry {
        seq,
        at: Time(at),
        signal: Signal::ReportAccepted(ReportAccepted {
            id: ReportId::new(Time(at), [0; 10]),
            service: slug.clone(),
            symptom: names.0[(rng.next() % 10) as usize].clone(),
            country: Some(names.1[(rng.next() % 40) as usize]),
            counted: true,
            source: Some(SourceHash(source)),
            network: Some(NetworkHash(network)),
            key: None,
        }),
    });
}

fn names() -> (Vec<SymptomId>, Vec<Country>) {
    ((0..10).map(|i| SymptomId::parse(&format!("symptom-{i}")).unwrap()).collect(), Country::all().take(40).collect())
}

/// 100 services with 20 reports a minute for two days, from 5,000 networks, 10 symptoms and 40 countries.
fn busy() {
    let small = catalogue(100);
    let mut b = Board::new(Limits::default());
    b.apply(&Entry { seq: 1, at: Time(T0), signal: Signal::CatalogueChanged { catalogue: small.clone() } });
    let (names, mut rng) = (names(), Rng(99));
    let before = rss();
    let mut seq = 1;
    let t = Cpu::now();
    for m in 0..2880i64 {
        for s in small.services.keys() {
            for k in 0..20 {
                seq += 1;
                // Sources repeat, so that only the services grow.
                report(
                    &mut b,
                    &mut rng,
                    &names,
                    seq,
                    T0 + m * 60_000 + k,
                    s,
                    u128::from(seq % 1000),
                    seq.wrapping_mul(0x9e37_79b9_7f4a_7c15) % 5000,
                );
            }
        }
    }
    println!(
        "busy service: {} KiB each, {:.0} ns a report",
        (rss() - before) / 100,
        t.elapsed().as_secs_f64() * 1e9 / seq as f64
    );
}

/// A million made-up networks, sources and slugs.
fn flood() {
    let small = catalogue(100);
    let slugs: Vec<Slug> = small.services.keys().cloned().collect();
    let mut b = Board::new(Limits::default());
    b.apply(&Entry { seq: 1, at: Time(T0), signal: Signal::CatalogueChanged { catalogue: small.clone() } });
    let (names, mut rng) = (names(), Rng(99));
    let before = rss();
    for i in 0..1_000_000u64 {
        let at = T0 + i as i64;
        let n = i.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        report(&mut b, &mut rng, &names, i + 2, at, &slugs[(i % 100) as usize], u128::from(n), n);
        report(&mut b, &mut rng, &names, i + 2, at, &Slug::parse(&format!("made-up-{i}")).unwrap(), u128::from(n), n);
    }
    println!("a million networks and slugs: {} MiB, {:?}", (rss() - before) / 1024, b.sizes());
}
