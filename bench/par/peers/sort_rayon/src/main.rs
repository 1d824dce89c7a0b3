// SPDX-License-Identifier: Apache-2.0
// sort_rayon KIND TYPE PATTERN N THREADS: sorts once and prints {"ms": wall, "cpu_ms": process CPU time, "checksum": c}.
// KIND: stable, unstable (rayon), std_stable, std_unstable (the sequential sorts of the standard library).
use rayon::prelude::*;
use std::time::Instant;

fn mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn cpu_ms() -> f64 {
    let text = std::fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    let mut total = 0.0;
    if let Ok(tasks) = std::fs::read_dir("/proc/self/task") {
        for task in tasks.flatten() {
            let line = std::fs::read_to_string(task.path().join("schedstat")).unwrap_or_default();
            total += line.split(' ').next().and_then(|t| t.parse::<f64>().ok()).unwrap_or(0.0) / 1e6;
        }
        return total;
    }
    text.split(' ').next().and_then(|t| t.parse::<f64>().ok()).unwrap_or(0.0) / 1e6
}

fn pattern(name: &str, n: usize) -> Vec<u64> {
    let mut state = 42u64;
    match name {
        "random" => (0..n).map(|_| mix(&mut state)).collect(),
        "ascending" => (0..n as u64).collect(),
        "descending" => (0..n as u64).rev().collect(),
        "mostly" => (0..n as u64).map(|i| if i % 100 == 0 { mix(&mut state) % n as u64 } else { i }).collect(),
        "few" => (0..n).map(|_| mix(&mut state) % 16).collect(),
        _ => panic!("unknown pattern"),
    }
}

fn run<T: Send + Copy>(mut data: Vec<T>, kind: &str, cmp: impl Fn(&T, &T) -> std::cmp::Ordering + Sync) -> (Vec<T>, f64, f64) {
    let cpu = cpu_ms();
    let start = Instant::now();
    match kind {
        "stable" => data.par_sort_by(&cmp),
        "unstable" => data.par_sort_unstable_by(&cmp),
        "std_stable" => data.sort_by(&cmp),
        "std_unstable" => data.sort_unstable_by(&cmp),
        _ => panic!("unknown kind"),
    }
    let ms = start.elapsed().as_secs_f64() * 1e3;
    let used = cpu_ms() - cpu;
    assert!(data.windows(2).all(|w| cmp(&w[0], &w[1]) != std::cmp::Ordering::Greater));
    (data, ms, used)
}

/// As in sort_input.hpp: programs that sorted the same numbers agree on it.
fn checksum(words: impl Iterator<Item = u64>) -> u64 {
    words.fold(0xcbf2_9ce4_8422_2325, |sum, word| (sum ^ word).wrapping_mul(0x100_0000_01b3))
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let n: usize = args[4].parse().unwrap();
    let threads: usize = args[5].parse().unwrap();
    let keys = pattern(&args[3], n);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    let (ms, cpu, sum) = pool.install(|| match args[2].as_str() {
        "u64" => {
            let r = run(keys, &args[1], |a: &u64, b: &u64| a.cmp(b));
            (r.1, r.2, checksum(r.0.iter().copied()))
        }
        "double" => {
            let scale = if args[3] == "random" { 1.0 / (1u64 << 53) as f64 } else { 1.0 };
            let shift = if args[3] == "random" { 11 } else { 0 };
            let values: Vec<f64> = keys.iter().map(|k| (k >> shift) as f64 * scale).collect();
            let r = run(values, &args[1], |a: &f64, b: &f64| a.partial_cmp(b).unwrap());
            (r.1, r.2, checksum(r.0.iter().map(|x| x.to_bits())))
        }
        _ => panic!("unknown type"),
    });
    println!("{{\"ms\": {ms:.3}, \"cpu_ms\": {cpu:.3}, \"checksum\": \"{sum:016x}\"}}");
}
