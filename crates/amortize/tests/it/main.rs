//! Tests of labels, explainers and data values.
#![allow(clippy::unwrap_used)]

mod bias;
mod explainer;
mod label_files;
mod label_methods;
mod label_stream;
mod noise;
mod table;
mod toy;
mod value_amortized;
mod value_data;
mod value_files;
mod value_knn;
mod value_logistic;
mod value_points;
mod value_semivalues;
