//! A text template of a step and, after a line `---`, the inputs that it is rendered with.
//!
//! What is sound stays within its bounds, sees no secret, and lets nothing of the inputs through as HTML.

#![no_main]

use governance::definition::{Step, faults};
use governance::secrets::Secrets;
use governance::template::{Escape, Renderer, Scope};
use libfuzzer_sys::fuzz_target;
use secrecy::SecretString;
use serde_json::{Value, json};

const MAX_BYTES: usize = 1024 * 1024;

fuzz_target!(|text: &str| {
    let (template, inputs) = fuzz::sections(text);
    let inputs: Value = serde_json::from_str(inputs).unwrap_or_else(
        |_| json!({"title": "<MARK> & 'x'", "n": 3, "list": ["<MARK>", {"name": "<MARK>"}], "map": {"<MARK>": 1}}),
    );
    let step = json!({"name": "page", "kind": "render_template", "with": {"template": template}});
    let step: Step = serde_json::from_value(step).expect("a step");
    let told = faults(&json!({"type": "object"}), &[step]);
    fuzz::are_told(&told);

    let scope = Scope { inputs, ..Scope::default() };
    let html = Renderer::new(&scope, Escape::Html).text(template);
    let plain = Renderer::new(&scope, Escape::No).text(template);
    for rendered in [&html, &plain].into_iter().flatten() {
        assert!(rendered.len() <= MAX_BYTES, "{} bytes", rendered.len());
    }
    if !told.is_empty() {
        return;
    }
    let name = "token".parse().expect("a name");
    let secrets: Secrets = [(name, SecretString::from("s3cr3t"))].into_iter().collect();
    let knowing = Renderer::new(&Scope { secrets, ..scope }, Escape::No).text(template);
    assert_eq!(knowing, plain, "it depends on secrets");
    let trusts = template.contains("safe") || template.contains("autoescape") || template.contains('<');
    if let Ok(html) = html
        && !trusts
    {
        assert!(!html.contains("<MARK"), "what came from outside is HTML in {html:?}");
    }
});
