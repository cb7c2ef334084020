//! The built-in optimizers.

use super::entry;
use crate::family::{Entry, Family};
use crate::{Context, Options, PluginError};
use braggscape_optim::{
    Adam, AdamOptions, AnyOptimizer, BasinHopping, BasinHoppingOptions, CmaEs, CmaEsOptions,
    DifferentialEvolution, DifferentialEvolutionOptions, Fire, FireOptions, GradientDescent,
    GradientDescentOptions, Lbfgs, LbfgsOptions, LevenbergMarquardt, LevenbergMarquardtOptions,
    Momentum, MomentumOptions, Nesterov, NesterovOptions, OptimError,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Learning rate of StructSnap where coordinates move.
const COORDINATE_LEARNING_RATE: f64 = 4e-4;
/// Learning rate of the descents with momentum where coordinates move: losses are flatter in them than in lattices.
const COORDINATE_MOMENTUM_RATE: f64 = 0.3;
/// First, longest and shortest time step of FIRE where coordinates move.
const COORDINATE_TIME_STEPS: [f64; 3] = [0.05, 0.5, 1e-3];

/// An entry whose defaults are others where coordinates move.
fn by_context<O, T>(
    summary: &str,
    example: &str,
    for_coordinates: impl Fn(&mut O) + Send + Sync + 'static,
    construct: impl Fn(O) -> Result<T, OptimError> + Send + Sync + 'static,
) -> Entry<AnyOptimizer>
where
    O: Default + Serialize + DeserializeOwned + 'static,
    T: Into<AnyOptimizer>,
{
    Entry::builtin(
        summary,
        example,
        move |context: &Context| {
            let mut options = O::default();
            if context.free.coordinates() {
                for_coordinates(&mut options);
            }
            options
        },
        move |options: &Options, _: &Context| {
            construct(options.parse()?).map(Into::into).map_err(|e| PluginError::rejected(&e))
        },
    )
}

pub(crate) fn optimizers() -> Family<AnyOptimizer> {
    let adam = entry(
        "Adam (Kingma & Ba 2015) in scaled variables",
        "learning_rate = 0.01",
        |o: AdamOptions| Adam::new(o).map(Into::into),
    );
    let basin_hopping = entry(
        "basin hopping (Wales & Doye 1997): L-BFGS, random hops, Metropolis' rule",
        "hops = 50\nhop = 0.2\ntemperature = 0.05\nseed = 7\nlocal = { memory = 10, gradient_tolerance = 1e-8 }",
        |o: BasinHoppingOptions| BasinHopping::new(o).map(Into::into),
    );
    let cma_es = entry(
        "CMA-ES (Hansen 2016) on values alone, with restarts of growing population",
        "sigma0 = 0.1\nrestarts = 2\nseed = 7",
        |o: CmaEsOptions| CmaEs::new(o).map(Into::into),
    );
    let differential_evolution = entry(
        "differential evolution (Storn & Price 1997), best/1/bin, on values alone",
        "sigma0 = 0.3\npopulation = 60\nseed = 7",
        |o: DifferentialEvolutionOptions| DifferentialEvolution::new(o).map(Into::into),
    );
    let fire = by_context(
        "FIRE 2.0 (Guénolé et al. 2020): inertial motion, stopped where it goes uphill",
        "dt = 0.01\ndt_max = 0.1",
        |o: &mut FireOptions| [o.dt, o.dt_max, o.dt_min] = COORDINATE_TIME_STEPS,
        Fire::new,
    );
    let descent = by_context(
        "gradient descent with step caps, as StructSnap does it",
        "learning_rate = 0.04\ntolerance = 1e-3",
        |o: &mut GradientDescentOptions| o.learning_rate = COORDINATE_LEARNING_RATE,
        GradientDescent::new,
    );
    let lbfgs = entry(
        "L-BFGS (Liu & Nocedal 1989) with a strong-Wolfe line search",
        "memory = 10\ngradient_tolerance = 1e-8",
        |o: LbfgsOptions| Lbfgs::new(o).map(Into::into),
    );
    let levenberg_marquardt = entry(
        "Levenberg-Marquardt with Nielsen's damping, for losses that are sums of squares",
        "damping = 1e-3",
        |o: LevenbergMarquardtOptions| LevenbergMarquardt::new(o).map(Into::into),
    );
    let momentum = by_context(
        "gradient descent with momentum: the heavy ball (Polyak 1964)",
        "learning_rate = 5e-3\nmomentum = 0.97",
        |o: &mut MomentumOptions| o.learning_rate = COORDINATE_MOMENTUM_RATE,
        Momentum::new,
    );
    let nesterov = by_context(
        "Nesterov's accelerated gradient descent, with restarts",
        "learning_rate = 5e-3\nmomentum = 0.99",
        |o: &mut NesterovOptions| o.learning_rate = COORDINATE_MOMENTUM_RATE,
        Nesterov::new,
    );
    Family::new(
        "optimizer",
        vec![
            ("adam", adam),
            ("basin-hopping", basin_hopping),
            ("cma-es", cma_es),
            ("differential-evolution", differential_evolution),
            ("fire", fire),
            ("gradient-descent", descent),
            ("lbfgs", lbfgs),
            ("levenberg-marquardt", levenberg_marquardt),
            ("momentum", momentum),
            ("nesterov", nesterov),
        ],
    )
}
