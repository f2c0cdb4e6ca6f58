//! `m2m objects`: the object definitions of OMA's registry (LwM2M DDF files) as tables of source
//! code.

pub(crate) mod args;
mod c;
mod ddf;
mod range;
mod rust;

use crate::failure::Failure;
use args::{Import, Objects};
use ddf::Object;
use std::io::{self, Write};
use std::path::Path;

/// Carries out the command.
pub(crate) fn run(command: &Objects) -> Result<(), Failure> {
    let Objects::Import(import) = command;
    let mut objects = Vec::new();
    for file in &import.files {
        let text =
            std::fs::read_to_string(file).map_err(|error| Failure::io(file.display(), &error))?;
        let of_file = |what: String| Failure::new(format!("{}: {what}", file.display()));
        objects.extend(ddf::read(&text).map_err(of_file)?);
    }
    objects.sort_by_key(|object| object.id);
    let same = |two: &&[Object]| matches!(two, [one, other] if one.id == other.id);
    if let Some([one, _]) = objects.windows(2).find(same) {
        return Err(Failure::new(format!("object {} comes twice", one.id)));
    }
    for object in &objects {
        for resource in &object.resources {
            if let Some(range) = &resource.unknown_range {
                crate::failure::complain(&format!(
                    "/{}/x/{}: no range is made of {range:?}",
                    object.id, resource.id
                ));
            }
        }
    }
    let text = if import.c { c::write(&objects) } else { rust::write(&objects) };
    write(import, &text)
}

/// A file is only there, or changed, when all of it was written.
fn write(import: &Import, text: &str) -> Result<(), Failure> {
    let Some(path) = &import.out else {
        return match io::stdout().write_all(text.as_bytes()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                Err(Failure::io("standard output", &error))
            }
            _ => Ok(()),
        };
    };
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    let temporary = path.with_file_name(name);
    let written = std::fs::write(&temporary, text).and_then(|()| std::fs::rename(&temporary, path));
    written.map_err(|error| {
        let _ = std::fs::remove_file(&temporary);
        Failure::io(Path::new(path).display(), &error)
    })
}

/// The words of a name, without what no identifier has.
fn words(name: &str) -> Vec<String> {
    let parts = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|part| !part.is_empty());
    parts.map(str::to_lowercase).collect()
}

/// Identifiers of the objects, no two the same: the name, with the ID behind it where two share it.
fn identifiers(objects: &[Object]) -> Vec<String> {
    let plain = |object: &Object| {
        let words = words(&object.name).join("_");
        match words.chars().next() {
            Some(first) if first.is_ascii_alphabetic() => words,
            _ => format!("object_{}", object.id),
        }
    };
    let names: Vec<String> = objects.iter().map(plain).collect();
    // The table of all has a name too.
    let twice = |name: &String| {
        name == "objects" || names.iter().filter(|other| *other == name).count() > 1
    };
    let one = |(object, name): (&Object, &String)| {
        if twice(name) { format!("{name}_{}", object.id) } else { name.clone() }
    };
    objects.iter().zip(&names).map(one).collect()
}

/// A name as it may stand in a comment of either language: one line that does not end the comment.
fn in_comment(name: &str) -> String {
    let line = name.split_whitespace().collect::<Vec<_>>().join(" ");
    line.replace("*/", "* /").replace('\\', "/")
}
