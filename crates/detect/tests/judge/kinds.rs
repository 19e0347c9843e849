//! What others of its kind commonly have is believed of a service that is new.

use crate::common::{Desk, minute};
use allclear_detect::{Board, Limits};

/// Usual reports in a quarter of an hour that the first report of `service` finds, when so many others of its kind are known.
fn usual_after(known: usize) -> (f64, Desk) {
    let mut d = Desk::new(&["a", "b", "c", "new"]);
    for other in ["a", "b", "c"].iter().take(known) {
        d.baseline(minute(1), other, 0.4);
    }
    d.report(minute(20), "new", 1, 1);
    (d.board.verdict("new").unwrap().reports.expected, d)
}

#[test]
fn a_new_service_is_taken_for_one_of_its_kind_when_three_of_them_are_known() {
    let (alone, _) = usual_after(2);
    let (among, d) = usual_after(3);
    assert!(alone < 0.1, "{alone}");
    assert!(among > 0.5, "{among}");
    let back = Board::from_bytes(&d.board.to_bytes(), Limits::default()).unwrap();
    assert_eq!(back.verdict("new"), d.board.verdict("new"), "a snapshot remembers what was believed");
    assert_eq!(back.to_bytes(), d.board.to_bytes());
}
