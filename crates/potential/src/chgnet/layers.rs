//! The layers of the network, put together from the tensors so that few products are left to be done.
//!
//! The first layer of a gated perceptron acts on features of atoms, bonds and angles beside each other. It is split into one matrix
//! for each of them, core and gate beside each other, so that products are formed once an atom or bond and not once an edge or
//! angle. Where features are linear in radial or angular functions, both matrices become one.
//!
//! What goes into a layer norm has its mean subtracted there. The mean is linear, and is taken out of the matrices and biases instead.

use super::dense::Linear;
use super::gated::{BOTH, Gated, Hidden, WIDTH};
use super::real::Real;
use super::weights::{ChgnetWeights, ELEMENTS};

/// Radial and angular functions, padded to a multiple of 16 by one that is 0.
pub(super) const BASIS: usize = 32;
const UNPADDED: usize = 31;

/// Messages between atoms.
#[derive(Debug, Clone)]
pub(super) struct AtomLayer<T> {
    pub(super) centre: Linear<T>,
    pub(super) neighbour: Linear<T>,
    /// Of bonds whose features have changed.
    pub(super) bond: Linear<T>,
    /// Of the radial functions of other bonds.
    pub(super) basis: Linear<T>,
    pub(super) bias: Vec<T>,
    pub(super) gated: Gated<T>,
    pub(super) out: Linear<T>,
}

/// Messages along angles, to bonds or to the angles themselves.
#[derive(Debug, Clone)]
pub(super) struct AngleLayer<T> {
    pub(super) first: Linear<T>,
    pub(super) second: Linear<T>,
    pub(super) angle: Linear<T>,
    /// Of the angular functions, while angles have their first features.
    pub(super) basis: Linear<T>,
    pub(super) centre: Linear<T>,
    pub(super) bias: Vec<T>,
    pub(super) gated: Gated<T>,
    /// Absent where messages go to angles.
    pub(super) out: Option<Linear<T>>,
}

/// From features of atoms to their energies.
#[derive(Debug, Clone)]
pub(super) struct Readout<T> {
    pub(super) gain: Vec<T>,
    pub(super) offset: Vec<T>,
    pub(super) layers: [(Linear<T>, Vec<T>); 3],
    pub(super) last: Vec<T>,
    pub(super) bias: f64,
}

/// All layers.
#[derive(Debug, Clone)]
pub(super) struct Layers<T> {
    /// Energies of free atoms, eV.
    pub(super) references: Vec<f64>,
    pub(super) embedding: Vec<T>,
    /// Of the radial functions of all bonds and of short ones.
    pub(super) radial: [Vec<f64>; 2],
    pub(super) angular: Vec<f64>,
    pub(super) bond_embedding: Linear<T>,
    pub(super) angle_embedding: Linear<T>,
    pub(super) atom_weights: Linear<T>,
    pub(super) bond_weights: Linear<T>,
    pub(super) atoms: Vec<AtomLayer<T>>,
    pub(super) bonds: Vec<AngleLayer<T>>,
    pub(super) angles: Vec<AngleLayer<T>>,
    pub(super) moment: (Vec<f64>, f64),
    pub(super) readout: Readout<T>,
}

impl<T: Real> Layers<T> {
    pub(super) fn new(weights: &ChgnetWeights) -> Self {
        let file = File(weights);
        let wide = |name: &str| file.0.get(name).iter().map(|x| f64::from(*x)).collect::<Vec<_>>();
        let radial = ["ag", "bg"]
            .map(|g| wide(&format!("bond_basis_expansion.rbf_expansion_{g}.frequencies")));
        let linear = |l: usize| {
            let name = format!("mlp.layers.{l}");
            (file.square(&format!("{name}.weight")), file.vector(&format!("{name}.bias")))
        };
        Self {
            references: wide("composition_model.fc.weight"),
            embedding: file.vector("atom_embedding.embedding.weight"),
            radial,
            angular: wide("angle_basis_expansion.fourier_expansion.frequencies"),
            bond_embedding: file.basis("bond_embedding.weight"),
            angle_embedding: file.basis("angle_embedding.weight"),
            atom_weights: file.basis("bond_weights_ag.weight"),
            bond_weights: file.basis("bond_weights_bg.weight"),
            atoms: (0..4).map(|l| file.atom_layer(l)).collect(),
            bonds: (0..3)
                .map(|l| file.angle_layer(&format!("bond_conv_layers.{l}"), true))
                .collect(),
            angles: (0..2).map(|l| file.angle_layer(&format!("angle_layers.{l}"), false)).collect(),
            moment: (wide("site_wise.weight"), wide("site_wise.bias")[0]),
            readout: Readout {
                gain: file.vector("readout_norm.weight"),
                offset: file.vector("readout_norm.bias"),
                layers: [linear(0), linear(2), linear(4)],
                last: file.vector("mlp.layers.7.weight"),
                bias: wide("mlp.layers.7.bias")[0],
            },
        }
    }

    /// Features of an element before any layer.
    pub(super) fn embedding(&self, atomic_number: u8) -> &[T] {
        debug_assert!((1..=ELEMENTS).contains(&usize::from(atomic_number)));
        &self.embedding[(usize::from(atomic_number) - 1) * WIDTH..][..WIDTH]
    }
}

/// Tensors as the layers want them.
struct File<'a>(&'a ChgnetWeights);

impl<'a> File<'a> {
    fn vector<T: Real>(&self, name: &str) -> Vec<T> {
        self.0.get(name).iter().map(|x| T::narrow(f64::from(*x))).collect()
    }

