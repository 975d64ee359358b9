//! What is wrong with an expression, before there are values: it is read, not run.

use std::collections::{BTreeMap, BTreeSet};

use common::ids::SecretName;
use minijinja::machinery::ast::{BinOpKind, CallArg, CallType, Expr, Stmt};
use minijinja::machinery::{Span, parse, parse_expr};
use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, ErrorKind};
use serde_json::Value;

use crate::nesting;
use crate::shape::{Lacks, Shape, nearest};
use crate::template::{Escape, environment, single_expression};

/// What expressions may refer to.
pub struct Known<'a> {
    /// JSON Schema of the inputs.
    pub inputs: &'a Value,
    /// JSON Schemas of the outputs of earlier steps; none where steps have no place, as in a condition on inputs.
    pub steps: Option<&'a BTreeMap<&'a str, &'a Value>>,
}

/// Everything that is wrong with a text template.
pub(crate) fn text(template: &str, known: &Known<'_>) -> Vec<String> {
    let mut reader = Reader::new(known, template.contains('\n'));
    reader.template(template);
    reader.faults
}

/// Everything that is wrong with a string that stands in a value.
pub(crate) fn string(text: &str, known: &Known<'_>) -> Vec<String> {
    match single_expression(text) {
        Some(expression) => {
            let mut reader = Reader::new(known, false);
            reader.expression(expression, Reader::written);
            reader.faults
        }
        None => self::text(text, known),
    }
}

/// Everything that is wrong with an expression without braces.
pub(crate) fn condition(expression: &str, known: &Known<'_>) -> Vec<String> {
    let mut reader = Reader::new(known, false);
    reader.expression(expression, Reader::used);
    reader.faults
}

/// The steps that a template refers to.
pub(crate) fn steps_of(template: &str) -> BTreeSet<String> {
    let known = Known { inputs: &Value::Bool(true), steps: None };
    let mut reader = Reader::new(&known, false);
    reader.both_ways(template);
    reader.steps
}

/// The secrets that a template refers to.
pub(crate) fn secrets_of(template: &str) -> BTreeSet<String> {
    let known = Known { inputs: &Value::Bool(true), steps: None };
    let mut reader = Reader::new(&known, false);
    reader.both_ways(template);
    reader.secrets
}

/// What may be done to a secret but to write it out: in these forms it is recognised, and masked, wherever it comes back.
const SECRET_FILTERS: [&str; 2] = ["urlencode", "tojson"];

/// The steps that an expression without braces refers to.
pub(crate) fn steps_in(expression: &str) -> BTreeSet<String> {
    let known = Known { inputs: &Value::Bool(true), steps: None };
    let mut reader = Reader::new(&known, false);
    reader.expression(expression, Reader::used);
    reader.steps
}

/// What an expression stands for.
#[derive(Clone, Copy)]
enum Meaning<'a> {
    /// A value that was made in the template.
    Made,
    /// `inputs`, or a part of it, or of an output: data, which has no methods.
    Data(Shape<'a>),
    Steps,
    Step(&'a str),
    Secrets,
    /// A secret, or a text with one in it.
    Secret,
    /// Something that a fault was found in.
    Refused,
}

struct Reader<'a> {
    known: &'a Known<'a>,
    environment: Environment<'static>,
    /// What the template itself has named, innermost last.
    names: Vec<BTreeMap<&'a str, Meaning<'a>>>,
    line: Option<u16>,
    faults: Vec<String>,
    steps: BTreeSet<String>,
    secrets: BTreeSet<String>,
    /// Within how many blocks whose text is not written out but changed or kept.
    captured: usize,
}

impl<'a> Reader<'a> {
    fn new(known: &'a Known<'a>, has_lines: bool) -> Self {
        Self {
            known,
            environment: environment(Escape::No),
            names: vec![BTreeMap::new()],
            line: has_lines.then_some(1),
            faults: Vec::new(),
            steps: BTreeSet::new(),
            secrets: BTreeSet::new(),
            captured: 0,
        }
    }

    fn template(&mut self, source: &'a str) {
        if let Err(fault) = nesting::of_template(source) {
            self.line = None;
            return self.fault(fault);
        }
        match parse(source, "template", SyntaxConfig::default()) {
            Ok(root) => self.statement(&root),
            Err(error) => self.unreadable(&error),
        }
    }

