//! Whom watching a catalogue asks, what, and how often; and whom it does not ask, and why.

use crate::catalogue::host_of;
use allclear_model::catalogue::Official;
use allclear_model::check::{Check, HttpCheck, opted_out};
use allclear_model::{Catalogue, Slug};
use std::collections::{BTreeMap, BTreeSet};

/// Seconds between two checks of a service, or two readings of an official page, that nobody looks at.
pub const QUIET_S: u32 = 300;
/// Least seconds between two requests to one stranger's host, over all services that are asked there.
pub const HOST_S: u32 = 60;
/// The same for a host of one's own.
pub(crate) const OWN_HOST_S: u32 = 1;
/// Most seconds between two readings of an official page, as far as its host allows: half of the time for which one speaks.
const PAGE_S: u32 = 900;

/// How polite to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manners {
    /// Services that are watched through people and official pages only, and categories of such.
    pub without_checks: BTreeSet<Slug>,
    /// Hosts that want no request of ours; what lies below one is meant as well.
    pub opted_out: BTreeSet<String>,
    /// Seconds between two checks of a service that nobody looks at, at least 1; of strangers' hosts never less than [`HOST_S`].
    pub every_s: u32,
    /// Hosts of one's own, which may be asked as often as one likes.
    pub own: BTreeSet<String>,
    /// Settings that switch a kind of watching off: `watch.checks`, `watch.official`.
    pub off: BTreeSet<&'static str>,
}

impl Default for Manners {
    fn default() -> Manners {
        Manners {
            without_checks: BTreeSet::new(),
            opted_out: BTreeSet::new(),
            every_s: QUIET_S,
            own: BTreeSet::new(),
            off: BTreeSet::new(),
        }
    }
}

/// Something to ask a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask<'c> {
    /// The host, lower case, without a port. For a question to the DNS: the name that is asked about.
    pub host: String,
    /// Whose.
    pub service: &'c Slug,
    /// What.
    pub what: What<'c>,
    /// Seconds from one time to the next while nobody looks.
    pub every_s: u32,
    /// Least seconds between two requests to the host.
    pub host_s: u32,
    /// Why it is not asked after all.
    pub not: Option<Why>,
}

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What<'c> {
    /// A check of ours.
    Check(&'c Check),
    /// The vendor's official page.
    Official(&'c Official),
}

impl What<'_> {
    /// One word.
    pub fn as_str(&self) -> &'static str {
        match self {
            What::Check(_) => "check",
            What::Official(_) => "official",
        }
    }

    /// The address that is asked.
    pub fn address(&self) -> String {
        match self {
            What::Check(check) => check.address(),
            What::Official(page) => page.address().to_owned(),
        }
    }
}

/// Why somebody is not asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// The host, or one above it, opted out.
    OptedOut(String),
    /// This setting says so.
    Off(&'static str),
    /// Services of this category are not checked.
    Category(Slug),
    /// This service is not.
    Service(Slug),
    /// Nothing that a program can read is known of the official page.
    NoFeed,
}

impl Why {
    /// The reason as a sentence without a full stop.
    pub fn said(&self) -> String {
        match self {
            Why::OptedOut(host) => format!("{host} opted out"),
            Why::Off(setting) => format!("{setting} is off"),
            Why::Category(category) => format!("services of the category {category} are not checked"),
            Why::Service(service) => format!("{service} is not to be checked"),
            Why::NoFeed => "nothing that a program can read is known of this page".to_owned(),
        }
    }
}

