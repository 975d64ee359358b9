//! One document that shows what was proposed, who let it run or did not, what ran, and that the record of it was not
//! altered; and its check, which needs nothing but the document. `docs/evidence.md` says how it is read.

mod document;
mod gather;
mod verify;

pub use document::{
    BrokenGlass, Evidence, Format, MandateEvidence, PolicyText, Proposal, ReviewEvidence, Signatory, StepEvidence,
    Subject, VoteEvidence, Voter,
};
pub use gather::gather;
pub use verify::{Fault, NOT_COVERED, Verdict, verify};
