//! Ports that nobody listens on.

use std::net::{IpAddr, Ipv4Addr, TcpListener, UdpSocket};
use std::ops::Range;

use crate::error::{LabError, Result};

/// Below the range that the kernel hands out by itself (32768 and up), so that
/// no outgoing connection takes a port between our look and its use.
const PORTS: Range<u16> = 22_000..32_000;

/// A free TCP port of 127.0.0.1.
pub fn free_tcp() -> Result<u16> {
    free(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok())
}

/// A free UDP port of an address of this machine.
pub fn free_udp(address: IpAddr) -> Result<u16> {
    free(|port| UdpSocket::bind((address, port)).is_ok())
}

fn free(is_free: impl Fn(u16) -> bool) -> Result<u16> {
    let random = uuid::Uuid::new_v4().as_u128() as usize;
    let count = PORTS.len();
    (0..count)
        .map(|i| PORTS.start + ((random % count + i) % count) as u16)
        .find(|port| is_free(*port))
        .ok_or_else(|| LabError::failed("no free port"))
}
