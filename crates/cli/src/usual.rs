//! What is usual for services, read from a file: rates by hour of the week, baselines as a replay has them, or past
//! reports to make them from. Every error names file, line and value.

use crate::exit::Failure;
use crate::socket::protocol::PlacedBaseline;
use allclear_model::signal::Baseline;
use allclear_model::{Slug, Time};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::io::BufRead;

/// Hours of a week.
const HOURS: usize = 168;
/// Minutes of a week.
const WEEK: i64 = 10_080;
/// Parts that a report is counted in.
const FIFTEENTHS: u64 = 15;
/// Least time that past reports must cover: each hour of a day once.
const LEAST_MINUTES: i64 = 1_440;
/// A file that covers more is taken for one with a wrong date.
const MOST_MINUTES: i64 = 10 * 366 * 1_440;
/// Weeks that a baseline tells apart (`model::signal::Baseline`).
const WEEKS: (f64, f64) = (0.1, 12.0);

/// Reads a file in any of the forms; they cannot be mixed.
///
/// # Errors
/// At the first line that is wrong, with exit code 2.
pub(crate) fn read(name: &str, input: impl BufRead) -> Result<Vec<PlacedBaseline>, Failure> {
    let mut file = File { name, rates: BTreeMap::new(), given: BTreeMap::new(), past: Past::default() };
    let mut lines = false;
    let mut columns = false;
    for (i, line) in input.split(b'\n').enumerate() {
        let number = i + 1;
        let line = line.map_err(|e| Failure::bad_input(format!("cannot read {name}: {e}")))?;
        let text = std::str::from_utf8(&line).map_err(|_| file.wrong(number, "is not UTF-8"))?;
        let text = text.trim_start_matches('\u{feff}').trim();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        let json = text.starts_with('{');
        lines |= json;
        let first = !json && !columns;
        columns |= !json;
        if lines && columns {
            return Err(
                file.wrong(number, "is of another form than the lines before: JSON or comma-separated, not both")
            );
        }
        if json { file.json(number, text) } else { file.columns(number, text, first) }
            .map_err(|why| file.wrong(number, &why))?;
    }
    file.finish()
}

struct File<'n> {
    name: &'n str,
    /// From columns: line of a service's first hour, and its hours.
    rates: BTreeMap<Slug, (usize, Vec<Option<f64>>)>,
    given: BTreeMap<Slug, (usize, Baseline)>,
    past: Past,
}

/// Past reports.
#[derive(Default)]
struct Past {
    /// Line of the first report, and reports by hour of the week, in fifteenths: whole numbers for every minute of a span.
    counts: BTreeMap<Slug, (usize, Vec<u64>)>,
    /// Minutes from the first that any line speaks of to the last.
    span: Option<(i64, i64)>,
}

/// A line of the replay format, as far as it matters here.
#[derive(Deserialize)]
struct Line {
    kind: String,
    at: String,
    service: Option<String>,
    count: Option<u32>,
    span_s: Option<u32>,
    profile: Option<Vec<f64>>,
    alpha: Option<f64>,
    weeks: Option<f64>,
}

