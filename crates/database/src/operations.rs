//! What admins do to the running program itself. It changes no row, and is on the record like everything else.

use common::claims::Claims;
use common::http::RequestContext;
use common::problem::Problem;
use common::roles::Permission;
use diesel_async::{AsyncConnection, AsyncPgConnection};

use crate::audit::{self, Act};
use crate::error::Result;
use crate::identity::authorize;

/// Does something outside of the database for an admin, and records it: what fails is not on the record, and what can't
/// be recorded is not begun.
pub async fn on_record<T: Send>(
    connection: &mut AsyncPgConnection,
    claims: &Claims,
    context: &RequestContext,
    act: Act<'_>,
    deed: impl Future<Output = std::result::Result<T, Problem>> + Send,
) -> Result<T> {
    connection
        .transaction(async |connection| {
            authorize(connection, claims, Permission::Operate).await?;
            audit::record(connection, context, act).await?;
            Ok(deed.await?)
        })
        .await
}
