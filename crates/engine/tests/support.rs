//! What several tests need.

use allclear_detect::{Board, Limits};
use allclear_engine::catalogue::{Include, Source, load};
use allclear_engine::view::ServiceView;
use allclear_model::{Catalogue, Entry, Signal};
use allclear_testkit::TestEngine;
use std::borrow::Cow;

/// Services of [`catalogue`].
pub(crate) const SERVICES: [&str; 3] = ["bank", "chat", "mail"];

/// Symptoms of each of them.
pub(crate) const SYMPTOMS: [&str; 3] = ["login", "slow", "other"];

/// Three services of one category.
pub(crate) fn catalogue() -> Catalogue {
    catalogue_of(&SERVICES)
}

/// Services of one category with two symptoms.
pub(crate) fn catalogue_of(services: &[&str]) -> Catalogue {
    let category = "name = \"Work\"\ngroup = \"Work\"\nguide = \"work\"\noutages_per_30_days = 1.5\n\n[[symptoms]]\nid = \"login\"\nlabel = \"Cannot sign in\"\ntopic = \"login\"\n\n[[symptoms]]\nid = \"slow\"\nlabel = \"Very slow\"\ntopic = \"login\"\n";
    let guide = "# Work\n\n## Signing in {#login}\n\n### When the service is healthy\n\nLook.\n\n### When it is them\n\nWait.\n";
    let mut files = vec![
        ("categories/work.toml".to_owned(), Cow::Borrowed(category)),
        ("guides/work.md".to_owned(), Cow::Borrowed(guide)),
    ];
    for s in services {
        let text = format!(
            "name = \"{}\"\ncategory = \"work\"\nhomepage = \"https://{s}.example\"\n[verified]\nhomepage = true\n",
            s.to_uppercase()
        );
        files.push((format!("services/{s}.toml"), Cow::Owned(text)));
    }
    load(&[Source { files, ..Source::default() }], &Include::All).expect("the catalogue of the tests holds").catalogue
}

/// The board that these entries give.
pub(crate) fn fold(entries: &[Entry]) -> Board {
    let mut board = Board::new(Limits::default());
    for e in entries {
        board.apply(e);
    }
    board
}

/// A picture without what changes though nothing happened.
pub(crate) fn shown(engine: &TestEngine, service: &str) -> String {
    let view = engine.handles.site.service(service).expect("the service is watched");
    format!("{:?}", ServiceView { version: 0, ..(*view).clone() })
}

/// Entries of a kind.
pub(crate) fn of_kind(entries: &[Entry], kind: &str) -> usize {
    entries.iter().filter(|e| e.signal.kind() == kind).count()
}

/// Checks what must hold of every journal: no gap, no step back, every recomputed word of the judge journalled in order.
pub(crate) fn check_journal(entries: &[Entry]) {
    let mut board = Board::new(Limits::default());
    let mut words = std::collections::VecDeque::new();
    let mut last = entries.first().map_or(0, |e| e.seq - 1);
    let mut at = allclear_model::Time(0);
    for e in entries {
        assert_eq!(e.seq, last + 1, "no gap");
        assert!(e.at >= at, "no step back");
        (last, at) = (e.seq, e.at);
        if let Signal::VerdictChanged { service, verdict, .. } = &e.signal {
            let word: allclear_detect::Change = words.pop_front().expect("a word that recomputing gives too");
            assert_eq!((&word.service, &word.verdict), (service, &**verdict));
        }
        words.extend(board.apply(e));
    }
    assert!(words.is_empty(), "{} words of the judge were not journalled", words.len());
}
