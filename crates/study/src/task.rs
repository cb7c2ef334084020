//! One task: distort, recover, judge, record.

use crate::config::kind_of;
use crate::plan::TaskKey;
use crate::seed::stream;
use crate::{Arm, Plan};
use braggscape_crystal::Structure;
use braggscape_loss::Loss;
use braggscape_metrics::{Metric, Prepared};
use braggscape_noise::NoiseModel;
use braggscape_optim::{Limits, with_causes};
use braggscape_pattern::Pattern;
use braggscape_record::{Record, StructureRecord};
use braggscape_recover::{RecoveryTask, Strategy};
use braggscape_xrd::{ForwardModel, Scratch};
use rand::Rng;
use std::collections::BTreeMap;
use std::error::Error;
use toml::Value;

/// The truth of a task, prepared once a structure.
pub(crate) struct Truth {
    target: Pattern,
    prepared: Prepared,
}

impl Truth {
    pub(crate) fn new(plan: &Plan, structure: &Structure) -> Result<Self, String> {
        let axis = plan.forward.axis();
        let target = if let Some(peaks) = &plan.config.target_peaks {
            peaks.pattern(structure, axis).map_err(|e| with_causes(&e))?
        } else {
            let mut target = Pattern::zeros(axis.clone());
            plan.target_forward
                .as_ref()
                .unwrap_or(&plan.forward)
                .simulate(structure, &mut Scratch::default(), &mut target)
                .map_err(|e| with_causes(&e))?;
            target
        };
        let prepared = plan.matcher.prepare(structure).map_err(|e| with_causes(&e))?;
        Ok(Self { target, prepared })
    }
}

/// A task as a record; what fails in it becomes the record's reason.
pub(crate) fn carry_out(plan: &Plan, truth: &Result<Truth, String>, index: u64) -> Record {
    let key = plan.key(index);
    let mut record = blank(plan, key, index);
    let done = match truth {
        Err(reason) => Err(reason.clone()),
        Ok(truth) => {
            // A panic is a bug of ours or of a plugin; it must not end the study.
            let work = std::panic::AssertUnwindSafe(|| fill(plan, truth, key, &mut record));
            match std::panic::catch_unwind(work) {
                Ok(done) => done.map_err(|e| with_causes(e.as_ref())),
                Err(payload) => Err(format!("panic: {}", panic_text(payload.as_ref()))),
            }
        }
    };
    if let Err(reason) = done {
        record.failure = Some(reason);
    }
    // A record that cannot be kept is a failure of its task.
    if let Err(e) = record.check() {
        record = blank(plan, key, index);
        record.failure = Some(with_causes(&e));
    }
    record
}

fn panic_text(payload: &(dyn std::any::Any + Send)) -> &str {
    payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("without a message")
}

fn blank(plan: &Plan, key: TaskKey, index: u64) -> Record {
    let (structure, arm) = (&plan.structures[key.structure], &plan.config.arms[key.arm]);
    Record {
        task_index: index,
        structure: structure.name.clone(),
        structure_id: structure.id.clone(),
        noise_kind: kind_of(&plan.config.noise).to_owned(),
        noise_level: plan.config.levels[key.level],
        replicate: key.replicate,
        arm: arm.name.clone(),
        loss: kind_of(&arm.loss).to_owned(),
        projector: kind_of(&arm.projector).to_owned(),
        optimizer: optimizer_of(arm).to_owned(),
        strategy: kind_of(&arm.strategy).to_owned(),
        seed: plan.config.seed,
        ..Record::default()
    }
}

/// Kind of the optimizer that an arm's strategy uses: its own, if it has one.
fn optimizer_of(arm: &Arm) -> &str {
    let own = arm.strategy.get("optimizer").and_then(Value::as_table);
    kind_of(own.unwrap_or(&arm.optimizer))
}

