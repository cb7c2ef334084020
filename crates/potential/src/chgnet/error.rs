//! What can be wrong with the weights of a network.

use thiserror::Error;

/// Weights that are none of CHGNet.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ChgnetError {
    /// Not a safetensors file.
    #[error("the weights are no safetensors file: {reason}")]
    NotSafetensors {
        /// What the reader says.
        reason: String,
    },
    /// A tensor is missing.
    #[error("the weights have no tensor `{name}`")]
    MissingTensor {
        /// Its name.
        name: String,
    },
    /// A tensor of another shape or type.
    #[error("tensor `{name}` is {found}, expected F32 {expected:?}")]
    TensorType {
        /// Its name.
        name: String,
        /// Type and shape found.
        found: String,
        /// Shape expected.
        expected: Vec<usize>,
    },
    /// A tensor of another size.
    #[error("tensor `{name}` has {found} bytes, expected {expected}")]
    TensorSize {
        /// Its name.
        name: String,
        /// Bytes found.
        found: usize,
        /// Bytes expected.
        expected: usize,
    },
    /// A tensor with a number that is none.
    #[error("tensor `{name}` holds a number that is not finite")]
    TensorNotFinite {
        /// Its name.
        name: String,
    },
}
