//! What an agent has found and the site does not have yet, in files of its own: a batch each, a line for each result.
//!
//! A line counts once it is on disk whole, so a process may be killed at any instant: a last line without its end is left out. A batch that was ever sent is
//! not changed any more. The whole is bounded; when it is full the oldest batch is given up and its results are counted.

use crate::exit::Failure;
use allclear_engine::agents::protocol::{Measured, RESULTS_MAX};
use allclear_store::FolderLock;
use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// A file is begun anew beyond so many bytes.
const FILE_BYTES: u64 = 64 << 10;
/// Most that is held in memory while the disk takes nothing, bytes.
const MEMORY_BYTES: u64 = 4 << 20;
/// Folder of the batches, below the agent's own.
const BATCHES: &str = "batches";
/// File with the number of results that were given up.
const DROPPED: &str = "dropped";

/// The batches, oldest first.
pub(crate) struct Spool {
    dir: PathBuf,
    most: u64,
    batches: VecDeque<Stored>,
    /// Number of the next batch.
    next: u64,
    dropped: u64,
    /// The batch that is on its way; it is not given up meanwhile.
    sending: Option<u64>,
    /// The disk takes nothing: that was said.
    failing: bool,
    _lock: FolderLock,
}

struct Stored {
    seq: u64,
    lines: usize,
    bytes: u64,
    /// What could not be written; else it is in its file.
    memory: Option<String>,
    /// It may have been sent, so nothing may be added to it, and it keeps its number.
    sealed: bool,
}

/// A batch on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Parcel {
    /// Its number.
    pub(crate) seq: u64,
    /// Its results as JSON, with commas between.
    pub(crate) results: String,
    /// Whether it may have been sent before.
    pub(crate) again: bool,
}

impl Spool {
    /// Opens the folder, which is made when it is missing and belongs to this process alone; at most `most` bytes are kept in it.
    ///
    /// # Errors
    /// Exit code 1 naming the process that has it, or why it cannot be used.
    pub(crate) fn open(dir: &Path, most: u64) -> Result<Spool, Failure> {
        let lock = FolderLock::take(dir).map_err(|e| Failure::failed(e.to_string().replace("--data", "--dir")))?;
        let mut spool = Spool {
            dir: dir.to_owned(),
            most,
            batches: VecDeque::new(),
            next: 1,
            dropped: 0,
            sending: None,
            failing: false,
            _lock: lock,
        };
        spool.load().map_err(|e| Failure::failed(format!("cannot use the folder {}: {e}", dir.display())))?;
        Ok(spool)
    }

    fn load(&mut self) -> io::Result<()> {
        let folder = self.dir.join(BATCHES);
        std::fs::create_dir_all(&folder)?;
        let written = std::fs::read_to_string(self.dir.join(DROPPED)).ok();
        self.dropped = written.and_then(|t| t.trim().parse().ok()).unwrap_or(0);
        let mut found = Vec::new();
        for entry in std::fs::read_dir(&folder)? {
            let name = entry?.file_name();
            let number = name.to_str().and_then(|n| n.strip_suffix(".jsonl")).and_then(|n| n.parse::<u64>().ok());
            found.extend(number.filter(|n| (1..u64::MAX).contains(n)));
        }
        found.sort_unstable();
        for seq in found {
            self.next = seq + 1;
            let lines = self.read(seq)?.len();
            let path = self.path(seq);
            if lines == 0 {
                std::fs::remove_file(&path)?;
                continue;
            }
            let bytes = std::fs::metadata(&path)?.len();
            self.batches.push_back(Stored { seq, lines, bytes, memory: None, sealed: true });
        }
        self.make_room();
        Ok(())
    }

    fn path(&self, seq: u64) -> PathBuf {
        self.dir.join(BATCHES).join(format!("{seq:020}.jsonl"))
    }

    /// The whole lines of a file.
    fn read(&self, seq: u64) -> io::Result<Vec<String>> {
        let bytes = std::fs::read(self.path(seq))?;
        let whole = bytes.iter().rposition(|b| *b == b'\n').and_then(|end| bytes.get(..end)).unwrap_or_default();
        let lines = String::from_utf8_lossy(whole);
        let is_result = |line: &&str| serde_json::from_str::<Measured>(line).is_ok();
        Ok(lines.lines().filter(is_result).map(str::to_owned).collect())
    }

