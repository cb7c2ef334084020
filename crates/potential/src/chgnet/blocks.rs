//! Work on blocks of rows, by one thread or by several.

use super::gated::{Block, Kept};
use super::real::Real;
use super::space::{BlockSpace, ROWS};
use rayon::prelude::*;
use std::ops::Range;

/// Blocks for each thread between two pauses, in which one thread sums up what all have done.
const BLOCKS_PER_THREAD: usize = 4;
/// With fewer blocks than these, threads cost more than they save.
const FEWEST: usize = 3;

/// Calls `work` for all blocks of rows, by several threads where there are many, and after it `finish`, by one thread in the order of the rows:
/// sums of rows do not depend on the number of threads.
pub(super) fn each_block<T: Real, C: Sync>(
    n_rows: usize,
    kept: &mut Kept<T>,
    spaces: &mut Vec<BlockSpace<T>>,
    context: &mut C,
    work: impl Fn(&C, Range<usize>, &mut Block<'_, T>, &mut BlockSpace<T>) + Sync,
    finish: impl Fn(&mut C, Range<usize>, &BlockSpace<T>),
) {
    let n_threads = rayon::current_num_threads();
    let alone = n_threads == 1 || n_rows < FEWEST * ROWS;
    let at_once = if alone { 1 } else { BLOCKS_PER_THREAD * n_threads };
    if spaces.len() < at_once {
        spaces.resize_with(at_once, BlockSpace::default);
    }
    for from in (0..n_rows).step_by(at_once * ROWS) {
        let rows = from..(from + at_once * ROWS).min(n_rows);
        let blocks = || rows.clone().step_by(ROWS).map(|at| at..(at + ROWS).min(rows.end));
        let shared = &*context;
        if alone {
            work(shared, rows.clone(), &mut kept.block(rows.clone()), &mut spaces[0]);
        } else {
            let pieces: Vec<_> = blocks().zip(kept.blocks(rows.clone(), ROWS)).collect();
            pieces
                .into_par_iter()
                .zip(&mut *spaces)
                .with_max_len(1)
                .for_each(|((rows, mut block), space)| work(shared, rows, &mut block, space));
        }
        for (rows, space) in blocks().zip(&*spaces) {
            finish(context, rows, space);
        }
    }
}
