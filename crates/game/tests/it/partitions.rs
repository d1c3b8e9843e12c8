use einthoven_game::npy::{self, Array, Data};
use einthoven_game::{NEVER_MASKED, Partition, Tree};

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn twelve() -> Vec<String> {
    names(&["I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6"])
}

#[test]
fn leads_own_their_rows() {
    let partition = Partition::leads(&names(&["I", "II", "V1"]), 2).unwrap();
    assert_eq!(partition.owner(), [0, 0, 1, 1, 2, 2]);
    assert_eq!(partition.names(), ["I", "II", "V1"]);
    assert_eq!((partition.n_leads(), partition.n_samples(), partition.n_players()), (3, 2, 3));
}

#[test]
fn derived_leads_are_never_masked() {
    let partition = Partition::independent_leads(&twelve(), 3).unwrap();
    assert_eq!(partition.names(), ["I", "II", "V1", "V2", "V3", "V4", "V5", "V6"]);
    let owner_of_lead: Vec<u32> = partition.owner().chunks(3).map(|lead| lead[0]).collect();
    let never = NEVER_MASKED;
    assert_eq!(owner_of_lead, [0, 1, never, never, never, never, 2, 3, 4, 5, 6, 7]);
    let error = Partition::independent_leads(&twelve()[..11], 3).unwrap_err().to_string();
    assert!(error.contains("V6"), "{error}");
}

#[test]
fn windows_cover_the_floors_of_their_ends() {
    let partition = Partition::windows(2, 10, 3, 10.0).unwrap();
    // floor(w * 10 / 3): 0, 3, 6, 10.
    let row = [0, 0, 0, 1, 1, 1, 2, 2, 2, 2];
    assert_eq!(partition.owner(), [row, row].concat());
    assert_eq!(partition.names(), ["0.0-0.3 s", "0.3-0.6 s", "0.6-1.0 s"]);
}

#[test]
fn window_names_have_the_decimals_they_need() {
    let names =
        |n_samples, n_windows, rate| Partition::windows(1, n_samples, n_windows, rate).unwrap().names().to_vec();
    assert_eq!(names(1000, 10, 100.0)[9], "9.0-10.0 s");
    assert_eq!(names(1000, 16, 100.0)[1], "0.62-1.25 s");
    assert_eq!(names(1000, 8, 100.0)[1], "1.25-2.50 s");
    assert_eq!(names(3600, 3600, 360.0)[1], "0.003-0.006 s");
    assert_eq!(names(1080, 3, 360.0)[1], "1.0-2.0 s");
    assert_eq!(names(1000, 3, 360.0)[1], "0.93-1.85 s");
}

#[test]
fn leads_and_windows_make_a_tree() {
    let partition = Partition::leads_windows(&names(&["I", "V2"]), 5, 2, 2.0).unwrap();
    assert_eq!(partition.owner(), [0, 0, 1, 1, 1, 2, 2, 3, 3, 3]);
    assert_eq!(partition.names(), ["I 0.0-1.0 s", "I 1.0-2.5 s", "V2 0.0-1.0 s", "V2 1.0-2.5 s"]);
    let tree = Tree { parents: vec![4, 4, 5, 5, 6, 6, 6], names: names(&["I", "V2", "all leads"]) };
    assert_eq!(partition.tree(), Some(&tree));
}

#[test]
fn impossible_windows_are_refused() {
    assert!(Partition::windows(12, 1000, 0, 100.0).is_err());
    assert!(Partition::windows(12, 1000, 1001, 100.0).is_err());
    assert!(Partition::windows(12, 1000, 1000, 100.0).is_ok());
    assert!(Partition::leads_windows(&twelve(), 10, 11, 100.0).is_err());
    assert!(Partition::leads(&[], 10).is_err());
    assert!(Partition::leads(&twelve(), 0).is_err());
}

#[test]
fn owners_and_trees_are_checked() {
    let two = names(&["a", "b"]);
    let owner = |owner: &[u32]| Partition::new(1, owner.len(), owner.to_vec(), two.clone(), None);
    assert!(owner(&[0, 1, NEVER_MASKED]).is_ok());
    assert!(owner(&[0, 0, 0]).unwrap_err().to_string().contains("none for player 1"));
    assert!(owner(&[0, 1, 2]).unwrap_err().to_string().contains("player 2 at lead 0, sample 2"));
    assert!(Partition::new(2, 2, vec![0, 1, 0], two.clone(), None).is_err());
    let tree = |parents: &[u32], groups: &[&str]| {
        let tree = Tree { parents: parents.to_vec(), names: names(groups) };
        Partition::new(1, 2, vec![0, 1], two.clone(), Some(tree))
    };
    assert!(tree(&[2, 2, 2], &["all"]).is_ok());
    assert!(tree(&[2, 1, 2], &["all"]).is_err());
    assert!(tree(&[2, 2, 1], &["all"]).is_err());
    assert!(tree(&[2, 2], &["all"]).is_err());
    assert!(tree(&[1, 1], &[]).is_err());
}

#[test]
fn a_partition_is_read_from_integers_of_any_width() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("players.npy");
    let load = |array: Array| {
        npy::save(&path, &array).unwrap();
        Partition::from_npy(&path)
    };
    let signed = load(Array { shape: vec![2, 2], data: Data::I64(vec![1, -1, 0, 1]) }).unwrap();
    let unsigned = load(Array { shape: vec![2, 2], data: Data::U32(vec![1, u32::MAX, 0, 1]) }).unwrap();
    assert_eq!(signed, unsigned);
    assert_eq!(signed.owner(), [1, NEVER_MASKED, 0, 1]);
    assert_eq!(signed.names(), ["player 0", "player 1"]);
    let error = |shape: &[usize], data: Data| load(Array { shape: shape.to_vec(), data }).unwrap_err().to_string();
    for (text, told) in [
        (error(&[4], Data::I64(vec![0, 1, 0, 1])), "[leads, samples]"),
        (error(&[2, 1], Data::I64(vec![0, 2])), "players"),
        (error(&[1, 3], Data::I64(vec![0, 2, 2])), "none for player 1"),
        (error(&[1, 2], Data::I64(vec![0, -2])), "-2"),
        (error(&[1, 2], Data::F64(vec![0.0, 1.0])), "expected integers"),
        (error(&[1, 2], Data::I64(vec![-1, -1])), "0 players"),
        (error(&[1, 2], Data::I64(vec![0, 4_000_000_000])), "players"),
    ] {
        assert!(text.contains("players.npy") && text.contains(told), "{text} should tell {told}");
    }
}
