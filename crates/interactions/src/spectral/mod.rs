//! Sparse Walsh-Hadamard spectra: which sets of players matter, among far too many to be fitted all.

pub mod proxy;
