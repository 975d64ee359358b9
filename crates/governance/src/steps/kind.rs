//! What each kind of step tells of itself, and what most do alike.

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::check::{self, Known, steps_of};
use crate::definition::{Fault, Step};
use crate::digest::Digest;
use crate::dry_run::Unknown;
use crate::template::{Escape, Renderer, Scope, TemplateError, map_strings, place};

/// A kind of step: the type that `with` is read as, once its expressions are evaluated.
///
/// What is not said here is what most kinds do: each string may hold expressions, and the rest stands as it is.
pub trait Kind: DeserializeOwned {
    /// Whether it touches nothing outside the run: a second attempt is as good as none.
    const IS_PURE: bool = false;
    /// Whether it reaches the world under an idempotency key.
    const HAS_KEY: bool = false;
    /// Whether only types that come with the product may have it.
    const COMES_WITH_THE_PRODUCT: bool = false;
    /// The places in `with` of texts that are HTML: values that are inserted there are escaped.
    const HTML: &'static [&'static str] = &[];

    /// JSON Schema of what later steps see of it.
    fn output_schema() -> Value;

    /// What is wrong with it, by JSON Pointer, of the strings that are final.
    fn faults(&self, is_final: &dyn Fn(&str) -> bool) -> Vec<Fault>;

    /// What it would do, for people: `with` and what is filled in where nothing was said.
    fn shown(&self, with: Value) -> Value {
        with
    }

    /// What it comes to, where that needs nothing but what it is given.
    fn output(&self) -> Option<Value> {
        None
    }

    /// What is wrong with a step of a workflow type, by its place in `with`, before there are values.
    fn faults_in(among: &Among<'_>, known: &Known<'_>) -> Vec<Fault> {
        let with = &among.step().with;
        let mut faults = match Self::deserialize(with) {
            // Of what has an expression in it, only a run or a dry run can tell.
            Ok(given) => given.faults(&|text| !has_expression(text)),
            Err(fault) => vec![(String::new(), fault.to_string())],
        };
        faults.extend(expression_faults(with, known));
        faults
    }

    /// What a step would do, as far as that is known.
    fn dry_run(step: &Step, scope: &Scope) -> Dry {
        let strings = Strings::new(scope, Self::HTML);
        let (mut unknown, mut errors) = (Vec::new(), Vec::new());
        let shown = map_strings(&step.with, "", &mut |at, text| {
            let waits_for = missing(text, scope);
            if waits_for.is_empty() {
                return Ok::<_, std::convert::Infallible>(strings.render(at, text).unwrap_or_else(|error| {
                    errors.push((at.to_owned(), error.to_string()));
                    json!(text)
                }));
            }
            unknown.push(Unknown { pointer: at.to_owned(), expression: text.to_owned(), waits_for });
            Ok(json!(text))
        });
        let Ok(with) = shown;
        let given = match Self::deserialize(&with) {
            Ok(given) => given,
            Err(fault) => {
                errors.push((String::new(), fault.to_string()));
                return Dry { with, output: None, unknown, errors };
            }
        };
        let faults = given.faults(&|text| !unknown.iter().any(|place| place.expression == text));
        let told: Vec<_> = faults.into_iter().filter(|(at, _)| !errors.iter().any(|(place, _)| place == at)).collect();
        errors.extend(told);
        let output = if unknown.is_empty() && errors.is_empty() { given.output() } else { None };
        Dry { with: given.shown(with), output, unknown, errors }
    }
}

/// A step, and those that it stands among.
pub struct Among<'a> {
    /// All steps of the type.
    pub steps: &'a [Step],
    /// Which one.
    pub index: usize,
}

impl<'a> Among<'a> {
    /// The step.
    pub fn step(&self) -> &'a Step {
        &self.steps[self.index]
    }
}

/// What came of a step so far.
#[derive(Default)]
pub struct Dry {
    /// What it would do it with.
    pub with: Value,
    /// What later steps would see.
    pub output: Option<Value>,
    /// What only a run can tell.
    pub unknown: Vec<Unknown>,
    /// What would make it fail.
    pub errors: Vec<Fault>,
}

/// Renders what a step is given and reads it as what the step takes, with the digest of what was rendered. In what the
/// digest is over, each secret is masked: nobody can try out by it what a secret is.
pub fn prepare<T: Kind>(with: &Value, scope: &Scope) -> Result<(T, Digest), String> {
    let render = |scope: &Scope| {
        let strings = Strings::new(scope, T::HTML);
        map_strings(with, "", &mut |at, text| strings.render(at, text).map_err(|error| format!("{at}: {error}")))
    };
    let rendered = render(scope)?;
    let digest =
        if scope.secrets.is_empty() { Digest::of_json(&rendered) } else { Digest::of_json(&render(&scope.masked())?) };
    let given = T::deserialize(rendered).map_err(|error| error.to_string())?;
    let faults = given.faults(&|_| true);
    if faults.is_empty() { Ok((given, digest)) } else { Err(in_a_line(faults)) }
}

/// Faults in one line.
pub(crate) fn in_a_line(faults: Vec<Fault>) -> String {
    let faults: Vec<_> = faults.into_iter().map(|(place, fault)| format!("{place} {fault}")).collect();
    faults.join("; ").trim_start().to_owned()
}

/// Renders the strings of `with`, each as what it is.
struct Strings {
    plain: Renderer,
    html: Option<Renderer>,
    places: &'static [&'static str],
}

impl Strings {
    fn new(scope: &Scope, places: &'static [&'static str]) -> Self {
        let html = (!places.is_empty()).then(|| Renderer::new(scope, Escape::Html));
        Self { plain: Renderer::new(scope, Escape::No), html, places }
    }

    fn render(&self, at: &str, text: &str) -> Result<Value, TemplateError> {
        match &self.html {
            Some(html) if self.places.contains(&at) => html.text(text).map(Value::String),
            _ => self.plain.string(text),
        }
    }
}

/// The steps that a string refers to and whose output is not known.
pub(crate) fn missing(text: &str, scope: &Scope) -> Vec<String> {
    steps_of(text).into_iter().filter(|step| !scope.steps.contains_key(step)).collect()
}

/// Whether something in a string is evaluated.
pub(crate) fn has_expression(text: &str) -> bool {
    text.contains("{{") || text.contains("{%")
}

/// What is wrong with the expressions in a value, by their places in it.
fn expression_faults(value: &Value, known: &Known<'_>) -> Vec<Fault> {
    fn visit(value: &Value, at: &str, known: &Known<'_>, faults: &mut Vec<Fault>) {
        match value {
            Value::String(text) => {
                faults.extend(check::string(text, known).into_iter().map(|fault| (at.to_owned(), fault)));
            }
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    visit(item, &format!("{at}/{index}"), known, faults);
                }
            }
            Value::Object(fields) => {
                for (name, item) in fields {
                    let at = place(at, name);
                    if has_expression(name) {
                        let fault = "an expression in a name is not evaluated: only values can have some";
                        faults.push((at.clone(), fault.to_owned()));
                    }
                    visit(item, &at, known, faults);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
    let mut faults = Vec::new();
    visit(value, "", known, &mut faults);
    faults
}
