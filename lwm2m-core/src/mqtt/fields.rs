//! The map that a publication is (Transport 1.2 section 8.3): its keys and their values.

use super::MapError;
use super::from_coap::operation::{OBSERVE, OBSERVE_COMPOSITE};
use minicbor::data::Type;
use minicbor::decode::{Decoder, Error};
use minicbor::encode::Encoder;
use minicbor::encode::write::{Cursor, Write};

/// Keys of the map.
mod key {
    pub(super) const OPERATION: u8 = 1;
    pub(super) const TOKEN: u8 = 2;
    pub(super) const EP: u8 = 3;
    pub(super) const PCT: u8 = 4;
    pub(super) const URI: u8 = 5;
    pub(super) const PATHS: u8 = 6;
    pub(super) const PAYLOAD: u8 = 7;
    pub(super) const LIFETIME: u8 = 8;
    pub(super) const VERSION: u8 = 9;
    pub(super) const BINDING: u8 = 10;
    pub(super) const SMS: u8 = 11;
    pub(super) const RESULT: u8 = 18;
    pub(super) const CT: u8 = 19;
    pub(super) const DEPTH: u8 = 22;
}

/// Notification attributes that have a key, in its order.
pub(super) const ATTRIBUTES: [(u8, &str); 8] = [
    (12, "pmin"),
    (13, "pmax"),
    (14, "gt"),
    (15, "st"),
    (16, "epmin"),
    (17, "epmax"),
    (20, "edge"),
    (21, "hqmax"),
];

/// The value of an attribute.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Number {
    Whole(i64),
    Float(f64),
    /// The attribute is to be unset.
    Unset,
}

/// A message of LwM2M over MQTT.
#[derive(Clone, Copy, PartialEq, Default, Debug)]
pub(super) struct Fields<'a> {
    pub(super) operation: Option<u8>,
    pub(super) token: Option<u64>,
    pub(super) ep: Option<&'a str>,
    pub(super) pct: Option<u16>,
    pub(super) uri: Option<&'a str>,
    pub(super) paths: Option<&'a [u8]>,
    pub(super) payload: Option<&'a [u8]>,
    pub(super) lifetime: Option<u32>,
    pub(super) version: Option<&'a str>,
    pub(super) binding: Option<&'a str>,
    pub(super) sms: Option<&'a str>,
    pub(super) attributes: [Option<Number>; ATTRIBUTES.len()],
    pub(super) result: Option<u16>,
    pub(super) ct: Option<u16>,
    pub(super) depth: Option<u8>,
}

impl<'a> Fields<'a> {
    /// It is a server's Observe or Observe-Composite.
    pub(super) fn observes(&self) -> bool {
        matches!(self.operation, Some(OBSERVE | OBSERVE_COMPOSITE))
    }

    /// Writes the map; gives its length.
    pub(super) fn write(&self, buf: &mut [u8]) -> Result<usize, MapError> {
        let mut e = Encoder::new(Cursor::new(buf));
        self.encode(&mut e).map_err(|_| MapError::TooLong)?;
        Ok(e.into_writer().position())
    }

