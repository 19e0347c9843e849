//! The keys under which sources, follow links and request keys are hashed, and the life of each.
//!
//! A day's key is a file of its own beside the databases (never in a backup). It lives until 06:00 UTC of the next day,
//! so that a window of 6 hours holds over midnight; then it is deleted and what was hashed with it is blanked.

use crate::intake::{Origin, RequestKeys, UNGUESSABLE};
use crate::secret::Secret;
use allclear_model::{NetworkHash, NetworkKeys, ReportId, RequestKey, Slug, SourceHash, SourceKeys, Time};
use allclear_ports::PortError;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, PoisonError, RwLock};

const DAY_MS: i64 = 86_400_000;

/// A day's key outlives its day by this much: the window in which one source counts once.
pub(crate) const KEY_GRACE_MS: i64 = 6 * 3_600_000;

/// Hashes made just before midnight may be stamped just after it; those go with the older key.
const MIDNIGHT_SLACK_MS: i64 = 60_000;

/// Bytes of the follow token's authentication code.
const TAG: usize = 16;

/// All keys of one data folder.
pub(crate) struct Keys {
    dir: PathBuf,
    follow: Secret,
    days: RwLock<Vec<DayKey>>,
    /// A day whose key was looked for and cannot be had: no need to ask the disk, and to warn, for each report.
    absent: AtomicI64,
    making: Mutex<()>,
}

#[derive(Debug, Clone)]
struct DayKey {
    day: i64,
    key: Secret,
    /// False while the file could not be written; tried again each minute.
    kept: bool,
}

impl Keys {
    /// Opens (or makes) the folder and the follow key.
    ///
    /// # Errors
    /// [`PortError::Unusable`] with the path.
    pub(crate) fn open(dir: &Path) -> Result<Keys, PortError> {
        make_private_dir(dir).map_err(|e| unusable(dir, &e))?;
        let path = dir.join("follow.key");
        let follow = read_or_make(&path).map_err(|e| unusable(&path, &e))?;
        Ok(Keys {
            dir: dir.to_owned(),
            follow,
            days: RwLock::default(),
            absent: AtomicI64::new(i64::MIN),
            making: Mutex::default(),
        })
    }

    /// The source and network of an address at `now`. The source of an IPv6 address is its /64 (what one household
    /// gets); the network is the /24 or /48, with the autonomous system when it is known.
    pub(crate) fn origin(&self, now: Time, addr: IpAddr, asn: Option<u32>) -> (SourceKeys, NetworkKeys) {
        let (source, network) = parts(addr);
        self.hashed(now, &source, &network, asn)
    }

    /// The source and network of whoever an operator reports for: a name, of no address, all in one network.
    pub(crate) fn named(&self, now: Time, name: &str) -> (SourceKeys, NetworkKeys) {
        // Addresses begin with 4 or 6, so no name is one.
        let source = [&[0], name.as_bytes()].concat();
        self.hashed(now, &source, &[0], None)
    }

    fn hashed(&self, now: Time, source: &[u8], network: &[u8], asn: Option<u32>) -> (SourceKeys, NetworkKeys) {
        let day = now.0.div_euclid(DAY_MS);
        let today = self.day_key(day);
        let in_grace = now.0.rem_euclid(DAY_MS) < KEY_GRACE_MS;
        let yesterday = if in_grace { self.existing(day - 1) } else { None };
        let sources = SourceKeys {
            today: source_hash(&today, source),
            yesterday: yesterday.as_ref().map(|k| source_hash(k, source)),
        };
        let networks = NetworkKeys {
            today: network_hash(&today, network, asn),
            yesterday: yesterday.map(|k| network_hash(&k, network, asn)),
        };
        (sources, networks)
    }

