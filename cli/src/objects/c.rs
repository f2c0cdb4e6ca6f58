//! Tables in C, for `m2m.h`.

use super::ddf::{Object, Resource};
use super::{identifiers, in_comment};
use lwm2m_core::{DataType, Operations};
use std::fmt::Write;

const HEAD: &str = "\
/* Made by m2m objects import. Do not change it: change what it was made of. */

#include <m2m.h>
#include <stddef.h>
";

pub(super) fn write(objects: &[Object]) -> String {
    let mut out = HEAD.to_owned();
    let names = identifiers(objects);
    for (object, name) in objects.iter().zip(&names) {
        let title = in_comment(&object.name);
        let _ = writeln!(out, "\n/* /{} {title}, version {} */", object.id, object.version);
        if !object.resources.is_empty() {
            let _ = writeln!(out, "static const m2m_resource {name}_resources[] = {{");
            for resource in &object.resources {
                resource_row(&mut out, resource);
            }
            out.push_str("};\n");
        }
        if object.resources.iter().any(|resource| resource.range.is_some()) {
            let _ = writeln!(out, "static const m2m_range {name}_ranges[] = {{");
            for resource in &object.resources {
                let Some(range) = resource.range else { continue };
                let kind = if range.length { "LENGTH" } else { "NUMBER" };
                let (id, low, high) = (resource.id, range.low, range.high);
                let _ = writeln!(out, "    {{ {id}, M2M_RANGE_{kind}, {low}, {high} }},");
            }
            out.push_str("};\n");
        }
    }
    out.push_str("\n/* All of them, sorted by ID. */\n");
    out.push_str(
        "extern const m2m_object m2m_objects[];\nextern const size_t m2m_objects_len;\n\n",
    );
    out.push_str("const m2m_object m2m_objects[] = {\n");
    for (object, name) in objects.iter().zip(&names) {
        let table = |kind: &str, there: bool| match there {
            true => format!("{name}_{kind}, sizeof {name}_{kind} / sizeof {name}_{kind}[0]"),
            false => "NULL, 0".to_owned(),
        };
        let _ = writeln!(
            out,
            "    {{ {}, {}, {}, {}, {},\n      {},\n      {} }},",
            object.id,
            object.version.major,
            object.version.minor,
            instances(object.multiple),
            presence(object.mandatory),
            table("resources", !object.resources.is_empty()),
            table("ranges", object.resources.iter().any(|resource| resource.range.is_some())),
        );
    }
    out.push_str(
        "};\n\nconst size_t m2m_objects_len = sizeof m2m_objects / sizeof m2m_objects[0];\n",
    );
    out
}

fn instances(multiple: bool) -> &'static str {
    if multiple { "M2M_MULTIPLE" } else { "M2M_SINGLE" }
}

fn presence(mandatory: bool) -> &'static str {
    if mandatory { "M2M_MANDATORY" } else { "M2M_OPTIONAL" }
}

fn resource_row(out: &mut String, resource: &Resource) {
    let operations = match resource.operations {
        Operations::R => "M2M_R",
        Operations::W => "M2M_W",
        Operations::RW => "M2M_RW",
        Operations::E => "M2M_E",
        _ => "M2M_NO_OPERATION",
    };
    let data_type = match resource.data_type {
        DataType::None => "M2M_NO_TYPE",
        DataType::String => "M2M_STRING",
        DataType::Integer => "M2M_INTEGER",
        DataType::Unsigned => "M2M_UNSIGNED",
        DataType::Float => "M2M_FLOAT",
        DataType::Boolean => "M2M_BOOLEAN",
        DataType::Opaque => "M2M_OPAQUE",
        DataType::Time => "M2M_TIME",
        DataType::ObjectLink => "M2M_OBJLNK",
        DataType::CoreLink => "M2M_CORELNK",
    };
    let _ = writeln!(
        out,
        "    {{ {}, {operations}, {}, {}, {data_type} }}, /* {} */",
        resource.id,
        instances(resource.multiple),
        presence(resource.mandatory),
        in_comment(&resource.name),
    );
}