    fn encode<W: Write>(
        &self,
        e: &mut Encoder<W>,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        let attributes = self.attributes.iter().flatten().count();
        let there = [
            self.operation.is_some(),
            self.token.is_some(),
            self.ep.is_some(),
            self.pct.is_some(),
            self.uri.is_some(),
            self.paths.is_some(),
            self.payload.is_some(),
            self.lifetime.is_some(),
            self.version.is_some(),
            self.binding.is_some(),
            self.sms.is_some(),
            self.result.is_some(),
            self.ct.is_some(),
            self.depth.is_some(),
        ];
        let count = there.into_iter().filter(|f| *f).count().saturating_add(attributes);
        e.map(count as u64)?;
        fn put<W: Write, T: minicbor::Encode<()>>(
            e: &mut Encoder<W>,
            key: u8,
            value: Option<T>,
        ) -> Result<(), minicbor::encode::Error<W::Error>> {
            if let Some(value) = value {
                e.u8(key)?.encode(value)?;
            }
            Ok(())
        }
        fn bytes<W: Write>(
            e: &mut Encoder<W>,
            key: u8,
            value: Option<&[u8]>,
        ) -> Result<(), minicbor::encode::Error<W::Error>> {
            if let Some(value) = value {
                e.u8(key)?.bytes(value)?;
            }
            Ok(())
        }
        // Responses lead with their result, as the standard's examples do.
        put(e, key::RESULT, self.result)?;
        put(e, key::OPERATION, self.operation)?;
        put(e, key::TOKEN, self.token)?;
        put(e, key::EP, self.ep)?;
        put(e, key::PCT, self.pct)?;
        put(e, key::URI, self.uri)?;
        bytes(e, key::PATHS, self.paths)?;
        put(e, key::CT, self.ct)?;
        bytes(e, key::PAYLOAD, self.payload)?;
        put(e, key::LIFETIME, self.lifetime)?;
        put(e, key::VERSION, self.version)?;
        put(e, key::BINDING, self.binding)?;
        put(e, key::SMS, self.sms)?;
        for (value, (key, _)) in self.attributes.iter().zip(ATTRIBUTES) {
            match value {
                None => continue,
                Some(Number::Whole(n)) => e.u8(key)?.i64(*n)?,
                Some(Number::Float(n)) => e.u8(key)?.f64(*n)?,
                Some(Number::Unset) => e.u8(key)?.null()?,
            };
        }
        put(e, key::DEPTH, self.depth)
    }

    /// Reads the map. Keys that the standard does not have are passed over.
    pub(super) fn read(bytes: &'a [u8]) -> Result<Fields<'a>, MapError> {
        Fields::decode(bytes).map_err(|_| MapError::Malformed)
    }

    fn decode(bytes: &'a [u8]) -> Result<Fields<'a>, Error> {
        let mut d = Decoder::new(bytes);
        let mut fields = Fields::default();
        let mut left = d.map()?;
        while left != Some(0) {
            if left.is_none() && d.datatype()? == Type::Break {
                d.skip()?;
                break;
            }
            left = left.map(|n| n.saturating_sub(1));
            fields.entry(&mut d)?;
        }
        if d.position() == bytes.len() { Ok(fields) } else { Err(Error::message("more behind it")) }
    }

    fn entry(&mut self, d: &mut Decoder<'a>) -> Result<(), Error> {
        let key = d.u8()?;
        if let Some(at) = ATTRIBUTES.iter().position(|a| a.0 == key) {
            let number = match d.datatype()? {
                Type::Null => {
                    d.null()?;
                    Number::Unset
                }
                Type::F16 | Type::F32 | Type::F64 => Number::Float(d.f64()?),
                Type::Bool => Number::Whole(d.bool()?.into()),
                _ => Number::Whole(d.i64()?),
            };
            if let Some(place) = self.attributes.get_mut(at) {
                *place = Some(number);
            }
            return Ok(());
        }
        match key {
            key::OPERATION => self.operation = Some(d.u8()?),
            key::TOKEN => self.token = Some(d.u64()?),
            key::EP => self.ep = Some(d.str()?),
            key::PCT => self.pct = Some(d.u16()?),
            key::URI => self.uri = Some(d.str()?),
            key::PATHS => self.paths = Some(d.bytes()?),
            // The standard says bytes, and shows text.
            key::PAYLOAD if d.datatype()? == Type::String => {
                self.payload = Some(d.str()?.as_bytes());
            }
            key::PAYLOAD => self.payload = Some(d.bytes()?),
            key::LIFETIME => self.lifetime = Some(d.u32()?),
            key::VERSION => self.version = Some(d.str()?),
            key::BINDING => self.binding = Some(d.str()?),
            key::SMS => self.sms = Some(d.str()?),
            key::RESULT => self.result = Some(d.u16()?),
            key::CT => self.ct = Some(d.u16()?),
            key::DEPTH => self.depth = Some(d.u8()?),
            _ => d.skip()?,
        }
        Ok(())
    }
}
