//! Records as files that lose nothing.

use einthoven_ecg::synth::{DatasetConfig, Finding};
use einthoven_ecg::{Record, STANDARD};
use einthoven_game::npy::{Array, Data};
use einthoven_game::npz;

#[test]
fn a_record_comes_back_bit_for_bit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("record.npz");
    let config = DatasetConfig { seconds: 4.0, ..DatasetConfig::default() };
    let mut record = config.draw_with(&[Finding::Rbbb], "file", 0).record;
    record.labels.push("Größe, \"quoted\"".into());
    record.save(&path).unwrap();
    assert_eq!(Record::load(&path).unwrap(), record);
}

#[test]
fn a_broken_file_names_the_array() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("record.npz");
    let leads = || ("leads", Array::flat(Data::Text(STANDARD.map(String::from).to_vec())));
    let signal = |rows| ("signal", Array { shape: vec![rows, 2], data: Data::F32(vec![0.0; 2 * rows]) });
    for (arrays, words) in [
        (vec![leads(), signal(12)], "rate"),
        (vec![leads(), signal(11), ("rate", Array::float(500.0))], "[12, samples]"),
        (vec![leads(), signal(12), ("rate", Array::float(-1.0))], "above 0"),
        (vec![leads(), signal(12), ("rate", Array::float(500.0))], "name"),
    ] {
        npz::save(&path, &arrays).unwrap();
        let message = Record::load(&path).unwrap_err().to_string();
        assert!(message.contains(words) && message.contains("record.npz"), "{message}");
    }
    std::fs::write(&path, "no archive").unwrap();
    assert!(Record::load(&path).unwrap_err().to_string().contains("not an .npz file"));
}
