//! What a cardiologist measures on a beat, here on a beat without noise.

use super::heart::Heart;
use super::wave::Canvas;

const RATE: f64 = 500.0;
/// Seconds drawn before and after the beat's reference.
const BEFORE: f64 = 0.6;
const AFTER: f64 = 0.75;
/// Deflections below this many mV do not count as waves.
const FLAT: f64 = 0.02;

/// Intervals of a beat and the deflections of its twelve leads (order of the standard leads).
#[derive(Clone, Debug)]
pub(super) struct Measures {
    /// Seconds from the start of P to the start of QRS; `None` without a P wave.
    pub pr: Option<f64>,
    /// Seconds that P lasts, and the area of its negative last part in V1 in mV s.
    pub p: f64,
    pub p_terminal: f64,
    /// Seconds that QRS lasts in all leads together.
    pub qrs: f64,
    pub leads: [Deflections; 12],
}

/// Deflections of one lead in mV against the level at the start of QRS, durations in seconds.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Deflections {
    /// Depth of a negative start of QRS, and how long it lasts.
    pub q: f64,
    pub q_seconds: f64,
    /// Highest point of QRS.
    pub r: f64,
    /// Depth below the baseline after the highest point (for a complex without R: its depth).
    pub s: f64,
    /// Depth of the whole complex.
    pub depth: f64,
    /// First positive peak and last positive peak after a negative one.
    pub first_r: f64,
    pub late_r: f64,
    /// How long the last deflection of QRS lasts if it is negative.
    pub late_s_seconds: f64,
    /// 40 ms after the end of QRS.
    pub st: f64,
    /// Highest and lowest point of T.
    pub t_max: f64,
    pub t_min: f64,
}

impl Deflections {
    /// Peak to peak of QRS.
    pub fn span(&self) -> f64 {
        self.r + self.s.max(self.q)
    }

    /// The whole complex is negative.
    pub fn is_qs(&self) -> bool {
        self.r < 0.03 && self.q > 0.1
    }
}

/// Measures a heart's usual beat.
pub(super) fn measure(heart: &Heart) -> Measures {
    let mut canvas = Canvas::new(RATE, ((BEFORE + AFTER) * RATE) as usize);
    for wave in &heart.waves {
        canvas.add(wave, &wave.potentials(&heart.field), BEFORE, 1.0);
    }
    let n = canvas.samples.len();
    let leads = canvas.leads();
    let lead = |index: usize| &leads[index * n..(index + 1) * n];
    let (onset, offset) = qrs_limits(&leads, n);
    let p = p_limits(&leads, n, onset);
    let seconds = |from: usize, to: usize| (to - from) as f64 / RATE;
    let mut measures = Measures {
        pr: p.map(|(start, _)| seconds(start, onset)),
        p: p.map_or(0.0, |(start, end)| seconds(start, end)),
        p_terminal: p.map_or(0.0, |(start, end)| terminal_area(&lead(6)[start..=end], lead(6)[0])),
        qrs: seconds(onset, offset),
        leads: Default::default(),
    };
    for (index, deflections) in measures.leads.iter_mut().enumerate() {
        *deflections = deflections_of(lead(index), onset, offset);
    }
    measures
}

/// The first and last sample around the steepest point where the leads' common slope (root mean square) stays above a
/// share of its highest value: a fourteenth before, a sixth after it, where the slope of T may follow at once. A pause
/// of up to 16 ms does not end QRS.
fn qrs_limits(leads: &[f64], n: usize) -> (usize, usize) {
    let slope: Vec<f64> = (0..n)
        .map(|i| {
            if i == 0 || i + 1 == n {
                return 0.0;
            }
            leads.chunks_exact(n).map(|lead| (lead[i + 1] - lead[i - 1]).powi(2)).sum::<f64>().sqrt()
        })
        .collect();
    let near = ((BEFORE - 0.1) * RATE) as usize..((BEFORE + 0.15) * RATE) as usize;
    let steepest = near.clone().max_by(|&a, &b| slope[a].total_cmp(&slope[b])).unwrap_or(near.start);
    let pause = (0.016 * RATE) as usize;
    let (mut onset, mut i) = (steepest, steepest);
    while i > 0 && onset - i <= pause {
        i -= 1;
        if slope[i] > slope[steepest] / 14.0 {
            onset = i;
        }
    }
    let (mut offset, mut i) = (steepest, steepest);
    while i + 1 < n && i - offset <= pause {
        i += 1;
        if slope[i] > slope[steepest] / 6.0 {
            offset = i;
        }
    }
    (onset, offset)
}

/// Where the P wave's size (root mean square over the leads) exceeds an eighth of its peak.
fn p_limits(leads: &[f64], n: usize, onset: usize) -> Option<(usize, usize)> {
    let size = |i: usize| {
        let sum: f64 = leads.chunks_exact(n).map(|lead| (lead[i] - lead[0]).powi(2)).sum();
        (sum / 12.0).sqrt()
    };
    let end = onset.saturating_sub((0.02 * RATE) as usize);
    let peak = (0..end).max_by(|&a, &b| size(a).total_cmp(&size(b)))?;
    let height = size(peak);
    if height < 0.012 {
        return None;
    }
    let start = (0..=peak).rev().take_while(|&i| size(i) > height / 8.0).last()?;
    let stop = (peak..onset).take_while(|&i| size(i) > height / 8.0).last()?;
    Some((start, stop))
}

/// Area in mV s below the baseline of what follows P's last positive value.
fn terminal_area(p: &[f64], base: f64) -> f64 {
    let from = p.iter().rposition(|x| *x >= base).map_or(0, |i| i + 1);
    p[from..].iter().map(|x| (base - x) / RATE).sum()
}

fn deflections_of(lead: &[f64], onset: usize, offset: usize) -> Deflections {
    let base = lead[onset.saturating_sub(2)];
    let qrs: Vec<f64> = lead[onset..=offset].iter().map(|x| x - base).collect();
    let mut found = Deflections::default();
    if let Some(start) = qrs.iter().position(|x| x.abs() > FLAT).filter(|&i| qrs[i] < 0.0) {
        let length = qrs[start..].iter().take_while(|x| **x < -FLAT).count();
        found.q_seconds = length as f64 / RATE;
        found.q = -qrs[start..start + length].iter().copied().fold(0.0, f64::min);
    }
    let top = (0..qrs.len()).max_by(|&a, &b| qrs[a].total_cmp(&qrs[b])).unwrap_or(0);
    found.r = qrs[top].max(0.0);
    let after = if found.r < 0.03 { &qrs[..] } else { &qrs[top..] };
    found.s = -after.iter().copied().fold(0.0, f64::min);
    let lowest = (0..qrs.len()).min_by(|&a, &b| qrs[a].total_cmp(&qrs[b])).unwrap_or(0);
    found.depth = -qrs[lowest].min(0.0);
    found.first_r = qrs[..=lowest].iter().copied().fold(0.0, f64::max);
    found.late_r = qrs[lowest..].iter().copied().fold(0.0, f64::max);
    let last = qrs.iter().rposition(|x| *x > FLAT).map_or(0, |i| i + 1);
    found.late_s_seconds = qrs[last..].iter().filter(|x| **x < -FLAT).count() as f64 / RATE;
    found.st = lead[(offset + (0.04 * RATE) as usize).min(lead.len() - 1)] - base;
    let t = &lead[(offset + (0.06 * RATE) as usize).min(lead.len() - 1)..];
    found.t_max = t.iter().fold(0.0, |high, x| (x - base).max(high));
    found.t_min = t.iter().fold(0.0, |low, x| (x - base).min(low));
    found
}
