//! Why a request brought no answer.

use std::error::Error;
use std::io;
use std::net::IpAddr;
use std::time::Duration;

use rustls::CertificateError;
use serde::Serialize;

use super::answer::Sent;
use super::connect::ConnectTimeout;
use super::guard::ResolveError;
use super::policy::Warning;

/// How far an exchange had come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// Nothing was sent: the URL, a header or pivot's own settings forbid it.
    Request,
    Dns,
    Connect,
    Tls,
    /// Connected; the request is sent and the status is awaited.
    Headers,
    Body,
}

/// A request that brought no usable answer.
#[derive(Debug, thiserror::Error)]
#[error("{url}: {failure}")]
pub struct WebError {
    /// The URL as asked for, without credentials, fragment and the parameters
    /// that were added to it.
    pub url: String,
    pub failure: Failure,
    /// How often the request was tried.
    pub attempts: u32,
    /// What was sent, if it came to that.
    pub sent: Option<Box<Sent>>,
    /// What was wrong with the connection overrides of the URL.
    pub warnings: Vec<Warning>,
}

impl WebError {
    pub fn phase(&self) -> Phase {
        self.failure.phase()
    }

    /// Nothing reached the server.
    pub fn never_connected(&self) -> bool {
        self.failure.never_connected()
    }

    /// Twilio's error code.
    pub fn code(&self) -> u32 {
        self.failure.code()
    }
}

/// What went wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    #[error("outgoing HTTP could not be set up: {0}")]
    Setup(String),
    #[error("{0}")]
    Url(String),
    #[error("`{0}` is not a header that can be sent")]
    Header(String),
    #[error("{address} is not within the networks that `[web] allow` and `deny` permit")]
    Blocked { address: IpAddr },
    #[error("the host name could not be resolved: {0}")]
    Dns(String),
    #[error("no connection within {} ms", .0.as_millis())]
    ConnectTimeout(Duration),
    #[error("connection refused")]
    Refused,
    #[error("no connection: {0}")]
    Connect(String),
    #[error("the TLS handshake failed: {message}")]
    Tls { message: String, code: u32 },
    #[error("no data for {} ms while waiting for the {}", after.as_millis(), name(*phase))]
    ReadTimeout { after: Duration, phase: Phase },
    #[error("not finished within {} ms; it ended while waiting for the {}", after.as_millis(), name(*phase))]
    TotalTimeout { after: Duration, phase: Phase },
    #[error("the server closed the connection before it answered")]
    Closed,
    #[error("the answer is not HTTP: {0}")]
    Protocol(String),
    #[error("the answer broke off: {0}")]
    Truncated(String),
    #[error("the body could not be decoded: {0}")]
    Encoding(String),
    #[error("the answer is larger than {limit} bytes")]
    TooLarge { limit: usize },
    #[error("more than {limit} redirects")]
    TooManyRedirects { limit: u32 },
    #[error("redirected to `{location}`, which cannot be followed: {reason}")]
    RedirectTarget { location: String, reason: String },
}

fn name(phase: Phase) -> &'static str {
    match phase {
        Phase::Request => "request",
        Phase::Dns => "host name",
        Phase::Connect => "connection",
        Phase::Tls => "TLS handshake",
        Phase::Headers => "answer",
        Phase::Body => "rest of the answer",
    }
}

impl Failure {
    pub fn phase(&self) -> Phase {
        match self {
            Self::Setup(_) | Self::Url(_) | Self::Header(_) | Self::Blocked { .. } => {
                Phase::Request
            }
            Self::Dns(_) => Phase::Dns,
            Self::ConnectTimeout(_) | Self::Refused | Self::Connect(_) => Phase::Connect,
            Self::Tls { .. } => Phase::Tls,
            Self::ReadTimeout { phase, .. } | Self::TotalTimeout { phase, .. } => *phase,
            Self::Closed
            | Self::Protocol(_)
            | Self::TooManyRedirects { .. }
            | Self::RedirectTarget { .. } => Phase::Headers,
            Self::Truncated(_) | Self::Encoding(_) | Self::TooLarge { .. } => Phase::Body,
        }
    }