    /// Entry (out, in) of a tensor.
    fn entry(&self, name: &str, inputs: usize) -> impl Fn(usize, usize) -> f64 + use<'a> {
        let numbers: &'a [f32] = self.0.get(name);
        move |out, input| f64::from(numbers[out * inputs + input])
    }

    fn square<T: Real>(&self, name: &str) -> Linear<T> {
        let w = self.entry(name, WIDTH);
        Linear::new(WIDTH, WIDTH, |i, o| w(o, i))
    }

    /// A layer before a norm.
    fn last<T: Real>(&self, name: &str) -> Linear<T> {
        let w = self.entry(name, WIDTH);
        let block = (0..WIDTH * WIDTH).map(|at| w(at % WIDTH, at / WIDTH)).collect();
        let block = without_means(block);
        Linear::new(WIDTH, WIDTH, |i, o| block[i * WIDTH + o])
    }

    /// A layer on radial or angular functions.
    fn basis<T: Real>(&self, name: &str) -> Linear<T> {
        let w = self.entry(name, UNPADDED);
        Linear::new(BASIS, WIDTH, |n, o| if n < UNPADDED { w(o, n) } else { 0.0 })
    }

    /// Part of the first layers of core and gate, those for one of the features beside each other.
    fn part(&self, root: &str, layer: usize, n_parts: usize, part: usize) -> Vec<f64> {
        let [core, gate] = ["core", "gate"].map(|half| {
            self.entry(&format!("{root}.mlp_{half}.layers.{layer}.weight"), n_parts * WIDTH)
        });
        let mut block = Vec::with_capacity(WIDTH * BOTH);
        for i in (0..WIDTH).map(|i| part * WIDTH + i) {
            block.extend((0..WIDTH).map(|o| core(o, i)));
            block.extend((0..WIDTH).map(|o| gate(o, i)));
        }
        block
    }

    /// An embedding and what follows it as one.
    fn merged<T: Real>(&self, embedding: &str, part: &[f64]) -> Linear<T> {
        let e = self.entry(embedding, UNPADDED);
        let mut product = vec![0.0; BASIS * BOTH];
        for n in 0..UNPADDED {
            for o in 0..BOTH {
                product[n * BOTH + o] = (0..WIDTH).map(|k| e(k, n) * part[k * BOTH + o]).sum();
            }
        }
        Linear::new(BASIS, BOTH, |n, o| product[n * BOTH + o])
    }

    /// Core and gate beside each other.
    fn both(&self, names: &[String; 2]) -> Vec<f64> {
        names.iter().flat_map(|name| self.0.get(name)).map(|x| f64::from(*x)).collect()
    }

    fn gated<T: Real>(&self, root: &str, hidden: bool) -> Gated<T> {
        let halves = ["core", "gate"].map(|half| format!("{root}.mlp_{half}.layers.3"));
        Gated {
            hidden: hidden.then(|| Hidden {
                core: self.last(&format!("{}.weight", halves[0])),
                gate: self.last(&format!("{}.weight", halves[1])),
                bias: narrow(&without_means(self.both(&halves.map(|half| format!("{half}.bias"))))),
            }),
            gain: narrow(&self.both(&["bn1", "bn2"].map(|norm| format!("{root}.{norm}.weight")))),
            offset: narrow(&self.both(&["bn1", "bn2"].map(|norm| format!("{root}.{norm}.bias")))),
        }
    }

    fn bias(&self, root: &str, layer: usize) -> Vec<f64> {
        self.both(&["core", "gate"].map(|half| format!("{root}.mlp_{half}.layers.{layer}.bias")))
    }

    fn atom_layer<T: Real>(&self, l: usize) -> AtomLayer<T> {
        let root = format!("atom_conv_layers.{l}.twoBody_atom");
        let [centre, bond, neighbour] = [0, 1, 2].map(|part| self.part(&root, 0, 3, part));
        AtomLayer {
            centre: linear(&centre),
            neighbour: linear(&neighbour),
            basis: self.merged("bond_embedding.weight", &bond),
            bond: linear(&bond),
            bias: narrow(&self.bias(&root, 0)),
            gated: self.gated(&root, true),
            out: self.square(&format!("atom_conv_layers.{l}.mlp_out.layers.1.weight")),
        }
    }

    fn angle_layer<T: Real>(&self, root: &str, to_bonds: bool) -> AngleLayer<T> {
        let inner = format!("{root}.twoBody_bond");
        let layer = usize::from(!to_bonds);
        // Without second layers a norm follows.
        let centred = |block| if to_bonds { block } else { without_means(block) };
        let [first, second, angle, centre] =
            [0, 1, 2, 3].map(|part| centred(self.part(&inner, layer, 4, part)));
        AngleLayer {
            first: linear(&first),
            second: linear(&second),
            basis: self.merged("angle_embedding.weight", &angle),
            angle: linear(&angle),
            centre: linear(&centre),
            bias: narrow(&centred(self.bias(&inner, layer))),
            gated: self.gated(&inner, to_bonds),
            out: to_bonds.then(|| self.square(&format!("{root}.mlp_out.layers.1.weight"))),
        }
    }
}

fn linear<T: Real>(block: &[f64]) -> Linear<T> {
    Linear::new(WIDTH, BOTH, |i, o| block[i * BOTH + o])
}

/// Less the mean over the outputs, of which core and gate have 64 each.
fn without_means(mut block: Vec<f64>) -> Vec<f64> {
    for outputs in block.as_chunks_mut::<WIDTH>().0 {
        let mean = outputs.iter().sum::<f64>() / WIDTH as f64;
        for x in outputs {
            *x -= mean;
        }
    }
    block
}

fn narrow<T: Real>(numbers: &[f64]) -> Vec<T> {
    numbers.iter().map(|x| T::narrow(*x)).collect()
}
