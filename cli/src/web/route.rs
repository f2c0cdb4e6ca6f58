//! The table of an API: one row for each thing that can be asked.

use super::{Answer, Call, Problem};
use std::pin::Pin;
use std::rc::Rc;

/// What a handler gives.
pub(crate) type Answering = Pin<Box<dyn Future<Output = Result<Answer, Problem>>>>;

/// A value that a query may have.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Query {
    pub(crate) name: &'static str,
    /// Type in JSON Schema: `string`, `integer`, `number`, `boolean`.
    pub(crate) ty: &'static str,
    pub(crate) text: &'static str,
}

/// What is in a body.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Content {
    /// JSON of a schema that [`super::Service`] names.
    Json(&'static str),
    /// The same, or bytes in a content format of the caller's choice. None at all is fine too.
    JsonOrBytes(&'static str),
    /// The same as `Json`, or nothing.
    Optional(&'static str),
    /// Something else, by its media type.
    Other(&'static str),
    /// Nothing.
    Nothing,
}

/// One thing that can be asked of the state `S`.
///
/// In the path, `{name}` is one segment. `{path}` stands for `numbers` segments that are numbers
/// below 65536.
pub(crate) struct Route<S: 'static> {
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    /// The least and the most segments of `{path}`.
    pub(crate) numbers: (usize, usize),
    /// Its name in the OpenAPI document.
    pub(crate) name: &'static str,
    pub(crate) text: &'static str,
    pub(crate) query: &'static [Query],
    pub(crate) takes: Content,
    /// What it gives when all is well, by status.
    pub(crate) gives: &'static [(u16, Content)],
    pub(crate) handler: fn(Rc<S>, Call) -> Answering,
}

impl<S> std::fmt::Debug for Route<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

/// The names of what `{path}` stands for, one by one.
pub(super) const NUMBERS: [&str; 4] = ["object", "instance", "resource", "resource_instance"];

impl<S> Route<S> {
    /// What stands for the names of this route in a path; `None` if it is another route's.
    pub(super) fn fits(&self, path: &str) -> Option<Vec<(&'static str, String)>> {
        let mut parameters = Vec::new();
        let mut given = path.strip_prefix('/')?.split('/').peekable();
        for wanted in self.path.strip_prefix('/')?.split('/') {
            let Some(name) = wanted.strip_prefix('{').and_then(|name| name.strip_suffix('}'))
            else {
                if given.next()? != wanted {
                    return None;
                }
                continue;
            };
            if name != "path" {
                let text = super::call::decode(given.next()?).filter(|text| !text.is_empty())?;
                parameters.push((name, text));
                continue;
            }
            let mut numbers = String::new();
            let mut count = 0;
            while let Some(number) = given.next_if(|text| count < self.numbers.1 && is_number(text))
            {
                numbers.push('/');
                numbers.push_str(number);
                count += 1;
            }
            if count < self.numbers.0 {
                return None;
            }
            parameters.push((name, numbers));
        }
        given.next().is_none().then_some(parameters)
    }

    /// Its path as OpenAPI has it, once for each number of segments that `{path}` may stand for.
    pub(super) fn templates(&self) -> Vec<String> {
        if !self.path.contains("{path}") {
            return vec![self.path.to_owned()];
        }
        let of = |count: usize| {
            let names: Vec<String> =
                NUMBERS.iter().take(count).map(|name| format!("{{{name}}}")).collect();
            self.path.replace("{path}", &names.join("/"))
        };
        (self.numbers.0..=self.numbers.1).map(of).collect()
    }
}

fn is_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u16>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(path: &'static str, numbers: (usize, usize)) -> Route<()> {
        Route {
            method: "GET",
            path,
            numbers,
            name: "",
            text: "",
            query: &[],
            takes: Content::Nothing,
            gives: &[],
            handler: |_, _| Box::pin(async { Ok(Answer::nothing()) }),
        }
    }

    #[test]
    fn paths_find_their_routes() {
        let read = route("/api/clients/{endpoint}/{path}", (1, 4));
        let discover = route("/api/clients/{endpoint}/{path}/discover", (1, 3));
        let queue = route("/api/clients/{endpoint}/queue", (0, 0));
        let of = |route: &Route<()>, path| {
            let found = route.fits(path)?;
            Some(found.into_iter().map(|(_, value)| value).collect::<Vec<_>>().join(" "))
        };
        for (path, a, b, c) in [
            ("/api/clients/a/3/0", Some("a /3/0"), None, None),
            ("/api/clients/a%2Fb/3", Some("a/b /3"), None, None),
            ("/api/clients/a/3/discover", None, Some("a /3"), None),
            ("/api/clients/a/queue", None, None, Some("a")),
            ("/api/clients/a/1/2/3/4/5", None, None, None),
            ("/api/clients/a/65536", None, None, None),
            ("/api/clients/a/+1", None, None, None),
            ("/api/clients//3", None, None, None),
            ("/api/clients/a/3/", None, None, None),
        ] {
            assert_eq!(of(&read, path).as_deref(), a, "{path}");
            assert_eq!(of(&discover, path).as_deref(), b, "{path}");
            assert_eq!(of(&queue, path).as_deref(), c, "{path}");
        }
        assert_eq!(discover.templates().len(), 3);
    }
}
