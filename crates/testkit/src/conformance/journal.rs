//! The suite of [`Journal`].

use super::sample::{
    START, actor, entries, every_signal, free_text, moderated, report, report_id, reported, slug, updated, voted,
};
use allclear_model::signal::{ReportAccepted, ReportChange, ReportUpdated, TextChange, TextErased};
use allclear_model::{Decision, Entry, NetworkHash, ReportId, Signal, Time};
use allclear_ports::{Journal, PortError};

/// Everything a [`Journal`] promises. `make` gives a new, empty one and whatever must live as long as it.
///
/// # Panics
/// At the first promise that is broken.
pub async fn journal<J: Journal, G>(make: impl AsyncFn() -> (J, G)) {
    each_on_a_new_one!(make:
        a_new_journal_is_empty,
        every_kind_comes_back_as_it_went_in,
        reading_goes_in_pages_and_in_order,
        what_does_not_follow_is_refused_whole,
        a_batch_that_cannot_be_read_again_is_refused,
        pruning_takes_the_oldest_in_steps_and_never_the_last,
        blanking_goes_in_steps_and_touches_nothing_else,
        texts_are_kept_apart_until_they_are_taken_away,
        a_checkpoint_changes_nothing,
        looking_through_goes_in_steps_beside_appends_and_pruning,
    );
}

async fn all(j: &impl Journal) -> Vec<Entry> {
    j.read(0, usize::MAX).await.expect("read")
}

async fn a_new_journal_is_empty(j: &impl Journal) {
    assert_eq!(j.last().await.expect("last"), None);
    assert_eq!(j.first().await.expect("first"), None);
    assert_eq!(j.read(0, 10).await.expect("read"), vec![]);
    assert_eq!(j.prune(u64::MAX, 10).await.expect("prune"), 0);
    assert!(j.blank_sources(Time::MAX, 10).await.expect("blank").done);
    j.append(&[]).await.expect("an empty batch is nothing");
    j.checkpoint().await.expect("checkpoint");
    assert_eq!(j.look_through(None, 10).await.expect("look"), None);
    assert_eq!(j.last().await.expect("last"), None);
}

async fn every_kind_comes_back_as_it_went_in(j: &impl Journal) {
    let written = entries(0, START, 1, every_signal());
    j.append(&written).await.expect("append");
    assert_eq!(all(j).await, written);
    let last = written.last().map(|e| (e.seq, e.at));
    assert_eq!(j.last().await.expect("last"), last);
    assert_eq!(j.first().await.expect("first"), Some(1));
}

async fn reading_goes_in_pages_and_in_order(j: &impl Journal) {
    let written = entries(0, START, 0, (0..25).map(|n| reported(n, "aws")));
    j.append(&written[..1]).await.expect("append one");
    j.append(&written[1..20]).await.expect("append more");
    j.append(&written[20..]).await.expect("append the rest");
    let mut read = Vec::new();
    loop {
        let from = read.last().map_or(0, |e: &Entry| e.seq + 1);
        let page = j.read(from, 10).await.expect("read");
        let end = page.len() < 10;
        read.extend(page);
        if end {
            break;
        }
    }
    assert_eq!(read, written);
    assert_eq!(j.read(24, 10).await.expect("read"), &written[23..]);
    assert_eq!(j.read(26, 10).await.expect("read"), vec![]);
    assert_eq!(j.read(u64::MAX, 10).await.expect("read"), vec![]);
    assert_eq!(j.read(1, 0).await.expect("read"), vec![]);
}

async fn what_does_not_follow_is_refused_whole(j: &impl Journal) {
    let good = entries(0, START, 1000, (0..10).map(|n| reported(n, "aws")));
    let refused = async |batch: &[Entry], why: &str| {
        let before = all(j).await;
        let error = j.append(batch).await.expect_err(why);
        assert!(matches!(error, PortError::Unavailable { .. }), "{why}: {error}");
        assert_eq!(all(j).await, before, "{why}: something of it is in");
    };
    refused(&good[1..3], "a journal begins with 1").await;
    refused(&entries(u64::MAX - 1, START, 1, [Signal::Tick]), "numbers end somewhere").await;
    j.append(&good[..3]).await.expect("append");
    refused(&good[..3], "the same again").await;
    refused(&good[2..5], "half of it again").await;
    refused(&good[4..6], "a gap before").await;
    refused(&[good[3].clone(), good[5].clone()], "a gap within").await;
    refused(&[good[3].clone(), good[3].clone()], "the same twice").await;
    refused(&[good[4].clone(), good[3].clone()], "the wrong order").await;
    let earlier = Entry { at: START.plus_ms(-1), ..good[3].clone() };
    refused(&[earlier], "time going back").await;
    j.append(&good[3..]).await.expect("the journal goes on after each refusal");
    assert_eq!(all(j).await, good);
}

