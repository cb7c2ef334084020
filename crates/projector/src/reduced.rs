//! A constraint in its free parameters.

use nalgebra::DMatrix;

/// A constraint on cell parameters and fractional coordinates in its free parameters u: p = origin + basis u, where p is (a, b, c)
/// in Å, (alpha, beta, gamma) in degrees, then (x, y, z) of every site.
///
/// A free parameter is what the field calls it: of a cubic cell a itself, of a site at (x, x, 0) its x; so columns of the basis
/// are not normalised.
#[derive(Debug, Clone, PartialEq)]
pub struct Reduced {
    /// The point of u = 0: 6 + 3 n numbers for n sites.
    pub origin: Vec<f64>,
    /// A row a component of p, a column a free parameter; of full column rank.
    pub basis: DMatrix<f64>,
    /// Name of each free parameter, such as "a", "beta" or "x1".
    pub names: Vec<String>,
}
