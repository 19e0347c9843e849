//! A writer of small files in MaxMind's format, made from its public description.

use std::net::IpAddr;

/// What a record says.
#[derive(Debug, Clone, Copy)]
pub enum Record {
    /// A country's two letters.
    Country(&'static str),
    /// The number of an autonomous system.
    System(u32),
    /// Neither: only a continent.
    Continent(&'static str),
}

/// The bytes of a file of the type `kind` with these networks (address and length of the prefix); none may hold another.
///
/// # Panics
/// When one network holds another.
pub fn mmdb(kind: &str, networks: &[(&str, u8, Record)]) -> Vec<u8> {
    let (mut tree, mut data) = (vec![[Branch::Nothing; 2]], Vec::new());
    for (address, length, record) in networks {
        let at = data.len();
        record.write(&mut data);
        let (bits, length) = match address.parse().expect("an address") {
            IpAddr::V4(a) => (u128::from(u32::from(a)), length + 96),
            IpAddr::V6(a) => (u128::from(a), *length),
        };
        let mut node = 0;
        for depth in 0..length {
            let side = usize::from(bits >> (127 - depth) & 1 == 1);
            if depth + 1 == length {
                assert!(matches!(tree[node][side], Branch::Nothing), "{address} is in another network");
                tree[node][side] = Branch::Data(at);
            } else if let Branch::Node(next) = tree[node][side] {
                node = next;
            } else {
                assert!(matches!(tree[node][side], Branch::Nothing), "{address} is in another network");
                tree[node][side] = Branch::Node(tree.len());
                node = tree.len();
                tree.push([Branch::Nothing; 2]);
            }
        }
    }
    let nodes = tree.len();
    let mut out = Vec::new();
    for branch in tree.into_iter().flatten() {
        let value = match branch {
            Branch::Nothing => nodes,
            Branch::Node(n) => n,
            Branch::Data(at) => nodes + 16 + at,
        };
        out.extend_from_slice(&u32::try_from(value).expect("a small file").to_be_bytes()[1..]);
    }
    out.extend_from_slice(&[0; 16]);
    out.extend(data);
    out.extend_from_slice(b"\xab\xcd\xefMaxMind.com");
    describe(&mut out, kind, u32::try_from(nodes).expect("a small file"));
    out
}

#[derive(Clone, Copy)]
enum Branch {
    Nothing,
    Node(usize),
    Data(usize),
}

impl Record {
    fn write(self, out: &mut Vec<u8>) {
        match self {
            Record::Country(code) => {
                map(out, 1);
                text(out, "country");
                map(out, 1);
                text(out, "iso_code");
                text(out, code);
            }
            Record::System(number) => {
                map(out, 2);
                text(out, "autonomous_system_number");
                long(out, number);
                text(out, "autonomous_system_organization");
                text(out, "Example Networks");
            }
            Record::Continent(code) => {
                map(out, 1);
                text(out, "continent");
                map(out, 1);
                text(out, "code");
                text(out, code);
            }
        }
    }
}

fn describe(out: &mut Vec<u8>, kind: &str, nodes: u32) {
    map(out, 9);
    for (key, value) in [("binary_format_major_version", 2), ("binary_format_minor_version", 0)] {
        text(out, key);
        short(out, value);
    }
    text(out, "build_epoch");
    // An unsigned number of 8 bytes: one of the types whose number stands in a second byte, less 7.
    out.extend_from_slice(&[8, 2]);
    out.extend_from_slice(&1_772_445_600_u64.to_be_bytes());
    text(out, "database_type");
    text(out, kind);
    text(out, "description");
    map(out, 1);
    text(out, "en");
    text(out, "made for a test");
    text(out, "ip_version");
    short(out, 6);
    text(out, "languages");
    // An array of one.
    out.extend_from_slice(&[1, 4]);
    text(out, "en");
    text(out, "node_count");
    long(out, nodes);
    text(out, "record_size");
    short(out, 24);
}

fn map(out: &mut Vec<u8>, pairs: u8) {
    out.push(7 << 5 | pairs);
}

fn short(out: &mut Vec<u8>, n: u16) {
    out.push(5 << 5 | 2);
    out.extend_from_slice(&n.to_be_bytes());
}

fn long(out: &mut Vec<u8>, n: u32) {
    out.push(6 << 5 | 4);
    out.extend_from_slice(&n.to_be_bytes());
}

fn text(out: &mut Vec<u8>, text: &str) {
    let length = u8::try_from(text.len()).expect("a short text");
    match length {
        0..29 => out.push(2 << 5 | length),
        _ => out.extend_from_slice(&[0b0101_1101, length - 29]),
    }
    out.extend_from_slice(text.as_bytes());
}
