//! The record, sealed and signed as auth-service does it.

use std::time::Duration;

use database::audit::{self, CheckpointKey, Witness};

use crate::TestDatabase;

/// Seals every row that there is.
pub async fn seal(database: &TestDatabase) {
    let mut connection = database.connect("auth_service").await;
    for _ in 0..1000 {
        audit::seal(&mut connection, 1000).await.expect("seals");
        if audit::verify(&mut connection, &Witness::default()).await.expect("verifies").unsealed == 0 {
            return;
        }
        // A transaction of another test holds the sealer up: transaction ids are the cluster's.
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("rows stay unsealed");
}

/// Seals every row that there is, and has checkpoints signed over all of them.
pub async fn seal_and_sign(database: &TestDatabase) {
    seal(database).await;
    let (mut connection, key) = (database.connect("auth_service").await, checkpoint_key());
    while audit::sign_next(&mut connection, &key).await.expect("signs").is_some() {}
}

/// The key that [`seal_and_sign`] signs with: the example of RFC 8410, 10.3.
pub fn checkpoint_key() -> CheckpointKey {
    let key = pem::Pem::new("PRIVATE KEY", hex::decode(EXAMPLE).expect("hexadecimal digits"));
    CheckpointKey::of_pem(&pem::encode(&key)).expect("a key")
}

const EXAMPLE: &str =
    "302e020100300506032b657004220420d4ee72dbf913584ad5b6d8f1f769f8ad3afe7c28cbf1d4fbe097a88f44755842";
