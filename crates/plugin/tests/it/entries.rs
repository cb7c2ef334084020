//! Every entry: its example parses, builds and survives a round trip; its options are those it takes.

use braggscape_plugin::crystal::study_crystal;
use braggscape_plugin::projector::CellShape;
use braggscape_plugin::recover::FreeParameters;
use braggscape_plugin::{Context, Family, PluginError, ReferenceSymmetry, Registry};
use toml::{Table, Value};

fn component(name: &str, options: &Table) -> Value {
    let mut table = Table::new();
    table.insert("kind".to_owned(), Value::from(name));
    table.extend(options.clone());
    Value::Table(table)
}

fn context() -> Context {
    let reference = study_crystal("U2Ti").unwrap().structure();
    Context {
        shape: Some(CellShape::Cubic),
        symmetry: Some(ReferenceSymmetry::new(reference)),
        ..Context::default()
    }
}

fn check<T>(family: &Family<T>) -> usize {
    let seam = family.seam();
    for (name, entry) in family.entries() {
        let what = format!("{seam} {name}");
        assert!(!entry.summary().is_empty() && !entry.summary().contains('\n'), "{what}");
        // The example.
        let example: Table = entry.example().parse().unwrap_or_else(|e| panic!("{what}: {e}"));
        let given = component(name, &example);
        let built = family.build(&given, &context());
        // Model weights are no part of the project; where they are not installed the message says how.
        let lacking = |e: &PluginError| e.to_string().contains("`braggscape assets fetch");
        if built.as_ref().err().is_some_and(lacking) {
            assert_eq!((seam, name), ("potential", "chgnet"));
            continue;
        }
        assert!(built.is_ok(), "{what}: {:?}", built.err());
        assert_eq!(family.culprit(&given, &context()), None, "{what}");
        let resolved = family.resolve(&given, &context()).unwrap();
        let written = toml::to_string(&resolved).unwrap();
        let read: Table = written.parse().unwrap();
        assert_eq!(read, resolved, "{what}");
        assert_eq!(family.resolve(&Value::Table(read), &context()).unwrap(), resolved, "{what}");
        // The options: the resolved table has each of them, those of the example included, and their defaults build.
        let defaults: Table =
            entry.options().iter().map(|o| (o.name.clone(), o.default.clone())).collect();
        assert!(example.keys().all(|key| defaults.contains_key(key)), "{what}");
        assert_eq!(resolved.len(), 1 + defaults.len(), "{what}");
        assert!(family.build(&component(name, &defaults), &context()).is_ok(), "{what}");
        assert!(family.build(&Value::from(name), &context()).is_ok(), "{what}");
        for option in entry.options() {
            assert_eq!(option.kind, option.default.type_str(), "{what}: {}", option.name);
            // A value of a type that no option has.
            let date: Value = "x = 1979-05-27".parse::<Table>().unwrap()["x"].clone();
            let mut wrong = example.clone();
            wrong.insert(option.name.clone(), date);
            let wrong = component(name, &wrong);
            let e = family.build(&wrong, &context()).err();
            assert!(matches!(e, Some(PluginError::Rejected { .. })), "{what}: {e:?}");
            assert_eq!(family.culprit(&wrong, &context()).as_ref(), Some(&option.name), "{what}");
        }
        // An option that it does not take.
        let mut unknown = Table::new();
        unknown.insert("nonsense".to_owned(), Value::from(1));
        let e = family.build(&component(name, &unknown), &context()).err();
        assert!(matches!(e, Some(PluginError::UnknownOption { .. })), "{what}: {e:?}");
        assert!(e.unwrap().to_string().contains("`nonsense`"));
    }
    let count = family.entries().count();
    assert_eq!(family.known().split(", ").count(), count);
    let e = family.build(&Value::from("nonsense"), &context()).err().unwrap();
    assert!(matches!(e, PluginError::UnknownKind { .. }));
    assert!(e.to_string().contains(&family.known()), "{e}");
    let e = family.build(&Value::Table(Table::new()), &context()).err().unwrap();
    assert!(matches!(e, PluginError::MissingKind { .. }));
    let e = family.build(&Value::from(3), &context()).err().unwrap();
    assert!(matches!(e, PluginError::NotAComponent { .. }));
    count
}

