use einthoven_amortize::Error;
use einthoven_amortize::table::{Column, Table};
use proptest::prelude::*;

fn example() -> Table {
    let mut table = Table::default();
    table.push("name", Column::Text(vec!["a".into(), String::new(), "ä β".into()]));
    table.push("count", Column::I64(vec![-1, i64::MAX, i64::MIN]));
    table.push("value", Column::F64(vec![0.1, f64::INFINITY, -0.0]));
    table.push("found", Column::Bool(vec![true, false, true]));
    table.push("signal", Column::F32Lists(vec![vec![1.5, -2.5], vec![], vec![f32::MIN_POSITIVE]]));
    table.push("values", Column::F64Lists(vec![vec![], vec![], vec![1e-300, 2.0, 3.0]]));
    table.notes = vec![("method".into(), "permutation".into()), ("empty".into(), String::new())];
    table
}

#[test]
fn what_is_written_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("table.parquet");
    let table = example();
    table.save(&path).unwrap();
    let mut read = Table::load(&path).unwrap();
    assert_eq!(read.columns(), table.columns());
    assert_eq!((read.note("method"), read.note("empty"), read.note("no")), (Some("permutation"), Some(""), None));
    assert_eq!(read.n_rows(), 3);
    assert_eq!(read.take_i64("count").unwrap(), [-1, i64::MAX, i64::MIN]);
    assert_eq!(read.take_bool("found").unwrap(), [true, false, true]);
    assert_eq!(read.take_f64("value").unwrap()[2].to_bits(), (-0.0f64).to_bits());
    // Once taken, it is gone.
    assert!(read.take_i64("count").unwrap_err().to_string().contains("no column `count`"));
    let error = read.take_f64("name").unwrap_err().to_string();
    assert!(error.contains("table.parquet") && error.contains("column `name`: expected numbers"), "{error}");
    // Nothing is left beside it.
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn same_table_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = ["a", "b"].map(|name| {
        example().save(&folder.path().join(name)).unwrap();
        std::fs::read(folder.path().join(name)).unwrap()
    });
    assert_eq!(bytes[0], bytes[1]);
}

#[test]
fn files_that_are_no_tables_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("table.parquet");
    assert!(Table::load(&path).unwrap_err().to_string().contains("table.parquet"));
    std::fs::write(&path, "no table").unwrap();
    assert!(Table::load(&path).unwrap_err().to_string().contains("table.parquet"));
    example().save(&path).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    for length in (0..bytes.len()).step_by(7) {
        std::fs::write(&path, &bytes[..length]).unwrap();
        assert!(Table::load(&path).is_err(), "{length} of {} bytes", bytes.len());
    }
    assert!(example().save(&folder.path().join("nowhere").join("table")).is_err());
}

#[test]
fn damaged_files_never_panic() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("table.parquet");
    example().save(&path).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    let mut refused = 0;
    for at in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x55;
        std::fs::write(&path, &damaged).unwrap();
        refused += usize::from(Table::load(&path).is_err());
    }
    assert!(refused > bytes.len() / 4, "{refused} of {}", bytes.len());
}

#[test]
#[should_panic(expected = "two columns named a")]
fn names_are_distinct() {
    let mut table = Table::default();
    table.push("a", Column::I64(vec![1]));
    table.push("a", Column::I64(vec![1]));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn any_lists_come_back(
        lists in prop::collection::vec(prop::collection::vec(any::<u64>(), 0..40), 0..60),
        texts in prop::collection::vec(".{0,12}", 60),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("table.parquet");
        let floats = |list: &Vec<u64>| list.iter().map(|&bits| f64::from_bits(bits)).collect::<Vec<_>>();
        let bits = |list: &Vec<f64>| list.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
        let mut table = Table::default();
        table.push("text", Column::Text(texts[..lists.len()].to_vec()));
        table.push("list", Column::F64Lists(lists.iter().map(floats).collect()));
        table.save(&path).unwrap();
        let mut read = Table::load(&path).unwrap();
        prop_assert_eq!(&read.take_text("text").unwrap(), &texts[..lists.len()]);
        // Bit for bit, whatever is no number.
        prop_assert_eq!(read.take_f64_lists("list").unwrap().iter().map(bits).collect::<Vec<_>>(), lists);
    }
}

#[test]
fn groups_of_rows_are_one_table() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("all.parquet");
    let group = |from: i64, n: i64| {
        let mut table = Table::default();
        table.push("number", Column::I64((from..from + n).collect()));
        table.push("list", Column::F64Lists((from..from + n).map(|at| vec![0.5; at as usize % 3]).collect()));
        table.notes = vec![("from".to_owned(), from.to_string())];
        table
    };
    Table::save_all([(0, 3), (3, 0), (3, 4)].into_iter().map(|(from, n)| Ok(group(from, n))), &path).unwrap();
    let mut read = Table::load(&path).unwrap();
    assert_eq!(read.note("from"), Some("0"));
    assert_eq!(read.take_i64("number").unwrap(), (0..7).collect::<Vec<_>>());
    assert_eq!(read.take_f64_lists("list").unwrap(), (0..7).map(|at| vec![0.5; at % 3]).collect::<Vec<_>>());
    // A group that cannot be made leaves what was there.
    let broken = [Ok(group(0, 3)), Err(Error::Request("stop".to_owned()))];
    assert_eq!(Table::save_all(broken.into_iter(), &path).unwrap_err().to_string(), "stop");
    assert_eq!(Table::load(&path).unwrap().n_rows(), 7);
    assert!(Table::save_all(std::iter::empty(), &path).unwrap_err().to_string().contains("no rows"));
}
