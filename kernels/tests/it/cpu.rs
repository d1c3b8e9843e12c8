//! The CPU: burn's backend, and the host API that it uses.

use std::sync::Arc;

use burn::tensor::{Device, Tensor};
use einthoven_kernels::{Columns, Dependence, Fill, HostScene, Scene, expand, upload};
use proptest::prelude::*;

use crate::case::{Kind, all_kinds, read};

#[test]
fn every_kind_of_scene_and_row() {
    for (seed, kind) in (0..).zip(all_kinds(9, 11)) {
        kind.case(seed).check(&Device::flex());
    }
}

#[test]
fn bits_sit_where_they_should() {
    for n_players in [1, 31, 32, 33, 63, 64, 65, 1100] {
        let shape = [1, 12, 100];
        let columns = Columns::Coalition;
        let kind = Kind { n_players, coalitions: 9, shape, maps: Some((1, true)), columns, run: 1 };
        kind.case(n_players as u64).check(&Device::flex());
    }
}

#[test]
fn one_player_switches_only_its_own_cells() {
    let fill = Fill::Maps { maps: 1, values: vec![-1.0, -2.0, -3.0, -4.0] };
    let scene = HostScene::new(&[0, 32, 31, u32::MAX], vec![1.0, 2.0, 3.0, 4.0], fill, [1, 2, 2]);
    assert_eq!(scene.players(), 33);
    let mut found = [0.0; 4];
    // Player 32 is the first bit of the second word.
    scene.fill(&[0, 1], 0, 0, 0..2, &mut found);
    assert_eq!(found, [-1.0, 2.0, -3.0, 4.0]);
    scene.fill(&[1 << 31, 0], 0, 0, 1..2, &mut found[..2]);
    assert_eq!(found[..2], [-2.0, 4.0]);
}

#[test]
fn batch_rows_are_coalitions_times_maps() {
    // Two records of one lead of two cells; each has two maps of its own.
    let fill = Fill::Maps { maps: 2, values: vec![10.0, 11.0, 20.0, 21.0, 30.0, 31.0, 40.0, 41.0] };
    let scene = Arc::new(HostScene::new(&[0, 1, 0, 1], vec![1.0, 2.0, 3.0, 4.0], fill, [2, 1, 2]));
    let device = Device::flex();
    let rows = upload(&[0b01, 1, 0b10, 0], [2, 2], &device);
    let batch = expand(&Scene::new(&scene, &device), rows, Columns::Record);
    assert_eq!(batch.dims(), [4, 1, 2]);
    assert_eq!(read(batch), [3.0, 31.0, 3.0, 41.0, 10.0, 2.0, 20.0, 2.0]);
}

#[test]
fn a_flattened_scene_has_a_record_for_each_map() {
    for shared in [false, true] {
        let columns = Columns::Record;
        let kind = Kind { n_players: 9, coalitions: 4, shape: [3, 2, 20], maps: Some((5, shared)), columns, run: 3 };
        let case = kind.case(8);
        let scene = HostScene::new(&case.owner, case.signal.clone(), case.fill.clone(), case.shape);
        let flat = scene.flattened();
        assert_eq!((flat.shape(), flat.maps()), ([15, 2, 20], 1));
        for (record, map) in (0..3).flat_map(|record| (0..5).map(move |map| (record, map))) {
            let words = &case.rows[..1];
            let [mut through, mut alone] = [[0.0; 2 * 13]; 2];
            scene.fill(words, record, map, 4..17, &mut through);
            flat.fill(words, 5 * record + map, 0, 4..17, &mut alone);
            assert_eq!(through, alone);
        }
    }
}

