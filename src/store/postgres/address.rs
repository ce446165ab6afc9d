//! `postgres://…` as pivot understands it.

use std::time::Duration;

use percent_encoding::percent_decode_str;
use postgres::config::{Host, SslMode};

use super::tls::Tls;
use crate::store::StoreError;

/// How long it may take to connect, and how long a server that is gone without
/// a word may hold a question.
const PATIENCE: Duration = Duration::from_secs(5);

/// Where the database is, and how to get in.
#[derive(Clone)]
pub(super) struct Address {
    pub(super) config: postgres::Config,
    pub(super) tls: Option<Tls>,
    /// Host, port and database, for messages: never the password.
    pub(super) shown: String,
}

impl Address {
    /// `sslmode` and `sslrootcert` are read here, since a certificate that is not
    /// checked protects from nobody; the rest is the client's.
    pub(super) fn parse(url: &str) -> Result<Self, StoreError> {
        // The last one: there may be another in the password.
        let (base, query) = url.rsplit_once('?').unwrap_or((url, ""));
        let (mut tls, mut authority, mut rest) = (false, None, Vec::new());
        for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
            let (key, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            let value = percent_decode_str(value).decode_utf8_lossy();
            match (key, &*value) {
                ("sslmode", "disable") => tls = false,
                ("sslmode", "require" | "verify-full") => tls = true,
                ("sslmode", _) => {
                    return Err(wrong(
                        "`sslmode` is `disable`, or `verify-full` to encrypt and to check the \
                         server's certificate",
                    ));
                }
                ("sslrootcert", file) => authority = Some(file.to_owned()),
                _ => rest.push(parameter),
            }
        }
        let mut plain = base.to_owned();
        if !rest.is_empty() {
            plain = format!("{base}?{}", rest.join("&"));
        }
        // What is wrong with it is not repeated: it may be a piece of the password.
        let mut config: postgres::Config = plain.parse().map_err(|_| {
            wrong(
                "it cannot be read; write postgres://USER:PASSWORD@HOST:PORT/DATABASE, with \
                 characters such as @ / : ? # % in the password as %40 %2F %3A %3F %23 %25",
            )
        })?;
        if config.get_ssl_mode() != SslMode::Prefer {
            // Overlooked above, and so it would not be obeyed.
            return Err(wrong("write a `?` in a value as %3F"));
        }
        if config.get_hosts().is_empty() {
            return Err(wrong(
                "it names no host; write postgres://USER@HOST/DATABASE, or \
                 postgres://USER@/DATABASE?host=/run/postgresql for a socket on this machine",
            ));
        }
        config
            .application_name(
                config
                    .get_application_name()
                    .unwrap_or("pivot")
                    .to_owned()
                    .as_str(),
            )
            .ssl_mode(if tls {
                SslMode::Require
            } else {
                SslMode::Disable
            })
            .connect_timeout(PATIENCE)
            .tcp_user_timeout(PATIENCE)
            .keepalives_idle(PATIENCE);
        Ok(Self {
            shown: shown(&config),
            tls: tls.then(|| Tls::new(authority.as_deref())).transpose()?,
            config,
        })
    }
}

fn shown(config: &postgres::Config) -> String {
    let mut places = Vec::new();
    for (position, host) in config.get_hosts().iter().enumerate() {
        let ports = config.get_ports();
        let port = ports.get(position).or(ports.first()).unwrap_or(&5432);
        places.push(match host {
            Host::Tcp(name) => format!("{name}:{port}"),
            #[cfg(unix)]
            Host::Unix(folder) => folder.display().to_string(),
        });
    }
    let database = config
        .get_dbname()
        .or(config.get_user())
        .unwrap_or_default();
    format!("{}/{database}", places.join(","))
}

fn wrong(what: &str) -> StoreError {
    StoreError::Broken(format!("`store.url`: {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_show_where_the_database_is_and_never_the_password() {
        let address = Address::parse("postgres://pivot:s3cret@db.example.com:5433/calls").unwrap();
        assert_eq!(address.shown, "db.example.com:5433/calls");
        let address = Address::parse("postgresql://pivot@/calls?host=/run/postgresql").unwrap();
        assert_eq!(address.shown, "/run/postgresql/calls");
        for bad in [
            "postgres://pivot:s3cret@host:port/db",
            "postgres://pivot:s3cret@host/db?s3cret=1",
            "postgres:///db?password=s3cret",
        ] {
            let error = Address::parse(bad).err().map(|error| error.to_string());
            let error = error.unwrap_or_else(|| panic!("{bad} is taken"));
            assert!(!error.contains("cret"), "{error}");
        }
    }

    #[test]
    fn encryption_is_checked_or_there_is_none() {
        let mode = |query: &str| Address::parse(&format!("postgres://p@h/d{query}"));
        assert!(mode("").unwrap().tls.is_none());
        assert!(mode("?sslmode=disable").unwrap().tls.is_none());
        let odd = Address::parse("postgres://p:a?b@h/d?sslmode=require").unwrap();
        assert!(odd.tls.is_some() && odd.config.get_password() == Some(b"a?b"));
        assert!(mode("?sslmode=require&options=a?b").is_err());
        let prefer = mode("?sslmode=prefer").err().unwrap().to_string();
        assert!(prefer.contains("verify-full"), "{prefer}");
        let missing = mode("?sslmode=verify-full&sslrootcert=/none.pem")
            .err()
            .unwrap();
        assert!(missing.to_string().contains("/none.pem"), "{missing}");
    }
}
