//! The clinical definition of each finding, and of a normal beat.
//!
//! The thresholds are the usual textbook ones; the generator asks for a tenth more, because breathing changes every
//! beat a little.

use super::edit::{Phase, Plan};
use super::finding::Finding;
use super::measure::{Deflections, Measures};

const I: usize = 0;
const II: usize = 1;
const III: usize = 2;
const AVR: usize = 3;
const AVL: usize = 4;
const AVF: usize = 5;
const V1: usize = 6;
const V2: usize = 7;
const V3: usize = 8;
const V4: usize = 9;
const V5: usize = 10;
const V6: usize = 11;

/// Pairs of leads that look at neighbouring walls.
const CONTIGUOUS: [(usize, usize); 9] =
    [(I, AVL), (II, AVF), (III, AVF), (V1, V2), (V2, V3), (V3, V4), (V4, V5), (V5, V6), (I, V6)];
const ANTERIOR: [(usize, usize); 3] = [(V1, V2), (V2, V3), (V3, V4)];
const INFERIOR: [(usize, usize); 2] = [(II, AVF), (III, AVF)];
const LATERAL: [(usize, usize); 2] = [(I, AVL), (V5, V6)];

/// Asked for beyond a threshold.
const MARGIN: f64 = 1.1;

/// Whether a beat meets the definition of a planned finding. Rhythm is judged elsewhere and holds by construction.
pub(super) fn holds(plan: &Plan, measures: &Measures) -> bool {
    let leads = &measures.leads;
    match plan.finding {
        Finding::AnteriorMi => infarct(plan.phase, leads, &ANTERIOR, 0.02),
        Finding::InferiorMi => infarct(plan.phase, leads, &INFERIOR, 0.03),
        Finding::LateralMi => infarct(plan.phase, leads, &LATERAL, 0.03),
        // More than a tenth: ST slopes, and the end of QRS is not sharp.
        Finding::StDepression => both(&CONTIGUOUS, |lead| leads[lead].st <= -0.066),
        Finding::TInversion => both(&CONTIGUOUS, |lead| inverted(&leads[lead])),
        Finding::Lbbb => left_block(measures),
        Finding::Rbbb => right_block(measures),
        Finding::LvhStrain => voltage(leads) >= 3.5 * MARGIN && strain(leads),
        Finding::LvhVoltage => is_large(leads),
        Finding::FirstDegreeAvBlock => measures.pr.is_some_and(|pr| pr > 0.21),
        Finding::LowVoltage => is_low(leads, 1.0 / MARGIN),
        Finding::IncompleteRbbb => incomplete_right_block(measures),
        Finding::LeftAnteriorBlock => left_anterior_block(leads),
        // P of 120 ms and a terminal force of 0.04 mm s, which at 10 mm/mV are 0.004 mV s.
        Finding::LeftAtrialEnlargement => measures.p >= 0.124 && measures.p_terminal >= 0.0044,
        Finding::FlatT => both(&CONTIGUOUS, |lead| is_flat(&leads[lead])),
        Finding::AtrialFibrillation | Finding::PrematureVentricularBeats => true,
    }
}

/// Whether a beat is normal: no finding's definition holds, with some distance.
pub(super) fn is_normal(measures: &Measures) -> bool {
    let leads = &measures.leads;
    let intervals =
        (0.064..0.112).contains(&measures.qrs) && measures.pr.is_some_and(|pr| (0.115..0.194).contains(&pr));
    let small = voltage(leads) < 3.3 && leads[AVL].r + leads[V3].depth < 2.6 && leads[AVL].r < 1.0;
    let voltages = small && !is_low(leads, 1.2);
    let q = both(&INFERIOR, |lead| leads[lead].q > 0.07 && leads[lead].q_seconds >= 0.022)
        || both(&LATERAL, |lead| leads[lead].q > 0.07 && leads[lead].q_seconds >= 0.022)
        || both(&ANTERIOR, |lead| leads[lead].q_seconds >= 0.012 && leads[lead].q > 0.02)
        || leads[V2].first_r < 0.08
        || leads[V3].first_r < 0.12;
    let st = (0..12).all(|lead| {
        let high = if [V2, V3].contains(&lead) { 0.17 } else { 0.07 };
        (-0.03..high).contains(&leads[lead].st) || lead == AVR
    });
    // T must be upright where a healthy T always is, and not flat where R is tall.
    let t = [I, II, V3, V4, V5, V6].iter().all(|&lead| {
        let Deflections { r, t_max, t_min, .. } = leads[lead];
        t_min > -0.05 && t_max > 0.06 && (t_max > r / 12.0 || lead == V3)
    }) && !both(&[(III, AVF), (V1, V2)], |lead| leads[lead].t_min < -0.08);
    // Between about -30 and 100 degrees.
    let axis = leads[I].r > 0.8 * leads[I].depth && leads[II].r > leads[II].depth;
    intervals
        && axis
        && voltages
        && !q
        && st
        && t
        && leads[V1].late_r < 0.08
        && measures.p < 0.118
        && measures.p_terminal < 0.0035
}

