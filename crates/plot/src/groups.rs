//! Sums of players per lead and per window.

use std::ops::Range;

use einthoven_game::{Attribution, NEVER_MASKED, Partition};

use crate::bars::{self, Bars};
use crate::number::{cut, seconds_text};
use crate::paper::Picture;
use crate::players::{self, Player};

/// What to sum over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// One bar per lead.
    Leads,
    /// One bar per stretch of time.
    Windows,
}

/// Bars of the sums over the players of each lead or window of `picture`.
///
/// `None` where that would say nothing new: without an attribution, where players reach over several leads (or
/// windows overlap), or where no lead (or window) has two players. The standard error of a sum is that of
/// independent terms; a note in the picture says so.
pub fn group_bars_svg(picture: &Picture, group: Group) -> Option<String> {
    let attribution = picture.attribution?;
    let groups = groups(picture, group)?;
    let players = players::players(attribution);
    let mut bars = Vec::new();
    let mut errors = false;
    for (name, members) in groups {
        let members: Vec<&Player> = members.into_iter().filter_map(|member| players.get(member)).collect();
        let std_err = sum_error(&members);
        errors |= std_err.is_some();
        bars.push(Player { name, value: members.iter().map(|player| player.value).sum(), std_err });
    }
    let kind = match group {
        Group::Leads => "lead",
        Group::Windows => "window",
    };
    let note = if errors { "errors of the players combined as if they were independent" } else { "" };
    Some(bars::draw(&Bars {
        title: title(attribution, kind),
        unit: players::term_unit(attribution),
        names: bars::NAMES[0],
        notes: vec![note.to_owned()],
        bars,
    }))
}

fn title(attribution: &Attribution, kind: &str) -> String {
    format!("Sum per {kind} for {}", cut(&attribution.output, 24))
}

/// Error of a sum of independent terms; `None` if a term has none.
fn sum_error(players: &[&Player]) -> Option<f64> {
    let squares: Option<Vec<f64>> = players.iter().map(|player| player.std_err.map(|error| error * error)).collect();
    squares.map(|squares| squares.iter().sum::<f64>().sqrt())
}

/// Name and players of each group.
type Groups = Vec<(String, Vec<usize>)>;

/// The players of each lead or window, if they can be told apart and are more than the leads or windows themselves.
pub(crate) fn groups(picture: &Picture, group: Group) -> Option<Groups> {
    match group {
        Group::Leads => by_lead(picture),
        Group::Windows => by_window(picture),
    }
}

fn by_lead(picture: &Picture) -> Option<Groups> {
    let partition = picture.partition;
    let mut lead_of = vec![None; partition.n_players()];
    for (lead, owners) in partition.owner().chunks_exact(partition.n_samples().max(1)).enumerate() {
        for &player in owners.iter().filter(|&&player| player != NEVER_MASKED) {
            let place = lead_of.get_mut(player as usize)?;
            if place.is_some_and(|other| other != lead) {
                return None;
            }
            *place = Some(lead);
        }
    }
    let name = |lead: usize| picture.record.leads[lead].clone();
    let groups: Groups =
        (0..partition.n_leads()).map(|lead| (name(lead), members(&lead_of, &Some(lead)))).filter(not_empty).collect();
    worth_drawing(groups)
}

fn by_window(picture: &Picture) -> Option<Groups> {
    let windows = extents(picture.partition)?;
    let mut distinct: Vec<Range<usize>> = windows.clone();
    distinct.sort_by_key(|window| (window.start, window.end));
    distinct.dedup();
    if distinct.windows(2).any(|pair| pair[1].start < pair[0].end) {
        return None;
    }
    let time = |sample: usize| seconds_text(picture.start + sample as f64 / picture.record.rate);
    let name = |window: &Range<usize>| format!("{}–{} s", time(window.start), time(window.end));
    worth_drawing(distinct.iter().map(|window| (name(window), members(&windows, window))).collect())
}

/// First and past-the-last sample of each player, over all leads; `None` if a player owns nothing.
fn extents(partition: &Partition) -> Option<Vec<Range<usize>>> {
    let mut extents: Vec<Option<Range<usize>>> = vec![None; partition.n_players()];
    for owners in partition.owner().chunks_exact(partition.n_samples().max(1)) {
        for (sample, &player) in owners.iter().enumerate().filter(|(_, player)| **player != NEVER_MASKED) {
            let extent = extents.get_mut(player as usize)?.get_or_insert(sample..sample + 1);
            *extent = extent.start.min(sample)..extent.end.max(sample + 1);
        }
    }
    extents.into_iter().collect()
}

fn members<T: PartialEq>(group_of: &[T], group: &T) -> Vec<usize> {
    (0..group_of.len()).filter(|&player| group_of[player] == *group).collect()
}

fn not_empty(group: &(String, Vec<usize>)) -> bool {
    !group.1.is_empty()
}

fn worth_drawing(groups: Groups) -> Option<Groups> {
    (groups.len() > 1 && groups.iter().any(|group| group.1.len() > 1)).then_some(groups)
}