    /// The site has batches up to this number: new ones are numbered behind it.
    pub(crate) fn begin_after(&mut self, last: u64) {
        self.next = self.next.max(last.saturating_add(1));
    }

    /// The site has another agent's batches up to this number, it says, though it never got the oldest one here: all that were never sent are numbered
    /// behind it.
    pub(crate) fn renumber_after(&mut self, last: u64) {
        self.begin_after(last);
        // From the last on, so that no name is taken yet.
        let moving = self.batches.iter().filter(|b| !b.sealed || Some(b.seq) == self.sending).count() as u64;
        let mut to = self.next.saturating_add(moving);
        self.next = to;
        for i in (0..self.batches.len()).rev() {
            let Some(b) = self.batches.get(i) else { continue };
            if b.sealed && Some(b.seq) != self.sending {
                continue;
            }
            to -= 1;
            let (from, path) = (self.path(b.seq), self.path(to));
            if b.memory.is_none()
                && let Err(e) = std::fs::rename(&from, &path)
            {
                tracing::error!("agent: cannot rename {}: {e}", from.display());
                continue;
            }
            if let Some(b) = self.batches.get_mut(i) {
                b.seq = to;
                b.sealed = false;
            }
        }
        self.sending = None;
    }

    /// Keeps results. When the disk takes none they are held in memory, as far as there is room.
    pub(crate) fn put(&mut self, results: &[Measured]) {
        for some in results.chunks(RESULTS_MAX) {
            let mut text = String::new();
            for result in some {
                // Plain data of texts and numbers always has a JSON form, and JSON has no line ends in it.
                text.push_str(&serde_json::to_string(result).unwrap_or_default());
                text.push('\n');
            }
            self.put_lines(&text, some.len());
        }
        self.make_room();
    }

    fn put_lines(&mut self, text: &str, lines: usize) {
        let bytes = text.len() as u64;
        let most = FILE_BYTES.min(self.most / 4);
        let fits = |b: &Stored| !b.sealed && b.lines + lines <= RESULTS_MAX && b.bytes + bytes <= most;
        let open = self.batches.back().filter(|b| fits(b) && b.memory.is_none()).map(|b| (b.seq, b.bytes));
        let (seq, before) = open.unwrap_or((self.next, 0));
        match self.append(seq, before, text) {
            Ok(()) => {
                if std::mem::take(&mut self.failing) {
                    tracing::info!("agent: the disk takes results again");
                }
                match self.batches.back_mut().filter(|b| b.seq == seq) {
                    Some(b) => (b.lines, b.bytes) = (b.lines + lines, b.bytes + bytes),
                    None => self.begin(lines, bytes, None),
                }
            }
            Err(e) => {
                if !std::mem::replace(&mut self.failing, true) {
                    tracing::error!(
                        "agent: cannot write to {}: {e}; results are held in memory until it works, at most {} MB of them",
                        self.dir.display(),
                        MEMORY_BYTES >> 20
                    );
                }
                match self.batches.back_mut().filter(|b| fits(b)) {
                    Some(Stored { memory: Some(held), lines: l, bytes: b, .. }) => {
                        held.push_str(text);
                        (*l, *b) = (*l + lines, *b + bytes);
                    }
                    _ => self.begin(lines, bytes, Some(text.to_owned())),
                }
            }
        }
    }

    fn begin(&mut self, lines: usize, bytes: u64, memory: Option<String>) {
        self.batches.push_back(Stored { seq: self.next, lines, bytes, memory, sealed: false });
        self.next += 1;
    }

