//! What happens in a soak, and when. The same for every run of a length.

use crate::detect::draw::Draw;
use std::net::Ipv4Addr;
use std::time::Duration;

/// Services with ordinary reports.
pub(super) const ORDINARY: usize = 30;
/// Quiet services with a burst of 100 addresses in 4 networks each; then one each for the flood, for forms in which the
/// hidden field is filled in, for abusive texts, and for a flood from many networks.
pub(super) const BURSTS: usize = 5;
const FLOODED: usize = ORDINARY + BURSTS;
const TRAPPED: usize = FLOODED + 1;
pub(super) const ABUSED: usize = TRAPPED + 1;
/// A quiet service with a flood from many networks: by counts that is an outage, and nothing else may be.
pub(super) const CROWDED: usize = ABUSED + 1;
/// Services in all.
pub(super) const SERVICES: usize = CROWDED + 1;
/// Sources of that flood, each of its own network, and what they send a second.
pub(super) const CROWD: u16 = 1000;
const CROWD_RATE: f64 = 200.0;
/// Suggestions, pieces of feedback, and reports that are changed afterwards.
const FORMS: u8 = 20;
/// The ordinary service that has an outage, and how many times as many report then.
pub(super) const DOWN: usize = 7;
const TIMES: f64 = 40.0;
/// Reports a minute of a quiet service.
const QUIET: f64 = 0.02;
/// Minutes from the end of the outage to a look at what became of it.
pub(super) const ENDS: f64 = 22.0;

/// Texts of people and of others, one a line: kind, language, text.
const TEXTS: &str = include_str!("../../../moderation/corpus/strangers.tsv");

