use super::*;
use crate::{OptionNumber, OptionWriter};
use m2m_base::Counter;
use proptest::prelude::*;
use std::vec::Vec;

const BOTH: [Transport; 2] = [Transport::Tcp, Transport::WebSocket];

fn hex(text: &str) -> Vec<u8> {
    (0..text.len() / 2).map(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).unwrap()).collect()
}

fn whole(bytes: &[u8], transport: Transport) -> Frame<'_> {
    match read(bytes, transport).unwrap() {
        Progress::Complete { frame, len } => {
            assert_eq!(len, bytes.len());
            frame
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn rfc8323_3_2_and_5_7_examples() {
    for (bytes, code, token) in [
        ("01437f", Code::VALID, &[0x7f][..]),
        ("01e242", Code::PING, &[0x42]),
        ("01e342", Code::PONG, &[0x42]),
        ("00e1", Code::CSM, &[]),
        ("0000", Code::EMPTY, &[]),
    ] {
        let bytes = hex(bytes);
        let mut buf = [0; 8];
        for transport in BOTH {
            let frame = whole(&bytes, transport);
            assert_eq!((frame.code, frame.token), (code, token));
            let len = write(&mut buf, transport, code, token, Options::EMPTY, b"").unwrap();
            assert_eq!(buf[..len], bytes);
        }
    }
}

#[test]
fn rfc8323_3_2_each_form_of_the_length() {
    // Length of payload with its marker, and the head it gives.
    for (body, head) in [
        (2, "2045"),
        (12, "c045"),
        (13, "d00045"),
        (268, "d0ff45"),
        (269, "e0000045"),
        (65_804, "e0ffff45"),
        (65_805, "f00000000045"),
        (70_000, "f00000106345"),
    ] {
        let payload = vec![7; body - 1];
        let mut out = Vec::new();
        out = put(out, Transport::Tcp, Code::CONTENT, &[], Options::EMPTY, &payload).unwrap();
        let head = hex(head);
        assert_eq!(out[..head.len()], head);
        assert_eq!(out.len(), head.len() + body);
        assert_eq!(whole(&out, Transport::Tcp).payload, payload);
        let ws =
            put(Vec::new(), Transport::WebSocket, Code::CONTENT, &[], Options::EMPTY, &payload);
        let ws = ws.unwrap();
        assert_eq!((ws.len(), ws[0]), (body + 2, 0));
        assert_eq!(whole(&ws, Transport::WebSocket).payload, payload);
    }
}

#[test]
fn rfc8974_2_1_each_form_of_the_token_length() {
    for (len, head) in [
        (8, "0845"),
        (9, "0945"),
        (12, "0c45"),
        (13, "0d4500"),
        (268, "0d45ff"),
        (269, "0e450000"),
        (65_804, "0e45ffff"),
    ] {
        let token = vec![9; len];
        for transport in BOTH {
            let out = put(Vec::new(), transport, Code::CONTENT, &token, Options::EMPTY, &[]);
            let out = out.unwrap();
            let head = hex(head);
            assert_eq!(out[..head.len()], head);
            assert_eq!(whole(&out, transport).token, token);
        }
    }
    let token = vec![9; 65_805];
    let refused = put(Vec::new(), Transport::Tcp, Code::CONTENT, &token, Options::EMPTY, &[]);
    assert_eq!(refused, Err(TooLong));
}

#[test]
fn rfc8323_3_2_and_4_2_each_rule_has_its_error() {
    use Transport::{Tcp, WebSocket};
    for (bytes, transport, kind, offset) in [
        ("0f", Tcp, Kind::TokenLength, 0),
        ("ff", Tcp, Kind::TokenLength, 0),
        ("0f45", WebSocket, Kind::TokenLength, 0),
        ("100100", WebSocket, Kind::Length, 0),
        ("d0", WebSocket, Kind::Length, 0),
        ("", WebSocket, Kind::Truncated, 0),
        ("00", WebSocket, Kind::Truncated, 1),
        ("0245aa", WebSocket, Kind::Truncated, 3),
        ("0d45", WebSocket, Kind::Truncated, 2),
        ("0100aa", Tcp, Kind::NotEmpty, 2),
        ("1000b0", Tcp, Kind::NotEmpty, 2),
        ("0000b0", WebSocket, Kind::NotEmpty, 2),
        ("0021", Tcp, Kind::ReservedClass, 1),
        ("00c0", Tcp, Kind::ReservedClass, 1),
        ("d000c0ffffffffffffffffffffffffff", Tcp, Kind::ReservedClass, 2),
        ("1045ff", Tcp, Kind::EmptyPayload, 2),
        ("0045ff", WebSocket, Kind::EmptyPayload, 2),
        ("1045f0", Tcp, Kind::ReservedNibble, 2),
        ("114577b5", Tcp, Kind::Truncated, 3),
        ("3045e0ffff", Tcp, Kind::OptionNumber, 2),
    ] {
        let bytes = hex(bytes);
        if kind == Kind::OptionNumber {
            // 65535 + 269 is above the last number there is.
            assert_eq!(read(&bytes, transport).unwrap_err(), DecodeError::new(kind, offset));
            continue;
        }
        assert_eq!(
            read(&bytes, transport).unwrap_err(),
            DecodeError::new(kind, offset),
            "{bytes:02x?}"
        );
    }
}

#[test]
fn what_is_missing_is_told() {
    for (bytes, needed) in [
        ("", 2),
        ("00", 2),
        ("08", 2),
        ("0845", 10),
        ("d0", 3),
        ("d00a", 3),
        ("d00a45", 26),
        ("e0ffff", 4),
        ("e0ffff45", 65_808),
        ("f0ffffffff", 6),
        ("fd00000000", 7),
        ("fd0000000045", 7),
        ("fd000000004500", 65_825),
    ] {
        assert_eq!(
            read(&hex(bytes), Transport::Tcp),
            Ok(Progress::Incomplete { needed }),
            "{bytes}"
        );
    }
}

#[test]
fn rfc8323_5_options_are_found_by_code_and_number() {
    for row in SignalOption::ALL {
        assert_eq!(SignalOption::find(row.code, row.number), Some(*row));
        assert!(!row.number.is_critical() && row.code.is_signal());
    }
    assert_eq!(SignalOption::find(Code::CSM, OptionNumber(1)), None);
    assert_eq!(SignalOption::find(Code::PING, OptionNumber(4)), None);
}

proptest! {
    #[test]
    fn frames_come_back_whole_and_a_part_of_one_tells_what_is_missing(
        options in proptest::collection::vec((any::<u16>(), 0usize..300), 0..4),
        payload in proptest::collection::vec(any::<u8>(), 0..400),
        token in proptest::collection::vec(any::<u8>(), 0..300),
        code in prop_oneof![1u8..31, 64u8..95, 128u8..160, 225u8..230],
        after in proptest::collection::vec(any::<u8>(), 0..4),
    ) {
        let mut room = vec![0; 4000];
        let mut w = OptionWriter::new(&mut room);
        for (number, len) in options {
            w.add(OptionNumber(number), &vec![3; len]).unwrap();
        }
        for transport in BOTH {
            let options = w.options();
            let mut out =
                put(Vec::new(), transport, Code(code), &token, options, &payload).unwrap();
            let len = out.len();
            prop_assert_eq!(len, encoded_len(transport, token.len(), options, &payload));
            let counted = put(Counter::new(), transport, Code(code), &token, options, &payload);
            prop_assert_eq!(counted.unwrap().len(), len);
            for short in 0..len {
                let mut small = vec![0; short];
                let refused = write(&mut small, transport, Code(code), &token, options, &payload);
                prop_assert_eq!(refused, Err(TooLong));
                match read(&out[..short], transport) {
                    Ok(Progress::Incomplete { needed }) => {
                        prop_assert!(transport == Transport::Tcp);
                        prop_assert!(needed > short && needed <= len);
                    }
                    // A shorter WebSocket message may be a message too.
                    Ok(Progress::Complete { .. }) | Err(_) => {
                        prop_assert!(transport == Transport::WebSocket);
                    }
                }
            }
            if transport == Transport::Tcp {
                out.extend_from_slice(&after);
            }
            let Ok(Progress::Complete { frame, len: taken }) = read(&out, transport) else {
                return Err(TestCaseError::fail("not whole"));
            };
            prop_assert_eq!(taken, len);
            prop_assert_eq!(frame, Frame { code: Code(code), token: &token, options, payload: &payload });
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
        for transport in BOTH {
            match read(&bytes, transport) {
                Ok(Progress::Complete { frame, len }) => {
                    prop_assert!(len <= bytes.len());
                    let again = encoded_len(transport, frame.token.len(), frame.options, frame.payload);
                    prop_assert_eq!(again, len);
                }
                Ok(Progress::Incomplete { needed }) => prop_assert!(needed > bytes.len()),
                Err(error) => prop_assert!(error.offset <= bytes.len()),
            }
        }
    }
}