    /// The key of a day, made when it is first needed.
    fn day_key(&self, day: i64) -> Secret {
        if let Some(key) = self.known(day) {
            return key;
        }
        let _making = self.making.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = self.existing(day) {
            return key;
        }
        // Without randomness nothing else on this machine works either, and reports are refused. Votes need a source all
        // the same; one that is hashed from the follow key can be made again by whoever has that key.
        let key = Secret::random().unwrap_or_else(|e| {
            tracing::error!(error = %e, "keys: no randomness for the day's key; derived from the follow key");
            derived(&self.follow, day)
        });
        let kept = self.keep(day, &key);
        self.remember(DayKey { day, key: key.clone(), kept });
        key
    }

    /// The key of a day if it was made, from memory or its file.
    fn existing(&self, day: i64) -> Option<Secret> {
        if let Some(key) = self.known(day) {
            return Some(key);
        }
        if self.absent.load(Ordering::Relaxed) == day {
            return None;
        }
        let path = self.path(day);
        match Secret::read(&path) {
            Ok(None) => {
                self.absent.store(day, Ordering::Relaxed);
                None
            }
            Ok(Some(key)) => {
                self.remember(DayKey { day, key: key.clone(), kept: true });
                Some(key)
            }
            Err(e) => {
                tracing::warn!(path = %path.display(), error = %e, "keys: unreadable day key; another takes its place");
                self.absent.store(day, Ordering::Relaxed);
                None
            }
        }
    }

    fn known(&self, day: i64) -> Option<Secret> {
        let days = self.days.read().unwrap_or_else(PoisonError::into_inner);
        days.iter().find(|k| k.day == day).map(|k| k.key.clone())
    }

    fn remember(&self, key: DayKey) {
        let mut days = self.days.write().unwrap_or_else(PoisonError::into_inner);
        if !days.iter().any(|k| k.day == key.day) {
            days.push(key);
        }
    }

    fn keep(&self, day: i64, key: &Secret) -> bool {
        let path = self.path(day);
        match key.write(&path) {
            Ok(()) => true,
            Err(e) => {
                tracing::error!(path = %path.display(), error = %e, "keys: the day's key is only in memory; tried again each minute");
                false
            }
        }
    }

    fn path(&self, day: i64) -> PathBuf {
        let text = Time(day.saturating_mul(DAY_MS)).to_string();
        self.dir.join(format!("{}.key", text.get(..10).unwrap_or("day")))
    }

    /// Deletes keys whose life is over, and writes those that could not be written before. Blocks on the disk.
    ///
    /// # Errors
    /// [`PortError::Unusable`] when a dead key's file cannot be removed.
    pub(crate) fn tidy(&self, now: Time) -> Result<(), PortError> {
        let unkept: Vec<DayKey> = {
            let mut days = self.days.write().unwrap_or_else(PoisonError::into_inner);
            days.retain(|k| alive(k.day, now));
            days.iter().filter(|k| !k.kept).cloned().collect()
        };
        for k in unkept {
            if self.keep(k.day, &k.key) {
                let mut days = self.days.write().unwrap_or_else(PoisonError::into_inner);
                days.iter_mut().filter(|d| d.day == k.day).for_each(|d| d.kept = true);
            }
        }
        for entry in std::fs::read_dir(&self.dir).map_err(|e| unusable(&self.dir, &e))? {
            let path = entry.map_err(|e| unusable(&self.dir, &e))?.path();
            let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default();
            let Some(date) = name.strip_suffix(".key") else { continue };
            let Ok(start) = Time::parse(&format!("{date}T00:00:00Z")) else { continue };
            if !alive(start.0.div_euclid(DAY_MS), now) {
                std::fs::remove_file(&path).map_err(|e| unusable(&path, &e))?;
                tracing::info!(day = date, "keys: a day's key is deleted");
            }
        }
        Ok(())
    }

    /// The follow link's token: the id and its authentication code, 64 lower-case hexadecimal digits.
    pub(crate) fn token(&self, id: ReportId) -> String {
        let tag = self.follow.hash(&[b"follow", id.0.as_bytes()]);
        hex(id.0.as_bytes()) + &hex(&tag[..TAG])
    }

