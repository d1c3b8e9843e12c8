use std::path::Path;

use einthoven_game::npy::{self, Array, Data};
use einthoven_game::{
    Attribution, AttributionArrays, Coalitions, Design, Draw, GameFile, Partition, Values, exact, file, npz,
};
use proptest::prelude::*;

fn design(n_players: usize) -> Design {
    let mut rows = Coalitions::new(n_players);
    rows.push_empty();
    rows.push_full();
    rows.push([0]);
    Design { rows, draws: vec![Draw { row: 2, role: 1, weight: 0.25, stratum: 3 }] }
}

/// Writes each of our files into a folder.
fn write_all(folder: &Path) -> Vec<std::path::PathBuf> {
    let paths = ["design.npz", "values.npz", "partition.npz", "attribution.npz", "attribution.json", "p.npy"]
        .map(|name| folder.join(name));
    let design = exact::design(2).unwrap();
    let values = Values::new(2, (0..8).map(f64::from).collect(), "f").unwrap();
    let attributions = exact::estimate(&design, &values).unwrap();
    let names = ["I".to_owned(), "II".to_owned()];
    let partition = Partition::leads_windows(&names, 4, 2, 2.0).unwrap();
    design.save(&paths[0]).unwrap();
    values.save(&paths[1]).unwrap();
    partition.save(&paths[2]).unwrap();
    AttributionArrays::new(&attributions, None).unwrap().save(&paths[3]).unwrap();
    Attribution::save_json(&paths[4], &attributions).unwrap();
    npy::save(&paths[5], &partition.to_array()).unwrap();
    paths.to_vec()
}

/// Reads a file as whatever it is not.
fn read_all(path: &Path) -> [bool; 6] {
    [
        Design::load(path).is_ok(),
        Values::load(path).is_ok(),
        Partition::load(path).is_ok(),
        AttributionArrays::load(path).is_ok(),
        Attribution::load_json(path).is_ok(),
        Partition::from_npy(path).is_ok(),
    ]
}

#[test]
fn each_file_is_read_as_what_it_is_only() {
    let folder = tempfile::tempdir().unwrap();
    for (at, path) in write_all(folder.path()).iter().enumerate() {
        let mut expected = [false; 6];
        expected[at] = true;
        // attribution.npz holds `values`, but no fingerprint.
        assert_eq!(read_all(path), expected, "{}", path.display());
    }
}

#[test]
fn partitions_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("partition.npz");
    let names = ["I".to_owned(), "aVR".to_owned()];
    for partition in [
        Partition::leads(&names, 3).unwrap(),
        Partition::windows(2, 7, 3, 100.0).unwrap(),
        Partition::leads_windows(&names, 7, 3, 100.0).unwrap(),
    ] {
        partition.save(&path).unwrap();
        assert_eq!(Partition::load(&path).unwrap(), partition);
    }
}

#[test]
fn damaged_designs_are_refused_by_field() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("design.npz");
    let load = |design: &Design| {
        design.save(&path).unwrap();
        Design::load(&path).map(|_| ()).map_err(|error| error.to_string())
    };
    let good = design(33);
    assert_eq!(load(&good), Ok(()));
    let mut twice = good.clone();
    twice.rows.push_empty();
    let draw = |change: fn(&mut Draw)| {
        let mut design = good.clone();
        change(&mut design.draws[0]);
        design
    };
    for (design, field) in [
        (twice, "`words`"),
        (draw(|draw| draw.row = 3), "`draw_row`"),
        (draw(|draw| draw.weight = f64::NAN), "`draw_weight`"),
    ] {
        let error = load(&design).unwrap_err();
        assert!(error.contains("design.npz") && error.contains(field), "{error}");
    }
    let columns = |n_players: i64, rows: usize| {
        let words = |length| Array::flat(Data::U32(vec![0; length]));
        let arrays = [
            ("words", words(1)),
            ("n_players", Array { shape: vec![], data: Data::I64(vec![n_players]) }),
            ("draw_row", words(1)),
            ("draw_role", words(rows)),
            ("draw_weight", Array::flat(Data::F64(vec![1.0]))),
            ("draw_stratum", words(1)),
        ];
        npz::save(&path, &arrays).unwrap();
        Design::load(&path).map(|_| ()).map_err(|error| error.to_string())
    };
    assert_eq!(columns(5, 1), Ok(()));
    assert!(columns(5, 2).unwrap_err().contains("`draw_role`"));
    assert!(columns(0, 1).unwrap_err().contains("`words`"));
    assert!(columns(4_000_000_000, 1).unwrap_err().contains("`words`"));
    assert!(columns(-7, 1).unwrap_err().contains("`n_players`"));
}

