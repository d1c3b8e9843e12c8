//! Files that are broken, or made to do harm: an error that says what is wrong, and nothing worse.

use std::fs;

use einthoven_ecg::{ReadOptions, Record, read, wfdb};
use proptest::prelude::*;
use tempfile::TempDir;

use crate::flac;

/// The message for a header with a signal file `r.dat` of eight bytes beside it.
fn message(header: &str) -> String {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("r.hea"), header).unwrap();
    fs::write(folder.path().join("r.dat"), [1; 8]).unwrap();
    wfdb::read(&folder.path().join("r.hea")).unwrap_err().to_string()
}

#[test]
fn broken_headers_are_named_with_line_and_field() {
    let cases = [
        ("", "it is empty"),
        ("# only a comment\n", "it is empty"),
        ("r\n", "line 1: number of signals is missing"),
        ("r x\n", "line 1: number of signals is `x`"),
        ("r 0\n", "line 1: number of signals is 0"),
        ("r 1000000000 100 4\nr.dat 16\n", "number of signals is 1000000000, but 1 signal lines follow"),
        ("r 1 0 4\nr.dat 16\n", "sampling rate is 0 Hz"),
        ("r 1 nan 4\nr.dat 16\n", "sampling rate is `nan`"),
        ("r 1 1e300 4\nr.dat 16\n", "sampling rate is 1"),
        ("r 1 100 -4\nr.dat 16\n", "number of samples is `-4`"),
        ("r 1 100 4\n\n# c\nr.dat\n", "line 4: storage format is missing"),
        ("r 1 100 4\nr.dat 17\n", "line 2: storage format is `17`; readable are 8, 16"),
        ("r 1 100 4\nr.dat 16y\n", "storage format is 16y"),
        ("r 1 100 4\nr.dat 16x0\n", "samples per frame is 0"),
        ("r 1 100 4\nr.dat 16:\n", "skew is ``"),
        ("r 1 100 4\nr.dat 16+9999999999999999999999\n", "byte offset is `9999999999999999999999`"),
        ("r 1 100 4\nr.dat 16 nan/mV\n", "gain is `nan`; it must be a finite number"),
        ("r 1 100 4\nr.dat 16 200(12/mV\n", "lacks its `)`"),
        ("r 1 100 4\nr.dat 16 200(1e99)/mV\n", "baseline is `1e99`"),
        ("r 1 100 4\nr.dat 16 200 16 0 0 99999999999 0\n", "checksum is `99999999999`"),
        ("r 1 100 4\nr.dat 16 200 sixteen\n", "ADC resolution is `sixteen`"),
        ("r/2 1 100 4\ns1 4\n", "several segments; give one segment instead (s1"),
        (
            "r 1 100 4\n../r.dat 16\n",
            "signal file is `../r.dat`; it must be the name of a file in the header's own folder",
        ),
        ("r 1 100 4\n/etc/passwd 16\n", "signal file is `/etc/passwd`"),
        ("r 1 100 4\n.. 16\n", "signal file is `..`"),
        ("r 1 100 4\nabsent.dat 16\n", "absent.dat"),
        ("r 1 100 5\nr.dat 16\n", "8 bytes hold 4 frames, but the header says 5; it is cut short"),
        ("r 1 100 1000000000000000000\nr.dat 16\n", "hold 4 frames, but the header says 1000000000000000000"),
        ("r 1 100 1\nr.dat 16x4000000000\n", "hold 0 frames"),
        ("r 2 100 1\nr.dat 16x18446744073709551615\nr.dat 16\n", "samples per frame of file r.dat are too many"),
        ("r 1 100\nr.dat 16+8\n", "hold 0 frames"),
        ("r 1 100\nr.dat 16+18446744073709551615\n", "hold 0 frames"),
        ("r 1 100 4\nr.dat 16:4\n", "skew of signal  is 4, but there are 4 frames"),
        ("r 1 100 4\nr.dat 16:18446744073709551615\n", "skew of signal"),
        ("r 2 100 2\nr.dat 16\nr.dat 61\n", "signals of file r.dat differ in format or offset"),
        ("r 1 100 4\nr.dat 516\n", "not a FLAC stream"),
    ];
    for (header, expected) in cases {
        let message = message(header);
        assert!(message.starts_with("read ") && message.contains("r.") | message.contains("absent"), "{message}");
        assert!(message.contains(expected), "{header:?}: {message}");
    }
}

#[test]
fn missing_files_are_named() {
    let folder = TempDir::new().unwrap();
    let options = ReadOptions::default();
    let message = read(&folder.path().join("nothing"), &options).unwrap_err().to_string();
    assert!(message.contains("no such record") && message.contains("nothing.hea"), "{message}");
    let message = read(folder.path(), &options).unwrap_err().to_string();
    assert!(message.contains("it is a folder"), "{message}");
    fs::write(folder.path().join("r.hea"), "r 1 100 4\nabsent.dat 16\n").unwrap();
    let message = read(&folder.path().join("r"), &options).unwrap_err().to_string();
    assert!(message.contains("absent.dat") && message.contains("r.hea names it"), "{message}");
    fs::write(folder.path().join("r.txt"), "").unwrap();
    fs::remove_file(folder.path().join("r.hea")).unwrap();
    let message = read(&folder.path().join("r.txt"), &options).unwrap_err().to_string();
    assert!(message.contains("not a kind of record"), "{message}");
}

