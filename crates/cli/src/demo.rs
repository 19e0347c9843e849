//! A simulated day, so that a newcomer sees a living site at once: quiet services with the ordinary noise, one outage
//! under way, one recovering, one over. Checks from two places and the vendors' pages say their part.
//!
//! Every report goes through the site's own door, with a clock that is driven from the day before to now. So the
//! journal, the board and the pages are made as with real reports; only the people are made up. They are most awake
//! when the story is told, so it is the same story at every hour of the day.

mod witnesses;

use crate::clock::Driven;
use crate::exit::Failure;
use crate::folder::Folder;
use crate::house::House;
use crate::lifecycle::Ring;
use crate::output;
use allclear_engine::intake::NewReport;
use allclear_engine::trust::Signs;
use allclear_model::signal::Baseline;
use allclear_model::{Country, Minute, Slug, SymptomId};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

/// How far back the story begins, in minutes: a day for the charts, and two hours more.
const BEGIN: i64 = 26 * 60;

/// Every so many minutes checks run and official pages are read; and the judge is asked to catch up.
const WITNESSES: i64 = 5;

/// Seed of the made-up people.
const SEED: u64 = 0x0a11_c1ea_2026;

/// Where the made-up people are, most first.
const COUNTRIES: [&str; 12] = ["US", "DE", "GB", "IN", "BR", "FR", "JP", "CA", "NL", "PL", "ES", "AU"];

/// One service of the story.
struct Role {
    slug: &'static str,
    /// Ordinary reports per hour, averaged over the day.
    usual: f64,
    /// What happens to it.
    plot: Plot,
}

/// Minutes before now.
enum Plot {
    Quiet,
    /// From `began` on, `times` the usual reports.
    UnderWay {
        began: i64,
        times: f64,
        symptom: &'static str,
    },
    /// As `UnderWay`, but falling back since `eased`.
    Over {
        began: i64,
        eased: i64,
        times: f64,
        symptom: &'static str,
    },
}

/// The cast. Rates are made up; the three plots are far enough from the usual to be judged within minutes.
const CAST: [Role; 14] = [
    Role { slug: "openrouter", usual: 14.0, plot: Plot::UnderWay { began: 47, times: 38.0, symptom: "api-key" } },
    Role {
        slug: "discord",
        usual: 18.0,
        plot: Plot::Over { began: 130, eased: 24, times: 16.0, symptom: "connecting" },
    },
    Role { slug: "github", usual: 12.0, plot: Plot::Over { began: 610, eased: 480, times: 14.0, symptom: "git" } },
    Role { slug: "chatgpt", usual: 22.0, plot: Plot::Quiet },
    Role { slug: "claude", usual: 12.0, plot: Plot::Quiet },
    Role { slug: "gemini", usual: 9.0, plot: Plot::Quiet },
    Role { slug: "youtube", usual: 20.0, plot: Plot::Quiet },
    Role { slug: "whatsapp", usual: 16.0, plot: Plot::Quiet },
    Role { slug: "cloudflare", usual: 10.0, plot: Plot::Quiet },
    Role { slug: "aws", usual: 12.0, plot: Plot::Quiet },
    Role { slug: "playstation-network", usual: 14.0, plot: Plot::Quiet },
    Role { slug: "perplexity", usual: 6.0, plot: Plot::Quiet },
    Role { slug: "krisp", usual: 2.0, plot: Plot::Quiet },
    Role { slug: "leonardo-ai", usual: 4.0, plot: Plot::Quiet },
];

impl Role {
    /// Expected reports in the minute that lies `ago` minutes before now, `from_peak` hours from the busiest one, and
    /// the share of them that name the plot's symptom.
    fn rate(&self, ago: i64, from_peak: i64) -> (f64, f64) {
        let usual = self.usual_at(from_peak);
        let full = |times: f64, since: i64| 1.0 + (times - 1.0) * (since as f64 / 6.0).min(1.0);
        match self.plot {
            Plot::UnderWay { began, times, .. } if ago <= began => (usual * full(times, began - ago), 0.7),
            Plot::Over { began, eased, times, .. } if ago <= began && ago > eased => {
                (usual * full(times, began - ago), 0.7)
            }
            Plot::Over { eased, times, .. } if ago <= eased && ago > eased - 15 => {
                let left = 1.0 - (eased - ago) as f64 / 15.0;
                (usual * (1.0 + (times - 1.0) * left), 0.5)
            }
            _ => (usual, 0.0),
        }
    }

    /// Ordinary reports per minute, `from_peak` hours (0 to 12) from the busiest one. People sleep: between 0.5 and 1.5
    /// times the average. A triangle is good enough here.
    fn usual_at(&self, from_peak: i64) -> f64 {
        self.usual / 60.0 * (1.5 - from_peak as f64 / 12.0)
    }

