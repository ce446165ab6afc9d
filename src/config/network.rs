//! The networks of `[web] allow` and `deny`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use ipnet::IpNet;

/// One entry of a list of networks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Network {
    /// Every address that is reachable over the internet.
    Public,
    Range(IpNet),
}

impl Network {
    pub fn contains(self, address: IpAddr) -> bool {
        match self {
            Self::Public => is_public(address),
            Self::Range(range) => range.contains(&address),
        }
    }
}

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "public" {
            return Ok(Self::Public);
        }
        text.parse::<IpNet>()
            .or_else(|_| text.parse::<IpAddr>().map(IpNet::from))
            .map(Self::Range)
            .map_err(|_| {
                format!(
                    "`{text}` is not a network; write one as in `10.0.0.0/8` or `fd00::/8`, \
                     a single address, or `public`"
                )
            })
    }
}

/// The address that a connection really goes to: an IPv4 address in IPv6
/// clothes is looked at as IPv4, and `::1` as 127.0.0.1.
pub fn real_address(address: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = address else {
        return address;
    };
    if v6.is_loopback() {
        return IpAddr::V4(Ipv4Addr::LOCALHOST);
    }
    let [.., a, b] = v6.segments();
    let embedded = Ipv4Addr::from((u32::from(a) << 16) | u32::from(b));
    // NAT64 (RFC 6052) reaches the IPv4 address in its last 32 bits.
    let nat64 = matches!(v6.segments(), [0x64, 0xff9b, 0, 0, 0, 0, _, _]);
    match v6.to_ipv4_mapped() {
        Some(v4) => IpAddr::V4(v4),
        None if nat64 => IpAddr::V4(embedded),
        None => address,
    }
}

/// Link-local addresses, which hold the metadata services of clouds.
pub fn is_link_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_unicast_link_local(),
    }
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !(address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_documentation()
        || a == 0
        || a >= 240
        // Carrier-grade NAT, protocol assignments, benchmarking.
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 198 && (18..20).contains(&b)))
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, ..] = address.segments();
    // Only 2000::/3 is given out; 6to4, Teredo and the documentation range
    // within it lead elsewhere.
    (0x2000..0x4000).contains(&a)
        && a != 0x2002
        && !(a == 0x2001 && b == 0)
        && !(a == 0x2001 && b == 0xdb8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_is_what_the_internet_can_reach() {
        for address in ["8.8.8.8", "100.128.0.1", "172.32.0.1", "2600::1"] {
            assert!(is_public(address.parse().unwrap()), "{address}");
        }
        for address in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "100.100.100.200",
            "127.0.0.1",
            "169.254.169.254",
            "172.31.255.255",
            "192.168.1.1",
            "192.0.0.1",
            "198.18.0.1",
            "203.0.113.9",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "fe80::1",
            "fd00:ec2::254",
            "ff02::1",
            "2001:db8::1",
            "2002:a00:1::",
            "2001::1",
            "::ffff:8.8.8.8",
        ] {
            assert!(!is_public(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn ipv4_in_ipv6_is_unwrapped() {
        let real = |text: &str| real_address(text.parse().unwrap()).to_string();
        assert_eq!(real("::ffff:169.254.169.254"), "169.254.169.254");
        assert_eq!(real("64:ff9b::a00:1"), "10.0.0.1");
        assert_eq!(real("::1"), "127.0.0.1");
        assert_eq!(real("2600::1"), "2600::1");
        assert_eq!(real("10.0.0.1"), "10.0.0.1");
    }

    #[test]
    fn networks_are_read() {
        assert_eq!("public".parse(), Ok(Network::Public));
        let one: Network = "10.1.2.3".parse().unwrap();
        assert!(one.contains("10.1.2.3".parse().unwrap()));
        assert!(!one.contains("10.1.2.4".parse().unwrap()));
        assert!("10.0.0.0/33".parse::<Network>().is_err());
        assert!("internal".parse::<Network>().is_err());
    }
}