async fn a_batch_that_cannot_be_read_again_is_refused(j: &impl Journal) {
    let mut signals = every_signal();
    for signal in &mut signals {
        if let Signal::Baseline(b) = signal {
            b.profile[3] = f64::NAN;
        }
    }
    j.append(&entries(0, START, 1, signals)).await.expect_err("a number that is none");
    assert_eq!(all(j).await, vec![]);
    j.append(&entries(0, START, 1, every_signal())).await.expect("append");
}

async fn pruning_takes_the_oldest_in_steps_and_never_the_last(j: &impl Journal) {
    let written = entries(0, START, 1, (0..20).map(|n| reported(n, "aws")));
    j.append(&written).await.expect("append");
    assert_eq!(j.prune(11, 4).await.expect("prune"), 4);
    assert_eq!(j.first().await.expect("first"), Some(5));
    assert_eq!(j.prune(11, 100).await.expect("prune"), 6);
    assert_eq!(j.prune(11, 100).await.expect("prune"), 0);
    assert_eq!(all(j).await, &written[10..]);
    assert_eq!(j.prune(u64::MAX, 0).await.expect("prune"), 0);
    assert_eq!(j.prune(u64::MAX, 100).await.expect("prune"), 9);
    assert_eq!(all(j).await, &written[19..], "the last one stays");
    assert_eq!(j.prune(u64::MAX, 100).await.expect("prune"), 0);
    assert_eq!(j.last().await.expect("last"), Some((20, written[19].at)));
    let next = entries(20, written[19].at, 1, [reported(99, "aws")]);
    j.append(&next).await.expect("numbers go on");
    assert_eq!(j.read(0, 10).await.expect("read"), [&written[19..], &next[..]].concat());
}

async fn blanking_goes_in_steps_and_touches_nothing_else(j: &impl Journal) {
    let signals = (0..12).map(|n| match n % 4 {
        0 => Signal::Tick,
        1 => voted("aws"),
        2 => Signal::ReportAccepted(allclear_model::signal::ReportAccepted { source: None, ..report(n, "aws") }),
        _ => Signal::ReportAccepted(ReportAccepted { network_before: Some(NetworkHash(n)), ..report(n, "aws") }),
    });
    let written = entries(0, START, 1000, signals);
    j.append(&written).await.expect("append");
    let before = written[8].at;
    let bare = |e: &Entry| {
        let mut e = e.clone();
        match &mut e.signal {
            Signal::ReportAccepted(r) if e.at < before => (r.source, r.network, r.network_before) = (None, None, None),
            Signal::Vote(v) if e.at < before => (v.source, v.network) = (None, None),
            _ => {}
        }
        e
    };
    let expected: Vec<Entry> = written.iter().map(bare).collect();
    let (mut rows, mut steps) = (0, 0);
    loop {
        let step = j.blank_sources(before, 4).await.expect("blank");
        assert!(step.rows <= 4, "a step is bounded");
        rows += step.rows;
        steps += 1;
        if step.done {
            break;
        }
        assert!(steps < 10, "blanking comes to an end");
    }
    assert_eq!(rows, 6, "of the first eight, two are ticks");
    assert_eq!(all(j).await, expected);
    let again = j.blank_sources(before, 4).await.expect("blank");
    assert_eq!((again.rows, again.done), (0, true));
    let names = j.blank_network_names(Time::MAX, 4).await.expect("blank");
    assert_eq!((names.rows, names.done), (1, true), "of the last four one was called something else before");
    let mut expected = expected;
    for e in &mut expected {
        if let Signal::ReportAccepted(r) = &mut e.signal {
            r.network_before = None;
        }
    }
    assert_eq!(all(j).await, expected);
}

