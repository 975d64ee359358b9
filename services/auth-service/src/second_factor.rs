//! Codes of authenticators (RFC 6238) and recovery codes.

use common::encryption::{Encryption, Undecipherable};
use common::ids::UserId;
use common::keys::secret_hash;
use common::problem::Problem;
use common::text::Text;
use database::identity::totp::Factor;
use rand::distr::{Distribution, Uniform};
use totp_rs::{Builder, Totp};

const ISSUER: &str = "Codex Dominion";
const RECOVERY_CODES: usize = 10;
/// Groups of four characters in a recovery code.
const GROUPS: usize = 6;
/// Letters and digits that nobody mistakes for one another; 32 of them, so that each carries five bits.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// A code as somebody types it: six digits of an authenticator, or a recovery code.
pub type Code = Text<6, 40>;

/// An authenticator: a secret that its person's device shares with us.
///
/// Six digits by SHA-1, every 30 seconds: what all authenticators understand. A code of one step early or late is taken,
/// too (RFC 6238, 5.2).
pub struct Authenticator {
    totp: Totp,
}

impl Authenticator {
    /// Makes one, with the 160 random bits that RFC 4226, 4, recommends.
    pub fn generate(email: &str) -> Result<Self, Problem> {
        Self::new(&rand::random::<[u8; 20]>(), email)
    }

    fn new(secret: &[u8], email: &str) -> Result<Self, Problem> {
        let builder = Builder::new().with_secret(secret.to_vec()).with_issuer(Some(ISSUER)).with_account_name(email);
        builder.build().map(|totp| Self { totp }).map_err(Problem::internal)
    }

    /// Takes one that the database keeps.
    pub fn decrypt(encryption: &Encryption, user: UserId, email: &str, sealed: &[u8]) -> Result<Self, Problem> {
        Self::new(&encryption.decrypt(&context(user), sealed).map_err(Problem::internal)?, email)
    }

    /// What the database may keep of it.
    pub fn encrypt(&self, encryption: &Encryption, user: UserId) -> Result<Vec<u8>, Problem> {
        encryption.encrypt(&context(user), self.totp.secret().as_ref()).map_err(Problem::internal)
    }

    /// The secret as people type it.
    pub fn secret(&self) -> String {
        self.totp.secret().to_base32()
    }

    /// The secret as a device scans it: an `otpauth` URI.
    pub fn uri(&self) -> Result<String, Problem> {
        self.totp.to_url().map_err(Problem::internal)
    }

    /// The time step that a code is right for now.
    pub fn step_of(&self, code: &Code) -> Option<i64> {
        self.totp.check_current(code.as_str().trim()).and_then(|step| step.try_into().ok())
    }
}

/// The secret that the database keeps, under the newest key; none when it is already.
pub fn renew(encryption: &Encryption, user: UserId, sealed: &[u8]) -> Result<Option<Vec<u8>>, Undecipherable> {
    encryption.renew(&context(user), sealed)
}

/// What binds an encrypted secret to its person.
fn context(user: UserId) -> String {
    format!("totp:{user}")
}

/// Makes sense of a code: a step of the authenticator, or what a recovery code is kept as in `hash`.
pub fn factor<'a>(authenticator: &Authenticator, code: &Code, hash: &'a mut [u8; 32]) -> Factor<'a> {
    if code.as_str().trim().len() == 6 {
        return authenticator.step_of(code).map_or(Factor::Wrong, Factor::Totp);
    }
    *hash = recovery_hash(code.as_str());
    Factor::RecoveryCode(hash)
}

/// New recovery codes, to be shown once: 120 random bits each.
pub fn recovery_codes() -> Result<Vec<String>, Problem> {
    let any = Uniform::new(0, ALPHABET.len()).map_err(Problem::internal)?;
    let mut random = rand::rng();
    let mut group = || (0..4).map(|_| char::from(ALPHABET[any.sample(&mut random)])).collect::<String>();
    let mut code = || (0..GROUPS).map(|_| group()).collect::<Vec<_>>().join("-");
    Ok((0..RECOVERY_CODES).map(|_| code()).collect())
}

/// What is kept of a recovery code, however it is typed. From 112 bits on a fast hash is enough (OWASP
/// ASVS 5.0, 6.5.2).
pub fn recovery_hash(code: &str) -> [u8; 32] {
    let typed: String = code.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    secret_hash(&typed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_right_for_one_step_and_a_recovery_code_however_it_is_typed() {
        // RFC 6238, appendix B: the last six digits of 94287082 at 59 s.
        let authenticator = Authenticator::new(b"12345678901234567890", "ada@example.com").expect("an authenticator");
        assert_eq!(authenticator.totp.check("287082", 59), Some(1));
        assert_eq!(authenticator.totp.check("287082", 120), None);
        assert!(authenticator.uri().expect("a URI").starts_with("otpauth://totp/Codex%20Dominion:ada%40example.com?"));
        let codes = recovery_codes().expect("codes");
        assert_eq!(codes.len(), RECOVERY_CODES);
        assert_eq!(codes[0].len(), 29);
        assert_eq!(recovery_hash(&codes[0]), recovery_hash(&codes[0].to_uppercase().replace('-', " ")));
        let mut hash = [0; 32];
        let code = Code::try_from(codes[0].clone()).expect("a code");
        assert!(matches!(factor(&authenticator, &code, &mut hash), Factor::RecoveryCode(_)));
    }
}
