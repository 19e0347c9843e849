//! What is usual by the hour of the week, and what the reports of one network come to where many are usual.

use crate::common::{Desk, T0, minute};
use allclear_model::Time;

/// Minutes of a day.
const DAY: i64 = 1440;

#[test]
fn the_days_of_a_week_are_learned_apart() {
    // Reports a minute from Monday on: a busy Tuesday, a calm weekend.
    let days = [2, 4, 2, 2, 2, 1, 1];
    let mut d = Desk::new(&["a"]);
    let mut usual = [0.0; 7];
    for m in 0..7 * 7 * DAY {
        d.counted(Time(T0 + m * 60_000 + 20_000), "a", days[(m / DAY % 7) as usize], None);
        d.tick(minute(m + 1));
        d.journal.clear();
        // Soon after midnight, when the level has not yet followed the new day: a quarter of an hour from 00:30 on.
        if m / DAY >= 6 * 7 && m % DAY == 44 {
            usual[(m / DAY % 7) as usize] = d.board.now("a").unwrap().verdict.reports.expected / 15.0;
        }
    }
    for (day, (usual, reports)) in usual.iter().zip(days).enumerate() {
        let reports = reports as f64;
        assert!((usual / reports - 1.0).abs() < 0.15, "day {day}: {usual} for {reports}; {usual:?}");
    }
}

#[test]
fn the_sources_of_one_network_count_by_its_logarithm_up_to_what_the_usual_reports_allow() {
    for rate in [0.02, 1.0, 7.0, 63.0] {
        let mut d = Desk::new(&["a"]);
        d.baseline(minute(0), "a", rate);
        let most = 1.0 + libm::log2(1.0 + rate);
        for n in 1..=100u32 {
            // In the first minute, before silence has told anything.
            d.report(Time(T0 + 1000 + i64::from(n) * 100), "a", u128::from(n), 1);
            let r = d.board.now("a").unwrap().verdict.reports;
            assert_eq!(r.actual, u64::from(n), "all of them are counted");
            // Rounded to 0.01; and what is learned of a flat rate differs from it by the fleet's profile, a little.
            let (counts, off) = match 1.0 + libm::log2(f64::from(n)) {
                below if below < most - 0.02 => (below, 0.006),
                _ => (most, 0.025),
            };
            let exactly = n == 1 && r.effective == 1.0;
            assert!(exactly || (r.effective - counts).abs() < off, "{n} at {rate}: {} and not {counts}", r.effective);
        }
    }
}
