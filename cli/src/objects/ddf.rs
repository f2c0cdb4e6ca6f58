//! Object definitions as OMA's registry has them: the LwM2M Data Definition Format, an XML
//! (Core appendix D.1).

use super::range::{Range, parse_range};
use lwm2m_core::{DataType, ObjectVersion, Operations};
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::Event;
use quick_xml::{Reader, XmlVersion};

/// One object.
#[derive(Debug)]
pub(super) struct Object {
    pub(super) id: u16,
    pub(super) name: String,
    pub(super) version: ObjectVersion,
    pub(super) multiple: bool,
    pub(super) mandatory: bool,
    /// Sorted by ID.
    pub(super) resources: Vec<Resource>,
}

/// One resource.
#[derive(Debug)]
pub(super) struct Resource {
    pub(super) id: u16,
    pub(super) name: String,
    pub(super) operations: Operations,
    pub(super) multiple: bool,
    pub(super) mandatory: bool,
    pub(super) data_type: DataType,
    pub(super) range: Option<Range>,
    /// What is said of the range, if it is none that a table can hold.
    pub(super) unknown_range: Option<String>,
}

/// The elements of an object or a resource, with their text.
#[derive(Default)]
struct Fields {
    line: usize,
    /// The attribute `ID` of a resource.
    id: Option<String>,
    list: Vec<(String, String)>,
}

impl Fields {
    fn get(&self, name: &str) -> Option<&str> {
        let found = self.list.iter().find(|(field, _)| field == name);
        found.map(|(_, text)| text.trim())
    }

    fn need(&self, name: &str) -> Result<&str, String> {
        self.get(name).ok_or_else(|| format!("line {}: no {name}", self.line))
    }

    fn wrong(&self, name: &str, text: &str) -> String {
        format!("line {}: {name} is {text:?}", self.line)
    }

    fn flag(&self, name: &str, yes: &str, no: &str) -> Result<bool, String> {
        match self.need(name)? {
            text if text.eq_ignore_ascii_case(yes) => Ok(true),
            text if text.eq_ignore_ascii_case(no) => Ok(false),
            text => Err(self.wrong(name, text)),
        }
    }
}

/// An ID that may name something: 0 to 65534.
fn id(text: &str) -> Option<u16> {
    text.trim().parse().ok().filter(|id| *id != u16::MAX)
}

/// The objects of one file.
pub(super) fn read(text: &str) -> Result<Vec<Object>, String> {
    let mut parser = Parser { text, ..Parser::default() };
    let mut reader = Reader::from_str(text);
    loop {
        let at = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        let event = reader.read_event();
        let event = event.map_err(|error| format!("line {}: {error}", parser.line(at)))?;
        match event {
            Event::Start(start) => {
                let name = start.local_name().as_ref().to_owned();
                let id = start.attributes().flatten().find(|a| a.key.as_ref() == "ID");
                let id = id.and_then(|a| a.normalized_value(XmlVersion::Implicit1_0).ok());
                parser.begin(at, name, id.map(std::borrow::Cow::into_owned));
            }
            // An element without content, `<Units/>`, is a field without text.
            Event::Empty(empty) => {
                let name = empty.local_name().as_ref().to_owned();
                parser.begin(at, name, None);
                parser.end()?;
            }
            Event::End(_) => parser.end()?,
            Event::Text(part) => parser.put(&part.xml10_content()),
            Event::CData(part) => parser.put(&part.xml10_content()),
            Event::GeneralRef(reference) => {
                let wrong = || format!("line {}: an unknown entity", parser.line(at));
                match reference.resolve_char_ref().map_err(|_| wrong())? {
                    Some(character) => parser.put(character.encode_utf8(&mut [0; 4])),
                    None => {
                        let text = resolve_predefined_entity(&reference).ok_or_else(wrong)?;
                        parser.put(text);
                    }
                }
            }
            Event::Eof => break,
            _ => {}
        }
    }
    if !parser.open.is_empty() {
        return Err("it ends in the middle".to_owned());
    }
    if parser.objects.is_empty() {
        return Err("no object is defined here".to_owned());
    }
    Ok(parser.objects)
}

/// Where in the file one is, and what was found.
#[derive(Default)]
struct Parser<'t> {
    text: &'t str,
    /// Names of the elements that are open.
    open: Vec<String>,
    object: Option<Fields>,
    item: Option<Fields>,
    resources: Vec<Resource>,
    /// Text of the innermost element.
    content: String,
    objects: Vec<Object>,
}

impl Parser<'_> {
    fn line(&self, at: usize) -> usize {
        self.text.as_bytes().iter().take(at).filter(|b| **b == b'\n').count().saturating_add(1)
    }

    fn put(&mut self, text: &str) {
        self.content.push_str(text);
    }

    fn begin(&mut self, at: usize, name: String, id: Option<String>) {
        let fields = Fields { line: self.line(at), id, ..Fields::default() };
        match name.as_str() {
            "Object" => self.object = Some(fields),
            "Item" if self.object.is_some() => self.item = Some(fields),
            _ => {}
        }
        self.content.clear();
        self.open.push(name);
    }

    fn end(&mut self) -> Result<(), String> {
        let Some(name) = self.open.pop() else { return Ok(()) };
        match name.as_str() {
            "Object" => {
                if let Some(fields) = self.object.take() {
                    let resources = std::mem::take(&mut self.resources);
                    self.objects.push(object(&fields, resources)?);
                }
            }
            "Item" => {
                if let Some(fields) = self.item.take() {
                    self.resources.push(resource(&fields)?);
                }
            }
            _ => {
                let content = std::mem::take(&mut self.content);
                let fields = self.item.as_mut().or(self.object.as_mut());
                // The first one counts: descriptions have elements of their own now and then.
                if let Some(fields) = fields.filter(|fields| fields.get(&name).is_none()) {
                    fields.list.push((name, content));
                }
            }
        }
        Ok(())
    }
}

