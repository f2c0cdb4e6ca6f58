//! The walk over the rows.

use super::fault::{AttributeFault, Fault, Wanted};
use super::schema::Shape;
use super::{Cardinality, Kind, Optionality, value};
use crate::ReleaseVersion;
use crate::json::Raw;

/// Which change a representation is for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Change {
    /// CREATE.
    Create,
    /// UPDATE.
    Update,
}

/// How large attributes may be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Bytes of a string.
    pub text_bytes: usize,
    /// Bytes of a resource name.
    pub name_bytes: usize,
    /// Bytes of an attribute that may be any JSON, such as the content of a contentInstance.
    pub content_bytes: usize,
    /// Elements of a list.
    pub list_elements: usize,
    /// Levels of objects and arrays in an attribute that may be any JSON.
    pub depth: usize,
}

impl Default for Limits {
    /// 64 KiB for a string, 255 bytes for a name, 1 MiB for content, 65,536 elements, 32 levels.
    fn default() -> Limits {
        Limits {
            text_bytes: 1 << 16,
            name_bytes: 255,
            content_bytes: 1 << 20,
            list_elements: 1 << 16,
            depth: 32,
        }
    }
}

/// Checks `representation`, the object behind the member name, for a change of a resource of
/// this shape.
pub(crate) fn check(
    shape: Shape<'_>,
    change: Change,
    release: ReleaseVersion,
    representation: Raw<'_>,
    limits: &Limits,
) -> Result<(), AttributeFault> {
    let mut mandatory = 0;
    for (name, value) in representation.members() {
        let fail = |fault| Err(AttributeFault::new(fault, name));
        let Some(row) = shape.find(name) else { return fail(Fault::Unknown) };
        let optionality = match change {
            Change::Create => row.create,
            Change::Update => row.update,
        };
        mandatory += usize::from(optionality == Optionality::M && is_due(name, release));
        if optionality == Optionality::NP {
            return fail(Fault::NotAllowed);
        }
        // The creator is written by the hosting CSE; null asks for it (TS-0001 table 9.6.1.3.2-1).
        if name == "cr" {
            if value.is_null() {
                continue;
            }
            return fail(Fault::BadValue(Wanted::Null));
        }
        if value.is_null() {
            let removable = row.cardinality != Cardinality::One;
            // Peers announce attributes that the original does not have as null.
            if shape.announced && removable && change == Change::Create {
                continue;
            }
            if change == Change::Update && removable {
                continue;
            }
            return fail(Fault::Null);
        }
        if !matches!(row.kind, Kind::Text) || !value.is_string() {
            value::check(row.kind, value, limits).map_err(|e| e.within(name))?;
        } else if value.text_len() > limits.text_bytes {
            return fail(Fault::TooLong);
        }
    }
    if change == Change::Create
        && mandatory < shape.mandatory(release)
        && let Some(name) = shape.first_missing(representation, release)
    {
        return Err(AttributeFault::new(Fault::Missing, name));
    }
    Ok(())
}

/// Whether a mandatory attribute is so in `release`: attribute `srv` came with release 2A.
pub(super) fn is_due(name: &str, release: ReleaseVersion) -> bool {
    name != "srv" || !matches!(release, ReleaseVersion::R1 | ReleaseVersion::R2)
}