    /// Twilio's error code.
    pub fn code(&self) -> u32 {
        match self {
            Self::Url(_) => 11100,
            Self::Setup(_) | Self::Header(_) | Self::Blocked { .. } => 11200,
            Self::ConnectTimeout(_) => 11201,
            Self::Refused => 11202,
            Self::ReadTimeout { .. } | Self::TotalTimeout { .. } => 11203,
            Self::Connect(_) | Self::Closed | Self::Truncated(_) => 11205,
            Self::Protocol(_) | Self::Encoding(_) => 11206,
            Self::Dns(_) => 11210,
            Self::TooManyRedirects { .. } => 11215,
            Self::RedirectTarget { .. } => 11216,
            Self::Tls { code, .. } => *code,
            Self::TooLarge { .. } => 11750,
        }
    }

    /// Whether the server was never reached, so that trying again is safe.
    pub(super) fn never_connected(&self) -> bool {
        matches!(self.phase(), Phase::Dns | Phase::Connect)
    }

    /// Reads the reason out of a client error, whose layers hide it well.
    pub(super) fn from_client(error: &reqwest::Error, phase: Phase) -> Self {
        let layers: Vec<&(dyn Error + 'static)> =
            std::iter::successors(Some(error as &(dyn Error + 'static)), |layer| below(*layer))
                .collect();
        if phase != Phase::Body {
            let told = layers.iter().find_map(|layer| Self::from_layer(*layer));
            if let Some(failure) = told {
                return failure;
            }
        }
        let reason = layers.last().map(ToString::to_string).unwrap_or_default();
        let transport = layers.iter().any(|layer| layer.is::<hyper::Error>());
        let io = layers
            .iter()
            .find_map(|layer| layer.downcast_ref::<io::Error>());
        match (phase, io.map(io::Error::kind)) {
            (Phase::Body, _) if transport => Self::Truncated(reason),
            (Phase::Body, _) => Self::Encoding(reason),
            (_, Some(io::ErrorKind::ConnectionRefused)) => Self::Refused,
            // Reached, but closed within the TLS handshake.
            (_, Some(io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset))
                if error.is_connect() =>
            {
                Self::Tls {
                    message: reason,
                    code: 11220,
                }
            }
            (_, Some(io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe)) => Self::Closed,
            _ if error.is_connect() => Self::Connect(reason),
            _ => Self::Protocol(reason),
        }
    }

    /// What this layer alone can tell.
    fn from_layer(layer: &(dyn Error + 'static)) -> Option<Self> {
        if let Some(resolve) = layer.downcast_ref::<ResolveError>() {
            return Some(match resolve {
                ResolveError::Blocked(address) => Self::Blocked { address: *address },
                other => Self::Dns(other.to_string()),
            });
        }
        if let Some(ConnectTimeout(limit)) = layer.downcast_ref() {
            return Some(Self::ConnectTimeout(*limit));
        }
        if let Some(tls) = layer.downcast_ref::<rustls::Error>() {
            return Some(Self::tls(tls));
        }
        let hyper = layer.downcast_ref::<hyper::Error>()?;
        if hyper.is_parse() {
            Some(Self::Protocol(hyper.to_string()))
        } else if hyper.is_incomplete_message() {
            Some(Self::Closed)
        } else {
            None
        }
    }

    fn tls(error: &rustls::Error) -> Self {
        use CertificateError as C;
        let code = match error {
            rustls::Error::InvalidCertificate(C::Expired | C::ExpiredContext { .. }) => 11235,
            rustls::Error::InvalidCertificate(
                C::NotValidForName | C::NotValidForNameContext { .. },
            ) => 11236,
            rustls::Error::InvalidCertificate(_) => 11237,
            _ => 11220,
        };
        Self::Tls {
            message: error.to_string(),
            code,
        }
    }
}

/// The cause of an error. An I/O error's own `source` passes over what it wraps.
fn below<'a>(layer: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    match layer
        .downcast_ref::<io::Error>()
        .and_then(io::Error::get_ref)
    {
        Some(wrapped) => Some(wrapped),
        None => layer.source(),
    }
}
