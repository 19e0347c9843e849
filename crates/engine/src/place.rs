//! Country and autonomous system of an address, from files in MaxMind's format that an operator may configure.

use allclear_model::Country;
use maxminddb::{PathElement, Reader};
use std::collections::HashSet;
use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::sync::Arc;

/// What a file is configured for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tells {
    /// Two-letter codes of countries.
    Country,
    /// Numbers of autonomous systems.
    Network,
}

/// The configured files, read into memory; none of them is needed. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Places {
    readers: Vec<Arc<Reader<Vec<u8>>>>,
}

/// What the files know of an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Place {
    /// The country.
    pub country: Option<Country>,
    /// Number of the autonomous system.
    pub asn: Option<u32>,
}

/// Where MaxMind's format begins to describe itself.
const MARK: &[u8] = b"\xab\xcd\xefMaxMind.com";

/// Zero bytes between the tree and the records.
const GAP: u64 = 16;

impl Places {
    /// Reads a file into memory and every record in it once, so that a damaged one is found now and not by a visitor.
    /// Takes about a second for each 5 million networks.
    ///
    /// # Errors
    /// A sentence that goes on after the file's name: it cannot be read, is not in the format, is damaged, or knows
    /// nothing of what it is configured for.
    pub fn add(&mut self, tells: Tells, path: &Path) -> Result<(), String> {
        let bytes = std::fs::read(path).map_err(|e| format!("cannot be read: {e}"))?;
        let Checked { reader, tells: told } = read(bytes)?;
        if !tells.is_told(told) {
            let kind: String = reader.metadata.database_type.chars().filter(|c| !c.is_control()).take(60).collect();
            return Err(format!("tells {} of no address (it says that it is of the type {kind:?})", tells.what()));
        }
        self.readers.push(Arc::new(reader));
        Ok(())
    }

    /// Looks an address up; the first file that knows a thing wins.
    pub fn look_up(&self, addr: IpAddr) -> Place {
        let mut place = Place::default();
        for reader in &self.readers {
            let Ok(found) = reader.lookup(addr.to_canonical()) else { continue };
            if place.country.is_none() {
                let code = found.decode_path::<String>(&COUNTRY);
                place.country = code.ok().flatten().and_then(|c| Country::parse(&c).ok());
            }
            if place.asn.is_none() {
                place.asn = found.decode_path::<u32>(&NETWORK).ok().flatten();
            }
        }
        place
    }
}

const COUNTRY: [PathElement<'static>; 2] = [PathElement::Key("country"), PathElement::Key("iso_code")];
const NETWORK: [PathElement<'static>; 1] = [PathElement::Key("autonomous_system_number")];

impl Tells {
    fn what(self) -> &'static str {
        match self {
            Tells::Country => "the country",
            Tells::Network => "the autonomous system",
        }
    }

    /// Whether a record tells it.
    fn is_told(self, place: (bool, bool)) -> bool {
        match self {
            Tells::Country => place.0,
            Tells::Network => place.1,
        }
    }
}

/// A file whose tree and records have been looked at.
struct Checked {
    reader: Reader<Vec<u8>>,
    /// Whether any record tells a country, and whether any tells an autonomous system.
    tells: (bool, bool),
}

fn read(bytes: Vec<u8>) -> Result<Checked, String> {
    let Some(mark) = bytes.windows(MARK.len()).rposition(|w| w == MARK) else {
        return Err("is not a MaxMind DB file, or its end is missing".to_owned());
    };
    // The library believes the description and reads where it says, and it follows a tree that leads back into itself
    // for ever. So the tree is looked at before.
    let description = &bytes[mark + MARK.len()..];
    let number = |key| number(description, key);
    let (Some(nodes), Some(bits), Some(version)) = (number("node_count"), number("record_size"), number("ip_version"))
    else {
        return Err("is not a MaxMind DB file that can be read: its description is damaged".to_owned());
    };
    let tree = nodes.saturating_mul(bits) / 4;
    let records = (mark as u64).saturating_sub(tree.saturating_add(GAP));
    if !matches!(bits, 24 | 28 | 32) || !matches!(version, 4 | 6) || nodes == 0 || records == 0 {
        return Err(format!("is damaged: its {nodes} nodes of {bits} bits do not fit into {mark} bytes"));
    }
    let leaves = Tree { bytes: &bytes, nodes, bits, records }.leaves(if version == 4 { 32 } else { 128 })?;
    let check = |leaves: Vec<IpAddr>| {
        let reader = Reader::from_source(bytes)?;
        let mut tells = (false, false);
        for address in leaves {
            let found = reader.lookup(address)?;
            tells.0 |= found.decode_path::<String>(&COUNTRY)?.is_some();
            tells.1 |= found.decode_path::<u32>(&NETWORK)?.is_some();
        }
        Ok(Checked { reader, tells })
    };
    guarded(|| check(leaves))
}

/// The tree of a file: two branches from each node, to a node, to nothing or to a record.
struct Tree<'b> {
    bytes: &'b [u8],
    nodes: u64,
    bits: u64,
    /// Bytes of records.
    records: u64,
}

