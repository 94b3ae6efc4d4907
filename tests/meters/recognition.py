"""What Whisper hears in recordings. One thread; the same answer each time."""

import faster_whisper

import whisper_model

RATE = 16_000


class Recogniser:
    def __init__(self, folder):
        self.model = faster_whisper.WhisperModel(
            str(whisper_model.ensure(folder)),
            device="cpu",
            compute_type="int8",
            cpu_threads=1,
            num_workers=1,
            local_files_only=True,
        )

    def hear(self, path, language):
        """The text of a recording, and its seconds."""
        samples = faster_whisper.decode_audio(str(path), RATE)
        if not len(samples):
            return "", 0.0
        # A language that is guessed, a second try at another temperature or the text before would each blur the comparison.
        segments, _ = self.model.transcribe(
            samples,
            language=language,
            beam_size=5,
            temperature=0.0,
            condition_on_previous_text=False,
            without_timestamps=True,
            vad_filter=False,
        )
        return " ".join(segment.text.strip() for segment in segments), len(samples) / RATE
