//! Matching with elements exchanged for each other.

use super::search::{Found, Wanted, Work};
use super::{Pair, StructureMatcher, classes_of};
use crate::MetricError;
use crate::matcher::prepared::{Prepared, is_same_input};
use crate::matcher::species::Amounts;
use braggscape_crystal::Element;

/// Most elements for which all exchanges are tried (8! = 40,320, nearly all refused by their composition).
const MAX_ELEMENTS: u64 = 8;

/// Calls `visit` with every order of `items` until it returns `true` or fails.
fn permutations(
    items: &mut Vec<Element>,
    done: usize,
    visit: &mut impl FnMut(&[Element]) -> Result<bool, MetricError>,
) -> Result<bool, MetricError> {
    if done == items.len() {
        return visit(items);
    }
    for i in done..items.len() {
        items.swap(done, i);
        let stop = permutations(items, done + 1, visit)?;
        items.swap(done, i);
        if stop {
            return Ok(true);
        }
    }
    Ok(false)
}

impl StructureMatcher {
    /// The best answer over all one-to-one exchanges of elements that keep the composition.
    pub(super) fn anonymous(
        &self,
        a: &Prepared,
        b: &Prepared,
        wanted: Wanted,
    ) -> Result<Found, MetricError> {
        let (from, mut to) = (a.elements(), b.elements());
        let mut best = Found::default();
        if from.len() != to.len() {
            return Ok(best);
        }
        if from.len() as u64 > MAX_ELEMENTS {
            return Err(MetricError::TooLarge { what: "elements", limit: MAX_ELEMENTS });
        }
        let plain = self.pair(a, b, &classes_of(&a.species, &b.species));
        let mut work = Work::default();
        permutations(&mut to, 0, &mut |to| {
            if !a.composition.substituted(&from, to).agrees(&b.composition) {
                return Ok(false);
            }
            let renamed: Vec<Amounts> =
                a.species.iter().map(|s| s.substituted(&from, to)).collect();
            let classes = classes_of(&renamed, &b.species);
            let mut pair: Pair = plain.clone();
            let same = is_same_input(&a.original, &b.original, &classes_of(&a.species, &b.species));
            // Where both inputs count as one, the second cell is the first and carries its species, not yet renamed.
            let source = if same { &a.reduced.kinds } else { &b.reduced.kinds };
            let own = if same { classes_of(&renamed, &a.species) } else { classes };
            for (kind, k) in pair.second.kinds.iter_mut().zip(source) {
                kind.species = own[k.species as usize];
            }
            let found = self.lay(&pair, wanted, &mut work)?;
            best.fit |= found.fit;
            best.rms = match (best.rms, found.rms) {
                (Some(x), Some(y)) if y.0 < x.0 => Some(y),
                (None, y) => y,
                (x, _) => x,
            };
            Ok(best.fit && !wanted.rms)
        })?;
        Ok(best)
    }
}
