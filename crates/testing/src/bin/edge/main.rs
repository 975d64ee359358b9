//! Proves that the edge bears those who mean it harm, against a running stack and through its real NGINX: a crowd, slow
//! senders, huge heads, smuggled requests. Well-behaved clients ask all the while, and none of them may fail. Prints what
//! was measured; ends with an error as soon as something is not as `nginx/README.md` says.
#![expect(clippy::print_stdout, reason = "the report is told on standard output")]

mod crowd;
mod http2;
mod huge;
mod ordinary;
mod records;
mod slow;
mod smuggled;
mod wire;

use std::sync::Arc;
use std::time::Instant;

use testing::runtime::Runtime;

use crate::ordinary::Ordinary;
use crate::records::Records;
use crate::wire::Edge;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let (began, runtime) = (Instant::now(), Runtime::from_environment()?);
    let edge = Arc::new(Edge::of(&runtime)?);
    let records = Records::begin().await?;
    let ordinary = Ordinary::log_in(&runtime).await?;
    // Services need some seconds to take it up.
    ordinary.log_every_request().await?;

    let alone = ordinary.for_a_while().await?;
    println!("alone: {alone}");
    crowd::prove(&edge, &runtime, &ordinary, &alone).await?;
    slow::prove(&edge, &ordinary, &alone).await?;
    huge::prove(&edge, &ordinary).await?;
    smuggled::prove(&edge, &records).await?;

    ordinary.log_as_before().await?;
    println!("the edge bore it all, in {:.0} s", began.elapsed().as_secs_f64());
    Ok(())
}
