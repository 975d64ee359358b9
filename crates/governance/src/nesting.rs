//! How deep templates nest, looked at before they are read: whatever goes through an expression or a value calls itself
//! once for each level, and a thread whose stack is full ends the whole process.
//!
//! The parser bounds brackets and blocks, and neither chains of operators (`1+1+1`) nor of `elif`; nothing bounds how
//! often a template puts a value into another one.

use minijinja::machinery::{Token, tokenize};
use minijinja::syntax::SyntaxConfig;

/// The most levels of an expression. Threads have stacks of 2 MiB, and a level takes up to 2 KiB of it when nothing is
/// optimised.
const MAX_DEPTH: usize = 250;
/// The most `elif`s in a template.
const MAX_ELIFS: usize = 200;
/// How often a template may build a value that it keeps: each time, it may put in what it had kept before.
const MAX_KEPT: usize = 300;
/// The most levels of recursive loops, and of the blocks around and in them.
pub(crate) const MAX_RECURSION: usize = 50;

/// Tells why a template is not to be read.
pub(crate) fn of_template(source: &str) -> Result<(), String> {
    look(source, false)
}

/// Tells why an expression without braces is not to be read.
pub(crate) fn of_expression(source: &str) -> Result<(), String> {
    look(source, true)
}

/// What stands between two brackets, or outside of any.
#[derive(Default)]
struct Level {
    /// Operators since the last comma: each takes what is before it as its part.
    chain: usize,
    /// The levels of the deepest brackets since the last comma.
    inner: usize,
    /// The levels of the deepest part before the last comma.
    before: usize,
}

impl Level {
    fn depth(&self) -> usize {
        self.before.max(self.chain + self.inner)
    }
}

fn look(source: &str, is_expression: bool) -> Result<(), String> {
    let mut levels = vec![Level::default()];
    let (mut elifs, mut kept, mut built, mut is_recursive) = (0, 0, 0, false);
    let (mut begins_tag, mut keeps) = (false, false);
    for token in tokenize(source, is_expression, SyntaxConfig::default()) {
        let token = match token {
            Ok((token, _)) => token,
            // The parser takes it for the end of an expression, whatever follows: people would read more than is run.
            Err(error) if is_expression => return Err(format!("can't be read: {error}")),
            // Of a template, the parser tells more.
            Err(_) => break,
        };
        let opens = matches!(token, Token::BracketOpen | Token::ParenOpen | Token::BraceOpen);
        if opens || matches!(token, Token::Pipe) {
            built += 1;
            kept += usize::from(keeps);
        }
        match token {
            Token::VariableStart | Token::BlockStart => levels = vec![Level::default()],
            Token::VariableEnd | Token::BlockEnd => keeps = false,
            Token::Ident(word) => {
                if begins_tag {
                    keeps = matches!(word, "set" | "with" | "for");
                    elifs += usize::from(word == "elif");
                }
                is_recursive |= word == "recursive";
                if matches!(word, "and" | "or" | "not" | "is" | "in" | "if" | "else") {
                    deepen(&mut levels)?;
                }
            }
            Token::Comma | Token::Colon | Token::Assign => {
                if let Some(level) = levels.last_mut() {
                    *level = Level { before: level.depth(), ..Level::default() };
                }
            }
            Token::BracketClose | Token::ParenClose | Token::BraceClose => {
                let depth = levels.pop().map_or(0, |level| level.depth());
                if levels.is_empty() {
                    levels.push(Level::default());
                }
                if let Some(level) = levels.last_mut() {
                    level.inner = level.inner.max(depth);
                }
                bounded(&levels)?;
            }
            Token::TemplateData(_)
            | Token::Str(_)
            | Token::String(_)
            | Token::Int(_)
            | Token::Int128(_)
            | Token::Float(_) => {}
            _ => {
                deepen(&mut levels)?;
                if opens {
                    levels.push(Level::default());
                }
            }
        }
        begins_tag = matches!(token, Token::BlockStart);
    }
    if elifs > MAX_ELIFS {
        return Err(format!("has more than {MAX_ELIFS} elif"));
    }
    // A recursive loop can build again what it is given, as often as it is nested.
    if kept > MAX_KEPT || (is_recursive && built > MAX_KEPT / MAX_RECURSION) {
        return Err(
            "builds too many values out of others: use fewer brackets and filters in set, with and for".to_owned()
        );
    }
    Ok(())
}

fn deepen(levels: &mut [Level]) -> Result<(), String> {
    if let Some(level) = levels.last_mut() {
        level.chain += 1;
    }
    bounded(levels)
}

