// Speaks through OpenAI's own JavaScript client. Arguments: base URL, API key. Prints one JSON object.
const OpenAI = require('openai');

// What a program shows that prints the exception, and the parts of it.
async function refusal(ask) {
  try {
    await ask();
  } catch (error) {
    const { status, type, param, code } = error;
    return { status, printed: String(error), type, param, code };
  }
  return null;
}

async function main() {
  const [baseURL, apiKey] = process.argv.slice(2);
  const client = new OpenAI({ baseURL, apiKey, maxRetries: 0 });
  const report = { models: [], formats: {} };

  for await (const model of client.models.list()) report.models.push(model.id);

  for (const response_format of ['mp3', 'opus', 'aac', 'flac', 'wav', 'pcm']) {
    const speech = await client.audio.speech.create({
      model: 'tts-1', voice: 'alloy', input: 'Hello there.', response_format,
    });
    report.formats[response_format] = (await speech.arrayBuffer()).byteLength;
  }

  const speech = await client.audio.speech.create({
    model: 'gpt-4o-mini-tts', voice: 'coral', input: 'The first sentence. And the second one. '.repeat(8), response_format: 'wav',
  });
  report.streamed_bytes = 0;
  for await (const piece of speech.body) report.streamed_bytes += piece.length;

  report.model = (await client.models.retrieve('kiskadee')).id;
  report.unknown_voice = await refusal(() => client.audio.speech.create({ model: 'tts-1', voice: 'nobody', input: 'Hello.' }));
  report.unknown_model = await refusal(() => client.models.retrieve('gpt-0'));
  const stranger = new OpenAI({ baseURL, apiKey: 'sk-wrong', maxRetries: 0 });
  report.wrong_key = await refusal(() => stranger.models.list());

  console.log(JSON.stringify(report));
}

main();
