//! Servers that speak TLS, and what their certificates bring.
//!
//! `tests/fixtures/tls` holds a certificate for `app.test` that no root has
//! signed, made for these tests and worth nothing elsewhere.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use http::Method;
use pivot::config;
use pivot::web::{Lookup, Outgoing, Phase, Policy, Web};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio::net::TcpListener;

/// The server names that clients asked for.
type Asked = Arc<Mutex<Vec<Option<String>>>>;

#[derive(Debug)]
struct Resolver {
    key: Arc<CertifiedKey>,
    asked: Asked,
}

impl ResolvesServerCert for Resolver {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let name = hello.server_name().map(str::to_owned);
        self.asked.lock().unwrap().push(name);
        Some(self.key.clone())
    }
}

async fn server() -> (SocketAddr, Asked) {
    pivot::web::install_crypto();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/tls");
    let certificate = CertificateDer::from_pem_file(format!("{folder}/cert.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_file(format!("{folder}/key.pem")).unwrap();
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    let key = CertifiedKey::from_der(vec![certificate], key, &provider).unwrap();
    let asked = Asked::default();
    let resolver = Resolver {
        key: Arc::new(key),
        asked: asked.clone(),
    };
    let config = rustls::ServerConfig::builder()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(resolver));
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // The client breaks the handshake off.
            let _ = acceptor.accept(stream).await;
        }
    });
    (address, asked)
}

fn web() -> Web {
    let lookup: Lookup = Arc::new(|_| Box::pin(async { Ok(vec![[127, 0, 0, 1].into()]) }));
    Web::with_lookup(&config::Web::default(), lookup).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_certificate_that_no_root_has_signed_is_refused() {
    let (address, _) = server().await;
    let url = format!("https://app.test:{}/", address.port());
    let out = Outgoing::new(Method::GET, url, Policy::twiml());
    let error = web().send(out, None).await.unwrap_err();
    assert_eq!(error.phase(), Phase::Tls);
    assert_eq!(error.code(), 11237, "{error}");
    assert_eq!(error.attempts, 1, "trying again would change nothing");
}

#[tokio::test(start_paused = true)]
async fn the_host_is_named_in_the_handshake_unless_the_url_says_no() {
    let (address, asked) = server().await;
    for fragment in ["", "#sni=n"] {
        let url = format!("https://app.test:{}/{fragment}", address.port());
        let out = Outgoing::new(Method::GET, url, Policy::twiml());
        web().send(out, None).await.unwrap_err();
    }
    assert_eq!(*asked.lock().unwrap(), [Some("app.test".into()), None]);
}
