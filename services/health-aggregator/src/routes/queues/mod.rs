pub mod list;
pub mod throughput;
