//! The tabulated settings with their Wyckoff positions, as the search needs them.

use crate::symmetry::operation::parse_component;
use crate::symmetry::{SpaceGroup, SymmetryOperation};
use moyo::data::iter_wyckoff_positions_from_hall_number;
use nalgebra::{Matrix3, Vector3};
use std::sync::{LazyLock, OnceLock};

/// Number of settings in the table.
const N_SETTINGS: usize = 530;

/// Parameters in general position: positions of an orbit that agree there agree everywhere.
pub(super) const GENERAL: [f64; 3] = [0.123_456_78, 0.271_828_18, 0.381_966_01];

/// Coordinates in general position that agree within this, up to lattice vectors, are equal.
const SAME: f64 = 1e-6;

/// A setting of a space group.
#[derive(Debug)]
pub(super) struct Setting {
    pub(super) hall_number: i32,
    pub(super) number: i32,
    pub(super) hm_symbol: String,
    pub(super) operations: Vec<SymmetryOperation>,
    pub(super) positions: Vec<Position>,
}

/// A Wyckoff position.
#[derive(Debug)]
pub(super) struct Position {
    pub(super) letter: char,
    /// Number of free coordinates d.
    pub(super) n_free: usize,
    /// The positions of an orbit: x_j = N_j u + c_j.
    pub(super) members: Vec<Member>,
    /// (sum_j N_j^T N_j)^-1, of which d rows and columns count.
    pub(super) inverse: Matrix3<f64>,
    /// ln det (sum_j N_j^T N_j).
    pub(super) log_det: f64,
}

/// One position of an orbit, x = N u + c.
#[derive(Debug)]
pub(super) struct Member {
    /// N, of which the first d columns are not 0.
    pub(super) directions: Matrix3<f64>,
    /// c.
    pub(super) origin: Vector3<f64>,
    /// (N^T N)^-1, of which d rows and columns count.
    pub(super) inverse: Matrix3<f64>,
}

impl Member {
    fn new(directions: Matrix3<f64>, origin: Vector3<f64>, n_free: usize) -> Self {
        let inverse = inverse(&(directions.transpose() * directions), n_free);
        Self { directions, origin, inverse }
    }

    /// The position of parameters u.
    pub(super) fn at(&self, u: &Vector3<f64>) -> Vector3<f64> {
        self.directions * u + self.origin
    }

    /// The parameters of the point nearest to x, up to lattice vectors, and its squared distance.
    pub(super) fn nearest(&self, x: &Vector3<f64>) -> (Vector3<f64>, f64) {
        let project = |x: &Vector3<f64>| {
            let u = self.inverse * (self.directions.transpose() * (x - self.origin));
            let rest = x - self.at(&u);
            (u, rest)
        };
        let (mut u, mut rest) = project(x);
        let mut at = *x;
        // A skew subspace: moving x by a lattice vector changes its foot, and with it what is nearest.
        for _ in 0..3 {
            let shift = rest.map(f64::round);
            if shift.amax() < 0.5 {
                break;
            }
            at -= shift;
            let (next, left) = project(&at);
            if left.norm_squared() >= rest.norm_squared() {
                break;
            }
            (u, rest) = (next, left);
        }
        (u, rest.norm_squared())
    }
}

/// The inverse of the first d rows and columns, 0 elsewhere.
fn inverse(gram: &Matrix3<f64>, d: usize) -> Matrix3<f64> {
    let mut padded = Matrix3::identity();
    padded.view_mut((0, 0), (d, d)).copy_from(&gram.view((0, 0), (d, d)));
    let mut inverse = padded.try_inverse().unwrap_or_else(Matrix3::identity);
    for i in d..3 {
        inverse[(i, i)] = 0.0;
    }
    inverse
}

