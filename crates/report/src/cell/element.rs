//! What an element looks like: the radius of its atoms, and a colour that its neighbours in a cell do not have.

use braggscape_crystal::Element;

/// Radii of single covalent bonds, pm, hydrogen to oganesson.
///
/// # References
/// P. Pyykkö and M. Atsumi, Chem. Eur. J. 15, 186 (2009), doi:10.1002/chem.200800987.
#[rustfmt::skip]
const COVALENT_RADII_PM: [u8; 118] = [
    32, 46, 133, 102, 85, 75, 71, 63, 64, 67, 155, 139,
    126, 116, 111, 103, 99, 96, 196, 171, 148, 136, 134, 122,
    119, 116, 111, 110, 112, 118, 124, 121, 121, 116, 114, 117,
    210, 185, 163, 154, 147, 138, 128, 125, 125, 120, 128, 136,
    142, 140, 140, 136, 133, 131, 232, 196, 180, 163, 176, 174,
    173, 172, 168, 169, 168, 167, 166, 165, 164, 170, 162, 152,
    146, 137, 131, 129, 122, 123, 124, 133, 144, 144, 151, 145,
    147, 142, 223, 201, 186, 175, 169, 170, 171, 172, 166, 166,
    168, 168, 165, 167, 173, 176, 161, 157, 149, 143, 141, 134,
    129, 128, 121, 122, 136, 143, 162, 175, 165, 157,
];

/// Share of the covalent radius that is drawn, so that atoms that touch in the crystal leave a view between them.
const DRAWN_SHARE: f64 = 0.42;

/// Radius of the sphere of an element, Å.
pub(crate) fn radius(element: Element) -> f64 {
    let pm = COVALENT_RADII_PM[usize::from(element.atomic_number()) - 1];
    DRAWN_SHARE * f64::from(pm) / 100.0
}

/// Colours of atoms: the palette of Okabe and Ito with its yellow, since atoms have outlines, and a light and a dark grey.
pub(crate) const ATOM_COLOURS: [&str; 9] = [
    "#0072b2", "#e69f00", "#009e73", "#d55e00", "#56b4e9", "#cc79a7", "#b5b5b5", "#f0e442",
    "#4a4a4a",
];

/// The colour an element takes if it can choose: red for oxygen, yellow for sulphur and their like, as is usual, blue,
/// orange, light blue and grey for metals in turn.
fn preferred(element: Element) -> usize {
    match element.atomic_number() {
        8 => 3,
        16 | 34 | 52 | 84 => 7,
        9 | 17 | 35 | 53 | 85 | 4 | 12 | 20 | 38 | 56 | 88 => 2,
        3 | 11 | 19 | 37 | 55 | 87 => 5,
        6 | 14 | 32 => 8,
        7 | 15 | 33 | 51 | 83 => 4,
        1 | 13 | 31 | 49 | 81 => 6,
        z => [0, 1, 6, 4][usize::from(z) % 4],
    }
}

/// Whether the element chooses before the metals, since readers expect its colour.
fn is_usual(element: Element) -> bool {
    matches!(element.atomic_number(), 8 | 9 | 16 | 17 | 35 | 53 | 3 | 11 | 19 | 37 | 55)
}

/// How atoms of an element are told from others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Looks {
    /// Index into [`ATOM_COLOURS`].
    pub(crate) colour_idx: usize,
    /// White rings, for elements beside which the colour was taken already.
    pub(crate) rings: usize,
}

/// Looks of the elements of a figure: an element looks the same throughout, and elements of one cell differ in colour as long
/// as there are colours.
#[derive(Debug, Default)]
pub(crate) struct ElementColours {
    chosen: Vec<(Element, Looks)>,
}

