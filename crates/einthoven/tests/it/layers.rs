//! Holds the table of crates in ARCHITECTURE.md true: a crate may use those above it, and no other.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{CargoOpt, DependencyKind, MetadataCommand};

/// Every crate, bottom first, and whether it may know burn.
const LAYERS: [(&str, bool); 12] = [
    ("einthoven-game", false),
    ("einthoven-ecg", false),
    ("einthoven-fit", false),
    ("einthoven-shapley", false),
    ("einthoven-interactions", false),
    ("einthoven-plot", false),
    ("einthoven-kernels", true),
    ("einthoven-model", true),
    ("einthoven-masking", true),
    ("einthoven-gradient", true),
    ("einthoven-amortize", true),
    ("einthoven", true),
];

/// Workspace members that are not published and stand above everything.
const TOP: [&str; 2] = ["einthoven-benches", "einthoven-examples"];

fn metadata() -> cargo_metadata::Metadata {
    MetadataCommand::new().features(CargoOpt::AllFeatures).other_options(vec!["--offline".into()]).exec().unwrap()
}

#[test]
fn no_crate_uses_one_below_its_own_line() {
    let metadata = metadata();
    let height = |name: &str| LAYERS.iter().position(|(layer, _)| *layer == name);
    for package in metadata.workspace_packages() {
        let name = package.name.as_str();
        if TOP.contains(&name) {
            continue;
        }
        let own = height(name).unwrap_or_else(|| panic!("{name} has no line in the table of crates"));
        for dependency in &package.dependencies {
            if let Some(other) = height(&dependency.name) {
                assert!(other < own, "{name} must not use {}", dependency.name);
            }
            assert!(!TOP.contains(&dependency.name.as_str()), "{name} must not use {}", dependency.name);
        }
    }
    assert_eq!(metadata.workspace_packages().len(), LAYERS.len() + TOP.len(), "every line has its crate");
}

#[test]
fn crates_without_burn_do_not_reach_it() {
    let metadata = metadata();
    let resolve = metadata.resolve.as_ref().unwrap();
    let names: BTreeMap<_, _> = metadata.packages.iter().map(|package| (&package.id, package.name.as_str())).collect();
    let edges: BTreeMap<_, Vec<_>> = resolve
        .nodes
        .iter()
        .map(|node| {
            let kept =
                node.deps.iter().filter(|dep| dep.dep_kinds.iter().any(|kind| kind.kind != DependencyKind::Build));
            (&node.id, kept.map(|dep| &dep.pkg).collect())
        })
        .collect();
    for (layer, knows_burn) in LAYERS {
        let root = names.iter().find(|(_, name)| **name == layer).map(|(id, _)| *id).unwrap();
        let (mut seen, mut open) = (BTreeSet::from([root]), vec![root]);
        while let Some(id) = open.pop() {
            for next in &edges[id] {
                if seen.insert(next) {
                    open.push(next);
                }
            }
        }
        let reaches = seen.iter().any(|id| names[id].starts_with("burn") || names[id].starts_with("cubecl"));
        assert_eq!(reaches, knows_burn, "{layer} reaches burn");
    }
}

#[test]
fn only_kernels_names_burn_cubecl() {
    for package in metadata().workspace_packages() {
        let names_it = package.dependencies.iter().any(|dependency| dependency.name == "burn-cubecl");
        assert_eq!(names_it, package.name.as_str() == "einthoven-kernels", "{} and burn-cubecl", package.name);
    }
}
