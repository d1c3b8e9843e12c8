//! Which player owns which cell of the input.

use std::path::Path;

use crate::npy::{self, Array, Data};
use crate::npz::{self, Npz};
use crate::{Error, Result};

/// Owner of a cell that is never masked.
pub const NEVER_MASKED: u32 = u32::MAX;

/// Which player owns which cell of a model's input, with a name per player.
#[derive(Clone, Debug, PartialEq)]
pub struct Partition {
    n_leads: usize,
    n_samples: usize,
    owner: Vec<u32>,
    names: Vec<String>,
    tree: Option<Tree>,
}

/// A tree over the players of a [`Partition`]: nodes `0..players` are the players, the rest are groups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree {
    /// The parent of each node; the root, which comes last, is its own parent.
    pub parents: Vec<u32>,
    /// The names of the groups, in node order.
    pub names: Vec<String>,
}

impl Partition {
    /// Takes the owner of each cell, `[leads, samples]` row after row, and a name per player. Every player must own
    /// a cell; [`NEVER_MASKED`] marks cells that belong to nobody.
    pub fn new(
        n_leads: usize,
        n_samples: usize,
        owner: Vec<u32>,
        names: Vec<String>,
        tree: Option<Tree>,
    ) -> Result<Self> {
        check_owners(n_leads, n_samples, &owner, names.len())?;
        if let Some(tree) = &tree {
            check_tree(tree, names.len())?;
        }
        Ok(Self { n_leads, n_samples, owner, names, tree })
    }

    /// Reads `[leads, samples]` integers from an `.npy` file: players count from 0 without gaps, -1 or 4294967295 is
    /// never masked. The players are named `player 0` and so on.
    pub fn from_npy(path: &Path) -> Result<Self> {
        let wrong = |reason: String| Error::file("read", path, reason);
        let array = npy::load(path)?;
        let &[n_leads, n_samples] = array.shape.as_slice() else {
            return Err(wrong(format!("expected an array [leads, samples], found shape {:?}", array.shape)));
        };
        let owner = npz::to_words(array).map_err(wrong)?;
        let largest = owner.iter().filter(|&&owner| owner != NEVER_MASKED).max();
        let n_players = largest.map_or(0, |&largest| largest as usize + 1);
        // Checked before names are made, so that one absurd number cannot ask for billions of them.
        check_owners(n_leads, n_samples, &owner, n_players).map_err(|error| wrong(error.to_string()))?;
        let names = (0..n_players).map(|player| format!("player {player}")).collect();
        Ok(Self { n_leads, n_samples, owner, names, tree: None })
    }

    /// Writes `partition` `[leads, samples]` and `player_names` to an `.npz` file, and the tree where there is one as
    /// `tree_parents` and `tree_names`.
    pub fn save(&self, path: &Path) -> Result<()> {
        let mut arrays =
            vec![("partition", self.to_array()), ("player_names", Array::flat(Data::Text(self.names.clone())))];
        if let Some(tree) = &self.tree {
            arrays.push(("tree_parents", Array::flat(Data::U32(tree.parents.clone()))));
            arrays.push(("tree_names", Array::flat(Data::Text(tree.names.clone()))));
        }
        npz::save(path, &arrays)
    }

    /// Reads what [`Partition::save`] has written.
    pub fn load(path: &Path) -> Result<Self> {
        let mut npz = Npz::open(path)?;
        let array = npz.array("partition")?;
        let &[n_leads, n_samples] = array.shape.as_slice() else {
            return Err(npz.wrong("partition", format!("expected [leads, samples], found shape {:?}", array.shape)));
        };
        let owner = npz::to_words(array).map_err(|reason| npz.wrong("partition", reason))?;
        let names = npz.texts("player_names")?;
        let tree = match npz.optional("tree_parents")? {
            Some(_) => Some(Tree { parents: npz.words("tree_parents")?, names: npz.texts("tree_names")? }),
            None => None,
        };
        Self::new(n_leads, n_samples, owner, names, tree).map_err(|error| Error::file("read", path, error))
    }

    /// The owners as an array `[leads, samples]`.
    pub fn to_array(&self) -> Array {
        Array { shape: vec![self.n_leads, self.n_samples], data: Data::U32(self.owner.clone()) }
    }

    /// Number of players.
    pub fn n_players(&self) -> usize {
        self.names.len()
    }

    /// Number of leads.
    pub fn n_leads(&self) -> usize {
        self.n_leads
    }

    /// Number of samples per lead.
    pub fn n_samples(&self) -> usize {
        self.n_samples
    }

    /// The owner of each cell, `[leads, samples]`, row after row.
    pub fn owner(&self) -> &[u32] {
        &self.owner
    }

    /// The name of each player.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The tree over the players, where there is one.
    pub fn tree(&self) -> Option<&Tree> {
        self.tree.as_ref()
    }
}

/// Checks that there is an owner for each cell, and a cell for each player.
fn check_owners(n_leads: usize, n_samples: usize, owner: &[u32], n_players: usize) -> Result<()> {
    let wrong = |expected: String, found: String| Error::Shape { what: "partition", expected, found };
    if n_leads.checked_mul(n_samples) != Some(owner.len()) {
        return Err(wrong(format!("{n_leads} x {n_samples} cells"), format!("{} cells", owner.len())));
    }
    if n_players == 0 || n_players > owner.len() {
        let expected = format!("from 1 to {} players, one cell each or more", owner.len());
        return Err(wrong(expected, format!("{n_players} players")));
    }
    let mut owns = vec![false; n_players];
    for (cell, &player) in owner.iter().enumerate().filter(|&(_, &player)| player != NEVER_MASKED) {
        let Some(owns) = owns.get_mut(player as usize) else {
            let found = format!("player {player} at lead {}, sample {}", cell / n_samples, cell % n_samples);
            return Err(wrong(format!("players from 0 to {}", n_players - 1), found));
        };
        *owns = true;
    }
    match owns.iter().position(|owns| !owns) {
        Some(player) => Err(wrong("a cell for each player".to_owned(), format!("none for player {player}"))),
        None => Ok(()),
    }
}

/// Checks that each node but the last has a parent after it, and that each group has a name.
fn check_tree(tree: &Tree, n_players: usize) -> Result<()> {
    let wrong = |expected: String, found: String| Error::Shape { what: "partition tree", expected, found };
    let n_nodes = n_players + tree.names.len();
    if tree.names.is_empty() || tree.parents.len() != n_nodes {
        let expected = format!("a parent for each of {n_players} players and at least one group, the root last");
        return Err(wrong(expected, format!("{} parents and {} groups", tree.parents.len(), tree.names.len())));
    }
    let root = n_nodes - 1;
    let sound = |(node, &parent): (usize, &u32)| {
        let parent = parent as usize;
        if node == root { parent == root } else { parent > node && parent >= n_players && parent < n_nodes }
    };
    match tree.parents.iter().enumerate().position(|entry| !sound(entry)) {
        Some(node) => Err(wrong(
            "a group further back as the parent of each node, and the root as its own".to_owned(),
            format!("parent {} of node {node}", tree.parents[node]),
        )),
        None => Ok(()),
    }
}
