//! Operations: what can be asked of a client, and the CoAP request each becomes
//! (Core 1.2 sections 6.3 and 6.4, Transport 1.2 section 6.4.4).

use super::event::ObservationId;
use crate::format::Item;
use crate::path::{Level, Path};
use coap_core::{Code, ContentFormat};

/// What is written or created.
#[derive(Clone, Copy, Debug)]
pub enum Body<'a> {
    /// Items at or below the path, in path order.
    Items {
        /// The content format; `None` for one that the client takes, and then another one if it
        /// refuses that.
        format: Option<ContentFormat>,
        /// What to write.
        items: &'a [Item<'a>],
    },
    /// A payload that the caller encoded.
    Encoded {
        /// Its content format.
        format: ContentFormat,
        /// Its bytes.
        payload: &'a [u8],
    },
}

impl<'a> Body<'a> {
    /// Items in a format that the client takes.
    #[must_use]
    pub const fn items(items: &'a [Item<'a>]) -> Body<'a> {
        Body::Items { format: None, items }
    }
}

/// The two ways to write (Core 1.2 section 6.3.3).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WriteMode {
    /// What is not written is removed: PUT.
    Replace,
    /// What is not written stays: POST.
    Update,
}

/// One operation on a registered client.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Operation<'a> {
    /// Read an object, an instance, a resource or a resource instance.
    Read {
        /// What.
        path: Path,
        /// The content format to ask for; `None` for one that the client has, and without asking
        /// for any if it does not have it for this path.
        format: Option<ContentFormat>,
    },
    /// Write an instance, a resource or a resource instance.
    Write {
        /// Where.
        path: Path,
        /// Replace or partial update; the latter only for an instance or a multiple resource.
        mode: WriteMode,
        /// What.
        body: Body<'a>,
    },
    /// Execute a resource.
    Execute {
        /// Which.
        path: Path,
        /// Its arguments (`0='text',1`), empty for none.
        arguments: &'a str,
    },
    /// Create an instance. The items' paths have its ID, or [`Path::UNASSIGNED`] for one that the
    /// client chooses.
    Create {
        /// Of which object.
        object: u16,
        /// What is in it.
        body: Body<'a>,
    },
    /// Delete an instance, or a resource instance (1.2).
    Delete {
        /// Which.
        path: Path,
    },
    /// List what is below an object, an instance or a resource, with its attributes.
    Discover {
        /// Below what.
        path: Path,
        /// How many levels (1.2); `None` for the standard's default.
        depth: Option<u8>,
    },
    /// Set notification attributes.
    WriteAttributes {
        /// Of what.
        path: Path,
        /// `pmin=10&pmax=60`; one without a value is unset.
        attributes: &'a str,
    },
    /// Read and be notified of changes. If the path is observed already, its observation is set
    /// up anew.
    Observe {
        /// What.
        path: Path,
        /// As for [`Operation::Read`].
        format: Option<ContentFormat>,
        /// Notification attributes of this observation alone (1.2), `pmin=10&pmax=60`; empty for
        /// those that are attached.
        attributes: &'a str,
    },
    /// Read several places at once (1.1): the answer has those of them that are there.
    ReadComposite {
        /// Which, at least one, none of them the root.
        paths: &'a [Path],
        /// As for [`Operation::Read`].
        format: Option<ContentFormat>,
    },
    /// Write resources and resource instances anywhere, all or none (1.1); what is not named stays.
    WriteComposite {
        /// What. A payload of SenML ETCH can remove resource instances too (1.2).
        body: Body<'a>,
    },
    /// Observe several places at once (1.1). If the same list is observed already, its observation
    /// is set up anew.
    ObserveComposite {
        /// Which, at least one, none of them the root.
        paths: &'a [Path],
        /// As for [`Operation::Read`].
        format: Option<ContentFormat>,
        /// As for [`Operation::Observe`]; of a composite only `pmin`, `pmax`, `epmin`, `epmax` and
        /// `con`.
        attributes: &'a str,
    },
    /// End an observation by telling the client ("active": the request again, with Observe 1).
    CancelObservation {
        /// Which.
        observation: ObservationId,
    },
}

