//! The tables, and the comparison with what must be reached.

use super::ends::{self, End};
use super::panel::Alarm;
use super::run::{Path, Plan, episodes};
use super::stats::{Delays, poisson};
use super::stream::{Outage, SIZES, TEST_YEARS};

/// Results by alarm and size.
pub(crate) struct Results {
    /// Indices into [`SIZES`].
    sizes: Vec<usize>,
    alarms: Vec<Alarm>,
    /// Episodes and service-years by alarm and size.
    false_alarms: Vec<Vec<(usize, f64)>>,
    /// Share of quiet blocks in alarm by alarm and size.
    quiet_share: Vec<Vec<f64>>,
    /// By alarm, outage and size.
    delays: Vec<Vec<Vec<Delays>>>,
    /// Outages of a kind and size that are to count, and that were put in.
    counted: (usize, usize),
    /// How Allclear let go, by outage and size.
    ends: Vec<Vec<Vec<End>>>,
    /// Bytes of Allclear's board by size, the median.
    bytes: Vec<usize>,
}

/// Delay in minutes that must be reached (none: nothing is asked) and share found, by size.
fn must(kind: Outage) -> Option<[Option<(f64, f64)>; 7]> {
    let at = |m: f64, s: f64| Some((m, s));
    match kind {
        Outage::Major => Some([
            at(18.0, 0.98),
            at(8.0, 0.98),
            at(5.0, 0.98),
            at(3.0, 0.98),
            at(2.0, 0.98),
            at(2.0, 0.98),
            at(2.0, 0.98),
        ]),
        Outage::Moderate => {
            Some([at(52.0, 0.7), at(22.0, 0.0), at(11.0, 0.0), at(6.0, 0.0), at(4.0, 0.0), at(4.0, 0.0), at(4.0, 0.0)])
        }
        Outage::Partial => {
            Some([None, at(100.0, 0.6), at(30.0, 0.0), at(16.0, 0.0), at(11.0, 0.0), at(11.0, 0.0), at(11.0, 0.0)])
        }
        _ => None,
    }
}

/// With fewer outages than these a cell says why it has no more.
const ENOUGH: usize = 300;

/// Openings an outage beyond the first, at most, and minutes from the end of an outage to the end of its incident, that the protocol asks
/// for where checks speak as well.
const FLAPS: (f64, u32) = (0.05, 15);

/// False alarms a service-year that must not be exceeded.
const MOST_FALSE_ALARMS: f64 = 2.0;

impl Results {
    /// Gathers what the services gave.
    pub(crate) fn of(paths: &[Path], alarms: &[Alarm], plan: &Plan) -> Results {
        let sizes = &plan.sizes;
        let of_size = |s: usize| paths.iter().filter(move |p| p.size == s);
        let false_alarms = alarms
            .iter()
            .map(|a| {
                sizes
                    .iter()
                    .map(|&s| {
                        let n = of_size(s).map(|p| episodes(&p.blocks[a.rule as usize], a.from)).sum();
                        (n, of_size(s).count() as f64 * TEST_YEARS)
                    })
                    .collect()
            })
            .collect();
        let quiet_share = alarms
            .iter()
            .map(|a| {
                sizes
                    .iter()
                    .map(|s| {
                        let blocks: Vec<f32> =
                            of_size(*s).flat_map(|p| p.blocks[a.rule as usize].iter().copied()).collect();
                        blocks.iter().filter(|b| f64::from(**b) >= a.from).count() as f64 / blocks.len().max(1) as f64
                    })
                    .collect()
            })
            .collect();
        let delays = (0..alarms.len())
            .map(|a| {
                Outage::ALL
                    .iter()
                    .map(|k| {
                        sizes
                            .iter()
                            .map(|s| {
                                Delays::of(&of_size(*s).map(|p| p.delays[a][*k as usize].clone()).collect::<Vec<_>>())
                            })
                            .collect()
                    })
                    .collect()
            })
            .collect();
        let ends_of = |k: Outage, s: usize| of_size(s).flat_map(|p| p.ends[k as usize].iter().copied()).collect();
        let ends = Outage::ALL.iter().map(|k| sizes.iter().map(|s| ends_of(*k, *s)).collect()).collect();
        let median = |s: usize| {
            let mut all: Vec<usize> = of_size(s).map(|p| p.bytes).collect();
            all.sort_unstable();
            all.get(all.len() / 2).copied().unwrap_or(0)
        };
        let bytes = sizes.iter().map(|s| median(*s)).collect();
        let (sizes, alarms) = (sizes.clone(), alarms.to_vec());
        Results { sizes, alarms, false_alarms, quiet_share, delays, counted: plan.counted(), ends, bytes }
    }