#[test]
fn every_entry_keeps_its_promises() {
    let r = Registry::builtin();
    r.check().unwrap();
    let counts = [
        check(r.losses()),
        check(r.optimizers()),
        check(r.projectors()),
        check(r.noise()),
        check(r.forward()),
        check(r.strategies()),
        check(r.potentials()),
        check(r.metrics()),
    ];
    assert!(counts.iter().all(|n| *n > 0), "{counts:?}");
}

#[test]
fn names_of_ours_are_bare_and_kebab_case() {
    fn names<T>(family: &Family<T>) -> Vec<String> {
        family.entries().map(|(name, _)| name.to_owned()).collect()
    }
    let r = Registry::builtin();
    let all = [
        names(r.losses()),
        names(r.optimizers()),
        names(r.projectors()),
        names(r.noise()),
        names(r.forward()),
        names(r.strategies()),
        names(r.potentials()),
        names(r.metrics()),
    ];
    for name in all.concat() {
        assert!(
            name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'),
            "{name}"
        );
    }
}

#[test]
fn a_value_out_of_range_is_traced_to_its_option() {
    let r = Registry::builtin();
    let table = |text: &str| Value::Table(text.parse().unwrap());
    let width = table("kind = \"structsnap\"\nwavelength = 1.2\nw = -1\nn_points = 500");
    assert_eq!(r.forward().culprit(&width, &context()).as_deref(), Some("w"));
    let e = r.forward().build(&width, &context()).err().unwrap().to_string();
    assert!(e.starts_with("forward `structsnap`: w = -1 "), "{e}");
    let measure = table("kind = \"clark\"\nnormalisation = \"max\"\nepsilon = 0.0");
    assert_eq!(r.losses().culprit(&measure, &context()).as_deref(), Some("epsilon"));
    let measure = table("kind = \"kullback-leibler\"\nzeros = \"skip\"\nnormalisation = \"max\"");
    assert_eq!(r.losses().culprit(&measure, &context()).as_deref(), Some("normalisation"));
    let e = r.losses().build(&measure, &context()).err().unwrap().to_string();
    assert!(e.starts_with("loss `kullback-leibler`: with normalisation `max` "), "{e}");
    let rate = table("kind = \"adam\"\nbeta1 = 0.5\nlearning_rate = 0.0");
    assert_eq!(r.optimizers().culprit(&rate, &context()).as_deref(), Some("learning_rate"));
}

#[test]
fn the_shape_of_a_cell_must_come_from_somewhere() {
    let r = Registry::builtin();
    let family = Value::from("crystal-family");
    assert!(r.projectors().build(&family, &context()).is_ok());
    let e = r.projectors().build(&family, &Context::default()).err().unwrap();
    assert!(e.to_string().contains("name a shape"), "{e}");
}

#[test]
fn fits_of_coordinates_are_vouched_for_by_a_stricter_bar() {
    let r = Registry::builtin();
    for kind in ["certified-restarts", "graduated", "staged", "symmetry-snap"] {
        let bar = |free| {
            let context = Context { free, ..Context::default() };
            let resolved = r.strategies().resolve(&Value::from(kind), &context).unwrap();
            resolved["certificate"].as_float().unwrap()
        };
        let all = [FreeParameters::Lattice, FreeParameters::Coordinates, FreeParameters::Both];
        assert_eq!(all.map(bar).map(f64::to_bits), [1e-5, 1e-9, 1e-9].map(f64::to_bits), "{kind}");
    }
}