#[test]
fn a_flac_stream_cannot_fill_the_memory() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("r.hea"), "r 1 100\nr.dat 516 1\n").unwrap();
    fs::write(folder.path().join("r.dat"), flac::zeros(100)).unwrap();
    let message = wfdb::read(&folder.path().join("r.hea")).unwrap_err().to_string();
    assert!(message.contains("unfolds to more than 1024 samples per byte"), "{message}");
    // The part of it that a header asks for may be read.
    fs::write(folder.path().join("r.hea"), "r 1 100 10000\nr.dat 516 1\n").unwrap();
    assert_eq!(wfdb::read(&folder.path().join("r.hea")).unwrap().channels[0].samples, vec![0.0; 10000]);
}

/// Characters that headers are made of, so that random text gets far into the parser.
fn header_text() -> impl Strategy<Value = String> {
    proptest::collection::vec(
        prop_oneof![
            Just("r "),
            Just("2 "),
            Just("1 "),
            Just("250 "),
            Just("r.dat "),
            Just("\n"),
            Just("16"),
            Just("212 "),
            Just("8 "),
            Just("310 "),
            Just("516 "),
            Just("x3"),
            Just(":1"),
            Just("+2"),
            Just("200(5)/mV "),
            Just("-7 "),
            Just("1e308 "),
            Just("#"),
            Just("/"),
            Just(" "),
            Just("99999999999999999999 "),
            Just("\u{fc}"),
            Just("(")
        ],
        0..30,
    )
    .prop_map(|parts| format!("r {}", parts.concat()))
}

proptest! {
    #[test]
    fn any_header_and_signal_bytes(text in header_text(), junk in any::<Vec<u8>>(), data in any::<Vec<u8>>()) {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("r.hea");
        fs::write(folder.path().join("r.dat"), &data).unwrap();
        for header in [text.clone().into_bytes(), junk.clone(), [text.as_bytes(), &junk].concat()] {
            fs::write(&path, header).unwrap();
            if let Ok(signals) = wfdb::read(&path) {
                prop_assert!(signals.channels.iter().all(|channel| channel.samples.len() <= 8 * data.len()));
                let _ = Record::from_signals(&signals);
            }
        }
    }

    #[test]
    fn any_signal_bytes(
        data in any::<Vec<u8>>(),
        format in prop::sample::select(vec![8, 16, 24, 32, 61, 80, 160, 212, 310, 311, 508, 516, 524]),
        each in 1usize..4,
        offset in 0usize..9,
    ) {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("r.dat"), &data).unwrap();
        fs::write(folder.path().join("r.hea"), format!("r 2\nr.dat {format}x{each}+{offset}\nr.dat {format}+{offset}")).unwrap();
        if let Ok(signals) = wfdb::read(&folder.path().join("r.hea")) {
            prop_assert_eq!(signals.channels[0].samples.len(), each * signals.channels[1].samples.len());
        }
    }

    #[test]
    fn any_damage_to_a_flac_stream(at in 0usize..200, byte in any::<u8>(), cut in 0usize..250) {
        let folder = TempDir::new().unwrap();
        let mut stream = flac::stream(&[(0..40).collect(), (0..40).map(|v| v * v).collect()], 16);
        if let Some(target) = stream.get_mut(at) {
            *target = byte;
        }
        stream.truncate(cut);
        fs::write(folder.path().join("r.dat"), &stream).unwrap();
        fs::write(folder.path().join("r.hea"), "r 2\nr.dat 516\nr.dat 516").unwrap();
        let _ = wfdb::read(&folder.path().join("r.hea"));
    }

    #[test]
    fn any_annotation_bytes(data in any::<Vec<u8>>()) {
        if let Ok(file) = wfdb::parse_annotations(&data) {
            prop_assert!(file.marks.len() <= data.len() / 2);
        }
    }

    #[test]
    fn any_table_bytes(data in any::<Vec<u8>>(), cells in "[0-9.,;\t\n\"eE+NaIV-]{0,200}") {
        let folder = TempDir::new().unwrap();
        let options = ReadOptions { rate: Some(100.0), ..Default::default() };
        for (name, bytes) in [("a.csv", data.clone()), ("b.csv", cells.into_bytes()), ("c.npy", data.clone())] {
            fs::write(folder.path().join(name), bytes).unwrap();
            let _ = read(&folder.path().join(name), &options);
        }
    }

    #[test]
    fn any_npy_header(header in "\\{('descr'|'shape'|'fortran_order'|: |, |\\(|\\)|'<f4'|'>i2'|True|12|99999999999999999999|5|\\(\\()*\\}?", data in any::<Vec<u8>>()) {
        let folder = TempDir::new().unwrap();
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((header.len() as u16).to_le_bytes());
        bytes.extend(header.as_bytes());
        bytes.extend(data);
        fs::write(folder.path().join("c.npy"), bytes).unwrap();
        let _ = read(&folder.path().join("c.npy"), &ReadOptions { rate: Some(100.0), ..Default::default() });
    }
}
