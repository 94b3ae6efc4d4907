"""Speaks through OpenAI's own Python client. Arguments: base URL, API key. Prints one JSON object."""

import json
import sys
import time

import openai

FORMATS = ["mp3", "opus", "aac", "flac", "wav", "pcm"]
TEXT = "The first sentence. And here is the second one. " * 8

client = openai.OpenAI(base_url=sys.argv[1], api_key=sys.argv[2], max_retries=0)
report = {"models": [model.id for model in client.models.list()], "formats": {}}

for name in FORMATS:
    speech = client.audio.speech.create(model="tts-1", voice="alloy", input="Hello there.", response_format=name)
    report["formats"][name] = len(speech.read())

started = time.monotonic()
with client.audio.speech.with_streaming_response.create(
    model="gpt-4o-mini-tts", voice="coral", input=TEXT, response_format="wav", instructions="Speak calmly."
) as response:
    pieces = []
    for piece in response.iter_bytes(4096):
        if not pieces:
            report["first_piece_s"] = time.monotonic() - started
        pieces.append(piece)
    report["whole_s"] = time.monotonic() - started
    report["streamed_bytes"] = sum(map(len, pieces))

with client.audio.speech.with_streaming_response.create(
    model="gpt-4o-mini-tts", voice="sage", input="In events.", response_format="pcm", stream_format="sse"
) as response:
    lines = [line for line in response.iter_lines() if line.startswith("data: ")]
    report["events"] = [json.loads(line.removeprefix("data: "))["type"] for line in lines]

def refusal(kind, ask):
    """What a program shows that prints the exception, and the parts of it."""
    try:
        ask()
    except kind as error:
        return {
            "status": error.status_code,
            "printed": str(error),
            "type": error.type,
            "param": error.param,
            "code": error.code,
        }
    return None


report["model"] = client.models.retrieve("kiskadee").id
report["unknown_voice"] = refusal(
    openai.UnprocessableEntityError,
    lambda: client.audio.speech.create(model="tts-1", voice="nobody", input="Hello."),
)
report["unknown_model"] = refusal(openai.NotFoundError, lambda: client.models.retrieve("gpt-0"))
stranger = openai.OpenAI(base_url=sys.argv[1], api_key="sk-wrong", max_retries=0)
report["wrong_key"] = refusal(openai.AuthenticationError, lambda: stranger.models.list())

print(json.dumps(report))
