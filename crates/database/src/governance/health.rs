//! How councils are doing.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use common::ids::{CouncilId, UserId};
use common::problem::Problem;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Jsonb, Nullable, Text, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use governance::council_health::{CouncilHealth, Days, OperatorHealth, PastReview, council_health, operators_health};
use governance::workflow::ReviewOutcome;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use utoipa::ToSchema;

use super::councils::{self, CouncilState};
use crate::clock;
use crate::error::Result;
use crate::identity::users::UserState;
use crate::schema::{council_seats, councils as council_rows, users, workflow_reviews};

/// The most reviews that one report is made of: the newest.
const MOST: usize = 10_000;

/// How a council is doing, and each of its operators.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct HealthReport {
    /// Which council.
    pub council_id: CouncilId,
    /// How far back it looks: reviews that were opened since then are in it.
    pub since: DateTime<Utc>,
    /// Whether all of them are: of very many, the newest 10,000.
    pub is_complete: bool,
    /// The council as a whole.
    #[serde(flatten)]
    pub health: CouncilHealth,
    /// Whoever holds a seat, or could vote.
    pub operators: Vec<NamedOperator>,
}

/// An operator with a name that people know.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct NamedOperator {
    /// What they are called.
    pub name: String,
    /// How they take part.
    #[serde(flatten)]
    pub health: OperatorHealth,
}

/// Says how a council was doing in the last days.
pub async fn report(connection: &mut AsyncPgConnection, id: &CouncilId, days: Days) -> Result<HealthReport> {
    councils::find(connection, id).await?;
    let since = clock::now(connection).await? - days.span();
    let ids = std::slice::from_ref(id);
    // One more than is used tells whether there are more.
    let mut reviews = reviews_since(connection, ids, since, MOST + 1).await?.remove(id).unwrap_or_default();
    let is_complete = reviews.len() <= MOST;
    reviews.truncate(MOST);
    let seated = seated(connection, ids).await?.remove(id).unwrap_or_default();
    let operators = operators_health(&reviews, &seated);
    let names: BTreeMap<UserId, String> = users::table
        .filter(users::id.eq_any(operators.iter().map(|one| one.user_id)))
        .select((users::id, users::name))
        .load::<(UserId, String)>(connection)
        .await?
        .into_iter()
        .collect();
    let with_name = |health: OperatorHealth| {
        let name = names.get(&health.user_id).cloned().unwrap_or_default();
        NamedOperator { name, health }
    };
    let operators = operators.into_iter().map(with_name).collect();
    Ok(HealthReport { council_id: id.clone(), since, is_complete, health: council_health(&reviews), operators })
}

/// A council in figures.
#[derive(Clone, Debug, PartialEq)]
pub struct Figures {
    /// Which council.
    pub council_id: CouncilId,
    /// How it is doing.
    pub health: CouncilHealth,
    /// How many of its operators are absent.
    pub absent: usize,
    /// How many of its reviews are open.
    pub open: i64,
}

/// Every active council in figures, by its newest reviews of these days, at most so many of each.
pub async fn figures(connection: &mut AsyncPgConnection, days: Days, most: usize) -> Result<Vec<Figures>> {
    let active = council_rows::table.filter(council_rows::state.eq(CouncilState::Active));
    let ids: Vec<CouncilId> = active.order(council_rows::id).select(council_rows::id).load(connection).await?;
    let since = clock::now(connection).await? - days.span();
    let mut reviews = reviews_since(connection, &ids, since, most).await?;
    let mut seats = seated(connection, &ids).await?;
    let open = open_reviews(connection).await?;
    let figures = |council_id: CouncilId| {
        let reviews = reviews.remove(&council_id).unwrap_or_default();
        let seated = seats.remove(&council_id).unwrap_or_default();
        let absent = operators_health(&reviews, &seated).iter().filter(|one| one.absent).count();
        let open = open.get(&council_id).copied().unwrap_or(0);
        Figures { council_id, health: council_health(&reviews), absent, open }
    };
    Ok(ids.into_iter().map(figures).collect())
}

