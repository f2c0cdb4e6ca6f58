//! AE-IDs with an S stem (TS-0001 clause 10.2.2.2, TS-0004 clause 7.4.5.2): the IN-CSE has an
//! `<AEAnnc>` for each, whose identifier is the stem, and which links to where the AE is registered.

use super::failure::Failure;
use super::outgoing::{NoResponse, Purpose};
use super::store::{Flags, Node, Slot};
use super::{Caller, Cse, RequestId, Session};
use crate::enumeration::CseType;
use crate::json::{Raw, write_string};
use crate::primitive::{Content, Request, Response};
use crate::{Operation, ResourceType, ResponseStatusCode as Status};
use alloc::format;
use alloc::string::{String, ToString};

/// What a link says of an AE that is registered nowhere.
const INACTIVE: &str = "INACTIVE";

/// An AE that registers and waits for the IN-CSE.
#[derive(Debug)]
pub(super) struct Claim {
    id: RequestId,
    session: Session,
    request: Request,
    /// The stem that it has; empty if it wants one.
    stem: String,
    /// The CREATE was sent, because there was nothing to update.
    creates: bool,
}

/// The stem in an originator such as `/id-mn/Sxyz`.
fn stem_in(originator: &str) -> Option<&str> {
    let (cse, stem) = originator.strip_prefix('/')?.split_once('/')?;
    (!cse.is_empty() && stem.starts_with('S') && crate::attribute::is_name(stem)).then_some(stem)
}

impl Cse {
    /// The CSE-ID of the IN-CSE, if this is another one and it is known.
    fn infrastructure(&self) -> Option<String> {
        if self.config.cse_type == CseType::In {
            return None;
        }
        if let Some(id) = &self.config.infrastructure {
            return Some(id.clone());
        }
        let registrar = &self.config.registrar.as_ref()?.cse_id;
        let remote = self.store.by_id(super::entity_id(registrar));
        let kind = remote.and_then(|slot| self.store.get(slot)?.attribute("cst")?.as_u64());
        (kind == Some(u64::from(CseType::In.number()))).then(|| registrar.clone())
    }

    /// Whether the IN-CSE has to be asked before an AE is registered.
    pub(super) fn claims_stem(&self, caller: &Caller<'_>) -> bool {
        caller.confirmed.is_none()
            && caller.originator.starts_with('S')
            && self.infrastructure().is_some()
    }

    /// Asks the IN-CSE; the registration goes on when it has agreed.
    pub(super) fn claim(&mut self, id: RequestId, session: Session, request: Request) {
        let key = self.next_job;
        self.next_job += 1;
        let originator = self.normal_originator(request.from.as_deref().unwrap_or(""));
        let stem = if originator == "S" { String::new() } else { originator };
        let creates = stem.is_empty();
        self.claims.insert(key, Claim { id, session, request, stem, creates });
        self.send_claim(key);
    }

    fn send_claim(&mut self, key: u64) {
        let (Some(home), Some(claim)) = (self.infrastructure(), self.claims.get(&key)) else {
            return;
        };
        let content = claim.request.content.as_ref().and_then(|c| c.raw().member("m2m:ae"));
        let given = |name: &str| content.and_then(|ae| ae.member(name)).map(Raw::as_str);
        let stem = if claim.stem.is_empty() { "S" } else { &claim.stem };
        let own = &self.config.cse_id;
        let mut text = format!("{{\"m2m:aeA\":{{\"lnk\":\"{own}/{stem}\"");
        text.push_str(",\"lbl\":[\"Credential-ID:\"]");
        for name in ["api", "srv", "et"] {
            // Who the AE is does not change, and its release not by this.
            let value = given(name).filter(|_| claim.creates || name == "et");
            if let Some(value) = value {
                crate::json::write_member_name(&mut text, name);
                text.push_str(value);
            }
        }
        text.push_str("}}");
        let (operation, to) = match claim.creates {
            true => (Operation::Create, format!("{home}/-")),
            false => (Operation::Update, format!("{home}/{stem}")),
        };
        let request = Request {
            from: Some(format!("{own}/{stem}")),
            resource_type: claim.creates.then_some(ResourceType::AeAnnc),
            content: Some(Content::trusted(text)),
            release_version_indicator: Some(self.release_for(None)),
            ..Request::new(operation, to, String::new())
        };
        let reach = self.reach(&request.to);
        self.send(reach, request, Purpose::Stem(key));
    }

