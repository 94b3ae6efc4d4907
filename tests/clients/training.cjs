// From a ZIP of clips to a voice of one's own, by keyboard. Arguments: base URL, name, password. Prints one JSON object with how many
// presses it took; fails at what is wrong.
const assert = require('node:assert/strict');
const { join } = require('node:path');
const { setTimeout: sleep } = require('node:timers/promises');
const browsers = require('./keyboard.cjs');

const { launch, lengthOf, opened, reach } = browsers;
const [system, username, password] = process.argv.slice(2);
// The browser comes to the system by a gate that can be shut.
let base = system;
let way;
const report = { axe: [], errors: [], wide: [], presses: 0 };
const examine = (page, name) => browsers.examine(page, name, report);
const NAME = `Own voice ${Date.now()}`;
// Training takes a while, also where other work is going on.
const PATIENCE_MS = 600_000;
const SENTENCES = [
  'The kiskadee is a small bird with a loud call.', 'Would you like some tea before we go?', 'Eight thousand people came to see the parade.',
  'She sells her paintings at the market on Sundays.', 'The train to the coast leaves in twenty minutes.', 'My brother enjoys a good book by the fire.',
  'They measured the height of the tower with a rope.', 'A cold wind blew over the empty beach.', 'Nobody knows who wrote this old letter.',
  'The judge listened, and asked two more questions.', 'Please put the yellow cups on the shelf.', 'How far is it from here to the village?',
  'The children found a turtle under the bridge.', 'Fresh bread smells best early in the morning.', 'I thought that the garage was open today.',
  'Our teacher showed us how a volcano works.', 'The nurse gave him water and a clean blanket.', 'We usually watch the news after dinner.',
  'Your choice of music is rather unusual.', 'The boy joined his uncle on the fishing boat.', 'Several houses lost their roofs in the storm.',
  'Can you measure the length of this room?', 'A thin layer of ice covered the lake.', 'The engine made a strange noise and stopped.',
  'He carefully folded the map and put it away.', 'Their daughter plays the cello in the city orchestra.', 'The museum shows pictures of five famous sailors.',
  'Both sides agreed to meet again next week.', 'It was a pleasure to speak with all of you.', 'The long road led them through a quiet valley.',
  'Her voice was calm, but her hands were shaking.', 'Just follow the signs until you reach the church.',
];

async function api(path, body, token) {
  const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
  const ask = () => fetch(system + path, { method: 'POST', headers, body: JSON.stringify(body) });
  let response = await ask();
  while (response.status === 429 || response.status === 503) {
    await sleep(1000 * Number(response.headers.get('retry-after') ?? 1));
    response = await ask();
  }
  assert.ok(response.ok, `${path}: ${response.status} ${response.ok ? '' : await response.text()}`);
  return response;
}

/** Clips that a voice of the house speaks, with what is said in them, as LJSpeech lays them out. */
async function clips(token) {
  const { zip } = await import(join(__dirname, '../../edge/webui/training/zip.js'));
  const entries = [];
  for (const [at, input] of SENTENCES.entries()) {
    const response = await api('/v1/audio/speech', { model: 'tts-1', input, voice: 'default', response_format: 'wav' }, token);
    entries.push({ name: `wavs/clip${at}.wav`, blob: await response.blob() });
  }
  const rows = SENTENCES.map((text, at) => `clip${at}|${text}|${text}`).join('\n');
  const archive = await zip([{ name: 'metadata.csv', blob: new Blob([rows]) }, ...entries]);
  return Buffer.from(await archive.arrayBuffer());
}

/** What a click is for others, which is what is counted. */
async function press(page, locator, key = 'Enter') {
  // The way round a page with a table of segments is long.
  await reach(page, locator, 200);
  await page.keyboard.press(key);
  report.presses += 1;
}

const named = (page, name) => page.getByRole('button', { name, exact: true });

