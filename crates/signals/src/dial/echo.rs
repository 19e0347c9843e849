//! Sockets for echo requests.

use super::{Dialer, Refused};
use socket2::{Domain, Protocol, Socket, Type};
use std::io;
use std::net::{IpAddr, SocketAddr};
use tokio::net::UdpSocket;

impl Dialer {
    /// A socket for echo requests to `address`, or why the system gives none.
    ///
    /// # Errors
    /// When the guard refuses the address.
    pub(crate) fn echo(&self, address: IpAddr) -> Result<io::Result<UdpSocket>, Refused> {
        self.guard.check_address(address)?;
        Ok(open(address))
    }
}

/// A socket for echo requests that needs no privilege (`IPPROTO_ICMP` with `SOCK_DGRAM`).
fn open(address: IpAddr) -> io::Result<UdpSocket> {
    let (domain, protocol) = match address {
        IpAddr::V4(_) => (Domain::IPV4, Protocol::ICMPV4),
        IpAddr::V6(_) => (Domain::IPV6, Protocol::ICMPV6),
    };
    let socket = Socket::new(domain, Type::DGRAM, Some(protocol))?;
    socket.set_nonblocking(true)?;
    socket.connect(&SocketAddr::new(address, 0).into())?;
    UdpSocket::from_std(socket.into())
}
