//! Where originators are (TS-0003 annex F): what the CSE is told about them, and the regions of
//! accessControlLocationRegion (m2m:locationRegion, TS-0004 clause 6.3.5.28).

use crate::json::Raw;
use alloc::string::String;
use alloc::vec::Vec;

/// A place on the earth.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Position {
    latitude: f64,
    longitude: f64,
}

impl Position {
    /// Latitude from -90 to 90 and longitude from -180 to 180, in degrees. `None` for others.
    #[must_use]
    pub fn new(latitude: f64, longitude: f64) -> Option<Position> {
        let valid = (-90.0..=90.0).contains(&latitude) && (-180.0..=180.0).contains(&longitude);
        valid.then_some(Position { latitude, longitude })
    }

    /// In degrees, positive to the north.
    #[must_use]
    pub const fn latitude(self) -> f64 {
        self.latitude
    }

    /// In degrees, positive to the east.
    #[must_use]
    pub const fn longitude(self) -> f64 {
        self.longitude
    }

    /// The point of a sphere with radius 1.
    fn on_sphere(self) -> [f64; 3] {
        let (latitude, longitude) = (self.latitude.to_radians(), self.longitude.to_radians());
        let flat = libm::cos(latitude);
        [flat * libm::cos(longitude), flat * libm::sin(longitude), libm::sin(latitude)]
    }

    /// Whether it is no farther than `radius` metres from `centre` along the surface. The earth is
    /// a sphere of the mean radius here, which is right to half a percent.
    fn is_within(self, radius: f64, centre: Position) -> bool {
        const EARTH: f64 = 6_371_008.8;
        let half = radius / EARTH / 2.0;
        if half >= core::f64::consts::FRAC_PI_2 {
            return true;
        }
        // Chords are compared: they are exact for small distances, and need no root.
        let pairs = self.on_sphere().into_iter().zip(centre.on_sphere());
        let chord: f64 = pairs.map(|(one, other)| (one - other) * (one - other)).sum();
        let most = 2.0 * libm::sin(half);
        chord <= most * most
    }
}

/// Two letters of ISO 3166-1 (m2m:countryCode).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CountryCode([u8; 2]);

impl CountryCode {
    /// Two upper-case ASCII letters. `None` for other texts.
    #[must_use]
    pub fn parse(text: &str) -> Option<CountryCode> {
        let code: [u8; 2] = text.as_bytes().try_into().ok()?;
        code.iter().all(u8::is_ascii_uppercase).then_some(CountryCode(code))
    }
}

/// What is known about an originator that its requests do not say. The application learns it from
/// the underlying network, or knows it; what an originator says of itself is not worth more than
/// its word.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Surroundings {
    /// Where it is.
    pub position: Option<Position>,
    /// The country that it is in. That of [`Session`](crate::cse::Session) goes first.
    pub country: Option<CountryCode>,
    /// The M2M Service Users that it may name in its requests (parameter `msu`).
    pub users: Vec<String>,
}

/// An accessControlLocationRegion.
#[derive(Debug)]
pub(super) enum Region {
    /// Centre, and radius in metres.
    Circle(Position, f64),
    Countries(Vec<CountryCode>),
}

impl Region {
    /// Reads a m2m:locationRegion: a circle as latitude, longitude and radius, or countries.
    pub(super) fn read(region: Raw<'_>) -> Option<Region> {
        match (region.member("accr"), region.member("accc")) {
            (Some(circle), None) => {
                let mut numbers = circle.elements().map(Raw::as_f64);
                let (latitude, longitude) = (numbers.next()??, numbers.next()??);
                let radius = numbers.next()?.filter(|radius| radius.is_finite() && *radius >= 0.0);
                let centre = Position::new(latitude, longitude)?;
                numbers.next().is_none().then_some(Region::Circle(centre, radius?))
            }
            (None, Some(countries)) => {
                let codes = countries.elements().map(|code| CountryCode::parse(&code.as_text()?));
                codes.collect::<Option<Vec<_>>>().map(Region::Countries)
            }
            _ => None,
        }
    }