fn object(fields: &Fields, mut resources: Vec<Resource>) -> Result<Object, String> {
    let text = fields.need("ObjectID")?;
    let id = id(text).ok_or_else(|| fields.wrong("ObjectID", text))?;
    let version = match fields.get("ObjectVersion").filter(|text| !text.is_empty()) {
        Some(text) => {
            ObjectVersion::parse(text).map_err(|_| fields.wrong("ObjectVersion", text))?
        }
        None => ObjectVersion::DEFAULT,
    };
    resources.sort_by_key(|resource| resource.id);
    let same = |two: &&[Resource]| matches!(two, [one, other] if one.id == other.id);
    if let Some([one, _]) = resources.windows(2).find(same) {
        return Err(format!("resource {} of object {id} comes twice", one.id));
    }
    Ok(Object {
        id,
        name: fields.need("Name")?.to_owned(),
        version,
        multiple: fields.flag("MultipleInstances", "Multiple", "Single")?,
        mandatory: fields.flag("Mandatory", "Mandatory", "Optional")?,
        resources,
    })
}

fn resource(fields: &Fields) -> Result<Resource, String> {
    let text = fields.id.as_deref().unwrap_or_default();
    let id = id(text).ok_or_else(|| fields.wrong("the ID of an Item", text))?;
    let text = fields.need("Operations")?;
    let operations = match text {
        "" => Operations::NONE,
        "R" => Operations::R,
        "W" => Operations::W,
        "RW" | "WR" => Operations::RW,
        "E" => Operations::E,
        _ => return Err(fields.wrong("Operations", text)),
    };
    let text = fields.get("Type").unwrap_or_default();
    let data_type = match text {
        _ if operations.execute() => DataType::None,
        "String" => DataType::String,
        "Integer" => DataType::Integer,
        "Unsigned Integer" => DataType::Unsigned,
        "Float" => DataType::Float,
        "Boolean" => DataType::Boolean,
        "Opaque" => DataType::Opaque,
        "Time" => DataType::Time,
        "Objlnk" | "ObjLnk" => DataType::ObjectLink,
        "Corelnk" | "CoreLnk" => DataType::CoreLink,
        _ => return Err(fields.wrong("Type", text)),
    };
    let said = fields.get("RangeEnumeration").unwrap_or_default();
    let range = parse_range(said, data_type);
    Ok(Resource {
        id,
        name: fields.need("Name")?.to_owned(),
        operations,
        multiple: fields.flag("MultipleInstances", "Multiple", "Single")?,
        mandatory: fields.flag("Mandatory", "Mandatory", "Optional")?,
        data_type,
        range,
        unknown_range: (range.is_none() && !said.is_empty() && data_type != DataType::None)
            .then(|| said.to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "<LWM2M><Object><Name>A &amp; B</Name><ObjectID>33000</ObjectID>\
        <MultipleInstances>Multiple</MultipleInstances><Mandatory>Optional</Mandatory>\
        <Resources><Item ID=\"1\"><Name>x</Name><Operations>R</Operations>\
        <MultipleInstances>Single</MultipleInstances><Mandatory>Optional</Mandatory>\
        <Type>Float</Type><RangeEnumeration/></Item></Resources></Object></LWM2M>";

    #[test]
    fn what_is_wrong_is_said() {
        let objects = read(GOOD).unwrap();
        assert_eq!((objects[0].name.as_str(), objects[0].resources.len()), ("A & B", 1));
        for (from, to, said) in [
            ("33000", "65535", "line 1: ObjectID is \"65535\""),
            ("<ObjectID>33000</ObjectID>", "", "line 1: no ObjectID"),
            ("ID=\"1\"", "", "the ID of an Item is \"\""),
            ("Float", "Double", "Type is \"Double\""),
            (">R<", ">X<", "Operations is \"X\""),
            (">Single<", ">Some<", "MultipleInstances is \"Some\""),
            ("<Name>x</Name>", "", "no Name"),
            ("</LWM2M>", "", "it ends in the middle"),
            ("</Object>", "</Item>", "line 1: "),
            ("Object", "Thing", "no object is defined here"),
        ] {
            let error = read(&GOOD.replace(from, to)).unwrap_err();
            assert!(error.contains(said), "{from}: {error}");
        }
        let twice = GOOD.replace("</Item>", "</Item><Item ID=\"1\"><Name>y</Name><Operations>E</Operations><MultipleInstances>Single</MultipleInstances><Mandatory>Optional</Mandatory></Item>");
        assert_eq!(read(&twice).unwrap_err(), "resource 1 of object 33000 comes twice");
        assert!(read("").is_err() && read("no xml").is_err());
    }

    #[test]
    fn every_prefix_is_refused_and_none_panics() {
        for len in 0..GOOD.len() {
            assert!(read(&GOOD[..len]).is_err(), "{len}");
        }
    }
}