    /// What the judge would have learned in the weeks before the story: without it, a first day is no ordinary day.
    fn learned(&self, service: Slug, peak: Peak) -> Baseline {
        let profile = (0..168).map(|hour| self.usual_at(peak.away(hour))).collect();
        Baseline { service, profile, alpha: None, weeks: Some(8.0) }
    }

    fn symptom(&self) -> Option<&'static str> {
        match self.plot {
            Plot::Quiet => None,
            Plot::UnderWay { symptom, .. } | Plot::Over { symptom, .. } => Some(symptom),
        }
    }
}

/// The hour of the day (UTC) at which most of the people are awake: the one in which the story is told. At an hour at
/// which few reports are usual, silence says nothing, and a newcomer would find most services without a verdict.
#[derive(Clone, Copy)]
pub(crate) struct Peak(i64);

impl Peak {
    fn at(now: Minute) -> Peak {
        Peak(now.0.div_euclid(60).rem_euclid(24))
    }

    /// Hours between `hour` (of a day or of a week) and the nearest peak: 0 to 12.
    fn away(self, hour: i64) -> i64 {
        let after = (hour - self.0).rem_euclid(24);
        after.min(24 - after)
    }
}

/// A story that is about to be told.
pub(crate) struct Story {
    now: Minute,
}

impl Story {
    /// Removes an earlier story, whose outage would be out of date, and sets the clock to the beginning of this one.
    ///
    /// # Errors
    /// When the earlier one cannot be removed.
    pub(crate) fn begin(folder: &Folder, clock: &Driven) -> Result<Story, Failure> {
        folder.clear_demo()?;
        let now = clock.real().minute();
        clock.set(Minute(now.0 - BEGIN).start());
        Ok(Story { now })
    }

    /// Lets the day happen, and hands over to the machine's clock.
    ///
    /// # Errors
    /// When the site cannot keep the reports.
    pub(crate) async fn tell(&self, house: &House, clock: &Driven) -> Result<Peak, Failure> {
        let peak = Peak::at(self.now);
        output::note(&format!("simulating the last {} hours ...", BEGIN / 60));
        for role in &CAST {
            if let Some(view) = house.handles.site.service(role.slug) {
                let baseline = role.learned(view.service.slug.clone(), peak);
                house.handles.admin.learned(baseline).await.map_err(Failure::failed)?;
            }
        }
        let mut random = Random(SEED);
        for minute in self.now.0 - BEGIN..self.now.0 {
            let minute = Minute(minute);
            clock.set(minute.start().plus_s(20));
            send(house, reports(house, minute, self.now.0 - minute.0, peak, &mut random)).await?;
            // Minutes without a report must be judged as well, before the site takes itself for stopped.
            if minute.0 % WITNESSES == 0 {
                witnesses::tell(house, minute, self.now.0 - minute.0).await?;
                house.handles.admin.catch_up().await.map_err(Failure::failed)?;
            }
        }
        clock.let_go();
        house.handles.admin.catch_up().await.map_err(Failure::failed)?;
        Ok(peak)
    }
}

/// Goes on minute by minute until the ring stops: the outage stays, the rest is quiet.
pub(crate) fn go_on(house: Arc<House>, peak: Peak, ring: &Ring) {
    let stop = ring.stop.clone();
    ring.tracker.spawn(async move {
        let mut random = Random(SEED ^ 1);
        let told = house.handles.site.now().minute();
        let mut heard = told;
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(Duration::from_secs(20)) => {}
            }
            let minute = house.handles.site.now().minute();
            let sent = reports(&house, minute, 0, peak, &mut random);
            if minute.0 >= heard.0 + WITNESSES {
                heard = minute;
                if let Err(e) = witnesses::tell(&house, minute, told.0 - minute.0).await {
                    tracing::warn!("simulation: {}", e.message);
                }
            }
            // A third of the minute has passed.
            let sent = sent.into_iter().filter(|_| random.below(3) == 0).collect();
            if let Err(e) = send(&house, sent).await {
                tracing::warn!("simulation: {}", e.message);
            }
        }
    });
}

/// One made-up person's report.
struct Sent {
    new: NewReport,
    from: IpAddr,
}

