//! Commands that a user types while the device runs.

use crate::lwm2m::server::values::Owned;
use lwm2m_core::{DataType, Path};
use serde_json::Value as Json;
use std::io::BufRead;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// What `help` says.
pub(super) const HELP: &str = "\
get PATH              show a value, or all below a path: get /3303/0/5700, get /3
set PATH VALUE        set a value; servers that observe it are told
list [PATH]           show what there is
send PATH...          Send values to the servers
update                tell the servers that the device is still there
offline | online      be out of reach for a while
bootstrap             ask the bootstrap server for a bootstrap
reboot                forget all but the configuration, and begin anew
quit                  de-register and end";

/// A command.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Command {
    Get(Path),
    Set(Path, String),
    Send(Vec<Path>),
    Update,
    Online(bool),
    Bootstrap,
    Reboot,
    Help,
    Quit,
}

impl Command {
    /// Reads a line; an empty one is no command. The error is in words.
    pub(super) fn parse(line: &str) -> Result<Option<Command>, String> {
        let line = line.trim();
        let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let rest = rest.trim();
        let path = |text: &str| {
            Path::parse(text).map_err(|_| format!("{text:?} is no path such as /3303/0/5700"))
        };
        let alone = |command: Command| match rest {
            "" => Ok(Some(command)),
            _ => Err(format!("{word} takes nothing else")),
        };
        match word {
            "" => Ok(None),
            "get" if rest.is_empty() => Err("get takes a path".to_owned()),
            "list" if rest.is_empty() => Ok(Some(Command::Get(Path::ROOT))),
            "get" | "list" => Ok(Some(Command::Get(path(rest)?))),
            "set" => {
                let (at, value) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
                let at = path(at)?;
                match value.trim() {
                    "" => Err("set takes a path and a value".to_owned()),
                    value => Ok(Some(Command::Set(at, value.to_owned()))),
                }
            }
            "send" if rest.is_empty() => Err("send takes one path or several".to_owned()),
            "send" => {
                let paths = rest.split_whitespace().map(path).collect::<Result<_, _>>()?;
                Ok(Some(Command::Send(paths)))
            }
            "update" => alone(Command::Update),
            "offline" => alone(Command::Online(false)),
            "online" => alone(Command::Online(true)),
            "bootstrap" => alone(Command::Bootstrap),
            "reboot" => alone(Command::Reboot),
            "help" | "?" => alone(Command::Help),
            "quit" | "exit" => alone(Command::Quit),
            _ => Err(format!("there is no command {word:?}; help shows them")),
        }
    }
}

/// What a user typed as a value of a type: text needs no quotation marks.
pub(super) fn value(text: &str, ty: Option<DataType>) -> Result<Owned, String> {
    let is_text = matches!(
        ty,
        Some(
            DataType::String
                | DataType::CoreLink
                | DataType::Opaque
                | DataType::ObjectLink
                | DataType::Time
        )
    );
    let json = match serde_json::from_str::<Json>(text) {
        Ok(json) if !is_text || json.is_string() => json,
        Ok(json) if ty == Some(DataType::Time) => json,
        _ => Json::String(text.to_owned()),
    };
    Owned::read(&json, ty)
}

/// Lines of standard input, read by a thread of its own: it cannot be waited for otherwise.
pub(super) fn lines() -> UnboundedReceiver<String> {
    let (to, lines) = unbounded_channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines() {
            if line.is_err() || line.is_ok_and(|line| to.send(line).is_err()) {
                return;
            }
        }
    });
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_commands() {
        let path = |text| Path::parse(text).unwrap();
        for (line, command) in [
            ("get /3303/0/5700", Command::Get(path("/3303/0/5700"))),
            ("  list  ", Command::Get(Path::ROOT)),
            ("list /3", Command::Get(path("/3"))),
            ("set /3/0/15  Europe/Zurich ", Command::Set(path("/3/0/15"), "Europe/Zurich".into())),
            ("send /3/0/9 /3303", Command::Send(vec![path("/3/0/9"), path("/3303")])),
            ("update", Command::Update),
            ("offline", Command::Online(false)),
            ("online", Command::Online(true)),
            ("quit", Command::Quit),
        ] {
            assert_eq!(Command::parse(line), Ok(Some(command)), "{line}");
        }
        assert_eq!(Command::parse("   "), Ok(None));
        for (line, words) in [
            ("get", "takes a path"),
            ("get x", "no path"),
            ("set /3/0/15", "a value"),
            ("send", "one path"),
            ("update now", "nothing else"),
            ("dance", "no command \"dance\""),
        ] {
            let error = Command::parse(line).unwrap_err();
            assert!(error.contains(words), "{line}: {error}");
        }
    }

    #[test]
    fn values_as_they_are_typed() {
        use lwm2m_core::Value;
        for (text, ty, expected) in [
            ("21.5", DataType::Float, Value::Float(21.5)),
            ("21", DataType::Float, Value::Float(21.0)),
            ("-3", DataType::Integer, Value::Integer(-3)),
            ("true", DataType::Boolean, Value::Boolean(true)),
            ("true", DataType::String, Value::string("true")),
            ("a b", DataType::String, Value::string("a b")),
            ("\"a b\"", DataType::String, Value::string("a b")),
            ("12", DataType::Time, Value::Time(12)),
        ] {
            assert_eq!(value(text, Some(ty)).unwrap().value(), expected, "{text} {ty:?}");
        }
        assert!(value("hot", Some(DataType::Float)).is_err());
        assert!(value("1.5", Some(DataType::Integer)).is_err());
    }
}
