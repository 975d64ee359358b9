//! `/api/workflows`.

pub mod evidence;
pub mod list;
pub mod propose;
pub mod read;
