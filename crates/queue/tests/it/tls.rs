//! Encrypted connections, to a server that shows a certificate of an authority of our own.

use std::path::Path;
use std::process::Command;

use common::config::Env;
use queue::{Queue, RedisSettings};
use testing::servers::{RedisServer, free_port};

/// Makes a key and a certificate of it, for the loopback address.
fn certify(folder: &Path, name: &str) -> String {
    let file = |kind| folder.join(format!("{name}.{kind}")).display().to_string();
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1"])
        .args(["-subj", "/CN=redis", "-addext", "subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=CA:FALSE"])
        .args(["-keyout", &file("key"), "-out", &file("pem")])
        .output()
        .expect("openssl runs");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    file("pem")
}

#[tokio::test]
async fn a_server_is_believed_whose_certificate_is_known() {
    let folder = tempfile::tempdir().expect("a folder");
    let (known, unknown) = (certify(folder.path(), "known"), certify(folder.path(), "unknown"));
    let (port, key) = (free_port().expect("a port").to_string(), known.replace(".pem", ".key"));
    let _server = RedisServer::start_encrypted(&port, &known, &key).expect("starts");
    let queue = |variables: &[(&str, &str)]| {
        let url = format!("rediss://127.0.0.1:{port}/0");
        let all = [("APP_ENV", "development"), ("REDIS_URL", &url)].into_iter().chain(variables.iter().copied());
        Queue::new(&Env::of(all).read(RedisSettings::read).expect("settings")).expect("a queue")
    };
    queue(&[("REDIS_CA_FILE", &known)]).check().await.expect("answers");
    for variables in [&[("REDIS_CA_FILE", &*unknown)][..], &[]] {
        let refused = queue(variables).check().await.expect_err("not believed");
        assert!(refused.to_string().contains("certificate"), "{refused}");
    }
}
