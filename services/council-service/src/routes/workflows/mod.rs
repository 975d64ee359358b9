//! `/api/workflows`.

pub mod break_glass;
pub mod cancel;
pub mod evidence;
pub mod list;
pub mod propose;
pub mod read;
pub mod retry;
pub mod veto;