impl ElementColours {
    /// Chooses for the elements of all cells.
    pub(crate) fn new(cells: &[Vec<Element>]) -> Self {
        let mut all: Vec<Element> = cells.iter().flatten().copied().collect();
        all.sort_by_key(|e| (!is_usual(*e), e.atomic_number()));
        all.dedup();
        let mut colours = Self::default();
        for element in all {
            let mut beside: Vec<Element> =
                cells.iter().filter(|cell| cell.contains(&element)).flatten().copied().collect();
            beside.sort_unstable();
            beside.dedup();
            let taken: Vec<Looks> = beside.into_iter().filter_map(|e| colours.find(e)).collect();
            let count = |idx: &usize| taken.iter().filter(|l| l.colour_idx == *idx).count();
            let wish = preferred(element);
            // The least taken colour, of equals the first from the wish on.
            let order = (0..ATOM_COLOURS.len()).map(|k| (wish + k) % ATOM_COLOURS.len());
            let colour_idx = order.min_by_key(count).unwrap_or(wish);
            let free = |rings: &usize| !taken.contains(&Looks { colour_idx, rings: *rings });
            // Fewer are taken than there are neighbours.
            let rings = (0..=taken.len()).find(free).unwrap_or(0);
            colours.chosen.push((element, Looks { colour_idx, rings }));
        }
        colours
    }

    fn find(&self, element: Element) -> Option<Looks> {
        self.chosen.iter().find(|(e, _)| *e == element).map(|(_, looks)| *looks)
    }

    /// Looks of an element.
    pub(crate) fn of(&self, element: Element) -> Looks {
        self.find(element).unwrap_or(Looks { colour_idx: preferred(element), rings: 0 })
    }

    /// Indices of the colours in use, ascending.
    pub(crate) fn used(&self) -> Vec<usize> {
        let mut used: Vec<usize> = self.chosen.iter().map(|(_, looks)| looks.colour_idx).collect();
        used.sort_unstable();
        used.dedup();
        used
    }
}

/// A colour mixed with another, `share` of it; both as `#rrggbb`.
pub(crate) fn mixed(colour: &str, other: &str, share: f64) -> String {
    let channels = |c: &str| u32::from_str_radix(c.trim_start_matches('#'), 16).unwrap_or(0);
    let (a, b) = (channels(colour), channels(other));
    let mix = |shift: u32| {
        let (a, b) = (f64::from(a >> shift & 0xff), f64::from(b >> shift & 0xff));
        libm::round(a + (b - a) * share) as u32
    };
    format!("#{:02x}{:02x}{:02x}", mix(16), mix(8), mix(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::palette::colour;

    fn elements(symbols: &[&str]) -> Vec<Element> {
        symbols.iter().map(|s| Element::from_symbol(s).unwrap()).collect()
    }

    #[test]
    fn radii_are_those_of_the_paper() {
        // Quoted from the table of the reference: the first, the last, and the largest.
        for (symbol, pm) in [("H", 32.0), ("O", 63.0), ("Cs", 232.0), ("U", 170.0), ("Og", 157.0)] {
            let element = Element::from_symbol(symbol).unwrap();
            assert!((radius(element) - DRAWN_SHARE * pm / 100.0).abs() < 1e-12, "{symbol}");
        }
    }

    #[test]
    fn elements_of_a_cell_differ_and_keep_their_colour() {
        let cells = [
            elements(&["Na", "Mn", "Co", "Ni", "O"]),
            elements(&["Na", "S"]),
            elements(&["Co", "Ca", "As"]),
            elements(&["Co", "Si", "Ni"]),
        ];
        let colours = ElementColours::new(&cells);
        for cell in &cells {
            let mut idx: Vec<usize> = cell.iter().map(|e| colours.of(*e).colour_idx).collect();
            idx.sort_unstable();
            idx.dedup();
            assert_eq!(idx.len(), cell.len(), "{cell:?}");
        }
        // Oxygen and sulphur get what they prefer.
        assert_eq!(colours.of(cells[0][4]).colour_idx, 3);
        assert_eq!(colours.of(cells[1][1]).colour_idx, 7);
    }

    #[test]
    fn many_elements_share_colours_evenly() {
        let all: Vec<Element> = (1..=27).map(|z| Element::from_atomic_number(z).unwrap()).collect();
        let colours = ElementColours::new(std::slice::from_ref(&all));
        for idx in 0..ATOM_COLOURS.len() {
            let same = all.iter().map(|e| colours.of(*e)).filter(|l| l.colour_idx == idx);
            let mut rings: Vec<usize> = same.map(|l| l.rings).collect();
            rings.sort_unstable();
            assert_eq!(rings, [0, 1, 2]);
        }
    }

    #[test]
    fn mixing_is_linear() {
        assert_eq!(mixed("#0072b2", "#ffffff", 0.0), colour(0));
        assert_eq!(mixed("#000000", "#ffffff", 0.5), "#808080");
    }
}
