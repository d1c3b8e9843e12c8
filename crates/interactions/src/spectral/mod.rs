//! Sparse functions of a thousand players, found from a few thousand coalitions.
#![allow(dead_code)]
mod bch;
mod bins;
mod decode;
mod evidence;
mod field;
mod peel;
mod small;
mod subsample;
