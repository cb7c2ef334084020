//! Distances between sites.

use braggscape_crystal::{Lattice, Structure};
use nalgebra::{Matrix3, Vector3};

/// Distances between sites in one lattice, to the nearest of the 27 images around the one of the nearest coordinates.
#[derive(Debug)]
pub(super) struct Contacts {
    columns: Matrix3<f64>,
    images: Vec<Vector3<f64>>,
}

impl Contacts {
    pub(super) fn new(lattice: &Lattice) -> Self {
        let columns = *lattice.columns();
        let steps = [-1.0, 0.0, 1.0];
        let images = steps
            .iter()
            .flat_map(|i| steps.iter().map(move |j| (*i, *j)))
            .flat_map(|(i, j)| steps.iter().map(move |k| columns * Vector3::new(i, j, *k)))
            .collect();
        Self { columns, images }
    }

    /// Squared distance of two sites, or of a site from its nearest image.
    pub(super) fn square(&self, a: &Vector3<f64>, b: &Vector3<f64>) -> f64 {
        let d = (a - b).map(|x| x - x.round());
        let cart = self.columns * d;
        let squares = self.images.iter().map(|i| (cart + i).norm_squared());
        squares.fold(f64::INFINITY, f64::min)
    }

    /// Squared distance from the nearest other site, for each of some sites the least.
    pub(super) fn nearest(&self, of: &[usize], coords: &[Vector3<f64>]) -> f64 {
        let mut least = f64::INFINITY;
        for i in of {
            for (j, other) in coords.iter().enumerate() {
                if *i != j {
                    least = least.min(self.square(&coords[*i], other));
                }
            }
        }
        least
    }

    /// All distances, Å, sorted pair of elements by pair of elements.
    pub(super) fn sorted(&self, structure: &Structure) -> Vec<f64> {
        let sites = structure.sites();
        let mut all: Vec<([u8; 2], f64)> = Vec::with_capacity(sites.len() * sites.len() / 2);
        for (i, a) in sites.iter().enumerate() {
            for b in &sites[..i] {
                let mut pair = [a.element.atomic_number(), b.element.atomic_number()];
                pair.sort_unstable();
                all.push((pair, self.square(&a.frac, &b.frac).sqrt()));
            }
        }
        all.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
        all.into_iter().map(|(_, distance)| distance).collect()
    }

    /// Squared shortest distance of all.
    pub(super) fn shortest(&self, coords: &[Vector3<f64>]) -> f64 {
        let all: Vec<usize> = (0..coords.len()).collect();
        self.nearest(&all, coords)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use braggscape_crystal::CellParameters;

    #[test]
    fn the_nearest_image_counts_in_skew_cells() {
        let cell = CellParameters::new(3.0, 3.0, 5.0, 90.0, 90.0, 60.0);
        let contacts = Contacts::new(&Lattice::from_parameters(&cell).unwrap());
        // Half of a + b is 2.598 Å long, half of a - b 1.5 Å.
        let d = contacts.square(&Vector3::new(0.5, 0.5, 0.0), &Vector3::zeros());
        assert!((d - 2.25).abs() < 1e-12, "{d}");
        let coords = [Vector3::zeros(), Vector3::new(0.5, 0.5, 0.0), Vector3::new(0.0, 0.0, 0.4)];
        assert!((contacts.shortest(&coords) - 2.25).abs() < 1e-12);
        assert!((contacts.nearest(&[2], &coords) - 4.0).abs() < 1e-12);
    }
}
