//! The record: searched, taken away, verified elsewhere, and with what is personal erased.

use std::io::Write;

use common::roles::Role;
use database::audit::{self, Chain, Fault, Link, Witness};
use reqwest::Method;
use serde_json::{Value, json};
use testing::{Client, TestDatabase, person, seal};

use crate::{account, command, serve, text};

async fn export(admin: &Client, query: &str) -> String {
    let answer = admin.get(&format!("/api/admin/audit-logs/export{query}")).await;
    assert_eq!(answer.status, 200, "{answer:#?}");
    match answer.body {
        Value::String(text) => text,
        one_line => one_line.to_string(),
    }
}

struct Exported {
    database: TestDatabase,
    environment: Vec<(&'static str, String)>,
    lines: Vec<String>,
    public_key: String,
    checkpoint: String,
}

/// A record of some acts, sealed, signed and exported.
async fn exported() -> Exported {
    let database = TestDatabase::new().await;
    let (admin, served) = (person(&database, "admin", Role::Admin).await, serve(&database).await);
    let as_admin = served.client().with(&admin.token);
    for name in ["ann", "bob", "cat"] {
        account(&as_admin, name).await;
    }
    seal(&database).await;
    let key = text(&command(&["audit", "new-key"], &[]));
    let environment = vec![
        ("APP_ENV", "production".to_owned()),
        ("DATABASE_URL", database.url("auth_service")),
        ("AUDIT_SIGNING_KEY", key),
    ];
    let borrowed: Vec<_> = environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let checkpoint = text(&command(&["audit", "checkpoint"], &borrowed));
    let public_key = text(&command(&["audit", "public-key"], &borrowed)).trim().to_owned();
    let lines = export(&as_admin, "").await.lines().map(str::to_owned).collect();
    Exported { database, environment, lines, public_key, checkpoint }
}

impl Exported {
    /// What `audit verify` says of the database.
    fn verify_database(&self) -> (bool, String) {
        let borrowed: Vec<_> = self.environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let output = command(&["audit", "verify", "--public-key", &self.public_key], &borrowed);
        (output.status.success(), text(&output))
    }
}

/// What `audit verify` says of these lines.
fn verify(lines: &[String], more: &[&str]) -> (bool, String) {
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    writeln!(file, "{}", lines.join("\n")).expect("writes");
    let path = file.path().to_str().expect("a path").to_owned();
    let output = command(&[&["audit", "verify", "--file", &path], more].concat(), &[]);
    (output.status.success(), text(&output))
}

#[tokio::test]
async fn an_export_is_verified_offline_and_every_byte_counts() {
    let exported = exported().await;
    let rows = exported.lines.iter().filter(|line| line.contains("\"record\"")).count();
    let (holds, said) = verify(&exported.lines, &["--public-key", &exported.public_key]);
    assert!(holds && said.contains(&format!("{rows} rows are sealed and unaltered")), "{said}");

    // One character of any row's record, one after the other.
    for number in 0..rows {
        let line: Value = serde_json::from_str(&exported.lines[number]).expect("JSON");
        let mut altered = line.clone();
        altered["record"]["action"] = json!("user.changes");
        let mut lines = exported.lines.clone();
        lines[number] = altered.to_string();
        let (holds, said) = verify(&lines, &[]);
        let named = format!("row {} at position {} was altered", line["record"]["id"], number + 1);
        assert!(!holds && said.contains(&named), "{said}");
        let (holds, said) = verify(&lines, &["--partial"]);
        assert!(!holds && said.contains(&format!("row {} ", line["record"]["id"])), "{said}");
    }

    let mut removed = exported.lines.clone();
    removed.remove(2);
    let (holds, said) = verify(&removed, &[]);
    assert!(!holds && said.contains("position 3 was removed"), "{said}");

    let mut doubled = exported.lines.clone();
    doubled.insert(2, exported.lines[1].clone());
    let (holds, said) = verify(&doubled, &[]);
    assert!(!holds && said.contains("was inserted"), "{said}");

    // The newest rows and the checkpoints with them: only a checkpoint that was kept elsewhere shows it.
    let cut: Vec<_> = exported.lines[..rows - 1].to_vec();
    assert!(verify(&cut, &[]).0);
    let mut kept = tempfile::NamedTempFile::new().expect("a file");
    kept.write_all(exported.checkpoint.as_bytes()).expect("writes");
    let (holds, said) = verify(&cut, &["--checkpoint", kept.path().to_str().expect("a path")]);
    assert!(!holds && said.contains("was cut off"), "{said}");

    let other_key = text(&command(
        &["audit", "public-key"],
        &[("APP_ENV", "development"), ("AUDIT_SIGNING_KEY", &text(&command(&["audit", "new-key"], &[])))],
    ));
    let (holds, said) = verify(&exported.lines, &["--public-key", other_key.trim()]);
    assert!(!holds && said.contains("is not signed by the expected key"), "{said}");
}

#[tokio::test]
async fn what_is_done_to_the_database_is_found_and_named() {
    let exported = exported().await;
    let (holds, said) = exported.verify_database();
    assert!(holds, "{said}");
    // Who owns the tables can switch their guards off; each deed is undone before the next.
    let guards = [
        "audit_log_erasure_only ON audit_log",
        "audit_log_append_only ON audit_log",
        "audit_seals_append_only ON audit_seals",
    ];
    for guard in guards {
        let (name, table) = guard.split_once(" ON ").expect("two names");
        exported.database.execute(&format!("ALTER TABLE {table} DISABLE TRIGGER {name}")).await;
    }
    let deeds: [(&str, &str, &str); 3] = [
        (
            "UPDATE audit_log SET resource_id = resource_id || ' ' WHERE id = (SELECT max(id) - 1 FROM audit_log)",
            "UPDATE audit_log SET resource_id = rtrim(resource_id)",
            "was altered after it was sealed",
        ),
        (
            "UPDATE audit_log SET personal = '{\"email\": \"eve@example.com\"}' WHERE id = (SELECT min(id) FROM audit_log)",
            "UPDATE audit_log SET personal = NULL, salt = NULL",
            "the personal particulars of row",
        ),
        ("DELETE FROM audit_seals WHERE position = 2", "SELECT 1", "position 2 was removed"),
    ];
    for (deed, undo, named) in deeds {
        exported.database.execute(deed).await;
        let (holds, said) = exported.verify_database();
        assert!(!holds && said.contains(named), "{deed}: {said}");
        exported.database.execute(undo).await;
    }
}

/// Whatever is changed of a row that was sealed, and in whichever row.
#[tokio::test]
async fn a_change_of_any_column_of_any_row_is_found_and_named() {
    let database = exported().await.database;
    let mut owner = database.connect_as_owner().await;
    for sql in [
        "ALTER TABLE audit_log DISABLE TRIGGER audit_log_erasure_only",
        "ALTER TABLE audit_seals DISABLE TRIGGER audit_seals_append_only",
        "CREATE TABLE untouched AS SELECT * FROM audit_log",
        "CREATE TABLE untouched_seals AS SELECT * FROM audit_seals",
    ] {
        database.execute(sql).await;
    }
    let rows = audit::verify(&mut owner, &Witness::default()).await.expect("verifies").sealed;
    let changes = [
        "at = at + interval '1 microsecond'",
        "actor_kind = 'system', actor_id = NULL",
        "actor_kind = 'user', actor_id = gen_random_uuid()",
        "action = action || 'x'",
        "resource_kind = resource_kind || 'x'",
        "resource_id = resource_id || ' '",
        "detail = detail || '{\"x\": 1}'",
        "address = '203.0.113.1'",
        "request_id = 'another'",
        "commitment = sha256('x'), personal = NULL, salt = NULL",
        "personal = coalesce(personal, '{}') || '{\"x\": 1}', salt = coalesce(salt, sha256('x')),
            commitment = coalesce(commitment, sha256('x'))",
        "personal = coalesce(personal, '{}'), salt = sha256('x'), commitment = coalesce(commitment, sha256('x'))",
    ];
    for position in 1..=rows {
        let row = format!("(SELECT audit_id FROM audit_seals WHERE position = {position})");
        for change in changes {
            database.execute(&format!("UPDATE audit_log SET {change} WHERE id = {row}")).await;
            let altered: i64 = rows_changed(&mut owner).await;
            let found = audit::verify(&mut owner, &Witness::default()).await.expect("verifies");
            // A row may have had that value before.
            match found.fault {
                None => assert_eq!(altered, 0, "{change} of the row at {position} is not found"),
                Some(Fault::Altered { position: at, .. } | Fault::PersonalAltered { position: at, .. }) => {
                    assert_eq!(at, position, "{change}");
                }
                Some(other) => panic!("{change} of the row at {position}: {other}"),
            }
            database.execute(UNDO).await;
        }
        // The seal itself, a bit of it.
        let flip = format!(
            "UPDATE audit_seals SET hash = set_bit(hash, 77, 1 - get_bit(hash, 77)) WHERE position = {position}"
        );
        database.execute(&flip).await;
        let found = audit::verify(&mut owner, &Witness::default()).await.expect("verifies").fault;
        assert!(matches!(found, Some(Fault::Altered { position: at, .. }) if at == position), "{found:?}");
        database
            .execute("UPDATE audit_seals s SET hash = u.hash FROM untouched_seals u WHERE u.position = s.position")
            .await;
    }
}

const UNDO: &str = "
    UPDATE audit_log l SET at = u.at, actor_kind = u.actor_kind, actor_id = u.actor_id, action = u.action,
        resource_kind = u.resource_kind, resource_id = u.resource_id, detail = u.detail, address = u.address,
        request_id = u.request_id, personal = u.personal, salt = u.salt, commitment = u.commitment
    FROM untouched u WHERE u.id = l.id";

/// How many rows are not what they were.
async fn rows_changed(owner: &mut database::Connection) -> i64 {
    #[derive(diesel::QueryableByName)]
    struct Count {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        count: i64,
    }
    let query = "SELECT count(*) AS count FROM audit_log l JOIN untouched u USING (id) WHERE l::text <> u::text";
    diesel_async::RunQueryDsl::get_result::<Count>(diesel::sql_query(query), owner).await.expect("counts").count
}

/// Each byte of an exported row, one after the other.
#[tokio::test]
async fn no_byte_of_an_exported_row_can_be_changed() {
    let exported = exported().await;
    let rows: Vec<_> = exported.lines.iter().filter(|line| line.contains("\"record\"")).collect();
    let links: Vec<Link> = rows.iter().map(|line| serde_json::from_str(line).expect("a row")).collect();
    for (place, line) in rows.iter().enumerate() {
        for byte in 0..line.len() {
            let mut altered = line.as_bytes().to_vec();
            altered[byte] ^= 1;
            let Ok(link) = serde_json::from_slice::<Link>(&altered) else { continue };
            let mut chain = Chain::default();
            for before in &links[..place] {
                chain.next(before).expect("holds");
            }
            assert!(chain.next(&link).is_err(), "byte {byte} of {line}");
        }
    }
}

/// It is read and sent in parts, none of which may be lost or come twice.
#[tokio::test]
async fn an_export_of_many_rows_is_whole() {
    let database = TestDatabase::new().await;
    let (admin, served) = (person(&database, "admin", Role::Admin).await, serve(&database).await);
    let rows = "INSERT INTO audit_log (actor_kind, action, resource_kind, resource_id)
        SELECT 'system', 'test.done', 'test', n::text FROM generate_series(1, 2500) n";
    database.execute(rows).await;
    seal(&database).await;
    let as_admin = served.client().with(&admin.token);
    let lines: Vec<_> = export(&as_admin, "").await.lines().map(str::to_owned).collect();
    let (holds, said) = verify(&lines, &[]);
    assert!(lines.len() > 2500 && holds && said.starts_with(&format!("{} rows are sealed", lines.len())), "{said}");
    let csv = export(&as_admin, "?format=csv&action=test.done").await;
    assert_eq!(csv.lines().count(), 2501);
}

/// The record up to some day is whole, too, although it goes on in the database.
#[tokio::test]
async fn an_export_that_ends_early_holds_the_checkpoints_of_its_rows_only() {
    let exported = exported().await;
    let first: Value = serde_json::from_str(&exported.lines[0]).expect("JSON");
    let second: Value = serde_json::from_str(&exported.lines[1]).expect("JSON");
    assert_ne!(first["record"]["at"], second["record"]["at"]);
    let served = serve(&exported.database).await;
    let admin = person(&exported.database, "reader", Role::Admin).await;
    let until = second["record"]["at"].as_str().expect("a time");
    let early = export(&served.client().with(&admin.token), &format!("?to={until}")).await;
    let lines: Vec<_> = early.lines().map(str::to_owned).collect();
    let (holds, said) = verify(&lines, &["--public-key", &exported.public_key]);
    assert!(holds && said.starts_with("1 rows are sealed"), "{said}");
}

#[tokio::test]
async fn a_row_that_comes_behind_the_sealed_end_is_named() {
    let exported = exported().await;
    let insert = "INSERT INTO audit_log (actor_kind, action, resource_kind, resource_id, transaction_id)
        VALUES ('system', 'user.created', 'user', 'x', '3'::xid8)";
    exported.database.execute(insert).await;
    let (holds, said) = exported.verify_database();
    assert!(!holds && said.contains("was inserted into what was sealed already"), "{said}");
}

#[tokio::test]
async fn a_removed_row_is_named_by_its_seal() {
    let exported = exported().await;
    for sql in [
        "ALTER TABLE audit_log DISABLE TRIGGER audit_log_append_only",
        "ALTER TABLE audit_seals DROP CONSTRAINT audit_seals_audit_id_fkey",
        "DELETE FROM audit_log WHERE id = (SELECT audit_id FROM audit_seals WHERE position = 2)",
    ] {
        exported.database.execute(sql).await;
    }
    let (holds, said) = exported.verify_database();
    assert!(!holds && said.contains(" at position 2 was removed"), "{said}");
}

/// Who owns the database rewrites the whole chain; the key that signs checkpoints is not there.
#[tokio::test]
async fn a_chain_that_was_written_anew_does_not_agree_with_its_checkpoints() {
    let exported = exported().await;
    for sql in [
        "ALTER TABLE audit_log DISABLE TRIGGER audit_log_erasure_only",
        "ALTER TABLE audit_seals DISABLE TRIGGER audit_seals_append_only",
        "UPDATE audit_log SET action = 'user.forged' WHERE id = (SELECT audit_id FROM audit_seals WHERE position = 1)",
        "DELETE FROM audit_seals",
    ] {
        exported.database.execute(sql).await;
    }
    seal(&exported.database).await;
    let (holds, said) = exported.verify_database();
    assert!(!holds && said.contains("the chain was rewritten"), "{said}");
}

#[tokio::test]
async fn a_person_is_erased_and_the_chain_holds() {
    let database = TestDatabase::new().await;
    let (admin, served) = (person(&database, "admin", Role::Admin).await, serve(&database).await);
    let as_admin = served.client().with(&admin.token);
    let ann = account(&as_admin, "ann").await;
    seal(&database).await;
    let shown = as_admin.get(&format!("/api/admin/audit-logs?resource_kind=user&resource_id={ann}")).await.expect(200);
    assert_eq!(shown["audit_logs"][0]["personal"]["email"], "ann@example.com");
    let path = format!("/api/admin/users/{ann}");
    as_admin.send(as_admin.request(Method::DELETE, &path)).await.expect(204);
    seal(&database).await;

    let mut owner = database.connect_as_owner().await;
    assert_eq!(rows_with(&mut owner, "ann@example.com").await, Vec::<String>::new());
    let found = audit::verify(&mut owner, &Witness::default()).await.expect("verifies");
    assert_eq!(found.fault, None);
    let erased = as_admin.get(&path).await.expect(200);
    assert_eq!((&erased["state"], &erased["name"]), (&json!("erased"), &json!("Erased person")));
    let revive = as_admin.send(as_admin.request(Method::PATCH, &path).json(&json!({"state": "active"}))).await;
    assert_eq!(revive.problem(409), "state");
    // The address is free again.
    account(&as_admin, "ann").await;
}

/// The tables in which a text stands somewhere.
async fn rows_with(owner: &mut database::Connection, text: &str) -> Vec<String> {
    use diesel_async::RunQueryDsl;
    #[derive(diesel::QueryableByName)]
    struct Table {
        #[diesel(sql_type = diesel::sql_types::Text)]
        name: String,
    }
    let query = format!(
        "SELECT table_name::text AS name FROM information_schema.tables
         WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND query_to_xml(format(
            'SELECT count(*) AS n FROM %I t WHERE t::text LIKE ''%%{text}%%''', table_name), true, true, '')::text
            NOT LIKE '%<n>0</n>%'"
    );
    let tables: Vec<Table> = diesel::sql_query(query).load(owner).await.expect("searches");
    tables.into_iter().map(|table| table.name).collect()
}

#[tokio::test]
async fn the_record_is_searched_by_who_what_which_and_when() {
    let database = TestDatabase::new().await;
    let (admin, served) = (person(&database, "admin", Role::Admin).await, serve(&database).await);
    let as_admin = served.client().with(&admin.token);
    let ann = account(&as_admin, "ann").await;
    served.client().post("/api/auth/login", &json!({"email": "ann@example.com", "password": "wrong"})).await;
    let now = chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
    let count = async |query: String| {
        let page = as_admin.get(&format!("/api/admin/audit-logs?{query}")).await.expect(200);
        page["audit_logs"].as_array().map_or(0, Vec::len)
    };
    assert_eq!(count("action=session.refused".to_owned()).await, 1);
    assert_eq!(count(format!("actor_id={}&action=user.created", admin.id)).await, 1);
    assert_eq!(count(format!("resource_kind=user&resource_id={ann}")).await, 2);
    assert_eq!(count(format!("to={now}")).await, count("limit=200".to_owned()).await);
    assert_eq!(count(format!("from={now}")).await, 0);

    seal(&database).await;
    let csv = export(&as_admin, "?format=csv&action=user.created").await;
    let mut lines = csv.lines();
    assert!(lines.next().expect("a head").starts_with("position,id,at,actor_kind,"), "{csv}");
    assert_eq!(lines.count(), 2, "{csv}");
    assert_eq!(count("action=audit_log.exported".to_owned()).await, 1, "who takes it away is on it");
}