/// What kind of operation it is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum OperationKind {
    /// [`Operation::Read`]
    Read,
    /// [`Operation::Write`] with [`WriteMode::Replace`].
    Replace,
    /// [`Operation::Write`] with [`WriteMode::Update`].
    Update,
    /// [`Operation::Execute`]
    Execute,
    /// [`Operation::Create`]
    Create,
    /// [`Operation::Delete`]
    Delete,
    /// [`Operation::Discover`]
    Discover,
    /// [`Operation::WriteAttributes`]
    WriteAttributes,
    /// [`Operation::Observe`]
    Observe,
    /// [`Operation::ReadComposite`]
    ReadComposite,
    /// [`Operation::WriteComposite`]
    WriteComposite,
    /// [`Operation::ObserveComposite`]
    ObserveComposite,
    /// [`Operation::CancelObservation`]
    CancelObservation,
    /// Sets an observation up anew where the client is now. Nobody asked for it, so its outcome is
    /// not told.
    Renew,
    /// Asks a gateway for the devices behind it ([`super::Server::survey`]).
    Survey,
}

/// What an operation is, once it is accepted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Read,
    Replace,
    Update,
    Execute,
    Create,
    Delete,
    Discover(Option<u8>),
    WriteAttributes,
    ReadComposite,
    WriteComposite,
    /// Of one path, or of several: then the path is the root.
    Observe(ObservationId),
    Cancel(ObservationId),
    /// Sets an observation up at the client's new address. Nobody asked for it, so its outcome is
    /// not told.
    Refresh(ObservationId),
    /// Asks a gateway what is behind it. Its outcome is not told either.
    Survey,
}

impl Kind {
    /// The method; `composite` if the operation is about several paths.
    pub(super) fn method(self, composite: bool) -> Code {
        match self {
            Kind::Observe(_) | Kind::Cancel(_) | Kind::Refresh(_) if composite => Code::FETCH,
            Kind::Read | Kind::Discover(_) | Kind::Survey => Code::GET,
            Kind::Observe(_) | Kind::Cancel(_) | Kind::Refresh(_) => Code::GET,
            Kind::Replace | Kind::WriteAttributes => Code::PUT,
            Kind::Update | Kind::Execute | Kind::Create => Code::POST,
            Kind::Delete => Code::DELETE,
            Kind::ReadComposite => Code::FETCH,
            Kind::WriteComposite => Code::IPATCH,
        }
    }

    /// As the application sees it.
    pub(super) fn shown(self, composite: bool) -> OperationKind {
        match self {
            Kind::Read => OperationKind::Read,
            Kind::Replace => OperationKind::Replace,
            Kind::Update => OperationKind::Update,
            Kind::Execute => OperationKind::Execute,
            Kind::Create => OperationKind::Create,
            Kind::Delete => OperationKind::Delete,
            Kind::Discover(_) => OperationKind::Discover,
            Kind::WriteAttributes => OperationKind::WriteAttributes,
            Kind::ReadComposite => OperationKind::ReadComposite,
            Kind::WriteComposite => OperationKind::WriteComposite,
            Kind::Observe(_) if composite => OperationKind::ObserveComposite,
            Kind::Observe(_) => OperationKind::Observe,
            Kind::Cancel(_) => OperationKind::CancelObservation,
            Kind::Refresh(_) => OperationKind::Renew,
            Kind::Survey => OperationKind::Survey,
        }
    }

    /// May it be sent again when it is not known whether it arrived?
    pub(super) fn is_idempotent(self) -> bool {
        !matches!(self, Kind::Execute | Kind::Create | Kind::Update | Kind::Delete)
    }

    /// Does it ask for content?
    pub(super) fn asks(self) -> bool {
        use Kind::{Observe, Read, ReadComposite, Refresh, Survey};
        matches!(self, Read | ReadComposite | Observe(_) | Refresh(_) | Survey)
    }

    /// The levels of the path it goes with.
    pub(super) fn levels(self) -> &'static [Level] {
        use Level::{Instance, Object, Resource, ResourceInstance, Root};
        match self {
            Kind::Replace => &[Instance, Resource, ResourceInstance],
            Kind::Update => &[Instance, Resource],
            Kind::Execute => &[Resource],
            Kind::Create => &[Object],
            Kind::Delete => &[Instance, ResourceInstance],
            Kind::Discover(_) => &[Object, Instance, Resource],
            Kind::ReadComposite | Kind::WriteComposite => &[Root],
            Kind::Observe(_) | Kind::Cancel(_) => {
                &[Root, Object, Instance, Resource, ResourceInstance]
            }
            _ => &[Object, Instance, Resource, ResourceInstance],
        }
    }

    /// Does it carry values?
    pub(super) fn has_body(self) -> bool {
        matches!(self, Kind::Replace | Kind::Update | Kind::Create | Kind::WriteComposite)
    }
}
