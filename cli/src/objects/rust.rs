//! Tables in Rust, for `lwm2m-core`.

use super::ddf::{Object, Resource};
use super::{identifiers, in_comment};
use lwm2m_core::Operations;
use std::fmt::Write;

const HEAD: &str = "\
// Made by `m2m objects import`. Do not change it: change what it was made of.

use lwm2m_core::{
    DataType, ObjectDefinition, ObjectVersion, Operations, Range, ResourceDefinition as Row,
};

#[allow(dead_code)]
const fn range(low: i32, high: i32) -> Range {
    match Range::new(low, high) {
        Some(range) => range,
        None => Range::Any,
    }
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
    let within =
        resource.range.map(|range| format!(".within(range({}, {}))", range.low, range.high));
    let Resource { id, multiple, mandatory, data_type, .. } = resource;
    let _ = writeln!(
        out,
        "        // {}\n        Row::new({id}, Operations::{operations}, DataType::{data_type:?}){}{}{},",
        in_comment(&resource.name),
        if *multiple { ".multiple()" } else { "" },
        if *mandatory { ".mandatory()" } else { "" },
        within.unwrap_or_default(),
    );
}
