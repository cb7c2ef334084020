//! Distributions and determinism of the noise models, at fixed seeds.
#![expect(clippy::unwrap_used, reason = "tests")]

mod conformance;
mod patterns;

use braggscape_crystal::{CellParameters, Element, Lattice, Site, Structure};
use braggscape_noise::{AnyNoiseModel, Displacement, NoiseModel, Strain};
use nalgebra::Vector3;
use rand::SeedableRng;
use rand_chacha::ChaCha12Rng;

fn crystal() -> Structure {
    let cell = CellParameters::new(4.0, 5.0, 6.0, 90.0, 100.0, 90.0);
    let sites = (0..20)
        .map(|i| {
            let x = f64::from(i) / 20.0;
            Site::new(Element::from_symbol("Si").unwrap(), Vector3::new(x, 0.5, 1.0 - x - 0.01))
        })
        .collect();
    Structure::new(Lattice::from_parameters(&cell).unwrap(), sites).unwrap()
}

#[test]
fn strain_is_uniform_in_all_nine_entries() {
    let mut rng = ChaCha12Rng::seed_from_u64(1);
    let (sigma, n) = (0.1, 20_000);
    let strain = Strain::new(sigma).unwrap();
    let (mut mean, mut square, mut largest) = ([0.0; 9], [0.0; 9], 0.0f64);
    for _ in 0..n {
        let s = strain.draw(&mut rng) - nalgebra::Matrix3::identity();
        for (k, e) in s.iter().enumerate() {
            mean[k] += e / f64::from(n);
            square[k] += e * e / f64::from(n);
            largest = largest.max(e.abs());
        }
    }
    // Variance sigma^2/3; standard errors of the mean 4.1e-4 and of the variance 2.1e-5.
    for k in 0..9 {
        assert!(mean[k].abs() < 5.0 * 4.1e-4, "{k}: {}", mean[k]);
        assert!((square[k] - sigma * sigma / 3.0).abs() < 5.0 * 2.2e-5, "{k}: {}", square[k]);
    }
    assert!(largest <= sigma && largest > 0.999 * sigma);
}

#[test]
fn strain_acts_from_the_left_and_keeps_coordinates() {
    let s = crystal();
    let distorted =
        Strain::new(0.2).unwrap().distort(&s, &mut ChaCha12Rng::seed_from_u64(2)).unwrap();
    let expected =
        Strain::new(0.2).unwrap().draw(&mut ChaCha12Rng::seed_from_u64(2)) * s.lattice().columns();
    assert!((distorted.lattice().columns() - expected).amax() < 1e-15);
    assert_eq!(distorted.sites(), s.sites());
}

#[test]
fn displacements_are_normal_and_wrapped() {
    let s = crystal();
    let (sigma, n) = (0.05, 2_000);
    let model = Displacement::new(sigma).unwrap();
    let mut rng = ChaCha12Rng::seed_from_u64(3);
    let (mut sum, mut square, mut within, mut count) = (0.0, 0.0, 0.0, 0.0);
    for _ in 0..n {
        let d = model.distort(&s, &mut rng).unwrap();
        assert_eq!(d.lattice(), s.lattice());
        for (a, b) in d.sites().iter().zip(s.sites()) {
            assert!(a.frac.iter().all(|x| (0.0..1.0).contains(x)));
            for x in (a.frac - b.frac).iter() {
                let x = (x - x.round()) / sigma;
                sum += x;
                square += x * x;
                within += f64::from(u8::from(x.abs() < 1.0));
                count += 1.0;
            }
        }
    }
    // 120,000 draws: standard errors 0.0029, 0.0041 and 0.0013.
    assert!((sum / count).abs() < 5.0 * 0.0029);
    assert!((square / count - 1.0).abs() < 5.0 * 0.0041);
    assert!((within / count - 0.682_689_492_137).abs() < 5.0 * 0.00135);
}

#[test]
fn the_same_state_gives_the_same_structure() {
    let models: [AnyNoiseModel; 2] =
        [Strain::new(0.1).unwrap().into(), Displacement::new(0.1).unwrap().into()];
    for model in models {
        let draw = |seed| model.distort(&crystal(), &mut ChaCha12Rng::seed_from_u64(seed)).unwrap();
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
    }
}

#[test]
fn levels_out_of_range_are_refused() {
    for sigma in [-0.1, 0.5, f64::NAN] {
        assert!(Strain::new(sigma).is_err());
    }
    for sigma in [-0.1, 0.6, f64::NAN] {
        assert!(Displacement::new(sigma).unwrap_err().to_string().contains("sigma"));
    }
}