    pub(super) fn claim_answered(&mut self, key: u64, result: Result<Response, NoResponse>) {
        let status = result.as_ref().map(|response| response.status).ok();
        if let Some(claim) = self.claims.get_mut(&key)
            && status == Some(Status::NotFound)
            && !claim.creates
        {
            claim.creates = true;
            return self.send_claim(key);
        }
        let Some(Claim { id, session, mut request, stem, .. }) = self.claims.remove(&key) else {
            return;
        };
        let agreed = status.is_some_and(Status::is_success);
        let failure = match (&result, agreed) {
            (Err(why), _) => Failure::from(*why),
            (Ok(response), false) => {
                Failure::new(response.status, "the IN-CSE does not take the AE-ID")
            }
            (Ok(_), true) => {
                let assigned = result.ok().and_then(|response| {
                    let (_, announced) = response.content.as_ref()?.members().next()?;
                    let id = announced.member("ri")?.as_text()?;
                    Some(id.rsplit('/').next()?.to_string())
                });
                let stem = if stem.is_empty() { assigned.unwrap_or_default() } else { stem };
                if stem.len() > 1 && stem.starts_with('S') && crate::attribute::is_name(&stem) {
                    request.from = Some(stem);
                    return self.begin(id, session, request, Some(0));
                }
                Failure::new(Status::TargetNotReachable, "the IN-CSE gave no AE-ID")
            }
        };
        self.fail(id, request, &failure);
    }

    /// An AE goes: the IN-CSE is told that it is registered nowhere.
    pub(super) fn release_stem(&mut self, slot: Slot) {
        let node = self.store.get(slot);
        if node.map(Node::resource_type) != Some(ResourceType::Ae) {
            return;
        }
        let stem = self.store.id(slot);
        let Some(home) = self.infrastructure().filter(|_| stem.starts_with('S')) else { return };
        let content = format!("{{\"m2m:aeA\":{{\"lnk\":\"{INACTIVE}\"}}}}");
        let request = Request {
            from: Some(format!("{}/{stem}", self.config.cse_id)),
            content: Some(Content::trusted(content)),
            release_version_indicator: Some(self.release_for(None)),
            ..Request::new(Operation::Update, format!("{home}/{stem}"), String::new())
        };
        let expires = self.store.expiration(slot);
        // One that has expired is not announced any more either, but may register again.
        let soon = super::create::later(self.wall(), self.config.hold_accepted);
        self.carry_withdrawal(request, expires.max(soon));
    }

    /// True on an IN-CSE for a CREATE of what keeps an S stem.
    pub(super) fn announces_stem(
        &self,
        caller: &Caller<'_>,
        parent: Slot,
        ty: ResourceType,
    ) -> bool {
        self.config.cse_type == CseType::In
            && ty == ResourceType::AeAnnc
            && parent == self.base
            && stem_in(caller.originator).is_some()
            && self.comes_through(caller.originator)
    }

    /// The stem that the new resource `number` is to keep: the one of its originator, or one for
    /// who has none yet.
    pub(super) fn assign_stem(&self, caller: &Caller<'_>, number: u64) -> Result<String, Failure> {
        let mut stem = String::from(stem_in(caller.originator).unwrap_or("S"));
        if stem == "S" {
            super::store::write_number_id(number, &mut stem);
        }
        if self.store.by_id(&stem).is_some() {
            let text = "the AE-ID is taken";
            return Err(Failure::new(Status::OriginatorHasAlreadyRegistered, text));
        }
        Ok(stem)
    }

    /// Whether the caller is a CSE at which the AE of a stem registers or was registered.
    pub(super) fn keeps_stem(&self, caller: &Caller<'_>, slot: Slot) -> bool {
        let node = self.store.get(slot).filter(|node| node.flags.has(Flags::OWN_ID));
        node.map(Node::resource_type) == Some(ResourceType::AeAnnc)
            && stem_in(caller.originator) == Some(&self.store.id(slot))
            && self.comes_through(caller.originator)
    }

    /// The CSE at which the AE of a stem is registered.
    pub(super) fn home_of_stem(&self, stem: &str) -> Option<String> {
        let node = self.store.by_id(stem).and_then(|slot| self.store.get(slot))?;
        if node.resource_type() != ResourceType::AeAnnc {
            return None;
        }
        let link = node.attribute("lnk").and_then(Raw::as_text)?;
        let (cse, _) = link.strip_prefix('/')?.split_once('/')?;
        Some(cse.into())
    }

    /// Marks the new resource of a stem.
    pub(super) fn write_stem(text: &mut String, stem: &str) {
        let mut quoted = String::new();
        write_string(&mut quoted, stem);
        super::create::put(text, "aei", &quoted);
    }
}
