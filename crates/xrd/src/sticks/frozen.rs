//! Sums of phase factors kept while coordinates stand still.

use super::sites::Sites;
use super::table::HklTable;
use crate::lanes::{eight, put_eight};
use crate::real::Real;
use crate::reflections::Runs;

/// The sums of every index in a box: they depend on h, k, l and the coordinates, not on the lattice.
#[derive(Debug, Default)]
pub(crate) struct FrozenSums<T> {
    table: HklTable<T>,
    indices: Runs,
    re: Vec<T>,
    im: Vec<T>,
    limits: Option<[i32; 3]>,
}

/// How many indices farther than needed the box reaches, so that a lattice may move a little before it is made anew.
const MARGIN: i32 = 1;

/// Largest box, in indices a reflection of the list.
const LARGEST: usize = 8;

impl<T: Real> FrozenSums<T> {
    /// Forgets the sums: the sites have changed.
    pub(crate) fn clear(&mut self) {
        self.limits = None;
    }

    /// Overwrites the sums of the reflections of a list.
    #[inline(always)]
    pub(crate) fn copy(
        &mut self,
        sites: &mut Sites<T>,
        list: &HklTable<T>,
        re: &mut Vec<T>,
        im: &mut Vec<T>,
    ) {
        let limits = match self.limits {
            Some(limits) if (0..3).all(|x| limits[x] >= list.limits[x]) => limits,
            _ => {
                let [nh, nk, nl] = list.limits.map(|n| (n + MARGIN) as usize);
                if (nh + 1) * (2 * nk + 1) * (2 * nl + 1) > LARGEST * list.stride {
                    return sites.sums(list, re, im);
                }
                self.fill(sites, list.limits)
            }
        };
        let [_, nk, nl] = limits;
        for part in [&mut *re, &mut *im] {
            part.resize(list.stride * sites.species.len(), T::default());
        }
        for (to, from) in [(re, &self.re), (im, &self.im)] {
            let columns =
                to.chunks_exact_mut(list.stride).zip(from.chunks_exact(self.table.stride));
            for (to, from) in columns {
                for run in list.runs.iter() {
                    let [h, k, l] = run.hkl;
                    let place = ((h * (2 * nk + 1) + k + nk) * (2 * nl + 1) + l + nl) as usize;
                    let mut first = 0;
                    while first < run.len {
                        // What stands beyond the end of a run is overwritten by the next.
                        put_eight(to, run.start + first, eight(from, place + first));
                        first += 8;
                    }
                }
            }
        }
    }

    #[inline(always)]
    fn fill(&mut self, sites: &mut Sites<T>, limits: [i32; 3]) -> [i32; 3] {
        let limits = limits.map(|n| n + MARGIN);
        let [nh, nk, nl] = limits;
        self.indices.clear();
        for h in 0..=nh {
            for k in -nk..=nk {
                self.indices.push([h, k, -nl], 2 * nl as usize + 1);
            }
        }
        self.table.set(&self.indices);
        sites.sums(&self.table, &mut self.re, &mut self.im);
        self.limits = Some(limits);
        limits
    }
}