#[test]
fn interpolation_in_closed_form() {
    // A signal whose kept cells are far from any line; all distances are powers of two, so all numbers are exact.
    let owner = [0, 0, 1, 1, 1, 2, 2, 2, 2, 3, 3];
    let signal = vec![8.0, 4.0, 90.0, -90.0, 90.0, 12.0, 13.0, 14.0, 20.0, 68.0, 80.0];
    let scene = HostScene::new(&owner, signal, Fill::Interpolate, [1, 1, 11]);
    let shown = |word: u32, span: std::ops::Range<usize>| {
        let mut out = vec![f32::NAN; span.len()];
        scene.fill(&[word], 0, 0, span, &mut out);
        out
    };
    let line = [8.0, 4.0, 6.0, 8.0, 10.0, 12.0, 13.0, 14.0, 20.0, 20.0, 20.0];
    assert_eq!(shown(0b0101, 0..11), line, "a line, then constant");
    assert_eq!(shown(0b0101, 3..5), [8.0, 10.0], "a crop inside of the line sees both of its ends");
    assert_eq!(shown(0b0101, 10..11), [20.0], "a crop sees what is kept before it");
    let constant = [68.0, 68.0, 68.0, 68.0, 68.0, 68.0, 68.0, 68.0, 68.0, 68.0, 80.0];
    assert_eq!(shown(0b1000, 0..11), constant, "constant, then kept");
    let two = [4.0, 12.0, 20.0, 28.0, 36.0, 44.0, 52.0, 60.0, 68.0];
    assert_eq!(shown(0b1001, 1..10), two, "two masked players are bridged by one line");
    assert_eq!(shown(0, 0..11), [0.0; 11], "nothing is kept");
    assert_eq!(scene.dependence(), Dependence::Neighbours);
    // Kept cells that a crop's masked ones are drawn to: 11 where there is none, nothing where the crop's end is kept.
    let anchors = |word: u32, span| scene.anchors(&[word], 0, 0, &span);
    assert_eq!(anchors(0b0101, 3..5), [Some(1), Some(5)]);
    assert_eq!(anchors(0b0101, 0..4), [None, Some(5)]);
    assert_eq!(anchors(0b0101, 4..6), [Some(1), None]);
    assert_eq!(anchors(0b0101, 10..11), [Some(8), Some(11)]);
    assert_eq!(anchors(0b1000, 0..11), [Some(11), None]);
    assert_eq!(anchors(0b0000, 2..3), [Some(11), Some(11)]);
}

/// What [`Dependence::Owner`] promises: no other player moves a cell.
#[test]
fn maps_depend_on_the_owner_alone() {
    let columns = Columns::Coalition;
    let kind = Kind { n_players: 7, coalitions: 1, shape: [1, 3, 50], maps: Some((2, true)), columns, run: 3 };
    let case = kind.case(4);
    let scene = case.host();
    assert_eq!(scene.dependence(), Dependence::Owner);
    let shown = |word: u32, map: usize| {
        let mut out = vec![0.0; 150];
        scene.fill(&[word], 0, map, 0..50, &mut out);
        out
    };
    for (player, map) in (0..7).flat_map(|player| [(player, 0), (player, 1)]) {
        let (without, with) = (shown(0b101_0011 & !(1 << player), map), shown(0b101_0011 | 1 << player, map));
        for cell in 0..150 {
            let owned = case.owner[cell] == player;
            assert_eq!(without[cell].to_bits() != with[cell].to_bits(), owned, "player {player}, cell {cell}");
        }
    }
}

#[test]
fn rows_are_read_as_they_are_seen() {
    let columns = Columns::Coalition;
    let kind = Kind { n_players: 40, coalitions: 5, shape: [1, 6, 4], maps: Some((1, true)), columns, run: 1 };
    let case = kind.case(3);
    let device = Device::flex();
    // The last rows of a longer list, stored column after column.
    let rows = upload(&case.rows, [5, 2], &device).transpose().mul_scalar(1).transpose().slice([2..5, 0..2]);
    let found = read(expand(&Scene::new(&case.host(), &device), rows, columns));
    let expected: Vec<f32> = case.scalar()[2 * 24..].iter().map(|cell| cell.value as f32).collect();
    assert_eq!(found, expected);
}

