use super::*;
use proptest::prelude::*;
use std::string::{String, ToString};

fn error(kind: TimeErrorKind, offset: usize) -> Option<TimeError> {
    Some(TimeError { kind, offset })
}

#[test]
fn ts_0004_6_3_3_timestamps() {
    let rows = [
        ("20141003T112032", 1_412_335_232_000),
        ("19700101T000000", 0),
        ("19691231T235959", -1000),
        ("20000229T120000,5", 951_825_600_500),
        ("20240229T235959,123456", 1_709_251_199_123),
        ("20240301T000000,05", 1_709_251_200_050),
        ("99991231T235959", 253_402_300_799_000),
        ("00000101T000000", -62_167_219_200_000),
    ];
    for (text, ms) in rows {
        let timestamp = Timestamp::parse(text).unwrap();
        assert_eq!(timestamp.to_string(), text);
        assert_eq!(timestamp.unix_time(), UnixTime::from_millis(ms), "{text}");
    }
}

#[test]
fn ts_0004_6_3_3_what_is_no_timestamp() {
    use TimeErrorKind::*;
    let rows = [
        ("", Truncated, 0),
        ("20141003", Truncated, 8),
        ("20141003T1120", Truncated, 13),
        ("20141003T112032,", Truncated, 16),
        ("20141003T112032,1234567", Character, 22),
        ("20141003T112032.5", Character, 15),
        ("20141003T112032Z", Character, 15),
        ("20141003t112032", Character, 8),
        ("2014-10-03T11:20:32", Character, 4),
        ("20141303T112032", Range, 4),
        ("20140003T112032", Range, 4),
        ("20140230T112032", Range, 6),
        ("20230229T000000", Range, 6),
        ("19000229T000000", Range, 6),
        ("20141003T240000", Range, 9),
        ("20141003T236000", Range, 11),
        ("20141003T235960", Range, 13),
        ("\u{661}0141003T112032", Character, 0),
    ];
    for (text, kind, offset) in rows {
        assert_eq!(Timestamp::parse(text).err(), error(kind, offset), "{text:?}");
    }
}

#[test]
fn ts_0004_6_3_3_absolute_and_relative() {
    let received = UnixTime::from_secs(1000);
    let at = |text: &str| AbsRelTimestamp::parse(text).unwrap().resolve(received);
    assert_eq!(at("3600000"), Some(UnixTime::from_secs(4600)));
    assert_eq!(at("-1000"), Some(UnixTime::from_secs(999)));
    assert_eq!(at("0"), Some(received));
    assert_eq!(at("19700101T000010"), Some(UnixTime::from_secs(10)));
    assert_eq!(at("PT1M0,5S"), Some(UnixTime::from_millis(1_060_500)));
    assert_eq!(at("P1W2D"), Some(UnixTime::from_secs(1000 + 9 * 86_400)));
    assert_eq!(at("P1M"), None, "a month has no fixed length");
    assert_eq!(at("P0Y"), Some(received));
    assert_eq!(at("9223372036854775807"), None, "beyond the clock");
    // Eight digits and no T: milliseconds, not a date.
    assert_eq!(at("20141003"), Some(UnixTime::from_millis(21_141_003)));
}

#[test]
fn what_is_neither_absolute_nor_relative() {
    use TimeErrorKind::*;
    let rows = [
        ("", Truncated, 0),
        ("-", Truncated, 1),
        ("+5", Character, 0),
        ("5 ", Character, 1),
        ("1e3", Character, 1),
        ("-0", Range, 1),
        ("007", Range, 0),
        ("9223372036854775808", Range, 0),
        ("-9223372036854775809", Range, 1),
        ("20141003T11", Truncated, 11),
        ("P", Truncated, 1),
        ("PT", Truncated, 2),
        ("P1", Truncated, 2),
        ("P1DT", Truncated, 4),
        ("P1S", Character, 2),
        ("PT1Y", Character, 3),
        ("P1D2Y", Character, 4),
        ("P1D1D", Character, 4),
        ("PT1,5M", Character, 5),
        ("PT1,S", Character, 4),
        ("PT1,.5S", Character, 4),
        ("P4294967296D", Range, 1),
        ("-P1D", Character, 1),
        ("P1DT1HT1M", Character, 6),
    ];
    for (text, kind, offset) in rows {
        assert_eq!(AbsRelTimestamp::parse(text).err(), error(kind, offset), "{text:?}");
    }
}

#[test]
fn durations_keep_their_fields() {
    for text in ["P1Y2M3W4DT5H6M7,5S", "PT0S", "P0D", "PT36H", "PT0,000001S"] {
        assert_eq!(Period::parse(text).unwrap().to_string(), text);
    }
    assert_eq!(Period::parse("PT01.50S").unwrap().to_string(), "PT1,50S");
    let longest =
        "P4294967295Y4294967295M4294967295W4294967295DT4294967295H4294967295M4294967295,999999S";
    assert_eq!(Period::parse(longest).unwrap().to_string(), longest);
}

proptest! {
    #[test]
    fn unix_time_round_trips(ms in -62_167_219_200_000i64..253_402_300_800_000) {
        let time = UnixTime::from_millis(ms);
        let timestamp = Timestamp::from_unix_time(time, true).unwrap();
        prop_assert_eq!(timestamp.unix_time(), time);
        prop_assert_eq!(Timestamp::parse(&timestamp.to_string()), Ok(timestamp));
        let whole = Timestamp::from_unix_time(time, false).unwrap();
        prop_assert_eq!(whole.unix_time().as_secs(), time.as_secs());
        prop_assert_eq!(whole.to_string().len(), 15);
    }

    #[test]
    fn unix_times_outside_the_calendar_have_no_timestamp(ms in any::<i64>()) {
        let inside = (-62_167_219_200_000..253_402_300_800_000).contains(&ms);
        let timestamp = Timestamp::from_unix_time(UnixTime::from_millis(ms), true);
        prop_assert_eq!(timestamp.is_some(), inside);
    }

    #[test]
    fn what_is_read_is_written(text in "(-?[0-9]{0,20}|[0-9]{8}T[0-9]{6}(,[0-9]{0,7})?|\\PC{0,20})") {
        if let Ok(time) = AbsRelTimestamp::parse(&text) {
            prop_assert_eq!(time.to_string(), text);
        }
    }

    #[test]
    fn durations_round_trip(text in "P([0-9]{1,4}[YMWD]){0,3}(T([0-9]{1,4}([,.][0-9]{1,6})?[HMS]){0,3})?") {
        if let Ok(period) = Period::parse(&text) {
            let written = period.to_string();
            prop_assert_eq!(Period::parse(&written), Ok(period));
            prop_assert_eq!(written.len() <= text.len(), true);
        }
    }

    #[test]
    fn lengths_become_durations_and_back(ms in 0u64..4_294_967_296_000) {
        let span = Duration::from_millis(ms);
        let period = Period::from_duration(span).unwrap();
        prop_assert_eq!(period.duration(), Some(span));
        let text: String = period.to_string();
        prop_assert_eq!(AbsRelTimestamp::parse(&text), Ok(AbsRelTimestamp::Period(period)));
    }
}
