//! Where requests may go.
//!
//! URLs come from web applications, so a document could point pivot at hosts
//! that only pivot can reach. Four gates stand before every request and every
//! redirect: the scheme, the address when the URL holds one, the addresses that
//! a name resolves to (which the connection then uses, so that a name cannot
//! change between the check and the use), and no proxy.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use futures_util::future::BoxFuture;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use super::connect::Progress;
use super::error::{Failure, Phase};
use crate::config;
use crate::config::network::{self, Network};

/// How names become addresses. Replaced where there must be no network.
pub type Lookup = Arc<dyn Fn(String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> + Send + Sync>;

pub(super) fn system_lookup() -> Lookup {
    Arc::new(|name| {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name, 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        })
    })
}

/// The rules of `[web]`.
#[derive(Debug, Clone)]
pub(super) struct Guard {
    allow: Vec<Network>,
    deny: Vec<Network>,
}

impl Guard {
    pub(super) fn new(config: &config::Web) -> Result<Self, Failure> {
        let read = |list: &[String]| {
            list.iter()
                .map(|text| text.parse().map_err(Failure::Setup))
                .collect::<Result<Vec<Network>, Failure>>()
        };
        Ok(Self {
            allow: read(&config.allow)?,
            deny: read(&config.deny)?,
        })
    }

    /// Everything that can be said before a name is resolved.
    pub(super) fn check_url(&self, url: &Url) -> Result<(), Failure> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Failure::Url(format!(
                "`{}:` is not a scheme that pivot requests; write http or https",
                url.scheme()
            )));
        }
        match url.host() {
            Some(Host::Ipv4(v4)) => self.check_address(v4.into()),
            Some(Host::Ipv6(v6)) => self.check_address(v6.into()),
            Some(Host::Domain(_)) => Ok(()),
            None => Err(Failure::Url("the URL has no host".into())),
        }
    }

    fn check_address(&self, address: IpAddr) -> Result<(), Failure> {
        if self.allows(address) {
            Ok(())
        } else {
            Err(Failure::Blocked { address })
        }
    }

    fn allows(&self, address: IpAddr) -> bool {
        let address = network::real_address(address);
        let within = |list: &[Network]| list.iter().any(|network| network.contains(address));
        !network::is_link_local(address) && !within(&self.deny) && within(&self.allow)
    }
}

/// Why a name gave no address to connect to.
#[derive(Debug, thiserror::Error)]
pub(super) enum ResolveError {
    #[error("{0}")]
    Lookup(io::Error),
    #[error("the name has no address")]
    Empty,
    #[error("{0} may not be requested")]
    Blocked(IpAddr),
}

/// Resolves names and keeps only the addresses that the guard allows.
pub(super) struct Resolver {
    pub(super) guard: Guard,
    pub(super) lookup: Lookup,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let progress = Progress::current();
        let guard = self.guard.clone();
        let answer = (self.lookup)(name.as_str().to_owned());
        Box::pin(async move {
            progress.enter(Phase::Dns);
            let found = answer.await.map_err(ResolveError::Lookup)?;
            let (allowed, blocked): (Vec<IpAddr>, Vec<IpAddr>) = found
                .into_iter()
                .partition(|address| guard.allows(*address));
            progress.enter(Phase::Connect);
            match (allowed.is_empty(), blocked.first()) {
                (false, _) => {
                    let addresses = allowed.into_iter().map(|ip| SocketAddr::new(ip, 0));
                    Ok(Box::new(addresses.collect::<Vec<_>>().into_iter()) as Addrs)
                }
                (true, Some(address)) => Err(ResolveError::Blocked(*address).into()),
                (true, None) => Err(ResolveError::Empty.into()),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(allow: &[&str], deny: &[&str], url: &str) -> Result<(), Failure> {
        let list = |texts: &[&str]| texts.iter().map(ToString::to_string).collect();
        let guard = Guard::new(&config::Web {
            allow: list(allow),
            deny: list(deny),
        })
        .unwrap();
        guard.check_url(&Url::parse(url).unwrap())
    }

    #[test]
    fn literals_in_every_spelling_are_checked() {
        for url in [
            "http://169.254.169.254/latest",
            "http://[::ffff:169.254.169.254]/",
            "http://[64:ff9b::a9fe:a9fe]/",
            "http://2852039166/",
            "http://0xa9.0xfe.0xa9.0xfe/",
            "http://0251.0376.0251.0376/",
            "http://169.254.43518/",
            "http://[fe80::1]/",
            "http://0.0.0.0/",
        ] {
            let everything = check(&["0.0.0.0/1", "public", "169.254.0.0/16"], &[], url);
            if url != "http://0.0.0.0/" {
                assert!(
                    matches!(everything, Err(Failure::Blocked { .. })),
                    "{url}: {everything:?}"
                );
            }
            let default = config::Web::default();
            let guard = Guard::new(&default).unwrap();
            assert!(
                guard.check_url(&Url::parse(url).unwrap()).is_err(),
                "{url} by default"
            );
        }
    }

    #[test]
    fn the_default_lets_a_shop_use_its_own_servers() {
        let guard = Guard::new(&config::Web::default()).unwrap();
        for url in [
            "http://127.0.0.1:3000/voice",
            "http://[::1]:3000/voice",
            "http://10.1.2.3/",
            "https://192.168.1.1/",
            "https://8.8.8.8/",
            "https://[2600::1]/",
            "https://under_score.example.com/",
        ] {
            assert!(guard.check_url(&Url::parse(url).unwrap()).is_ok(), "{url}");
        }
    }

    #[test]
    fn denied_wins_over_allowed() {
        assert!(check(&["10.0.0.0/8"], &["10.9.0.0/16"], "http://10.8.0.1/").is_ok());
        assert!(check(&["10.0.0.0/8"], &["10.9.0.0/16"], "http://10.9.0.1/").is_err());
        assert!(check(&["public"], &[], "http://127.0.0.1/").is_err());
    }

    #[test]
    fn other_schemes_are_refused() {
        for url in ["ftp://h/a", "file:///etc/passwd", "data:text/plain,x"] {
            assert!(
                matches!(check(&["public"], &[], url), Err(Failure::Url(_))),
                "{url}"
            );
        }
    }
}
