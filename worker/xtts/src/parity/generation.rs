//! The GPT: embeddings, blocks, scores, drawn codes and hidden states.

use candle_core::Tensor;

use super::{Comparisons, Golden};
use crate::{
    error::Result,
    gpt::{Gpt, KvCache, Placement},
    parameters::Trace,
    sampling::{Sampler, Sampling},
};

const THRESHOLD: f64 = 1e-5;
/// What the golden run adds to the score of the stop code so that it ends early.
const STOP_BIAS: f32 = 2.5;

pub(super) fn compare(golden: &Golden, comparisons: &mut Comparisons<'_>) -> Result<()> {
    compare_tokens(golden, comparisons)?;
    let prefix = prefix(golden)?;
    comparisons.tensor("gpt.prefix_emb", &prefix.unsqueeze(0)?, THRESHOLD)?;
    compare_fixed(golden, &prefix, comparisons)?;
    compare_drawn(golden, &prefix, comparisons)
}

/// Ids of the reference's cleaned texts.
fn compare_tokens(golden: &Golden, comparisons: &mut Comparisons<'_>) -> Result<()> {
    let cases = golden.facts["tokenizer"].as_array();
    for (number, case) in cases.into_iter().flatten().enumerate() {
        let (Some(clean), Some(language)) = (case["clean"].as_str(), case["lang"].as_str()) else {
            continue;
        };
        let ids = case["ids"].as_array().into_iter().flatten();
        let ids: Vec<u32> = ids.filter_map(|id| Some(id.as_u64()? as u32)).collect();
        let found = golden.model.tokenize(clean, language)?;
        comparisons.exact(&format!("tokenizer.{number}.{language}"), &found, &ids);
    }
    Ok(())
}

/// Latents and the text, `[32 + text + 2, channels]`.
pub(super) fn prefix(golden: &Golden) -> Result<Tensor> {
    let gpt = &golden.model.gpt;
    let latents = golden.tensor("cond.gpt_cond_latent")?.squeeze(0)?;
    let latents = latents.to_device(gpt.device())?;
    let text = gpt.embed_text(&golden.ids("gpt.text_ids")?)?;
    Ok(Tensor::cat(&[&latents, &text], 0)?)
}

/// All of a given sequence of codes at once, and one after the other.
fn compare_fixed(
    golden: &Golden,
    prefix: &Tensor,
    comparisons: &mut Comparisons<'_>,
) -> Result<()> {
    let gpt = &golden.model.gpt;
    let start = gpt.sizes().start_code;
    let codes = [vec![start], golden.ids("gpt.codes_fixed")?].concat();
    let positions: Vec<u32> = (0..codes.len() as u32).collect();
    let all = Tensor::cat(&[prefix, &gpt.embed_codes(&codes, &positions)?], 0)?;

    let mut shown: Vec<(String, Tensor)> = Vec::new();
    let mut keep = |name: &str, stage: &Tensor| shown.push((name.to_owned(), stage.clone()));
    let cache = gpt.cache(1, all.dim(0)?)?;
    let mut trace = Trace::to(&mut keep);
    let output = gpt.forward(&all, &cache, &at(0, all.dim(0)?), &mut trace)?;
    let states = gpt.states(&output, &mut trace)?;
    for (name, stage) in shown {
        comparisons.tensor(&name, &stage, THRESHOLD)?;
    }
    let begin = prefix.dim(0)?;
    let states = states.narrow(0, begin, codes.len())?;
    let logits = gpt.logits(&states)?.unsqueeze(0)?;
    comparisons.tensor("gpt.teacher_forced_mel_logits", &logits, THRESHOLD)?;
    let latents = states.narrow(0, 0, codes.len() - 1)?.unsqueeze(0)?;
    comparisons.tensor("lat.fixed", &latents, THRESHOLD)?;

    let mut steps = Steps::new(gpt, prefix, codes.len())?;
    let logits = codes.iter().map(|code| Ok(steps.next(*code)?.1));
    let logits = Tensor::stack(&logits.collect::<Result<Vec<_>>>()?, 1)?;
    Ok(comparisons.tensor("gpt.cached_mel_logits", &logits, THRESHOLD)?)
}

