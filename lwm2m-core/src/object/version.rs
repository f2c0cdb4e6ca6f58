//! Versions of the enabler and of objects (Core 7.2.2).

use core::fmt;
use m2m_base::decimal::write_u64;
use m2m_base::{Full, Sink};

/// Text is not a version.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct VersionError;

impl fmt::Display for VersionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a version")
    }
}

impl core::error::Error for VersionError {}

/// Version of the LwM2M enabler: what a client registers with (`lwm2m=1.1`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum Version {
    /// 1.0
    V1_0 = 0,
    /// 1.1
    V1_1 = 1,
    /// 1.2, also 1.2.1 and 1.2.2
    V1_2 = 2,
}

impl Version {
    /// Reads `1.0`, `1.1` or `1.2`. Devices exist that say `1` and mean 1.0.
    ///
    /// # Errors
    /// [`VersionError`] for anything else: a server answers 4.12.
    pub fn parse(text: &str) -> Result<Version, VersionError> {
        Version::of(text.as_bytes()).ok_or(VersionError)
    }

    /// The same, of bytes.
    pub(crate) fn of(text: &[u8]) -> Option<Version> {
        Some(match text {
            b"1" | b"1.0" => Version::V1_0,
            b"1.1" => Version::V1_1,
            b"1.2" => Version::V1_2,
            _ => return None,
        })
    }

    /// `1.0`, `1.1`, `1.2`
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Version::V1_0 => "1.0",
            Version::V1_1 => "1.1",
            Version::V1_2 => "1.2",
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Version of an object: `major.minor`. Another major version is another, incompatible object.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ObjectVersion {
    /// Left of the dot.
    pub major: u8,
    /// Right of the dot.
    pub minor: u8,
}

impl ObjectVersion {
    /// 1.0, the version of an object that tells none and is not one of the enabler's.
    pub const DEFAULT: ObjectVersion = ObjectVersion::new(1, 0);

    /// `major.minor`
    #[must_use]
    pub const fn new(major: u8, minor: u8) -> Self {
        ObjectVersion { major, minor }
    }

    /// Reads `1.1`: two numbers of 0 to 255.
    ///
    /// # Errors
    /// [`VersionError`] for anything else.
    pub fn parse(text: &str) -> Result<Self, VersionError> {
        let (major, minor) = text.split_once('.').ok_or(VersionError)?;
        let number = |text: &str| {
            let id = crate::path::parse_id(text.as_bytes()).map_err(|_| VersionError)?;
            u8::try_from(id).map_err(|_| VersionError)
        };
        Ok(ObjectVersion { major: number(major)?, minor: number(minor)? })
    }

    /// Writes `1.1`.
    ///
    /// # Errors
    /// [`Full`] if the sink is.
    pub fn write(self, sink: &mut dyn Sink) -> Result<(), Full> {
        write_u64(sink, u64::from(self.major))?;
        sink.put_u8(b'.')?;
        write_u64(sink, u64::from(self.minor))
    }

    /// The version that an object has when a client of this enabler version does not tell one
    /// (Core 1.2.2 table 7.2.2-1): the enabler's for the objects of the enabler, 1.0 for others.
    #[must_use]
    pub const fn implied(object: u16, enabler: Version) -> ObjectVersion {
        let minor = match (object, enabler) {
            (0 | 1 | 3, _) => enabler as u8,
            (2, Version::V1_2) => 1,
            (4, Version::V1_1) => 2,
            (4, Version::V1_2) => 3,
            (5, Version::V1_2) => 1,
            (21, Version::V1_2) => return ObjectVersion::new(2, 0),
            _ => 0,
        };
        ObjectVersion::new(1, minor)
    }
}

impl fmt::Display for ObjectVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::ToString;
    use std::vec::Vec;

    #[test]
    fn enabler_versions() {
        assert_eq!(Version::parse("1"), Ok(Version::V1_0));
        for version in [Version::V1_0, Version::V1_1, Version::V1_2] {
            assert_eq!(Version::parse(version.as_str()), Ok(version));
        }
        for text in ["", "2.0", "1.3", "1.1.1", "01.0", "1.", " 1.1"] {
            assert_eq!(Version::parse(text), Err(VersionError), "{text}");
        }
    }

    #[test]
    fn object_versions() {
        for text in ["1.0", "2.11", "255.255"] {
            let version = ObjectVersion::parse(text).unwrap();
            assert_eq!(version.to_string(), text);
            let mut out = Vec::new();
            version.write(&mut out).unwrap();
            assert_eq!(out, text.as_bytes());
        }
        for text in ["", "1", "1.", ".1", "1.256", "1.0.0", "a.b", "-1.0"] {
            assert_eq!(ObjectVersion::parse(text), Err(VersionError), "{text}");
        }
    }

    #[test]
    fn table_of_implied_versions() {
        for (object, expected) in [
            (0, ["1.0", "1.1", "1.2"]),
            (1, ["1.0", "1.1", "1.2"]),
            (2, ["1.0", "1.0", "1.1"]),
            (3, ["1.0", "1.1", "1.2"]),
            (4, ["1.0", "1.2", "1.3"]),
            (5, ["1.0", "1.0", "1.1"]),
            (6, ["1.0", "1.0", "1.0"]),
            (21, ["1.0", "1.0", "2.0"]),
            (3303, ["1.0", "1.0", "1.0"]),
        ] {
            for (enabler, text) in
                [Version::V1_0, Version::V1_1, Version::V1_2].iter().zip(expected)
            {
                assert_eq!(ObjectVersion::implied(object, *enabler).to_string(), text);
            }
        }
    }
}
