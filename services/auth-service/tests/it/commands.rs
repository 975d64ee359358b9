//! What an operator does from the command line.

use common::tokens::SigningKey;
use serde_json::json;
use testing::TestDatabase;

use crate::{PASSWORD, command, command_told, serve, text};

const COMMANDS: [&[&str]; 11] = [
    &[],
    &["migrate"],
    &["create-admin"],
    &["rotate-keys"],
    &["renew-encryption"],
    &["audit"],
    &["audit", "verify"],
    &["audit", "export"],
    &["audit", "checkpoint"],
    &["audit", "public-key"],
    &["audit", "new-key"],
];

#[test]
fn every_command_says_how_it_is_used_and_none_takes_a_password_as_an_argument() {
    for words in COMMANDS {
        let help = command(&[words, &["--help"]].concat(), &[]);
        let said = text(&help);
        assert!(help.status.success() && said.contains("Usage: auth-service"), "{words:?}: {said}");
        assert!(!said.contains("--password <") && !said.contains("--secret <"), "{words:?}: {said}");
    }
}

#[tokio::test]
async fn the_first_admin_is_made_by_a_script_and_logs_in() {
    let (database, settings) = database().await;
    let environment: Vec<_> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let create = |password: &str, more: &[&str]| {
        let arguments = ["create-admin", "--email", "Root@example.com", "--name", "Root", "--password-stdin"];
        let output = command_told(&[&arguments, more].concat(), &environment, password);
        (output.status.success(), text(&output))
    };
    let (made, said) = create("password1234\n", &[]);
    assert!(!made && said.contains("too easy to guess"), "{said}");
    let (made, said) = create(&format!("{PASSWORD}\n"), &[]);
    assert!(made && said.contains("created the admin root@example.com"), "{said}");
    assert!(!said.contains(PASSWORD), "{said}");
    let (made, said) = create("nine silver herons dance\n", &[]);
    assert!(!made && said.contains("exists already"), "{said}");
    let (made, said) = create("nine silver herons dance\n", &["--if-absent"]);
    assert!(made && said.contains("was left alone"), "{said}");

    let served = serve(&database).await;
    let client = served.client();
    let login = client.post("/api/auth/login", &json!({"email": "root@example.com", "password": PASSWORD})).await;
    let admin = client.with(login.expect(200)["token"].as_str().expect("a token"));
    let record = admin.get("/api/admin/audit-logs?action=user.created").await.expect(200);
    assert_eq!(record["audit_logs"][0]["actor_kind"], "system");
}

#[tokio::test]
async fn an_empty_database_is_migrated_once() {
    let (database, settings) = database().await;
    let environment: Vec<_> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let migrate = |environment: &[(&str, &str)]| text(&command(&["migrate"], environment));
    assert_eq!(migrate(&environment), "the database is up to date\n");
    database.execute("DROP SCHEMA public CASCADE").await;
    database.execute("CREATE SCHEMA public").await;
    let said = migrate(&environment);
    assert!(said.starts_with("applied 2026-11-24-000001_identity, 2026-11-24-000002_audit"), "{said}");
    assert_eq!(migrate(&environment), "the database is up to date\n");
}

#[test]
fn keys_are_rotated_in_their_file_and_never_shown() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("secret");
    let file = path.to_str().expect("a path");
    let rotate = |more: &[&str]| command(&[&["rotate-keys"], more].concat(), &[("JWT_SECRET_FILE", file)]);
    let keys = || SigningKey::of_secrets(&std::fs::read_to_string(&path).expect("reads")).expect("keys").len();
    for expected in [1, 2, 3, 3] {
        let output = rotate(&[]);
        assert!(output.status.success(), "{}", text(&output));
        assert_eq!(keys(), expected);
        let secrets = std::fs::read_to_string(&path).expect("reads");
        assert!(secrets.lines().all(|secret| !text(&output).contains(secret)));
    }
    assert!(rotate(&["--revoke"]).status.success());
    assert_eq!(keys(), 1);
    let nowhere = command(&["rotate-keys"], &[]);
    assert!(!nowhere.status.success() && text(&nowhere).contains("JWT_SECRET_FILE"), "{}", text(&nowhere));
}

/// A database and the settings of who owns it.
async fn database() -> (TestDatabase, Vec<(&'static str, String)>) {
    let database = TestDatabase::new().await;
    let url = database.owner_url();
    (database, vec![("APP_ENV", "development".to_owned()), ("DATABASE_URL", url), ("BCRYPT_COST", "10".to_owned())])
}