/// Acute: ST elevation; evolved: Q and inverted T; old: Q.
fn infarct(phase: Phase, leads: &[Deflections; 12], pairs: &[(usize, usize)], seconds: f64) -> bool {
    // V2 and V3 normally start with R, so that any Q of 20 ms counts there; a complex without R always counts.
    let q = |lead: usize| leads[lead].is_qs() || deep_q(&leads[lead], seconds * MARGIN);
    let elevated = |lead: usize| leads[lead].st >= MARGIN * if [V2, V3].contains(&lead) { 0.2 } else { 0.1 };
    match phase {
        Phase::Acute => both(pairs, elevated),
        Phase::Evolved => both(pairs, |lead| q(lead) && inverted(&leads[lead])),
        Phase::Old => both(pairs, q),
    }
}

fn both(pairs: &[(usize, usize)], test: impl Fn(usize) -> bool) -> bool {
    pairs.iter().any(|&(a, b)| test(a) && test(b))
}

fn deep_q(lead: &Deflections, seconds: f64) -> bool {
    lead.q >= 0.1 * MARGIN && lead.q_seconds >= seconds
}

fn inverted(lead: &Deflections) -> bool {
    lead.t_min <= -0.1 * MARGIN && -lead.t_min > MARGIN * lead.t_max
}

/// Sokolow and Lyon's sum in mV.
fn voltage(leads: &[Deflections; 12]) -> f64 {
    leads[V1].depth + leads[V5].r.max(leads[V6].r)
}

/// By Sokolow and Lyon, by Cornell's sum (that for men), or by R in aVL.
fn is_large(leads: &[Deflections; 12]) -> bool {
    voltage(leads) >= 3.5 * MARGIN || leads[AVL].r + leads[V3].depth >= 2.8 * MARGIN || leads[AVL].r >= 1.1 * MARGIN
}

fn strain(leads: &[Deflections; 12]) -> bool {
    both(&[(I, AVL), (V5, V6)], |lead| inverted(&leads[lead]) && leads[lead].st <= -0.03)
}

fn left_block(measures: &Measures) -> bool {
    let leads = &measures.leads;
    let no_q = [I, V5, V6].iter().all(|&lead| leads[lead].q < 0.03);
    let broad = [I, V6].iter().all(|&lead| leads[lead].r > 0.25 && leads[lead].s < 0.25 * leads[lead].r);
    let right = leads[V1].depth > 3.0 * leads[V1].first_r && leads[V1].late_r < 0.03;
    let discordant = leads[V6].t_min < -0.08 && leads[I].t_min < -0.04 && leads[V1].t_max > 0.1;
    measures.qrs >= 0.126 && no_q && broad && right && discordant
}

fn right_block(measures: &Measures) -> bool {
    let leads = &measures.leads;
    let prime = leads[V1].late_r >= 0.15 && leads[V1].late_r > leads[V1].first_r && leads[V1].late_s_seconds < 0.01;
    let wide_s = [I, V6].iter().all(|&lead| leads[lead].late_s_seconds >= 0.044 && leads[lead].s > 0.06);
    measures.qrs >= 0.126 && prime && wide_s
}

fn incomplete_right_block(measures: &Measures) -> bool {
    let leads = &measures.leads;
    let late_s = both(&[(I, V6), (V5, V6)], |lead| leads[lead].late_s_seconds >= 0.02 && leads[lead].s > 0.06);
    (0.08..0.118).contains(&measures.qrs) && leads[V1].late_r >= 0.12 && leads[V1].first_r >= 0.05 && late_s
}

fn left_anterior_block(leads: &[Deflections; 12]) -> bool {
    let left = leads[I].r > 1.2 * leads[I].depth && leads[AVL].r > 1.2 * leads[AVL].depth;
    left && [II, III, AVF]
        .iter()
        .all(|&lead| leads[lead].first_r > 0.03 && leads[lead].depth > 1.3 * leads[lead].r + 0.05)
}

/// T neither higher than a fifteenth of a clear R nor inverted.
fn is_flat(lead: &Deflections) -> bool {
    lead.r > 0.3 && lead.t_max < lead.r / 15.0 && lead.t_min > -0.08
}

/// QRS below 0.5 mV in every limb lead and below 1 mV in V1–V6, both times `factor`.
fn is_low(leads: &[Deflections; 12], factor: f64) -> bool {
    leads[..6].iter().all(|lead| lead.span() < 0.5 * factor) && leads[6..].iter().all(|lead| lead.span() < factor)
}

/// What brings the QRS complexes just to the limit of low voltage when they are multiplied with it.
pub(super) fn to_low_voltage(measures: &Measures) -> f64 {
    let highest = |leads: &[Deflections]| leads.iter().fold(1e-6, |high: f64, lead| high.max(lead.span()));
    (0.5 / highest(&measures.leads[..6])).min(1.0 / highest(&measures.leads[6..]))
}
