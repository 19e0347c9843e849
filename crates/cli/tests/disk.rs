//! A full disk: reports are refused, reading goes on, and it recovers by itself.

use crate::support::{NO_LIMITS, Site, person, until};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A small file system of its own, unmounted when dropped.
struct SmallDisk {
    at: PathBuf,
}

impl SmallDisk {
    /// `None` when this user or this container may not mount.
    fn mount(at: &Path) -> Option<SmallDisk> {
        std::fs::create_dir_all(at).unwrap();
        let done = Command::new("mount").args(["-t", "tmpfs", "-o", "size=12m", "tmpfs"]).arg(at).output().ok()?;
        if !done.status.success() {
            eprintln!("skipped: cannot mount a small file system here: {}", String::from_utf8_lossy(&done.stderr));
            return None;
        }
        Some(SmallDisk { at: at.to_owned() })
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("-l").arg(&self.at).status());
    }
}

/// Writes until nothing more fits.
fn fill(path: &Path) {
    let mut file = std::fs::File::create(path).unwrap();
    for size in [1 << 20, 1 << 12, 1] {
        while file.write_all(&vec![0x5a; size]).is_ok() {}
    }
}

#[test]
fn a_full_disk_refuses_reports_keeps_reading_and_recovers_by_itself() {
    let dir = tempfile::tempdir().unwrap();
    let Some(disk) = SmallDisk::mount(&dir.path().join("disk")) else { return };
    let site = Site::start(&disk.at.join("data"), &NO_LIMITS);
    let mut kept = Vec::new();
    let mut next = 0;
    let mut send = |site: &Site| {
        next += 1;
        site.report("openrouter", "api-key", &person(next), &next.to_string()).unwrap()
    };
    for _ in 0..20 {
        kept.push(send(&site).json()["id"].as_str().unwrap().to_owned());
    }
    let filler = disk.at.join("filler");
    fill(&filler);
    // The write-ahead log may have some room of its own left.
    let refused = until("the disk is full for the journal too", || {
        let answer = send(&site);
        match answer.status {
            202 => {
                kept.push(answer.json()["id"].as_str().unwrap().to_owned());
                None
            }
            _ => Some(answer),
        }
    });
    assert_eq!(refused.status, 503, "{}", refused.body);
    assert_eq!(refused.header("content-type").map(|t| t.split(';').next().unwrap()), Some("application/problem+json"));
    assert!(refused.header("retry-after").is_some());
    assert!(refused.json()["title"].as_str().is_some_and(|t| !t.is_empty()), "{}", refused.body);
    let cli = site.run(&["report", "github", "other"]).ended(1);
    assert!(cli.stderr.contains("room"), "{}", cli.stderr);
    for path in ["/", "/s/openrouter", "/api/v1/services/openrouter", "/s/openrouter/badge.svg"] {
        assert_eq!(site.get(path).status, 200, "{path}");
    }
    std::fs::remove_file(&filler).unwrap();
    let recovered = until("it takes reports again", || Some(send(&site)).filter(|a| a.status == 202));
    kept.push(recovered.json()["id"].as_str().unwrap().to_owned());
    let data = site.data.clone();
    site.stop();
    let ids = crate::support::report_ids(&crate::support::journal(&data));
    assert_eq!(ids, kept, "exactly what was acknowledged");
}