    /// Adds to a file that has so many bytes; it is as it was when that fails.
    fn append(&self, seq: u64, before: u64, text: &str) -> io::Result<()> {
        let path = self.path(seq);
        let mut file = OpenOptions::new().append(true).create(true).mode(0o600).open(&path)?;
        let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_data()).and_then(|()| {
            // The name of a new file has to be on disk, too.
            if before == 0 { File::open(self.dir.join(BATCHES))?.sync_all() } else { Ok(()) }
        });
        if written.is_err() {
            drop(if before == 0 { std::fs::remove_file(&path) } else { file.set_len(before) });
        }
        written
    }

    /// Gives the oldest up until all have room.
    fn make_room(&mut self) {
        loop {
            let sum = |memory: bool| -> u64 {
                self.batches.iter().filter(|b| b.memory.is_some() == memory).map(|b| b.bytes).sum()
            };
            let in_memory = match (sum(false) > self.most, sum(true) > MEMORY_BYTES.min(self.most)) {
                (true, _) => false,
                (_, true) => true,
                _ => return,
            };
            let idle = |b: &&Stored| b.memory.is_some() == in_memory && Some(b.seq) != self.sending;
            let Some(oldest) = self.batches.iter().find(idle).map(|b| b.seq) else { return };
            self.give_up(oldest);
        }
    }

    /// The oldest batch; from here on it is as it is, until [`Spool::sent`] or [`Spool::give_up`].
    pub(crate) fn oldest(&mut self) -> Option<Parcel> {
        loop {
            let b = self.batches.front()?;
            let (seq, again) = (b.seq, b.sealed);
            let lines = match &b.memory {
                Some(text) => Ok(text.lines().map(str::to_owned).collect()),
                None => self.read(seq),
            };
            match lines {
                Ok(lines) if !lines.is_empty() => {
                    self.sending = Some(seq);
                    if let Some(b) = self.batches.front_mut() {
                        b.sealed = true;
                    }
                    return Some(Parcel { seq, results: lines.join(","), again });
                }
                damaged => {
                    let why = damaged.err().map_or_else(|| "nothing in it can be read".to_owned(), |e| e.to_string());
                    tracing::error!("agent: {} is given up: {why}", self.path(seq).display());
                    self.give_up(seq);
                }
            }
        }
    }

    /// The site has this batch.
    pub(crate) fn sent(&mut self, seq: u64) {
        self.remove(seq);
    }

    /// The site is never going to take this batch, or there is no room for it: its results are counted.
    pub(crate) fn give_up(&mut self, seq: u64) {
        let Some(lost) = self.remove(seq) else { return };
        self.dropped = self.dropped.saturating_add(lost as u64);
        if let Err(e) = self.write_dropped() {
            tracing::warn!("agent: cannot write how many results were given up: {e}");
        }
    }

    fn remove(&mut self, seq: u64) -> Option<usize> {
        self.sending = self.sending.filter(|s| *s != seq);
        let at = self.batches.iter().position(|b| b.seq == seq)?;
        let gone = self.batches.remove(at)?;
        // One that stays is sent again after the next start, and refused as known.
        if gone.memory.is_none()
            && let Err(e) = std::fs::remove_file(self.path(seq))
        {
            tracing::warn!("agent: cannot remove {}: {e}", self.path(seq).display());
        }
        Some(gone.lines)
    }

    fn write_dropped(&self) -> io::Result<()> {
        let (path, new) = (self.dir.join(DROPPED), self.dir.join("dropped.new"));
        let mut file = File::create(&new)?;
        file.write_all(format!("{}\n", self.dropped).as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&new, &path)
    }

    /// Results given up since the folder was made.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Results that wait.
    pub(crate) fn waiting(&self) -> usize {
        self.batches.iter().map(|b| b.lines).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use allclear_model::check::CheckOutcome;
    use allclear_model::{Slug, Time};

    fn result(n: i64) -> Measured {
        Measured {
            service: Slug::parse("svc").unwrap(),
            check: "0123456789abcdef".to_owned(),
            outcome: CheckOutcome::Down,
            reason: Some("the status is \"500\"\nand more".to_owned()),
            ms: Some(12),
            certificate: None,
            at: Time(n),
            withdraws: false,
        }
    }

    fn results(parcel: &Parcel) -> Vec<i64> {
        let all: Vec<Measured> = serde_json::from_str(&format!("[{}]", parcel.results)).unwrap();
        all.iter().map(|m| m.at.0).collect()
    }

    fn open(dir: &Path, most: u64) -> Spool {
        Spool::open(dir, most).map_err(|f| f.message).unwrap()
    }

    #[test]
    fn results_come_out_in_order_and_outlive_the_process_until_the_site_has_them() {
        let dir = tempfile::tempdir().unwrap();
        let mut spool = open(dir.path(), 1 << 20);
        spool.begin_after(7);
        spool.put(&[result(1), result(2)]);
        spool.put(&[result(3)]);
        let first = spool.oldest().unwrap();
        assert_eq!((first.seq, results(&first), first.again), (8, vec![1, 2, 3], false));
        // What is on its way is not added to.
        spool.put(&[result(4)]);
        assert_eq!(spool.oldest().map(|p| (results(&p), p.again)), Some((vec![1, 2, 3], true)));
        drop(spool);
        let mut spool = open(dir.path(), 1 << 20);
        assert_eq!(spool.oldest().map(|p| (p.seq, results(&p), p.again)), Some((8, vec![1, 2, 3], true)));
        spool.sent(8);
        assert_eq!(spool.oldest().map(|p| (p.seq, results(&p))), Some((9, vec![4])));
        spool.sent(9);
        assert_eq!((spool.oldest(), spool.waiting()), (None, 0));
        spool.put(&[result(5)]);
        assert_eq!(spool.oldest().map(|p| p.seq), Some(10), "no number comes twice");
    }

    #[test]
    fn a_line_that_was_cut_off_by_a_kill_is_left_out_and_the_rest_is_sent() {
        let dir = tempfile::tempdir().unwrap();
        let mut spool = open(dir.path(), 1 << 20);
        spool.put(&[result(1), result(2)]);
        drop(spool);
        let path = dir.path().join("batches/00000000000000000001.jsonl");
        let whole = std::fs::read(&path).unwrap();
        for cut in 0..whole.len() {
            std::fs::write(&path, &whole[..cut]).unwrap();
            let mut spool = open(dir.path(), 1 << 20);
            let want = String::from_utf8_lossy(&whole[..cut]).matches('\n').count();
            assert_eq!(spool.oldest().map_or(0, |p| results(&p).len()), want, "{cut}");
            assert_eq!(path.exists(), want > 0);
        }
        std::fs::write(&path, b"not json\n{}\n\xff\xfe\n").unwrap();
        std::fs::write(dir.path().join("batches/other.txt"), b"x").unwrap();
        assert_eq!(open(dir.path(), 1 << 20).oldest(), None);
    }

    #[test]
    fn when_it_is_full_the_oldest_is_given_up_and_counted_and_what_is_on_its_way_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let most = 4096;
        let mut spool = open(dir.path(), most);
        spool.put(&[result(0)]);
        let first = spool.oldest().unwrap();
        for n in 1..200 {
            spool.put(&[result(n)]);
        }
        let size: u64 =
            std::fs::read_dir(dir.path().join("batches")).unwrap().map(|e| e.unwrap().metadata().unwrap().len()).sum();
        assert!(size <= most + 512, "{size}");
        assert_eq!(spool.dropped() + spool.waiting() as u64, 200);
        assert_eq!(spool.oldest(), Some(Parcel { again: true, ..first }));
        spool.sent(1);
        let next = spool.oldest().unwrap();
        assert!(results(&next)[0] > 100, "the newest are there");
        let dropped = spool.dropped();
        drop(spool);
        assert_eq!(open(dir.path(), most).dropped(), dropped, "and the count is, after a restart");
    }

    #[test]
    fn batches_that_were_never_sent_get_numbers_behind_those_that_the_site_has() {
        let dir = tempfile::tempdir().unwrap();
        let mut spool = open(dir.path(), 2048);
        for n in 0..8 {
            spool.put(&[result(n)]);
        }
        let before = spool.waiting();
        let first = spool.oldest().unwrap();
        spool.renumber_after(40);
        let again = spool.oldest().unwrap();
        assert_eq!((again.results.clone(), again.again), (first.results, false));
        assert!(again.seq > 40);
        let (mut seen, mut last) = (0, 40);
        while let Some(p) = spool.oldest() {
            assert!(p.seq > last);
            last = p.seq;
            seen += results(&p).len();
            spool.sent(p.seq);
        }
        assert_eq!(seen, before);
    }

    #[test]
    fn one_folder_belongs_to_one_process() {
        let dir = tempfile::tempdir().unwrap();
        let _held = open(dir.path(), 1 << 20);
        let told = Spool::open(dir.path(), 1 << 20).map(|_| ()).unwrap_err().message;
        assert!(told.contains("in use") && told.contains("--dir"), "{told}");
    }
}
