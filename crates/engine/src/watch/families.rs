//! IPv4 and IPv6 are tried apart: turn about, and each over the other one before a failure counts. What fails over one of them alone is no outage, for
//! visitors' programs go on to the family that answers (RFC 8305), but worth a word.

use allclear_model::check::{CheckOutcome, Checked, Family, MACHINE, NO_NETWORK};
use allclear_model::{Slug, Time};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// Where so many hosts in a row failed over a family, it is this machine's way that is broken.
const LAME: usize = 3;
/// A broken way is tried again so often. Milliseconds.
const PROBE_MS: i64 = 600_000;
/// A family is blamed on a host only while another host was reached over it, at most so long ago. Milliseconds.
const KNOWN_MS: i64 = 1_800_000;

/// What is known of both families at each service's host, and from here at all.
#[derive(Debug, Default)]
pub struct Families {
    services: BTreeMap<Slug, Service>,
    ways: BTreeMap<Family, Known>,
}

#[derive(Debug, Default)]
struct Service {
    /// Over what it was asked in its last turn.
    last: Option<Family>,
    /// What failed in this turn, and how.
    failed: Option<Failed>,
    /// The family that fails alone, and how.
    finding: Option<(Family, String)>,
}

#[derive(Debug)]
struct Failed {
    family: Family,
    address: Option<IpAddr>,
    why: String,
}

/// What is known of the way over a family.
#[derive(Debug, Default)]
struct Known {
    /// When each host was last reached.
    reached: BTreeMap<String, Time>,
    /// Hosts that were not, since one was.
    lost: BTreeSet<String>,
    tried: Option<Time>,
}

impl Families {
    /// Over which family to ask a service now, and which address not to, where there is a choice. `attempt` as in [`super::Run`].
    pub fn choose(&self, service: &Slug, attempt: u8, now: Time) -> (Family, Option<IpAddr>) {
        let known = self.services.get(service);
        let failed = known.and_then(|s| s.failed.as_ref()).filter(|_| attempt > 0);
        let wanted = match (failed, known.and_then(|s| s.last)) {
            (Some(failed), _) if attempt == 1 => failed.family.other(),
            (Some(failed), _) => failed.family,
            (None, Some(last)) => last.other(),
            (None, None) => Family::Ipv4,
        };
        let family = if self.leads_out(wanted, now) { wanted } else { wanted.other() };
        (family, failed.and_then(|f| f.address))
    }

    fn leads_out(&self, family: Family, now: Time) -> bool {
        self.ways
            .get(&family)
            .is_none_or(|w| w.lost.len() < LAME || w.tried.is_none_or(|tried| now.since_ms(tried) >= PROBE_MS))
    }

    /// Takes note of what came. Gives what is to be said beside a result that is up: "IPv6 fails: the connection was refused".
    pub fn heard(&mut self, service: &Slug, host: &str, attempt: u8, checked: &Checked, now: Time) -> Option<String> {
        let family = checked.family?;
        let word = checked.outcome.word();
        let way = self.ways.entry(family).or_default();
        way.tried = Some(now);
        match word {
            CheckOutcome::Up | CheckOutcome::Blocked => {
                way.lost.clear();
                way.reached.retain(|_, at| now.since_ms(*at) <= KNOWN_MS);
                way.reached.insert(host.to_owned(), now);
            }
            CheckOutcome::Down => _ = way.lost.insert(host.to_owned()),
            CheckOutcome::Inconclusive if no_way(checked) => _ = way.lost.insert(host.to_owned()),
            CheckOutcome::Inconclusive => {}
        }
        let known = self.services.entry(service.clone()).or_default();
        if attempt == 0 {
            (known.last, known.failed) = (Some(family), None);
        }
        if word == CheckOutcome::Down && attempt == 0 {
            let address = checked.address.as_ref().and_then(|a| a.parse().ok());
            known.failed = Some(Failed { family, address, why: checked.outcome.why().unwrap_or_default().to_owned() });
        }
        if word != CheckOutcome::Up {
            return None;
        }
        match known.failed.take() {
            Some(failed) if failed.family != family => known.finding = Some((failed.family, failed.why)),
            _ if known.finding.as_ref().is_some_and(|(f, _)| *f == family) => known.finding = None,
            _ => {}
        }
        let (failing, why) = known.finding.as_ref()?;
        let elsewhere = |w: &Known| w.reached.iter().any(|(h, at)| h != host && now.since_ms(*at) <= KNOWN_MS);
        self.ways.get(failing).is_some_and(elsewhere).then(|| format!("{} fails: {why}", failing.as_str()))
    }

