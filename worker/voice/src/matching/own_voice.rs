//! The moments of voices that the model itself speaks with, measured on what it says.
//!
//! Half a minute of speech is made and analysed, which takes about a second of processor time: so nothing is downloaded, nothing has to be made
//! anew with new weights, and it works for built-in voices, tuned ones and mixes alike.

use kiskadee_text::{Language, normalize};

use crate::analysis::AnalysisStream;
use crate::speaker::{Moments, Profile, Speaker, TooLittleSpeech};
use crate::vocoder::Vocoder;
use crate::{Line, SynthesisError, Synthesizer, VocoderFrames};

#[derive(Debug, thiserror::Error)]
pub enum UnmeasuredVoice {
    #[error(transparent)]
    Synthesis(#[from] SynthesisError),
    #[error("the voice says too little: {0}")]
    Moments(#[from] TooLittleSpeech),
}

/// What a speaker's recordings would be like. Blocks; keep the result.
pub fn profile_of(
    synthesizer: &Synthesizer,
    speaker: Speaker,
    language: Language,
) -> Result<Profile, UnmeasuredVoice> {
    let sentences = normalize(said(language), language);
    let (mut vocoder, mut analysis) = (Vocoder::new(), AnalysisStream::new());
    let mut heard = VocoderFrames::default();
    for sentence in &sentences {
        let line = Line {
            sentence,
            language,
            speaker,
            rate: 1.0,
        };
        for spoken in synthesizer.synthesize(&[line])? {
            append(
                &mut heard,
                analysis.push(&vocoder.synthesize(&spoken.frames)),
            );
        }
    }
    append(&mut heard, analysis.finish());
    Ok(Profile::new(Moments::measure(&heard)?))
}

fn append(to: &mut VocoderFrames, mut more: VocoderFrames) {
    to.f0.append(&mut more.f0);
    to.mel_cepstrum.append(&mut more.mel_cepstrum);
    to.strengths.append(&mut more.strengths);
}

/// Every sound of the language, and statements mostly.
fn said(language: Language) -> &'static str {
    match language {
        Language::English => {
            "The young teacher measured the garden while a cold wind blew over the wall. \
             Few people choose to watch the usual show, though it is better than they think. \
             We found five heavy boxes of oranges beside the old kitchen door. \
             My brother enjoys the quiet view from this bridge every single morning. \
             She asked whether the judge would hear both sides of the case before lunch. \
             A thick layer of dust covered the books that nobody had touched for years. \
             Please put the yellow jar back on the shelf, next to the sugar and the flour. \
             Our boat passed under the bridge, turned north, and reached the harbour at noon. \
             The girl with the blue shirt sang a pleasure song about her journey home. \
             Do you know which of those roads goes up to the village church?"
        }
        Language::Portuguese => {
            "O jovem professor mediu o jardim enquanto um vento frio passava por cima do muro. \
             Pouca gente escolhe assistir ao programa de sempre, embora seja melhor do que pensam. \
             Encontramos cinco caixas pesadas de laranjas ao lado da velha porta da cozinha. \
             Meu irmão gosta da vista tranquila desta ponte todas as manhãs. \
             Ela perguntou se o juiz ouviria os dois lados da questão antes do almoço. \
             Uma camada grossa de poeira cobria os livros que ninguém tocava havia anos. \
             Por favor, ponha o pote amarelo de volta na prateleira, junto do açúcar e da farinha. \
             Nosso barco passou sob a ponte, virou para o norte e chegou ao porto ao meio-dia. \
             A menina de camisa azul cantou uma canção alegre sobre a viagem para casa. \
             Você sabe qual destas estradas sobe até a igreja da vila?"
        }
    }
}
