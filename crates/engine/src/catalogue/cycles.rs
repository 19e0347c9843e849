//! Upstreams lead upwards only: a service is not what it depends on.

use super::check::{Draft, In, Sink};
use super::files::ServiceFile;
use super::reader::Nth;
use allclear_model::Slug;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt::Write;

/// A step from a service to one of its upstreams.
type Edge<'d> = (&'d Slug, &'d Slug);

/// Tells of cycles until every step that lies on one has been named, each by the shortest cycle through it that begins
/// with the first service by name. So nothing new comes up when what was told is mended.
pub(super) fn tell(draft: &Draft<'_>, sink: &mut Sink<'_>) {
    let within = leading_to_cycles(draft);
    let mut told: BTreeSet<Edge<'_>> = BTreeSet::new();
    for (slug, s) in &within {
        for up in ups(s, &within) {
            let Some(to) = within.get_key_value(&up.value).map(|(to, _)| *to) else { continue };
            if told.contains(&(*slug, to)) {
                continue;
            }
            let Some(mut cycle) = shortest(&within, to, slug) else { continue };
            // Slugs in order, the step from the last to the first closes it.
            let first = cycle.iter().enumerate().min_by_key(|(_, s)| **s).map_or(0, |(i, _)| i);
            cycle.rotate_left(first);
            let next = cycle.iter().copied().cycle().skip(1);
            told.extend(cycle.iter().copied().zip(next));
            tell_one(&within, &cycle, sink);
        }
    }
}

type Within<'d> = BTreeMap<&'d Slug, &'d In<'d, ServiceFile>>;

/// Upstreams of a service but itself, which is a problem of its own.
fn ups<'d>(s: &'d In<'d, ServiceFile>, within: &Within<'d>) -> impl Iterator<Item = &'d Nth<Slug>> {
    s.it.upstreams.iter().filter(|u| u.value != s.it.slug && within.contains_key(&u.value))
}

/// Services from which a cycle can be reached: what is left after taking away, again and again, those without upstreams.
/// In a catalogue that holds, none are left.
fn leading_to_cycles<'d>(draft: &'d Draft<'_>) -> Within<'d> {
    let mut left: Within<'d> = draft.services.iter().collect();
    let mut below: BTreeMap<&Slug, Vec<&Slug>> = BTreeMap::new();
    let mut open: BTreeMap<&Slug, usize> = BTreeMap::new();
    for (slug, s) in &left {
        let mut n = 0;
        for up in ups(s, &left) {
            below.entry(&up.value).or_default().push(slug);
            n += 1;
        }
        open.insert(slug, n);
    }
    let mut done: Vec<&Slug> = open.iter().filter(|(_, n)| **n == 0).map(|(s, _)| *s).collect();
    while let Some(slug) = done.pop() {
        left.remove(slug);
        for b in below.get(slug).into_iter().flatten() {
            if let Some(n) = open.get_mut(b) {
                *n -= 1;
                if *n == 0 {
                    done.push(b);
                }
            }
        }
    }
    left
}

/// The services on a shortest way from `from` up to `to`, both included.
fn shortest<'d>(within: &Within<'d>, from: &'d Slug, to: &Slug) -> Option<Vec<&'d Slug>> {
    let mut came: BTreeMap<&Slug, Option<&'d Slug>> = BTreeMap::from([(from, None)]);
    let mut next = VecDeque::from([from]);
    while let Some(slug) = next.pop_front() {
        if slug == to {
            let mut way = vec![slug];
            let mut at = slug;
            while let Some(Some(before)) = came.get(at) {
                way.push(before);
                at = before;
            }
            way.reverse();
            return Some(way);
        }
        for up in within.get(slug).into_iter().flat_map(|s| ups(s, within)) {
            if !came.contains_key(&up.value) {
                came.insert(&up.value, Some(slug));
                next.push_back(&up.value);
            }
        }
    }
    None
}

/// One problem at the first service's step, which names file and line of every other step.
fn tell_one(within: &Within<'_>, cycle: &[&Slug], sink: &mut Sink<'_>) {
    let mut begin = None;
    let mut words = String::from("leads back to itself: ");
    for (slug, to) in cycle.iter().zip(cycle.iter().cycle().skip(1)) {
        let Some(s) = within.get(*slug) else { return };
        let Some(up) = s.it.upstreams.iter().find(|u| u.value == **to) else { return };
        words.push_str(slug);
        if begin.is_none() {
            begin = Some((s, up));
        } else {
            // Writing into a string cannot fail.
            let _ = write!(words, " ({}:{})", s.file, s.line(up.at));
        }
        words.push_str(" -> ");
    }
    let Some((s, up)) = begin else { return };
    words.push_str(&s.it.slug);
    sink.at(s, up.at, format!("upstreams[{}]", up.n), words);
}
