//! The Jacobian of a pattern on the nodes of a decimation: the shapes of the peaks are those that the pattern was made of.

use super::Scratch;
use super::decimated::{Decimated, NodeModel};
use super::jacobian::{JacobianColumns, Points, chain};
use super::scratch::Simulated;
use crate::{DecimatedForward, ForwardError, JacobianModel};
use braggscape_crystal::Structure;
use nalgebra::DMatrix;

/// Tails, in standard deviations, where widths are differentiated and shapes made anew.
const CUT: f64 = 7.8;

/// Fills the columns, compiled once for each vector width and chosen at run time.
struct Fill<'a> {
    nodes: &'a NodeModel,
    columns: JacobianColumns,
    chain: [[f64; 6]; 6],
    scratch: &'a mut Scratch,
    out: &'a mut [f64],
}

impl pulp::WithSimd for Fill<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, simd: S) {
        let Self { nodes, columns, chain, scratch, out } = self;
        let n = nodes.decimation().n_nodes();
        let Scratch { sticks, nodes: values, .. } = scratch;
        let sites = if columns.coordinates { sticks.site_derivatives() } else { Vec::new() };
        let height = nodes.height;
        let slope = nodes.grid.slope();
        let mut factors = vec![0.0; 3 * sites.len()];
        let (lattice, rest) = out.split_at_mut(if columns.lattice { 6 * n } else { 0 });
        let (coordinates, rest) = rest.split_at_mut(3 * sites.len() * n);
        for (i, hkl) in sticks.hkl().enumerate() {
            let stick = sticks.stick(i);
            if stick.lp <= 0.0 {
                continue;
            }
            let [h, k, l] = hkl.map(f64::from);
            if columns.lattice {
                // s^2 = h^T G* h / 4, and each off-diagonal element of G* stands there twice.
                let terms = [h * h, k * k, l * l, k * l, h * l, h * k].map(|t| 0.25 * t);
                let along = |row: &[f64; 6]| row.iter().zip(terms).map(|(c, t)| c * t).sum::<f64>();
                let by_cell: [f64; 6] = std::array::from_fn(|p| along(&chain[p]));
                let by = [
                    height * stick.d_intensity,
                    height * stick.intensity * stick.d_position * slope,
                ];
                values.add_to_columns(simd, &nodes.grid, (i, by), &by_cell, (n, lattice));
            }
            if columns.coordinates {
                for (factors, site) in factors.chunks_exact_mut(3).zip(&sites) {
                    let d = height * site[i];
                    factors.copy_from_slice(&[h * d, k * d, l * d]);
                }
                values.add_to_columns(
                    simd,
                    &nodes.grid,
                    (i, [1.0, 0.0]),
                    &factors,
                    (n, coordinates),
                );
            }
            let (b_iso, rest) = rest.split_at_mut(if columns.b_iso { n } else { 0 });
            let (zero_shift, scale) = rest.split_at_mut(if columns.zero_shift { n } else { 0 });
            let power = height * stick.intensity;
            if columns.b_iso {
                let factor = [-2.0 * stick.s2];
                values.add_to_columns(simd, &nodes.grid, (i, [power, 0.0]), &factor, (n, b_iso));
            }
            if columns.zero_shift {
                let by = [0.0, power * slope];
                values.add_to_columns(simd, &nodes.grid, (i, by), &[1.0], (n, zero_shift));
            }
            if columns.scale {
                values.add_to_columns(simd, &nodes.grid, (i, [power, 0.0]), &[1.0], (n, scale));
            }
        }
    }
}

impl JacobianModel for Decimated<'_> {
    /// Takes over the simulation that `scratch` holds, if it is one of this structure.
    fn fill_jacobian(
        &self,
        structure: &Structure,
        columns: JacobianColumns,
        scratch: &mut Scratch,
        out: &mut DMatrix<f64>,
    ) -> Result<(), ForwardError> {
        let Self { model, nodes } = *self;
        let decimation = nodes.decimation();
        let n = decimation.n_nodes();
        if columns.caglioti {
            let start = decimation.node(0) - model.options().zero_shift;
            let step = decimation.spacing();
            let points = Points { start, step, n, cut: CUT };
            return model.jacobian_at(structure, columns, points, scratch, out);
        }
        if !scratch.holds(structure, Simulated::Nodes, model.options()) {
            self.simulate_nodes(structure, scratch)?;
        }
        out.resize_mut(n, columns.count(structure), 0.0);
        out.fill(0.0);
        let chain = if columns.lattice { chain(structure, scratch) } else { [[0.0; 6]; 6] };
        let out = out.as_mut_slice();
        pulp::Arch::new().dispatch(Fill { nodes, columns, chain, scratch, out });
        Ok(())
    }
}
