//! A scripted name server: it knows the root, so that it is believed, and these names.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::{Arc, Mutex};

pub(super) struct Names {
    pub(super) at: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Names {
    /// Whether anybody has asked for a name so far.
    pub(super) fn asked(&self, name: &str) -> bool {
        self.asked.lock().unwrap().iter().any(|n| n == name)
    }
}

/// Answers for `zone`; every other name does not exist. It ends with the process of the test.
pub(super) fn serve(zone: BTreeMap<&'static str, Vec<IpAddr>>) -> Names {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let at = socket.local_addr().unwrap();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = asked.clone();
    drop(std::thread::Builder::new().spawn(move || {
        let mut buffer = [0; 1500];
        while let Ok((n, from)) = socket.recv_from(&mut buffer) {
            if let Some((name, reply)) = reply(&buffer[..n], &zone) {
                seen.lock().unwrap().push(name);
                drop(socket.send_to(&reply, from));
            }
        }
    }));
    Names { at, asked }
}

/// What is asked for, and the answer (RFC 1035, section 4).
fn reply(query: &[u8], zone: &BTreeMap<&'static str, Vec<IpAddr>>) -> Option<(String, Vec<u8>)> {
    let (mut at, mut labels) = (12, Vec::new());
    loop {
        let n = usize::from(*query.get(at)?);
        at += 1;
        if n == 0 {
            break;
        }
        labels.push(String::from_utf8_lossy(query.get(at..at + n)?).to_lowercase());
        at += n;
    }
    let record = u16::from_be_bytes([*query.get(at)?, *query.get(at + 1)?]);
    let question = query.get(12..at + 4)?;
    let name = labels.join(".");
    let of = |ip: &IpAddr| match (ip, record) {
        (IpAddr::V4(ip), 1) => Some(ip.octets().to_vec()),
        (IpAddr::V6(ip), 28) => Some(ip.octets().to_vec()),
        _ => None,
    };
    let (code, answers): (u8, Vec<Vec<u8>>) = match zone.get(name.as_str()) {
        _ if name.is_empty() => (0, vec![vec![1, b'a', 0]]),
        Some(ips) => (0, ips.iter().filter_map(of).collect()),
        None => (3, Vec::new()),
    };
    let mut reply = query.get(..2)?.to_vec();
    // A response, recursion available, with its code; one question, so many answers, nothing else.
    reply.extend([0x81, 0x80 | code, 0, 1, 0, answers.len() as u8, 0, 0, 0, 0]);
    reply.extend(question);
    for answer in answers {
        reply.extend([0xc0, 12]);
        reply.extend(record.to_be_bytes());
        reply.extend([0, 1, 0, 0, 0, 1, 0, answer.len() as u8]);
        reply.extend(answer);
    }
    Some((name, reply))
}
