//! Test functions of optimization, with value, gradient, Hessian and known minima.

mod objective;
mod residuals;

pub use objective::FunctionObjective;

use nalgebra::DMatrix;
use std::f64::consts::TAU;
use std::fmt;

/// A function whose minima are known.
///
/// The definitions, with x_1 ... x_n:
///
/// - sphere: sum x_i^2;
/// - ellipsoid: sum 10^(3 (i-1)/(n-1)) x_i^2, condition number 1000 (n > 1);
/// - Rosenbrock: sum over i < n of 100 (x_(i+1) - x_i^2)^2 + (1 - x_i)^2;
/// - Rastrigin: sum x_i^2 + 10 (1 - cos 2 pi x_i), one minimum near every integer point;
/// - Styblinski-Tang: sum (x_i^4 - 16 x_i^2 + 5 x_i)/2, 2^n minima;
/// - Booth: (x + 2y - 7)^2 + (2x + y - 5)^2;
/// - Beale: sum over k = 1, 2, 3 of (c_k - x (1 - y^k))^2, c = 1.5, 2.25, 2.625;
/// - Himmelblau: (x^2 + y - 11)^2 + (x + y^2 - 7)^2, four minima of value 0;
/// - Powell's singular function: (x_1 + 10 x_2)^2 + 5 (x_3 - x_4)^2 + (x_2 - 2 x_3)^4 + 10 (x_1 - x_4)^4, singular Hessian
///   at the minimum.
///
/// # References
/// Rosenbrock, Comput. J. 3, 175 (1960), doi:10.1093/comjnl/3.3.175; More, Garbow & Hillstrom, ACM Trans. Math. Softw. 7, 17
/// (1981), doi:10.1145/355934.355936; Jamil & Yang, Int. J. Math. Model. Numer. Optim. 4, 150 (2013), arXiv:1308.4008.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TestFunction {
    /// Sphere, any dimension.
    Sphere,
    /// Ellipsoid, any dimension.
    Ellipsoid,
    /// Rosenbrock's valley, dimension 2 or more.
    Rosenbrock,
    /// Rastrigin, any dimension.
    Rastrigin,
    /// Styblinski and Tang, any dimension.
    StyblinskiTang,
    /// Booth, dimension 2.
    Booth,
    /// Beale, dimension 2.
    Beale,
    /// Himmelblau, dimension 2.
    Himmelblau,
    /// Powell's singular function, dimension 4.
    PowellSingular,
}

/// The constants of Beale's function.
const BEALE: [f64; 3] = [1.5, 2.25, 2.625];

/// Where t^4 - 16 t^2 + 5 t is least: the lowest root of 4 t^3 - 32 t + 5.
const STYBLINSKI_TANG_MINIMUM: f64 = -2.903_534_027_771_177_6;

/// Himmelblau's minima other than (3, 2).
const HIMMELBLAU: [[f64; 2]; 3] = [
    [-2.805_118_086_952_744_8, 3.131_312_518_250_572_9],
    [-3.779_310_253_377_746_8, -3.283_185_991_286_169_4],
    [3.584_428_340_330_491_7, -1.848_126_526_964_403_6],
];

impl TestFunction {
    /// All functions.
    pub const ALL: [Self; 9] = [
        Self::Sphere,
        Self::Ellipsoid,
        Self::Rosenbrock,
        Self::Rastrigin,
        Self::StyblinskiTang,
        Self::Booth,
        Self::Beale,
        Self::Himmelblau,
        Self::PowellSingular,
    ];