    /// The id in a token, if the token is one of ours. Constant time in the tag.
    pub(crate) fn follow(&self, token: &str) -> Option<ReportId> {
        if token.len() != 2 * (16 + TAG) || !token.bytes().all(|c| c.is_ascii_digit() || (b'a'..=b'f').contains(&c)) {
            return None;
        }
        let bytes = unhex(token);
        let (id, tag) = bytes.split_at_checked(16)?;
        if !self.follow.verify(&[b"follow", id], tag) {
            return None;
        }
        let id = <[u8; 16]>::try_from(id).ok()?;
        ReportId::parse(&u128_uuid(id)).ok()
    }

    /// The secret that challenges are signed with.
    pub(crate) fn work_secret(&self) -> String {
        hex(&self.follow.hash(&[b"work"]))
    }

    /// A token that says when it was made, for `what`: seconds and authentication code in hexadecimal digits.
    pub(crate) fn stamp(&self, what: &[u8], now: Time) -> String {
        let at = now.seconds();
        let tag = self.follow.hash(&[b"stamp", what, b"\0", &at.to_be_bytes()]);
        format!("{at:x}.{}", hex(&tag[..TAG]))
    }

    /// When a token of [`Keys::stamp`] was made, if it is one of ours for `what`.
    pub(crate) fn stamped(&self, what: &[u8], token: &str) -> Option<Time> {
        let (at, tag) = token.split_once('.')?;
        if tag.len() != 2 * TAG || at.len() > 16 {
            return None;
        }
        let at = i64::from_str_radix(at, 16).ok()?;
        self.follow
            .verify(&[b"stamp", what, b"\0", &at.to_be_bytes()], &unhex(tag))
            .then(|| Time(at.saturating_mul(1000)))
    }

    /// Hash of an idempotency key within a service. A short key could be guessed, and its answer has a follow token in it,
    /// so it means something only together with its source, for as long as the source has the same key of the day.
    pub(crate) fn request_key(&self, service: &Slug, key: &str, from: &Origin) -> RequestKeys {
        if key.len() >= UNGUESSABLE {
            return self.own_request_key(service, key);
        }
        let of = |source: SourceHash| self.request_hash(service, source.0, key);
        RequestKeys { kept: of(from.source.today), older: from.source.yesterday.map(of) }
    }

    /// As [`Keys::request_key`] of a key that nobody else can try, however short it is.
    pub(crate) fn own_request_key(&self, service: &Slug, key: &str) -> RequestKeys {
        RequestKeys { kept: self.request_hash(service, 0, key), older: None }
    }

    fn request_hash(&self, service: &Slug, source: u128, key: &str) -> RequestKey {
        let source = source.to_be_bytes();
        RequestKey(u128_of(&self.follow.hash(&[b"request", service.as_bytes(), b"\0", &source, key.as_bytes()])))
    }
}

/// The hash of a source that was made first: a limit must not begin anew at midnight.
pub(crate) fn lasting(keys: &SourceKeys) -> SourceHash {
    keys.yesterday.unwrap_or(keys.today)
}

/// Entries stamped before this instant have no living key at `now`; their hashes are to be blanked.
pub(crate) fn blank_before(now: Time) -> Time {
    let last_dead = now.plus_ms(-KEY_GRACE_MS).0.div_euclid(DAY_MS);
    Time(last_dead * DAY_MS + MIDNIGHT_SLACK_MS)
}

/// Entries stamped before this instant say what a network was called under a key that is dead at `now`.
pub(crate) fn blank_names_before(now: Time) -> Time {
    blank_before(now).plus_ms(DAY_MS - MIDNIGHT_SLACK_MS)
}

fn read_or_make(path: &Path) -> std::io::Result<Secret> {
    if let Some(key) = Secret::read(path)? {
        return Ok(key);
    }
    let key = Secret::random()?;
    key.write(path)?;
    Ok(key)
}

/// A key for the day that is not random.
fn derived(follow: &Secret, day: i64) -> Secret {
    follow.derive(&[b"day", &day.to_be_bytes()])
}

