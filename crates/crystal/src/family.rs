//! Crystal families.

use std::fmt;

/// The six crystal families of International Tables, Volume A.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CrystalFamily {
    /// Space groups 1-2.
    Triclinic,
    /// Space groups 3-15.
    Monoclinic,
    /// Space groups 16-74.
    Orthorhombic,
    /// Space groups 75-142.
    Tetragonal,
    /// Space groups 143-194: the trigonal and hexagonal crystal systems.
    Hexagonal,
    /// Space groups 195-230.
    Cubic,
}

impl CrystalFamily {
    /// All families, lowest symmetry first.
    pub const ALL: [Self; 6] = [
        Self::Triclinic,
        Self::Monoclinic,
        Self::Orthorhombic,
        Self::Tetragonal,
        Self::Hexagonal,
        Self::Cubic,
    ];

    /// Family of a space-group number, `None` outside 1..=230.
    pub fn from_space_group_number(number: i32) -> Option<Self> {
        Some(match number {
            1..=2 => Self::Triclinic,
            3..=15 => Self::Monoclinic,
            16..=74 => Self::Orthorhombic,
            75..=142 => Self::Tetragonal,
            143..=194 => Self::Hexagonal,
            195..=230 => Self::Cubic,
            _ => return None,
        })
    }

    /// Lower-case name, such as `"hexagonal"`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Triclinic => "triclinic",
            Self::Monoclinic => "monoclinic",
            Self::Orthorhombic => "orthorhombic",
            Self::Tetragonal => "tetragonal",
            Self::Hexagonal => "hexagonal",
            Self::Cubic => "cubic",
        }
    }
}

impl fmt::Display for CrystalFamily {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