/// The holders of seats who are active.
async fn seated(
    connection: &mut AsyncPgConnection,
    ids: &[CouncilId],
) -> Result<BTreeMap<CouncilId, BTreeSet<UserId>>> {
    let holders = council_seats::table
        .inner_join(users::table)
        .filter(council_seats::council_id.eq_any(ids))
        .filter(users::state.eq(UserState::Active))
        .select((council_seats::council_id, users::id))
        .load::<(CouncilId, UserId)>(connection)
        .await?;
    let mut seated: BTreeMap<CouncilId, BTreeSet<UserId>> = BTreeMap::new();
    for (council, holder) in holders {
        seated.entry(council).or_default().insert(holder);
    }
    Ok(seated)
}

async fn open_reviews(connection: &mut AsyncPgConnection) -> Result<BTreeMap<CouncilId, i64>> {
    let counts = workflow_reviews::table
        .filter(workflow_reviews::outcome.eq(ReviewOutcome::Open))
        .group_by(workflow_reviews::council_id)
        .select((workflow_reviews::council_id, diesel::dsl::count_star()))
        .load::<(CouncilId, i64)>(connection)
        .await?;
    Ok(counts.into_iter().collect())
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    council_id: CouncilId,
    #[diesel(sql_type = Timestamptz)]
    opened_at: DateTime<Utc>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    decided_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Text)]
    outcome: ReviewOutcome,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    quorum_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Jsonb)]
    rule: Value,
    #[diesel(sql_type = Nullable<Jsonb>)]
    electorate: Option<Value>,
    #[diesel(sql_type = Jsonb)]
    votes: Value,
}

/// The newest reviews of each council that were opened since then, with their votes, newest first: one query, which reads
/// no more of each council than is asked for.
async fn reviews_since(
    connection: &mut AsyncPgConnection,
    ids: &[CouncilId],
    since: DateTime<Utc>,
    most: usize,
) -> Result<BTreeMap<CouncilId, Vec<PastReview>>> {
    const NEWEST: &str = "
        SELECT r.council_id, r.opened_at, r.decided_at, r.outcome, r.quorum_at, r.electorate,
               p.policy -> 'decision_rule' AS rule,
               coalesce((SELECT jsonb_agg(jsonb_build_object('voter', v.user_id, 'seat_of', v.seat_of, 'vote', v.vote,
                                                             'cast_at', v.cast_at) ORDER BY v.cast_at, v.user_id)
                         FROM votes v
                         WHERE v.workflow_id = r.workflow_id AND v.council_id = r.council_id AND v.round = r.round
                        ), '[]') AS votes
        FROM unnest($1) c (id)
        CROSS JOIN LATERAL (
            SELECT * FROM workflow_reviews WHERE council_id = c.id AND opened_at >= $2
            ORDER BY opened_at DESC LIMIT $3) r
        JOIN council_policies p ON p.council_id = r.council_id AND p.version = r.policy_version
        ORDER BY r.council_id, r.opened_at DESC";
    let rows: Vec<Row> = diesel::sql_query(NEWEST)
        .bind::<Array<Text>, _>(ids)
        .bind::<Timestamptz, _>(since)
        .bind::<BigInt, _>(i64::try_from(most).unwrap_or(i64::MAX))
        .load(connection)
        .await?;
    let mut reviews: BTreeMap<CouncilId, Vec<PastReview>> = BTreeMap::new();
    for row in rows {
        let review = PastReview {
            opened_at: row.opened_at,
            decided_at: row.decided_at,
            outcome: row.outcome,
            quorum_at: row.quorum_at,
            rule: read(row.rule)?,
            electorate: row.electorate.map(read).transpose()?,
            votes: read(row.votes)?,
        };
        reviews.entry(row.council_id).or_default().push(review);
    }
    Ok(reviews)
}

/// What is stored as JSON. What can't be read is a fault of ours: nobody else writes it.
pub(super) fn read<T: DeserializeOwned>(value: Value) -> Result<T> {
    serde_json::from_value(value).map_err(|error| Problem::internal(error).into())
}
