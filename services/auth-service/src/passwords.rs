//! Passwords: bcrypt on threads of its own, so that logins never slow other requests.

use std::sync::Arc;

use common::problem::Problem;
use serde::Deserialize;
use tokio::sync::Semaphore;

/// How many logins may wait for a thread before the next is told to come back.
const QUEUE: usize = 64;
/// The shortest password; NIST SP 800-63B asks for at least 8, we for more.
const MIN_BYTES: usize = 12;
/// bcrypt reads no further; a longer password is refused, never cut.
const MAX_BYTES: usize = 72;

/// A password that somebody chose: 12 to 72 bytes and not easily guessed.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(try_from = "String")]
#[schema(value_type = String, format = Password, min_length = 12, max_length = 72)]
pub struct NewPassword(String);

impl NewPassword {
    /// The password.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for NewPassword {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if !(MIN_BYTES..=MAX_BYTES).contains(&text.len()) {
            return Err(format!("must have {MIN_BYTES} to {MAX_BYTES} bytes"));
        }
        // bcrypt implementations differ on NUL, and nobody can type the others.
        if text.chars().any(char::is_control) {
            return Err("must not contain control characters".to_owned());
        }
        let guess = zxcvbn::zxcvbn(&text, &[]);
        if guess.score() < zxcvbn::Score::Three {
            let advice = guess.feedback().and_then(zxcvbn::feedback::Feedback::warning);
            let advice = advice.map_or_else(String::new, |warning| format!(": {warning}"));
            return Err(format!("is too easy to guess{advice}; use several unrelated words"));
        }
        Ok(Self(text))
    }
}

/// Hashes and checks passwords, a bounded number at a time.
#[derive(Clone)]
pub struct Passwords {
    cost: u32,
    /// Compared against when there is no such person, so that the answer takes as long.
    decoy: Arc<str>,
    running: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
}

impl Passwords {
    /// Prepares for hashes of this cost.
    pub fn new(cost: u32) -> anyhow::Result<Self> {
        let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Ok(Self {
            cost,
            decoy: bcrypt::hash("nobody has this password", cost)?.into(),
            running: Arc::new(Semaphore::new(threads)),
            waiting: Arc::new(Semaphore::new(threads + QUEUE)),
        })
    }

    /// Hashes a new password.
    pub async fn hash(&self, password: &NewPassword) -> Result<String, Problem> {
        let (password, cost) = (password.expose().to_owned(), self.cost);
        self.run(move || bcrypt::hash(password, cost)).await
    }

    /// Checks a password against a person's hash; without one, spends the same time and says no.
    pub async fn verify(&self, password: &str, hash: Option<&str>) -> Result<bool, Problem> {
        let known = hash.is_some();
        let hash = hash.unwrap_or(&self.decoy).to_owned();
        // What can't be a password of anybody's is cut to what costs the same to check.
        let end = password.floor_char_boundary(MAX_BYTES);
        let (possible, password) = (password.len() <= MAX_BYTES, password[..end].to_owned());
        let matches = self.run(move || bcrypt::verify(password, &hash)).await?;
        Ok(matches && known && possible)
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> bcrypt::BcryptResult<T> + Send + 'static,
    ) -> Result<T, Problem> {
        let _place = self
            .waiting
            .try_acquire()
            .map_err(|_| Problem::unavailable("too many people are logging in: try again in a second"))?;
        let permit = self.running.clone().acquire_owned().await.map_err(Problem::internal)?;
        let result = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            work()
        });
        result.await.map_err(Problem::internal)?.map_err(Problem::internal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weak_short_and_overlong_passwords_are_refused() {
        let check = |text: &str| NewPassword::try_from(text.to_owned()).map(|_| ());
        assert_eq!(check("correct horse battery staple"), Ok(()));
        assert!(check("short").expect_err("short").contains("12 to 72 bytes"));
        assert!(check(&"ä".repeat(37)).expect_err("74 bytes").contains("12 to 72 bytes"));
        assert!(check("correct horse\0battery staple").expect_err("NUL").contains("control characters"));
        assert!(check("password1234").expect_err("weak").contains("too easy to guess"));
    }

    #[tokio::test]
    async fn only_the_right_password_of_a_known_person_passes() {
        let passwords = Passwords::new(4).expect("hashes");
        let hash = bcrypt::hash("correct horse battery staple", 4).expect("hashes");
        assert!(passwords.verify("correct horse battery staple", Some(&hash)).await.expect("checks"));
        assert!(!passwords.verify("wrong", Some(&hash)).await.expect("checks"));
        assert!(!passwords.verify("nobody has this password", None).await.expect("checks"));
        let long = "x".repeat(72);
        let hash = bcrypt::hash(&long, 4).expect("hashes");
        assert!(!passwords.verify(&format!("{long}y"), Some(&hash)).await.expect("checks"));
    }
}
