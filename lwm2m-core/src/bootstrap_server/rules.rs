//! Who gets which configuration.

use super::configuration::{Configuration, Operation, Step, Task};
use super::event::OperationKind;
use crate::path::Path;
use crate::server::UsageError;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use m2m_base::container::{GrowingIndex, Handle, Index, Slab};

/// Whom a configuration is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rule<'a> {
    /// The endpoint of this name.
    Endpoint(&'a str),
    /// Every endpoint whose name matches, where `*` stands for any characters. A rule for the
    /// endpoint itself goes before patterns, the pattern with more other characters before those
    /// with fewer, and of equals the older.
    Pattern(&'a str),
}

/// A configuration as it is kept: as long as a rule or a session needs it.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) tasks: Vec<Task>,
    pub(super) place_accounts: bool,
    pub(super) pack: bool,
    pub(super) identified: bool,
    /// The endpoint that it is for, if it is for one.
    endpoint: Option<Box<str>>,
    /// The rule and the sessions that hold it.
    users: u32,
}

impl Kept {
    fn new(configuration: &Configuration<'_>) -> Result<Kept, UsageError> {
        let discover = Step::optional(Operation::Discover { path: Path::ROOT });
        let first = configuration.place_accounts.then_some(&discover);
        let finish = Step::new(Operation::Finish);
        let last = configuration.finish.then_some(&finish);
        let mut tasks = Vec::new();
        tasks
            .try_reserve_exact(configuration.steps.len().saturating_add(2))
            .map_err(|_| UsageError::Full)?;
        for step in first.into_iter().chain(configuration.steps).chain(last) {
            tasks.push(Task::new(step)?);
        }
        if u16::try_from(tasks.len()).is_err() {
            return Err(UsageError::TooLong);
        }
        let reads = |task: &Task| task.kind == OperationKind::Read;
        Ok(Kept {
            place_accounts: configuration.place_accounts,
            pack: configuration.pack && configuration.finish && !tasks.iter().any(reads),
            identified: configuration.identified,
            endpoint: None,
            users: 1,
            tasks,
        })
    }
}

#[derive(Debug)]
struct Pattern {
    text: Box<str>,
    handle: Handle,
}

/// The configurations of a bootstrap server.
#[derive(Debug)]
pub(super) struct Rules {
    kept: Slab<Kept>,
    by_endpoint: GrowingIndex,
    /// The most particular first.
    patterns: Vec<Pattern>,
    most: u32,
    /// How many a rule is for.
    count: u32,
    secret: u64,
}

impl Rules {
    /// With room for `most` rules, and for the configurations that sessions hold beside them.
    pub(super) fn new(most: u32, sessions: u32, secret: u64) -> Rules {
        Rules {
            kept: Slab::growing(most.saturating_add(sessions)),
            by_endpoint: GrowingIndex::new(),
            patterns: Vec::new(),
            most,
            count: 0,
            secret,
        }
    }

    pub(super) fn len(&self) -> u32 {
        self.count
    }

    pub(super) fn get(&self, handle: Handle) -> Option<&Kept> {
        self.kept.get(handle)
    }

    /// Keeps a configuration that no rule is for, held once.
    pub(super) fn add(&mut self, configuration: &Configuration<'_>) -> Result<Handle, UsageError> {
        let kept = Kept::new(configuration)?;
        self.kept.insert(kept).map_err(|_| UsageError::Full)
    }

    /// Sets the configuration of a rule.
    pub(super) fn set(
        &mut self,
        rule: Rule<'_>,
        configuration: &Configuration<'_>,
    ) -> Result<(), UsageError> {
        let (Rule::Endpoint(text) | Rule::Pattern(text)) = rule;
        if text.is_empty() || text.len() > 255 {
            return Err(UsageError::Syntax);
        }
        let found = self.find_rule(rule);
        if found.is_none() && self.count >= self.most {
            return Err(UsageError::Full);
        }
        let mut kept = Kept::new(configuration)?;
        let endpoint = matches!(rule, Rule::Endpoint(_));
        if endpoint {
            kept.endpoint = Some(owned(text)?);
        }
        let handle = self.kept.insert(kept).map_err(|_| UsageError::Full)?;
        self.remove(rule);
        let entered = if endpoint {
            self.by_endpoint.insert(self.hash(text), handle.index())
        } else {
            match owned(text) {
                Ok(text) if self.patterns.try_reserve(1).is_ok() => {
                    let order = |p: &Pattern| literals(&p.text) >= literals(&text);
                    let at = self.patterns.partition_point(order);
                    self.patterns.insert(at, Pattern { text, handle });
                    true
                }
                _ => false,
            }
        };
        if !entered {
            self.kept.remove(handle);
            return Err(UsageError::Full);
        }
        self.count = self.count.saturating_add(1);
        Ok(())
    }

    /// Removes a rule; sessions go on with what they hold. True if there was one.
    pub(super) fn remove(&mut self, rule: Rule<'_>) -> bool {
        let Some(handle) = self.find_rule(rule) else { return false };
        match rule {
            Rule::Endpoint(name) => {
                self.by_endpoint.remove(self.hash(name), handle.index());
                if let Some(kept) = self.kept.get_mut(handle) {
                    kept.endpoint = None;
                }
            }
            Rule::Pattern(_) => self.patterns.retain(|p| p.handle != handle),
        }
        self.count = self.count.saturating_sub(1);
        self.release(handle);
        true
    }

    fn hash(&self, name: &str) -> u64 {
        Index::mix_bytes(self.secret, name.as_bytes())
    }