fn bounded(levels: &[Level]) -> Result<(), String> {
    if levels.last().is_some_and(|level| level.depth() > MAX_DEPTH) {
        return Err(format!("is nested or chained more than {MAX_DEPTH} levels deep: use several steps or set"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::{Escape, Renderer, Scope, check_condition, is_true};

    /// Runs on a stack like those of the services' threads: what overflows it ends the tests.
    fn on_a_usual_stack(work: impl FnOnce() + Send + 'static) {
        let thread = std::thread::Builder::new().stack_size(2 * 1024 * 1024).spawn(work).expect("a thread");
        thread.join().expect("no panic");
    }

    fn text(template: &str) -> Result<String, String> {
        Renderer::new(&Scope::default(), Escape::No).text(template).map_err(|error| error.to_string())
    }

    const CHAINS: [(&str, &str, &str); 10] = [
        ("1", "+1", ""),
        ("1", " and 1", ""),
        ("1", "|abs", ""),
        ("inputs", ".a", ""),
        ("inputs", "[0]", ""),
        ("range", "()", ""),
        ("", "not ", "1"),
        ("", "-", "1"),
        ("1", " if 1 else 1", ""),
        ("1", " is odd", ""),
    ];

    #[test]
    fn long_chains_of_operators_are_refused_before_they_are_read() {
        on_a_usual_stack(|| {
            for (begin, link, end) in CHAINS {
                for length in [1000, 50_000] {
                    let chain = format!("{begin}{}{end}", link.repeat(length));
                    let refused = [check_condition(&chain), is_true(&chain, &Scope::default()).map(drop)];
                    for error in refused.map(|result| result.expect_err(link)) {
                        assert!(error.to_string().contains("levels deep"), "{link}: {error}");
                    }
                    assert!(text(&format!("a {{{{ {chain} }}}}")).expect_err(link).contains("levels deep"));
                }
            }
        });
    }

    #[test]
    fn nothing_stands_behind_the_end_of_an_expression() {
        for bad in ["inputs.a <= 1 ` and inputs.b", "1 `", "1 '", "1 \\"] {
            assert!(check_condition(bad).is_err() && is_true(bad, &Scope::default()).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_is_as_deep_as_may_be_is_read_and_run() {
        on_a_usual_stack(|| {
            for (begin, link, end) in CHAINS {
                let chain = format!("{begin}{}{end}", link.repeat(MAX_DEPTH / link.split(' ').count().max(1)));
                assert_eq!(of_expression(&chain), Ok(()), "{link}");
                let _ = (check_condition(&chain), is_true(&chain, &Scope::default()));
                let blocks = MAX_RECURSION - 5;
                let nested = format!(
                    "{}{{{{ {chain} }}}}{}",
                    "{% for i in [1] %}".repeat(blocks),
                    "{% endfor %}".repeat(blocks)
                );
                let _ = text(&nested);
            }
            let list = format!("{{{{ [{}] | length }}}}", "inputs is defined, ".repeat(2000));
            assert_eq!(text(&list), Ok("2000".to_owned()));
            let branches =
                format!("{{% if false %}}{}{{% else %}}x{{% endif %}}", "{% elif false %}".repeat(MAX_ELIFS));
            assert_eq!(text(&branches), Ok("x".to_owned()));
        });
    }

    #[test]
    fn no_template_builds_values_that_are_deeper_than_a_stack() {
        on_a_usual_stack(|| {
            let wrapping = |times| format!("{{% set x = 1 %}}{}", "{% set x = [x] %}".repeat(times));
            for shown in ["", "{{ x }}", "{{ x | tojson }}", "{{ x == [x] }}"] {
                assert!(text(&(wrapping(MAX_KEPT) + shown)).is_ok(), "{shown}");
                assert!(text(&(wrapping(10_000) + shown)).expect_err(shown).contains("builds too many values"));
            }
            let counted =
                "{% set ns = namespace(x=1) %}{% for i in range(100000) %}{% set ns.x = [ns.x] %}{% endfor %}";
            assert!(text(counted).expect_err("is refused").contains("namespace"));
            let brackets = format!("{}x{}", "[".repeat(100), "]".repeat(100));
            let recursive = format!("{{% for x in [1] recursive %}}{{{{ loop([{brackets}]) }}}}{{% endfor %}}");
            assert!(text(&recursive).expect_err("is refused").contains("builds too many values"));
            assert!(text("{% for x in [1] recursive %}{{ loop([[[x]]]) }}{% endfor %}").is_err(), "has no end");
            let elifs = format!("{{% if 1 %}}{}{{% endif %}}", "{% elif 0 %}".repeat(10_000));
            assert!(text(&elifs).expect_err("is refused").contains("elif"));
        });
    }
}
