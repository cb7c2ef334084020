//! Peak lists in a scratch space.

use braggscape_pattern::{HklFamily, Peak};
use std::ops::Range;

/// A peak whose families stand in a list of all.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) two_theta: f64,
    pub(super) intensity: f64,
    pub(super) d_spacing: f64,
    pub(super) families: Range<u32>,
}

/// One peak of a list in a scratch space: a [`Peak`] that borrows its families.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PeakRef<'a> {
    /// Scattering angle 2theta, degrees.
    pub two_theta: f64,
    /// Integrated intensity.
    pub intensity: f64,
    /// Interplanar distance, Å.
    pub d_spacing: f64,
    /// The reflections that make up the peak.
    pub hkls: &'a [HklFamily],
}

impl PeakRef<'_> {
    /// The peak with families of its own.
    pub fn to_peak(&self) -> Peak {
        Peak {
            two_theta: self.two_theta,
            intensity: self.intensity,
            d_spacing: self.d_spacing,
            hkls: self.hkls.to_vec(),
        }
    }
}

/// The peaks of a structure, ascending in 2theta, in a scratch space.
#[derive(Debug, Clone, Copy)]
pub struct Peaks<'a> {
    pub(super) lines: &'a [Line],
    pub(super) families: &'a [HklFamily],
}

impl<'a> Peaks<'a> {
    /// Number of peaks.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Whether there is no peak, which is so only where nothing scatters.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// The peaks.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = PeakRef<'a>> + use<'a> {
        let families = self.families;
        self.lines.iter().map(move |line| PeakRef {
            two_theta: line.two_theta,
            intensity: line.intensity,
            d_spacing: line.d_spacing,
            hkls: &families[line.families.start as usize..line.families.end as usize],
        })
    }

    /// The peaks as values of their own.
    pub fn to_vec(&self) -> Vec<Peak> {
        self.iter().map(|peak| peak.to_peak()).collect()
    }
}
