//! Partitions that cut leads and time into a grid.

use crate::{Error, NEVER_MASKED, Partition, Result, Tree};

/// The leads that an electrocardiograph measures; the other four of the twelve follow from I and II.
const INDEPENDENT: [&str; 8] = ["I", "II", "V1", "V2", "V3", "V4", "V5", "V6"];

impl Partition {
    /// One player per lead.
    pub fn leads(lead_names: &[String], n_samples: usize) -> Result<Self> {
        let owner = (0..lead_names.len() as u32).flat_map(|lead| vec![lead; n_samples]).collect();
        Self::new(lead_names.len(), n_samples, owner, lead_names.to_vec(), None)
    }

    /// The players I, II and V1 to V6. The cells of all other leads are [`NEVER_MASKED`], because they are not masked
    /// but derived anew from the masked I and II.
    pub fn independent_leads(lead_names: &[String], n_samples: usize) -> Result<Self> {
        if let Some(missing) = INDEPENDENT.iter().find(|lead| !lead_names.iter().any(|name| name == *lead)) {
            return Err(Error::Request(format!(
                "make players of the leads I, II and V1 to V6: there is no lead {missing} among {}",
                lead_names.join(", ")
            )));
        }
        let player = |name: &String| INDEPENDENT.iter().position(|lead| lead == name);
        let player = |name: &String| player(name).map_or(NEVER_MASKED, |player| player as u32);
        let owner = lead_names.iter().flat_map(|name| vec![player(name); n_samples]).collect();
        let names = INDEPENDENT.map(str::to_owned).to_vec();
        Self::new(lead_names.len(), n_samples, owner, names, None)
    }

    /// One player per window of time, across all leads. Window `w` of `n` covers the samples from
    /// `w * n_samples / n` to `(w + 1) * n_samples / n`, both rounded down; `rate` is in Hz and only names them.
    pub fn windows(n_leads: usize, n_samples: usize, n_windows: usize, rate: f64) -> Result<Self> {
        let starts = window_starts(n_samples, n_windows)?;
        let of_sample = window_of_sample(&starts);
        let owner = (0..n_leads).flat_map(|_| of_sample.iter().copied()).collect();
        Self::new(n_leads, n_samples, owner, window_names(&starts, rate), None)
    }

    /// One player per lead and window, lead after lead, with a tree from the leads to their windows. Windows are cut
    /// and named as by [`Partition::windows`].
    pub fn leads_windows(lead_names: &[String], n_samples: usize, n_windows: usize, rate: f64) -> Result<Self> {
        let starts = window_starts(n_samples, n_windows)?;
        let of_sample = window_of_sample(&starts);
        let windows = window_names(&starts, rate);
        let n_leads = lead_names.len();
        let n_players = n_leads * n_windows;
        let owner = (0..n_leads)
            .flat_map(|lead| of_sample.iter().map(move |window| (lead * n_windows) as u32 + window))
            .collect();
        let names = lead_names.iter().flat_map(|lead| windows.iter().map(move |window| format!("{lead} {window}")));
        let root = (n_players + n_leads) as u32;
        let parents = (0..n_players).map(|player| (n_players + player / n_windows) as u32);
        let tree = Tree {
            parents: parents.chain(vec![root; n_leads + 1]).collect(),
            names: lead_names.iter().cloned().chain(["all leads".to_owned()]).collect(),
        };
        Self::new(n_leads, n_samples, owner, names.collect(), Some(tree))
    }
}

/// The first sample of each window, then the end of the last, `[windows + 1]`.
fn window_starts(n_samples: usize, n_windows: usize) -> Result<Vec<usize>> {
    if n_windows == 0 || n_windows > n_samples {
        return Err(Error::Request(format!(
            "cut {n_samples} samples into {n_windows} windows: expected from 1 to {n_samples} windows"
        )));
    }
    Ok((0..=n_windows).map(|window| (window as u128 * n_samples as u128 / n_windows as u128) as usize).collect())
}

fn window_of_sample(starts: &[usize]) -> Vec<u32> {
    starts.windows(2).enumerate().flat_map(|(window, ends)| vec![window as u32; ends[1] - ends[0]]).collect()
}

/// Names such as `0.0-1.0 s`, with as many decimals as tell the boundaries exactly, or else apart.
fn window_names(starts: &[usize], rate: f64) -> Vec<String> {
    let seconds: Vec<f64> = starts.iter().map(|&start| start as f64 / rate).collect();
    let texts = |decimals: usize| -> Vec<String> { seconds.iter().map(|at| format!("{at:.decimals$}")).collect() };
    let exact = |decimals: &usize| {
        let read = |text: &String| text.parse::<f64>().unwrap_or(f64::NAN);
        texts(*decimals).iter().zip(&seconds).all(|(text, at)| (read(text) - at).abs() < 1e-9)
    };
    let apart = |decimals: &usize| texts(*decimals).windows(2).all(|pair| pair[0] != pair[1]);
    let decimals = (1..=3).find(exact).or_else(|| (2..=6).find(apart)).unwrap_or(6);
    texts(decimals).windows(2).map(|pair| format!("{}-{} s", pair[0], pair[1])).collect()
}
