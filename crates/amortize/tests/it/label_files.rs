use std::ops::ControlFlow;
use std::path::Path;

use einthoven_amortize::label::{
    LabelConfig, LabelFolder, LabelSet, Labeller, Made, ProbeConfig, Records, Role, check_bias, make, roles,
};
use einthoven_amortize::table::Table;
use einthoven_amortize::{Error, Result};
use einthoven_ecg::Record;
use einthoven_masking::Options;

use crate::toy::{LEADS, SAMPLES, Toy, config, leads, permutation, record, unlabelled};

const NAMES: [&str; 2] = ["leads", "zero"];

/// Makes labels of so many records in a folder, telling `report` how far it is.
fn run(
    folder: &Path,
    n: usize,
    config: &LabelConfig,
    origin: &str,
    report: &mut (dyn FnMut(Made) -> ControlFlow<()> + Send),
) -> Result<()> {
    let (toy, partition, options) = (Toy::new(), leads(), Options::default());
    let placed = toy.placed();
    let labeller = Labeller::new(&placed, &partition, &options, config, NAMES, roles(n, 0.1)?)?;
    make(folder, &labeller, &source(n, origin, &|index| Ok(record(index))), report).map(|_| ())
}

fn source<'a>(n: usize, origin: &str, read: &'a (dyn Fn(usize) -> Result<Record> + Sync)) -> Records<'a> {
    Records { names: (0..n).map(|index| format!("record {index}")).collect(), origin: origin.to_owned(), read }
}

fn go_on(_: Made) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

fn tables(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let mut files: Vec<_> = files
        .map(|file| (file.file_name().into_string().unwrap(), std::fs::read(file.path()).unwrap()))
        .filter(|(name, _)| name.ends_with("parquet"))
        .collect();
    files.sort();
    files
}

#[test]
fn a_set_that_is_read_is_the_one_that_was_made() {
    let folder = tempfile::tempdir().unwrap();
    let config = LabelConfig { draws: [2, 3], ..config(permutation(), 20) };
    run(folder.path(), 300, &config, "", &mut go_on).unwrap();
    let set = LabelSet::load(folder.path()).unwrap();
    let (toy, partition, options) = (Toy::new(), leads(), Options::default());
    let placed = toy.placed();
    let labeller = Labeller::new(&placed, &partition, &options, &config, NAMES, roles(300, 0.1).unwrap()).unwrap();
    let (expected, _) = labeller.label(&unlabelled(0..300), &mut |_, _| ControlFlow::Continue(())).unwrap();
    assert_eq!(set.records, expected);
    assert_eq!((&set.spec, &set.partition), (labeller.spec(), &partition));
    assert_eq!(set.of(Role::Validation).count(), 30);
    assert!(set.records.iter().all(|one| one.labels.iter().all(|label| label.variances.is_some())));
    // A row for each label, and notes that say what it is.
    let mut table = Table::load(&folder.path().join("part-00000.parquet")).unwrap();
    assert_eq!(table.note("method"), Some("permutation"));
    assert_eq!(table.note("outputs"), Some("product,max"));
    assert_eq!(table.take_i64("draw").unwrap()[..2], [0, 1]);
}

#[test]
fn single_walks_have_no_variances_on_disk() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), 12, &config(permutation(), 6), "", &mut go_on).unwrap();
    let set = LabelSet::load(folder.path()).unwrap();
    assert!(set.records.iter().all(|one| one.labels.iter().all(|label| label.variances.is_none())));
    assert!(set.records.iter().all(|one| one.signal.len() == LEADS * SAMPLES));
}

#[test]
fn a_run_that_is_broken_off_goes_on_behind_its_last_whole_shard() {
    let config = config(permutation(), 10);
    let [whole, broken] = [0; 2].map(|_| tempfile::tempdir().unwrap());
    run(whole.path(), 600, &config, "", &mut go_on).unwrap();
    assert_eq!(tables(whole.path()).len(), 6);
    let stopped = run(broken.path(), 600, &config, "", &mut |made| match made.records > 256 {
        true => ControlFlow::Break(()),
        false => ControlFlow::Continue(()),
    });
    let Err(Error::Interrupted { done: 256, total: 600 }) = stopped else { panic!("{stopped:?}") };
    assert_eq!(tables(broken.path()).len(), 2);
    assert!(LabelSet::load(broken.path()).unwrap_err().to_string().contains("1 of 3 shards"));
    // A shard whose labels were not written is made again.
    std::fs::write(broken.path().join("records-00001.parquet"), "half").unwrap();
    let mut first = None;
    run(broken.path(), 600, &config, "", &mut |made| {
        first.get_or_insert(made);
        ControlFlow::Continue(())
    })
    .unwrap();
    assert_eq!(first, Some(Made { records: 256, total: 600, coalitions: 0 }));
    assert_eq!(tables(whole.path()), tables(broken.path()));
}

#[test]
fn threads_change_no_byte() {
    let files = [1, 3].map(|threads| {
        let folder = tempfile::tempdir().unwrap();
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| run(folder.path(), 300, &config(permutation(), 10), "", &mut go_on)).unwrap();
        tables(folder.path())
    });
    assert_eq!(files[0], files[1]);
}

