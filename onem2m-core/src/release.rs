//! Release version indicator (m2m:releaseVersion, TS-0004 table 6.3.3-1). Parameter `rvi`.

#[cfg(feature = "alloc")]
mod known;

use core::fmt;

#[cfg(feature = "alloc")]
pub use known::TooNew;

/// Release of the standard that a primitive complies with.
///
/// A primitive without the parameter is of release 1, which did not have it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum ReleaseVersion {
    /// Release 1.
    #[default]
    R1,
    /// Release 2.
    R2,
    /// Release 2A.
    R2A,
    /// Release 3.
    R3,
    /// Release 4.
    R4,
    /// Release 5.
    R5,
    /// A release without a name here. A receiver answers it with RELEASE_VERSION_NOT_SUPPORTED
    /// (4001), for which it must be readable.
    Unknown(UnknownRelease),
}

/// An indicator that names no release known here: one or two letters or digits, the size that
/// option oneM2M-RVI allows (TS-0008 table 6.2.2.4.0-1).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct UnknownRelease {
    text: [u8; 2],
    len: u8,
}

/// The text is no release version indicator: not one or two ASCII letters or digits.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not a release version indicator")]
pub struct ReleaseError;

const NAMES: [(ReleaseVersion, &str); 6] = [
    (ReleaseVersion::R1, "1"),
    (ReleaseVersion::R2, "2"),
    (ReleaseVersion::R2A, "2a"),
    (ReleaseVersion::R3, "3"),
    (ReleaseVersion::R4, "4"),
    (ReleaseVersion::R5, "5"),
];

impl UnknownRelease {
    fn as_str(&self) -> &str {
        let text = self.text.get(..usize::from(self.len)).unwrap_or(&[]);
        core::str::from_utf8(text).unwrap_or("")
    }
}

impl ReleaseVersion {
    /// Every named release, the oldest first.
    pub const ALL: [ReleaseVersion; 6] = [
        ReleaseVersion::R1,
        ReleaseVersion::R2,
        ReleaseVersion::R2A,
        ReleaseVersion::R3,
        ReleaseVersion::R4,
        ReleaseVersion::R5,
    ];

    /// Reads an indicator.
    ///
    /// # Errors
    /// [`ReleaseError`] if it is not one or two ASCII letters or digits.
    pub fn parse(text: &str) -> Result<ReleaseVersion, ReleaseError> {
        if let Some((release, _)) = NAMES.iter().find(|(_, name)| *name == text) {
            return Ok(*release);
        }
        let bytes = match *text.as_bytes() {
            [a] => ([a, 0], 1),
            [a, b] => ([a, b], 2),
            _ => return Err(ReleaseError),
        };
        if !text.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err(ReleaseError);
        }
        Ok(ReleaseVersion::Unknown(UnknownRelease { text: bytes.0, len: bytes.1 }))
    }

    /// Its place in the order of the releases. A release without a name is newer than all others.
    const fn rank(self) -> u8 {
        match self {
            ReleaseVersion::R1 => 1,
            ReleaseVersion::R2 => 2,
            ReleaseVersion::R2A => 3,
            ReleaseVersion::R3 => 4,
            ReleaseVersion::R4 => 5,
            ReleaseVersion::R5 => 6,
            ReleaseVersion::Unknown(_) => 7,
        }
    }

    /// Whether it has what came with release `other`: it is that one or a later one.
    #[must_use]
    pub const fn includes(self, other: ReleaseVersion) -> bool {
        self.rank() >= other.rank()
    }

    /// The indicator on the wire.
    #[must_use]
    pub fn as_str(&self) -> &str {
        if let ReleaseVersion::Unknown(unknown) = self {
            return unknown.as_str();
        }
        NAMES.iter().find(|(release, _)| release == self).map_or("", |(_, name)| name)
    }
}

impl fmt::Display for ReleaseVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ts_0004_6_3_3_release_versions() {
        let names: std::vec::Vec<_> = ReleaseVersion::ALL.iter().map(|r| r.as_str()).collect();
        assert_eq!(names, ["1", "2", "2a", "3", "4", "5"]);
        assert_eq!(ReleaseVersion::parse("2a"), Ok(ReleaseVersion::R2A));
        let six = ReleaseVersion::parse("6").unwrap();
        assert!(matches!(six, ReleaseVersion::Unknown(_)));
        assert_eq!(six.as_str(), "6");
        // Case counts: "all strings in oneM2M are case sensitive" (clause 6.3.1).
        assert!(matches!(ReleaseVersion::parse("2A"), Ok(ReleaseVersion::Unknown(_))));
        for bad in ["", " ", "2.", "2a1", "ä", "3 "] {
            assert_eq!(ReleaseVersion::parse(bad), Err(ReleaseError), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_read_is_written(text in "\\PC{0,3}") {
            if let Ok(release) = ReleaseVersion::parse(&text) {
                prop_assert_eq!(release.as_str(), text);
            }
        }
    }
}
