//! Peak lists.

/// Reflections named by one representative.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HklFamily {
    /// Representative indices h, k, l.
    pub hkl: [i32; 3],
    /// Number of reflections of the family at this peak.
    pub multiplicity: u32,
}

/// One peak of a powder pattern before broadening.
#[derive(Debug, Clone, PartialEq)]
pub struct Peak {
    /// Scattering angle 2theta, degrees.
    pub two_theta: f64,
    /// Integrated intensity, arbitrary units.
    pub intensity: f64,
    /// Interplanar distance, Å.
    pub d_spacing: f64,
    /// The reflections that make up the peak.
    pub hkls: Vec<HklFamily>,
}
