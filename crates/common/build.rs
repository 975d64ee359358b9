//! Puts the commit into the version, where the build is told it: `BUILD_COMMIT`, as in `0.1.0+3642c5b`.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=BUILD_COMMIT");
    let version = std::env::var("CARGO_PKG_VERSION").unwrap_or_default();
    let commit = std::env::var("BUILD_COMMIT").unwrap_or_default();
    let known = !commit.is_empty() && commit != "unknown";
    // Build metadata as in Semantic Versioning 2.0.0, 10.
    let whole = if known { format!("{version}+{commit}") } else { version };
    println!("cargo:rustc-env=BUILD_VERSION={whole}");
}
