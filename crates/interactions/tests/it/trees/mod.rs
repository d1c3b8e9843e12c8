//! Tests of tree ensembles.

mod brute_force;
mod files;
mod large;
mod random;
mod real_models;
