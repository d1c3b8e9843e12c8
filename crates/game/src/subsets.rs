//! Subsets of a given size.

/// Calls `visit` with each subset of `size` of the `items`, in lexicographic order of their positions; not at all if
/// there are fewer items.
pub fn for_each_subset<T: Copy>(items: &[T], size: usize, mut visit: impl FnMut(&[T])) {
    if size > items.len() {
        return;
    }
    let mut at: Vec<usize> = (0..size).collect();
    let mut subset: Vec<T> = items[..size].to_vec();
    loop {
        visit(&subset);
        // The last position that can still move up.
        let Some(moved) = (0..size).rev().find(|&slot| at[slot] < items.len() - size + slot) else { return };
        at[moved] += 1;
        for slot in moved + 1..size {
            at[slot] = at[slot - 1] + 1;
        }
        (moved..size).for_each(|slot| subset[slot] = items[at[slot]]);
    }
}