    /// Forgets services that are not checked any more.
    pub fn keep(&mut self, wanted: impl Fn(&Slug) -> bool) {
        self.services.retain(|slug, _| wanted(slug));
    }
}

/// Whether nothing came because nothing could go out.
fn no_way(checked: &Checked) -> bool {
    checked.outcome.reason().is_some_and(|r| r.code == NO_NETWORK || r.code == MACHINE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use Family::{Ipv4, Ipv6};
    use allclear_model::check::{Beside, Outcome, Phases, Reason};

    fn at(s: i64) -> Time {
        Time(s * 1000)
    }

    fn slug(name: &str) -> Slug {
        Slug::parse(name).unwrap()
    }

    fn came(family: Family, up: bool) -> Checked {
        let address = if family == Ipv4 { "192.0.2.1" } else { "2001:db8::1" };
        Checked {
            outcome: if up { Outcome::Up } else { Outcome::Down(Reason::new("connect", "refused")) },
            phases_ms: Phases::default(),
            address: Some(address.to_owned()),
            family: Some(family),
            http: None,
            tls: None,
            findings: Vec::new(),
            beside: Beside::default(),
        }
    }

    /// One turn of a service whose host answers over these families: what is told of it in the end.
    fn turn(f: &mut Families, name: &str, answers: &[Family], t: i64) -> (bool, Option<String>) {
        for attempt in 0..3 {
            let (family, _) = f.choose(&slug(name), attempt, at(t));
            let up = answers.contains(&family);
            let said = f.heard(&slug(name), name, attempt, &came(family, up), at(t));
            if up {
                return (true, said);
            }
        }
        (false, None)
    }

    #[test]
    fn a_host_that_fails_over_one_family_alone_is_up_and_a_word_is_said_of_it_until_that_is_over() {
        let mut f = Families::default();
        for t in 0..2 {
            assert_eq!(turn(&mut f, "well", &[Ipv4, Ipv6], t), (true, None));
        }
        let said = Some("IPv6 fails: refused".to_owned());
        assert_eq!(turn(&mut f, "half", &[Ipv4], 10), (true, None), "IPv6 has not been tried yet");
        for t in 11..15 {
            assert_eq!(turn(&mut f, "half", &[Ipv4], t), (true, said.clone()), "whichever family has its turn");
        }
        assert_eq!(turn(&mut f, "half", &[], 16), (false, None), "what fails over both is down");
        let over: Vec<_> = (17..21).map(|t| turn(&mut f, "half", &[Ipv4, Ipv6], t).1).collect();
        assert_eq!(over.last(), Some(&None), "{over:?}");
    }

    #[test]
    fn where_nothing_is_reached_over_a_family_it_is_no_fault_of_the_hosts_and_is_tried_only_now_and_then() {
        let mut f = Families::default();
        let mut tried = 0;
        for t in 0..1200 {
            let name = format!("h{}", t % 10);
            tried += usize::from(f.choose(&slug(&name), 0, at(t)).0 == Ipv6);
            assert_eq!(turn(&mut f, &name, &[Ipv4], t), (true, None), "second {t}");
        }
        assert!((3..=6).contains(&tried), "{tried} times in twenty minutes");
    }

    #[test]
    fn a_failure_is_asked_about_over_the_other_family_and_then_at_another_address() {
        let mut f = Families::default();
        let s = slug("s");
        assert_eq!(f.choose(&s, 0, at(0)), (Ipv4, None));
        f.heard(&s, "s", 0, &came(Ipv4, false), at(0));
        let failed = Some("192.0.2.1".parse().unwrap());
        assert_eq!([f.choose(&s, 1, at(5)), f.choose(&s, 2, at(15))], [(Ipv6, failed), (Ipv4, failed)]);
        f.keep(|_| false);
        assert_eq!(f.choose(&s, 0, at(300)), (Ipv4, None));
    }
}
