#[path = "train_dev.rs"]
#[allow(dead_code)]
mod t;
use kiskadee_trainer::{evaluation::*, export::*, training::*};
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let sp = t::corpus("/tmp/tdata/en", "/tmp/tdata/en.in");
    let held = t::corpus("/tmp/tdata/held", "/tmp/tdata/held.in");
    let recipe = t::rec(&a);
    let o = RunOptions {
        recipe: recipe.clone(),
        out: a[1].clone().into(),
        resume: true,
        checkpoint_every: 500,
        device: candle_core::Device::Cpu,
    };
    let tr = load_trained(&o).unwrap();
    println!("step {}", tr.step);
    let w = export(&tr, &recipe, if a.len() > 4 { &held } else { &sp }, &VOICES).unwrap();
    save_weights(std::path::Path::new(&a[3]), &w).unwrap();
    let m = kiskadee_voice::acoustic::AcousticModel::load(&w, &candle_core::Device::Cpu).unwrap();
    println!(
        "{} bytes, liveliness {:?}",
        w.len(),
        m.description().liveliness
    );
    for v in m.voices() {
        println!("{} {} {:?}", v.id, v.pitch, &v.vector[..6]);
    }
    for e in evaluate(&w, &held).unwrap() {
        println!("{e}");
    }
}
