//! What an application may ask for.

use core::ffi::c_char;
use core::mem::size_of;
use core::ptr;

use onem2m_core::ae::Command;
use onem2m_core::enumeration::{ResponseType, ResultContent};
use onem2m_core::primitive::{Content, FilterCriteria, Request};
use onem2m_core::{Operation, ResourceType};

use crate::borrow::{Growing, bytes, init, sized, string};
use crate::guard::caught;
use crate::result::code;
use crate::result::m2m_result::{self, M2M_INVALID, M2M_MALFORMED, M2M_NULL, M2M_OK};

/// What to do with a resource.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum m2m_onem2m_operation {
    /// Create a resource of resource_type below to, with content.
    M2M_ONEM2M_CREATE = 1,
    /// Read to.
    M2M_ONEM2M_RETRIEVE = 2,
    /// Change the attributes of to that content has; null removes one.
    M2M_ONEM2M_UPDATE = 3,
    /// Delete to and what is below it.
    M2M_ONEM2M_DELETE = 4,
    /// Look for resources below to; with resource_type, for those of this type. The content of the
    /// response lists them: {"m2m:uril":["cse-in/ae/data"]}.
    M2M_ONEM2M_DISCOVER = 100,
}

/// Types of resources (m2m:resourceType); any other number will do.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum m2m_onem2m_resource_type {
    /// accessControlPolicy
    M2M_ONEM2M_ACP = 1,
    /// AE
    M2M_ONEM2M_AE = 2,
    /// container
    M2M_ONEM2M_CNT = 3,
    /// contentInstance
    M2M_ONEM2M_CIN = 4,
    /// CSEBase
    M2M_ONEM2M_CB = 5,
    /// group
    M2M_ONEM2M_GRP = 9,
    /// pollingChannel
    M2M_ONEM2M_PCH = 15,
    /// remoteCSE
    M2M_ONEM2M_CSR = 16,
    /// request
    M2M_ONEM2M_REQ = 17,
    /// subscription
    M2M_ONEM2M_SUB = 23,
    /// flexContainer
    M2M_ONEM2M_FCNT = 28,
    /// timeSeries
    M2M_ONEM2M_TS = 29,
    /// timeSeriesInstance
    M2M_ONEM2M_TSI = 30,
}

/// A request to the CSE. Fill it with m2m_onem2m_request_init(), then set what it has.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct m2m_onem2m_request {
    /// Size of this structure.
    pub struct_size: usize,
    /// One of enum m2m_onem2m_operation. Default: M2M_ONEM2M_RETRIEVE.
    pub operation: i32,
    /// One of enum m2m_onem2m_resource_type, or another; 0 for none.
    pub resource_type: u32,
    /// The address of the resource: cse-in/thermometer.
    pub to: *const c_char,
    /// Attributes in JSON with their short names: {"m2m:cin":{"con":"21.5"}}.
    pub content: *const c_char,
    /// Length of the content in bytes.
    pub content_len: usize,
    /// What the response shall carry (rcn, m2m:resultContent): 0 nothing, 1 the attributes, 4 child resources
    /// besides, 6 their addresses. Default: -1, what the standard has for the operation.
    pub result_content: i32,
    /// How the result comes (rt, m2m:responseType): 1 it is fetched later, 2 it is notified, 3 the answer waits
    /// for it, 4 as the CSE likes. M2M_ONEM2M_DONE comes when it is there in each case. Default: 0, 3 is meant.
    pub response_type: i32,
}

const LEAST: usize = size_of::<m2m_onem2m_request>();

// SAFETY: repr(C), the size comes first, and it holds integers and raw pointers only.
unsafe impl Growing for m2m_onem2m_request {}

impl m2m_onem2m_request {
    fn new(size: usize) -> Self {
        m2m_onem2m_request {
            struct_size: size,
            operation: m2m_onem2m_operation::M2M_ONEM2M_RETRIEVE as i32,
            resource_type: 0,
            to: ptr::null(),
            content: ptr::null(),
            content_len: 0,
            result_content: -1,
            response_type: 0,
        }
    }

    /// The command that C asks for.
    ///
    /// # Safety
    /// `from` is `NULL` or points to a structure as long as its first member says, whose pointers are
    /// `NULL` or point to as much as it says.
    pub(super) unsafe fn read(from: *const Self) -> Result<Command, m2m_result> {
        // SAFETY: the same promise.
        let asked = unsafe { sized(from, LEAST, Self::new(LEAST)) }?;
        // SAFETY: the same promise.
        let (to, content) =
            unsafe { (string(asked.to)?, bytes(asked.content.cast(), asked.content_len)?) };
        if asked.to.is_null() {
            return Err(M2M_NULL);
        }
        let resource_type =
            (asked.resource_type != 0).then(|| ResourceType::from_number(asked.resource_type));
        if asked.operation == m2m_onem2m_operation::M2M_ONEM2M_DISCOVER as i32 {
            let criteria = FilterCriteria {
                resource_types: resource_type.into_iter().collect(),
                ..FilterCriteria::default()
            };
            return asked.complete(Command::discover(to, criteria));
        }
        let operation = u32::try_from(asked.operation)
            .ok()
            .filter(|n| (1..=4).contains(n))
            .and_then(Operation::from_number)
            .ok_or(M2M_INVALID)?;
        let content = match content {
            [] => None,
            content => Some(Content::from_json(content).map_err(|_| M2M_MALFORMED)?),
        };
        let request = Request::new(operation, to.into(), alloc::string::String::new());
        asked.complete(Command::from_request(Request { resource_type, content, ..request }))
    }

    /// Sets what all operations may have.
    fn complete(&self, mut command: Command) -> Result<Command, m2m_result> {
        if self.result_content != -1 {
            let number = u32::try_from(self.result_content).map_err(|_| M2M_INVALID)?;
            command = command.result_content(ResultContent::from_number(number));
        }
        if self.response_type != 0 {
            let number = u32::try_from(self.response_type).map_err(|_| M2M_INVALID)?;
            command = command.response_type(ResponseType::from_number(number));
        }
        Ok(command)
    }
}

/// Fills a request: RETRIEVE. Call it as m2m_onem2m_request_init(&request, sizeof request).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_request_init(
    request: *mut m2m_onem2m_request,
    struct_size: usize,
) -> i32 {
    code(caught(|| {
        // SAFETY: the caller passes a structure of that size.
        unsafe { init(request, struct_size, LEAST, &m2m_onem2m_request::new(struct_size)) }?;
        Ok(M2M_OK)
    }))
}
