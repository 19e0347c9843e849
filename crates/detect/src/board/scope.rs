//! What stands out of a problem: the symptoms and countries that its reports name.

use super::counts::bin_of;
use super::state::{Cx, State, country_of};
use allclear_model::Country;
use allclear_model::text::OTHER;
use std::collections::BTreeMap;

/// A symptom or country stands out from this many reports in the last hour, and this share of them; it stays to the lower share.
const STANDS_OUT: (u64, f64, f64) = (5, 0.20, 0.15);

/// Countries are named when together they have this share of the reports of the last hour; they stay to the lower share. With less,
/// the problem is everywhere, and naming some of them would tell the others that they are not meant.
const MOSTLY: (f64, f64) = (0.70, 0.60);

/// Which symptoms and countries stand out in the last hour; only while there is a problem.
pub(super) fn rescope(state: &mut State, cx: &Cx) -> bool {
    // Nearly always; and comparing empty lists is dear where masked loads from no address trap into microcode.
    if state.stand.track.is_none() && state.stand.symptoms.is_empty() && state.stand.countries.is_empty() {
        return false;
    }
    let (symptoms, countries) = if state.stand.track.is_some() {
        let first = bin_of(cx.minute) - 3;
        let other = state.symptom_keys().find(|(_, n)| ***n == *OTHER).map(|(k, _)| k);
        let mut symptoms = outstanding(state.symptoms.since(first), &state.stand.symptoms);
        symptoms.retain(|k| Some(*k) != other);
        let counts = state.countries.since(first);
        let total = counts.values().sum::<u64>() as f64;
        let mut countries = outstanding(counts.clone(), &state.stand.countries);
        countries.retain(|k| country_of(*k).is_some());
        let named: u64 = countries.iter().filter_map(|k| counts.get(k)).sum();
        let mostly = if state.stand.countries.is_empty() { MOSTLY.0 } else { MOSTLY.1 };
        if (named as f64) < total * mostly {
            countries.clear();
        }
        (symptoms, countries)
    } else {
        (Vec::new(), Vec::new())
    };
    let s = &mut state.stand;
    let changed = !same(&symptoms, &s.symptoms) || !same(&countries, &s.countries);
    s.symptoms = symptoms;
    s.countries = countries;
    changed
}

/// True when two short lists have the same keys, in whatever order: a change of order is not worth a new verdict.
fn same(a: &[u16], b: &[u16]) -> bool {
    a.len() == b.len() && a.iter().all(|k| b.contains(k))
}

/// Keys that stand out of `counts`, most reported first; those in `before` stay more easily.
fn outstanding(counts: BTreeMap<u16, u64>, before: &[u16]) -> Vec<u16> {
    let total = counts.values().sum::<u64>() as f64;
    let (least, share, stay) = STANDS_OUT;
    let mut list: Vec<(u16, u64)> = counts
        .into_iter()
        .filter(|(k, n)| *n >= least && *n as f64 >= total * if before.contains(k) { stay } else { share })
        .collect();
    list.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    list.into_iter().map(|(k, _)| k).collect()
}

/// Countries of the scope.
pub(crate) fn countries(keys: &[u16]) -> Vec<Country> {
    keys.iter().filter_map(|k| country_of(*k)).collect()
}
