use kiskadee_trainer::{corpus::*, training::*};
use kiskadee_voice::acoustic::*;
use kiskadee_voice::*;
use candle_core::Device;
fn main() {
    let rec = |k: usize| {
        let tokens: Vec<PhoneToken> = (0..40).map(|i| PhoneToken { phone: Phone(if i == 0 || i == 39 { 0 } else { ((i * 7 + k) % 40 + 1) as u8 }), stress: Stress::None, word: if i == 0 || i == 39 { None } else { Some(i as u32 / 4) } }).collect();
        let durations: Vec<u32> = (0..40).map(|i| 12 + (i * 5 + k as u32) % 12).collect();
        let n = durations.iter().sum::<u32>() as usize;
        let frames = VocoderFrames { f0: (0..n).map(|i| if i % 60 < 20 { 0.0 } else { 150.0 + (i as f32 * 0.01).sin() * 30.0 }).collect(), mel_cepstrum: (0..n).map(|i| std::array::from_fn(|o| ((i * (o + 1)) as f32 * 0.02).sin() / (1.0 + o as f32))).collect(), strengths: vec![[0.5; 5]; n] };
        Recording { tokens, durations, kind: SentenceKind::Statement, frames }
    };
    let sp: Vec<Speaker> = (0..3).map(|s| Speaker::new(format!("s{s}"), ModelLanguage::English, (-0.05, 0.05), (0..50).map(|k| rec(k + s)).collect()).unwrap()).collect();
    let norm = Normalization::measure(&sp);
    let dev = Device::Cpu;
    let (params, net) = Parameters::create(&Config::default(), 1, &dev).unwrap();
    println!("params {}", params.count());
    let w = norm.loss_weights(&dev).unwrap();
    let sampler = Sampler::new(&sp, &norm, 1, 8);
    let mut opt = AdamW::new(&params);
    let (mut tb, mut tf, mut tg, mut to) = (0., 0., 0., 0.);
    for step in 0..25 {
        let t = std::time::Instant::now();
        let b = sampler.draw(step, &dev).unwrap(); let t1 = t.elapsed().as_secs_f64();
        let l = losses(&net, &b, &w).unwrap(); let t2 = t.elapsed().as_secs_f64();
        let g = l.total.backward().unwrap(); let t3 = t.elapsed().as_secs_f64();
        let n = opt.step(&params, &g, 1.5e-3, 1.0).unwrap(); let t4 = t.elapsed().as_secs_f64();
        if step >= 5 { tb += t1; tf += t2 - t1; tg += t3 - t2; to += t4 - t3; }
        if step % 5 == 0 { println!("{step} loss {} norm {n} rows {}", l.total.to_scalar::<f32>().unwrap(), b.rows.rows()); }
    }
    println!("batch {:.1} fwd {:.1} bwd {:.1} opt {:.1} ms", tb * 50., tf * 50., tg * 50., to * 50.);
}
