//! Prints what a TLV payload holds: `decode_tlv /3/0 c10964c10a0f`.

use std::process::ExitCode;

use coap_core::ContentFormat;
use lwm2m_core::format::{Content, RawValue, Reader};
use lwm2m_core::object::resource_name;
use lwm2m_core::{DecodeError, Path, Registry, Value};

/// The value in the type of its resource, or the best guess if no table knows it.
fn value<'a>(path: Path, raw: RawValue<'a>) -> Result<Value<'a>, DecodeError> {
    match Registry::standard().resource(path) {
        Some(row) => raw.decode(row.data_type),
        None => Ok(raw.infer()),
    }
}

fn print(target: Path, bytes: &[u8]) -> Result<(), DecodeError> {
    for entry in Reader::new(ContentFormat::LWM2M_TLV, target, bytes)? {
        let entry = entry?;
        let name = entry.path.object_id().zip(entry.path.resource_id());
        let name = name.and_then(|(object, resource)| resource_name(object, resource));
        print!("{:<14}{:<32}", entry.path.to_string(), name.unwrap_or(""));
        match entry.content {
            Content::Value(raw) => println!("{:?}", value(entry.path, raw)?),
            Content::Empty => println!("(empty)"),
            Content::Delete => println!("(deleted)"),
        }
    }
    Ok(())
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<_>> = text.chars().map(|c| c.to_digit(16)).collect();
    let byte = |pair: &[u32]| match pair {
        [high, low] => u8::try_from(high << 4 | low).ok(),
        _ => None,
    };
    digits?.chunks(2).map(byte).collect()
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [target, bytes] = arguments.as_slice() else {
        eprintln!("usage: decode_tlv PATH HEX");
        return ExitCode::FAILURE;
    };
    let (Ok(target), Some(bytes)) = (Path::parse(target), unhex(bytes)) else {
        eprintln!("PATH is a path such as /3/0, HEX an even number of hexadecimal digits");
        return ExitCode::FAILURE;
    };
    match print(target, &bytes) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
