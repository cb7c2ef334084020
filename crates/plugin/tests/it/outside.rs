//! Components of other crates.

use braggscape_plugin::loss::{AnyLoss, Cosine, Loss};
use braggscape_plugin::pattern::{Axis, AxisKind, Pattern};
use braggscape_plugin::{Context, PluginError, Registry};
use toml::{Table, Value};

fn with(name: &str) -> Registry {
    Registry::builtin().with_loss(name, "weight = 2.0", |_, _| Ok(Cosine::default().into()))
}

#[test]
fn an_outside_name_has_a_dot_and_is_new() {
    with("acme.cosine").check().unwrap();
    for name in ["cosine", "mine", ""] {
        let registry = with(name);
        assert!(matches!(registry.check(), Err(PluginError::UndottedName { .. })), "{name}");
        assert_eq!(
            registry.losses().entries().count(),
            Registry::builtin().losses().entries().count()
        );
    }
    let twice = with("acme.cosine")
        .with_loss("acme.cosine", "", |_, _| Ok(AnyLoss::from(Cosine::default())));
    let e = twice.check().unwrap_err();
    assert!(matches!(e, PluginError::DuplicateName { .. }));
    assert_eq!(e.to_string(), "loss `acme.cosine` is registered twice");
    // The first stays.
    assert_eq!(twice.losses().entry("acme.cosine").unwrap().example(), "weight = 2.0");
}

#[test]
fn an_outside_loss_gets_its_options_and_works() {
    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Weighted {
        weight: f64,
    }
    impl Loss for Weighted {
        fn value_and_gradient(
            &self,
            obs: &Pattern,
            calc: &Pattern,
            grad: &mut [f64],
        ) -> Result<f64, braggscape_plugin::loss::LossError> {
            let value = Cosine::default().value_and_gradient(obs, calc, grad)?;
            for g in grad.iter_mut() {
                *g *= self.weight;
            }
            Ok(self.weight * value)
        }
    }
    let registry = Registry::builtin().with_loss("acme.weighted", "weight = 2.0", |o, _| {
        Ok(AnyLoss::external(o.parse::<Weighted>()?))
    });
    registry.check().unwrap();
    let docs = registry.losses().entry("acme.weighted").unwrap().options();
    assert_eq!((docs[0].name.as_str(), docs[0].kind), ("weight", "float"));
    let build = |text: &str| {
        let table: Table = format!("kind = \"acme.weighted\"\n{text}").parse().unwrap();
        registry.losses().build(&Value::Table(table), &Context::default())
    };
    let axis = Axis::listed(AxisKind::TwoTheta, vec![10.0, 11.0, 12.0]).unwrap();
    let pattern = Pattern::new(axis, vec![1.0, 3.0, 2.0]).unwrap();
    let value = build("weight = 3.0").unwrap().value(&pattern, &pattern).unwrap();
    assert!((value + 3.0).abs() < 1e-12, "{value}");
    for (text, says) in
        [("", "weight"), ("weight = 1.0\nwait = 2", "wait"), ("weight = \"x\"", "x")]
    {
        let e = build(text).err().unwrap().to_string();
        assert!(e.starts_with("loss `acme.weighted`: ") && e.contains(says), "{e}");
    }
}
