//! Tests of tree ensembles.

mod brute_force;
mod random;
mod real_models;
