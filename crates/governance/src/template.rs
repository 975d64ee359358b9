//! Expressions: minijinja over `inputs` and the outputs of earlier steps.
//!
//! A string that is one single `{{ expression }}` keeps its value's JSON type; any other renders to text.

use std::collections::BTreeSet;

use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use serde::Serialize;
use serde_json::{Map, Value};

/// How much work one template may do, in minijinja's instructions; ends endless loops.
const FUEL: u64 = 1_000_000;

/// What is wrong with a template, without anything of what it was rendered with.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct TemplateError(String);

impl From<minijinja::Error> for TemplateError {
    fn from(error: minijinja::Error) -> Self {
        Self(error.detail().map_or_else(|| error.kind().to_string(), |detail| format!("{}: {detail}", error.kind())))
    }
}

/// What expressions can see.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Scope {
    /// The proposal's inputs.
    pub inputs: Value,
    /// Each finished step's output, as `steps.<name>.output`.
    pub steps: Map<String, Value>,
}

impl Scope {
    /// Lets later expressions see a step's output.
    pub fn finish(&mut self, step: &str, output: Value) {
        self.steps.insert(step.to_owned(), serde_json::json!({ "output": output }));
    }
}

/// How a text template treats the values that it inserts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Escape {
    /// As they are.
    No,
    /// Escaped for HTML.
    Html,
}

fn environment(escape: Escape) -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    environment.set_auto_escape_callback(move |_| match escape {
        Escape::No => AutoEscape::None,
        Escape::Html => AutoEscape::Html,
    });
    environment
}

/// Renders a text template.
pub fn render_text(template: &str, scope: &Scope, escape: Escape) -> Result<String, TemplateError> {
    Ok(environment(escape).render_str(template, values(scope))?)
}

/// Renders every string in a value.
pub fn render(value: &Value, scope: &Scope) -> Result<Value, TemplateError> {
    let environment = environment(Escape::No);
    render_in(&environment, value, &values(scope))
}

fn values(scope: &Scope) -> minijinja::Value {
    minijinja::Value::from(minijinja::value::Serde(scope))
}

fn render_in(environment: &Environment<'_>, value: &Value, scope: &minijinja::Value) -> Result<Value, TemplateError> {
    match value {
        Value::String(text) => match single_expression(text) {
            Some(expression) => {
                let value = environment.compile_expression(expression)?.eval(scope.clone())?;
                if value.is_undefined() {
                    return Err(TemplateError(format!("{expression:?} is undefined")));
                }
                serde_json::to_value(value).map_err(|error| TemplateError(error.to_string()))
            }
            None => Ok(Value::String(environment.render_str(text, scope.clone())?)),
        },
        Value::Array(items) => items.iter().map(|item| render_in(environment, item, scope)).collect(),
        Value::Object(map) => map
            .iter()
            .map(|(name, value)| Ok((name.clone(), render_in(environment, value, scope)?)))
            .collect::<Result<Map<_, _>, _>>()
            .map(Value::Object),
        plain => Ok(plain.clone()),
    }
}

/// The expression of a string that is nothing else.
fn single_expression(text: &str) -> Option<&str> {
    let inner = text.trim().strip_prefix("{{")?.strip_suffix("}}")?;
    (!inner.contains("{{") && !inner.contains("}}") && !inner.contains("{%")).then(|| inner.trim())
}

/// Tells whether a condition over the scope is true, such as `inputs.amount <= 5000`.
pub fn is_true(condition: &str, scope: &Scope) -> Result<bool, TemplateError> {
    let environment = environment(Escape::No);
    Ok(environment.compile_expression(condition)?.eval(values(scope))?.is_true())
}

/// Checks a condition without values: that it parses, and that it refers to `inputs` only.
pub fn check_condition(condition: &str) -> Result<(), TemplateError> {
    let environment = environment(Escape::No);
    let parsed = environment.compile_expression(condition)?;
    match parsed.undeclared_variables(true).into_iter().find(|name| name.split('.').next() != Some("inputs")) {
        Some(name) => Err(TemplateError(format!("refers to {name:?}; there are `inputs`"))),
        None => Ok(()),
    }
}

/// Checks a template without values: that it parses, and that it refers only to `inputs` and to steps in `known`.
pub fn check(template: &str, known: &BTreeSet<&str>) -> Result<(), TemplateError> {
    let environment = environment(Escape::No);
    let parsed = environment.template_from_str(template)?;
    for name in parsed.undeclared_variables(true) {
        let mut path = name.split('.');
        match (path.next(), path.next()) {
            (Some("inputs"), _) => {}
            (Some("steps"), Some(step)) if known.contains(step) => {}
            (Some("steps"), Some(step)) => {
                return Err(TemplateError(format!("refers to the step {step:?}, which does not come before this one")));
            }
            _ => {
                return Err(TemplateError(format!("refers to {name:?}; there are `inputs` and `steps.<name>.output`")));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn scope() -> Scope {
        let mut scope = Scope { inputs: json!({"title": "A & B", "count": 3, "tags": ["x"]}), ..Scope::default() };
        scope.finish("page", json!({"status": 201}));
        scope
    }

    #[test]
    fn a_single_expression_keeps_its_type() {
        let value = json!({
            "count": "{{ inputs.count }}", "tags": ["{{ inputs.tags }}"], "text": "{{ inputs.count }} of {{ inputs.title }}",
            "status": "{{ steps.page.output.status }}", "plain": 1.5,
        });
        assert_eq!(
            render(&value, &scope()).expect("renders"),
            json!({"count": 3, "tags": [["x"]], "text": "3 of A & B", "status": 201, "plain": 1.5})
        );
    }

    #[test]
    fn html_is_escaped_and_absent_values_are_errors() {
        assert_eq!(
            render_text("<b>{{ inputs.title }}</b>", &scope(), Escape::Html).expect("renders"),
            "<b>A &amp; B</b>"
        );
        assert!(render_text("{{ inputs.missing }}", &scope(), Escape::No).is_err());
        assert!(render(&json!("{{ inputs.missing }}"), &scope()).is_err());
        assert!(
            render_text(
                "{% for i in range(99999) %}{% for j in range(99999) %}x{% endfor %}{% endfor %}",
                &scope(),
                Escape::No
            )
            .is_err()
        );
    }

    #[test]
    fn a_condition_is_true_or_false_of_the_inputs() {
        assert_eq!(is_true("inputs.count <= 3 and inputs.title == 'A & B'", &scope()), Ok(true));
        assert_eq!(is_true("inputs.count < 3", &scope()), Ok(false));
        assert!(is_true("inputs.missing < 3", &scope()).is_err());
        assert_eq!(check_condition("inputs.amount <= 5000"), Ok(()));
        for bad in ["inputs.amount <=", "amount <= 5000", "{{ inputs.amount }}", ""] {
            assert!(check_condition(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn references_are_checked_before_anything_runs() {
        let known = BTreeSet::from(["page"]);
        assert_eq!(
            check("{{ inputs.a }} {{ steps.page.output.b }} {% for t in inputs.tags %}{{ t }}{% endfor %}", &known),
            Ok(())
        );
        assert!(check("{{ steps.later.output }}", &known).expect_err("unknown").to_string().contains("\"later\""));
        assert!(check("{{ secrets.key }}", &known).expect_err("unknown").to_string().contains("secrets.key"));
        assert!(check("{{ inputs.a", &known).is_err());
    }
}
