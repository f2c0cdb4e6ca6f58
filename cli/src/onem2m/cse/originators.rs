//! What the CSE is told about originators (`--originators`): a file in JSON.

use crate::failure::{Failure, USAGE};
use onem2m_core::cse::{CountryCode, Position, Surroundings};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

/// One originator, as it stands in the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Known {
    /// Latitude and longitude in degrees.
    position: Option<(f64, f64)>,
    country: Option<String>,
    #[serde(default)]
    users: Vec<String>,
}

/// Reads the file.
pub(super) fn read(file: &Path) -> Result<Vec<(String, Surroundings)>, Failure> {
    let name = file.display();
    let text = std::fs::read_to_string(file)
        .map_err(|error| Failure::io(format_args!("cannot read {name}"), &error))?;
    parse(&text).map_err(|error| Failure::new(format!("{name}: {error}")).exits(USAGE))
}

fn parse(text: &str) -> Result<Vec<(String, Surroundings)>, String> {
    let all: BTreeMap<String, Known> =
        serde_json::from_str(text).map_err(|error| error.to_string())?;
    let one = |(id, known): (String, Known)| {
        let position = match known.position {
            Some((latitude, longitude)) => Some(
                Position::new(latitude, longitude)
                    .ok_or(format!("{id}: position is [latitude, longitude] in degrees"))?,
            ),
            None => None,
        };
        let country = match &known.country {
            Some(code) => Some(
                CountryCode::parse(code)
                    .ok_or(format!("{id}: country is two upper-case letters"))?,
            ),
            None => None,
        };
        Ok((id, Surroundings { position, country, users: known.users }))
    };
    all.into_iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_originators() {
        let text = r#"{"Cvan": {"position": [48.1, 11.5], "country": "DE"},
            "/id-mn/Capp": {"users": ["alice"]}}"#;
        let all = parse(text).unwrap();
        assert_eq!(all[0].0, "/id-mn/Capp");
        assert_eq!(all[0].1.users, ["alice"]);
        assert_eq!(all[1].1.position, Position::new(48.1, 11.5));
        assert_eq!(all[1].1.country, CountryCode::parse("DE"));
        for bad in [
            "[]",
            r#"{"Cvan": {"position": [91, 0]}}"#,
            r#"{"Cvan": {"position": [1]}}"#,
            r#"{"Cvan": {"country": "de"}}"#,
            r#"{"Cvan": {"colour": "red"}}"#,
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
