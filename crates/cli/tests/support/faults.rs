//! Making the machine fail for one process, without any right on it: calls of the C library are answered by a library of
//! the test's own, see `faults.c`.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Faults of one site.
pub(crate) struct Faults {
    library: String,
    orders: PathBuf,
}

impl Faults {
    /// Builds the library into `dir`. Nothing fails yet.
    pub(crate) fn new(dir: &Path) -> Faults {
        let (library, orders) = (dir.join("faults.so"), dir.join("faults"));
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/faults.c");
        let mut cc = Command::new("cc");
        let built = cc.args(["-shared", "-fPIC", "-O1", "-o"]).arg(&library).args([source, "-ldl"]).output();
        assert!(built.as_ref().is_ok_and(|b| b.status.success()), "cc is needed, as for building: {built:?}");
        Faults { library: library.to_str().unwrap().to_owned(), orders }
    }

    /// What the site has to be started with, besides `more`.
    pub(crate) fn with<'a>(&'a self, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
        let own = [("LD_PRELOAD", self.library.as_str()), ("FAULTS", self.orders.to_str().unwrap())];
        more.iter().copied().chain(own).collect()
    }

    /// From here on this is what fails; see `faults.c` for the words.
    pub(crate) fn order(&self, what: &str) {
        let new = self.orders.with_extension("new");
        std::fs::write(&new, what).unwrap();
        std::fs::rename(new, &self.orders).unwrap();
    }

    /// From here on nothing fails.
    pub(crate) fn none(&self) {
        self.order("-");
    }
}