/// Codes that follow from the best scores.
fn compare_drawn(
    golden: &Golden,
    prefix: &Tensor,
    comparisons: &mut Comparisons<'_>,
) -> Result<()> {
    for (name, latents, penalty, bias) in [
        ("gen.greedy_codes", "lat.greedy", 5.0, 0.0),
        ("gen.eos_codes", "lat.eos", 2.0, STOP_BIAS),
    ] {
        if !golden.has(name) {
            continue;
        }
        let expected = golden.ids(name)?;
        let greedy = greedy(golden, prefix, penalty, bias, most_codes(golden)?)?;
        comparisons.exact(name, &greedy.codes, &expected);
        comparisons.tensor(latents, &greedy.states, THRESHOLD)?;
        if bias == 0.0 {
            comparisons.tensor("gen.greedy_logits", &greedy.logits, THRESHOLD)?;
            comparisons.tensor("gen.greedy_latents_firstpass", &greedy.states, THRESHOLD)?;
        }
    }
    Ok(())
}

/// As many as the golden run was allowed.
pub(super) fn most_codes(golden: &Golden) -> Result<usize> {
    Ok(golden.ids("gpt.codes_fixed")?.len())
}

pub(super) struct Greedy {
    pub(super) codes: Vec<u32>,
    /// `[1, codes, scores]`
    logits: Tensor,
    /// `[1, codes, channels]`
    pub(super) states: Tensor,
}

fn greedy(
    golden: &Golden,
    prefix: &Tensor,
    penalty: f32,
    bias: f32,
    most: usize,
) -> Result<Greedy> {
    let gpt = &golden.model.gpt;
    let sizes = gpt.sizes();
    let sampling = Sampling {
        top_k: 1,
        repetition_penalty: penalty,
        ..Sampling::of(golden.model.config())
    };
    let mut sampler = Sampler::new(sampling, sizes.codes, sizes.start_code);
    let mut steps = Steps::new(gpt, prefix, most + 1)?;
    let (mut codes, mut all_states, mut all_logits) = (Vec::new(), Vec::new(), Vec::new());
    while codes.len() < most && codes.last() != Some(&sizes.stop_code) {
        let last = codes.last().copied().unwrap_or(sizes.start_code);
        let (states, logits) = steps.next(last)?;
        let mut scores: Vec<f32> = logits.flatten_all()?.to_vec1()?;
        if let Some(stop) = scores.get_mut(sizes.stop_code as usize) {
            *stop += bias;
        }
        codes.push(sampler.draw(&scores, sizes.stop_code));
        all_states.push(states);
        all_logits.push(logits);
    }
    Ok(Greedy {
        codes,
        logits: Tensor::stack(&all_logits, 1)?,
        states: Tensor::stack(&all_states, 1)?,
    })
}

/// One code after the other behind a prefix.
struct Steps<'a> {
    gpt: &'a Gpt,
    cache: KvCache,
    at: usize,
    position: u32,
}

impl<'a> Steps<'a> {
    fn new(gpt: &'a Gpt, prefix: &Tensor, codes: usize) -> Result<Self> {
        let length = prefix.dim(0)?;
        let cache = gpt.cache(1, length + codes)?;
        gpt.forward(prefix, &cache, &at(0, length), &mut Trace::none())?;
        Ok(Self {
            gpt,
            cache,
            at: length,
            position: 0,
        })
    }

    /// The state `[1, channels]` behind a code, and the scores `[1, codes]` of the next one.
    fn next(&mut self, code: u32) -> Result<(Tensor, Tensor)> {
        let input = self.gpt.embed_codes(&[code], &[self.position])?;
        let placement = at(self.at, 1);
        self.at += 1;
        self.position += 1;
        let output = self
            .gpt
            .forward(&input, &self.cache, &placement, &mut Trace::none())?;
        let states = self.gpt.states(&output, &mut Trace::none())?;
        let logits = self.gpt.logits(&states)?;
        Ok((states, logits))
    }
}

fn at(at: usize, times: usize) -> Placement {
    Placement {
        row: 0,
        times,
        at,
        starts: vec![0],
    }
}
