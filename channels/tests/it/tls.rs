//! Peers with certificates.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::{Value, json};

use crate::http::{Server, answer};
use crate::smtp::{self, Manner};
use crate::{TestClock, message, open_in, told};

/// Makes a certificate for the names, writes it beside, and gives what a server needs.
fn certified(names: &[&str], folder: &Path) -> Arc<ServerConfig> {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let made = rcgen::generate_simple_self_signed(names).expect("names of hosts");
    fs::write(folder.join("ca.pem"), made.cert.pem()).expect("it can be written");
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("known versions")
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key);
    Arc::new(config.expect("key and certificate fit"))
}

fn post(names: &[&str], ca_file: Option<&str>) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a folder");
    let config = certified(names, folder.path());
    let server = Server::start_with(vec![answer(200); 3], move |stream| {
        let session = ServerConnection::new(Arc::clone(&config)).expect("a session");
        Box::new(StreamOwned::new(session, stream))
    });
    let mut channel = json!({
        "kind": "webhook", "name": "ops", "url": format!("https://127.0.0.1:{}/hook", server.port),
        "patience": { "attempts": 3, "timeout": "5s" },
    });
    if let Some(path) = ca_file {
        channel["ca_file"] = json!(path);
    }
    let post = open_in(channel, folder.path());
    let told = told(&post.send(&message(), &TestClock::new(), |_| {}));
    let port = format!(":{}", server.port);
    told.iter()
        .map(|line| line.replace(&port, ":PORT"))
        .collect()
}

fn mail(tls: &str, names: &[&str], ca_file: Option<&str>) -> (Vec<String>, smtp::Server) {
    let folder = tempfile::tempdir().expect("a folder");
    let config = certified(names, folder.path());
    let server = smtp::Server::start_with(vec![Manner::Takes; 3], Some(config), tls == "tls");
    let mut channel = json!({
        "kind": "email", "name": "mail", "server": "localhost", "port": server.port, "tls": tls,
        "user": "${SMTP_USER}", "password": "${SMTP_PASSWORD}",
        "from": "a@pay.example", "to": ["b@pay.example"],
        "patience": { "attempts": 3, "timeout": "5s" },
    });
    if let Some(path) = ca_file {
        channel["ca_file"] = json!(path);
    }
    let post = open_in(channel, folder.path());
    (
        told(&post.send(&message(), &TestClock::new(), |_| {})),
        server,
    )
}

#[test]
fn a_peer_of_ones_own_authority_is_trusted_by_its_file() {
    assert_eq!(
        post(&["127.0.0.1"], Some("ca.pem")),
        ["1 delivered: status 200"]
    );
}

#[test]
fn a_peer_of_an_unknown_authority_is_not_trusted_and_not_tried_again() {
    assert_eq!(
        post(&["127.0.0.1"], None),
        [
            "1 failed: https://127.0.0.1:PORT is not trusted: io: invalid peer certificate: UnknownIssuer; \
          if its certificate is of your own authority, name that in ca_file"
        ]
    );
}

#[test]
fn a_certificate_for_another_host_is_not_trusted() {
    let told = post(&["other.example"], Some("ca.pem"));
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("is not trusted"), "{told:?}");
}

#[test]
fn a_mail_server_is_trusted_likewise() {
    for tls in ["tls", "starttls"] {
        let (told, server) = mail(tls, &["localhost"], Some("ca.pem"));
        assert_eq!(told, ["1 delivered: status 250"], "{tls}");
        assert_eq!(server.received(1)[0].header("Subject"), message().subject);
        for (names, ca_file) in [(["localhost"], None), (["other.example"], Some("ca.pem"))] {
            let (told, server) = mail(tls, &names, ca_file);
            assert_eq!(told.len(), 1, "{told:?}");
            assert!(told[0].contains("is not trusted"), "{told:?}");
            let received = server.received(1);
            let commands = &received[0].commands;
            assert!(
                !commands.iter().any(|line| line.starts_with("AUTH")),
                "{commands:?}"
            );
        }
    }
}

#[test]
fn a_file_without_a_certificate_is_a_mistake() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("ca.pem"), "nothing").expect("it can be written");
    let check = |channel: Value| {
        let channel = crate::channel(channel);
        let opened = channels::Post::open(&[channel], folder.path(), &crate::environment);
        let mistakes = opened.expect_err("a mistake");
        assert!(
            mistakes.iter().any(|mistake| mistake.key == "ca_file"),
            "{mistakes:?}"
        );
    };
    check(
        json!({ "kind": "webhook", "name": "a", "url": "https://a.example", "ca_file": "ca.pem" }),
    );
    check(
        json!({ "kind": "webhook", "name": "a", "url": "https://a.example", "ca_file": "none.pem" }),
    );
    let mail = |path: &str| {
        json!({
            "kind": "email", "name": "a", "server": "a.example", "from": "a@b.example",
            "to": ["c@d.example"], "ca_file": path,
        })
    };
    check(mail("ca.pem"));
    check(mail("none.pem"));
}
