//! What each part is asked.

mod mail;
mod postgres;
mod redis;
pub mod web;
