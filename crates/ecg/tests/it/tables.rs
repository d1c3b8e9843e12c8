//! CSV and NPY records, and finding records.

use std::fs;
use std::path::Path;

use einthoven_ecg::{ReadOptions, Record, Signals, Warning, list_records, read};
use tempfile::TempDir;

fn options(rate: f64, leads: Option<&[&str]>) -> ReadOptions {
    let leads = leads.map(|leads| leads.iter().map(ToString::to_string).collect());
    ReadOptions { rate: Some(rate), units: None, leads }
}

fn read_text(name: &str, text: &[u8], options: &ReadOptions) -> einthoven_ecg::Result<Signals> {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join(name), text).unwrap();
    read(&folder.path().join(name), options)
}

fn columns(signals: &Signals) -> Vec<(&str, &[f64])> {
    signals.channels.iter().map(|channel| (channel.name.as_str(), &channel.samples[..])).collect()
}

#[test]
fn tables_with_every_separator() {
    let expected = [("I", &[1.5, -2.0, 3.0][..]), ("II", &[4.0, 0.25, 6.0][..])];
    let texts = [
        "I,II\n1.5,4\n-2,0.25\n3,6\n",
        "\u{feff}I; II\r\n1,5;4\r\n-2;2.5e-1\r\n3;6",
        "\"I\"\t\"II\"\n1.5\t4\n-2\t0,25\n\n3\t6\n",
    ];
    for text in texts {
        let signals = read_text("a.csv", text.as_bytes(), &options(250.0, None)).unwrap();
        assert_eq!(columns(&signals), expected, "{text:?}");
        assert!(signals.channels.iter().all(|channel| channel.rate == 250.0 && channel.units.is_empty()));
        assert_eq!((signals.name.as_str(), signals.rate), ("a", 250.0));
    }
    // Names given win over names in the file, and a table without names needs them.
    let named = read_text("a.csv", texts[0].as_bytes(), &options(250.0, Some(&["V1", "V2"]))).unwrap();
    assert_eq!(named.channels[1].name, "V2");
    let bare = read_text("a.csv", b"1,2\n3,\nnan,NA\n", &options(250.0, Some(&["V1", "V2"]))).unwrap();
    assert_eq!(bare.channels[0].samples[..2], [1.0, 3.0]);
    assert!(bare.channels[0].samples[2].is_nan() && bare.channels[1].samples[1..].iter().all(|v| v.is_nan()));
}

#[test]
fn twelve_columns_without_names_are_taken_in_the_standard_order() {
    let text: String =
        (0..200).map(|t| (0..12).map(|c| format!("{}", (t * c) as f64)).collect::<Vec<_>>().join(",") + "\n").collect();
    let options = ReadOptions { rate: Some(100.0), units: Some("uV".into()), leads: None };
    let signals = read_text("a.csv", text.as_bytes(), &options).unwrap();
    let (record, warnings) = Record::from_signals(&signals).unwrap();
    assert_eq!(warnings[0], Warning::AssumedOrder);
    assert_eq!(record.lead(11)[199], (199.0 * 11.0 * 1e-3_f64) as f32);
}

#[test]
fn tables_that_cannot_be_used() {
    let with_rate = options(250.0, None);
    let cases: [(&str, &ReadOptions, &str); 7] = [
        ("I,II\n1,2\n", &ReadOptions::default(), "a.csv: its sampling rate is not in the file; give --rate HZ"),
        ("I,II\n1,2\n", &options(f64::NAN, None), "use rate NaN Hz: it must be positive"),
        ("", &with_rate, "it has no samples"),
        ("I,II\n", &with_rate, "it has no samples"),
        ("I,II\n1,x\n", &with_rate, "line 2, column 2: `x` is not a number"),
        ("1,2\n3,4\n", &with_rate, "its 2 channels have no names; give --leads"),
        ("I,II\n1,2\n", &options(250.0, Some(&["I"])), "it has 2 channels, but --leads names 1"),
    ];
    for (text, options, expected) in cases {
        let message = read_text("a.csv", text.as_bytes(), options).unwrap_err().to_string();
        assert!(message.contains(expected), "{text:?}: {message}");
    }
    let message = read_text("a.csv", b"I,II\n1,2\n1,2,3\n", &with_rate).unwrap_err().to_string();
    assert!(message.contains("found record with 3 fields"), "{message}");
    let message = read_text("a.csv", b"I,II\n1,inf\n", &with_rate).unwrap_err().to_string();
    assert!(message.contains("`inf` is not a number"), "{message}");
}

fn npy(descr: &str, fortran: bool, shape: &str, data: &[u8]) -> Vec<u8> {
    let order = if fortran { "True" } else { "False" };
    let mut header = format!("{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}, }}");
    header.push_str(&" ".repeat(63 - (header.len() + 10) % 64));
    header.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(data);
    bytes
}

