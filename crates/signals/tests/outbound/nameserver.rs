//! A scripted name server: which addresses a name has, at the first question and at later ones.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};
use tokio::net::UdpSocket;
use tokio::task::JoinHandle;

/// What is said of a name: a list per question, the last one for all further ones.
pub(crate) type Zone = BTreeMap<&'static str, Vec<Vec<IpAddr>>>;

pub(crate) struct Nameserver {
    pub(crate) address: SocketAddr,
    /// Questions for addresses so far, by name and type (1: A, 28: AAAA).
    pub(crate) asked: Arc<Mutex<BTreeMap<(String, u16), usize>>>,
    task: JoinHandle<()>,
}

impl Drop for Nameserver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// How it treats the root and what it does not know.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Knows the root's servers; a name it does not have does not exist (response code 3).
    Sound,
    /// Says of everything that it does not exist, as a resolver without a way out does.
    NoWayOut,
    /// Fails on every name (response code 2), but knows the root's servers.
    Failing,
}

impl Nameserver {
    pub(crate) async fn start(kind: Kind, zone: Zone) -> Nameserver {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(BTreeMap::new()));
        let count = asked.clone();
        let work = async move {
            let mut buffer = [0; 1500];
            while let Ok((n, from)) = socket.recv_from(&mut buffer).await {
                if let Some(reply) = reply(&buffer[..n], kind, &zone, &count) {
                    drop(socket.send_to(&reply, from).await);
                }
            }
        };
        #[expect(clippy::disallowed_methods, reason = "the task ends with the server that owns it")]
        let task = tokio::spawn(work);
        Nameserver { address, asked, task }
    }

    pub(crate) fn asked(&self, name: &str) -> usize {
        self.asked.lock().unwrap().get(&(name.to_owned(), 1)).copied().unwrap_or(0)
    }
}

/// The answer to one question (RFC 1035, section 4).
fn reply(query: &[u8], kind: Kind, zone: &Zone, asked: &Mutex<BTreeMap<(String, u16), usize>>) -> Option<Vec<u8>> {
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
    let name = labels.join(".");
    let record = u16::from_be_bytes([*query.get(at)?, *query.get(at + 1)?]);
    let question = query.get(12..at + 4)?;

    let mut answers: Vec<Vec<u8>> = Vec::new();
    let mut code = 0;
    match (name.as_str(), kind) {
        ("", Kind::Sound | Kind::Failing) => answers.push(vec![1, b'a', 0]),
        (_, Kind::NoWayOut) => code = 3,
        (_, Kind::Failing) => code = 2,
        (name, Kind::Sound) => match zone.get(name) {
            None => code = 3,
            Some(lists) => {
                let mut asked = asked.lock().unwrap();
                let n = asked.entry((name.to_owned(), record)).or_insert(0);
                let list = &lists[(*n).min(lists.len() - 1)];
                *n += 1;
                answers.extend(list.iter().filter_map(|ip| match (ip, record) {
                    (IpAddr::V4(ip), 1) => Some(ip.octets().to_vec()),
                    (IpAddr::V6(ip), 28) => Some(ip.octets().to_vec()),
                    _ => None,
                }));
            }
        },
    }
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
    Some(reply)
}
