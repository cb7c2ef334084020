//! The tensors of CHGNet: their names, shapes and order, and files of them.

use super::ChgnetError;
use std::fmt::Write as _;

/// Features of atoms, bonds and angles.
const WIDTH: usize = 64;
/// Radial and angular functions.
const BASIS: usize = 31;
/// Elements, hydrogen to plutonium.
pub(super) const ELEMENTS: usize = 94;

/// Name and shape of every tensor, in the order of the published files.
pub(crate) fn layout() -> Vec<(String, Vec<usize>)> {
    let mut all = Vec::new();
    let mut add = |name: String, shape: &[usize]| all.push((name, shape.to_vec()));
    add("composition_model.fc.weight".into(), &[1, ELEMENTS]);
    add("atom_embedding.embedding.weight".into(), &[ELEMENTS, WIDTH]);
    for graph in ["ag", "bg"] {
        add(format!("bond_basis_expansion.rbf_expansion_{graph}.frequencies"), &[BASIS]);
    }
    for layer in ["bond_embedding", "bond_weights_ag", "bond_weights_bg"] {
        add(format!("{layer}.weight"), &[WIDTH, BASIS]);
    }
    add("angle_basis_expansion.fourier_expansion.frequencies".into(), &[BASIS / 2]);
    add("angle_embedding.weight".into(), &[WIDTH, BASIS]);
    for (count, kind, inner, width) in
        [(4, "atom_conv", "twoBody_atom", 3), (3, "bond_conv", "twoBody_bond", 4)]
    {
        for l in 0..count {
            let root = format!("{kind}_layers.{l}");
            gated(&format!("{root}.{inner}"), &[0, 3], width * WIDTH, &mut add);
            add(format!("{root}.mlp_out.layers.1.weight"), &[WIDTH, WIDTH]);
        }
    }
    for l in 0..3 {
        gated(&format!("angle_layers.{l}.twoBody_bond"), &[1], 4 * WIDTH, &mut add);
    }
    add("site_wise.weight".into(), &[1, WIDTH]);
    add("site_wise.bias".into(), &[1]);
    for kind in ["weight", "bias"] {
        add(format!("readout_norm.{kind}"), &[WIDTH]);
    }
    for l in [0, 2, 4] {
        add(format!("mlp.layers.{l}.weight"), &[WIDTH, WIDTH]);
        add(format!("mlp.layers.{l}.bias"), &[WIDTH]);
    }
    add("mlp.layers.7.weight".into(), &[1, WIDTH]);
    add("mlp.layers.7.bias".into(), &[1]);
    all
}

/// The tensors of a gated perceptron whose linear layers have these numbers.
fn gated(root: &str, layers: &[usize], input: usize, add: &mut impl FnMut(String, &[usize])) {
    for half in ["core", "gate"] {
        for (at, l) in layers.iter().enumerate() {
            let input = if at == 0 { input } else { WIDTH };
            add(format!("{root}.mlp_{half}.layers.{l}.weight"), &[WIDTH, input]);
            add(format!("{root}.mlp_{half}.layers.{l}.bias"), &[WIDTH]);
        }
    }
    for norm in ["bn1", "bn2"] {
        for kind in ["weight", "bias"] {
            add(format!("{root}.{norm}.{kind}"), &[WIDTH]);
        }
    }
}

/// All tensors of a model.
#[derive(Debug, Clone, PartialEq)]
pub struct ChgnetWeights {
    /// In the order of the layout.
    tensors: Vec<(String, Vec<usize>, Vec<f32>)>,
}

impl ChgnetWeights {
    /// Tensors of these numbers: name of the tensor, its number of inputs (0 for biases and the like), and place in it. For tests
    /// that need no trained model.
    pub fn from_fn(mut number: impl FnMut(&str, usize, usize) -> f32) -> Self {
        let tensors = layout()
            .into_iter()
            .map(|(name, shape)| {
                let inputs = if shape.len() == 2 { shape[1] } else { 0 };
                let numbers =
                    (0..shape.iter().product()).map(|i| number(&name, inputs, i)).collect();
                (name, shape, numbers)
            })
            .collect();
        Self { tensors }
    }

    /// From the storages of a published checkpoint, which are the tensors in their order: `storage(k)` has the bytes of the k-th.
    ///
    /// # Errors
    /// [`ChgnetError::TensorSize`], or what `storage` says.
    pub fn from_storages<E: From<ChgnetError>>(
        mut storage: impl FnMut(usize) -> Result<Vec<u8>, E>,
    ) -> Result<Self, E> {
        let mut tensors = Vec::new();
        for (k, (name, shape)) in layout().into_iter().enumerate() {
            let bytes = storage(k)?;
            let numbers = numbers(&name, &shape, &bytes)?;
            tensors.push((name, shape, numbers));
        }
        Ok(Self { tensors })
    }