#[test]
fn arrays_of_every_type_and_order() {
    // Lead l at time t holds 10·l + t, for 2 leads and 3 times.
    let leads_first = [0, 1, 2, 10, 11, 12];
    let times_first = [0, 10, 1, 11, 2, 12];
    let bytes = |values: &[i32], descr: &str| -> Vec<u8> {
        let store = |&v: &i32| match descr {
            "<f4" => (v as f32).to_le_bytes().to_vec(),
            ">f4" => (v as f32).to_be_bytes().to_vec(),
            "<f8" => f64::from(v).to_le_bytes().to_vec(),
            "<i2" => (v as i16).to_le_bytes().to_vec(),
            ">i2" => (v as i16).to_be_bytes().to_vec(),
            _ => v.to_le_bytes().to_vec(),
        };
        values.iter().flat_map(store).collect()
    };
    let options = options(100.0, Some(&["a", "b"]));
    for descr in ["<f4", ">f4", "<f8", "<i2", ">i2", "<i4"] {
        let layouts = [
            ("(2, 3)", false, leads_first),
            ("(3, 2)", false, times_first),
            ("(2, 3)", true, times_first),
            ("(3, 2)", true, leads_first),
        ];
        for (shape, fortran, values) in layouts {
            let file = npy(descr, fortran, shape, &bytes(&values, descr));
            let signals = read_text("a.npy", &file, &options).unwrap();
            let expected = [("a", &[0.0, 1.0, 2.0][..]), ("b", &[10.0, 11.0, 12.0][..])];
            assert_eq!(columns(&signals), expected, "{descr} {shape} {fortran}");
        }
    }
    let negative = npy("<i2", false, "(2, 1)", &bytes(&[-1, -32768], "<i2"));
    assert_eq!(columns(&read_text("a.npy", &negative, &options).unwrap())[1].1, [-32768.0]);
}

#[test]
fn arrays_that_cannot_be_used() {
    let zeros = vec![0; 48];
    let cases = [
        (npy("<f4", false, "(12, 1)", &zeros[..47]), "its shape is [12, 1], but 47 bytes of samples follow"),
        (npy("<f4", false, "(12,)", &zeros), "its shape is [12]; a record has two axes"),
        (npy("<f4", false, "(3, 4)", &zeros), "it is not plain which axis has the 12 leads; give --leads"),
        (npy("<f4", false, "(12, 12)", &[0; 576]), "it is not plain which axis has the 12 leads"),
        (npy("<c8", false, "(12, 1)", &zeros), "its numbers are of type `<c8`; readable are f4"),
        (npy("<f4", false, "(12, x)", &zeros), "shape is not a row of whole numbers"),
        (npy("<f4", false, "(12, 18446744073709551615)", &zeros), "but 48 bytes of samples follow"),
        (npy("<f4", false, "(12, 0)", &[]), "it has no samples"),
        (b"\x93NUMPY\x01\x00\xff\xff{".to_vec(), "its header is cut short"),
        (b"\x93NUMPY\x02\x00\xff\xff\xff\xff{".to_vec(), "its header is cut short"),
        (b"PK\x03\x04".to_vec(), "it is not an NPY file"),
        (Vec::new(), "it is not an NPY file"),
    ];
    for (file, expected) in cases {
        let message = read_text("a.npy", &file, &options(100.0, None)).unwrap_err().to_string();
        assert!(message.contains(expected), "{expected}: {message}");
    }
    let good = npy("<f4", false, "(12, 1)", &zeros);
    assert_eq!(read_text("a.npy", &good, &options(100.0, None)).unwrap().warnings, [Warning::AssumedOrder]);
    let message = read_text("a.npy", &good, &ReadOptions::default()).unwrap_err().to_string();
    assert!(message.contains("give --rate"), "{message}");
}

#[test]
fn records_are_listed_through_all_folders() {
    let folder = TempDir::new().unwrap();
    let root = folder.path();
    fs::create_dir_all(root.join("b/c")).unwrap();
    let message = list_records(root).unwrap_err().to_string();
    assert!(message.contains("it holds no record"), "{message}");
    let names = |root: &Path| -> Vec<String> {
        let short = |path: &std::path::PathBuf| path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
        list_records(root).unwrap().iter().map(short).collect()
    };
    for file in ["b/z.csv", "a.npy", "notes.txt"] {
        fs::write(root.join(file), "").unwrap();
    }
    assert_eq!(names(root), ["a.npy", "b/z.csv"]);
    for file in ["b/c/2.hea", "b/10.HEA", "b/10.dat"] {
        fs::write(root.join(file), "").unwrap();
    }
    // Beside WFDB records, arrays are masks and tables are labels.
    assert_eq!(names(root), ["b/10.HEA", "b/c/2.hea"]);
    assert!(list_records(&root.join("absent")).unwrap_err().to_string().contains("absent"));
}

#[test]
fn a_record_may_be_named_in_several_ways() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("r.1.hea"), "r 1 100 2\nr.1.dat 16 1\n").unwrap();
    fs::write(folder.path().join("r.1.dat"), [1, 0, 2, 0]).unwrap();
    for name in ["r.1", "r.1.hea", "r.1.dat"] {
        let signals = read(&folder.path().join(name), &ReadOptions::default()).unwrap();
        assert_eq!((signals.name.as_str(), &signals.channels[0].samples[..]), ("r.1", &[1.0, 2.0][..]), "{name}");
    }
}
