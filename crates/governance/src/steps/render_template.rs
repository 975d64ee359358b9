//! Renders a text.

use common::text_enum;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::kind::{Among, Dry, Kind, missing};
use crate::check::{self, Known};
use crate::definition::{Fault, Step};
use crate::dry_run::Unknown;
use crate::template::{Escape, Renderer, Scope, TemplateError};

/// What a `render_template` step renders.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RenderTemplate {
    /// The template.
    pub template: String,
    /// How inserted values are treated; as HTML when not said.
    #[serde(default = "html")]
    pub format: Format,
}

text_enum! {
    /// What a rendered text is.
    pub enum Format {
        /// HTML: inserted values are escaped.
        Html = "html",
        /// Plain text.
        Text = "text",
    }
}

fn html() -> Format {
    Format::Html
}

impl RenderTemplate {
    /// Renders the template with the values as they are: a text that came from outside is never rendered a second time.
    pub fn render(&self, scope: &Scope) -> Result<String, TemplateError> {
        let escape = match self.format {
            Format::Html => Escape::Html,
            Format::Text => Escape::No,
        };
        Renderer::new(scope, escape).text(&self.template)
    }
}

impl Kind for RenderTemplate {
    const IS_PURE: bool = true;

    fn output_schema() -> Value {
        json!({"type": "object", "additionalProperties": false, "properties": {"text": {"type": "string"}}})
    }

    fn faults(&self, _: &dyn Fn(&str) -> bool) -> Vec<Fault> {
        Vec::new()
    }

    fn faults_in(among: &Among<'_>, known: &Known<'_>) -> Vec<Fault> {
        match Self::deserialize(&among.step().with) {
            Ok(render) => {
                let faults = check::text(&render.template, known).into_iter();
                faults.map(|fault| ("/template".to_owned(), fault)).collect()
            }
            Err(fault) => vec![(String::new(), fault.to_string())],
        }
    }

    fn dry_run(step: &Step, scope: &Scope) -> Dry {
        let render = match Self::deserialize(&step.with) {
            Ok(render) => render,
            Err(fault) => {
                let errors = vec![(String::new(), fault.to_string())];
                return Dry { with: step.with.clone(), errors, ..Dry::default() };
            }
        };
        let shown = |text: &str| json!({"format": render.format, "text": text});
        let waits_for = missing(&render.template, scope);
        if !waits_for.is_empty() {
            let unknown = Unknown { pointer: "/text".to_owned(), expression: render.template.clone(), waits_for };
            return Dry { with: shown(&render.template), unknown: vec![unknown], ..Dry::default() };
        }
        match render.render(scope) {
            Ok(text) => Dry { with: shown(&text), output: Some(json!({"text": text})), ..Dry::default() },
            Err(error) => {
                let errors = vec![("/template".to_owned(), error.to_string())];
                Dry { with: shown(&render.template), errors, ..Dry::default() }
            }
        }
    }
}
