//! An objective in the two variables of a section.

use crate::Section;
use braggscape_optim::{Component, EvalError, Objective, StepCap};

/// An objective as a function of (u, v) alone: what an optimizer moves that stays on a section.
///
/// L(u, v) = L(x(u, v)), with dL/du = sum f_i dL/dx_i over the linked components. Scale and step cap are those of the first component
/// that an axis sets, divided by its factor (a relative cap is meant for u itself).
///
/// A constraint of the objective is imposed by projecting x and going back to the nearest (u, v). That is a projection where the
/// constraint holds for the components that no axis sets, or does not touch them; a = b for an axis each is one.
pub struct OnSection<'a> {
    section: &'a Section,
    inner: &'a dyn Objective,
    components: [Component; 2],
}

impl std::fmt::Debug for OnSection<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OnSection").field("components", &self.components).finish_non_exhaustive()
    }
}

impl<'a> OnSection<'a> {
    /// The objective on a section of its x.
    ///
    /// # Panics
    /// If the objective has fewer components than the section sets.
    pub fn new(section: &'a Section, inner: &'a dyn Objective) -> Self {
        let component = |k: usize| {
            let link = section.axes()[k].links()[0];
            let Component { scale, cap } = inner.components()[link.component];
            let factor = link.factor.abs();
            let cap = match cap {
                StepCap::Absolute { trigger, shift } => {
                    StepCap::Absolute { trigger: trigger / factor, shift: shift / factor }
                }
                relative @ StepCap::Relative { .. } => relative,
            };
            Component { scale: scale / factor, cap }
        };
        Self { section, inner, components: [component(0), component(1)] }
    }
}

impl Objective for OnSection<'_> {
    fn components(&self) -> &[Component] {
        &self.components
    }

    fn value(&self, x: &[f64]) -> Result<f64, EvalError> {
        self.inner.value(&self.section.x_at([x[0], x[1]]))
    }

    fn value_and_gradient(&self, x: &[f64], gradient: &mut [f64]) -> Result<f64, EvalError> {
        let mut whole = vec![0.0; self.section.base().len()];
        let value = self.inner.value_and_gradient(&self.section.x_at([x[0], x[1]]), &mut whole)?;
        for (g, axis) in gradient.iter_mut().zip(self.section.axes()) {
            *g = axis.links().iter().map(|l| l.factor * whole[l.component]).sum();
        }
        Ok(value)
    }

    fn project(&self, x: &mut [f64]) -> Result<(), EvalError> {
        let mut whole = self.section.x_at([x[0], x[1]]);
        self.inner.project(&mut whole)?;
        x.copy_from_slice(&self.section.project(&whole));
        Ok(())
    }

    fn project_gradient(&self, x: &[f64], gradient: &mut [f64]) {
        // A gradient of x with this one along the section, and none across it.
        let mut whole = vec![0.0; self.section.base().len()];
        for (g, axis) in gradient.iter().zip(self.section.axes()) {
            let square: f64 = axis.links().iter().map(|l| l.factor * l.factor).sum();
            for link in axis.links() {
                whole[link.component] = link.factor * g / square;
            }
        }
        self.inner.project_gradient(&self.section.x_at([x[0], x[1]]), &mut whole);
        for (g, axis) in gradient.iter_mut().zip(self.section.axes()) {
            *g = axis.links().iter().map(|l| l.factor * whole[l.component]).sum();
        }
    }

    fn projection_weight(&self, iteration: u64) -> f64 {
        self.inner.projection_weight(iteration)
    }
}