#[test]
fn no_rows_give_no_batch() {
    let device = Device::flex();
    let columns = Columns::Coalition;
    let kind = Kind { n_players: 3, coalitions: 0, shape: [1, 2, 5], maps: Some((3, true)), columns, run: 1 };
    assert_eq!(kind.case(1).expand(&device).dims(), [0, 2, 5]);
}

#[test]
fn means_are_over_the_maps_of_one_coalition() {
    let device = Device::flex();
    let logits =
        Tensor::<2>::from_floats([[1.0, 10.0], [2.0, 20.0], [6.0, 60.0], [0.0, 1.0], [0.0, 2.0], [3.0, 3.0]], &device);
    let means = einthoven_kernels::mean_over_maps(logits.clone(), 3);
    assert_eq!(means.dims(), [2, 2]);
    assert_eq!(read(means), [3.0, 30.0, 1.0, 2.0]);
    assert_eq!(read(einthoven_kernels::mean_over_maps(logits.clone(), 1)), read(logits));
}

#[test]
#[should_panic(expected = "a bit for each player")]
fn an_owner_past_the_last_bit_panics() {
    let fill = Fill::Maps { maps: 1, values: vec![0.0] };
    let scene = Arc::new(HostScene::new(&[32], vec![1.0], fill, [1, 1, 1]));
    let device = Device::flex();
    expand(&Scene::new(&scene, &device), upload(&[1], [1, 1], &device), Columns::Coalition);
}

#[test]
#[should_panic(expected = "a record index where there are 2 records")]
fn several_records_want_an_index() {
    let scene = Arc::new(HostScene::new(&[0, 0], vec![1.0, 2.0], Fill::Interpolate, [2, 1, 1]));
    let device = Device::flex();
    expand(&Scene::new(&scene, &device), upload(&[1], [1, 1], &device), Columns::Coalition);
}

prop_compose! {
    /// Any shape, fill and columns; player counts around the ends of words come up often.
    pub fn kinds()(
        n_players in prop_oneof![1_usize..100, 30_usize..35, 62_usize..67],
        coalitions in 1_usize..12,
        records in 1_usize..4,
        leads in 1_usize..5,
        samples in 1_usize..60,
        maps in prop_oneof![Just(None), (1_usize..4, any::<bool>()).prop_map(Some)],
        columns in 0..3,
        crop: prop::sample::Index,
        run in 1_u32..12,
    ) -> Kind {
        let columns = match columns {
            0 if records == 1 => Columns::Coalition,
            0 | 1 => Columns::Record,
            _ => Columns::Crop(1 + crop.index(samples)),
        };
        Kind { n_players, coalitions, shape: [records, leads, samples], maps, columns, run }
    }
}

proptest! {
    #[test]
    fn kernel_reference_and_loop_agree(kind in kinds(), seed: u64) {
        kind.case(seed).check(&Device::flex());
    }

    /// A crop is a part of the whole, bit for bit, wherever it begins.
    #[test]
    fn crops_are_parts_of_the_whole(
        samples in 1_usize..60, from: prop::sample::Index, to: prop::sample::Index, interpolate: bool, seed: u64,
    ) {
        let maps = (!interpolate).then_some((1, true));
        let columns = Columns::Coalition;
        let case = Kind { n_players: 5, coalitions: 6, shape: [1, 3, samples], maps, columns, run: 4 }.case(seed);
        let (from, to) = (from.index(samples), to.index(samples));
        let span = from.min(to)..from.max(to) + 1;
        let scene = case.host();
        for words in case.rows.chunks(1) {
            let (mut whole, mut part) = (vec![f32::NAN; 3 * samples], vec![f32::NAN; 3 * span.len()]);
            scene.fill(words, 0, 0, 0..samples, &mut whole);
            scene.fill(words, 0, 0, span.clone(), &mut part);
            for (whole, part) in whole.chunks(samples).zip(part.chunks(span.len())) {
                prop_assert_eq!(&whole[span.clone()], part);
            }
        }
    }
}
