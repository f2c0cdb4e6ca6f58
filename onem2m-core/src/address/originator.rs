//! Who sends: AE-IDs and CSE-IDs (TS-0001 table 7.2-1, TS-0004 clause 6.2.3). Parameter `fr`.

use super::rules::{check_identifier, check_provider, error};
use super::{AddressError, AddressErrorKind, Scope, check_cse, put_all};
use m2m_base::{Full, Sink};

/// Who assigns an AE-ID, told by its first letter.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum StemType {
    /// `C`: the registrar CSE; unique on that CSE.
    C,
    /// `S`: the service provider; unique in its domain.
    S,
}

impl StemType {
    /// The letter.
    #[must_use]
    pub const fn letter(self) -> &'static str {
        match self {
            StemType::C => "C",
            StemType::S => "S",
        }
    }

    /// The type of stem that `text` begins like.
    #[must_use]
    pub fn of(text: &str) -> Option<StemType> {
        match text.as_bytes().first() {
            Some(b'C') => Some(StemType::C),
            Some(b'S') => Some(StemType::S),
            _ => None,
        }
    }
}

/// An AE-ID that cannot be taken for a CSE-ID: the stem alone, or behind the CSE-ID of the
/// registrar.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct AeId<'a> {
    scope: Scope<'a>,
    stem: &'a str,
}

impl<'a> AeId<'a> {
    /// The AE-ID of `stem` in `scope`.
    ///
    /// # Errors
    /// [`AddressError`] whose offset counts from the start of the part that is wrong.
    pub fn new(scope: Scope<'a>, stem: &'a str) -> Result<AeId<'a>, AddressError> {
        if let Scope::Absolute { sp, .. } = scope {
            check_provider(sp, 0)?;
        }
        if let Scope::SpRelative { cse } | Scope::Absolute { cse, .. } = scope {
            check_cse(cse, 0)?;
        }
        check_stem(stem, 0)?;
        Ok(AeId { scope, stem })
    }

    /// Where the stem is meant.
    #[must_use]
    pub const fn scope(&self) -> Scope<'a> {
        self.scope
    }

    /// The AE-ID stem, with its letter.
    #[must_use]
    pub const fn stem(&self) -> &'a str {
        self.stem
    }

    /// Who assigned it.
    #[must_use]
    pub fn stem_type(&self) -> StemType {
        StemType::of(self.stem).unwrap_or(StemType::C)
    }

    /// Writes the identifier as `fr` carries it.
    ///
    /// # Errors
    /// [`Full`] if the sink is.
    pub fn write(&self, sink: &mut dyn Sink) -> Result<(), Full> {
        match self.scope {
            Scope::CseRelative => put_all(sink, &[self.stem]),
            Scope::SpRelative { cse } => put_all(sink, &["/", cse, "/", self.stem]),
            Scope::Absolute { sp, cse } => put_all(sink, &["//", sp, "/", cse, "/", self.stem]),
        }
    }
}

/// `/x` or `//sp/x`: a CSE-ID, or an AE-ID with an S stem, which looks the same.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct EntityId<'a> {
    sp: Option<&'a str>,
    id: &'a str,
}

impl<'a> EntityId<'a> {
    /// The identifier `id` (without its slash) in the domain of `sp`, or in that of the receiver.
    ///
    /// # Errors
    /// [`AddressError`] whose offset counts from the start of the part that is wrong.
    pub fn new(sp: Option<&'a str>, id: &'a str) -> Result<EntityId<'a>, AddressError> {
        sp.map_or(Ok(()), |sp| check_provider(sp, 0))?;
        check_cse(id, 0)?;
        Ok(EntityId { sp, id })
    }

    /// The service provider, if it is named.
    #[must_use]
    pub const fn sp(&self) -> Option<&'a str> {
        self.sp
    }

    /// The CSE-ID or the AE-ID stem, without its slash.
    #[must_use]
    pub const fn id(&self) -> &'a str {
        self.id
    }

    /// True if it can be the AE-ID of an S stem. Nothing keeps a provider from giving a CSE such
    /// an identifier; who knows its registrations can tell.
    #[must_use]
    pub fn may_be_ae(&self) -> bool {
        check_stem(self.id, 0).is_ok() && StemType::of(self.id) == Some(StemType::S)
    }

    /// Writes the identifier as `fr` carries it.
    ///
    /// # Errors
    /// [`Full`] if the sink is.
    pub fn write(&self, sink: &mut dyn Sink) -> Result<(), Full> {
        match self.sp {
            Some(sp) => put_all(sink, &["//", sp, "/", self.id]),
            None => put_all(sink, &["/", self.id]),
        }
    }
}