/// What somebody does.
#[derive(Debug, Clone)]
pub(super) enum Act {
    /// Opens a form, waits, reports.
    Report { service: usize, from: Ipv4Addr, text: Option<String> },
    /// Sends a report as a program does.
    Send { kind: &'static str, service: usize, from: Ipv4Addr, text: Option<String> },
    /// Fills in every field of a form, also the hidden one.
    Trapped { service: usize, from: Ipv4Addr },
    /// Flags a shown text, once from each of three networks.
    Flag { service: usize, from: [Ipv4Addr; 3] },
    /// Reads a page.
    Read { service: usize, page: &'static str },
    /// Says "it works for me".
    Vote { service: usize, from: Ipv4Addr },
    /// Reports, then changes the report's symptom or withdraws it.
    Change { service: usize, from: Ipv4Addr, withdraw: bool },
    /// Suggests a service.
    Suggest { from: Ipv4Addr, name: String },
    /// Says what is wrong with a page.
    Feedback { service: usize, from: Ipv4Addr },
    /// The operator looks at what waits, and decides it.
    Operate,
}

/// All acts in order, and from when to when one service is down.
pub(super) struct Plan {
    pub(super) acts: Vec<(Duration, Act)>,
    pub(super) down: (Duration, Duration),
    pub(super) whole: Duration,
}

/// Ordinary reports a minute of a service.
pub(super) fn usual(service: usize) -> f64 {
    match service {
        DOWN => 1.0,
        s if s < ORDINARY => [0.2, 0.5, 1.0, 2.0, 5.0][s % 5],
        FLOODED | CROWDED => 0.0,
        _ => QUIET,
    }
}

/// Instants of a Poisson process with up to `most` events a minute, of which `share` says how many there are at a time.
fn moments(draw: &mut Draw, (from, to): (f64, f64), most: f64, share: impl Fn(f64) -> f64) -> Vec<f64> {
    // The first is beyond the end where there are none at all.
    let mut gap = || -libm::log(1.0 - draw.unit()) * 60.0 / most;
    let mut all: Vec<f64> =
        std::iter::successors(Some(from + gap()), |at| Some(at + gap())).take_while(|at| *at < to).collect();
    all.retain(|at| draw.unit() < share(*at));
    all
}

impl Plan {
    /// A plan of so many minutes.
    pub(super) fn new(minutes: u32) -> anyhow::Result<Plan> {
        let whole = f64::from(minutes) * 60.0;
        let mut draw = Draw::new(9, 1, 0, 0);
        let mut acts: Vec<(f64, Act)> = Vec::new();
        let texts = |honest: bool| -> Vec<String> {
            let of = |l: &str| l.splitn(3, '\t').nth(2).unwrap_or_default().replace("\\n", "\n");
            TEXTS.lines().filter(|l| l.starts_with("ok\t") == honest).map(of).collect()
        };
        let (said, abuse) = (texts(true), texts(false));

        // People: each of a network of its own, every third one with a text.
        let (begin, end) = (whole / 6.0, whole / 6.0 + (whole / 4.0).clamp(120.0, 900.0));
        let mut people = 0u16;
        for service in 0..SERVICES {
            let rate = usual(service);
            let outage = |at: f64| match at {
                at if at < begin => 0.0,
                at if at < end => 1.0,
                // Some go on for a while.
                at => libm::exp((end - at) / 60.0),
            };
            let mut all = moments(&mut draw, (0.0, whole), rate, |_| 1.0);
            if service == DOWN {
                all.extend(moments(&mut draw, (0.0, whole), rate * (TIMES - 1.0), outage));
            }
            for at in all {
                let [hi, lo] = people.to_be_bytes();
                people = people.checked_add(1).ok_or_else(|| anyhow::anyhow!("too many people: fewer minutes"))?;
                let text = people.is_multiple_of(3).then(|| said[draw.whole(0, said.len())].clone());
                acts.push((at, Act::Report { service, from: Ipv4Addr::new(20, hi, lo, 7), text }));
            }
        }

        // Bursts on quiet services, one after the other.
        let within = (whole / BURSTS as f64).min(1200.0);
        for burst in 0..BURSTS {
            let from = whole * burst as f64 / BURSTS as f64;
            for n in 0..100u8 {
                let from_address = Ipv4Addr::new(30, burst as u8, n % 4, n + 1);
                let act = Act::Send { kind: "burst", service: ORDINARY + burst, from: from_address, text: None };
                acts.push((draw.between(from, from + within), act));
            }
        }
        // Three sources that send ten reports a second, in the middle half: enough that the site asks for proofs of work.
        for at in moments(&mut draw, (whole / 4.0, whole * 0.75), 600.0, |_| 1.0) {
            let from = Ipv4Addr::new(31, 0, draw.whole(0, 3) as u8, 1);
            acts.push((at, Act::Send { kind: "flood", service: FLOODED, from, text: None }));
        }
        for n in 0..60u8 {
            let from = Ipv4Addr::new(32, 0, n % 12, n + 1);
            acts.push((draw.between(0.0, whole / 2.0), Act::Trapped { service: TRAPPED, from }));
        }
        // Abusive texts from three networks, everywhere.
        for at in moments(&mut draw, (0.0, whole), 10.0, |_| 1.0) {
            let service = if draw.unit() < 0.5 { ABUSED } else { draw.whole(0, ORDINARY) };
            let from = Ipv4Addr::new(33, 0, draw.whole(0, 3) as u8, draw.whole(1, 21) as u8);
            let text = Some(abuse[draw.whole(0, abuse.len())].clone());
            acts.push((at, Act::Send { kind: "abusive text", service, from, text }));
        }
        for at in moments(&mut draw, (0.0, whole), 1.0, |_| 1.0) {
            let who = draw.whole(1, 60) as u8;
            let from = [0, 1, 2].map(|network| Ipv4Addr::new(34, 0, network, who));
            acts.push((at, Act::Flag { service: draw.whole(0, ORDINARY), from }));
        }
        // A thousand sources in as many networks, beside the other flood: enough that each meets its limit in an hour's run.
        let (from, lasts) = (whole * 0.55, (whole / 10.0).clamp(15.0, 360.0));
        for n in 0..(lasts * CROWD_RATE) as u32 {
            let [hi, lo] = ((n % u32::from(CROWD)) as u16).to_be_bytes();
            let act = Act::Send { kind: "crowd", service: CROWDED, from: Ipv4Addr::new(35, hi, lo, 1), text: None };
            acts.push((from + f64::from(n) / CROWD_RATE, act));
        }
        // What else people do, each from a network of their own, and the operator's day.
        for n in 0..FORMS {
            let mut at = || draw.between(0.0, whole * 0.9);
            let from = |form| Ipv4Addr::new(36, form, n, 1);
            let service = usize::from(n) % ORDINARY;
            acts.push((at(), Act::Change { service, from: from(0), withdraw: n % 2 == 1 }));
            acts.push((at(), Act::Suggest { from: from(1), name: format!("Made-up service {n}") }));
            acts.push((at(), Act::Feedback { service, from: from(2) }));
        }
        for at in moments(&mut draw, (0.0, whole), 2.0, |_| 1.0) {
            let from = Ipv4Addr::new(37, draw.whole(0, 256) as u8, draw.whole(0, 256) as u8, 1);
            acts.push((at, Act::Vote { service: draw.whole(0, SERVICES), from }));
        }
        acts.extend((1..=minutes).map(|minute| (f64::from(minute) * 60.0, Act::Operate)));
        // Readers, most of them where something is wrong.
        for at in moments(&mut draw, (0.0, whole), 3000.0, |_| 1.0) {
            let page = ["", "", "", "", "/history", "/reports", "/guide", "/report"][draw.whole(0, 8)];
            let service = if at > begin && draw.unit() < 0.5 { DOWN } else { draw.whole(0, SERVICES) };
            acts.push((at, Act::Read { service, page }));
        }
        acts.sort_by(|a, b| a.0.total_cmp(&b.0));
        let at = Duration::from_secs_f64;
        let acts = acts.into_iter().map(|(when, act)| (at(when), act)).collect();
        Ok(Plan { acts, down: (at(begin), at(end)), whole: at(whole) })
    }
}