    /// Name, such as `"Rosenbrock"`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sphere => "sphere",
            Self::Ellipsoid => "ellipsoid",
            Self::Rosenbrock => "Rosenbrock",
            Self::Rastrigin => "Rastrigin",
            Self::StyblinskiTang => "Styblinski-Tang",
            Self::Booth => "Booth",
            Self::Beale => "Beale",
            Self::Himmelblau => "Himmelblau",
            Self::PowellSingular => "Powell singular",
        }
    }

    /// Whether the function is defined in n dimensions.
    pub fn accepts(self, n: usize) -> bool {
        match self {
            Self::Sphere | Self::Ellipsoid | Self::Rastrigin | Self::StyblinskiTang => n >= 1,
            Self::Rosenbrock => n >= 2,
            Self::Booth | Self::Beale | Self::Himmelblau => n == 2,
            Self::PowellSingular => n == 4,
        }
    }

    /// The global minima in n dimensions (all of them).
    pub fn minima(self, n: usize) -> Vec<Vec<f64>> {
        match self {
            Self::Sphere | Self::Ellipsoid | Self::Rastrigin | Self::PowellSingular => {
                vec![vec![0.0; n]]
            }
            Self::Rosenbrock => vec![vec![1.0; n]],
            Self::StyblinskiTang => vec![vec![STYBLINSKI_TANG_MINIMUM; n]],
            Self::Booth => vec![vec![1.0, 3.0]],
            Self::Beale => vec![vec![3.0, 0.5]],
            Self::Himmelblau => {
                let others = HIMMELBLAU.iter().map(|m| m.to_vec());
                std::iter::once(vec![3.0, 2.0]).chain(others).collect()
            }
        }
    }

    /// Value at the global minima in n dimensions.
    pub fn minimum(self, n: usize) -> f64 {
        match self {
            Self::StyblinskiTang => {
                let t = STYBLINSKI_TANG_MINIMUM;
                0.5 * n as f64 * (((t * t - 16.0) * t + 5.0) * t)
            }
            _ => 0.0,
        }
    }

    /// f(x).
    ///
    /// # Panics
    /// If the function is not defined in as many dimensions as x has.
    pub fn value(self, x: &[f64]) -> f64 {
        self.check(x);
        let pairs = || x.iter().zip(&x[1..]);
        match self {
            Self::Sphere => x.iter().map(|t| t * t).sum(),
            Self::Ellipsoid => x.iter().enumerate().map(|(i, t)| weight(i, x.len()) * t * t).sum(),
            Self::Rosenbrock => {
                pairs().map(|(a, b)| 100.0 * (b - a * a).powi(2) + (1.0 - a).powi(2)).sum()
            }
            Self::Rastrigin => x.iter().map(|t| t * t + 10.0 * (1.0 - libm::cos(TAU * t))).sum(),
            Self::StyblinskiTang => x.iter().map(|t| 0.5 * (((t * t - 16.0) * t + 5.0) * t)).sum(),
            Self::Booth => (x[0] + 2.0 * x[1] - 7.0).powi(2) + (2.0 * x[0] + x[1] - 5.0).powi(2),
            Self::Beale => (0..3).map(|k| beale_residual(x, k).0.powi(2)).sum(),
            Self::Himmelblau => {
                let (u, v) = (x[0] * x[0] + x[1] - 11.0, x[0] + x[1] * x[1] - 7.0);
                u * u + v * v
            }
            Self::PowellSingular => {
                let [a, b, c, d] = powell_terms(x);
                a * a + 5.0 * b * b + c.powi(4) + 10.0 * d.powi(4)
            }
        }
    }

    /// Overwrites `gradient` with df/dx.
    ///
    /// # Panics
    /// If the function is not defined in as many dimensions as x has, or `gradient` has another length.
    pub fn gradient(self, x: &[f64], gradient: &mut [f64]) {
        self.check(x);
        assert_eq!(gradient.len(), x.len(), "one derivative a component");
        let n = x.len();
        match self {
            Self::Sphere => map(gradient, x, |_, t| 2.0 * t),
            Self::Ellipsoid => map(gradient, x, |i, t| 2.0 * weight(i, n) * t),
            Self::Rastrigin => map(gradient, x, |_, t| 2.0 * t + 10.0 * TAU * libm::sin(TAU * t)),
            Self::StyblinskiTang => map(gradient, x, |_, t| (2.0 * t * t - 16.0) * t + 2.5),
            Self::Rosenbrock => {
                gradient.fill(0.0);
                for i in 0..n - 1 {
                    let bend = x[i + 1] - x[i] * x[i];
                    gradient[i] += -400.0 * x[i] * bend - 2.0 * (1.0 - x[i]);
                    gradient[i + 1] += 200.0 * bend;
                }
            }
            Self::Booth => {
                gradient[0] = 10.0 * x[0] + 8.0 * x[1] - 34.0;
                gradient[1] = 8.0 * x[0] + 10.0 * x[1] - 38.0;
            }
            Self::Beale => {
                gradient.fill(0.0);
                for k in 0..3 {
                    let (r, dx, dy, _, _) = beale_residual(x, k);
                    gradient[0] += 2.0 * r * dx;
                    gradient[1] += 2.0 * r * dy;
                }
            }
            Self::Himmelblau => {
                let (u, v) = (x[0] * x[0] + x[1] - 11.0, x[0] + x[1] * x[1] - 7.0);
                gradient[0] = 4.0 * x[0] * u + 2.0 * v;
                gradient[1] = 2.0 * u + 4.0 * x[1] * v;
            }
            Self::PowellSingular => {
                let [a, b, c, d] = powell_terms(x);
                let (c, d) = (4.0 * c.powi(3), 40.0 * d.powi(3));
                gradient[0] = 2.0 * a + d;
                gradient[1] = 20.0 * a + c;
                gradient[2] = 10.0 * b - 2.0 * c;
                gradient[3] = -10.0 * b - d;
            }
        }
    }

    /// The matrix of second derivatives.
    ///
    /// # Panics
    /// If the function is not defined in as many dimensions as x has.
    pub fn hessian(self, x: &[f64]) -> DMatrix<f64> {
        self.check(x);
        let n = x.len();
        let mut h = DMatrix::zeros(n, n);
        match self {
            Self::Sphere => h.fill_diagonal(2.0),
            Self::Ellipsoid => (0..n).for_each(|i| h[(i, i)] = 2.0 * weight(i, n)),
            Self::Rastrigin => {
                (0..n).for_each(|i| h[(i, i)] = 2.0 + 10.0 * TAU * TAU * libm::cos(TAU * x[i]));
            }
            Self::StyblinskiTang => (0..n).for_each(|i| h[(i, i)] = 6.0 * x[i] * x[i] - 16.0),
            Self::Rosenbrock => {
                for i in 0..n - 1 {
                    h[(i, i)] += 1200.0 * x[i] * x[i] - 400.0 * x[i + 1] + 2.0;
                    h[(i + 1, i + 1)] += 200.0;
                    h[(i, i + 1)] = -400.0 * x[i];
                    h[(i + 1, i)] = -400.0 * x[i];
                }
            }
            Self::Booth => h.copy_from_slice(&[10.0, 8.0, 8.0, 10.0]),
            Self::Beale => {
                for k in 0..3 {
                    let (r, dx, dy, dxdy, dydy) = beale_residual(x, k);
                    h[(0, 0)] += 2.0 * dx * dx;
                    h[(1, 1)] += 2.0 * (dy * dy + r * dydy);
                    h[(0, 1)] += 2.0 * (dx * dy + r * dxdy);
                }
                h[(1, 0)] = h[(0, 1)];
            }
            Self::Himmelblau => {
                let mixed = 4.0 * (x[0] + x[1]);
                h[(0, 0)] = 12.0 * x[0] * x[0] + 4.0 * x[1] - 42.0;
                h[(1, 1)] = 12.0 * x[1] * x[1] + 4.0 * x[0] - 26.0;
                h.view_mut((0, 1), (1, 1)).fill(mixed);
                h.view_mut((1, 0), (1, 1)).fill(mixed);
            }
            Self::PowellSingular => {
                let [_, _, c, d] = powell_terms(x);
                let (c, d) = (12.0 * c * c, 120.0 * d * d);
                #[rustfmt::skip]
                let entries = [
                    2.0 + d, 20.0, 0.0, -d,
                    20.0, 200.0 + c, -2.0 * c, 0.0,
                    0.0, -2.0 * c, 10.0 + 4.0 * c, -10.0,
                    -d, 0.0, -10.0, 10.0 + d,
                ];
                h.copy_from_slice(&entries);
            }
        }
        h
    }

    fn check(self, x: &[f64]) {
        assert!(self.accepts(x.len()), "{self} is not defined in {} dimensions", x.len());
    }
}