    fn find_rule(&self, rule: Rule<'_>) -> Option<Handle> {
        match rule {
            Rule::Endpoint(name) => {
                let same = |slot| {
                    let kept = self.kept.at(slot).and_then(|(_, kept)| kept.endpoint.as_deref());
                    kept == Some(name)
                };
                self.kept.handle_at(self.by_endpoint.find(self.hash(name), same)?)
            }
            Rule::Pattern(text) => {
                self.patterns.iter().find(|p| *p.text == *text).map(|p| p.handle)
            }
        }
    }

    /// The configuration for an endpoint, held once more. `identified` says whether it is known to
    /// be this endpoint.
    pub(super) fn hold_for(&mut self, endpoint: &str, identified: bool) -> Option<Handle> {
        let named = self.find_rule(Rule::Endpoint(endpoint));
        let handle = named.or_else(|| {
            let found = self.patterns.iter().find(|p| matches(&p.text, endpoint));
            found.map(|p| p.handle)
        })?;
        let kept = self.kept.get_mut(handle).filter(|k| identified || !k.identified)?;
        kept.users = kept.users.saturating_add(1);
        Some(handle)
    }

    /// One that held it does so no more.
    pub(super) fn release(&mut self, handle: Handle) {
        let Some(kept) = self.kept.get_mut(handle) else { return };
        kept.users = kept.users.saturating_sub(1);
        if kept.users == 0 {
            self.kept.remove(handle);
        }
    }
}

/// A copy, allocated to its exact length.
pub(super) fn owned(text: &str) -> Result<Box<str>, UsageError> {
    let mut copy = String::new();
    copy.try_reserve_exact(text.len()).map_err(|_| UsageError::Full)?;
    copy.push_str(text);
    Ok(copy.into_boxed_str())
}

/// Characters of a pattern that stand for themselves.
fn literals(pattern: &str) -> usize {
    pattern.bytes().filter(|b| *b != b'*').count()
}

/// Does `name` match a pattern in which `*` stands for any characters?
fn matches(pattern: &str, name: &str) -> bool {
    let mut pieces = pattern.split('*');
    let Some(mut rest) = pieces.next().and_then(|first| name.strip_prefix(first)) else {
        return false;
    };
    let mut pieces = pieces.peekable();
    if pieces.peek().is_none() {
        return rest.is_empty();
    }
    // The first place for each piece is the best: it leaves most for the others.
    while let Some(piece) = pieces.next() {
        if pieces.peek().is_none() {
            return rest.ends_with(piece);
        }
        let Some((_, behind)) = rest.split_once(piece) else { return false };
        rest = behind;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_names() {
        for (pattern, name, expected) in [
            ("*", "", true),
            ("*", "a", true),
            ("a", "a", true),
            ("a", "ab", false),
            ("a*", "ab", true),
            ("a*", "ba", false),
            ("*a", "ba", true),
            ("*a", "ab", false),
            ("a*a", "a", false),
            ("a*a", "aa", true),
            ("urn:imei:*", "urn:imei:1234", true),
            ("urn:*:12*4", "urn:imei:1234", true),
            ("urn:*:12*4", "urn:imei:1235", false),
            ("**", "x", true),
            ("a**b", "a1b", true),
            ("*ab*ab*", "abab", true),
            ("*ab*ab*", "ab", false),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn the_most_particular_rule_counts() {
        let mut rules = Rules::new(4, 1, 7);
        let with = |n: u16| -> std::vec::Vec<Path> { (0..n).map(Path::object).collect() };
        let set = |rules: &mut Rules, rule, n| {
            let paths = with(n);
            let steps: std::vec::Vec<_> = paths.iter().map(|p| Step::delete(*p)).collect();
            let configuration =
                Configuration { place_accounts: false, ..Configuration::new(&steps) };
            rules.set(rule, &configuration)
        };
        set(&mut rules, Rule::Pattern("*"), 1).unwrap();
        set(&mut rules, Rule::Pattern("urn:dev:*"), 2).unwrap();
        set(&mut rules, Rule::Pattern("urn:*"), 3).unwrap();
        set(&mut rules, Rule::Endpoint("urn:dev:x"), 4).unwrap();
        assert_eq!(set(&mut rules, Rule::Pattern("no room"), 4), Err(UsageError::Full));
        let steps = |rules: &mut Rules, name| {
            let handle = rules.hold_for(name, false)?;
            let count = rules.get(handle).unwrap().tasks.len() - 1;
            rules.release(handle);
            Some(count)
        };
        assert_eq!(steps(&mut rules, "a"), Some(1));
        assert_eq!(steps(&mut rules, "urn:dev:y"), Some(2));
        assert_eq!(steps(&mut rules, "urn:dev:x"), Some(4));
        assert_eq!(steps(&mut rules, "urn:imei:1"), Some(3));
        // One is replaced while a session holds it.
        let held = rules.hold_for("urn:dev:x", false).unwrap();
        set(&mut rules, Rule::Endpoint("urn:dev:x"), 5).unwrap();
        assert_eq!(rules.get(held).unwrap().tasks.len(), 5);
        rules.release(held);
        assert!(rules.get(held).is_none());
        assert_eq!(steps(&mut rules, "urn:dev:x"), Some(5));
        assert!(rules.remove(Rule::Endpoint("urn:dev:x")));
        assert!(!rules.remove(Rule::Endpoint("urn:dev:x")));
        assert_eq!(steps(&mut rules, "urn:dev:x"), Some(2));
        assert!(rules.remove(Rule::Pattern("*")));
        assert_eq!(steps(&mut rules, "a"), None);
        assert_eq!((rules.len(), rules.kept.len()), (2, 2));
    }
}
