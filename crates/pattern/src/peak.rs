//! Peak lists.

/// Reflections named by one representative.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HklFamily {
    /// Representative indices h, k, l.
    pub hkl: [i32; 3],
    /// Number of reflections of the family at this peak.
    pub multiplicity: u32,
    /// Whether the family is written with the four indices h k i l of hexagonal axes, i = -h - k.
    pub four_index: bool,
}

impl HklFamily {
    /// The indices as they are written: h k l, or h k i l.
    ///
    /// # Examples
    /// ```
    /// use braggscape_pattern::HklFamily;
    /// let family = HklFamily { hkl: [2, -1, 0], multiplicity: 12, four_index: true };
    /// assert_eq!(family.indices(), [2, -1, -1, 0]);
    /// ```
    pub fn indices(&self) -> Vec<i32> {
        let [h, k, l] = self.hkl;
        if self.four_index { vec![h, k, -h - k, l] } else { vec![h, k, l] }
    }
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
