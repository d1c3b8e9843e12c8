//! Annotation files made by hand.

use einthoven_ecg::wfdb::{Annotation, parse_annotations};

/// Words of (code, low ten bits), with texts and skips in between as plain bytes.
fn word(code: u16, low: u16) -> Vec<u8> {
    (code << 10 | low).to_le_bytes().to_vec()
}

fn text(text: &str) -> Vec<u8> {
    let mut bytes = word(63, text.len() as u16);
    bytes.extend(text.as_bytes());
    bytes.resize(bytes.len().next_multiple_of(2), 0);
    bytes
}

/// A skip: a 32-bit difference with its high word first.
fn skip(difference: i32) -> Vec<u8> {
    let bytes = difference.to_le_bytes();
    [word(59, 0), vec![bytes[2], bytes[3], bytes[0], bytes[1]]].concat()
}

fn mark(sample: i64, code: u8, symbol: &str) -> Annotation {
    let (symbol, text) = (symbol.to_string(), String::new());
    Annotation { sample, code, symbol, subtype: 0, channel: 0, number: 0, text }
}

#[test]
fn every_kind_of_word() {
    let file = [
        word(1, 77),
        word(28, 5),
        text("(AFIB"),
        word(61, 0xff),
        word(62, 3),
        word(60, 0xfe),
        word(39, 1023),
        skip(100_000),
        word(24, 1),
        word(62, 0),
        word(60, 0),
        word(0, 10),
        word(40, 0),
        skip(-50),
        word(50, 0),
        word(0, 0),
        word(1, 1),
    ];
    let file = parse_annotations(&file.concat()).unwrap();
    assert!(file.complete);
    assert_eq!(file.time_resolution, None);
    // Channel and number stay until they change, subtype and text do not.
    let carried = |mark: Annotation| Annotation { channel: 3, number: -2, ..mark };
    let expected = [
        mark(77, 1, "N"),
        carried(Annotation { text: "(AFIB".into(), subtype: -1, ..mark(82, 28, "+") }),
        carried(mark(1105, 39, "(")),
        mark(101_106, 24, "p"),
        mark(101_116, 40, ")"),
        mark(101_066, 50, ""),
    ];
    assert_eq!(file.marks, expected);
}

#[test]
fn definitions_are_applied_and_taken_out() {
    let note = |line: &str| [word(22, 0), text(line)].concat();
    let file = [
        note("## time resolution: 1000"),
        note("## annotation type definitions"),
        note("45 X an odd beat"),
        note("1 n a renamed beat"),
        note("## end of definitions"),
        word(45, 9),
        word(1, 1),
        word(22, 3),
        text("a note"),
        word(0, 0),
    ];
    let file = parse_annotations(&file.concat()).unwrap();
    assert_eq!(file.time_resolution, Some(1000.0));
    let note = Annotation { text: "a note".into(), ..mark(13, 22, "\"") };
    assert_eq!(file.marks, [mark(9, 45, "X"), mark(10, 1, "n"), note]);
}

#[test]
fn damaged_files() {
    let whole = parse_annotations(&word(1, 5)).unwrap();
    assert!(!whole.complete && whole.marks == [mark(5, 1, "N")], "a lost end mark is said");
    assert_eq!(parse_annotations(&[]).unwrap().marks, []);
    let cases = [
        ([word(1, 5), vec![9]].concat(), "byte 2: an annotation is cut short"),
        ([word(1, 5), word(59, 0), vec![0, 0]].concat(), "byte 6: an annotation is cut short"),
        ([word(1, 5), word(63, 3), vec![65, 66]].concat(), "byte 4: a text of 3 bytes is cut short"),
        (word(61, 1), "byte 0: code 61 has no mark before it"),
    ];
    for (bytes, expected) in cases {
        assert_eq!(parse_annotations(&bytes).unwrap_err(), expected);
    }
}
