//! Readers, resolver and writers work without an allocator.

#![allow(clippy::unwrap_used, reason = "a test")]

use m2m_base::{Sink, SliceSink};
use senml::{Format, Reader, Record, Rules, Writer, compact};

#[test]
fn nothing_is_allocated() {
    let pack = br#"[{"bn":"urn:dev:1:","bt":1700000000.5,"bu":"Cel","n":"a","v":20.10},
        {"n":"b\u0041","t":-5,"v":-1e-7,"s":3,"ut":60,"x":[{"y":null}]},{"n":"c","vb":true},
        {"n":"d","vd":"aGkgCg"},{"n":"e","vs":"a\nb \ud83d\ude00","u":"V"},{"n":"f","v":1.5}]"#;
    let counted = allocation_counter::measure(|| {
        let mut json = Reader::resolved(Format::Json, pack, Rules::RFC8428);
        let mut count = 0;
        while let Some(record) = json.read().unwrap() {
            count += record.name.len();
        }
        assert_eq!(count, 6 * "urn:dev:1:a".len() + 1);

        let mut cbor = [0; 300];
        let mut sink = SliceSink::new(&mut cbor);
        convert(Reader::new(Format::Json, pack), Format::Cbor, &mut sink);
        let mut json = [0; 400];
        let mut again = SliceSink::new(&mut json);
        convert(Reader::new(Format::Cbor, sink.written()), Format::Json, &mut again);
        assert!(again.len() > 200);

        let records = [("room/1", 20), ("room/2", 21)]
            .into_iter()
            .map(|(name, value)| Record::named(name).with_value(value));
        assert_eq!(compact(records).count(), 2);
    });
    assert_eq!(counted.count_total, 0);
}

fn convert<'a>(mut reader: Reader<'a>, format: Format, sink: &mut dyn Sink) {
    let mut writer = Writer::new(format, sink, None).unwrap();
    let mut record = Record::default();
    while reader.read(&mut record).unwrap() {
        writer.record(&record).unwrap();
    }
    writer.finish().unwrap();
}
