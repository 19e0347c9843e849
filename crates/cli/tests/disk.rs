//! No room: reports are refused, reading goes on, and it recovers by itself. Whether the disk is full, a quota is used up or
//! a file may not grow.

use crate::support::{Faults, NO_LIMITS, Site, allclear_in, http, journal, person, report_ids, until};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A disk that is full refuses, and is known to have kept nothing.
const NO_ROOM: [&str; 1] = ["no room to keep this now; nothing was kept"];
/// Of a disk that fails in another way it is not known, until it is asked again.
const BROKEN: [&str; 2] = ["not known whether this was kept", "takes nothing now; nothing was kept"];

/// What can be without room, and have room again.
trait Disk {
    /// Nothing more fits.
    fn fill(&self, site: &Site);
    /// As much fits as ever.
    fn free(&self, site: &Site);
    /// What is said then: one of these.
    fn words(&self) -> &'static [&'static str] {
        &NO_ROOM
    }
}

/// A small file system of its own, unmounted when dropped.
struct SmallDisk {
    at: PathBuf,
}

impl SmallDisk {
    /// `None` when this user or this container may not mount.
    fn mount(at: &Path) -> Option<SmallDisk> {
        std::fs::create_dir_all(at).unwrap();
        let done = Command::new("mount").args(["-t", "tmpfs", "-o", "size=12m", "tmpfs"]).arg(at).output().ok()?;
        done.status.success().then(|| SmallDisk { at: at.to_owned() })
    }
}

impl Disk for SmallDisk {
    fn fill(&self, _: &Site) {
        let mut file = std::fs::File::create(self.at.join("filler")).unwrap();
        for size in [1 << 20, 1 << 12, 1] {
            while file.write_all(&vec![0x5a; size]).is_ok() {}
        }
    }

    fn free(&self, _: &Site) {
        std::fs::remove_file(self.at.join("filler")).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("-l").arg(&self.at).status());
    }
}

/// The system's limit on the size of the site's files, which anybody may set for an own process.
struct Limit;

impl Limit {
    fn set(site: &Site, soft: &str) {
        let limit = format!("--fsize={soft}:");
        let done = Command::new("prlimit").arg(format!("--pid={}", site.pid())).arg(limit).status();
        assert!(done.is_ok_and(|s| s.success()), "prlimit of util-linux");
    }
}

impl Disk for Limit {
    fn fill(&self, site: &Site) {
        Limit::set(site, "1");
    }

    fn free(&self, site: &Site) {
        Limit::set(site, "unlimited");
    }
}

/// Calls that are refused with an error number.
struct Refused<'f> {
    faults: &'f Faults,
    order: &'static str,
    words: &'static [&'static str],
}

impl Disk for Refused<'_> {
    fn fill(&self, _: &Site) {
        self.faults.order(self.order);
    }

    fn free(&self, _: &Site) {
        self.faults.none();
    }

    fn words(&self) -> &'static [&'static str] {
        self.words
    }
}

/// A site and the ids of all reports that it acknowledged.
struct Told {
    site: Site,
    kept: Vec<String>,
    sent: u32,
}

impl Told {
    fn by(site: Site) -> Told {
        let mut told = Told { site, kept: Vec::new(), sent: 0 };
        for _ in 0..20 {
            assert_eq!(told.send().status, 202);
        }
        told
    }

    fn send(&mut self) -> crate::support::Answer {
        self.sent += 1;
        let answer = self.site.report("openrouter", "api-key", &person(self.sent), &self.sent.to_string()).unwrap();
        if answer.status == 202 {
            self.kept.push(answer.json()["id"].as_str().unwrap().to_owned());
        }
        answer
    }