/// The reports of one minute, `ago` minutes before the story's now.
fn reports(house: &House, minute: Minute, ago: i64, peak: Peak, random: &mut Random) -> Vec<Sent> {
    let from_peak = peak.away(minute.0.div_euclid(60));
    let mut all = Vec::new();
    for role in &CAST {
        let Some(view) = house.handles.site.service(role.slug) else { continue };
        let (rate, share) = role.rate(ago, from_peak);
        for _ in 0..random.poisson(rate) {
            let known: Vec<&SymptomId> = view.service.symptoms.iter().map(|s| &s.id).collect();
            let plotted = role.symptom().filter(|s| random.unit() < share && view.service.has_symptom(s));
            let symptom = match plotted.and_then(|s| Slug::parse(s).ok()) {
                Some(s) => s,
                None => match random.below(known.len() as u64 + 1) {
                    n if (n as usize) < known.len() => known[n as usize].clone(),
                    _ => SymptomId::other(),
                },
            };
            // Squared, so that the first countries are named most.
            let place = random.unit() * random.unit() * COUNTRIES.len() as f64;
            let country = COUNTRIES.get(place as usize).and_then(|c| Country::parse(c).ok());
            // 10.0.0.0/8 is nobody's address on the Internet (RFC 1918).
            let from = Ipv4Addr::from(0x0a00_0000 | (random.next() as u32 & 0x00ff_ffff));
            let service = view.service.slug.clone();
            all.push(Sent {
                new: NewReport {
                    country,
                    signs: Signs { vouched: true, ..Signs::default() },
                    ..NewReport::of(service, symptom)
                },
                from: IpAddr::V4(from),
            });
        }
    }
    all
}

/// Hands reports in all at once, so that they share a write.
async fn send(house: &House, sent: Vec<Sent>) -> Result<(), Failure> {
    let intake = &house.handles.intake;
    let mut waiting = Vec::with_capacity(sent.len());
    for Sent { new, from } in sent {
        let (intake, from) = (intake.clone(), intake.origin(from));
        waiting.push(house.tracker.spawn(async move { intake.report(new, from).await }));
    }
    for done in waiting {
        match done.await {
            Ok(Ok(_) | Err(allclear_engine::EngineError::Limited { .. })) => {}
            Ok(Err(e)) => return Err(Failure::failed(format!("the simulation cannot go on: {e}"))),
            Err(e) => return Err(Failure::failed(format!("the simulation broke off: {e}"))),
        }
    }
    Ok(())
}

/// SplitMix64 (Steele, Lea, Flood 2014): small, and equal on every machine.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// 0 to 1, without 1.
    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// 0 to `n`, without `n`; 0 for 0.
    fn below(&mut self, n: u64) -> u64 {
        (self.unit() * n as f64) as u64
    }

    /// A Poisson number by counting exponential waiting times (Knuth); `mean` is small here.
    #[expect(clippy::disallowed_methods, reason = "people that are made up, not a verdict")]
    fn poisson(&mut self, mean: f64) -> u64 {
        let limit = (-mean.clamp(0.0, 100.0)).exp();
        let (mut n, mut product) = (0, self.unit());
        while product > limit {
            n += 1;
            product *= self.unit();
        }
        n
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_in_the_story_is_in_the_builtin_catalogue_with_the_plotted_symptom() {
        let catalogue = crate::embedded::load(None, &crate::config::Include::All).unwrap().catalogue;
        for role in &CAST {
            let service = catalogue.services.get(role.slug).unwrap_or_else(|| panic!("{}", role.slug));
            assert!(role.symptom().is_none_or(|s| service.has_symptom(s)), "{}", role.slug);
        }
    }

    #[test]
    fn the_made_up_people_are_the_same_every_time_and_as_many_as_said() {
        let draw = || {
            let mut random = Random(SEED);
            (0..10_000).map(|_| random.poisson(3.0)).collect::<Vec<_>>()
        };
        assert_eq!(draw(), draw());
        let mean = draw().iter().sum::<u64>() as f64 / 10_000.0;
        assert!((mean - 3.0).abs() < 0.1, "{mean}");
        assert_eq!(Random(1).poisson(0.0), 0);
    }

    #[test]
    fn the_hour_in_which_the_story_is_told_is_the_busiest() {
        for now in 0..24 {
            let peak = Peak::at(Minute((20_000 * 24 + now) * 60 + 59));
            assert_eq!((peak.away(now), peak.away(now + 144), peak.away(now + 12)), (0, 0, 12));
            assert_eq!((peak.away(now + 1), peak.away(now - 1)), (1, 1));
        }
    }

    #[test]
    fn each_plot_is_where_the_story_says() {
        let rate = |i: usize, ago: i64| CAST[i].rate(ago, 0).0 / (CAST[i].usual / 60.0 * 1.5);
        assert!(rate(0, 60) == 1.0 && rate(0, 0) > 30.0, "under way");
        assert!(rate(1, 60) > 10.0 && rate(1, 0) == 1.0, "recovering");
        assert!(rate(2, 500) > 10.0 && rate(2, 300) == 1.0, "over");
    }
}
