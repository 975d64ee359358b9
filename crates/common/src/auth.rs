//! Who is asking: the extractors that handlers name in their arguments.

use std::marker::PhantomData;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::http::header::AUTHORIZATION;
use actix_web::{FromRequest, HttpRequest, web};
use futures_util::future::LocalBoxFuture;

use crate::claims::Claims;
use crate::problem::Problem;
use crate::roles::Permission;
use crate::verifier::Verifier;

/// The bearer credential of a request (RFC 6750, 2.1).
pub fn bearer(request: &HttpRequest) -> Result<&str, Problem> {
    let mut values = request.headers().get_all(AUTHORIZATION);
    let (first, second) = (values.next(), values.next());
    let missing = || Problem::unauthorized("send the header Authorization: Bearer <token>");
    match (first, second) {
        (Some(value), None) => {
            // Not `to_str`, which looks at each byte by itself: a token is long.
            let text = std::str::from_utf8(value.as_bytes()).ok();
            let (scheme, credential) = text.and_then(|text| text.split_once(' ')).ok_or_else(missing)?;
            if scheme.eq_ignore_ascii_case("bearer") { Ok(credential.trim()) } else { Err(missing()) }
        }
        (Some(_), Some(_)) => Err(Problem::bad_request("duplicate_header", "send one Authorization header")),
        (None, _) => Err(missing()),
    }
}

/// Checks an access token with the service's verifier.
pub async fn verify(request: &HttpRequest, token: &str) -> Result<Arc<Claims>, Problem> {
    let verifier = request
        .app_data::<web::Data<Verifier>>()
        .ok_or_else(|| Problem::internal("this service was started without a verifier of tokens"))?;
    let claims = verifier.verify(token).await?;
    tracing::Span::current().record("user_id", tracing::field::display(claims.user.id));
    Ok(claims)
}

/// A person with a valid access token. No I/O is done to know them.
pub struct Authenticated(pub Arc<Claims>);

impl FromRequest for Authenticated {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { verify(&request, bearer(&request)?).await.map(Self) })
    }
}

/// A permission as a type, so that a handler's signature says what it needs.
pub trait Need {
    /// The permission.
    const PERMISSION: Permission;
}

macro_rules! needs {
    ($($name:ident),+ $(,)?) => {$(
        #[doc = concat!("Needs [`Permission::", stringify!($name), "`].")]
        pub struct $name;

        impl Need for $name {
            const PERMISSION: Permission = Permission::$name;
        }
    )+};
}

needs!(
    Read,
    Propose,
    Vote,
    EditCouncils,
    EditWorkflowTypes,
    Operate,
    BreakGlass,
    EditUsers,
    EditAgents,
    EditWebhooks,
    EditSecrets,
    EditSchedules,
    ReadAuditLog
);

/// A person whose role has the permission `N` by their token.
///
/// That is enough to read. A write asks the database again, through `database::identity::authorize`.
pub struct RequirePermission<N> {
    /// Whose request it is.
    pub claims: Arc<Claims>,
    need: PhantomData<N>,
}

impl<N: Need> FromRequest for RequirePermission<N> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let authenticated = Authenticated::from_request(request, payload);
        Box::pin(async move {
            let Authenticated(claims) = authenticated.await?;
            if claims.user.role.allows(N::PERMISSION) {
                Ok(Self { claims, need: PhantomData })
            } else {
                Err(Problem::lacks(N::PERMISSION))
            }
        })
    }
}
