//! Bad input: exit code 2, one line that names file, line or key, nothing written or replaced.

use crate::program::{contents, crystals, run, run_with, write};
use std::fmt::Write;
use std::path::Path;

/// A CIF of a cubic cell with these atom rows.
fn cif(a: &str, rows: &str) -> String {
    let mut text = String::from("data_x\n");
    for tag in ["a", "b", "c"] {
        writeln!(text, "_cell_length_{tag} {a}").unwrap();
    }
    for tag in ["alpha", "beta", "gamma"] {
        writeln!(text, "_cell_angle_{tag} 90").unwrap();
    }
    text.push_str(
        "loop_\n_atom_site_label\n_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\n",
    );
    text + rows
}

fn bad_files(dir: &Path) -> Vec<(&'static str, Vec<&'static str>)> {
    let good = "Na1 0 0 0\nCl1 0.5 0.5 0.5\n";
    write(dir, "empty.cif", "");
    write(dir, "truncated.cif", cif("5", good).trim_end_matches("0.5\n"));
    write(dir, "element.cif", &cif("5", "Na1 0 0 0\nXq1 0.5 0.5 0.5\n"));
    write(dir, "flat.cif", &cif("0", good));
    write(dir, "nan.cif", &cif("5", "Na1 0 nan 0\n"));
    write(dir, "overlap.cif", &cif("5", "Na1 0 0 0\nCl1 0 0 0.001\n"));
    write(dir, "empty.json", "");
    write(dir, "cut.json", "{\"lattice\": [[4, 0, 0], [0, 4");
    write(
        dir,
        "flat.json",
        r#"{"lattice": [[4,0,0],[0,4,0],[4,4,0]], "numbers": [11], "frac_coords": [[0,0,0]]}"#,
    );
    write(
        dir,
        "element.json",
        r#"{"lattice": [[4,0,0],[0,4,0],[0,0,4]], "numbers": [211], "frac_coords": [[0,0,0]]}"#,
    );
    write(dir, "POSCAR", "x\n1.0\n4 0 0\n0 4 0\n0 0 4\nNa Zz\n1 1\nDirect\n0 0 0\n.5 .5 .5\n");
    write(dir, "short.vasp", "x\n1.0\n4 0 0\n0 4 0\n0 0 4\nNa\n2\nDirect\n0 0 0\n");
    write(dir, "nan.vasp", "x\n1.0\n4 0 0\n0 4 0\n0 0 4\nNa\n1\nDirect\n0 nan 0\n");
    vec![
        ("missing.cif", vec!["missing.cif", "No such file"]),
        ("empty.cif", vec!["empty.cif"]),
        ("truncated.cif", vec!["truncated.cif:", "truncated"]),
        ("element.cif", vec!["element.cif:", "unknown element", "Xq"]),
        ("flat.cif", vec!["flat.cif:"]),
        ("nan.cif", vec!["nan.cif:", "nan"]),
        ("overlap.cif", vec!["overlap.cif:", "Na1", "Cl1", "overlap"]),
        ("empty.json", vec!["empty.json"]),
        ("cut.json", vec!["cut.json"]),
        ("flat.json", vec!["flat.json"]),
        ("element.json", vec!["element.json", "211"]),
        ("POSCAR", vec!["POSCAR:", "Zz"]),
        ("short.vasp", vec!["short.vasp"]),
        ("nan.vasp", vec!["nan.vasp:", "nan"]),
        ("what.xyz", vec!["what.xyz"]),
        (".", vec!["."]),
    ]
}

#[test]
fn bad_structures_are_refused_by_every_command() {
    let dir = crystals();
    let files = bad_files(dir.path());
    let before = contents(dir.path());
    for (file, says) in files {
        let commands: [&[&str]; 9] = [
            &["simulate", file],
            &["simulate", file, "--peaks", "--format", "json"],
            &["evaluate", file, "--target", "u2ti.cif"],
            &["evaluate", "u2ti.cif", "--target", file],
            &["compare", file, "u2ti.cif"],
            &["match", "u2ti.cif", file],
            &["perturb", file, "--lattice", "0.1"],
            &["info", file],
            &["info", file, "--standardize", "niggli", "-o", "new.cif"],
        ];
        for args in commands {
            run(dir.path(), args).refused(&says);
        }
    }
    assert_eq!(contents(dir.path()), before);
}

