//! Councils, workflow types, proposals, reviews and votes. Written by council-service; a review whose time is over is
//! closed by workflow-worker.

pub mod cast_vote;
pub mod close_reviews;
pub mod councils;
mod decision;
pub(crate) use decision::enqueue;
pub mod evidence;
pub mod propose;
pub mod workflow_types;
pub mod workflows;
