//! Gradient attributions: what each sample of each lead does to a model's value, from a few passes forward and back.
//!
//! A [`Differentiable`] is a model with a way back from its logits to the signal. [`maps`] runs a [`GradientMethod`] on
//! records: saliency, input x gradient, Integrated Gradients, expected gradients, SmoothGrad and its relatives, DeepLIFT,
//! guided backpropagation, Grad-CAM. Each gives a map of all cells, `[outputs, leads, samples]`, and what it leaves over of
//! the difference between record and baseline. [`occlusion`] is their neighbour that only asks.
//!
//! In a nonnegatively homogeneous network input x gradient *is* Integrated Gradients from zero, in one pass, and is then
//! called X-Gradient (Hesse, Schaub-Meyer & Roth, NeurIPS 2021). [`audit`] measures whether a model is such a network, and
//! `x-gradient` is refused where it is not: a map is not called axiomatic because its name is.
//!
//! An [`AttributionPrior`] is a penalty in training: it draws a homogeneous network's attributions to what they ought to be
//! like.

mod differentiable;
mod error;
mod homogeneity;
mod layers;
mod levels;
mod maps;
mod method;
mod occlusion;
mod passes;
mod priors;
mod subject;

pub use differentiable::Differentiable;
pub use error::{Error, Result};
pub use homogeneity::{Audit, audit, breaking_layer};
pub use levels::{Levels, at_levels};
pub use maps::{Maps, check, maps};
pub use method::{GradientMethod, Gradients, Quadrature};
pub use occlusion::{Occlusion, occlusion};
pub use priors::{AttributionPrior, Prior};
pub use subject::{Request, Subject};
