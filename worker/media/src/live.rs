//! Encodes while it is listened to: nothing is written to a file, headers tell no lengths, and every piece leaves as soon
//! as it is made. FLAC alone waits a little ([`flac`]).

use bytes::Bytes;
use futures::{
    FutureExt as _, Stream, StreamExt, TryStreamExt,
    stream::{self, BoxStream},
};
use kiskadee_shared::format::ResponseFormat;
use tokio_util::io::ReaderStream;

use crate::{
    EncodeError, Encoder, Encoding, SourceError,
    ffmpeg::{Ffmpeg, feed, judge},
    flac, from_source, native, samples,
};

/// Bytes of a piece at most.
const PIECE_BYTES: usize = 16 * 1024;

/// Encoded audio on its way.
pub type Pieces = BoxStream<'static, Result<Bytes, EncodeError>>;

/// How audio is to be encoded for a listener.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LiveEncoding {
    pub source: Encoding,
    /// The rate of bare samples, which cannot tell it; of no meaning for other formats.
    pub bare_rate: u32,
}

impl LiveEncoding {
    /// Needs no ffmpeg.
    fn is_native(&self) -> bool {
        let keeps_rate =
            self.source.format != ResponseFormat::Pcm || self.bare_rate == self.source.sample_rate;
        self.source.is_native() && keeps_rate
    }
}

impl Encoder {
    /// Encodes a stream piece by piece; it ends after its first error. Dropping the answer stops ffmpeg.
    pub fn encode_live<S, E>(&self, encoding: LiveEncoding, audio: S) -> Pieces
    where
        S: Stream<Item = Result<Vec<f32>, E>> + Send + 'static,
        E: Into<SourceError> + 'static,
    {
        let pcm = audio
            .map_err(from_source)
            .map_ok(|samples| samples::to_s16le(&samples));
        if encoding.is_native() {
            return until_error(with_header(encoding.source, pcm)).boxed();
        }
        let program = self.ffmpeg.clone();
        let pieces = stream::once(async move {
            // As with files: a request in line holds no process.
            let mut pcm = Box::pin(pcm.peekable());
            pcm.as_mut().peek().await;
            through_ffmpeg(&program, encoding, pcm)
        });
        let pieces = until_error(pieces.try_flatten()).boxed();
        match encoding.source.format {
            ResponseFormat::Flac => stream::once(flac::held(pieces)).flatten().boxed(),
            _ => pieces,
        }
    }
}

fn through_ffmpeg<S>(
    program: &str,
    LiveEncoding { source, bare_rate }: LiveEncoding,
    pcm: S,
) -> Result<impl Stream<Item = Result<Bytes, EncodeError>> + Send + use<S>, EncodeError>
where
    S: Stream<Item = Result<Vec<u8>, EncodeError>> + Send + Unpin + 'static,
{
    let ffmpeg = Ffmpeg {
        program,
        encoding: source,
    };
    let mut child = ffmpeg.spawn_live(bare_rate)?;
    let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
    let feeding = feed(pcm, stdin).into_stream();
    let feeding = feeding.filter_map(async |fed| fed.err().map(Err));
    let reading = stream::iter(stdout)
        .flat_map(|stdout| ReaderStream::with_capacity(stdout, PIECE_BYTES))
        .map_err(|error| EncodeError::Ffmpeg(error.to_string()));
    let ending = async move { judge(child.wait_with_output().await) }.into_stream();
    let ending = ending.filter_map(async |judged| judged.err().map(Err));
    Ok(stream::select(feeding, reading).chain(ending))
}

/// The samples as they come, behind the header of a WAV file of unknown length.
fn with_header<S>(
    encoding: Encoding,
    pcm: S,
) -> impl Stream<Item = Result<Bytes, EncodeError>> + Send
where
    S: Stream<Item = Result<Vec<u8>, EncodeError>> + Send + 'static,
{
    let mut header = (encoding.format == ResponseFormat::Wav)
        .then(|| native::endless_header(encoding.sample_rate));
    // With the first samples and not before them: an engine's refusal must come first.
    pcm.map_ok(move |samples| {
        header
            .take()
            .unwrap_or_default()
            .into_iter()
            .chain(samples)
            .collect()
    })
    .map_ok(|bytes: Vec<u8>| stream::iter(in_pieces(Bytes::from(bytes)).map(Ok)))
    .try_flatten()
}

pub(crate) fn in_pieces(mut bytes: Bytes) -> impl Iterator<Item = Bytes> {
    std::iter::from_fn(move || {
        let piece = bytes.split_to(bytes.len().min(PIECE_BYTES));
        (!piece.is_empty()).then_some(piece)
    })
}

fn until_error<T>(
    pieces: impl Stream<Item = Result<T, EncodeError>> + Send,
) -> impl Stream<Item = Result<T, EncodeError>> + Send
where
    T: Send,
{
    let mut is_broken = false;
    pieces.take_while(move |piece| {
        let was_broken = std::mem::replace(&mut is_broken, piece.is_err());
        futures::future::ready(!was_broken)
    })
}
