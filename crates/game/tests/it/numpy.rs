//! The files in `tests/data` were made with NumPy by `make.py`.

use std::path::PathBuf;

use einthoven_game::npy::{self, Array, Data};
use einthoven_game::npz::Npz;
use einthoven_game::{Design, Draw, Values};

fn data(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

#[test]
fn we_write_the_bytes_that_numpy_writes() {
    let folder = tempfile::tempdir().unwrap();
    let texts = ["V2 1.0-2.0 s", "", "µV"].map(str::to_owned).to_vec();
    let grid = vec![0.5, -1.0, f64::NAN, f64::INFINITY, 1e-300, 3.0];
    for (name, array) in [
        ("grid.npy", Array { shape: vec![2, 3], data: Data::F64(grid) }),
        ("texts.npy", Array::flat(Data::Text(texts))),
        ("text.npy", Array::text("abc")),
        ("words.npy", Array::flat(Data::U32(vec![0, 1, u32::MAX]))),
    ] {
        let path = folder.path().join(name);
        npy::save(&path, &array).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), std::fs::read(data(name)).unwrap(), "{name}");
    }
}

#[test]
fn we_read_what_numpy_writes() {
    let texts = npy::load(&data("texts.npy")).unwrap();
    assert_eq!(texts.shape, [3]);
    assert_eq!(texts.into_texts().unwrap(), ["V2 1.0-2.0 s", "", "µV"]);
    let mut npz = Npz::open(&data("widths.npz")).unwrap();
    let fortran = npz.array("fortran").unwrap();
    assert_eq!(fortran.shape, [2, 3, 4]);
    assert_eq!(fortran.into_integers().unwrap(), (0..24).collect::<Vec<_>>());
    assert_eq!(npz.array("big").unwrap().into_integers().unwrap(), [1, -2, 300]);
    assert_eq!(npz.texts("big_texts").unwrap(), ["aé", "b"]);
    assert_eq!(npz.floats("half").unwrap(), [f64::from(0.1f32), -2.0]);
    assert_eq!(npz.array("flags").unwrap().into_integers().unwrap(), [1, 0]);
    assert_eq!(npz.array("small").unwrap().into_integers().unwrap(), [-1, 127]);
    assert_eq!(npz.array("large").unwrap().into_integers().unwrap(), [i64::MAX]);
    assert_eq!(npz.array("empty").unwrap(), Array { shape: vec![0, 3], data: Data::F64(vec![]) });
}

#[test]
fn what_cannot_be_read_is_refused_by_name() {
    let mut npz = Npz::open(&data("widths.npz")).unwrap();
    for (name, told) in
        [("too_large", "9223372036854775808"), ("complex", "<c16"), ("objects", "|O"), ("absent", "no such array")]
    {
        let error = npz.array(name).unwrap_err().to_string();
        assert!(error.contains("widths.npz") && error.contains(name) && error.contains(told), "{error}");
    }
}

#[test]
fn designs_and_values_may_come_from_numpy() {
    let design = Design::load(&data("design.npz")).unwrap();
    assert_eq!(design.rows.words(), [0, 7, 1, 6]);
    let draw = |row, role, weight| Draw { row, role, weight, stratum: 1 };
    assert_eq!(design.draws, [draw(2, 0, 0.5), draw(3, 1, 0.25)]);
    let values = Values::load(&data("values.npz")).unwrap();
    assert_eq!(values, Values::new(2, vec![0.0, 1.0, 2.0, 3.0], "abc").unwrap());
}
