//! How urgent work is.

use crate::text_enum;

text_enum! {
    /// How urgent workflows of a type are, the most urgent first. Each has a queue of its own; a worker takes from a less urgent one only when
    /// those before it are empty, but for a small share of its turns, so that none waits for ever.
    pub enum Priority {
        /// Before all others.
        High = "high",
        /// What is not said to be anything else.
        Normal = "normal",
        /// When there is nothing else to do.
        Low = "low",
    }
}
