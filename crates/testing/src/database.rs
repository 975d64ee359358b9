//! A database for each test.

use std::collections::BTreeMap;

use database::{Connection, DatabaseSettings, Pool, connect, migrations};
use diesel::QueryableByName;
use diesel::sql_types::Text;
use diesel_async::RunQueryDsl;

use crate::servers;

/// The database that every test clones.
pub const TEMPLATE: &str = "codex_template";
/// Owns the databases, as in production: it is no superuser.
const OWNER: &str = "codex";

/// A migrated database of one test's own; dropped with the value.
pub struct TestDatabase {
    name: String,
    pattern: String,
}

impl TestDatabase {
    /// Makes the template that every test clones. Called once for each server.
    pub async fn prepare_template(pattern: &str) -> anyhow::Result<()> {
        let mut superuser = connect(&at(pattern, "postgres", "postgres").into()).await?;
        for statement in [
            format!("CREATE ROLE {OWNER} LOGIN CREATEDB CREATEROLE"),
            // To drop a database that services are still connected to.
            format!("GRANT pg_signal_backend TO {OWNER}"),
            format!("CREATE DATABASE {TEMPLATE} OWNER {OWNER}"),
        ] {
            diesel::sql_query(statement).execute(&mut superuser).await?;
        }
        migrations::run(connect(&at(pattern, OWNER, TEMPLATE).into()).await?)?;
        Ok(())
    }

    /// Clones the template.
    pub async fn new() -> Self {
        let pattern = servers::shared(servers::DATABASE_URL);
        let name = format!("test_{}", uuid::Uuid::now_v7().simple());
        let mut owner = connect(&at(&pattern, OWNER, "postgres").into()).await.expect("connects");
        diesel::sql_query(format!("CREATE DATABASE {name} TEMPLATE {TEMPLATE}"))
            .execute(&mut owner)
            .await
            .expect("clones the template");
        Self { name, pattern }
    }

    /// The URL of this database for a role.
    pub fn url(&self, role: &str) -> String {
        at(&self.pattern, role, &self.name)
    }

    /// The URL of this database for its owner, who may do what no service may.
    pub fn owner_url(&self) -> String {
        self.url(OWNER)
    }

    /// A pool with a service's own role.
    pub fn pool(&self, role: &str) -> Pool {
        Pool::new(&DatabaseSettings { url: self.url(role).into(), pool_size: 10 }).expect("a pool")
    }

    /// A connection with a service's own role.
    pub async fn connect(&self, role: &str) -> Connection {
        connect(&self.url(role).into()).await.expect("connects")
    }

    /// Runs a statement as the owner.
    pub async fn execute(&self, statement: &str) -> usize {
        diesel::sql_query(statement).execute(&mut self.connect_as_owner().await).await.expect("runs")
    }

    /// A hash of the rows of each table, to show that nothing was written.
    pub async fn fingerprint(&self) -> BTreeMap<String, String> {
        #[derive(QueryableByName)]
        struct Table {
            #[diesel(sql_type = Text)]
            name: String,
            #[diesel(sql_type = Text)]
            hash: String,
        }
        // query_to_xml runs a query that is put together here, for every table that there is.
        let query = "SELECT table_name::text AS name, query_to_xml(format(
                'SELECT md5(coalesce(string_agg(t::text, '','' ORDER BY t::text), '''')) AS hash FROM %I.%I t',
                table_schema, table_name), true, true, '')::text AS hash
            FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'";
        let mut owner = self.connect_as_owner().await;
        let tables: Vec<Table> = diesel::sql_query(query).load(&mut owner).await.expect("reads every table");
        tables.into_iter().map(|table| (table.name, table.hash)).collect()
    }

    /// Every row of every table as text, with the table's name: to look for what should not be anywhere.
    pub async fn everything(&self) -> Vec<String> {
        #[derive(QueryableByName)]
        struct Table {
            #[diesel(sql_type = Text)]
            rows: String,
        }
        let query = "SELECT table_name || query_to_xml(format('SELECT t::text FROM %I.%I t', table_schema, table_name),
                true, false, '')::text AS rows
            FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'";
        let mut owner = self.connect_as_owner().await;
        let tables: Vec<Table> = diesel::sql_query(query).load(&mut owner).await.expect("reads every table");
        tables.into_iter().map(|table| table.rows).collect()
    }

    /// A connection of the owner's.
    pub async fn connect_as_owner(&self) -> Connection {
        self.connect(OWNER).await
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let (url, name) = (at(&self.pattern, OWNER, "postgres"), self.name.clone());
        // A runtime of its own: a value can be dropped inside another.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async {
                let mut owner = connect(&url.into()).await?;
                diesel::sql_query(format!("DROP DATABASE {name} WITH (FORCE)")).execute(&mut owner).await?;
                anyhow::Ok(())
            })
        });
        if let Ok(Err(error)) = dropping.join() {
            eprintln!("a test database was left behind: {error}");
        }
    }
}

fn at(pattern: &str, role: &str, database: &str) -> String {
    pattern.replace("{role}", role).replace("{database}", database)
}
