// SPDX-License-Identifier: Apache-2.0
// The tasks and loops of bench/par by Rayon: the same work, the same arguments, the same line of output.
use rayon::prelude::*;
use std::hint::black_box;
use std::time::{Duration, Instant};

fn fib(n: u32) -> u64 {
    if n < 2 {
        return u64::from(n);
    }
    let (a, b) = rayon::join(|| fib(n - 1), || fib(n - 2));
    a + b
}

/// Calls of fib(n) with n >= 2, one fork each.
fn forks_of(n: u32) -> u64 {
    let (mut previous, mut current) = (0u64, 1u64);
    for _ in 0..n {
        (previous, current) = (current, previous + current);
    }
    current - 1
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// As bench::ns_per_op: a tenth of the time warms up, then the median of the calls.
fn ns_per_op(seconds: f64, operations: usize, mut body: impl FnMut()) -> f64 {
    let start = Instant::now();
    while start.elapsed().as_secs_f64() < seconds / 10.0 {
        body();
    }
    let mut times = Vec::new();
    let start = Instant::now();
    while times.len() < 3 || start.elapsed().as_secs_f64() < seconds {
        let before = Instant::now();
        body();
        times.push(before.elapsed().as_secs_f64() * 1e9);
    }
    median(times) / operations as f64
}

fn report(ns: f64, checksum: u64) {
    println!(
        "{{\"ns_per_op\": {ns}, \"checksum\": \"{checksum:016x}\", \"version\": \"rayon 1.12.0\"}}"
    );
}

fn cpu_ns() -> f64 {
    // utime and stime of /proc count ticks; schedstat of every thread counts nanoseconds.
    let mut sum = 0.0;
    for task in std::fs::read_dir("/proc/self/task").unwrap() {
        let text = std::fs::read_to_string(task.unwrap().path().join("schedstat")).unwrap_or_default();
        sum += text.split(' ').next().and_then(|t| t.parse::<f64>().ok()).unwrap_or(0.0);
    }
    sum
}

const ITEMS: usize = 1 << 20;

fn ramp(step: f64) -> Vec<f64> {
    (0..ITEMS).map(|i| 1.0 + step * (i % 1000) as f64).collect()
}

fn tiny(seconds: f64, n: usize) {
    let mut v = vec![0i32; n];
    v.par_iter_mut().for_each(|x| *x += 1);
    let sum: u64 = v.iter().map(|&x| x as u64).sum();
    let calls = std::cmp::max(1, 100_000 / n);
    let ns = ns_per_op(seconds, calls, || {
        for _ in 0..calls {
            v.par_iter_mut().for_each(|x| *x += 1);
        }
    });
    report(ns, sum);
}

fn usage(found: &str) -> ! {
    eprintln!("found {found}, expected TASK [--seconds S] [--workers N]");
    std::process::exit(64)
}

fn main() {
    let (mut task, mut seconds, mut workers) = (String::new(), 0.3f64, 1usize);
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut next = || words.next().and_then(|w| w.parse::<f64>().ok()).unwrap_or_else(|| usage(&word));
        match word.as_str() {
            "--seconds" => seconds = next(),
            "--workers" => workers = next() as usize,
            _ if task.is_empty() => task = word,
            _ => usage(&word),
        }
    }
    rayon::ThreadPoolBuilder::new().num_threads(workers).build_global().unwrap();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(workers).build().unwrap();
    match task.as_str() {
        "fib_38" | "fib_30" => {
            let n = if task == "fib_38" { 38 } else { 30 };
            let mut value = pool.install(|| fib(n));
            let ns = ns_per_op(seconds, forks_of(n) as usize, || value = pool.install(|| fib(n)));
            report(ns, value);
        }
        "spawn" => {
            let tasks = 10_000;
            let ns = ns_per_op(seconds, tasks, || {
                pool.install(|| {
                    rayon::scope(|s| {
                        for i in 0..tasks {
                            s.spawn(move |_| {
                                black_box(i);
                            });
                        }
                    })
                })
            });
            report(ns, 0);
        }
        "install" => report(
            ns_per_op(seconds, 100, || {
                for _ in 0..100 {
                    pool.install(|| ());
                }
            }),
            0,
        ),
        "enter" => report(
            ns_per_op(seconds, 100, || {
                for _ in 0..100 {
                    pool.join(|| (), || ());
                }
            }),
            0,
        ),
        "wake" => {
            let mut times = Vec::new();
            let start = Instant::now();
            while times.len() < 9 || start.elapsed().as_secs_f64() < seconds {
                std::thread::sleep(Duration::from_millis(20));
                let (sender, receiver) = std::sync::mpsc::channel();
                let posted = Instant::now();
                pool.spawn(move || sender.send(Instant::now()).unwrap());
                times.push((receiver.recv().unwrap() - posted).as_secs_f64() * 1e9);
            }
            report(median(times), 0);
        }
        "idle" => {
            let mut times = Vec::new();
            for _ in 0..5 {
                black_box(pool.install(|| fib(25)));
                let before = cpu_ns();
                std::thread::sleep(Duration::from_millis(100));
                times.push(cpu_ns() - before);
            }
            report(median(times), 0);
        }
        "sum" => {
            let x = ramp(1e-3);
            pool.install(|| {
                report(ns_per_op(seconds, ITEMS, || { black_box(x.par_iter().sum::<f64>()); }), 0)
            });
        }
        "dot" => {
            let (x, y) = (ramp(1e-3), ramp(1e-4));
            pool.install(|| {
                report(
                    ns_per_op(seconds, ITEMS, || {
                        black_box(x.par_iter().zip(&y).map(|(a, b)| a * b).sum::<f64>());
                    }),
                    0,
                )
            });
        }
        "saxpy" => {
            let (x, mut y) = (vec![1.5f32; ITEMS], vec![0.5f32; ITEMS]);
            pool.install(|| {
                report(
                    ns_per_op(seconds, ITEMS, || x.par_iter().zip(&mut y).for_each(|(s, t)| *t += 1e-6 * s)),
                    0,
                )
            });
            black_box(y[7]);
        }
        "tiny_1000" => tiny(seconds, 1_000),
        "tiny_10000" => tiny(seconds, 10_000),
        "tiny_100000" => tiny(seconds, 100_000),
        other => usage(other),
    }
}