fn fill(
    plan: &Plan,
    truth: &Truth,
    key: TaskKey,
    record: &mut Record,
) -> Result<(), Box<dyn Error>> {
    let config = &plan.config;
    let truth_structure = &plan.structures[key.structure].structure;
    let arm = &plan.arms[key.arm];

    // The same distorted copy for every arm: its stream knows structure, noise and replicate only.
    let level = config.levels[key.level].to_string();
    let replicate = key.replicate.to_string();
    let name = record.structure.clone();
    let parts = [name.as_str(), record.noise_kind.as_str(), &level, &replicate];
    let mut rng = stream(config.seed, "noise", &parts);
    let start = plan.noise[key.level].distort(truth_structure, &mut rng)?;
    let mut target = truth.target.clone();
    plan.noise[key.level].corrupt(&mut target, &mut rng)?;
    if let Some(noise) = &plan.pattern_noise {
        // A stream of its own, so that the copies are those of the same study without it.
        noise.corrupt(&mut target, &mut stream(config.seed, "pattern-noise", &parts))?;
    }
    record.initial_structure = Some(StructureRecord::from(&start));

    let noop = plan.matcher.compare(&truth.prepared, &plan.matcher.prepare(&start)?)?;
    record.noop_matched = Some(noop.matched);
    record.noop_rms = noop.rms;
    record.noop_strict = Some(plan.strict.recovered(truth_structure, &start)?);

    let own = [parts[0], parts[1], parts[2], parts[3], record.arm.as_str()];
    let outcome = arm.strategy.recover(&RecoveryTask {
        start: &start,
        free: config.refine.into(),
        variables: config.arms[key.arm].variables,
        target: &target,
        forward: &plan.forward,
        loss: &arm.loss,
        projector: &arm.projectors[key.structure],
        limits: config
            .max_evaluations
            .map_or_else(Limits::default, |max_evaluations| Limits { max_evaluations }),
        seed: stream(config.seed, "strategy", &own).next_u64(),
    })?;
    record.termination = Some(outcome.termination.name().to_owned());
    record.evaluations = outcome.evaluations;
    record.iterations = outcome.iterations;
    record.loss_initial = Some(outcome.initial_loss);
    record.loss_final = Some(outcome.loss);
    record.final_structure = Some(StructureRecord::from(&outcome.structure));
    record.initial_losses = losses(plan, &start, &target)?;
    record.final_losses = losses(plan, &outcome.structure, &target)?;

    let found =
        plan.matcher.compare(&truth.prepared, &plan.matcher.prepare(&outcome.structure)?)?;
    record.matched = Some(found.matched);
    record.rms = found.rms;
    record.max_dist = found.max_dist;
    record.certified = outcome.certified;
    if !outcome.alternatives.is_empty() {
        let mut any = found.matched;
        for other in &outcome.alternatives {
            any |= plan
                .matcher
                .compare(&truth.prepared, &plan.matcher.prepare(&other.structure)?)?
                .matched;
        }
        record.ranked_matched = Some(any);
    }
    record.strict = Some(plan.strict.recovered(truth_structure, &outcome.structure)?);
    record.initial_metrics = metrics(plan, truth_structure, &start)?;
    record.final_metrics = metrics(plan, truth_structure, &outcome.structure)?;
    Ok(())
}

/// The metrics asked for of a structure against the truth; one that is infinite, such as the distance of a pair that does not
/// match, is left out.
fn metrics(
    plan: &Plan,
    truth: &Structure,
    structure: &Structure,
) -> Result<BTreeMap<String, f64>, Box<dyn Error>> {
    let mut values = BTreeMap::new();
    for (name, metric) in &plan.report_metrics {
        let value = metric.evaluate(truth, structure)?;
        if !value.is_infinite() {
            values.insert(name.clone(), value);
        }
    }
    Ok(values)
}

/// The losses asked for of a structure against the target.
fn losses(
    plan: &Plan,
    structure: &Structure,
    target: &Pattern,
) -> Result<BTreeMap<String, f64>, Box<dyn Error>> {
    let mut pattern = Pattern::zeros(plan.forward.axis().clone());
    plan.forward.simulate(structure, &mut Scratch::default(), &mut pattern)?;
    plan.report_losses
        .iter()
        .map(|(name, loss)| Ok((name.clone(), loss.value(target, &pattern)?)))
        .collect()
}
