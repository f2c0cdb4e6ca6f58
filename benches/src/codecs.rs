//! The codec jobs: each reads or writes one of the inputs in `data/`.

use coap_core::{
    Code, ContentFormat, Message, MessageType, MessageWriter, OptionNumber, OptionWriter,
};
use lwm2m_core::format::{self, Content, Item, ItemContent};
use lwm2m_core::object::Registry;
use lwm2m_core::{DecodeError, Path, Value};
use m2m_base::{Sink, SliceSink};
use senml::{Format, Reader, Rules};
use std::hint::black_box;

/// Makes a job, its inputs read and its buffers ready.
pub(crate) type Make = fn() -> Box<dyn FnMut()>;

pub(crate) const JOBS: &[(&str, Make)] = &[
    ("coap_request_read", coap_request_read),
    ("coap_request_write", coap_request_write),
    ("coap_response_read", coap_response_read),
    ("coap_response_write", coap_response_write),
    ("tlv_read", || lwm2m_read(ContentFormat::LWM2M_TLV, TLV)),
    ("tlv_write", || lwm2m_write(ContentFormat::LWM2M_TLV)),
    ("lwm2m_cbor_read", || {
        lwm2m_read(ContentFormat::LWM2M_CBOR, include_bytes!("../data/device.lwm2mcbor"))
    }),
    ("lwm2m_cbor_write", || lwm2m_write(ContentFormat::LWM2M_CBOR)),
    ("senml_cbor_read", || senml_read(Format::Cbor, include_bytes!("../data/device.cbor"), 16)),
    ("senml_cbor_write", || senml_write(Format::Cbor, include_bytes!("../data/device.cbor"))),
    ("senml_json_read", || senml_read(Format::Json, include_bytes!("../data/device.json"), 16)),
    ("senml_json_write", || senml_write(Format::Json, include_bytes!("../data/device.json"))),
    ("pack100_json_read", || senml_read(Format::Json, include_bytes!("../data/pack100.json"), 100)),
    ("pack10000_json_read", || {
        senml_read(Format::Json, include_bytes!("../data/pack10000.json"), 10_000)
    }),
];

fn coap_request_read() -> Box<dyn FnMut()> {
    let datagram = include_bytes!("../data/coap_req.bin");
    Box::new(move || {
        let m = Message::parse(black_box(datagram)).unwrap();
        let mut path = m.options.path();
        black_box((path.next(), path.next(), path.next(), m.options.accept()));
    })
}

fn coap_request_write() -> Box<dyn FnMut()> {
    let expected = include_bytes!("../data/coap_req.bin");
    let m = Message::parse(expected).unwrap();
    let options: Vec<(OptionNumber, Vec<u8>)> =
        m.options.iter().map(|o| (o.number, o.value.to_vec())).collect();
    let (token, id) = (m.token.to_vec(), m.id);
    let mut buf = [0; 64];
    Box::new(move || {
        let kind = MessageType::Confirmable;
        let mut w =
            MessageWriter::in_buffer(&mut buf, kind, black_box(Code::GET), id, &token).unwrap();
        for (number, value) in &options {
            w.option(*number, value).unwrap();
        }
        let len = w.finish(&[]).unwrap().len();
        assert_eq!(black_box(&buf[..len]).len(), expected.len());
    })
}

fn coap_response_read() -> Box<dyn FnMut()> {
    let datagram = include_bytes!("../data/coap_resp.bin");
    Box::new(move || {
        let m = Message::parse(black_box(datagram)).unwrap();
        black_box((m.code, m.content_format(), m.payload));
    })
}

fn coap_response_write() -> Box<dyn FnMut()> {
    let m = Message::parse(include_bytes!("../data/coap_resp.bin")).unwrap();
    let mut room = [0; 32];
    let mut list = OptionWriter::new(&mut room);
    for o in m.options {
        list.add(o.number, o.value).unwrap();
    }
    let options: Vec<(OptionNumber, Vec<u8>)> =
        list.options().iter().map(|o| (o.number, o.value.to_vec())).collect();
    let (token, id, code, kind) = (m.token.to_vec(), m.id, m.code, m.message_type);
    let (payload, len) = (m.payload.to_vec(), include_bytes!("../data/coap_resp.bin").len());
    let mut buf = [0; 256];
    Box::new(move || {
        let mut w = MessageWriter::in_buffer(&mut buf, kind, black_box(code), id, &token).unwrap();
        for (number, value) in &options {
            w.option(*number, value).unwrap();
        }
        assert_eq!(w.finish(&payload).unwrap().len(), len);
        black_box(&buf);
    })
}

fn senml_read(format: Format, bytes: &'static [u8], records: usize) -> Box<dyn FnMut()> {
    let rules = if records < 100 { Rules::LWM2M } else { Rules::RFC8428 };
    Box::new(move || {
        let mut count = 0;
        let mut reader = Reader::resolved(format, black_box(bytes), rules);
        while let Some(record) = reader.read().unwrap() {
            count += 1;
            black_box((&record.name, &record.value));
        }
        assert_eq!(count, records);
    })
}

fn senml_write(format: Format, bytes: &'static [u8]) -> Box<dyn FnMut()> {
    let records: Vec<_> = Reader::new(format, bytes).map(Result::unwrap).collect();
    let mut buf = vec![0; bytes.len() + 64];
    let len = bytes.len();
    Box::new(move || {
        let mut sink = SliceSink::new(&mut buf);
        {
            let sink: &mut dyn Sink = &mut sink;
            let mut w = senml::Writer::new(format, sink, Some(records.len() as u64)).unwrap();
            for record in black_box(&records) {
                w.record(record).unwrap();
            }
            w.finish().unwrap();
        }
        assert!(sink.len() <= len + 8, "{} {len}", sink.len());
    })
}

const TLV: &[u8] = include_bytes!("../data/device.tlv");
const DEVICE: Path = Path::instance(3, 0);

/// Every value in the type that the object's definition tells.
fn device() -> Vec<(Path, Value<'static>)> {
    let registry = Registry::standard();
    let mut values = Vec::new();
    for entry in format::Reader::new(ContentFormat::LWM2M_TLV, DEVICE, black_box(TLV)).unwrap() {
        let entry = entry.unwrap();
        if let Content::Value(raw) = entry.content {
            let row = registry.resource(entry.path).unwrap();
            values.push((entry.path, raw.decode(row.data_type).unwrap()));
        }
    }
    values
}

fn lwm2m_read(format: ContentFormat, bytes: &'static [u8]) -> Box<dyn FnMut()> {
    let registry = Registry::standard();
    Box::new(move || {
        let mut count = 0;
        let object = black_box(&registry).object(3).unwrap();
        let data_type = |path: Path| Some(object.resource(path.resource_id()?)?.data_type);
        format::read(format, DEVICE, black_box(bytes), data_type, |item| {
            if let ItemContent::Value(value) = item.content {
                black_box(&value);
                count += 1;
            }
            Ok::<_, DecodeError>(())
        })
        .unwrap();
        assert_eq!(count, 16);
    })
}

fn lwm2m_write(format: ContentFormat) -> Box<dyn FnMut()> {
    let values = device();
    let mut buf = [0; 256];
    Box::new(move || {
        let mut sink = SliceSink::new(&mut buf);
        let items = black_box(&values).iter().map(|(path, value)| Item::value(*path, *value));
        format::write(format, DEVICE, items, &mut sink).unwrap();
        assert!((110..=TLV.len() + 1).contains(&sink.len()), "{}", sink.len());
    })
}