#[test]
fn another_request_does_not_go_on_in_the_same_folder() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), 20, &config(permutation(), 6), "", &mut go_on).unwrap();
    let refused = |n: usize, config: &LabelConfig, origin: &str| {
        let error = run(folder.path(), n, config, origin, &mut go_on).unwrap_err().to_string();
        assert!(error.contains("something else"), "{error}");
        error
    };
    assert!(refused(20, &config(permutation(), 10), "").contains("budget is 6, asked is 10"));
    assert!(refused(20, &LabelConfig { seed: 4, ..config(permutation(), 6) }, "").contains("seed is 3, asked is 4"));
    assert!(refused(21, &config(permutation(), 6), "").contains("records is 20, asked is 21"));
    assert!(refused(20, &config(permutation(), 6), "other records").contains("sources"));
    run(folder.path(), 20, &config(permutation(), 6), "", &mut go_on).unwrap();
    std::fs::remove_file(folder.path().join("labels.json")).unwrap();
    let error = run(folder.path(), 20, &config(permutation(), 6), "", &mut go_on).unwrap_err().to_string();
    assert!(error.contains("no labels.json"), "{error}");
}

#[test]
fn damaged_sets_are_refused_by_file_and_column() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), 20, &config(permutation(), 6), "", &mut go_on).unwrap();
    let path = folder.path().join("part-00000.parquet");
    let table = Table::load(&path).unwrap();
    let damage = |name: &str, change: &dyn Fn(&mut einthoven_amortize::table::Column)| {
        let mut damaged = Table::default();
        for (other, column) in table.columns() {
            let mut column = column.clone();
            if other == name {
                change(&mut column);
            }
            damaged.push(other.clone(), column);
        }
        damaged.save(&path).unwrap();
        LabelSet::load(folder.path()).unwrap_err().to_string()
    };
    use einthoven_amortize::table::Column::{F64Lists, I64};
    let error = damage("values", &|column| {
        if let F64Lists(lists) = column {
            lists[3][1] = f64::NAN
        }
    });
    assert!(error.contains("part-00000.parquet") && error.contains("`values`"), "{error}");
    let error = damage("record", &|column| {
        if let I64(cells) = column {
            cells[0] = 77
        }
    });
    assert!(error.contains("`record`"), "{error}");
    let error = damage("record", &|column| {
        if let I64(cells) = column {
            cells[0] = 1
        }
    });
    assert!(error.contains("1 labels of record 0"), "{error}");
    std::fs::remove_file(&path).unwrap();
    assert!(LabelSet::load(folder.path()).unwrap_err().to_string().contains("0 of 1 shards"));
}

#[test]
fn an_unreadable_record_ends_it_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let (toy, partition, options) = (Toy::new(), leads(), Options::default());
    let placed = toy.placed();
    let config = config(permutation(), 6);
    let labeller = Labeller::new(&placed, &partition, &options, &config, NAMES, roles(9, 0.2).unwrap()).unwrap();
    let read = |index: usize| match index {
        5 => Err(Error::Request("read record 5".to_owned())),
        index => Ok(record(index)),
    };
    let error = make(folder.path(), &labeller, &source(9, "", &read), &mut go_on).unwrap_err().to_string();
    assert!(error.contains("record 5"), "{error}");
}

#[test]
fn validation_records_are_spread_evenly() {
    let found = roles(40, 0.1).unwrap();
    let places: Vec<usize> = (0..40).filter(|&at| found[at] == Role::Validation).collect();
    assert_eq!(places, [4, 14, 24, 34]);
    // The roles of the first records do not depend on how many there are.
    assert_eq!(roles(100, 0.1).unwrap()[..40], found);
    assert_eq!(roles(7, 0.0).unwrap(), [Role::Train; 7]);
    assert_eq!(roles(8, 0.5).unwrap().iter().filter(|role| **role == Role::Validation).count(), 4);
    assert!(roles(7, 1.0).is_err() && roles(7, -0.1).is_err());
}

#[test]
fn a_check_is_kept_beside_the_labels() {
    let folder = tempfile::tempdir().unwrap();
    let (toy, partition, options) = (Toy::new(), leads(), Options::default());
    let placed = toy.placed();
    let config = config(permutation(), 6);
    let labeller = Labeller::new(&placed, &partition, &options, &config, NAMES, roles(40, 0.1).unwrap()).unwrap();
    let read = |index: usize| Ok(record(index));
    let records = source(40, "", &read);
    make(folder.path(), &labeller, &records, &mut go_on).unwrap();
    let before = LabelFolder::load(folder.path()).unwrap();
    let probe = ProbeConfig { labels: 4, budget: 4096 };
    let mut quiet = |_: usize, _: usize| ControlFlow::Continue(());
    let after = check_bias(folder.path(), &labeller, &records, 30, &probe, &mut quiet).unwrap();
    let found = after.bias.clone().unwrap();
    assert_eq!((found.records, found.labels, found.truth_budget, found.truth.as_str()), (30, 4, 32, "exact"));
    assert!(!found.biased && found.label_error > 0.1, "{found:?}");
    assert_eq!(LabelFolder::load(folder.path()).unwrap(), after);
    assert_eq!(LabelFolder { bias: None, ..after }, before);
    // The labels of the set are untouched, and another run goes on.
    make(folder.path(), &labeller, &records, &mut go_on).unwrap();
    assert!(LabelFolder::load(folder.path()).unwrap().bias.is_some());
}
