//! What a server may write to a package and its URI in which state (Core E.6), in whatever
//! operation it comes.

use coap_core::Code;

use super::super::store::Store;
use super::kind::Kind;
use crate::{Path, Value};

impl Store {
    /// A value that a server wants written fits the state of the package: 4.05 if not. A package
    /// itself comes alone, to its own path, and not through here.
    pub(in crate::client) fn check_package(
        &self,
        path: Path,
        value: &Value<'_>,
    ) -> Result<(), Code> {
        let Some(kind) = path.object_id().and_then(Kind::of) else { return Ok(()) };
        let Some(id) = path.resource_id() else { return Ok(()) };
        let resources = kind.resources();
        let Some(state) = self.unsigned(path.with_resource(resources.state)) else {
            // A plain table, without the state machine.
            return Ok(());
        };
        let empty = match value {
            Value::String(text) => text.is_empty(),
            _ => false,
        };
        let updating = cfg!(feature = "firmware-update") && kind.object() == 5 && state == 3;
        if id == resources.package || id == resources.uri && (updating || state != 0 && !empty) {
            return Err(Code::METHOD_NOT_ALLOWED);
        }
        Ok(())
    }
}