    fn refuses_keeps_reading_and_recovers(&mut self, disk: &dyn Disk) {
        disk.fill(&self.site);
        // The write-ahead log may have some room of its own left.
        let refused =
            until("there is no room for the journal either", || Some(self.send()).filter(|a| a.status != 202));
        assert_eq!(refused.status, 503, "{}", refused.body);
        let kind = refused.header("content-type").map(|t| t.split(';').next().unwrap());
        assert_eq!(kind, Some("application/problem+json"));
        assert!(refused.header("retry-after").is_some());
        let problem = refused.json();
        assert_eq!((problem["code"].as_str(), problem["status"].as_u64()), (Some("unavailable"), Some(503)));
        let told = |text: &str| assert!(disk.words().iter().any(|w| text.contains(w)), "{text}");
        told(problem["detail"].as_str().unwrap());
        let addr = self.site.addr.clone();
        let form = |path: &str, body: &str| {
            let headers = [("content-type", "application/x-www-form-urlencoded"), ("x-forwarded-for", "10.9.9.9")];
            http(&addr, "POST", path, &headers, body).unwrap()
        };
        let page = form("/s/openrouter/report", "symptom=api-key&country=DE");
        assert_eq!(page.status, 503, "{}", page.body);
        told(&page.body);
        let cli = self.site.run(&["report", "github", "other"]).ended(1);
        told(&cli.stderr);
        for path in ["/", "/s/openrouter", "/api/v1/services/openrouter", "/s/openrouter/badge.svg"] {
            assert_eq!(self.site.get(path).status, 200, "{path}");
        }
        disk.free(&self.site);
        until("it takes reports again", || (self.send().status == 202).then_some(()));
        until("and suggestions", || (form("/suggest", "name=Example+Mail").status == 303).then_some(()));
    }

    /// Stops the site and looks into its journal.
    fn kept_exactly_what_was_acknowledged(self) {
        let data = self.site.data.clone();
        self.site.stop();
        assert_eq!(report_ids(&journal(&data)), self.kept);
    }
}

#[test]
fn a_full_disk_refuses_reports_keeps_reading_and_recovers_by_itself() {
    let dir = tempfile::tempdir().unwrap();
    let mounted = SmallDisk::mount(&dir.path().join("disk"));
    // Where nothing may be mounted, the limit has to do.
    let (disk, data): (&dyn Disk, _) = match &mounted {
        Some(disk) => (disk, disk.at.join("data")),
        None => (&Limit, dir.path().join("data")),
    };
    let mut told = Told::by(Site::start(&data, &NO_LIMITS));
    told.refuses_keeps_reading_and_recovers(disk);
    told.kept_exactly_what_was_acknowledged();
}

#[test]
fn a_limit_on_the_size_of_files_is_met_as_a_full_disk_is_and_does_not_end_the_site() {
    let dir = tempfile::tempdir().unwrap();
    let mut told = Told::by(Site::start(&dir.path().join("data"), &NO_LIMITS));
    for _ in 0..2 {
        told.refuses_keeps_reading_and_recovers(&Limit);
    }
    told.kept_exactly_what_was_acknowledged();
}

#[test]
fn every_way_of_having_no_room_is_refused_and_recovered_from() {
    let dir = tempfile::tempdir().unwrap();
    let faults = Faults::new(dir.path());
    let mut told = Told::by(Site::start(&dir.path().join("data"), &faults.with(&NO_LIMITS)));
    // ENOSPC, EDQUOT and EFBIG, met while writing or only while syncing; and a disk that does not answer (EIO).
    for (order, words) in [
        ("write 28", &NO_ROOM[..]),
        ("write 122", &NO_ROOM[..]),
        ("write 27", &NO_ROOM[..]),
        ("sync 28", &NO_ROOM[..]),
        ("sync 122", &NO_ROOM[..]),
        ("write 5", &BROKEN[..]),
        ("sync 5", &BROKEN[..]),
    ] {
        told.refuses_keeps_reading_and_recovers(&Refused { faults: &faults, order, words });
    }
    told.kept_exactly_what_was_acknowledged();
}

#[test]
fn a_start_without_room_says_so_and_harms_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let faults = Faults::new(dir.path());
    let env = faults.with(&NO_LIMITS);
    let told = Told::by(Site::start(&dir.path().join("data"), &env));
    let (data, kept) = (told.site.data.clone(), told.kept);
    told.site.kill();
    // Nobody listened for an hour, and a start writes that down first of all.
    for order in ["write 28 clock 3600", "write 122 clock 3600", "sync 122 clock 3600"] {
        faults.order(order);
        let args = ["serve", "--listen", "127.0.0.1:0", "--data", data.to_str().unwrap()];
        let run = allclear_in(dir.path(), &args, &env, "").ended(1);
        assert!(run.stderr.contains("no space left") && !run.stderr.contains("damaged"), "{order}: {}", run.stderr);
    }
    faults.none();
    Told { site: Site::start(&data, &env), kept, sent: 20 }.kept_exactly_what_was_acknowledged();
}
