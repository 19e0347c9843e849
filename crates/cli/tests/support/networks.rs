//! Networks of their own for processes of a test.

use std::process::Command;

/// So many networks, each with a link of its own to this machine. They go when this is dropped.
pub(crate) struct Networks {
    /// What each is called where a process is put into it.
    pub(crate) spaces: Vec<String>,
    /// Where this machine is on the link to each.
    pub(crate) hosts: Vec<String>,
    links: Vec<String>,
}

impl Networks {
    /// `None` where this machine lets nobody make any, which is said; where it does, a step that fails is a failure.
    pub(crate) fn make(count: usize) -> Option<Networks> {
        if let Err(why) = allowed() {
            skipped(&why);
            return None;
        }
        let me = std::process::id() % 100_000;
        let mut made = Networks { spaces: Vec::new(), hosts: Vec::new(), links: Vec::new() };
        for n in 1..=count {
            let (space, link) = (format!("allclear-{me}-{n}"), format!("ac{me}-{n}"));
            // Another run of these tests on this machine has other addresses.
            let net = format!("10.{}.{n}", 64 + me % 128);
            let (host, there) = (format!("{net}.1"), format!("{net}.2"));
            made.spaces.push(space.clone());
            made.hosts.push(host.clone());
            made.links.push(link.clone());
            for step in [
                format!("netns add {space}"),
                format!("link add {link} type veth peer name far netns {space}"),
                format!("addr add {host}/24 dev {link}"),
                format!("link set {link} up"),
                format!("-n {space} addr add {there}/24 dev far"),
                format!("-n {space} link set lo up"),
                format!("-n {space} link set far up"),
                format!("-n {space} route add default via {host}"),
            ] {
                ip(&step).unwrap_or_else(|why| panic!("{why}"));
            }
        }
        Some(made)
    }

    /// Takes the link to one of them away, or gives it back: `down`, `up`.
    pub(crate) fn link(&self, n: usize, to: &str) {
        ip(&format!("link set {} {to}", self.links[n])).unwrap_or_else(|why| panic!("{why}"));
    }
}

impl Drop for Networks {
    fn drop(&mut self) {
        for (space, link) in self.spaces.iter().zip(&self.links) {
            // What was not made yet cannot be taken away.
            drop(ip(&format!("link del {link}")));
            drop(ip(&format!("netns del {space}")));
        }
    }
}

/// Whether this process may make networks; else why not.
fn allowed() -> Result<(), String> {
    let me = Command::new("id").arg("-u").output().map_err(|e| format!("id: {e}"))?;
    if String::from_utf8_lossy(&me.stdout).trim() != "0" {
        return Err("only root makes them".to_owned());
    }
    let space = format!("allclear-{}-try", std::process::id());
    match ip(&format!("netns add {space}")) {
        Ok(()) => ip(&format!("netns del {space}")),
        // As in a container that has not the right to.
        Err(why) if why.contains("not permitted") || why.contains("Permission denied") => Err(why),
        Err(why) if why.contains("No such file or directory (os error 2)") => {
            Err(format!("{why}: iproute2 is missing"))
        }
        Err(why) => panic!("{why}"),
    }
}

#[expect(
    clippy::print_stderr,
    reason = "what was not tried has to be seen; nextest.toml shows it though the test passes"
)]
fn skipped(why: &str) {
    eprintln!("SKIPPED: networks of their own, {why}");
}

fn ip(words: &str) -> Result<(), String> {
    let out = Command::new("ip").args(words.split(' ')).output().map_err(|e| format!("ip {words}: {e}"))?;
    let said = String::from_utf8_lossy(&out.stderr);
    if out.status.success() { Ok(()) } else { Err(format!("ip {words}: {}", said.trim())) }
}
