//! Prints how a teacher says the lines of standard input and writes its waveforms:
//! `dump_teacher flite slt|rms|awb OUT_DIR` or `dump_teacher espeak VOICE OUT_DIR`.

use std::error::Error;
use std::path::Path;
use std::{env, fs, io};

use kiskadee_trainer::teacher::{FliteVoice, espeak, flite};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [teacher, voice, out] = arguments.as_slice() else {
        return Err("usage: dump_teacher flite|espeak VOICE OUT_DIR < TEXTS".into());
    };
    let out = Path::new(out);
    fs::create_dir_all(out)?;
    let texts: Vec<String> = io::stdin().lines().collect::<Result<_, _>>()?;
    let mut failure = None;
    let mut keep = |number: usize, samples: &[i16], rate: u32| {
        let bytes: Vec<u8> = samples.iter().flat_map(|v| v.to_le_bytes()).collect();
        let path = out.join(format!("{number:03}-{rate}.s16"));
        failure = fs::write(path, bytes).err().or(failure.take());
    };
    match teacher.as_str() {
        "flite" => {
            let voice = FliteVoice::ALL.into_iter().find(|v| v.name() == voice);
            let voice = voice.ok_or("flite's voices are slt, rms and awb")?;
            flite(out, voice, &texts, true, &mut |said| {
                let frames = said.frames.len();
                println!("{}: {frames} frames, {:?}", said.text, said.phones);
                keep(said.text, &said.samples, 16_000);
            })?;
        }
        "espeak" => espeak(out, voice, &texts, &mut |said| {
            println!("{}: {:?}", said.text, said.phones);
            keep(said.text, &said.samples, said.sample_rate);
        })?,
        _ => return Err("the teachers are flite and espeak".into()),
    }
    failure.map_or(Ok(()), |error| Err(error.into()))
}