fn alive(day: i64, now: Time) -> bool {
    now.0 < (day + 1).saturating_mul(DAY_MS).saturating_add(KEY_GRACE_MS)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().flat_map(|b| [b >> 4, b & 15]).filter_map(|d| char::from_digit(u32::from(d), 16)).collect()
}

/// Up to the first that is no digit.
fn unhex(digits: &str) -> Vec<u8> {
    (0..digits.len()).step_by(2).map_while(|i| u8::from_str_radix(digits.get(i..i + 2)?, 16).ok()).collect()
}

fn u128_uuid(id: [u8; 16]) -> String {
    format!("{:032x}", u128::from_be_bytes(id))
}

fn u128_of(hash: &[u8; 32]) -> u128 {
    hash[..16].iter().fold(0, |a, b| (a << 8) | u128::from(*b))
}

/// The parts of an address that are hashed: source, network.
fn parts(addr: IpAddr) -> (Vec<u8>, Vec<u8>) {
    match addr.to_canonical() {
        IpAddr::V4(a) => {
            let o = a.octets();
            (vec![4, o[0], o[1], o[2], o[3]], vec![4, o[0], o[1], o[2]])
        }
        IpAddr::V6(a) => {
            let o = a.octets();
            let with = |n: usize| std::iter::once(6).chain(o[..n].iter().copied()).collect();
            (with(8), with(6))
        }
    }
}

fn source_hash(key: &Secret, source: &[u8]) -> SourceHash {
    SourceHash(u128_of(&key.hash(&[b"source", source])))
}

fn network_hash(key: &Secret, network: &[u8], asn: Option<u32>) -> NetworkHash {
    let asn = asn.map(u32::to_be_bytes);
    let hash = key.hash(&[b"network", network, asn.as_ref().map_or(&[][..], |a| a)]);
    NetworkHash(hash[..8].iter().fold(0, |a, b| (a << 8) | u64::from(*b)))
}

fn make_private_dir(dir: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)
}