/// All that could be asked, in order of host, then of service, checks first. `readable` says whether a format of official pages can be read.
pub fn plan<'c>(catalogue: &'c Catalogue, manners: &Manners, readable: &dyn Fn(&str) -> bool) -> Vec<Ask<'c>> {
    let mut all = Vec::new();
    for (slug, service) in &catalogue.services {
        let mut add = |what: What<'c>, host: Option<String>, not: Option<Why>| {
            // The loader lets no address without a host in.
            let Some(host) = host else { return };
            let setting = match what {
                What::Check(_) => "watch.checks",
                What::Official(_) => "watch.official",
            };
            let off = manners.off.get(setting).map(|s| Why::Off(s));
            let not = not.or(off).or_else(|| opted_out(&host, &manners.opted_out).map(|h| Why::OptedOut(h.to_owned())));
            let host_s = if manners.own.contains(&host) { OWN_HOST_S } else { HOST_S };
            all.push(Ask { host, service: slug, what, every_s: manners.every_s, host_s, not });
        };
        if let Some(check) = &service.check {
            let check = &check.value;
            let left_alone = |name: &Slug| manners.without_checks.contains(name).then(|| name.clone());
            let not = left_alone(&service.category).map(Why::Category).or_else(|| left_alone(slug).map(Why::Service));
            add(What::Check(check), host(check), not);
        }
        if let Some(official) = &service.official {
            let page = &official.value;
            let reads = page.format.as_deref().is_some_and(readable);
            let what = What::Official(page);
            add(what, page_host(page), (!reads).then_some(Why::NoFeed));
        }
    }
    // A page that several services share is read once for all of them.
    let mut on_host: BTreeMap<String, BTreeSet<(Option<&Slug>, String)>> = BTreeMap::new();
    for ask in all.iter().filter(|a| a.not.is_none()) {
        let whose = matches!(ask.what, What::Check(_)).then_some(ask.service);
        on_host.entry(ask.host.clone()).or_default().insert((whose, ask.what.address()));
    }
    for ask in &mut all {
        if matches!(ask.what, What::Official(_)) {
            ask.every_s = ask.every_s.min(PAGE_S);
        }
        let many = on_host.get(&ask.host).map_or(1, |asked| asked.len().max(1)) as u32;
        ask.every_s = ask.every_s.max(many.saturating_mul(ask.host_s));
    }
    all.sort_by(|a, b| (&a.host, a.service, a.what.as_str()).cmp(&(&b.host, b.service, b.what.as_str())));
    all
}

/// The host that an official page is read from, lower case, without a port.
pub fn page_host(page: &Official) -> Option<String> {
    host_of(&What::Official(page).address())
}

/// The host that a check is about, lower case, without a port.
pub fn host(check: &Check) -> Option<String> {
    match check {
        Check::Http(HttpCheck { url, .. }) => host_of(url),
        Check::Tcp(c) => Some(lower(&c.host)),
        Check::Tls(c) => Some(lower(&c.host)),
        Check::Dns(c) => Some(lower(&c.name)),
        Check::Icmp(c) => Some(lower(&c.host)),
    }
}