const hasTaken = ({ step, last_step: last }) => !step && last?.name === 'transcribe' && last.outcome === 'completed';

async function gather(page, archive) {
  await page.goto(`${base}/webui/training`);
  const first = page.getByRole('heading', { name: 'Make your first dataset' });
  await first.or(page.getByText('Make another')).first().waitFor();
  // Who has datasets already finds the form below them.
  if (!(await first.isVisible())) await press(page, page.getByText('Make another'));
  await reach(page, page.getByLabel('Name of a new dataset'));
  await page.keyboard.type(NAME);
  await press(page, page.getByLabel(/I have the right to use these recordings/), 'Space');
  await examine(page, 'a new dataset');
  await press(page, named(page, 'Make the dataset'));
  await page.getByText('There are no recordings.').waitFor();
  await reach(page, page.getByLabel('Recordings, or a ZIP of them'));
  await page.getByLabel('Recordings, or a ZIP of them').setInputFiles({ name: 'clips.zip', mimeType: 'application/zip', buffer: archive });
  report.presses += 1;
  // The words may be there so soon that nothing is seen of their step.
  const words = page.waitForResponse(async (response) => /dataset\/stats/.test(response.url()) && hasTaken(await response.json()), { timeout: PATIENCE_MS });
  await press(page, named(page, 'Cut them and take their words'));
  await words;
  await named(page, 'Go to training').waitFor();
}

