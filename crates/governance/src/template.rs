//! Expressions: minijinja over `inputs` and the outputs of earlier steps.
//!
//! A string that is one single `{{ expression }}` keeps its value's JSON type; any other renders to text.

use std::io;

use minijinja::machinery::parse_expr;
use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::secrets::Secrets;
use crate::{check, nesting};

/// How much work one template may do, in minijinja's instructions; ends endless loops.
const FUEL: u64 = 1_000_000;
/// The longest text that a template may render to, in bytes: a short loop over long inputs could fill any memory.
const MAX_BYTES: usize = 1024 * 1024;

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
    /// The secrets of the step that is rendered, as `secrets.<name>`. They are never serialised with the rest.
    #[serde(skip)]
    pub secrets: Secrets,
}

impl Scope {
    /// Lets later expressions see a step's output.
    pub fn finish(&mut self, step: &str, output: Value) {
        self.steps.insert(step.to_owned(), serde_json::json!({ "output": output }));
    }

    /// The same with [`MASK`](crate::secrets::MASK) in the place of each secret.
    #[must_use]
    pub fn masked(&self) -> Self {
        Self { secrets: self.secrets.masked(), ..self.clone() }
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

/// What templates are read and rendered with.
pub(crate) fn environment(escape: Escape) -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    // It writes out everything that expressions see, secrets with it.
    environment.remove_global("debug");
    // It alone keeps values from one turn of a loop to the next: a loop could nest them without end.
    environment.remove_global("namespace");
    environment.set_recursion_limit(nesting::MAX_RECURSION);
    environment.set_auto_escape_callback(move |_| match escape {
        Escape::No => AutoEscape::None,
        Escape::Html => AutoEscape::Html,
    });
    environment
}

/// Renders the strings of a scope.
pub struct Renderer {
    environment: Environment<'static>,
    values: minijinja::Value,
}

impl Renderer {
    /// Prepares to render with what expressions can see.
    pub fn new(scope: &Scope, escape: Escape) -> Self {
        let mut values = minijinja::Value::from(minijinja::value::Serde(scope));
        if !scope.secrets.is_empty() {
            let secrets = minijinja::Value::from(scope.secrets.exposed());
            values = minijinja::context! { secrets, ..values };
        }
        Self { environment: environment(escape), values }
    }

    /// Renders a text.
    pub fn text(&self, template: &str) -> Result<String, TemplateError> {
        nesting::of_template(template).map_err(TemplateError)?;
        let mut text = Bounded::default();
        let rendered = self.environment.template_from_str(template)?.render_captured_to(self.values.clone(), &mut text);
        if text.is_full {
            return Err(TemplateError(format!("the text has more than {MAX_BYTES} bytes")));
        }
        rendered?;
        String::from_utf8(text.bytes).map_err(|error| TemplateError(error.to_string()))
    }

    /// Renders a string that stands in a value.
    pub fn string(&self, text: &str) -> Result<Value, TemplateError> {
        let Some(expression) = single_expression(text) else { return self.text(text).map(Value::String) };
        let value = self.evaluate(expression)?;
        if value.is_undefined() {
            return Err(TemplateError(format!("{expression:?} is undefined")));
        }
        serde_json::to_value(value).map_err(|error| TemplateError(error.to_string()))
    }