    /// From the bytes of a safetensors file. Tensors that the network does not know are passed over.
    ///
    /// # Errors
    /// [`ChgnetError::NotSafetensors`], [`ChgnetError::MissingTensor`], [`ChgnetError::TensorType`] or [`ChgnetError::TensorSize`].
    pub fn from_safetensors(bytes: &[u8]) -> Result<Self, ChgnetError> {
        let file = safetensors::SafeTensors::deserialize(bytes)
            .map_err(|e| ChgnetError::NotSafetensors { reason: e.to_string() })?;
        let mut tensors = Vec::new();
        for (name, shape) in layout() {
            let Ok(view) = file.tensor(&name) else {
                return Err(ChgnetError::MissingTensor { name });
            };
            if view.dtype() != safetensors::Dtype::F32 || view.shape() != shape {
                let mut found = format!("{:?}", view.dtype());
                let _ = write!(found, " {:?}", view.shape());
                return Err(ChgnetError::TensorType { name, found, expected: shape });
            }
            let numbers = numbers(&name, &shape, view.data())?;
            tensors.push((name, shape, numbers));
        }
        Ok(Self { tensors })
    }

    /// The bytes of a safetensors file, always the same for the same tensors.
    ///
    /// # Errors
    /// [`ChgnetError::NotSafetensors`] if there is no memory for them.
    pub fn to_safetensors(&self) -> Result<Vec<u8>, ChgnetError> {
        let fail =
            |e: safetensors::SafeTensorError| ChgnetError::NotSafetensors { reason: e.to_string() };
        let bytes: Vec<Vec<u8>> = self
            .tensors
            .iter()
            .map(|(.., numbers)| numbers.iter().flat_map(|x| x.to_le_bytes()).collect())
            .collect();
        let mut views = Vec::new();
        for ((name, shape, _), bytes) in self.tensors.iter().zip(&bytes) {
            let dtype = safetensors::Dtype::F32;
            let view = safetensors::tensor::TensorView::new(dtype, shape.clone(), bytes);
            views.push((name.as_str(), view.map_err(fail)?));
        }
        safetensors::serialize(views, None).map_err(fail)
    }

    /// The numbers of all tensors, in their order.
    #[cfg(test)]
    pub(crate) fn tensors(&self) -> impl Iterator<Item = &[f32]> {
        self.tensors.iter().map(|(.., numbers)| numbers.as_slice())
    }

    /// The numbers of a tensor of the layout.
    pub(super) fn get(&self, name: &str) -> &[f32] {
        self.tensors.iter().find(|(n, ..)| n == name).map_or(&[], |(.., numbers)| numbers)
    }
}

/// Little-endian numbers of a tensor.
fn numbers(name: &str, shape: &[usize], bytes: &[u8]) -> Result<Vec<f32>, ChgnetError> {
    let expected = 4 * shape.iter().product::<usize>();
    if bytes.len() != expected {
        return Err(ChgnetError::TensorSize {
            name: name.to_owned(),
            found: bytes.len(),
            expected,
        });
    }
    let numbers: Vec<f32> =
        bytes.as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect();
    if numbers.iter().any(|x| !x.is_finite()) {
        return Err(ChgnetError::TensorNotFinite { name: name.to_owned() });
    }
    Ok(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_layout_is_that_of_the_published_files() {
        let all = layout();
        assert_eq!(all.len(), 136);
        assert_eq!(all.iter().map(|(_, s)| s.iter().product::<usize>()).sum::<usize>(), 412_525);
        // Places of the specification.
        for (k, name) in [
            (8, "angle_embedding.weight"),
            (21, "atom_conv_layers.0.mlp_out.layers.1.weight"),
            (22, "atom_conv_layers.1.twoBody_atom.mlp_core.layers.0.weight"),
            (61, "bond_conv_layers.0.twoBody_bond.mlp_core.layers.0.weight"),
            (100, "angle_layers.0.twoBody_bond.mlp_core.layers.1.weight"),
            (124, "site_wise.weight"),
            (135, "mlp.layers.7.bias"),
        ] {
            assert_eq!(all[k].0, name);
        }
    }

    #[test]
    fn files_keep_every_number_and_faults_are_named() {
        let weights = ChgnetWeights::from_fn(|_, inputs, i| (inputs + i) as f32 * 0.25);
        let bytes = weights.to_safetensors().unwrap();
        assert_eq!(ChgnetWeights::from_safetensors(&bytes).unwrap(), weights);
        assert_eq!(bytes, weights.to_safetensors().unwrap());
        let e = ChgnetWeights::from_safetensors(&bytes[..1000]).unwrap_err();
        assert!(matches!(e, ChgnetError::NotSafetensors { .. }), "{e}");
        let short = |k: usize| Ok::<_, ChgnetError>(vec![0; if k == 3 { 7 } else { 4 * 94 }]);
        let e = ChgnetWeights::from_storages(short).unwrap_err();
        assert!(e.to_string().contains("atom_embedding.embedding.weight"), "{e}");
        let nan = |_| Ok::<_, ChgnetError>(vec![0xff; 4 * 94]);
        let e = ChgnetWeights::from_storages(nan).unwrap_err();
        assert!(matches!(e, ChgnetError::TensorNotFinite { .. }), "{e}");
    }
}