impl Position {
    /// The orbit of the positions that `coordinates` names, such as "x,2x,1/4".
    fn of(coordinates: &str, letter: char, operations: &[SymmetryOperation]) -> Option<Self> {
        let (mut linear, mut origin) = (Matrix3::zeros(), Vector3::zeros());
        for (row, part) in coordinates.split(',').enumerate() {
            let compact: String = part.chars().filter(|c| !c.is_whitespace()).collect();
            let (coefficients, constant) = parse_component(&compact)?;
            for (column, c) in coefficients.iter().enumerate() {
                linear[(row, column)] = *c;
            }
            origin[row] = constant;
        }
        let mut directions = Matrix3::zeros();
        let mut n_free = 0;
        for column in linear.column_iter().filter(|c| c.amax() > 0.0) {
            directions.set_column(n_free, &column);
            n_free += 1;
        }
        let mut u = Vector3::from(GENERAL);
        (n_free..3).for_each(|i| u[i] = 0.0);
        let mut members: Vec<Member> = Vec::new();
        let mut points: Vec<Vector3<f64>> = Vec::new();
        for op in operations {
            let w = op.rotation.cast::<f64>();
            let point = op.apply(&(directions * u + origin));
            let known = points.iter().any(|p| is_same(p, &point));
            if !known {
                points.push(point);
                members.push(Member::new(w * directions, op.apply(&origin), n_free));
            }
        }
        let gram: Matrix3<f64> = members
            .iter()
            .map(|m| m.directions.transpose() * m.directions)
            .fold(Matrix3::zeros(), |sum, g| sum + g);
        let mut padded = gram;
        (n_free..3).for_each(|i| padded[(i, i)] = 1.0);
        Some(Self {
            letter,
            n_free,
            members,
            inverse: inverse(&gram, n_free),
            log_det: libm::log(padded.determinant().max(f64::MIN_POSITIVE)),
        })
    }

    /// Number of positions in the cell.
    pub(super) fn multiplicity(&self) -> usize {
        self.members.len()
    }
}

/// Whether two positions are the same up to lattice vectors.
pub(super) fn is_same(a: &Vector3<f64>, b: &Vector3<f64>) -> bool {
    (a - b).iter().all(|x| (x - x.round()).abs() < SAME)
}

impl Setting {
    fn new(group: &SpaceGroup) -> Self {
        let operations = group.operations();
        let positions = iter_wyckoff_positions_from_hall_number(group.hall_number())
            .filter_map(|w| Position::of(w.coordinates, w.letter, &operations))
            .collect();
        Self {
            hall_number: group.hall_number(),
            number: group.number(),
            hm_symbol: group.hm_symbol(),
            operations,
            positions,
        }
    }
}

/// The rotations of each setting, by Hall number from 1 on.
static ROTATIONS: LazyLock<Vec<Vec<Matrix3<i32>>>> = LazyLock::new(|| {
    let rotations = |hall_number: i32| {
        let mut distinct: Vec<Matrix3<i32>> = Vec::new();
        if let Some(group) = SpaceGroup::from_hall_number(hall_number) {
            for op in group.operations() {
                if !distinct.contains(&op.rotation) {
                    distinct.push(op.rotation);
                }
            }
        }
        distinct
    };
    (1..=N_SETTINGS as i32).map(rotations).collect()
});

static SETTINGS: [OnceLock<Option<Setting>>; N_SETTINGS] = [const { OnceLock::new() }; N_SETTINGS];

/// The rotations of every setting with its Hall number.
pub(super) fn rotations() -> impl Iterator<Item = (i32, &'static [Matrix3<i32>])> {
    (1..).zip(ROTATIONS.iter().map(Vec::as_slice))
}

/// The setting of a Hall number, made when it is first asked for.
pub(super) fn setting(hall_number: i32) -> Option<&'static Setting> {
    let at = usize::try_from(hall_number - 1).ok()?;
    let make = || SpaceGroup::from_hall_number(hall_number).map(|g| Setting::new(&g));
    SETTINGS.get(at)?.get_or_init(make).as_ref()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orbits_have_the_multiplicities_of_the_table() {
        for hall_number in 1..=N_SETTINGS as i32 {
            let setting = setting(hall_number).unwrap();
            let table: Vec<_> = iter_wyckoff_positions_from_hall_number(hall_number).collect();
            assert_eq!(setting.positions.len(), table.len(), "{hall_number}");
            for (position, row) in setting.positions.iter().zip(table) {
                let found = (position.multiplicity(), position.letter);
                assert_eq!(found, (row.multiplicity, row.letter), "{hall_number} {row:?}");
            }
        }
    }

    #[test]
    fn the_nearest_point_is_that_of_all_lattice_vectors() {
        // On (x, x, x): the point (0.9, 0.1, 0.1) is near that of x = 1.1/3 - 1/3.
        let setting = setting(517).unwrap();
        let line = setting.positions.iter().find(|p| p.letter == 'g').unwrap();
        let (u, square) = line.members[0].nearest(&Vector3::new(0.9, 0.1, 0.1));
        let foot = 0.1 / 3.0;
        assert!((u.x - foot).abs() < 1e-12, "{u}");
        assert!((square - ((foot + 0.1).powi(2) + 2.0 * (0.1 - foot).powi(2))).abs() < 1e-12);
    }
}