impl File<'_> {
    fn place(&self, line: usize) -> String {
        format!("{}:{line}", self.name)
    }

    fn wrong(&self, line: usize, why: &str) -> Failure {
        Failure::bad_input(format!("{}: {why}", self.place(line)))
    }

    /// `service,hour,rate`.
    fn columns(&mut self, line: usize, text: &str, first: bool) -> Result<(), String> {
        let cells: Vec<&str> = text.split(',').map(str::trim).collect();
        let [service, hour, rate] = cells[..] else {
            return Err(format!(
                "has {} columns, it must have 3: service, hour of the week, reports per minute",
                cells.len()
            ));
        };
        if first && service == "service" {
            return Ok(());
        }
        let slug = slug(service)?;
        let n = hour.parse::<usize>().ok().filter(|h| *h < HOURS).ok_or_else(|| {
            format!("hour of the week is {hour:?}, it must be a number from 0 (Monday 00:00 UTC) to {}", HOURS - 1)
        })?;
        let value = rate.parse::<f64>().ok().filter(|r| r.is_finite() && *r >= 0.0);
        let value =
            value.ok_or_else(|| format!("reports per minute is {rate:?}, it must be a number of at least 0"))?;
        let (_, hours) = self.rates.entry(slug).or_insert_with(|| (line, vec![None; HOURS]));
        match hours.get_mut(n) {
            Some(Some(_)) => Err(format!("hour {n} of service {service:?} stands there twice")),
            Some(free) => {
                *free = Some(value);
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn json(&mut self, line: usize, text: &str) -> Result<(), String> {
        let l: Line = serde_json::from_str(text).map_err(|e| {
            // The reader counts lines within the text, which is always one.
            format!(
                "is not a line of the replay format: {}",
                e.to_string().replace(" at line 1 column ", " at column ")
            )
        })?;
        let at = Time::parse(&l.at).map_err(|e| format!("`at`: {}", e.problem))?;
        let service = || slug(l.service.as_deref().ok_or("`service` is missing")?);
        match l.kind.as_str() {
            "reports" => {
                let count = l.count.ok_or("`count` is missing")?;
                let span = l.span_s.ok_or("`span_s` is missing")?;
                let minutes = match span {
                    60 => 1,
                    900 => 15,
                    _ => return Err(format!("`span_s` is {span}, it must be 60 or 900")),
                };
                // The span ends at `at`.
                let end = at.plus_ms(-1).minute().0 + 1;
                self.past.add(line, service()?, count, end - minutes, end)
            }
            "report" => {
                let minute = at.minute().0;
                self.past.add(line, service()?, 1, minute, minute + 1)
            }
            "baseline" => {
                let service = service()?;
                let profile = l.profile.ok_or("`profile` is missing")?;
                if profile.len() != HOURS {
                    return Err(format!("`profile` has {} numbers, it must have {HOURS}", profile.len()));
                }
                if let Some(bad) = profile.iter().find(|v| !v.is_finite() || **v < 0.0) {
                    return Err(format!("`profile` has {bad}, each number must be at least 0"));
                }
                if let Some(a) = l.alpha.filter(|a| !a.is_finite() || *a < 0.0) {
                    return Err(format!("`alpha` is {a}, it must be at least 0"));
                }
                if let Some(w) = l.weeks.filter(|w| !w.is_finite() || *w <= 0.0) {
                    return Err(format!("`weeks` is {w}, it must be above 0"));
                }
                let baseline = Baseline { service: service.clone(), profile, alpha: l.alpha, weeks: l.weeks };
                match self.given.insert(service.clone(), (line, baseline)) {
                    Some((before, _)) => {
                        Err(format!("service {:?} has a baseline in line {before} already", &*service))
                    }
                    None => Ok(()),
                }
            }
            "end" => {
                let minute = at.minute().0;
                self.past.reach(minute, minute)
            }
            "service" | "vote" | "visits" | "check" | "official" | "state" => Ok(()),
            other => Err(format!("kind {other:?} is none of the replay format")),
        }
    }

    fn finish(self) -> Result<Vec<PlacedBaseline>, Failure> {
        let mut all: BTreeMap<Slug, PlacedBaseline> = BTreeMap::new();
        for (service, (line, hours)) in &self.rates {
            let lacking: Vec<String> =
                hours.iter().enumerate().filter(|(_, r)| r.is_none()).map(|(h, _)| h.to_string()).collect();
            if !lacking.is_empty() {
                let why = format!("service {:?} lacks the hours {}", &**service, lacking.join(", "));
                return Err(self.wrong(*line, &why));
            }
            let profile = hours.iter().flatten().copied().collect();
            let baseline = Baseline { service: service.clone(), profile, alpha: None, weeks: None };
            all.insert(service.clone(), PlacedBaseline { place: self.place(*line), baseline });
        }
        if let (Some((from, to)), false) = (self.past.span, self.past.counts.is_empty()) {
            let covered = to - from;
            if covered < LEAST_MINUTES {
                let why = format!("the reports cover {covered} minutes, at least {LEAST_MINUTES} (a day) are needed");
                return Err(Failure::bad_input(format!("{}: {why}", self.name)));
            }
            let minutes = minutes_of_hours(from, to);
            for (service, (line, counts)) in &self.past.counts {
                let profile = profile(counts, &minutes);
                let weeks = (covered as f64 / WEEK as f64).clamp(WEEKS.0, WEEKS.1);
                let baseline = Baseline { service: service.clone(), profile, alpha: None, weeks: Some(weeks) };
                all.insert(service.clone(), PlacedBaseline { place: self.place(*line), baseline });
            }
        }
        // Whoever states a baseline means it more than what the reports beside it come to.
        for (service, (line, baseline)) in &self.given {
            all.insert(service.clone(), PlacedBaseline { place: self.place(*line), baseline: baseline.clone() });
        }
        if all.is_empty() {
            return Err(Failure::bad_input(format!(
                "{}: has nothing that says what is usual for a service",
                self.name
            )));
        }
        Ok(all.into_values().collect())
    }
}

impl Past {
    /// Spreads reports evenly over the minutes from `from` to before `to`: 1 or 15.
    fn add(&mut self, line: usize, service: Slug, count: u32, from: i64, to: i64) -> Result<(), String> {
        self.reach(from, to)?;
        let (_, counts) = self.counts.entry(service).or_insert_with(|| (line, vec![0; HOURS]));
        let each = u64::from(count) * FIFTEENTHS / (to - from).unsigned_abs().max(1);
        for minute in from..to {
            if let Some(c) = counts.get_mut(hour_of_week(minute)) {
                *c += each;
            }
        }
        Ok(())
    }

    fn reach(&mut self, from: i64, to: i64) -> Result<(), String> {
        let (first, last) = self.span.map_or((from, to), |(a, b)| (a.min(from), b.max(to)));
        if last - first > MOST_MINUTES {
            return Err("`at` is more than 10 years away from other lines; is the year right?".to_owned());
        }
        self.span = Some((first, last));
        Ok(())
    }
}

fn slug(text: &str) -> Result<Slug, String> {
    Slug::parse(text).map_err(|e| format!("`service`: {}", e.problem))
}

/// 0 is Monday 00:00 UTC; the first day of 1970 was a Thursday.
fn hour_of_week(minute: i64) -> usize {
    usize::try_from((minute.div_euclid(60) + 72).rem_euclid(HOURS as i64)).unwrap_or(0)
}

/// How many minutes of each hour of the week lie between two minutes.
fn minutes_of_hours(from: i64, to: i64) -> Vec<u64> {
    let mut minutes = vec![0; HOURS];
    for minute in from..to {
        if let Some(m) = minutes.get_mut(hour_of_week(minute)) {
            *m += 1;
        }
    }
    minutes
}

/// Reports per minute by hour of the week; an hour that was not covered gets the rate of the same hour on other days.
fn profile(counts: &[u64], minutes: &[u64]) -> Vec<f64> {
    let rate = |hours: &mut dyn Iterator<Item = usize>| {
        let (mut count, mut time) = (0, 0);
        for h in hours {
            count += counts.get(h).copied().unwrap_or(0);
            time += FIFTEENTHS * minutes.get(h).copied().unwrap_or(0);
        }
        if time > 0 { count as f64 / time as f64 } else { 0.0 }
    };
    let covered = |h: usize| minutes.get(h).is_some_and(|m| *m > 0);
    let of = |h: usize| if covered(h) { rate(&mut std::iter::once(h)) } else { rate(&mut (h % 24..HOURS).step_by(24)) };
    (0..HOURS).map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rates(text: &str) -> Result<Vec<PlacedBaseline>, String> {
        read("f", text.as_bytes()).map_err(|f| f.message)
    }

    fn table(service: &str, rate: impl Fn(usize) -> f64) -> String {
        (0..HOURS).map(|h| format!("{service},{h},{}\n", rate(h))).collect::<Vec<_>>().concat()
    }

    #[test]
    fn a_table_of_168_hours_is_a_baseline() {
        let text = format!(
            "\u{feff}service,hour-of-week,reports per minute\r\n# ours\n\n{}",
            table("github", |h| h as f64 / 4.0)
        );
        let got = rates(&text).unwrap();
        assert_eq!((got.len(), got[0].place.as_str(), &*got[0].baseline.service), (1, "f:4", "github"));
        assert_eq!((got[0].baseline.profile[5], got[0].baseline.weeks), (1.25, None));
    }

    #[test]
    fn past_reports_become_rates_by_hour_of_the_week() {
        // Two days from Monday on, 6 reports per quarter in the first, 12 in the second; at noon of Monday 30.
        let mut lines = Vec::new();
        for q in 1..=192i64 {
            let n = if q == 49 {
                30
            } else if q <= 96 {
                6
            } else {
                12
            };
            let at = Time(1_772_409_600_000).plus_s(q * 900);
            lines.push(format!(
                "{{\"kind\":\"reports\",\"at\":\"{at}\",\"service\":\"github\",\"count\":{n},\"span_s\":900}}\n"
            ));
        }
        let got = rates(&lines.concat()).unwrap();
        let b = &got[0].baseline;
        assert_eq!((b.profile[0], b.profile[12], b.profile[24], b.profile[47]), (0.4, 0.8, 0.8, 0.8));
        assert!((b.profile[48] - 0.6).abs() < 1e-12, "Wednesday is not covered: as the same hour of other days");
        assert!((b.weeks.unwrap() - 2.0 / 7.0).abs() < 1e-12);
        let short = lines[..90].concat();
        assert_eq!(rates(&short).unwrap_err(), "f: the reports cover 1350 minutes, at least 1440 (a day) are needed");
    }

    #[test]
    fn what_is_wrong_is_named_by_line_and_value() {
        let all = table("github", |_| 1.0);
        let day = "\"at\":\"2026-03-02T00:00:00Z\"";
        for (text, says) in [
            (String::new(), "f: has nothing"),
            ("github,1\n".to_owned(), "f:1: has 2 columns"),
            ("service,hour,rate\nservice,hour,rate\n".to_owned(), "f:2: hour of the week is \"hour\""),
            ("github,168,1\n".to_owned(), "f:1: hour of the week is \"168\""),
            ("github,-1,1\n".to_owned(), "f:1: hour of the week is \"-1\""),
            ("github,1,-2\n".to_owned(), "f:1: reports per minute is \"-2\""),
            ("github,1,NaN\n".to_owned(), "f:1: reports per minute is \"NaN\""),
            ("Git Hub,1,1\n".to_owned(), "f:1: `service`: \"Git Hub\""),
            (format!("{all}github,3,1\n"), "f:169: hour 3 of service \"github\" stands there twice"),
            (all.replace("github,7,1\n", ""), "f:1: service \"github\" lacks the hours 7"),
            (format!("{all}{{}}\n"), "f:169: is of another form"),
            ("{\n".to_owned(), "f:1: is not a line of the replay format"),
            (format!("{{\"kind\":\"nope\",{day}}}"), "f:1: kind \"nope\""),
            ("{\"kind\":\"end\",\"at\":\"noon\"}".to_owned(), "f:1: `at`: \"noon\""),
            (format!("{{\"kind\":\"reports\",{day},\"service\":\"a\",\"span_s\":60}}"), "f:1: `count` is missing"),
            (
                format!("{{\"kind\":\"reports\",{day},\"service\":\"a\",\"count\":1,\"span_s\":61}}"),
                "f:1: `span_s` is 61",
            ),
            (format!("{{\"kind\":\"reports\",{day},\"count\":1,\"span_s\":60}}"), "f:1: `service` is missing"),
            (
                format!("{{\"kind\":\"baseline\",{day},\"service\":\"a\",\"profile\":[1]}}"),
                "f:1: `profile` has 1 numbers",
            ),
        ] {
            let told = rates(&text).unwrap_err();
            assert!(told.starts_with(says), "{says}: {told}");
        }
        assert!(read("f", &b"github,1,\xff\n"[..]).unwrap_err().message.starts_with("f:1: is not UTF-8"));
    }
}
