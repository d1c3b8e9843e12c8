//! Groups of players as they are written on the command line.

use std::str::FromStr;

use einthoven::game::Tree;
use einthoven::{Error, Result};

/// Groups of players, each ascending: `0-3;4,6;5`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Groups(Vec<Vec<u32>>);

impl Groups {
    /// A tree of these groups below one root. Players of no group hang from the root.
    pub fn tree(&self, n_players: usize) -> Result<Tree> {
        let root = n_players + self.0.len();
        let mut parents = vec![root as u32; root + 1];
        for (group, players) in self.0.iter().enumerate() {
            for &player in players {
                let Some(parent) = parents[..n_players].get_mut(player as usize) else {
                    let last = n_players - 1;
                    return Err(Error::Usage(format!("group player {player}: expected players from 0 to {last}")));
                };
                *parent = (n_players + group) as u32;
            }
        }
        let names = (0..self.0.len()).map(|group| format!("group {group}")).chain(["all".to_owned()]).collect();
        Ok(Tree { parents, names })
    }
}

impl FromStr for Groups {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let mut seen = std::collections::BTreeSet::new();
        let mut groups = Vec::new();
        for group in text.split(';') {
            let mut players = Vec::new();
            for part in group.split(',') {
                players.extend(range(part)?);
            }
            players.sort_unstable();
            if let Some(twice) = players.iter().find(|player| !seen.insert(**player)) {
                return Err(format!("player {twice} is named twice"));
            }
            groups.push(players);
        }
        Ok(Self(groups))
    }
}

/// A player, or a first and a last one with a dash between.
fn range(text: &str) -> std::result::Result<std::ops::RangeInclusive<u32>, String> {
    let number = |text: &str| {
        let wrong = || format!("expected players and ranges of them such as 0-3;4,6, found `{text}`");
        text.trim().parse::<u16>().map(u32::from).map_err(|_| wrong())
    };
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    Ok(number(first)?..=number(last)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_read_and_hung_into_a_tree() {
        let groups: Groups = "0-2;5, 3".parse().expect("two groups");
        let tree = groups.tree(6).expect("six players");
        assert_eq!(tree.parents, [6, 6, 6, 7, 8, 7, 8, 8, 8]);
        assert_eq!(tree.names.len(), 3);
        assert!(groups.tree(5).expect_err("a player too many").to_string().contains("player 5"));
        for wrong in ["", "a", "0-", "0;0", "1,1", "0-2;2", "99999"] {
            assert!(wrong.parse::<Groups>().is_err(), "{wrong}");
        }
    }
}
