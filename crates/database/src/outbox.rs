//! What has to reach others, written with the act that causes it: workflows go to Redis, by way of a worker's relay;
//! e-mail goes to a mail server, by way of auth-service.

use std::time::Duration;

use common::ids::{CouncilId, UserId, WorkflowId};
use common::priority::Priority;
use common::text::Email;
use common::text_enum;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Integer, Jsonb, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use governance::workflow::WorkflowStatus;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::clock::from_now;
use crate::error::Result;
use crate::schema::outbox;

/// The stream that workers take workflows from.
pub const WORKFLOWS: &str = "workflows";

/// Mail that waits to be sent.
pub const EMAIL: &str = "email";

/// What a worker is told of a workflow; everything else it reads from the database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dispatch {
    /// Which one.
    pub workflow_id: WorkflowId,
    /// The request that proposed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// The trace that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<String>,
}

/// A workflow on its way.
#[derive(Clone, Debug, QueryableByName)]
pub struct Row {
    /// Its place in the order.
    #[diesel(sql_type = BigInt)]
    pub id: i64,
    /// How urgent it is, by its type as it stands now.
    #[diesel(sql_type = Text)]
    pub priority: Priority,
    /// What it says.
    #[diesel(sql_type = Jsonb)]
    pub payload: Value,
}

/// Sends workflows towards the workers, in the caller's transaction.
pub async fn dispatch(connection: &mut AsyncPgConnection, dispatches: &[Dispatch]) -> Result<()> {
    let row = |dispatch| (outbox::stream.eq(WORKFLOWS), outbox::payload.eq(serde_json::json!(dispatch)));
    let insert = diesel::insert_into(outbox::table);
    if let [one] = dispatches {
        // One row by itself: a statement for a list of rows is prepared anew each time.
        insert.values(row(one)).execute(connection).await?;
    } else {
        insert.values(dispatches.iter().map(row).collect::<Vec<_>>()).execute(connection).await?;
    }
    Ok(())
}

/// The oldest rows for these queues in Redis that no other relay holds, locked until the caller's transaction ends.
pub async fn lock_batch(connection: &mut AsyncPgConnection, queues: &[Priority], limit: u16) -> Result<Vec<Row>> {
    const OLDEST: &str = "
        SELECT o.id, COALESCE(t.priority, 'normal') AS priority, o.payload
        FROM outbox o
        LEFT JOIN workflows w ON w.id = (o.payload ->> 'workflow_id')::uuid
        LEFT JOIN workflow_types t ON t.id = w.workflow_type
        WHERE o.stream = 'workflows' AND COALESCE(t.priority, 'normal') = ANY ($2) ORDER BY o.id LIMIT $1 FOR UPDATE OF o SKIP LOCKED";
    Ok(diesel::sql_query(OLDEST)
        .bind::<BigInt, _>(i64::from(limit))
        .bind::<Array<Text>, _>(queues)
        .load(connection)
        .await?)
}

/// Forgets rows that have reached whom they are for.
pub async fn delete(connection: &mut AsyncPgConnection, ids: &[i64]) -> Result<()> {
    diesel::delete(outbox::table.filter(outbox::id.eq_any(ids))).execute(connection).await?;
    Ok(())
}

text_enum! {
    /// What a person is told of their account, so that they notice what they did not do.
    pub enum Notice {
        /// Their password is another one.
        PasswordChanged = "password_changed",
        /// An authenticator is asked for from now on.
        TotpEnabled = "totp_enabled",
        /// It is not any more.
        TotpDisabled = "totp_disabled",
        /// Somebody logged in with a recovery code.
        RecoveryCodeUsed = "recovery_code_used",
        /// There are new recovery codes.
        RecoveryCodesRenewed = "recovery_codes_renewed",
        /// A session was ended because two clients used it.
        SessionStolen = "session_stolen",
    }
}