#[test]
fn bad_standard_input_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    for text in ["", "\n\n", "data_x\n_cell_length_a 5\n", "{\"lattice\": [\n", "hello\nworld\n"] {
        run_with(dir.path(), &["info", "-"], text).refused(&["stdin"]);
    }
}

#[test]
fn bad_patterns_are_refused() {
    let dir = crystals();
    let cases: [(&str, &str, &[&str]); 7] = [
        ("empty.xy", "", &["empty.xy"]),
        ("comment.xy", "# nothing\n", &["comment.xy"]),
        ("word.xy", "10 1\n11 one\n12 2\n", &["word.xy:2", "one"]),
        ("nan.xy", "10 1\n11 nan\n12 2\n", &["nan.xy:2"]),
        ("falling.xy", "10 1\n9 2\n8 3\n", &["falling.xy"]),
        ("columns.xy", "10 1\n11\n12 2\n", &["columns.xy:2"]),
        ("sigma.xye", "10 1 0.1\n11 1 -1\n12 1 1\n", &["sigma.xye"]),
    ];
    for (name, text, says) in cases {
        write(dir.path(), name, text);
        run(dir.path(), &["evaluate", "u2ti.cif", "--target", name]).refused(says);
        run(dir.path(), &["compare", name, "u2ti.cif"]).refused(says);
    }
    run(dir.path(), &["compare", "missing.xy", "u2ti.cif"]).refused(&["missing.xy"]);
    write(dir.path(), "low.xy", "10 1\n11 2\n12 1\n");
    write(dir.path(), "high.xy", "50 1\n51 2\n52 1\n");
    run(dir.path(), &["compare", "low.xy", "high.xy"]).refused(&["overlap"]);
}

#[test]
fn options_out_of_range_are_refused_by_name() {
    let dir = crystals();
    let cases: [(&[&str], &[&str]); 23] = [
        (&["simulate", "u2ti.cif", "--wavelength", "nan"], &["--wavelength", "NaN"]),
        (&["simulate", "u2ti.cif", "--two-theta", "20:20"], &["--two-theta"]),
        (&["simulate", "u2ti.cif", "--two-theta", "nan:20"], &["--two-theta", "NaN"]),
        (&["simulate", "u2ti.cif", "--step", "nan"], &["--step", "NaN"]),
        (&["simulate", "u2ti.cif", "--step", "inf"], &["--step", "inf"]),
        (&["simulate", "u2ti.cif", "--uvw", "nan,0,1"], &["--uvw", "u = NaN"]),
        (&["simulate", "u2ti.cif", "--uvw", "0,0,-1"], &["--uvw", "w = -1"]),
        (&["simulate", "u2ti.cif", "--uvw", "0,-100,1"], &["--uvw"]),
        (&["simulate", "u2ti.cif", "--uvw", "0,0,nan"], &["--uvw"]),
        (&["evaluate", "u2ti.cif", "--target", "u2ti.cif", "--uvw=0,0,-1"], &["--uvw"]),
        (&["simulate", "u2ti.cif", "--wavelength", "-1"], &["--wavelength"]),
        (&["simulate", "u2ti.cif", "--wavelength", "CuKx"], &["--wavelength", "CuKx"]),
        (&["simulate", "u2ti.cif", "--two-theta", "80:10"], &["--two-theta"]),
        (&["simulate", "u2ti.cif", "--two-theta", "-5:10"], &["--two-theta"]),
        (&["simulate", "u2ti.cif", "--two-theta", "10:190"], &["--two-theta"]),
        (&["simulate", "u2ti.cif", "--step", "0"], &["--step"]),
        (&["simulate", "u2ti.cif", "--step", "-1"], &["--step"]),
        (&["simulate", "u2ti.cif", "--preset", "mine"], &["mine", "structsnap"]),
        (
            &["compare", "u2ti.cif", "nas.cif", "--loss", "cosin"],
            &["--loss", "cosin", "known: ", " cosine,"],
        ),
        (&["match", "u2ti.cif", "nas.cif", "--ltol", "-1"], &["ltol"]),
        (&["perturb", "u2ti.cif", "--lattice", "-0.1"], &["--lattice"]),
        (&["perturb", "u2ti.cif"], &["--lattice", "--coords"]),
        (&["info", "u2ti.cif", "--symprec", "-1"], &["--symprec"]),
    ];
    for (args, says) in cases {
        run(dir.path(), args).refused(says);
    }
}

