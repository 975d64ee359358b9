//! Identifiers: UUIDv7 for what is born often, readable slugs for what people name.

/// Declares a newtype over a UUIDv7 that Diesel, serde and OpenAPI see as a UUID.
macro_rules! uuid_id {
    ($($(#[$meta:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$meta])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
            utoipa::ToSchema, diesel::expression::AsExpression, diesel::deserialize::FromSqlRow,
        )]
        #[diesel(sql_type = diesel::sql_types::Uuid)]
        #[serde(transparent)]
        #[schema(value_type = String, format = Uuid)]
        pub struct $name(pub uuid::Uuid);

        impl $name {
            /// Makes a new identifier; later ones sort after earlier ones (RFC 9562, version 7).
            #[expect(clippy::new_without_default, reason = "a default identifier would be a random one")]
            pub fn new() -> Self {
                Self(uuid::Uuid::now_v7())
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                text.parse().map(Self).map_err(|_| "must be a UUID".to_owned())
            }
        }

        impl diesel::deserialize::FromSql<diesel::sql_types::Uuid, diesel::pg::Pg> for $name {
            fn from_sql(value: diesel::pg::PgValue<'_>) -> diesel::deserialize::Result<Self> {
                <uuid::Uuid as diesel::deserialize::FromSql<_, diesel::pg::Pg>>::from_sql(value).map(Self)
            }
        }

        impl diesel::serialize::ToSql<diesel::sql_types::Uuid, diesel::pg::Pg> for $name {
            fn to_sql<'b>(
                &'b self,
                out: &mut diesel::serialize::Output<'b, '_, diesel::pg::Pg>,
            ) -> diesel::serialize::Result {
                <uuid::Uuid as diesel::serialize::ToSql<diesel::sql_types::Uuid, diesel::pg::Pg>>::to_sql(&self.0, out)
            }
        }
    )+};
}

uuid_id! {
    /// A person with a login.
    UserId,
    /// One login on one device.
    SessionId,
    /// A service account.
    AgentId,
    /// An agent's key.
    ApiKeyId,
    /// A proposal and, once approved, its run.
    WorkflowId,
    /// Somebody who stands in for the holder of a seat.
    DelegationId,
    /// A program that is told of events.
    WebhookId,
    /// Something that programs are told.
    EventId,
    /// One program's being told of one event.
    DeliveryId,
    /// What proposes workflows at times of the clock.
    ScheduleId,
    /// A time in which a part of the product was not well.
    IncidentId,
}

/// Declares a newtype over a short readable name that `$valid` accepts; `$rule` says so to people, `$pattern` and `$most` to programs.
macro_rules! slug_id {
    ($($(#[$meta:meta])* $name:ident, $valid:expr, $rule:literal, $pattern:literal, $most:tt);+ $(;)?) => {$(
        $(#[$meta])*
        #[derive(
            Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
            utoipa::ToSchema, diesel::expression::AsExpression, diesel::deserialize::FromSqlRow,
        )]
        #[diesel(sql_type = diesel::sql_types::Text)]
        #[serde(try_from = "String", into = "String")]
        #[schema(value_type = String, pattern = $pattern, max_length = $most)]
        pub struct $name(String);

        impl $name {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = String;

            fn try_from(text: String) -> Result<Self, String> {
                let valid: fn(&str) -> bool = $valid;
                if valid(&text) { Ok(Self(text)) } else { Err($rule.to_owned()) }
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                text.to_owned().try_into()
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl diesel::deserialize::FromSql<diesel::sql_types::Text, diesel::pg::Pg> for $name {
            fn from_sql(value: diesel::pg::PgValue<'_>) -> diesel::deserialize::Result<Self> {
                let text = <String as diesel::deserialize::FromSql<diesel::sql_types::Text, diesel::pg::Pg>>::from_sql(value)?;
                Ok(text.try_into()?)
            }
        }

        impl diesel::serialize::ToSql<diesel::sql_types::Text, diesel::pg::Pg> for $name {
            fn to_sql<'b>(
                &'b self,
                out: &mut diesel::serialize::Output<'b, '_, diesel::pg::Pg>,
            ) -> diesel::serialize::Result {
                <str as diesel::serialize::ToSql<diesel::sql_types::Text, diesel::pg::Pg>>::to_sql(&self.0, out)
            }
        }
    )+};
}

slug_id! {
    /// A council, such as `web-team`.
    CouncilId,
    |text| is_word(text, '-') && (2..=63).contains(&text.len()),
    "must have 2 to 63 lower-case letters, digits and hyphens, and begin with a letter",
    "^[a-z][a-z0-9-]+$", 63;
    /// The field of work that a workflow type belongs to, such as `web`.
    Domain,
    |text| is_word(text, '_') && (2..=63).contains(&text.len()),
    "must have 2 to 63 lower-case letters, digits and underscores, and begin with a letter",
    "^[a-z][a-z0-9_]+$", 63;
    /// A kind of automation, such as `website.create_landing_page`.
    WorkflowTypeId,
    |text| text.contains('.') && text.len() <= 100 && text.split('.').all(|part| is_word(part, '_')),
    "must be words of lower-case letters, digits and underscores joined by dots, at most 100 characters",
    r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$", 100;
    /// A step of a workflow type, such as `render_page`; expressions refer to it by this name.
    StepName,
    |text| is_word(text, '_') && text.len() <= 63,
    "must have 1 to 63 lower-case letters, digits and underscores, and begin with a letter",
    "^[a-z][a-z0-9_]*$", 63;
    /// A secret of steps, such as `crm_token`; expressions refer to it by this name.
    SecretName,
    |text| is_word(text, '_') && text.len() <= 63,
    "must have 1 to 63 lower-case letters, digits and underscores, and begin with a letter",
    "^[a-z][a-z0-9_]*$", 63;
}

fn is_word(text: &str, joiner: char) -> bool {
    text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == joiner)
}

#[cfg(test)]
mod tests {
    use super::{CouncilId, WorkflowId, WorkflowTypeId};

    #[test]
    fn a_slug_takes_only_its_own_characters() {
        assert!("web-team".parse::<CouncilId>().is_ok());
        for bad in ["", "w", "Web", "1web", "web_team", "web team", "wéb", &"w".repeat(64)] {
            assert!(bad.parse::<CouncilId>().is_err(), "{bad}");
        }
        assert!("website.create_landing_page".parse::<WorkflowTypeId>().is_ok());
        for bad in ["website", ".page", "website.", "a..b", "a.B"] {
            assert!(bad.parse::<WorkflowTypeId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn later_ids_sort_after_earlier_ones() {
        let ids: Vec<_> = (0..100).map(|_| WorkflowId::new()).collect();
        assert!(ids.is_sorted());
    }
}
