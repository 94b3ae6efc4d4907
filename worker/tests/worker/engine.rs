//! An engine for tests: `slow 500` speaks for half a second, `hang` never ends, `deaf` does not even heed a cancellation,
//! `panic`, `reject`, `retry` and `fatal` do what they say, and everything else is spoken at once.

use std::time::Duration;

use futures::{FutureExt as _, StreamExt as _, stream};
use kiskadee_speech::{
    AudioChunk, Engine, EngineInfo, Engines, SpeechError, SpeechRequest, Utterance, Voice,
    VoiceKind,
};
use tokio::time::sleep;

pub(crate) struct Parrot {
    info: EngineInfo,
}

pub(crate) fn engines() -> Engines {
    let voice = Voice {
        id: "parrot-polly".to_owned(),
        engine: "parrot".to_owned(),
        name: "Polly".to_owned(),
        kind: VoiceKind::Builtin,
        languages: vec!["en".to_owned()],
        licence: kiskadee_speech::Licence::new("MIT", kiskadee_speech::CommercialUse::Yes),
    };
    let info = EngineInfo {
        name: "parrot".to_owned(),
        description: "does as it is told".to_owned(),
        sample_rate: 8000,
        languages: vec!["en".to_owned()],
        quality_profiles: Vec::new(),
        voices: vec![voice],
    };
    Engines::new([std::sync::Arc::new(Parrot { info }) as std::sync::Arc<dyn Engine>])
}

impl Engine for Parrot {
    fn info(&self) -> &EngineInfo {
        &self.info
    }

    fn speak(&self, batch: Vec<SpeechRequest>) -> Vec<Result<Utterance, SpeechError>> {
        assert!(batch.iter().all(|request| request.text != "panic at once"));
        batch.into_iter().map(utterance).collect()
    }
}

fn utterance(request: SpeechRequest) -> Result<Utterance, SpeechError> {
    if request.text == "reject" {
        return Err(SpeechError::Reject("it cannot be said".to_owned()));
    }
    Ok(Utterance {
        voice_id: "parrot-polly".to_owned(),
        sample_rate: 8000,
        stretch: 1.0,
        audio: stream::once(speak(request)).boxed(),
    })
}

async fn speak(request: SpeechRequest) -> Result<AudioChunk, SpeechError> {
    if request.text == "deaf" {
        return std::future::pending().await;
    }
    let work = act(&request.text);
    let spoken = request.cancel.run_until_cancelled(work).boxed().await;
    spoken.unwrap_or(Err(SpeechError::Cancelled))
}

async fn act(text: &str) -> Result<AudioChunk, SpeechError> {
    let mut words = text.split(' ');
    match (words.next(), words.next()) {
        (Some("slow"), Some(milliseconds)) => {
            sleep(Duration::from_millis(milliseconds.parse().unwrap())).await;
        }
        (Some("hang"), _) => std::future::pending().await,
        (Some("panic"), _) => panic!("as told"),
        (Some("retry"), _) => return Err(SpeechError::Retry("not this time".to_owned())),
        (Some("fatal"), _) => return Err(SpeechError::Fatal("the device is poisoned".to_owned())),
        _ => {}
    }
    Ok(AudioChunk {
        samples: vec![0.1; 800],
        spoken: 1.0,
        ..AudioChunk::default()
    })
}