#[test]
fn writing_is_all_or_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("values.npz");
    std::fs::write(&path, "before").unwrap();
    let broken = file::write_atomic(&path, |writer| {
        std::io::Write::write_all(writer, b"half")?;
        Err(std::io::Error::other("the disk is full"))
    });
    let error = broken.unwrap_err().to_string();
    assert!(error.contains("values.npz") && error.contains("the disk is full"), "{error}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "before");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    let missing = folder.path().join("no/such/folder/values.npz");
    assert!(Values::new(1, vec![0.0], "").unwrap().save(&missing).unwrap_err().to_string().contains("write"));
}

#[test]
fn equal_arrays_give_equal_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let paths = ["a.npz", "b.npz"].map(|name| folder.path().join(name));
    for path in &paths {
        design(40).save(path).unwrap();
    }
    assert_eq!(std::fs::read(&paths[0]).unwrap(), std::fs::read(&paths[1]).unwrap());
}

#[test]
fn a_header_cannot_ask_for_memory() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("p.npy");
    for shape in ["(99999999999999,)", "(4294967296, 4294967296)", "(18446744073709551616,)", "(0, 9)", "(-1,)"] {
        for descr in ["<f8", "<U4000000000", "<U0", "<i8", "<U99999999999999999999"] {
            let text = format!("{{'descr': '{descr}', 'fortran_order': True, 'shape': {shape}, }}\n");
            let mut bytes = b"\x93NUMPY\x02\x00".to_vec();
            bytes.extend((text.len() as u32).to_le_bytes());
            bytes.extend(text.as_bytes());
            std::fs::write(&path, &bytes).unwrap();
            let whole = shape == "(0, 9)" && ["<f8", "<i8", "<U4000000000"].contains(&descr);
            assert_eq!(npy::load(&path).is_ok(), whole, "{text}");
        }
    }
    std::fs::write(&path, b"\x93NUMPY\x02\x00\xff\xff\xff\xff").unwrap();
    assert!(npy::load(&path).unwrap_err().to_string().contains("4294967295"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn designs_come_back(
        n_players in 1usize..100,
        sets in prop::collection::btree_set(prop::collection::btree_set(0usize..100, 0..9), 1..20),
        draws in prop::collection::vec((0u32..1000, 0u32..9, -1e9..1e9f64, any::<u32>()), 0..20),
    ) {
        let mut rows = Coalitions::new(n_players);
        let fits = |set: &&std::collections::BTreeSet<usize>| set.iter().all(|&player| player < n_players);
        sets.iter().filter(fits).for_each(|set| rows.push(set.iter().copied()));
        let n_rows = rows.len() as u32;
        let draw = |&(row, role, weight, stratum): &(u32, u32, f64, u32)| Draw { row: row % n_rows, role, weight, stratum };
        let draws = if n_rows == 0 { vec![] } else { draws.iter().map(draw).collect() };
        let design = Design { rows, draws };
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("design.npz");
        design.save(&path).unwrap();
        prop_assert_eq!(Design::load(&path).unwrap(), design);
    }

    #[test]
    fn values_come_back(numbers in prop::collection::vec(prop::num::f64::NORMAL, 0..30), fingerprint in "[^\0]{0,20}") {
        let values = Values::new(1 + numbers.len() % 3, [&numbers[..], &numbers, &numbers, &numbers, &numbers, &numbers].concat(), fingerprint);
        prop_assume!(values.is_ok());
        let values = values.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("values.npz");
        values.save(&path).unwrap();
        prop_assert_eq!(Values::load(&path).unwrap(), values);
    }

    #[test]
    fn garbage_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("garbage");
        std::fs::write(&path, &bytes).unwrap();
        prop_assert_eq!(read_all(&path), [false; 6]);
        prop_assert!(GameFile::from_json(&bytes).is_err());
        std::fs::write(&path, [&b"\x93NUMPY\x01\x00"[..], &bytes].concat()).unwrap();
        prop_assert_eq!(read_all(&path), [false; 6]);
    }

    #[test]
    fn damage_never_panics(which in 0usize..6, at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<bool>()) {
        let folder = tempfile::tempdir().unwrap();
        let path = &write_all(folder.path())[which];
        let mut bytes = std::fs::read(path).unwrap();
        let at = at.index(bytes.len());
        if cut { bytes.truncate(at) } else { bytes[at] = byte }
        std::fs::write(path, &bytes).unwrap();
        let read = read_all(path);
        // Half a file is no file; a changed byte may do no harm.
        prop_assert!(!cut || read == [false; 6] || path.extension().unwrap() == "json" && at + 1 == bytes.len());
    }
}
