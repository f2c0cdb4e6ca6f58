//! An image with one codec: `codec` reads what it is given and writes it again. Nothing is known
//! about the bytes, so nothing of reader, resolver and writer can be left out. `size.sh` builds
//! one image for each feature and one without any.
#![no_std]

#[allow(unused_imports)]
use core::hint::black_box;
use m2m_base::SliceSink;

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}

/// Called by nobody; the linker is told to keep it.
#[unsafe(no_mangle)]
pub extern "C" fn codec(input: &[u8; 1024], output: &mut [u8; 1024]) -> usize {
    let len = usize::from(input[0]) * 4;
    let bytes = input.get(..len).unwrap_or(&[]);
    let mut sink = SliceSink::new(output);
    run(bytes, &mut sink).map_or(usize::MAX, |()| sink.len())
}

#[cfg(not(any(
    feature = "coap",
    feature = "tlv",
    feature = "lwm2m-cbor",
    feature = "senml-cbor",
    feature = "senml-json"
)))]
fn run(bytes: &[u8], sink: &mut SliceSink<'_>) -> Option<()> {
    m2m_base::Sink::put(sink, black_box(bytes)).ok()
}

#[cfg(feature = "coap")]
fn run(bytes: &[u8], sink: &mut SliceSink<'_>) -> Option<()> {
    use coap_core::{Message, MessageWriter};
    use m2m_base::Sink;

    let message = Message::parse(bytes).ok()?;
    let options = message.options;
    black_box((options.accept(), message.content_format()));
    for segment in options.path() {
        black_box(segment);
    }
    let mut buf = [0; 512];
    let (kind, code) = (message.message_type, message.code);
    let mut writer =
        MessageWriter::in_buffer(&mut buf, kind, code, message.id, &message.token).ok()?;
    for option in options {
        writer.option(option.number, option.value).ok()?;
    }
    let written = writer.finish(message.payload).ok()?;
    sink.put(written.written()).ok()
}

#[cfg(any(feature = "tlv", feature = "lwm2m-cbor"))]
fn run(bytes: &[u8], sink: &mut SliceSink<'_>) -> Option<()> {
    use coap_core::ContentFormat;
    use lwm2m_core::format::{self, Content, Item};
    use lwm2m_core::{DataType, Path};

    #[cfg(feature = "tlv")]
    let format = ContentFormat::LWM2M_TLV;
    #[cfg(feature = "lwm2m-cbor")]
    let format = ContentFormat::LWM2M_CBOR;
    let base = Path::instance(3, 0);
    let types = [
        DataType::String,
        DataType::Integer,
        DataType::Unsigned,
        DataType::Float,
        DataType::Boolean,
        DataType::Opaque,
        DataType::Time,
        DataType::ObjectLink,
    ];
    let mut items = [Item::empty(base); 16];
    let mut count = 0;
    for entry in format::Reader::new(format, base, bytes).ok()? {
        let entry = entry.ok()?;
        if let Content::Value(raw) = entry.content {
            let data_type = types.get(usize::from(entry.path.last()? & 7))?;
            *items.get_mut(count)? = Item::value(entry.path, raw.decode(*data_type).ok()?);
            count += 1;
        }
    }
    format::write(format, base, items.get(..count)?.iter().copied(), sink).ok()
}

#[cfg(any(feature = "senml-cbor", feature = "senml-json"))]
fn run(bytes: &[u8], sink: &mut SliceSink<'_>) -> Option<()> {
    use senml::Record;
    #[cfg(feature = "senml-cbor")]
    use senml::cbor::{Reader, Writer};
    #[cfg(feature = "senml-json")]
    use senml::json::{Reader, Writer};

    #[cfg(feature = "senml-cbor")]
    let mut writer = Writer::indefinite(sink).ok()?;
    #[cfg(feature = "senml-json")]
    let mut writer = Writer::new(sink).ok()?;
    let mut reader = Reader::new(bytes);
    let mut record = Record::default();
    #[cfg(feature = "resolve")]
    let mut resolver = senml::Resolver::new(senml::Rules::RFC8428);
    while reader.read(&mut record).ok()? {
        #[cfg(feature = "resolve")]
        black_box(&resolver.resolve(&record).ok()?);
        writer.record(&record).ok()?;
    }
    writer.finish().ok()
}
