//! Passwords chosen anew, invitations, and the mail that they come by.

use std::time::Duration;

use auth_service::mail::Mailer;
use auth_service::settings::{MailSettings, MailTransport};
use common::roles::Role;
use database::outbox;
use serde_json::{Value, json};
use testing::{Client, MailServer, TestDatabase, log_in as session_of, person};
use tokio_util::sync::CancellationToken;

use crate::{PASSWORD, account, log_in, refresh_cookie_of, serve};

const NEW: &str = "nine silver herons dance";

/// Something that runs until the value is dropped.
pub struct Running(CancellationToken);

impl Running {
    /// Starts it.
    pub fn start<F>(task: impl FnOnce(CancellationToken) -> F) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let stop = CancellationToken::new();
        tokio::spawn(task(stop.clone()));
        Self(stop)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

fn run_mailer(database: &TestDatabase, transport: MailTransport) -> Running {
    let settings = MailSettings {
        from: "Codex Dominion <no-reply@example.com>".parse().expect("a mailbox"),
        console_url: "https://console.example.com".to_owned(),
        transport,
    };
    let mailer = Mailer::new(database.pool("auth_service"), &settings).expect("a mailer");
    Running::start(|stop| mailer.run(stop))
}

fn smtp(mailbox: &MailServer) -> MailTransport {
    MailTransport::Smtp(mailbox.url().into())
}

/// A mail without the line breaks and signs that its encoding put in (RFC 2045, 6.7).
pub fn readable(mail: &str) -> String {
    mail.replace("=\r\n", "").replace("=\n", "").replace("=3D", "=")
}

/// The token of the link in a mail, read from its plain text.
fn token_in(mail: &str) -> String {
    let readable = readable(mail);
    let (_, rest) = readable.split_once("#token=").expect("a link");
    rest.chars().take_while(|c| c.is_ascii_alphanumeric() || "-_".contains(*c)).collect()
}

fn redeem(token: &str, password: &str) -> Value {
    json!({"token": token, "password": password})
}

async fn ask(client: &Client, email: &str) {
    client.post("/api/auth/password-reset", &json!({"email": email})).await.expect(202);
}

#[tokio::test]
async fn who_reads_the_mail_chooses_a_new_password_once() {
    let database = TestDatabase::new().await;
    let (admin, served) = (person(&database, "admin", Role::Admin).await, serve(&database).await);
    let (client, mailbox) = (served.client(), MailServer::start());
    let _mailer = run_mailer(&database, smtp(&mailbox));
    account(&client.with(&admin.token), "ann").await;
    let login = log_in(&client, "ann@example.com").await.body;
    let token_before = login["token"].as_str().expect("a token");
    ask(&client, "ANN@example.com").await;
    let mail = mailbox.wait_for(1).await.remove(0);
    assert!(mail.contains("To: ann <ann@example.com>") && mail.contains("Auto-Submitted: auto-generated"), "{mail}");
    assert!(mail.contains("text/plain") && mail.contains("text/html"), "{mail}");
    let token = token_in(&mail);
    assert!(database.fingerprint().await.contains_key("account_tokens"));

    let weak = client.post("/api/auth/password-reset/redeem", &redeem(&token, "password1234")).await;
    assert_eq!(weak.problem(422), "invalid_body", "a weak password does not use the link up");
    client.post("/api/auth/password-reset/redeem", &redeem(&token, NEW)).await.expect(204);
    let again = client.post("/api/auth/password-reset/redeem", &redeem(&token, "ten golden foxes sing")).await;
    assert_eq!(again.problem(403), "token_void");

    let old = client.post("/api/auth/login", &json!({"email": "ann@example.com", "password": PASSWORD})).await;
    assert_eq!(old.problem(401), "invalid_credentials");
    client.post("/api/auth/login", &json!({"email": "ann@example.com", "password": NEW})).await.expect(200);
    assert_eq!(client.with(token_before).get("/api/auth/me").await.problem(401), "unauthorized");
    let told = mailbox.wait_for(2).await.remove(1);
    assert!(told.contains("Subject: Your password was changed"), "{told}");
}

#[tokio::test]
async fn a_reset_for_nobodys_address_looks_the_same_and_sends_nothing() {
    let database = TestDatabase::new().await;
    let (admin, served) = (person(&database, "admin", Role::Admin).await, serve(&database).await);
    let (client, mailbox) = (served.client(), MailServer::start());
    let as_admin = client.with(&admin.token);
    account(&as_admin, "ann").await;
    let answer = async |email: &str| {
        let mut answer = client.post("/api/auth/password-reset", &json!({"email": email})).await;
        answer.headers.remove("x-request-id");
        answer.headers.remove("date");
        format!("{answer:?}")
    };
    assert_eq!(answer("ann@example.com").await, answer("nobody@example.com").await);
    let _mailer = run_mailer(&database, smtp(&mailbox));
    // Nobody's mailbox is flooded: of three requests in a minute one mail comes.
    ask(&client, "ann@example.com").await;
    ask(&client, "nobody@example.com").await;
    let mail = mailbox.wait_for(1).await.remove(0);
    assert!(mail.contains("ann@example.com"), "{mail}");
    until_sent(&database).await;
    assert_eq!(mailbox.mails().len(), 1);
}

/// Waits until no mail waits any more.
async fn until_sent(database: &TestDatabase) {
    let mut connection = database.connect("auth_service").await;
    for _ in 0..500 {
        let waiting: i64 = {
            use diesel::prelude::*;
            use diesel_async::RunQueryDsl;
            database::schema::outbox::table.count().get_result(&mut connection).await.expect("counts")
        };
        if waiting == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("mail still waits");
}

#[tokio::test]
async fn an_expired_or_replaced_link_is_void() {
    let database = TestDatabase::new().await;
    let (admin, served) = (person(&database, "admin", Role::Admin).await, serve(&database).await);
    let (client, mailbox) = (served.client(), MailServer::start());
    let _mailer = run_mailer(&database, smtp(&mailbox));
    account(&client.with(&admin.token), "ann").await;
    ask(&client, "ann@example.com").await;
    let first = token_in(&mailbox.wait_for(1).await[0]);
    database.execute("UPDATE account_tokens SET created_at = created_at - interval '61 seconds'").await;
    ask(&client, "ann@example.com").await;
    let second = token_in(&mailbox.wait_for(2).await[1]);
    let try_with = |token: String| {
        let client = client.clone();
        async move { client.post("/api/auth/password-reset/redeem", &redeem(&token, NEW)).await.problem(403) }
    };
    assert_eq!(try_with(first).await, "token_void");
    // It opens nothing else, either.
    let elsewhere = client.post("/api/auth/invitations/accept", &redeem(&second, NEW)).await;
    assert_eq!(elsewhere.problem(403), "token_void");
    database.execute("UPDATE account_tokens SET expires_at = now() - interval '1 second'").await;
    assert_eq!(try_with(second).await, "token_void");
}

#[tokio::test]
async fn who_is_invited_chooses_the_password_and_gets_in() {
    let database = TestDatabase::new().await;
    let (admin, served) = (person(&database, "admin", Role::Admin).await, serve(&database).await);
    let (client, mailbox) = (served.client(), MailServer::start());
    let as_admin = client.with(&admin.token);
    let ivy = json!({"email": "ivy@example.com", "name": "<b>Ivy</b>", "role": "council_operator"});
    let invited = as_admin.post("/api/admin/users/invite", &ivy).await.expect(201);
    assert_eq!(invited["state"], "invited");
    let _mailer = run_mailer(&database, smtp(&mailbox));
    let mail = mailbox.wait_for(1).await.remove(0);
    assert!(readable(&mail).contains("&lt;b&gt;Ivy&lt;"), "a name is text, not markup: {mail}");
    let token = token_in(&mail);

    let login = json!({"email": "ivy@example.com", "password": NEW});
    assert_eq!(client.post("/api/auth/login", &login).await.problem(401), "invalid_credentials");
    client.post("/api/auth/invitations/accept", &redeem(&token, NEW)).await.expect(204);
    assert_eq!(client.post("/api/auth/login", &login).await.expect(200)["user"]["role"], "council_operator");
    let path = format!("/api/admin/users/{}/invitation", invited["id"].as_str().expect("an id"));
    assert_eq!(as_admin.post(&path, &json!({})).await.problem(409), "not_invited");
}

/// Header smuggling: a name is a name in a mail's head, too.
#[tokio::test]
async fn a_name_adds_no_header_to_a_mail() {
    let database = TestDatabase::new().await;
    let (admin, served) = (person(&database, "admin", Role::Admin).await, serve(&database).await);
    let (as_admin, mailbox) = (served.client().with(&admin.token), MailServer::start());
    let name = "Ivy\r\nBcc: eve@example.com\r\n\r\nHello";
    let ivy = json!({"email": "ivy@example.com", "name": name, "role": "viewer"});
    as_admin.post("/api/admin/users/invite", &ivy).await.expect(201);
    let _mailer = run_mailer(&database, smtp(&mailbox));
    let mail = mailbox.wait_for(1).await.remove(0).replace("\r\n", "\n");
    let (head, _) = mail.split_once("\n\n").expect("a head");
    assert!(head.contains("ivy@example.com") && head.contains("Content-Type: multipart/alternative"), "{head}");
    assert!(!head.lines().any(|line| line.to_lowercase().starts_with("bcc")), "{head}");
}

#[tokio::test]
async fn a_mail_that_can_never_be_sent_is_given_up_on_the_record() {
    let database = TestDatabase::new().await;
    let (admin, served) = (person(&database, "admin", Role::Admin).await, serve(&database).await);
    let (as_admin, mailbox) = (served.client().with(&admin.token), MailServer::start());
    // An address of the right shape that no mail server takes.
    let odd = json!({"email": "a..b@example..com", "name": "Odd", "role": "viewer"});
    as_admin.post("/api/admin/users/invite", &odd).await.expect(201);
    let _mailer = run_mailer(&database, smtp(&mailbox));
    until_sent(&database).await;
    let record = as_admin.get("/api/admin/audit-logs?action=mail.given_up").await.expect(200);
    assert_eq!(record["audit_logs"][0]["detail"]["kind"], "invitation");
    assert!(mailbox.mails().is_empty());
}

#[tokio::test]
async fn who_was_deactivated_before_accepting_is_invited_again_and_not_let_in_without() {
    let database = TestDatabase::new().await;
    let (admin, served) = (person(&database, "admin", Role::Admin).await, serve(&database).await);
    let as_admin = served.client().with(&admin.token);
    let ivy = json!({"email": "ivy@example.com", "name": "Ivy", "role": "viewer"});
    let invited = as_admin.post("/api/admin/users/invite", &ivy).await.expect(201);
    let path = format!("/api/admin/users/{}", invited["id"].as_str().expect("an id"));
    let change = async |state: &str| {
        let request = as_admin.request(reqwest::Method::PATCH, &path).json(&json!({"state": state}));
        as_admin.send(request).await
    };
    change("deactivated").await.expect(200);
    assert_eq!(as_admin.post(&format!("{path}/invitation"), &json!({})).await.problem(409), "not_invited");
    assert_eq!(change("active").await.problem(409), "state", "there is no password yet");
    assert_eq!(change("invited").await.expect(200)["state"], "invited");
    as_admin.post(&format!("{path}/invitation"), &json!({})).await.expect(202);
}

/// The mail server is away, the service dies: nothing is lost, and the token is made when the mail is.
#[tokio::test]
async fn mail_waits_for_its_server_and_survives_a_restart() {
    let database = TestDatabase::new().await;
    let (admin, served) = (person(&database, "admin", Role::Admin).await, serve(&database).await);
    let (client, mut mailbox) = (served.client(), MailServer::stopped());
    account(&client.with(&admin.token), "ann").await;
    ask(&client, "ann@example.com").await;
    let first = run_mailer(&database, smtp(&mailbox));
    let mut connection = database.connect("auth_service").await;
    while outbox_attempts(&mut connection).await < 1 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    drop(first);
    mailbox.resume();
    // Its next try is due in seconds; the test does not wait for them.
    let _second = run_mailer(&database, smtp(&mailbox));
    for _ in 0..200 {
        database.execute("UPDATE outbox SET due_at = now() WHERE due_at > now()").await;
        if !mailbox.mails().is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let token = token_in(&mailbox.wait_for(1).await[0]);
    client.post("/api/auth/password-reset/redeem", &redeem(&token, NEW)).await.expect(204);
}

async fn outbox_attempts(connection: &mut database::Connection) -> i32 {
    use diesel::prelude::*;
    use diesel_async::RunQueryDsl;
    database::schema::outbox::table
        .select(database::schema::outbox::attempts)
        .first(connection)
        .await
        .expect("a mail waits")
}

#[tokio::test]
async fn in_development_mail_goes_into_a_folder() {
    let database = TestDatabase::new().await;
    let (admin, served) = (person(&database, "admin", Role::Admin).await, serve(&database).await);
    account(&served.client().with(&admin.token), "ann").await;
    ask(&served.client(), "ann@example.com").await;
    let folder = tempfile::tempdir().expect("a folder");
    let _mailer = run_mailer(&database, MailTransport::Folder(folder.path().to_owned()));
    until_sent(&database).await;
    let files: Vec<_> = std::fs::read_dir(folder.path()).expect("lists").flatten().map(|file| file.path()).collect();
    assert!(files.len() == 1 && files[0].extension().is_some_and(|ending| ending == "eml"), "{files:?}");
    assert!(!token_in(&std::fs::read_to_string(&files[0]).expect("reads")).is_empty());
}

/// No secret of a mail waits in the database.
#[tokio::test]
async fn the_outbox_holds_no_secret() {
    let database = TestDatabase::new().await;
    let (admin, served) = (person(&database, "admin", Role::Admin).await, serve(&database).await);
    account(&served.client().with(&admin.token), "ann").await;
    ask(&served.client(), "ann@example.com").await;
    let mut connection = database.connect("auth_service").await;
    let due = outbox::claim_mail(&mut connection, 10, Duration::from_mins(1)).await.expect("claims");
    assert_eq!(due.len(), 1);
    assert_eq!(due[0].payload, json!({"kind": "password_reset", "email": "ann@example.com"}));
    let again = outbox::claim_mail(&mut connection, 10, Duration::from_mins(1)).await.expect("claims");
    assert!(again.is_empty(), "it is in somebody's hands");
}

#[tokio::test]
async fn a_changed_password_ends_the_other_sessions() {
    let database = TestDatabase::new().await;
    let (admin, served) = (person(&database, "admin", Role::Admin).await, serve(&database).await);
    let client = served.client();
    let ann = account(&client.with(&admin.token), "ann").await;
    let here = log_in(&client, "ann@example.com").await.body["token"].as_str().expect("a token").to_owned();
    let elsewhere = session_of(&database, ann.parse().expect("an id")).await.token;
    refresh_cookie_of(&client, "ann@example.com").await;
    let change = |current: &str| json!({"current_password": current, "new_password": NEW});
    let wrong = client.with(&here).post("/api/auth/password", &change("wrong")).await;
    assert_eq!(wrong.problem(403), "wrong_password");
    client.with(&here).post("/api/auth/password", &change(PASSWORD)).await.expect(204);
    client.with(&here).get("/api/auth/me").await.expect(200);
    assert_eq!(client.with(&elsewhere).get("/api/auth/me").await.problem(401), "unauthorized");
    let sessions = client.with(&here).get("/api/auth/sessions").await.expect(200);
    assert_eq!(sessions["sessions"].as_array().map(Vec::len), Some(1));
}