#[test]
fn a_space_group_is_that_of_the_reference() {
    let r = Registry::builtin();
    let with = |group: &str| {
        let table = format!("kind = \"space-group\"\ngroup = \"{group}\"");
        Value::Table(table.parse().unwrap())
    };
    for group in ["auto", "P6/mmm", "P 6/m m m", "191"] {
        assert!(r.projectors().build(&with(group), &context()).is_ok(), "{group}");
    }
    for group in ["Fm-3m", "225", "any"] {
        let e = r.projectors().build(&with(group), &context()).err().unwrap().to_string();
        assert!(e.contains("within 0.01 Å the reference has P6/mmm (191)"), "{e}");
        assert_eq!(r.projectors().culprit(&with(group), &context()).as_deref(), Some("group"));
    }
    let e = r.projectors().build(&with("auto"), &Context::default()).err().unwrap();
    assert!(e.to_string().contains("reference structure"), "{e}");
    let ramp: Table = "kind = \"ramp\"\nprojector = \"space-group\"".parse().unwrap();
    assert!(r.projectors().build(&Value::Table(ramp), &context()).is_ok());
}

#[test]
fn noise_models_say_which_option_is_their_level() {
    let r = Registry::builtin();
    let mut without = Vec::new();
    for (name, entry) in r.noise().entries() {
        match entry.level() {
            Some(level) => {
                let option = entry.options().iter().find(|o| o.name == level).unwrap();
                assert_eq!(option.kind, "float", "{name}");
            }
            None => without.push(name),
        }
    }
    assert_eq!(without, ["none", "sequence"]);
    assert_eq!(r.noise().entry("counts").unwrap().level(), Some("peak"));
}

#[test]
fn models_of_a_sequence_are_resolved_and_their_faults_are_told() {
    let r = Registry::builtin();
    let sequence = |models: &str| {
        Value::Table(format!("kind = \"sequence\"\nmodels = {models}").parse().unwrap())
    };
    let given = sequence("[\"counts\", { kind = \"zero-shift\", shift = 0.1 }]");
    let resolved = r.noise().resolve(&given, &context()).unwrap();
    let models = resolved["models"].to_string();
    let expected = "[{ kind = \"counts\", peak = 10000.0 }, { kind = \"zero-shift\", shift = 0.1, sigma = 0.02 }]";
    assert_eq!(models, expected);
    for (models, says) in [
        ("[\"count\"]", "unknown noise `count`"),
        ("[{ kind = \"counts\", peak = 0.5 }]", "noise `counts`: peak = 0.5 "),
        ("[{ kind = \"counts\", peek = 5 }]", "unknown option `peek` of noise `counts`"),
        ("[{ peak = 5 }]", "`kind` is missing"),
        ("[3]", "expected a name or a table"),
        ("\"counts\"", "sequence"),
    ] {
        let given = sequence(models);
        let e = r.noise().build(&given, &context()).err().unwrap().to_string();
        assert!(e.starts_with("noise `sequence`: ") && e.contains(says), "{e}");
        assert_eq!(r.noise().culprit(&given, &context()).as_deref(), Some("models"), "{models}");
    }
}

#[test]
fn a_component_within_another_is_resolved_and_its_faults_are_told() {
    let r = Registry::builtin();
    let ramp = |text: &str| Value::Table(format!("kind = \"ramp\"\n{text}").parse().unwrap());
    let given = ramp("projector = \"crystal-family\"");
    let resolved = r.projectors().resolve(&given, &context()).unwrap();
    assert_eq!(
        resolved["projector"].to_string(),
        "{ kind = \"crystal-family\", shape = \"auto\" }"
    );
    for (text, says, option) in [
        ("projector = \"crystal\"", "unknown projector `crystal`", "projector"),
        (
            "projector = { kind = \"crystal-family\", shap = 1 }",
            "unknown option `shap`",
            "projector",
        ),
        ("projector = { kind = \"ramp\" }", "unknown projector `ramp`", "projector"),
        ("projector = 3", "expected a name or a table", "projector"),
        ("over = 0", "at least 1", "over"),
        ("over = -1", "integer", "over"),
        ("rise = \"steep\"", "linear", "rise"),
    ] {
        let given = ramp(text);
        let e = r.projectors().build(&given, &context()).err().unwrap().to_string();
        assert!(e.starts_with("projector `ramp`: ") && e.contains(says), "{e}");
        assert_eq!(r.projectors().culprit(&given, &context()).as_deref(), Some(option), "{text}");
    }
}