fn lower(host: &str) -> String {
    host.trim_end_matches('.').to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::{Include, Source, load};

    const CATEGORY: &str = "name = \"Mail\"\ngroup = \"Work\"\nguide = \"mail\"\noutages_per_30_days = 1.5\n\n[[symptoms]]\nid = \"send\"\nlabel = \"Cannot send\"\ntopic = \"send\"\n";
    const GUIDE: &str = "# Mail\n\n## Sending {#send}\n\n### When the service is healthy\n\nLook.\n\n```\n## not a heading\n```\n\n### When it is them\n\nWait.\n";

    fn catalogue(services: &[(&'static str, &str)]) -> Catalogue {
        let leak = |text: String| -> &'static str { Box::leak(text.into_boxed_str()) };
        let mut files =
            vec![("categories/mail.toml", CATEGORY), ("categories/bank.toml", CATEGORY), ("guides/mail.md", GUIDE)];
        for (slug, rest) in services {
            let mark = |fact: &str| {
                if rest.contains(&format!("[{fact}]")) { format!("{fact} = false\n") } else { String::new() }
            };
            let text = format!(
                "name = \"{slug}\"\nhomepage = \"https://{slug}.example.org\"\n{rest}[verified]\nhomepage = false\n{}{}",
                mark("check"),
                mark("official")
            );
            files.push((leak(format!("services/{slug}.toml")), leak(text)));
        }
        load(&[Source::embedded(files)], &Include::All).unwrap().catalogue
    }

    fn told(catalogue: &Catalogue, manners: &Manners) -> Vec<String> {
        let line = |a: Ask<'_>| {
            let not = a.not.map_or(String::new(), |w| format!(": {}", w.said()));
            format!("{} {} {} {}{not}", a.host, a.service, a.what.as_str(), a.every_s)
        };
        plan(catalogue, manners, &|format| format == "statuspage").into_iter().map(line).collect()
    }

    #[test]
    fn each_host_is_named_with_what_is_asked_there_and_how_often() {
        let c = catalogue(&[
            (
                "a",
                "category = \"mail\"\n[check]\nurl = \"https://A.example.org:8443/up?x\"\n[official]\npage = \"https://status.a.example.org\"\nformat = \"statuspage\"\n",
            ),
            (
                "b",
                "category = \"mail\"\n[check]\ntls = \"b.example.org\"\n[official]\npage = \"https://b.example.org/status\"\nformat = \"html\"\n",
            ),
            ("c", "category = \"mail\"\n"),
        ]);
        let lines = told(&c, &Manners::default());
        assert_eq!(
            lines,
            [
                "a.example.org a check 300",
                "b.example.org b check 300",
                "b.example.org b official 300: nothing that a program can read is known of this page",
                "status.a.example.org a official 300",
            ]
        );
    }

    #[test]
    fn a_host_with_many_services_is_asked_no_more_than_once_a_minute() {
        let slugs: Vec<&'static str> = vec!["s1", "s2", "s3", "s4", "s5", "s6", "s7"];
        let rest = "category = \"mail\"\n[check]\nurl = \"https://shared.example.org/\"\n";
        let c = catalogue(&slugs.iter().map(|s| (*s, rest)).collect::<Vec<_>>());
        let plan = plan(&c, &Manners::default(), &|_| true);
        assert!(plan.iter().all(|a| a.every_s == 7 * HOST_S), "{plan:?}");
    }

    #[test]
    fn a_host_of_one_s_own_may_be_asked_more_often_and_nobody_else() {
        let rest = |host: &str| format!("category = \"mail\"\n[check]\nurl = \"http://{host}:8080/\"\n");
        let c = catalogue(&[("mine", &rest("10.1.2.3")), ("theirs", &rest("x.example.org"))]);
        let manners = Manners { every_s: 5, own: BTreeSet::from(["10.1.2.3".to_owned()]), ..Manners::default() };
        assert_eq!(told(&c, &manners), ["10.1.2.3 mine check 5", "x.example.org theirs check 60"]);
    }

    #[test]
    fn who_opted_out_is_not_asked_nor_what_lies_below_nor_a_category_without_checks() {
        let page = "[check]\nurl = \"https://www.x.example.org/\"\n[official]\npage = \"https://status.x.example.org\"\nformat = \"statuspage\"\n";
        let mail = format!("category = \"mail\"\n{page}");
        let bank = format!("category = \"bank\"\n{page}");
        let out = Manners { opted_out: BTreeSet::from(["x.example.org".to_owned()]), ..Manners::default() };
        let lines = told(&catalogue(&[("a", &mail)]), &out);
        assert!(lines.len() == 2 && lines.iter().all(|l| l.ends_with("300: x.example.org opted out")), "{lines:?}");
        let banks = Manners { without_checks: BTreeSet::from([Slug::parse("bank").unwrap()]), ..Manners::default() };
        let lines = told(&catalogue(&[("a", &bank)]), &banks);
        assert_eq!(
            lines,
            [
                "status.x.example.org a official 300",
                "www.x.example.org a check 300: services of the category bank are not checked"
            ]
        );
        let one = Manners { without_checks: BTreeSet::from([Slug::parse("b").unwrap()]), ..Manners::default() };
        let lines = told(
            &catalogue(&[("a", "category = \"mail\"\n[check]\nurl = \"https://a.example.org/\"\n"), ("b", &mail)]),
            &one,
        );
        assert_eq!(
            lines,
            [
                "a.example.org a check 300",
                "status.x.example.org b official 300",
                "www.x.example.org b check 300: b is not to be checked"
            ]
        );
    }
}