fn unusable(path: &Path, e: &std::io::Error) -> PortError {
    PortError::Unusable { path: path.display().to_string(), problem: e.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn t(text: &str) -> Time {
        Time::parse(text).unwrap()
    }

    #[test]
    fn a_source_is_recognised_over_midnight_until_six_and_then_its_key_is_gone() {
        let dir = tempfile::tempdir().unwrap();
        let keys = Keys::open(dir.path()).unwrap();
        let addr: IpAddr = "192.0.2.7".parse().unwrap();
        let (evening, _) = keys.origin(t("2026-03-01T23:00:00Z"), addr, None);
        let (night, _) = keys.origin(t("2026-03-02T05:59:59Z"), addr, None);
        assert_eq!(night.yesterday, Some(evening.today));
        assert_ne!(night.today, evening.today);

        // The same over a restart.
        let again = Keys::open(dir.path()).unwrap();
        assert_eq!(again.origin(t("2026-03-02T05:59:59Z"), addr, None).0, night);

        keys.tidy(t("2026-03-02T05:59:59Z")).unwrap();
        assert!(dir.path().join("2026-03-01.key").exists());
        keys.tidy(t("2026-03-02T06:00:00Z")).unwrap();
        assert!(!dir.path().join("2026-03-01.key").exists());
        assert_eq!(keys.origin(t("2026-03-02T06:00:00Z"), addr, None).0.yesterday, None);
        let mode = std::fs::metadata(dir.path().join("2026-03-02.key")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_derived_key_is_another_each_day_and_never_the_follow_key() {
        let follow = Secret::random().unwrap();
        let hash = |key: &Secret| key.hash(&[b"source"]);
        let (one, two) = (derived(&follow, 20_000), derived(&follow, 20_001));
        assert_eq!(hash(&one), hash(&derived(&follow, 20_000)));
        assert!(hash(&one) != hash(&two) && hash(&one) != hash(&follow));
    }

    #[test]
    fn an_unreadable_key_of_yesterday_is_looked_at_once() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("2026-03-01.key");
        std::fs::write(&path, "too short").unwrap();
        let keys = Keys::open(dir.path()).unwrap();
        let addr: IpAddr = "192.0.2.7".parse().unwrap();
        let night = t("2026-03-02T02:00:00Z");
        let (first, _) = keys.origin(night, addr, None);
        assert_eq!(first.yesterday, None);
        std::fs::write(&path, [7; 32]).unwrap();
        assert_eq!(keys.origin(night, addr, None).0, first, "the disk is not asked again");
        assert!(Keys::open(dir.path()).unwrap().origin(night, addr, None).0.yesterday.is_some());
    }

    #[test]
    fn what_is_blanked_is_what_no_living_key_made() {
        assert_eq!(blank_before(t("2026-03-02T05:59:59Z")), t("2026-03-01T00:01:00Z"));
        assert_eq!(blank_before(t("2026-03-02T06:00:00Z")), t("2026-03-02T00:01:00Z"));
        assert_eq!(blank_names_before(t("2026-03-02T05:59:59Z")), t("2026-03-02T00:00:00Z"));
        assert_eq!(blank_names_before(t("2026-03-02T06:00:00Z")), t("2026-03-03T00:00:00Z"));
    }

    #[test]
    fn a_household_is_one_source_and_a_mapped_address_is_the_one_it_maps() {
        let dir = tempfile::tempdir().unwrap();
        let keys = Keys::open(dir.path()).unwrap();
        let at = t("2026-03-01T12:00:00Z");
        let of = |a: &str, asn| keys.origin(at, a.parse().unwrap(), asn);
        assert_eq!(of("2001:db8:1:2::1", None), of("2001:db8:1:2:ffff::9", None));
        assert_ne!(of("2001:db8:1:2::1", None).0, of("2001:db8:1:3::1", None).0);
        assert_eq!(of("2001:db8:1:2::1", None).1, of("2001:db8:1:3::1", None).1);
        assert_eq!(of("::ffff:192.0.2.7", None), of("192.0.2.7", None));
        assert_ne!(of("192.0.2.7", Some(64500)).1, of("192.0.2.7", None).1);
    }

    #[test]
    fn a_network_is_a_24_or_a_48_and_its_neighbours_are_others() {
        let dir = tempfile::tempdir().unwrap();
        let keys = Keys::open(dir.path()).unwrap();
        let of = |a: &str| keys.origin(t("2026-03-01T12:00:00Z"), a.parse().unwrap(), None).1;
        for (first, last, before, after) in [
            ("192.0.2.0", "192.0.2.255", "192.0.1.255", "192.0.3.0"),
            ("::ffff:192.0.2.0", "192.0.2.255", "::ffff:192.0.1.255", "::ffff:192.0.3.0"),
            ("2001:db8:1::", "2001:db8:1:ffff:ffff:ffff:ffff:ffff", "2001:db8:0:ffff::1", "2001:db8:2::"),
        ] {
            assert_eq!(of(first), of(last), "{first} and {last}");
            assert_ne!(of(first), of(before), "{first} and {before}");
            assert_ne!(of(last), of(after), "{last} and {after}");
        }
    }

    #[test]
    fn only_our_own_tokens_are_followed() {
        let dir = tempfile::tempdir().unwrap();
        let keys = Keys::open(dir.path()).unwrap();
        let id = ReportId::new(t("2026-03-01T12:00:00Z"), [7; 10]);
        let token = keys.token(id);
        assert_eq!(token.len(), 64);
        assert_eq!(keys.follow(&token), Some(id));
        assert_eq!(Keys::open(dir.path()).unwrap().follow(&token), Some(id));
        for i in 0..64 {
            let mut bad = token.clone().into_bytes();
            bad[i] = if bad[i] == b'0' { b'1' } else { b'0' };
            assert_eq!(keys.follow(std::str::from_utf8(&bad).unwrap()), None, "{i}");
        }
        for bad in ["", "zz", &token.to_uppercase(), &format!("{token}0"), &"é".repeat(32)] {
            assert_eq!(keys.follow(bad), None);
        }
    }
}