    /// Whether who is there is inside. Who is at an unknown place is not.
    pub(super) fn has(&self, position: Option<Position>, country: Option<CountryCode>) -> bool {
        match self {
            Region::Circle(centre, radius) => {
                position.is_some_and(|position| position.is_within(*radius, *centre))
            }
            Region::Countries(codes) => country.is_some_and(|country| codes.contains(&country)),
        }
    }
}

/// The position in an attribute `loc` (m2m:geoCoordinates), if it is a point.
pub(super) fn position_of(location: Raw<'_>) -> Option<Position> {
    const POINT: u64 = 1;
    if location.member("typ").and_then(Raw::as_u64) != Some(POINT) {
        return None;
    }
    let mut numbers = location.member("crd")?.elements().map(Raw::as_f64);
    let (longitude, latitude) = (numbers.next()??, numbers.next()??);
    Position::new(latitude, longitude)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(latitude: f64, longitude: f64) -> Position {
        Position::new(latitude, longitude).unwrap()
    }

    #[test]
    fn distances() {
        // One degree of latitude is 111,195 m on the sphere of the mean radius.
        for (one, other, metres) in [
            (at(0.0, 0.0), at(1.0, 0.0), 111_195.1),
            (at(0.0, 0.0), at(0.0, 1.0), 111_195.1),
            (at(60.0, 0.0), at(60.0, 1.0), 55_596.9),
            (at(0.0, 179.5), at(0.0, -179.5), 111_195.1),
            (at(89.5, 0.0), at(89.5, 180.0), 111_195.1),
            (at(90.0, 0.0), at(-90.0, 77.0), 20_015_114.0),
            (at(48.0, 11.0), at(48.000_01, 11.0), 1.112),
        ] {
            assert!(one.is_within(metres * 1.0001, other), "{one:?} {other:?}");
            assert!(!one.is_within(metres * 0.9999, other), "{one:?} {other:?}");
            assert!(one.is_within(0.0, one) && other.is_within(1e9, one));
        }
    }

    #[test]
    fn ts_0004_6_3_5_28_regions() {
        let read = |text: &str| Region::read(Raw::new(text));
        assert!(matches!(read("{\"accr\":[48.1,11.5,1000]}"), Some(Region::Circle(..))));
        assert!(
            matches!(read("{\"accc\":[\"DE\",\"KR\"]}"), Some(Region::Countries(c)) if c.len() == 2)
        );
        for bad in [
            "{}",
            "{\"accr\":[48.1,11.5]}",
            "{\"accr\":[48.1,11.5,10,10]}",
            "{\"accr\":[90.1,11.5,10]}",
            "{\"accr\":[48,180.5,10]}",
            "{\"accr\":[48,11,-1]}",
            "{\"accr\":[48,11,1e999]}",
            "{\"accc\":[\"de\"]}",
            "{\"accc\":[\"DEU\"]}",
            "{\"accc\":[\"DE\",7]}",
            "{\"accr\":[48.1,11.5,1000],\"accc\":[\"DE\"]}",
        ] {
            assert!(read(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn nobody_is_nowhere() {
        let everywhere = Region::Circle(at(0.0, 0.0), 1e9);
        assert!(everywhere.has(Some(at(90.0, 0.0)), None));
        assert!(!everywhere.has(None, CountryCode::parse("DE")));
        let country = Region::Countries([CountryCode::parse("DE").unwrap()].into());
        assert!(country.has(None, CountryCode::parse("DE")));
        assert!(!country.has(Some(at(52.5, 13.4)), None));
        assert!(!country.has(None, CountryCode::parse("FR")));
    }

    #[test]
    fn positions_in_attributes() {
        let read = |text: &str| position_of(Raw::new(text));
        assert_eq!(read("{\"typ\":1,\"crd\":[11.5,48.1]}"), Some(at(48.1, 11.5)));
        assert_eq!(read("{\"typ\":2,\"crd\":[[11.5,48.1],[1,1]]}"), None);
        assert_eq!(read("{\"typ\":1,\"crd\":[11.5]}"), None);
        assert_eq!(read("{\"typ\":1,\"crd\":[11.5,98.1]}"), None);
    }
}