impl fmt::Display for TestFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Weight of component i of the ellipsoid.
fn weight(i: usize, n: usize) -> f64 {
    if n == 1 { 1.0 } else { libm::exp10(3.0 * i as f64 / (n - 1) as f64) }
}

/// Overwrites out_i with f(i, x_i).
fn map(out: &mut [f64], x: &[f64], f: impl Fn(usize, f64) -> f64) {
    for (i, (o, t)) in out.iter_mut().zip(x).enumerate() {
        *o = f(i, *t);
    }
}

/// Term k of Beale's function: r = c - x (1 - y^p) with p = k + 1, then dr/dx, dr/dy, d2r/dxdy, d2r/dy2.
fn beale_residual(x: &[f64], k: usize) -> (f64, f64, f64, f64, f64) {
    let (p, y) = (k as i32 + 1, x[1]);
    let power = f64::from(p) * y.powi(p - 1);
    let bend = if p == 1 { 0.0 } else { f64::from(p * (p - 1)) * y.powi(p - 2) };
    (BEALE[k] - x[0] * (1.0 - y.powi(p)), y.powi(p) - 1.0, x[0] * power, power, x[0] * bend)
}

/// The four terms of Powell's function before they are raised to their powers.
fn powell_terms(x: &[f64]) -> [f64; 4] {
    [x[0] + 10.0 * x[1], x[2] - x[3], x[1] - 2.0 * x[2], x[0] - x[3]]
}
