//! Councils, workflow types, proposals, reviews and votes. Written by council-service; a review whose time is over is
//! closed by workflow-worker.

pub mod ask;
pub mod break_glass;
pub mod cast_vote;
pub mod close_reviews;
pub mod councils;
pub mod dead_letters;
mod decision;
pub mod events;
pub mod evidence;
pub mod health;
mod inbox;
pub mod mandates;
pub mod propose;
pub mod retry;
mod rounds;
mod routing;
pub mod seed;
pub mod simulation;
pub mod withdraw;
pub mod workflow_types;
pub mod workflows;

pub(crate) use decision::{enqueue, lock, merge};