    fn evaluate(&self, expression: &str) -> Result<minijinja::Value, TemplateError> {
        nesting::of_expression(expression).map_err(TemplateError)?;
        Ok(self.environment.compile_expression(expression)?.eval(self.values.clone())?)
    }
}

/// Keeps what is written, up to a length.
#[derive(Default)]
struct Bounded {
    bytes: Vec<u8>,
    is_full: bool,
}

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.is_full |= self.bytes.len() + bytes.len() > MAX_BYTES;
        if self.is_full {
            return Err(io::Error::from(io::ErrorKind::FileTooLarge));
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Renders every string in a value; an error names its place (RFC 6901).
pub fn render(value: &Value, scope: &Scope) -> Result<Value, TemplateError> {
    let renderer = Renderer::new(scope, Escape::No);
    map_strings(value, "", &mut |at, text| {
        renderer.string(text).map_err(|TemplateError(fault)| TemplateError(format!("{at}: {fault}")))
    })
}

/// The value with each of its strings replaced, which `replace` is given with its place (RFC 6901).
pub(crate) fn map_strings<E>(
    value: &Value,
    at: &str,
    replace: &mut impl FnMut(&str, &str) -> Result<Value, E>,
) -> Result<Value, E> {
    match value {
        Value::String(text) => replace(at, text),
        Value::Array(items) => {
            let items = items.iter().enumerate();
            items.map(|(index, item)| map_strings(item, &format!("{at}/{index}"), replace)).collect()
        }
        Value::Object(map) => map
            .iter()
            .map(|(name, item)| Ok((name.clone(), map_strings(item, &place(at, name), replace)?)))
            .collect::<Result<Map<_, _>, _>>()
            .map(Value::Object),
        plain => Ok(plain.clone()),
    }
}

/// The place of a field (RFC 6901).
pub(crate) fn place(at: &str, field: &str) -> String {
    format!("{at}/{}", field.replace('~', "~0").replace('/', "~1"))
}

/// The expression of a string that is nothing else. Marks that take away space around it (`{{-`) mean nothing there.
pub(crate) fn single_expression(text: &str) -> Option<&str> {
    let inner = text.trim().strip_prefix("{{")?.strip_suffix("}}")?;
    let inner = inner.strip_prefix(['-', '+']).unwrap_or(inner);
    let inner = inner.strip_suffix(['-', '+']).unwrap_or(inner).trim();
    // `{{ a }} and {{ b }}` begins and ends like one, too.
    (nesting::of_expression(inner).is_ok() && parse_expr(inner).is_ok()).then_some(inner)
}

/// Tells whether a condition over the scope is true, such as `inputs.amount <= 5000`. What is missing is an error.
pub fn is_true(condition: &str, scope: &Scope) -> Result<bool, TemplateError> {
    let value = Renderer::new(scope, Escape::No).evaluate(condition)?;
    if value.is_undefined() {
        return Err(TemplateError(format!("{condition:?} is undefined")));
    }
    Ok(value.is_true())
}

/// Checks a condition without values: that it can be evaluated, and that it refers to `inputs` only.
pub fn check_condition(condition: &str) -> Result<(), TemplateError> {
    let known = check::Known { inputs: &Value::Bool(true), steps: None };
    match check::condition(condition, &known).into_iter().next() {
        Some(fault) => Err(TemplateError(fault)),
        None => Ok(()),
    }
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

    fn text(template: &str, escape: Escape) -> Result<String, TemplateError> {
        Renderer::new(&scope(), escape).text(template)
    }

    #[test]
    fn a_single_expression_keeps_its_type() {
        let value = json!({
            "count": "{{ inputs.count }}", "tags": ["{{ inputs.tags }}"], "text": "{{ inputs.count }} of {{ inputs.title }}",
            "status": "{{ steps.page.output.status }}", "plain": 1.5, "tight": "{{-inputs.count-}}", "negative": "{{ -inputs.count }}",
            "map": "{{ {'a': {'b': inputs.count}} }}", "braces": "{{ '}}' ~ '{{' }}",
        });
        assert_eq!(
            render(&value, &scope()).expect("renders"),
            json!({
                "count": 3, "tags": [["x"]], "text": "3 of A & B", "status": 201, "plain": 1.5, "tight": 3, "negative": -3,
                "map": {"a": {"b": 3}}, "braces": "}}{{",
            })
        );
    }

    #[test]
    fn html_is_escaped_and_absent_values_are_errors() {
        assert_eq!(text("<b>{{ inputs.title }}</b>", Escape::Html).expect("renders"), "<b>A &amp; B</b>");
        assert!(text("{{ inputs.missing }}", Escape::No).is_err());
        let error = render(&json!({"a/b": ["x", "{{ inputs.missing }}"]}), &scope()).expect_err("is missing");
        assert!(error.to_string().starts_with("/a~1b/1: "), "{error}");
    }

    #[test]
    fn work_and_length_are_bounded() {
        let endless = "{% for i in range(99999) %}{% for j in range(99999) %}x{% endfor %}{% endfor %}";
        assert!(text(endless, Escape::No).is_err());
        let long = format!("{{% for i in range(200) %}}{}{{% endfor %}}", "x".repeat(10_000));
        assert_eq!(
            text(&long, Escape::No).expect_err("is too long").to_string(),
            "the text has more than 1048576 bytes"
        );
        assert!(text("{{ 'x' * 9999999999 }}", Escape::No).is_err());
    }

    #[test]
    fn a_condition_is_true_or_false_of_the_inputs() {
        assert_eq!(is_true("inputs.count <= 3 and inputs.title == 'A & B'", &scope()), Ok(true));
        assert_eq!(is_true("inputs.count < 3", &scope()), Ok(false));
        assert!(is_true("inputs.missing < 3", &scope()).is_err());
        assert_eq!(check_condition("inputs.amount <= 5000"), Ok(()));
        for bad in [
            "inputs.amount <=",
            "amount <= 5000",
            "{{ inputs.amount }}",
            "",
            "steps.page.output.text == ''",
            "inputs.amount | rounded <= 1",
        ] {
            assert!(check_condition(bad).is_err(), "{bad}");
        }
    }
}
