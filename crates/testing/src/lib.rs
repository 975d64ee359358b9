#![doc = include_str!("../README.md")]
#![expect(clippy::missing_panics_doc, clippy::expect_used, reason = "in a test, a panic is the report")]

mod client;
mod collector;
mod database;
mod events;
pub mod footprint;
pub mod hostile;
mod mail;
pub mod markdown;
pub mod matrix;
mod people;
pub mod process;
mod product;
mod receiver;
mod record;
mod redis;
pub mod replicated;
mod rude;
pub mod runs;
pub mod runtime;
mod serve;
pub mod servers;
mod world;

pub use client::{Answer, Client};
pub use collector::{Collector, ExportedSpan};
pub use database::{TEMPLATE, TestDatabase};
pub use events::{EventStream, StreamEvent};
pub use mail::MailServer;
pub use people::{JWT_SECRET, Person, claims_of, log_in, login_key, person};
pub use product::Product;
pub use receiver::{Call, Receiver, Scripted};
pub use record::{checkpoint_key, seal, seal_and_sign};
pub use redis::TestRedis;
pub use rude::{Manner, RudeServer};
pub use serve::Served;
pub use world::World;