/// The originator of a request.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum Originator<'a> {
    /// An AE that registers and wants an AE-ID assigned: `C`, `S`, or nothing at all, which
    /// leaves the choice to the registrar (TS-0001 clause 10.2.2.2).
    Registering(Option<StemType>),
    /// An AE: `C...`, `S...`, `/cse/C...`, `//sp/cse/C...`.
    Ae(AeId<'a>),
    /// A CSE, or an AE with an S stem: `/...`, `//sp/...`.
    Entity(EntityId<'a>),
}

impl<'a> Originator<'a> {
    /// Reads an originator in any of its forms. An S stem behind a CSE-ID, which TS-0004 does not
    /// have, is taken, because it tells the registrar.
    ///
    /// # Errors
    /// [`AddressError`]
    pub fn parse(text: &'a str) -> Result<Originator<'a>, AddressError> {
        match text {
            "" => return Ok(Originator::Registering(None)),
            "C" => return Ok(Originator::Registering(Some(StemType::C))),
            "S" => return Ok(Originator::Registering(Some(StemType::S))),
            _ => {}
        }
        if let Some(rest) = text.strip_prefix("//") {
            let (sp, rest) =
                rest.split_once('/').ok_or(error(AddressErrorKind::MissingCse, text.len()))?;
            check_provider(sp, 2)?;
            return entity(Some(sp), rest, 2 + sp.len() + 1);
        }
        if let Some(rest) = text.strip_prefix('/') {
            return entity(None, rest, 1);
        }
        check_stem(text, 0)?;
        Ok(Originator::Ae(AeId { scope: Scope::CseRelative, stem: text }))
    }

    /// The shortest identifier of the same entity as seen from CSE `cse` of provider `sp`, so that
    /// two originators can be compared. An S stem and its SP-relative form stay different.
    #[must_use]
    pub fn relative_to(self, sp: &str, cse: &str) -> Originator<'a> {
        match self {
            Originator::Registering(_) => self,
            Originator::Entity(EntityId { sp: theirs, id }) => {
                Originator::Entity(EntityId { sp: theirs.filter(|theirs| *theirs != sp), id })
            }
            Originator::Ae(AeId { scope, stem }) => {
                let scope = match scope {
                    Scope::Absolute { sp: theirs, cse } if theirs == sp => {
                        Scope::SpRelative { cse }
                    }
                    other => other,
                };
                let scope = match scope {
                    Scope::SpRelative { cse: theirs } if theirs == cse => Scope::CseRelative,
                    other => other,
                };
                Originator::Ae(AeId { scope, stem })
            }
        }
    }

    /// Writes the identifier as `fr` carries it; nothing for [`Originator::Registering`] without
    /// a choice.
    ///
    /// # Errors
    /// [`Full`] if the sink is.
    pub fn write(&self, sink: &mut dyn Sink) -> Result<(), Full> {
        match self {
            Originator::Registering(None) => Ok(()),
            Originator::Registering(Some(stem)) => put_all(sink, &[stem.letter()]),
            Originator::Ae(ae) => ae.write(sink),
            Originator::Entity(entity) => entity.write(sink),
        }
    }
}

/// What follows the slash of an SP-relative identifier.
fn entity<'a>(
    sp: Option<&'a str>,
    text: &'a str,
    offset: usize,
) -> Result<Originator<'a>, AddressError> {
    let Some((cse, stem)) = text.split_once('/') else {
        check_cse(text, offset)?;
        return Ok(Originator::Entity(EntityId { sp, id: text }));
    };
    check_cse(cse, offset)?;
    let offset = offset + cse.len() + 1;
    if let Some(at) = stem.find('/') {
        return Err(error(AddressErrorKind::TooManySegments, offset + at));
    }
    check_stem(stem, offset)?;
    let scope = match sp {
        Some(sp) => Scope::Absolute { sp, cse },
        None => Scope::SpRelative { cse },
    };
    Ok(Originator::Ae(AeId { scope, stem }))
}

fn check_stem(stem: &str, offset: usize) -> Result<(), AddressError> {
    check_identifier(stem, offset)?;
    match StemType::of(stem) {
        Some(_) if stem.len() > 1 => Ok(()),
        _ => Err(error(AddressErrorKind::Stem, offset)),
    }
}