    /// Reads a string as a text and, if it can be one, as a single expression.
    fn both_ways(&mut self, source: &'a str) {
        self.template(source);
        if let Some(expression) = single_expression(source) {
            self.expression(expression, Self::written);
        }
    }

    fn expression(&mut self, source: &'a str, read: impl Fn(&mut Self, &Expr<'a>)) {
        if let Err(fault) = nesting::of_expression(source) {
            return self.fault(fault);
        }
        match parse_expr(source) {
            Ok(expression) => read(self, &expression),
            Err(error) => self.unreadable(&error),
        }
    }

    fn unreadable(&mut self, error: &minijinja::Error) {
        let line = error.line().and_then(|line| u16::try_from(line).ok());
        self.line = self.line.and(line);
        self.fault(error.detail().map_or_else(|| error.kind().to_string(), |fault| format!("can't be read: {fault}")));
    }

    fn fault(&mut self, fault: String) {
        let fault = self.line.map_or(fault.clone(), |line| format!("line {line}: {fault}"));
        if !self.faults.contains(&fault) {
            self.faults.push(fault);
        }
    }

    fn refuse(&mut self, fault: String) -> Meaning<'a> {
        self.fault(fault);
        Meaning::Refused
    }

    fn at(&mut self, span: Span) {
        self.line = self.line.map(|_| span.start_line);
    }

    fn name(&mut self, name: &'a str, meaning: Meaning<'a>) {
        if let Some(innermost) = self.names.last_mut() {
            innermost.insert(name, meaning);
        }
    }

    fn assign(&mut self, target: &Expr<'a>, meaning: Meaning<'a>) {
        match target {
            Expr::Var(variable) => self.name(variable.id, meaning),
            Expr::List(list) => list.items.iter().for_each(|item| self.assign(item, Meaning::Made)),
            Expr::Tuple(tuple) => tuple.items.iter().for_each(|item| self.assign(item, Meaning::Made)),
            _ => {}
        }
    }

    fn within(&mut self, body: &[Stmt<'a>], names: &[&'a str]) {
        self.names.push(names.iter().map(|name| (*name, Meaning::Made)).collect());
        self.all(body);
        self.names.pop();
    }

    fn all(&mut self, body: &[Stmt<'a>]) {
        for statement in body {
            self.statement(statement);
        }
    }

    fn statement(&mut self, statement: &Stmt<'a>) {
        match statement {
            Stmt::Template(template) => self.all(&template.children),
            Stmt::EmitExpr(emit) => self.written(&emit.expr),
            Stmt::EmitRaw(_) => {}
            Stmt::ForLoop(of) => {
                let item = match self.value(&of.iter) {
                    Meaning::Data(shape) => Meaning::Data(shape.item()),
                    Meaning::Secret => self.not_whole(),
                    _ => Meaning::Made,
                };
                self.names.push(BTreeMap::from([("loop", Meaning::Made)]));
                self.assign(&of.target, item);
                of.filter_expr.iter().for_each(|filter| self.used(filter));
                self.all(&of.body);
                self.names.pop();
                self.within(&of.else_body, &[]);
            }
            Stmt::IfCond(of) => {
                self.used(&of.expr);
                self.all(&of.true_body);
                self.all(&of.false_body);
            }
            Stmt::WithBlock(with) => {
                self.names.push(BTreeMap::new());
                for (target, expression) in &with.assignments {
                    let meaning = self.value(expression);
                    self.assign(target, meaning);
                }
                self.all(&with.body);
                self.names.pop();
            }
            Stmt::Set(set) => {
                let meaning = self.value(&set.expr);
                self.assign(&set.target, meaning);
            }
            Stmt::SetBlock(set) => {
                set.filter.iter().for_each(|filter| self.used(filter));
                self.capture(&set.body);
                self.assign(&set.target, Meaning::Made);
            }
            Stmt::AutoEscape(block) => {
                self.used(&block.enabled);
                self.within(&block.body, &[]);
            }
            Stmt::FilterBlock(block) => {
                self.used(&block.filter);
                self.capture(&block.body);
            }
            Stmt::Do(of) => {
                self.call(&of.call.identify_call());
                self.arguments(&of.call.args);
            }
        }
    }

    fn capture(&mut self, body: &[Stmt<'a>]) {
        self.captured += 1;
        self.within(body, &[]);
        self.captured -= 1;
    }

    /// Reads an expression whose value is written out.
    fn written(&mut self, expression: &Expr<'a>) {
        if let Meaning::Secret = self.value(expression)
            && self.captured > 0
        {
            self.not_whole();
        }
    }

    /// Reads an expression whose value something is done with.
    fn used(&mut self, expression: &Expr<'a>) {
        if let Meaning::Secret = self.value(expression) {
            self.not_whole();
        }
    }

    fn not_whole(&mut self) -> Meaning<'a> {
        let may = SECRET_FILTERS.join(" or ");
        self.refuse(format!(
            "a secret can only be written out, joined by ~ or passed through {may}: it must stay masked"
        ))
    }

    /// Reads what is joined or chosen from: a part that is a secret makes the whole one.
    fn parts(&mut self, parts: &[&Expr<'a>]) -> Meaning<'a> {
        let is_secret = |meaning| matches!(meaning, Meaning::Secret);
        let secrets = parts.iter().filter(|part| is_secret(self.value(part))).count();
        if secrets > 0 { Meaning::Secret } else { Meaning::Made }
    }

    fn value(&mut self, expression: &Expr<'a>) -> Meaning<'a> {
        let meaning = self.meaning(expression);
        self.at(expression.span());
        match meaning {
            Meaning::Steps => self.refuse("refers to all steps: name one, steps.<name>.output".to_owned()),
            Meaning::Step(step) => {
                self.refuse(format!("refers to the step {step:?}: name its output, steps.{step}.output"))
            }
            Meaning::Secrets => self.refuse("refers to all secrets: name one, secrets.<name>".to_owned()),
            meaning => meaning,
        }
    }

    fn meaning(&mut self, expression: &Expr<'a>) -> Meaning<'a> {
        self.at(expression.span());
        match expression {
            Expr::Var(variable) => return self.variable(variable.id),
            Expr::GetAttr(part) => {
                let whole = self.meaning(&part.expr);
                self.at(expression.span());
                return self.part(whole, part.name);
            }
            Expr::GetItem(item) => return self.item(&item.expr, &item.subscript_expr),
            Expr::Const(_) => {}
            Expr::Slice(slice) => {
                self.used(&slice.expr);
                [&slice.start, &slice.stop, &slice.step].into_iter().flatten().for_each(|bound| self.used(bound));
            }
            Expr::UnaryOp(operation) => self.used(&operation.expr),
            Expr::BinOp(operation) if matches!(operation.op, BinOpKind::Concat) => {
                return self.parts(&[&operation.left, &operation.right]);
            }
            Expr::BinOp(operation) => {
                self.used(&operation.left);
                self.used(&operation.right);
            }
            Expr::Compare(comparison) => {
                self.used(&comparison.expr);
                comparison.ops.iter().for_each(|operand| self.used(&operand.expr));
            }
            Expr::IfExpr(choice) => {
                self.used(&choice.test_expr);
                let branches: Vec<_> =
                    [Some(&choice.true_expr), choice.false_expr.as_ref()].into_iter().flatten().collect();
                return self.parts(&branches);
            }
            Expr::Filter(filter) => {
                let filtered = filter.expr.as_ref().map(|filtered| self.value(filtered));
                self.at(expression.span());
                self.filter(filter.name);
                self.arguments(&filter.args);
                self.named_in_arguments(filter.name, &filter.args);
                return match filtered {
                    Some(Meaning::Secret) if SECRET_FILTERS.contains(&filter.name) => Meaning::Secret,
                    Some(Meaning::Secret) => self.not_whole(),
                    _ => Meaning::Made,
                };
            }
            Expr::Test(test) => {
                self.used(&test.expr);
                self.at(expression.span());
                self.test(test.name);
                self.arguments(&test.args);
            }
            Expr::Call(call) => {
                self.call(&call.identify_call());
                self.arguments(&call.args);
            }
            Expr::List(list) => list.items.iter().for_each(|item| self.used(item)),
            Expr::Tuple(tuple) => tuple.items.iter().for_each(|item| self.used(item)),
            Expr::Map(map) => map.keys.iter().chain(&map.values).for_each(|part| self.used(part)),
        }
        Meaning::Made
    }

    fn variable(&mut self, name: &'a str) -> Meaning<'a> {
        if let Some(meaning) = self.names.iter().rev().find_map(|names| names.get(name)) {
            return *meaning;
        }
        match name {
            "inputs" => Meaning::Data(Shape::of(self.known.inputs)),
            "steps" => Meaning::Steps,
            "secrets" => Meaning::Secrets,
            other if self.known.steps.is_none() => self.refuse(format!("refers to {other:?}; there are `inputs`")),
            other => self.refuse(format!("refers to {other:?}; there are `inputs` and `steps.<name>.output`")),
        }
    }

    fn part(&mut self, whole: Meaning<'a>, name: &str) -> Meaning<'a> {
        match whole {
            Meaning::Data(shape) => match shape.field(name) {
                Ok(part) => Meaning::Data(part),
                Err(Lacks::Type(kind)) => {
                    self.refuse(format!("refers to {name:?} in a value of the type {kind}, which has no parts"))
                }
                Err(Lacks::Others(names)) => {
                    let hint = match nearest(name, &names) {
                        Some(near) => format!("; did you mean {near:?}?"),
                        None if names.is_empty() => String::new(),
                        None => format!(", only {}", names.join(", ")),
                    };
                    self.refuse(format!("refers to {name:?}, which the schema does not allow there{hint}"))
                }
            },
            Meaning::Steps => {
                self.steps.insert(name.to_owned());
                match self.known.steps.map(|steps| steps.get_key_value(name)) {
                    Some(Some((step, _))) => Meaning::Step(step),
                    Some(None) => {
                        self.refuse(format!("refers to the step {name:?}, which does not come before this one"))
                    }
                    None => self.refuse(format!("refers to the step {name:?}; there are `inputs`")),
                }
            }
            Meaning::Step(step) if name == "output" => {
                let schema = self.known.steps.and_then(|steps| steps.get(step));
                Meaning::Data(schema.map_or(Shape::Unknown, |schema| Shape::of(schema)))
            }
            Meaning::Step(step) => self.refuse(format!(
                "refers to {name:?} of the step {step:?}, which has only its output: steps.{step}.output"
            )),
            Meaning::Secrets => self.secret(name),
            Meaning::Secret => self.not_whole(),
            Meaning::Refused => Meaning::Refused,
            Meaning::Made => Meaning::Made,
        }
    }

    fn secret(&mut self, name: &str) -> Meaning<'a> {
        self.secrets.insert(name.to_owned());
        if self.known.steps.is_none() {
            return self.refuse(format!("refers to the secret {name:?}; there are `inputs`"));
        }
        match name.parse::<SecretName>() {
            Ok(_) => Meaning::Secret,
            Err(rule) => self.refuse(format!("{name:?} is not the name of a secret: it {rule}")),
        }
    }

    /// `whole["name"]` is `whole.name`; `whole[0]` is an item of a list.
    fn item(&mut self, whole: &Expr<'a>, subscript: &Expr<'a>) -> Meaning<'a> {
        if let Expr::Const(constant) = subscript
            && let Some(name) = constant.value.as_str()
        {
            let whole = self.meaning(whole);
            return self.part(whole, name);
        }
        self.used(subscript);
        match self.value(whole) {
            Meaning::Data(shape) if matches!(subscript, Expr::Const(_)) => Meaning::Data(shape.item()),
            Meaning::Data(_) => Meaning::Data(Shape::Unknown),
            Meaning::Secret => self.not_whole(),
            other => other,
        }
    }

    fn call(&mut self, call: &CallType<'_, 'a>) {
        match call {
            CallType::Function(name) => {
                let is_known = self.names.iter().any(|names| names.contains_key(name))
                    || self.environment.globals().any(|(global, _)| global == *name);
                if !is_known {
                    self.fault(format!("there is no function {name:?}"));
                }
            }
            CallType::Method(of, name) => {
                let of = self.meaning(of);
                if let Meaning::Data(_) | Meaning::Steps | Meaning::Step(_) | Meaning::Secrets | Meaning::Secret = of {
                    self.fault(format!("calls {name:?} of a value: values have no methods, use a filter"));
                }
            }
            CallType::Object(of) => self.used(of),
        }
    }

    fn arguments(&mut self, arguments: &[CallArg<'a>]) {
        for argument in arguments {
            let (CallArg::Pos(value)
            | CallArg::Kwarg(_, value)
            | CallArg::PosSplat(value)
            | CallArg::KwargSplat(value)) = argument;
            self.used(value);
        }
    }

    fn filter(&mut self, name: &str) {
        let tried = self.environment.empty_state().apply_filter(name, &[]);
        if tried.is_err_and(|error| error.kind() == ErrorKind::UnknownFilter) {
            self.fault(format!("there is no filter {name:?}"));
        }
    }

    fn test(&mut self, name: &str) {
        let tried = self.environment.empty_state().perform_test(name, &[]);
        if tried.is_err_and(|error| error.kind() == ErrorKind::UnknownTest) {
            self.fault(format!("there is no test {name:?}"));
        }
    }

    /// Some filters are given the name of another, or of a test.
    fn named_in_arguments(&mut self, filter: &str, arguments: &[CallArg<'a>]) {
        let place = match filter {
            "map" | "select" | "reject" => 0,
            "selectattr" | "rejectattr" => 1,
            _ => return,
        };
        let Some(CallArg::Pos(Expr::Const(constant))) = arguments.get(place) else { return };
        match constant.value.as_str() {
            Some(name) if filter == "map" => self.filter(name),
            Some(name) => self.test(name),
            None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn faults(template: &str) -> Vec<String> {
        let inputs = json!({
            "type": "object", "additionalProperties": false,
            "properties": {
                "title": {"type": "string"},
                "amount": {"type": "integer"},
                "pages": {"type": "array", "items": {
                    "type": "object", "properties": {"url": {"type": "string"}}, "additionalProperties": false}},
            },
        });
        let output =
            json!({"type": "object", "properties": {"text": {"type": "string"}}, "additionalProperties": false});
        let steps = BTreeMap::from([("page", &output)]);
        text(template, &Known { inputs: &inputs, steps: Some(&steps) })
    }

    #[test]
    fn what_can_work_is_let_through() {
        for good in [
            "plain",
            "{{ inputs.title | upper }} {{ inputs['title'] }} {{ inputs.title is defined }} {{ inputs | tojson }}",
            "{{ steps.page.output.text }} {{ steps['page'].output['text'][:10] }} {{ steps.page.output }}",
            "{% for page in inputs.pages %}{{ loop.index }} {{ page.url }} {{ loop.cycle('a', 'b') }}{% endfor %}",
            "{% set first = inputs.pages[0] %}{{ first.url }}{{ inputs.pages | map(attribute='url') | join(', ') }}",
            "{% with total = inputs.amount * 2 %}{{ total }}{% endwith %}{{ range(3) | list }}",
            "{% filter upper %}{{ inputs.title }}{% endfilter %}{{ inputs.pages | selectattr('url', 'defined') | list }}",
            "{% if inputs.amount > 1 %}{% set word = 'many' %}{% else %}{% set word = 'one' %}{% endif %}{{ word }}",
            "{% set first = dict(found=false) %}{% do first.items() %}{{ first.found }}",
        ] {
            assert_eq!(faults(good), Vec::<String>::new(), "{good}");
        }
    }

    #[test]
    fn each_fault_is_told() {
        for (bad, told) in [
            ("{{ inputs.title", "can't be read: unexpected end of input, expected end of variable block"),
            (
                "{{ inputs.titel }}",
                r#"refers to "titel", which the schema does not allow there; did you mean "title"?"#,
            ),
            (
                "{{ inputs['titel'] }}",
                r#"refers to "titel", which the schema does not allow there; did you mean "title"?"#,
            ),
            (
                "{{ inputs.recipient }}",
                r#"refers to "recipient", which the schema does not allow there, only amount, pages, title"#,
            ),
            ("{{ inputs.title.length }}", r#"refers to "length" in a value of the type string, which has no parts"#),
            ("{{ inputs.title.upper() }}", r#"calls "upper" of a value: values have no methods, use a filter"#),
            (
                "{% for page in inputs.pages %}{{ page.uri }}{% endfor %}",
                r#"refers to "uri", which the schema does not allow there; did you mean "url"?"#,
            ),
            ("{{ page.url }}", r#"refers to "page"; there are `inputs` and `steps.<name>.output`"#),
            ("{{ steps.later.output }}", r#"refers to the step "later", which does not come before this one"#),
            ("{{ steps.later.output[:3] }}", r#"refers to the step "later", which does not come before this one"#),
            ("{{ steps['later'].output }}", r#"refers to the step "later", which does not come before this one"#),
            (
                "{{ steps.page.text }}",
                r#"refers to "text" of the step "page", which has only its output: steps.page.output"#,
            ),
            (
                "{{ steps.page.output.txt }}",
                r#"refers to "txt", which the schema does not allow there; did you mean "text"?"#,
            ),
            ("{{ steps.page }}", r#"refers to the step "page": name its output, steps.page.output"#),
            ("{{ steps | length }}", "refers to all steps: name one, steps.<name>.output"),
            ("{{ secrets | length }}", "refers to all secrets: name one, secrets.<name>"),
            ("{{ secrets[inputs.title] }}", "refers to all secrets: name one, secrets.<name>"),
            (
                "{{ secrets.ApiKey }}",
                r#""ApiKey" is not the name of a secret: it must have 1 to 63 lower-case letters, digits and underscores, and begin with a letter"#,
            ),
            ("{{ debug() }}", r#"there is no function "debug""#),
            ("{{ inputs.title | uper }}", r#"there is no filter "uper""#),
            ("{{ inputs.pages | map('uper') }}", r#"there is no filter "uper""#),
            ("{{ inputs.title is strange }}", r#"there is no test "strange""#),
            ("{{ inputs.pages | select('strange') }}", r#"there is no test "strange""#),
            ("{{ now() }}", r#"there is no function "now""#),
            ("one\ntwo {{ now() }}", r#"line 2: there is no function "now""#),
            ("{% include 'x' %}", "can't be read: unknown statement include"),
        ] {
            assert_eq!(faults(bad), [told], "{bad}");
        }
        let both = faults("{{ inputs.titel }}\n{{ inputs.amount | rund }}");
        assert_eq!(both.len(), 2, "{both:?}");
        assert!(both[1].starts_with("line 2: "));
    }

    #[test]
    fn a_secret_stays_whole() {
        for good in [
            "{{ secrets.key }}",
            "Bearer {{ secrets['key'] }}",
            "{{ 'Bearer ' ~ secrets.key ~ inputs.title }}",
            "{{ secrets.key | urlencode }}{{ ('a' ~ secrets.key) | tojson }}",
            "{% if inputs.amount > 1 %}{% set key = secrets.key %}{{ key }}{% endif %}",
            "{{ secrets.key if inputs.amount > 1 else secrets.other }}",
        ] {
            assert_eq!(faults(good), Vec::<String>::new(), "{good}");
        }
        for bad in [
            "{{ secrets.key | upper }}",
            "{{ ('x' ~ secrets.key) | reverse }}",
            "{{ secrets.key[:4] }}",
            "{{ secrets.key[0] }}",
            "{{ secrets.key.first }}",
            "{{ secrets.key * 2 }}",
            "{{ secrets.key == inputs.title }}",
            "{{ [secrets.key] | join('-') }}",
            "{{ inputs.title | replace('x', secrets.key) }}",
            "{% set key = secrets.key %}{{ key | upper }}",
            "{% for c in secrets.key %}{{ c }} {% endfor %}",
            "{% filter upper %}{{ secrets.key }}{% endfilter %}",
            "{% set text %}{{ secrets.key }}{% endset %}{{ text | upper }}",
            "{% if secrets.key %}x{% endif %}",
            "{{ (secrets.key if inputs.amount else 'x') | upper }}",
        ] {
            let told = faults(bad);
            assert!(told.len() == 1 && told[0].starts_with("a secret can only be written out"), "{bad}: {told:?}");
        }
    }

    #[test]
    fn the_secrets_of_a_template_are_known() {
        let found =
            secrets_of("{{ secrets.one }}{% if inputs.a %}{{ 'x' ~ secrets['two'] }}{% endif %}{{ inputs.secrets }}");
        assert_eq!(found, BTreeSet::from(["one".to_owned(), "two".to_owned()]));
    }

    #[test]
    fn the_steps_of_a_template_are_known() {
        let found = steps_of("{{ steps.call.output.body }}{% if steps.page.output.text %}x{% endif %}{{ inputs.a }}");
        assert_eq!(found, BTreeSet::from(["call".to_owned(), "page".to_owned()]));
        assert!(steps_of("{{ steps['call'].output }}").contains("call"));
    }
}