#[test]
fn options_of_the_pymatgen_preset_are_refused_by_name() {
    let dir = crystals();
    let cases: [(&[&str], &[&str]); 12] = [
        (&["--wavelength", "nan"], &["--wavelength", "NaN"]),
        (&["--wavelength", "-1"], &["--wavelength", "-1"]),
        (&["--wavelength", "0"], &["--wavelength", "0"]),
        (&["--wavelength", "inf"], &["--wavelength", "inf"]),
        (&["--wavelength", "CuKx"], &["--wavelength", "CuKx"]),
        (&["--two-theta", "80:10"], &["--two-theta", "10"]),
        (&["--two-theta", "20:20"], &["--two-theta", "20"]),
        (&["--two-theta", "nan:20"], &["--two-theta", "NaN"]),
        (&["--two-theta", "20:nan"], &["--two-theta", "NaN"]),
        (&["--two-theta", "-5:10"], &["--two-theta", "-5"]),
        (&["--step", "0.02"], &["--step", "pymatgen"]),
        (&["--uvw", "0,0,1"], &["--uvw", "pymatgen"]),
    ];
    for (options, says) in cases {
        run(dir.path(), &[&["simulate", "u2ti.cif", "--preset", "pymatgen"], options].concat())
            .refused(says);
    }
}

#[test]
fn crystals_that_a_model_cannot_take_are_refused_by_name() {
    let dir = crystals();
    write(dir.path(), "md.cif", &cif("5", "Na1 0 0 0\nMd1 0.5 0.5 0.5\n"));
    write(dir.path(), "huge.cif", &cif("3000", "Na1 0 0 0\n"));
    for (file, says) in
        [("md.cif", ["md.cif: ", "Md"]), ("huge.cif", ["huge.cif: ", "reflections"])]
    {
        let commands: [&[&str]; 8] = [
            &["simulate", file, "--quiet"],
            &["simulate", file, "--quiet", "--format", "svg"],
            &["simulate", file, "--quiet", "--peaks"],
            &["simulate", file, "--quiet", "--preset", "pymatgen"],
            &["simulate", file, "--quiet", "--preset", "pymatgen", "--format", "json"],
            &["evaluate", file, "--quiet", "--target", "u2ti.cif"],
            &["evaluate", "u2ti.cif", "--quiet", "--target", file],
            &["compare", "u2ti.cif", file, "--quiet"],
        ];
        for args in commands {
            run(dir.path(), args).refused(&says);
        }
    }
}

#[test]
fn ranges_without_reflections_are_refused() {
    let dir = crystals();
    let simulate = ["simulate", "u2ti.cif", "--quiet", "--wavelength", "30"];
    for format in ["csv", "json", "svg"] {
        run(dir.path(), &[&simulate[..], &["--format", format]].concat())
            .refused(&["u2ti.cif: ", "no reflection"]);
    }
    run(dir.path(), &[&simulate[..], &["--peaks"]].concat()).refused(&["no reflection"]);
    let evaluate =
        ["evaluate", "u2ti.cif", "--quiet", "--target", "au2s.cif", "--wavelength", "30"];
    run(dir.path(), &evaluate).refused(&["no reflection"]);
    let pymatgen = ["simulate", "u2ti.cif", "--quiet", "--preset", "pymatgen"];
    for options in [["--wavelength", "30"], ["--two-theta", "1:2"]] {
        run(dir.path(), &[&pymatgen[..], &["--format", "json"], &options].concat())
            .refused(&["u2ti.cif: ", "no reflection"]);
    }
}

#[test]
fn crystals_are_written_all_or_none() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "nas.cif", "mine\n");
    let before = contents(dir.path());
    run(dir.path(), &["structures", "--out", "."]).refused(&["nas.cif", "is there already"]);
    assert_eq!(contents(dir.path()), before);
    run(dir.path(), &["structures", "--out", "nas.cif"]).refused(&["nas.cif"]);
    assert_eq!(contents(dir.path()), before);
    // Writing them again where they are is no change.
    run(dir.path(), &["structures", "--out", "ten"]).ok();
    run(dir.path(), &["structures", "--out", "ten"]).ok();
}