/// A mail that is to be sent. It holds no secret: the token of a link is made when the mail is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Mail {
    /// Somebody is invited.
    Invitation {
        /// Who.
        user_id: UserId,
    },
    /// Somebody asked for a new password for an address, which may be nobody's.
    PasswordReset {
        /// The address.
        email: Email,
    },
    /// Something happened to an account.
    Notice {
        /// Whose.
        user_id: UserId,
        /// What.
        notice: Notice,
    },
    /// Somebody's vote on a workflow is needed.
    VoteNeeded {
        /// Whose.
        user_id: UserId,
        /// On which.
        workflow_id: WorkflowId,
        /// In which councils.
        council_ids: Vec<CouncilId>,
    },
    /// What somebody proposed is decided.
    Decided {
        /// Who did, or who answers for the agent that did.
        user_id: UserId,
        /// What.
        workflow_id: WorkflowId,
        /// How.
        outcome: WorkflowStatus,
    },
    /// An admin ran a workflow before its councils decided.
    GlassBroken {
        /// Who is told.
        user_id: UserId,
        /// Which.
        workflow_id: WorkflowId,
    },
    /// A council has not said in time whether it ratifies that.
    RatificationOverdue {
        /// Who is told.
        user_id: UserId,
        /// Of which workflow.
        workflow_id: WorkflowId,
        /// Which council.
        council_id: CouncilId,
    },
}

/// Sends a mail, in the caller's transaction.
pub async fn send(connection: &mut AsyncPgConnection, mail: &Mail) -> Result<()> {
    send_all(connection, std::slice::from_ref(mail)).await
}

/// Sends mails, in the caller's transaction.
pub async fn send_all(connection: &mut AsyncPgConnection, mails: &[Mail]) -> Result<()> {
    let row = |mail: &Mail| (outbox::stream.eq(EMAIL), outbox::payload.eq(serde_json::json!(mail)));
    let rows: Vec<_> = mails.iter().map(row).collect();
    diesel::insert_into(outbox::table).values(rows).execute(connection).await?;
    Ok(())
}

/// Tells a person what happened to their account, in the caller's transaction.
pub async fn notify(connection: &mut AsyncPgConnection, user_id: UserId, notice: Notice) -> Result<()> {
    send(connection, &Mail::Notice { user_id, notice }).await
}

/// A mail in hand.
#[derive(Clone, Debug, QueryableByName)]
pub struct Due {
    /// Its row.
    #[diesel(sql_type = BigInt)]
    pub id: i64,
    /// What it says.
    #[diesel(sql_type = Jsonb)]
    pub payload: Value,
    /// How often it was tried, this time included.
    #[diesel(sql_type = Integer)]
    pub attempts: i32,
}

/// Takes mails that are due in hand for `lease`; then, unless they were deleted, they are due again. No transaction is
/// held open while a mail server takes its time: the sealer of the record would wait for it.
pub async fn claim_mail(connection: &mut AsyncPgConnection, limit: u16, lease: Duration) -> Result<Vec<Due>> {
    const CLAIM: &str = "
        UPDATE outbox SET attempts = attempts + 1, due_at = now() + make_interval(secs => $2)
        WHERE id IN (
            SELECT id FROM outbox WHERE stream = 'email' AND due_at <= now()
            ORDER BY due_at, id LIMIT $1 FOR UPDATE SKIP LOCKED)
        RETURNING id, payload, attempts";
    Ok(diesel::sql_query(CLAIM)
        .bind::<BigInt, _>(i64::from(limit))
        .bind::<diesel::sql_types::Double, _>(lease.as_secs_f64())
        .load(connection)
        .await?)
}

/// Has a mail tried again after `delay`.
pub async fn postpone(connection: &mut AsyncPgConnection, id: i64, delay: Duration) -> Result<()> {
    diesel::update(outbox::table.find(id))
        .set(outbox::due_at.eq(from_now(delay).assume_not_null()))
        .execute(connection)
        .await?;
    Ok(())
}
