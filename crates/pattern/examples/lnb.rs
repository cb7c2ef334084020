//! x
fn main() {
    let x: Vec<f64> = (0..8500).map(|i| 1e-6 * (1 + i) as f64).collect();
    let mut o = vec![0.0; 8500];
    for _ in 0..5 {
        let t = std::time::Instant::now();
        for _ in 0..2000 {
            braggscape_pattern::log::ln_into(std::hint::black_box(&x), &mut o);
            std::hint::black_box(&o);
        }
        println!("{:?}", t.elapsed() / 2000);
    }
}
