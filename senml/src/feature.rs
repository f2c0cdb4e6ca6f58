//! Versions as sets of features (RFC 9100).
//!
//! The number in `bver` is a bit field: bit n stands for the feature with code n. Version 10 has
//! the bits 1 and 3, which every version has.

use crate::{Rules, VERSION};

/// A feature: its code, below 53.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub struct Feature(u8);

/// Units of RFC 8798 in `u` and `bu` (RFC 9100 section 4).
pub const SECONDARY_UNITS: Feature = Feature(4);

/// The registered features and their names (RFC 9100 section 6).
pub const FEATURES: &[(Feature, &str)] = &[
    (Feature(0), "Reserved0"),
    (Feature(1), "Reserved1"),
    (Feature(2), "Reserved2"),
    (Feature(3), "Reserved3"),
    (SECONDARY_UNITS, "Secondary Units"),
];

/// Codes are below this, so that every version is an integer that all of JSON's readers keep.
const CODES: u8 = 53;

impl Feature {
    /// The feature with this code; `None` from 53 on.
    #[must_use]
    pub const fn new(code: u8) -> Option<Self> {
        if code < CODES { Some(Feature(code)) } else { None }
    }

    /// The feature with this name, as registered.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        FEATURES.iter().find(|row| row.1 == name).map(|row| row.0)
    }

    /// Its code.
    #[must_use]
    pub const fn code(self) -> u8 {
        self.0
    }

    /// Its registered name.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        FEATURES.iter().find(|row| row.0 == self).map(|row| row.1)
    }

    const fn bit(self) -> u64 {
        1 << self.0
    }
}

/// Whether a version has a feature.
#[must_use]
pub const fn has(version: u64, feature: Feature) -> bool {
    version & feature.bit() != 0
}

/// Version 10 with these features.
#[must_use]
pub fn version(features: &[Feature]) -> u64 {
    features.iter().fold(VERSION, |version, feature| version | feature.bit())
}

/// The features of a version, by their codes.
pub fn of(version: u64) -> impl Iterator<Item = Feature> {
    (0..CODES).map(Feature).filter(move |feature| has(version, *feature))
}

impl Rules {
    /// The same rules for packs that may need this feature too.
    #[must_use]
    pub const fn with_feature(self, feature: Feature) -> Self {
        Rules { version: self.version | feature.bit(), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DecodeErrorKind as Kind, Record, Resolver};
    use std::vec::Vec;

    #[test]
    fn rfc9100_section_2_versions_are_bit_fields() {
        assert_eq!(version(&[]), 10);
        assert_eq!(version(&[SECONDARY_UNITS]), 26);
        let codes = |version| of(version).map(Feature::code).collect::<Vec<_>>();
        assert_eq!(codes(10), [1, 3]);
        assert_eq!(codes(26), [1, 3, 4]);
        assert_eq!(codes(u64::MAX).len(), 53);
        assert!(has(26, SECONDARY_UNITS) && !has(10, SECONDARY_UNITS));
        assert_eq!((Feature::new(52).map(Feature::code), Feature::new(53)), (Some(52), None));
    }

    #[test]
    fn rfc9100_section_6_registered_names() {
        for (feature, name) in FEATURES {
            assert_eq!(feature.name(), Some(*name));
            assert_eq!(Feature::from_name(name), Some(*feature));
        }
        assert_eq!(SECONDARY_UNITS.name(), Some("Secondary Units"));
        assert_eq!(Feature::new(5).and_then(Feature::name), None);
    }

    #[test]
    fn rfc9100_section_2_a_pack_is_refused_unless_all_its_features_are_known() {
        let resolve = |rules: Rules, version| {
            let record = Record::named("a").with_value(1);
            let base = crate::Base { version: Some(version), ..crate::Base::default() };
            let record = Record { base: Some(base), ..record };
            Resolver::new(rules).resolve(&record).map(|resolved| resolved.map(|r| r.version))
        };
        let rules = Rules::RFC8428.with_feature(SECONDARY_UNITS);
        assert_eq!(resolve(rules, 26), Ok(Some(26)));
        assert_eq!(resolve(rules, 10), Ok(Some(10)));
        assert_eq!(resolve(rules, 10 | 1 << 5), Err(Kind::UnsupportedVersion));
        assert_eq!(resolve(rules, 26 | 1 << 52), Err(Kind::UnsupportedVersion));
        // Without the bits of version 10 it is none.
        assert_eq!(resolve(rules, 16), Err(Kind::UnsupportedVersion));
        assert_eq!(resolve(Rules::RFC8428, 26), Err(Kind::UnsupportedVersion));
    }
}
