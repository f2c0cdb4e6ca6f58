//! Tables in Rust, for `lwm2m-core`.

use super::ddf::{Object, Resource};
use super::{identifiers, in_comment};
use lwm2m_core::Operations;
use std::fmt::Write;

const HEAD: &str = "\
// Made by `m2m objects import`. Do not change it: change what it was made of.

use lwm2m_core::{
    DataType, ObjectDefinition, ObjectVersion, Operations, Range, ResourceDefinition,
};

const fn row(
    id: u16,
    operations: Operations,
    (multiple, mandatory): (bool, bool),
    data_type: DataType,
    range: Option<Range>,
) -> ResourceDefinition {
    let range = match range {
        Some(range) => range,
        None => Range::Any,
    };
    let since = ObjectVersion::DEFAULT;
    ResourceDefinition { id, operations, multiple, mandatory, data_type, range, since }
}
";

pub(super) fn write(objects: &[Object]) -> String {
    let mut out = HEAD.to_owned();
    let names: Vec<String> =
        identifiers(objects).iter().map(|name| name.to_ascii_uppercase()).collect();
    out.push_str("\n/// All of them, sorted by ID.\n");
    let list: Vec<String> = names.iter().map(|name| format!("    &{name},\n")).collect();
    let _ = writeln!(
        out,
        "pub static OBJECTS: &[&ObjectDefinition<'static>] = &[\n{}];",
        list.concat()
    );
    for (object, name) in objects.iter().zip(&names) {
        let Object { id, version, multiple, mandatory, .. } = object;
        let _ = write!(
            out,
            "
/// /{id} {}, version {version}.
pub static {name}: ObjectDefinition<'static> = ObjectDefinition {{
    id: {id},
    version: ObjectVersion::new({}, {}),
    multiple: {multiple},
    mandatory: {mandatory},
    resources: &[
",
            in_comment(&object.name),
            version.major,
            version.minor,
        );
        for resource in &object.resources {
            resource_row(&mut out, resource);
        }
        out.push_str("    ],\n};\n");
    }
    out
}

fn resource_row(out: &mut String, resource: &Resource) {
    let operations = match resource.operations {
        Operations::R => "R",
        Operations::W => "W",
        Operations::RW => "RW",
        Operations::E => "E",
        _ => "NONE",
    };
    let range = resource.range.map_or("None".to_owned(), |range| {
        let kind = if range.length { "length" } else { "number" };
        format!("Range::{kind}({}, {})", range.low, range.high)
    });
    let Resource { id, multiple, mandatory, data_type, .. } = resource;
    let _ = writeln!(
        out,
        "        // {}\n        row({id}, Operations::{operations}, ({multiple}, {mandatory}), \
         DataType::{data_type:?}, {range}),",
        in_comment(&resource.name),
    );
}
