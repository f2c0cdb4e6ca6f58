//! Conditions on JSON content (contentFilterQuery in the jsonpath syntax of TS-0001 annex J).

use crate::json::Raw;
use alloc::string::String;
use alloc::vec::Vec;
use core::cmp::Ordering;

/// Comparisons joined by AND within, OR between the lists.
#[derive(Debug)]
pub(in crate::cse) struct ContentQuery(Vec<Vec<Comparison>>);

#[derive(Debug)]
struct Comparison {
    path: Vec<Step>,
    operator: Operator,
    operand: Operand,
}

#[derive(Debug)]
enum Step {
    Member(String),
    Element(usize),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Operator {
    Eq,
    Ne,
    Gt,
    Lt,
    Ge,
    Le,
    Match,
}

#[derive(Debug)]
enum Operand {
    Text(String),
    Number(f64),
}

impl ContentQuery {
    pub(in crate::cse) fn parse(text: &str) -> Option<ContentQuery> {
        let mut words = words(text)?.into_iter();
        let mut alternatives = Vec::new();
        let mut all = Vec::new();
        loop {
            let path = path(&words.next()?)?;
            let operator = match words.next()?.as_str() {
                "EQ" => Operator::Eq,
                "NE" => Operator::Ne,
                "GT" => Operator::Gt,
                "LT" => Operator::Lt,
                "GE" => Operator::Ge,
                "LE" => Operator::Le,
                "MATCH" => Operator::Match,
                _ => return None,
            };
            let operand = operand(&words.next()?, operator)?;
            all.push(Comparison { path, operator, operand });
            match words.next().as_deref() {
                None => {
                    alternatives.push(all);
                    return Some(ContentQuery(alternatives));
                }
                Some("AND") => {}
                Some("OR") => alternatives.push(core::mem::take(&mut all)),
                Some(_) => return None,
            }
        }
    }

    /// Whether content fulfils it.
    pub(in crate::cse) fn holds(&self, content: Raw<'_>) -> bool {
        self.0.iter().any(|all| all.iter().all(|comparison| comparison.holds(content)))
    }
}

/// The words of a query; what is in quotes belongs to its word, with the quotes.
fn words(text: &str) -> Option<Vec<String>> {
    let (mut words, mut word, mut quoted) = (Vec::new(), String::new(), false);
    for character in text.chars() {
        quoted ^= character == '"';
        if character.is_whitespace() && !quoted {
            if !word.is_empty() {
                words.push(core::mem::take(&mut word));
            }
        } else {
            word.push(character);
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    (!quoted).then_some(words)
}

fn path(word: &str) -> Option<Vec<Step>> {
    let mut rest = word.strip_prefix('$')?;
    let mut steps = Vec::new();
    while !rest.is_empty() {
        if let Some(inner) = rest.strip_prefix('[') {
            let (index, after) = inner.split_once(']')?;
            steps.push(Step::Element(index.parse().ok()?));
            rest = after;
        } else if let Some(quoted) = rest.strip_prefix(".\"") {
            let (name, after) = quoted.split_once('"')?;
            steps.push(Step::Member(name.into()));
            rest = after;
        } else {
            let plain = rest.strip_prefix('.')?;
            let end = plain.find(['.', '[']).unwrap_or(plain.len());
            let (name, after) = plain.split_at_checked(end)?;
            if name.is_empty() {
                return None;
            }
            steps.push(Step::Member(name.into()));
            rest = after;
        }
    }
    Some(steps)
}

fn operand(word: &str, operator: Operator) -> Option<Operand> {
    let text = word.strip_prefix('"').and_then(|word| word.strip_suffix('"'));
    let either = matches!(operator, Operator::Eq | Operator::Ne);
    match (text, word.parse::<f64>()) {
        (Some(text), _) if either || operator == Operator::Match => {
            Some(Operand::Text(text.into()))
        }
        (None, Ok(number)) if operator != Operator::Match => Some(Operand::Number(number)),
        _ => None,
    }
}

impl Comparison {
    fn holds(&self, content: Raw<'_>) -> bool {
        let mut at = content;
        for step in &self.path {
            let next = match step {
                Step::Member(name) => at.member(name),
                Step::Element(index) => at.elements().nth(*index),
            };
            let Some(next) = next else { return false };
            at = next;
        }
        match &self.operand {
            Operand::Text(wanted) => {
                let Some(text) = at.as_text() else { return false };
                match self.operator {
                    Operator::Match => text.contains(wanted.as_str()),
                    Operator::Ne => text != *wanted,
                    _ => text == *wanted,
                }
            }
            Operand::Number(wanted) => {
                let Some(number) = at.as_f64() else { return false };
                match self.operator {
                    Operator::Ne => number.partial_cmp(wanted) != Some(Ordering::Equal),
                    Operator::Gt => number > *wanted,
                    Operator::Lt => number < *wanted,
                    Operator::Ge => number >= *wanted,
                    Operator::Le => number <= *wanted,
                    Operator::Eq | Operator::Match => {
                        number.partial_cmp(wanted) == Some(Ordering::Equal)
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ts_0001_j_2_jsonpath_queries() {
        let content = r#"{"a":{"b":[1,{"c d":"hello"}]},"n":-2.5,"t":true}"#;
        for (query, expected) in [
            ("$.n EQ -2.5", true),
            ("$.n GT -3", true),
            ("$.n GE 0", false),
            ("$.n LT 0 AND $.a.b[0] EQ 1", true),
            ("$.n LT 0 AND $.a.b[0] NE 1", false),
            ("$.n GT 0 OR $.a.b[1].\"c d\" MATCH \"ell\"", true),
            ("$.a.b[1].\"c d\" EQ \"hello\"", true),
            ("$.a.b[1].\"c d\" NE \"hello\"", false),
            ("$.a.b[2] EQ 1", false),
            ("$.t EQ \"true\"", false),
            ("$.none NE 1", false),
        ] {
            let parsed = ContentQuery::parse(query).unwrap();
            assert_eq!(parsed.holds(Raw::new(content)), expected, "{query}");
        }
    }

    #[test]
    fn what_is_no_query() {
        for text in [
            "",
            "$.a",
            "$.a EQ",
            "a EQ 1",
            "$.a XX 1",
            "$.a GT \"x\"",
            "$.a MATCH 1",
            "$.a EQ 1 AND",
            "$.a EQ 1 XOR $.b EQ 2",
            "$..a EQ 1",
            "$[x] EQ 1",
            "$.a EQ \"x",
        ] {
            assert!(ContentQuery::parse(text).is_none(), "{text}");
        }
    }
}
