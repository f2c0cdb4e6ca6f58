//! Expressions over labels of the form `key` or `key:value` (labelsQuery, TS-0004 clause
//! 7.3.3.17.16).

use alloc::string::String;
use alloc::vec::Vec;

/// Expressions separated by commas; one that holds is enough.
#[derive(Debug)]
pub(in crate::cse) struct LabelQuery(Vec<Expression>);

#[derive(Debug)]
struct Expression {
    key: String,
    test: Test,
}

#[derive(Debug)]
enum Test {
    /// The key is there, or not.
    Key(bool),
    /// One of the pairs with the key has one of the values.
    Among(Vec<String>),
    /// There are pairs with the key, and none has one of the values.
    NotAmong(Vec<String>),
}

impl LabelQuery {
    pub(in crate::cse) fn parse(text: &str) -> Option<LabelQuery> {
        let (mut expressions, mut depth, mut from) = (Vec::new(), 0usize, 0);
        for (at, byte) in text.bytes().enumerate() {
            match byte {
                b'(' => depth += 1,
                b')' => depth = depth.checked_sub(1)?,
                b',' if depth == 0 => {
                    expressions.push(Expression::parse(text.get(from..at)?)?);
                    from = at + 1;
                }
                _ => {}
            }
        }
        expressions.push(Expression::parse(text.get(from..)?)?);
        (depth == 0).then_some(LabelQuery(expressions))
    }

    /// Whether labels fulfil it.
    pub(in crate::cse) fn holds(&self, labels: &[&str]) -> bool {
        self.0.iter().any(|expression| expression.holds(labels))
    }
}

impl Expression {
    fn parse(text: &str) -> Option<Expression> {
        let text = text.trim();
        let (first, rest) = match text.split_once(char::is_whitespace) {
            Some((first, rest)) => (first, rest.trim()),
            None => (text, ""),
        };
        if first.is_empty() {
            return None;
        }
        if rest.is_empty() {
            return Some(match first.split_once(':') {
                Some((key, value)) => {
                    Expression { key: key.into(), test: Test::Among([value.into()].into()) }
                }
                None => Expression { key: first.into(), test: Test::Key(true) },
            });
        }
        if first == "NT" {
            let one = !rest.contains(char::is_whitespace);
            return one.then(|| Expression { key: rest.into(), test: Test::Key(false) });
        }
        let (operator, operand) = match rest.split_once([' ', '(']) {
            // The parenthesis is part of the operand.
            Some((operator, _)) => (operator, rest.get(operator.len()..)?.trim()),
            None => return None,
        };
        let one = || -> Vec<String> { [operand.into()].into() };
        let several = || -> Option<Vec<String>> {
            let inner = operand.strip_prefix('(')?.strip_suffix(')')?;
            Some(inner.split(',').map(|value| String::from(value.trim())).collect())
        };
        let test = match operator {
            "EQ" => Test::Among(one()),
            "NE" => Test::NotAmong(one()),
            "IN" => Test::Among(several()?),
            "NI" => Test::NotAmong(several()?),
            _ => return None,
        };
        Some(Expression { key: first.into(), test })
    }

    fn holds(&self, labels: &[&str]) -> bool {
        let values = || {
            let pairs = labels.iter().filter_map(|label| label.split_once(':'));
            pairs.filter(|(key, _)| *key == self.key).map(|(_, value)| value)
        };
        let named = || labels.iter().any(|label| **label == *self.key) || values().next().is_some();
        let among = |list: &[String]| values().any(|value| list.iter().any(|own| *own == value));
        match &self.test {
            Test::Key(wanted) => named() == *wanted,
            Test::Among(list) => among(list),
            Test::NotAmong(list) => values().next().is_some() && !among(list),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ts_0004_7_3_3_17_16_label_expressions() {
        for (query, labels, expected) in [
            ("color", &["color"][..], true),
            ("color", &["color:red"], true),
            ("color", &["colors"], false),
            ("NT color", &["size:1"], true),
            ("NT color", &["color:red"], false),
            ("color EQ red", &["color:red"], true),
            ("color:red", &["color:green", "color:red"], true),
            ("color EQ red", &["red"], false),
            ("color NE red", &["color:green"], true),
            ("color NE red", &["color:green", "color:red"], false),
            ("color NE red", &["size:1"], false),
            ("color IN (red, green)", &["color:green"], true),
            ("color IN(red,green)", &["color:blue"], false),
            ("color NI (red, green)", &["color:blue"], true),
            ("color NI (red, green)", &["color:blue", "color:red"], false),
            ("size EQ 1, color IN (red, blue)", &["color:blue"], true),
        ] {
            assert_eq!(LabelQuery::parse(query).unwrap().holds(labels), expected, "{query}");
        }
    }

    #[test]
    fn what_is_no_label_expression() {
        for text in ["", " ", ",", "a,", "a EQ", "a XX b", "a IN b", "a IN (b", "a)", "NT a b"] {
            assert!(LabelQuery::parse(text).is_none(), "{text}");
        }
    }
}