async fn texts_are_kept_apart_until_they_are_taken_away(j: &impl Journal) {
    let with = |n: u64, text: &str| {
        let r = report(n, "aws");
        Signal::ReportAccepted(ReportAccepted { text: Some(free_text(text)), ..r })
    };
    let texts = async |ids: &[u64]| -> Vec<(ReportId, String)> {
        let ids: Vec<ReportId> = ids.iter().map(|n| report_id(*n)).collect();
        let found = j.texts(&ids).await.expect("texts");
        found.into_iter().map(|(id, t)| (id, t.as_str().to_owned())).collect()
    };
    let first = entries(0, START, 1000, [with(1, "one"), with(2, "two"), with(3, "three"), reported(4, "aws")]);
    j.append(&first).await.expect("append");
    let mut bare = first;
    for e in &mut bare {
        if let Signal::ReportAccepted(r) = &mut e.signal {
            r.text = None;
        }
    }
    assert_eq!(all(j).await, bare, "the log itself has no texts");
    let of = |n: u64, text: &str| (report_id(n), text.to_owned());
    assert_eq!(texts(&[3, 4, 1]).await, [of(3, "three"), of(1, "one")]);
    // What is not appended brings no text either.
    j.append(&entries(9, START, 1, [with(5, "five")])).await.expect_err("a gap");
    assert_eq!(texts(&[5]).await, []);
    let amended = |text: TextChange, new: Option<&str>| {
        let change = ReportChange::Amended { symptom: slug("login"), country: None, text };
        ReportUpdated { id: report_id(1), service: slug("aws"), change, text: new.map(free_text) }
    };
    let replaced = amended(TextChange::Replaced(moderated(Decision::Show, vec![])), Some("another"));
    let more = [
        Signal::ReportUpdated(replaced),
        updated(2, "aws", ReportChange::Withdrawn),
        Signal::TextErased(TextErased { id: report_id(3), service: slug("aws"), actor: actor() }),
    ];
    j.append(&entries(4, START.plus_s(60), 1000, more)).await.expect("append");
    assert_eq!(texts(&[1, 2, 3]).await, [of(1, "another")]);
    let kept = Signal::ReportUpdated(amended(TextChange::Kept, None));
    j.append(&entries(7, START.plus_s(120), 1, [kept, with(6, "six")])).await.expect("append");
    assert_eq!(texts(&[1, 6]).await, [of(1, "another"), of(6, "six")]);
    assert_eq!(j.forget_texts(START.plus_s(60), 10).await.expect("forget"), 0);
    assert_eq!(j.forget_texts(START.plus_s(90), 10).await.expect("forget"), 1, "a text is as old as its last version");
    assert_eq!(j.forget_texts(Time::MAX, 0).await.expect("forget"), 0);
    assert_eq!(texts(&[1, 6]).await, [of(6, "six")]);
    assert_eq!(all(j).await.len(), 9, "the log has lost nothing");
}

async fn a_checkpoint_changes_nothing(j: &impl Journal) {
    let written = entries(0, START, 1, (0..500).map(|n| reported(n, "aws")));
    for batch in written.chunks(50) {
        j.append(batch).await.expect("append");
        j.checkpoint().await.expect("checkpoint");
    }
    assert_eq!(all(j).await, written);
}

async fn looking_through_goes_in_steps_beside_appends_and_pruning(j: &impl Journal) {
    let written = entries(0, START, 1, every_signal().into_iter().chain((100..200).map(|n| reported(n, "aws"))));
    j.append(&written).await.expect("append");
    let (mut from, mut steps) = (None, 0);
    loop {
        from = j.look_through(from, 10).await.expect("a sound journal");
        steps += 1;
        if from.is_none() {
            break;
        }
        if steps == 3 {
            // What was to be next is gone, and there is more at the end.
            assert_eq!(j.prune(60, 1000).await.expect("prune"), 59);
            let last = written.last().expect("an entry");
            j.append(&entries(last.seq, last.at, 1, (200..230).map(|n| reported(n, "aws")))).await.expect("append");
        }
        assert!(steps < 50, "looking through comes to an end");
    }
    assert!(steps >= 3 + (written.len() - 60 + 30) / 10, "no step is longer than it was asked to be: {steps}");
}