impl Tree<'_> {
    /// One address of each record. Every node is visited once, so that this ends however the nodes hang together.
    fn leaves(&self, depth: u32) -> Result<Vec<IpAddr>, String> {
        let damaged = || "is damaged: its tree leads nowhere".to_owned();
        let mut visited = vec![false; usize::try_from(self.nodes).map_err(|_| damaged())?];
        let mut seen = HashSet::new();
        let mut leaves = Vec::new();
        let mut stack = vec![(0u64, 0u128, 0u32)];
        while let Some((node, bits, at)) = stack.pop() {
            let Some(before) = usize::try_from(node).ok().and_then(|n| visited.get_mut(n)) else { continue };
            if std::mem::replace(before, true) {
                continue;
            }
            if at == depth {
                return Err(damaged());
            }
            for side in [0, 1] {
                let to = self.branch(node, side).ok_or_else(damaged)?;
                let bits = bits | u128::from(side) << (depth - 1 - at);
                if to < self.nodes {
                    stack.push((to, bits, at + 1));
                } else if to > self.nodes {
                    let record = (to - self.nodes).checked_sub(GAP).filter(|r| *r < self.records);
                    if seen.insert(record.ok_or_else(damaged)?) {
                        leaves.push(match u32::try_from(bits) {
                            Ok(v4) if depth == 32 => IpAddr::V4(v4.into()),
                            _ => IpAddr::V6(bits.into()),
                        });
                    }
                }
            }
        }
        Ok(leaves)
    }

    fn branch(&self, node: u64, side: u8) -> Option<u64> {
        let at = usize::try_from(node * self.bits / 4).ok()?;
        let b = self.bytes.get(at..at + usize::try_from(self.bits / 4).ok()?)?;
        let number = |b: &[u8]| b.iter().fold(0, |n, b| n << 8 | u64::from(*b));
        Some(match (self.bits, side) {
            // The two have a byte in the middle in common: its upper half belongs to the left one.
            (28, 0) => u64::from(b[3] >> 4) << 24 | number(&b[..3]),
            (28, _) => u64::from(b[3] & 15) << 24 | number(&b[4..]),
            (_, 0) => number(&b[..b.len() / 2]),
            _ => number(&b[b.len() / 2..]),
        })
    }
}

/// A number of the description. Keys are written in full there, and numbers as their size and then their bytes.
fn number(description: &[u8], key: &str) -> Option<u64> {
    let at = description.windows(key.len()).position(|w| w == key.as_bytes())? + key.len();
    let (control, rest) = description.get(at..)?.split_first()?;
    let bytes = rest.get(..usize::from(control & 0b0001_1111)).filter(|b| b.len() <= 4)?;
    matches!(control >> 5, 5 | 6).then(|| bytes.iter().fold(0, |n, b| n << 8 | u64::from(*b)))
}

/// Damage that the library does not expect ends in a panic there; here it is an error like the others.
fn guarded<T>(work: impl FnOnce() -> Result<T, maxminddb::MaxMindDbError>) -> Result<T, String> {
    match std::panic::catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(e)) => Err(format!("is damaged: {e}")),
        Err(_) => Err("is damaged".to_owned()),
    }
}
