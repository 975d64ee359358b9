//! Enums that are words: in JSON, in the database and in messages the same.

/// Declares an enum whose variants are stored, sent and shown as the given words.
///
/// The type gets `as_str`, `ALL`, `Display`, `FromStr`, serde, OpenAPI and Diesel (`Text`) representations.
#[macro_export]
macro_rules! text_enum {
    ($(#[$meta:meta])* $vis:vis enum $name:ident {
        $($(#[$variant_meta:meta])* $variant:ident = $text:literal),+ $(,)?
    }) => {
        $(#[$meta])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord,
            $crate::macro_support::serde::Serialize, $crate::macro_support::serde::Deserialize,
            $crate::macro_support::diesel::expression::AsExpression,
            $crate::macro_support::diesel::deserialize::FromSqlRow,
        )]
        #[diesel(sql_type = $crate::macro_support::diesel::sql_types::Text)]
        $vis enum $name {
            $($(#[$variant_meta])* #[serde(rename = $text)] $variant),+
        }

        impl $name {
            /// Every value, in the order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word that stands for the value.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> ::std::result::Result<Self, String> {
                Self::ALL.iter().copied().find(|value| value.as_str() == text).ok_or_else(|| {
                    let words: Vec<_> = Self::ALL.iter().map(|value| value.as_str()).collect();
                    format!("must be one of {}", words.join(", "))
                })
            }
        }

        impl $crate::macro_support::utoipa::PartialSchema for $name {
            fn schema() -> $crate::macro_support::utoipa::openapi::RefOr<$crate::macro_support::utoipa::openapi::Schema> {
                use $crate::macro_support::utoipa::openapi::schema::{ObjectBuilder, Type};
                let words = Self::ALL.iter().map(|value| value.as_str());
                ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words)).into()
            }
        }

        impl $crate::macro_support::utoipa::ToSchema for $name {}

        const _: () = {
            use $crate::macro_support::diesel::{
                deserialize::{self, FromSql},
                pg::{Pg, PgValue},
                serialize::{self, Output, ToSql},
                sql_types::Text,
            };

            impl FromSql<Text, Pg> for $name {
                fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
                    let text = <String as FromSql<Text, Pg>>::from_sql(value)?;
                    text.parse().map_err(|reason| format!("{text:?} {reason}").into())
                }
            }

            impl ToSql<Text, Pg> for $name {
                fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
                    <str as ToSql<Text, Pg>>::to_sql(self.as_str(), out)
                }
            }
        };
    };
}
