//! What is allowed and probably not meant.

use std::collections::BTreeMap;

use url::Url;

use super::{Findings, Problem};
use crate::config::{Config, Warning};

impl Config {
    /// What is allowed and probably not meant.
    pub(in crate::config) fn warnings(&self) -> Vec<Warning> {
        let mut found = Findings::default();
        if self.default.voice_url.is_none()
            && self.default.callflow.is_none()
            && self.routes.is_empty()
        {
            found.add(
                "default.voice_url",
                "is missing, and there is no [[route]]: only calls whose dialplan line names a URL \
                 can be served",
            );
        }
        let mut numbers = BTreeMap::new();
        for (index, route) in self.routes.iter().enumerate() {
            for number in &route.numbers {
                if let Some(first) = numbers.insert(number, index)
                    && first != index
                {
                    found.add(
                        format!("route[{index}].numbers"),
                        format!("{number} is taken by route[{first}], which comes first"),
                    );
                }
            }
        }
        if self.ari.connections > 90 {
            found.add(
                "ari.connections",
                "is near or above the 100 sessions that Asterisk allows by default; raise \
                 `sessionlimit` in http.conf or write 32",
            );
        }
        if !self.http.listen.ip().is_loopback() && self.account.auth_token.is_none() {
            found.add(
                "account.auth_token",
                "is missing while `http.listen` can be reached from other machines; APIs and \
                 console answer 403 until it is set",
            );
        }
        let local = |url: &Url| match url.host() {
            Some(url::Host::Domain(name)) => name == "localhost",
            Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
            Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
            None => false,
        };
        let base = Url::parse(&self.http.base());
        if !local(&self.ari.url) && base.is_ok_and(|base| local(&base)) {
            found.add(
                "http.public_url",
                "leads to this machine only, while Asterisk is on another; write an address that \
                 Asterisk can reach, and let `http.listen` listen there",
            );
        }
        let warnings = found.0.into_iter();
        warnings
            .map(|Problem { key, message, .. }| Warning { key, message })
            .collect()
    }
}