    /// Prints all tables.
    pub(crate) fn print(&self) {
        let years = self.false_alarms.first().and_then(|f| f.first()).map_or(0.0, |f| f.1);
        println!("### False alarms per service-year (90 % Poisson interval), {years:.1} service-years a size\n");
        header("reports/min at the busiest hour", &self.sizes);
        for (a, f) in self.alarms.iter().zip(&self.false_alarms) {
            print!("| {} |", a.name);
            for (n, y) in f {
                let (lo, hi) = poisson(*n);
                print!(" {:.2} [{:.2}-{:.2}] |", *n as f64 / y, lo / y, hi / y);
            }
            println!();
        }
        println!(
            "\n### Share of quiet three-hour blocks in alarm (a rule that never stops alarming has few episodes)\n"
        );
        header("rule", &self.sizes);
        for (a, f) in self.alarms.iter().zip(&self.quiet_share) {
            println!(
                "| {} | {} |",
                a.name,
                f.iter().map(|s| format!("{:.2} %", s * 100.0)).collect::<Vec<_>>().join(" | ")
            );
        }
        for (k, kind) in Outage::ALL.iter().enumerate() {
            println!("\n### {}: median delay in minutes [90 %], P90, share found [90 %], outages\n", kind.name());
            header("rule", &self.sizes);
            for (a, d) in self.alarms.iter().zip(&self.delays) {
                print!("| {} |", a.name);
                for d in &d[k] {
                    print!(" {} |", cell(d, self.counted));
                }
                println!();
            }
            if let Some(must) = must(*kind) {
                print!("| *must* |");
                for m in self.sizes.iter().map(|s| must[*s]) {
                    match m {
                        Some((t, s)) if s > 0.0 => print!(" {t:.0} ({:.0} %) |", s * 100.0),
                        Some((t, _)) => print!(" {t:.0} |"),
                        None => print!(" – |"),
                    }
                }
                println!();
            }
        }
        println!(
            "\n### Allclear's end of an outage: median minutes from its true end until it is not called open, until it is closed, P90 of that; openings, and times called open again while recovering, an outage\n"
        );
        println!(
            "Reports alone. With checks the protocol asks for at most {} openings beyond the first and {} minutes.\n",
            FLAPS.0, FLAPS.1
        );
        header("outage", &self.sizes);
        for (kind, by_size) in Outage::ALL.iter().zip(&self.ends) {
            let cells: Vec<String> = by_size.iter().map(|e| ends::cell(e)).collect();
            println!("| {} | {} |", kind.name(), cells.join(" | "));
        }
        println!("\nBytes of a board with this one service, as its snapshot, after 16 weeks: {:?}", self.bytes);
        for a in 0..2.min(self.alarms.len()) {
            let missed = self.missed(a);
            println!(
                "\n{}: {}",
                self.alarms[a].name,
                if missed.is_empty() { "reaches every must.".into() } else { missed.join("; ") }
            );
        }
    }

    /// What one alarm misses of the must column, within the 90 % intervals.
    pub(crate) fn missed(&self, alarm: usize) -> Vec<String> {
        let mut missed = Vec::new();
        for (s, (n, y)) in self.false_alarms[alarm].iter().enumerate() {
            let rate = *n as f64 / y;
            if rate > MOST_FALSE_ALARMS {
                missed.push(format!(
                    "false alarms at {}/min are {rate:.2} a year, must be at most {MOST_FALSE_ALARMS}",
                    SIZES[self.sizes[s]]
                ));
            }
        }
        for (k, kind) in Outage::ALL.iter().enumerate() {
            for (s, d) in self.delays[alarm][k].iter().enumerate() {
                let Some((minutes, share)) = must(*kind).and_then(|m| m[self.sizes[s]]) else { continue };
                if d.median.1 > minutes {
                    missed.push(format!(
                        "{} at {}/min: median {}, must be {minutes}",
                        kind.name(),
                        SIZES[self.sizes[s]],
                        minutes_text(d.median.0)
                    ));
                }
                if d.found.2 < share {
                    missed.push(format!(
                        "{} at {}/min: found {:.0} %, must be {:.0} %",
                        kind.name(),
                        SIZES[self.sizes[s]],
                        d.found.0 * 100.0,
                        share * 100.0
                    ));
                }
            }
        }
        missed
    }
}

fn header(first: &str, sizes: &[usize]) {
    println!("| {first} | {} |", sizes.iter().map(|s| SIZES[*s].to_string()).collect::<Vec<_>>().join(" | "));
    println!("|---|{}", "---|".repeat(sizes.len()));
}

fn minutes_text(m: f64) -> String {
    if m.is_finite() { format!("{m:.0}") } else { "–".into() }
}

/// `wanted`: how many outages are to count; `tried`: how many were put in.
fn cell(d: &Delays, (wanted, tried): (usize, usize)) -> String {
    if d.n == 0 {
        return format!("always in alarm (n 0 of {tried})");
    }
    let (m, lo, hi) = d.median;
    let found = if d.found.0 > 0.995 {
        String::new()
    } else {
        format!(" ({:.0} % [{:.0}-{:.0}])", d.found.0 * 100.0, d.found.1 * 100.0, d.found.2 * 100.0)
    };
    let few = if d.n < ENOUGH.min(wanted) { format!(": in alarm before the others of {tried}") } else { String::new() };
    let (m, lo, hi, p90) = (minutes_text(m), minutes_text(lo), minutes_text(hi), minutes_text(d.p90));
    format!("{m} [{lo}-{hi}] {p90}{found} (n {}{few})", d.n)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_with_too_few_outages_says_why() {
        let of = |n: usize| cell(&Delays::of(&vec![vec![3.0]; n]), (450, 9000));
        assert_eq!(of(450), "3 [3-3] 3 (n 450)");
        assert_eq!(of(300), "3 [3-3] 3 (n 300)");
        assert_eq!(of(13), "3 [3-3] 3 (n 13: in alarm before the others of 9000)");
        assert_eq!(of(0), "always in alarm (n 0 of 9000)");
        // A small run has no more.
        assert_eq!(cell(&Delays::of(&vec![vec![3.0]; 36]), (36, 720)), "3 [3-3] 3 (n 36)");
    }
}
