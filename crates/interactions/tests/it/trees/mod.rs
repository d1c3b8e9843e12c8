//! Tests of tree ensembles.

mod brute_force;
mod files;
mod random;
mod real_models;
