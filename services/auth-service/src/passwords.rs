//! Passwords: bcrypt on threads of its own, so that logins never slow other requests.

use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::Duration;

use common::problem::Problem;
use serde::Deserialize;
use thread_priority::{ThreadPriority, set_current_thread_priority};
use tokio::sync::{Semaphore, oneshot};

/// How many logins may wait for a thread before the next is told to come back.
const QUEUE: usize = 64;
/// For how long somebody waits for the answer before being told to come back: on a machine that has more to do than it can, these
/// threads come last.
const PATIENCE: Duration = Duration::from_secs(5);
/// The shortest password; NIST SP 800-63B asks for at least 8, we for more.
const MIN_BYTES: usize = 12;
/// Words that are worth nothing in a password here, since everybody thinks of them.
const OUR_WORDS: &[&str] = &["codex", "dominion", "codexdominion", "council", "operator", "workflow"];
/// bcrypt reads no further; a longer password is refused, never cut.
const MAX_BYTES: usize = 72;

/// A password that somebody chose: 12 to 72 bytes and not easily guessed.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(try_from = "String")]
#[schema(value_type = String, format = Password, min_length = 12, max_length = 72, pattern = r"^[^\x00-\x1f\x7f-\x9f]*$")]
pub struct NewPassword(String);

impl NewPassword {
    /// The password.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Its hash, made at once on the thread that asks: for commands, which nobody waits behind.
    pub fn hash(&self, cost: u32) -> bcrypt::BcryptResult<String> {
        bcrypt::hash(&self.0, cost)
    }

    /// Refuses a password that is easily guessed by who knows these words, such as the person's name and address.
    pub fn check_against(&self, words: &[&str], pointer: &str) -> Result<(), Problem> {
        let parts: Vec<_> = words.iter().flat_map(|word| word.split(['@', '.', ' ', '-', '_'])).collect();
        let known: Vec<_> =
            words.iter().copied().chain(parts).chain(OUR_WORDS.iter().copied()).filter(|word| word.len() > 2).collect();
        if zxcvbn::zxcvbn(&self.0, &known).score() < zxcvbn::Score::Three {
            return Err(Problem::invalid_field(pointer, "is too easy to guess for who knows the name or address"));
        }
        Ok(())
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
        let guess = zxcvbn::zxcvbn(&text, OUR_WORDS);
        if guess.score() < zxcvbn::Score::Three {
            let advice = guess.feedback().and_then(zxcvbn::feedback::Feedback::warning);
            let advice = advice.map_or_else(String::new, |warning| format!(": {warning}"));
            return Err(format!("is too easy to guess{advice}; use several unrelated words"));
        }
        Ok(Self(text))
    }
}

/// Hashes and checks passwords on a bounded number of threads, which the scheduler lets run when nothing else wants to.
#[derive(Clone)]
pub struct Passwords {
    cost: u32,
    /// Compared against when there is no such person, so that the answer takes as long.
    decoy: Arc<str>,
    jobs: mpsc::Sender<Job>,
    places: Arc<Semaphore>,
}

type Job = Box<dyn FnOnce() + Send>;

impl Passwords {
    /// Starts a thread for each core, for hashes of this cost.
    pub fn new(cost: u32) -> anyhow::Result<Self> {
        let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let (jobs, queue) = mpsc::channel::<Job>();
        let queue = Arc::new(Mutex::new(queue));
        for number in 0..threads {
            let queue = queue.clone();
            std::thread::Builder::new().name(format!("passwords-{number}")).spawn(move || work(&queue))?;
        }
        Ok(Self {
            cost,
            decoy: bcrypt::hash("nobody has this password", cost)?.into(),
            jobs,
            places: Arc::new(Semaphore::new(threads + QUEUE)),
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
        let place = self.places.clone().try_acquire_owned().map_err(|_| too_many())?;
        let (answer, result) = oneshot::channel();
        let job = move || {
            // Whoever asked may be gone: then nobody needs the answer, and the place is free.
            if !answer.is_closed() {
                let _ = answer.send(work());
            }
            drop(place);
        };
        self.jobs.send(Box::new(job)).map_err(|_| Problem::internal("the threads for passwords are gone"))?;
        let answered = tokio::time::timeout(PATIENCE, result).await.map_err(|_| too_many())?;
        answered.map_err(Problem::internal)?.map_err(Problem::internal)
    }
}

fn too_many() -> Problem {
    Problem::unavailable("too many people are logging in: try again in a second")
}

/// Does jobs until nobody can send any more.
fn work(queue: &Mutex<mpsc::Receiver<Job>>) {
    // Checking passwords is heavy and never urgent: an answer that is ready to go out goes first. Where the system does
    // not let us say so, logins still work.
    if let Err(error) = set_current_thread_priority(ThreadPriority::Min) {
        tracing::debug!("passwords are checked at the usual priority: {error:?}");
    }
    loop {
        let job = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = job else { return };
        // A job that panics drops its answer, which its asker sees; the thread goes on.
        let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(job));
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
        assert!(check("codexdominion").expect_err("our own name").contains("too easy to guess"));
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

    #[tokio::test(start_paused = true)]
    async fn whoever_waits_for_too_long_is_told_to_come_back() {
        let passwords = Passwords::new(4).expect("hashes");
        let (go, wait) = mpsc::channel::<()>();
        let refused = passwords.run(move || Ok(wait.recv().is_ok())).await.expect_err("is never done");
        assert_eq!(refused.code(), "unavailable");
        drop(go);
    }
}