/** The other ways of recordings into a dataset, tried without bringing any. */
async function otherWays(page) {
  await reach(page, page.getByRole('tab', { name: 'Files' }), 200);
  await page.keyboard.press('ArrowRight');
  await browsers.press(page, page.getByRole('button', { name: 'Record', exact: true }));
  await page.waitForFunction(() => /scaleX\((0\.[0-9]*[1-9]|1)/.test(document.querySelector('.meter > div').style.transform));
  await page.keyboard.press('Enter');
  await page.getByText(/^Recorded/).waitFor();
  await named(page, 'Take again').waitFor();
  await examine(page, 'reading aloud');
  await reach(page, page.getByRole('tab', { name: 'Read aloud' }), 200);
  await page.keyboard.press('ArrowRight');
  await reach(page, page.getByLabel('Addresses, one a line'));
  await page.keyboard.type('file:///etc/passwd');
  await browsers.press(page, named(page, 'Fetch them'));
  await page.getByText('This is no address').waitFor();
  await page.reload();
  await page.getByLabel('Addresses, one a line').waitFor();
  await examine(page, 'addresses');
}

/** The table of segments by its keys: one is heard, one is rejected and taken back, words are changed. */
async function lookThrough(page) {
  const row = page.locator('tr[tabindex="0"]');
  await reach(page, row);
  await page.keyboard.press('Space');
  await row.getByRole('button', { name: /^■?\s*Stop/ }).waitFor();
  await page.keyboard.press('x');
  await row.getByText('rejected').waitFor();
  await page.keyboard.press('x');
  await row.getByText('accepted').waitFor();
  await row.locator('.outline svg').waitFor();
  await page.keyboard.press('b');
  await page.getByRole('heading', { name: 'Move its edges' }).waitFor();
  await examine(page, 'edges');
  await page.keyboard.press('Escape');
  await page.waitForFunction(() => document.activeElement.tagName === 'TR');
  await page.keyboard.press('e');
  await page.keyboard.press('End');
  await page.keyboard.type(' Indeed.');
  const kept = page.waitForResponse((response) => response.request().method() === 'PATCH');
  await page.keyboard.press('Enter');
  await kept;
  report.edited = await row.locator('textarea').inputValue();
  await examine(page, 'dataset');
}

async function train(page) {
  await press(page, named(page, 'Go to training'));
  await page.getByText('About', { exact: true }).waitFor();
  report.voice = await page.getByLabel('Name of the voice').inputValue();
  await press(page, named(page, 'Start training'));
  await page.getByRole('heading', { name: NAME }).waitFor();
  const address = page.url();
  await page.reload();
  await page.getByRole('heading', { name: NAME }).waitFor();
  assert.equal(page.url(), address);
  await named(page, 'Stop').waitFor();
  await examine(page, 'a run under way');
  await interrupted(page);
  await named(page, 'Listen and compare').waitFor({ timeout: PATIENCE_MS });
  await page.locator('path.curve').first().waitFor();
  await examine(page, 'a run that has ended');
}

/** The system is gone for a while in mid-run, and comes back: the page says so, and goes on by itself. */
async function interrupted(page) {
  await way.shut();
  const lost = page.getByText('The site cannot be reached just now.');
  await lost.waitFor();
  await way.open();
  await lost.waitFor({ state: 'detached' });
}

async function listen(page) {
  await press(page, named(page, 'Listen and compare'));
  await press(page, page.getByRole('button', { name: /Speak$/ }));
  const spoken = page.locator('audio');
  const refused = page.getByRole('alert');
  await spoken.or(refused).first().waitFor();
  assert.equal(await refused.count(), 0, (await refused.allInnerTexts()).join());
  report.checkpoint_seconds = await page.locator('audio').evaluate(lengthOf);
  report.presses_to_hear = report.presses;
  await press(page, named(page, 'Make it a voice'));
  const speakWith = page.getByRole('link', { name: 'Speak with it' });
  await speakWith.waitFor();
  await examine(page, 'inference');
  report.inference = page.url();
  await press(page, speakWith);
  await press(page, page.getByRole('button', { name: /Speak$/ }));
  await page.getByRole('button', { name: 'Save as WAV' }).waitFor();
  report.spoken_by = await page.getByLabel('Voice', { exact: true }).evaluate((select) => select.selectedOptions[0].textContent);
  report.voice_seconds = await page.locator('audio').evaluate(lengthOf);
}

/** A pair is heard without names, and named after the vote. */
async function compare(page) {
  await page.goto(report.inference);
  await browsers.press(page, named(page, 'Make the pairs'));
  await browsers.press(page, named(page, 'The second is better'));
  await page.getByText(/^You preferred the/).waitFor();
  await page.reload();
  await page.getByText(/^You preferred the/).waitFor();
  await examine(page, 'comparison');
}

async function signedIn(browser, options, session) {
  const page = await opened(browser, options, report);
  await page.addInitScript((kept) => sessionStorage.setItem('kiskadee.session', kept), session);
  return page;
}

async function main() {
  const { access_token: token } = await (await api('/auth/login', { username, password })).json();
  const session = JSON.stringify({ token, expiresAt: Date.now() + 3_600_000 });
  const archive = await clips(token);
  way = await browsers.gate(system);
  base = way.base;
  const browser = await launch();
  try {
    const page = await signedIn(browser, { locale: 'en-US', viewport: { width: 1280, height: 900 } }, session);
    await gather(page, archive);
    const ready = page.url();
    await otherWays(page);
    await lookThrough(page);
    await train(page);
    await listen(page);
    await compare(page);
    const narrow = await signedIn(browser, { locale: 'pt-BR', colorScheme: 'dark', viewport: { width: 320, height: 700 } }, session);
    for (const tab of ['dataset', 'training', 'inference']) {
      const address = new URL(tab === 'dataset' ? ready : report.inference);
      address.searchParams.set('tab', tab);
      await narrow.goto(address.href);
      await narrow.locator('main h2').first().waitFor();
      await narrow.waitForTimeout(1_500);
      await examine(narrow, `${tab}, narrow`);
    }
    report.portuguese = await narrow.locator('h1').innerText();
  } finally {
    await browser.close();
    await way.shut();
  }
  console.log(JSON.stringify(report));
}

main().catch((error) => {
  console.error(error, JSON.stringify(report));
  process.exit(1);
});
