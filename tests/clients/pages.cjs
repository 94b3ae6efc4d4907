// The pages as a person uses them, by keyboard. Arguments: base URL, name, password. Prints one JSON object; fails at what is wrong.
const assert = require('node:assert/strict');
const { launch, lengthOf, opened, press, reach, ...browsers } = require('./keyboard.cjs');

const [base, username, password] = process.argv.slice(2);
const report = { axe: [], errors: [], wide: [] };
const MIX = `Blend ${Date.now()}`;
const KEY = `Key ${Date.now()}`;
const CLONE = `Clone ${Date.now()}`;
const SCREENS = [
  '/', '/webui/speech', '/webui/batch?from=csv', '/webui/voices', '/webui/training', '/webui/account?tab=profile', '/webui/account?tab=storage', '/webui/account?tab=webhooks',
  '/webui/admin', ...['users', 'queue', 'workers', 'failed', 'audit'].map((tab) => `/webui/admin?tab=${tab}`), '/webui/reset#token', '/webui/sign-in?new=1',
];

const examine = (page, name) => browsers.examine(page, name, report);

async function signIn(page) {
  await page.goto(`${base}/webui/batch`);
  await page.waitForURL('**/webui/sign-in?next=*');
  await reach(page, page.getByLabel('Username'));
  await page.keyboard.type(username);
  await page.keyboard.press('Tab');
  await page.keyboard.type('wrong');
  await page.keyboard.press('Enter');
  await page.getByRole('alert').waitFor();
  await examine(page, 'sign-in');
  await reach(page, page.getByLabel('Password'));
  await page.keyboard.press('Control+a');
  await page.keyboard.type(password);
  await page.keyboard.press('Enter');
  await page.waitForURL('**/webui/batch');
}

async function batch(page) {
  await reach(page, page.getByLabel('Texts', { exact: true }));
  await page.keyboard.insertText('One is here.\nTwo is there.');
  await examine(page, 'batch form');
  await press(page, page.getByRole('button', { name: 'Make the batch' }));
  const zip = page.getByRole('button', { name: 'Download as ZIP' });
  await zip.waitFor();
  await examine(page, 'batch');
  const before = await page.locator('tbody').innerText();
  await page.reload();
  await zip.waitFor();
  assert.equal(await page.locator('tbody').innerText(), before);
  const download = page.waitForEvent('download');
  await press(page, zip);
  report.zip = (await download).suggestedFilename();
}

async function csv(page) {
  await page.goto(`${base}/webui/batch?from=csv`);
  const rows = 'text,voice_id,language\n"Fine,\nreally",default,en\nBad,nobody,en\n';
  await page.getByLabel('CSV file').last().setInputFiles({ name: 'x.csv', mimeType: 'text/csv', buffer: Buffer.from(rows) });
  await press(page, page.getByRole('button', { name: 'Make the batch' }));
  report.refused_row = await page.locator('tr.marked').innerText();
  await examine(page, 'csv');
}

async function speech(page) {
  await page.goto(`${base}/webui/speech`);
  await press(page, page.getByRole('button', { name: 'Speak' }));
  await page.locator('audio').waitFor();
  report.streamed_seconds = await page.locator('audio').evaluate(lengthOf);
  await press(page, page.getByRole('button', { name: 'Make a file' }));
  await page.getByRole('button', { name: /Play the file/ }).first().waitFor();
  await examine(page, 'speech');
}

async function voices(page) {
  await page.goto(`${base}/webui/voices`);
  await reach(page, page.getByLabel('Search'));
  await page.keyboard.type('heron');
  await page.waitForURL('**/webui/voices?q=heron*');
  await page.reload();
  await page.locator('strong', { hasText: 'Heron' }).waitFor();
  await press(page, page.getByRole('button', { name: 'Mix voices' }));
  await reach(page, page.getByLabel('Name, to keep the mix as a voice'));
  await page.keyboard.type(MIX);
  await examine(page, 'mix');
  await press(page, page.getByRole('button', { name: 'Keep it as a voice' }));
  await page.locator('dialog').waitFor({ state: 'detached' });
  await page.goto(`${base}/webui/voices?kind=morphed&q=${encodeURIComponent(MIX)}`);
  await press(page, page.getByRole('button', { name: `Delete ${MIX}` }));
  await examine(page, 'delete');
  await press(page, page.getByRole('button', { name: 'Delete it' }));
  await page.getByText('No voice fits.').waitFor();
}

/** A key that is made, shown once, and taken back. */
async function account(page) {
  await page.goto(`${base}/webui/account`);
  await reach(page, page.getByLabel('What the key is for'));
  await page.keyboard.type(KEY);
  await press(page, page.getByRole('button', { name: 'Make a key' }));
  await page.getByText('Copy it now').waitFor();
  await browsers.examineTwice(page, 'keys', report);
  await press(page, page.getByRole('button', { name: `Revoke ${KEY}` }));
  await press(page, page.getByRole('button', { name: 'Revoke it' }));
  await page.locator('tr', { hasText: KEY }).getByText('revoked').waitFor();
}

/** A voice of a recording; before that the microphone is tried, which shows its level. */
async function clone(page) {
  await page.goto(`${base}/webui/voices`);
  await press(page, page.getByRole('button', { name: 'Clone a voice' }));
  await reach(page, page.getByRole('tab', { name: 'Bring a file' }));
  await page.keyboard.press('ArrowRight');
  await press(page, page.getByRole('button', { name: 'Record', exact: true }));
  await page.waitForFunction(() => /scaleX\((0\.[0-9]*[1-9]|1)/.test(document.querySelector('.meter > div').style.transform));
  await press(page, page.getByRole('button', { name: 'Stop recording' }));
  await page.getByText(/^Recorded/).waitFor();
  await browsers.examineTwice(page, 'clone', report);
  await reach(page, page.getByRole('tab', { name: 'Record here' }));
  await page.keyboard.press('ArrowLeft');
  await page.getByLabel('Recordings').setInputFiles({ name: 'x.wav', mimeType: 'audio/wav', buffer: await recording(page) });
  await reach(page, page.getByLabel('Name of the voice'));
  await page.keyboard.type(CLONE);
  await press(page, page.getByLabel(/^I am the speaker/), 'Space');
  await press(page, page.getByRole('button', { name: 'Make the voice' }));
  await page.locator('dialog').waitFor({ state: 'detached' });
  await page.goto(`${base}/webui/voices?kind=cloned&q=${encodeURIComponent(CLONE)}`);
  await press(page, page.getByRole('button', { name: `Delete ${CLONE}` }));
  await press(page, page.getByRole('button', { name: 'Delete it' }));
  await page.getByText('No voice fits.').waitFor();
}

/** What the speech page spoke before, as the API gives it. */
async function recording(page) {
  const { token } = JSON.parse(await page.evaluate(() => sessionStorage.getItem('kiskadee.session')));
  const body = { model: 'tts-1', voice: 'default', response_format: 'wav', input: 'This is long enough, so that a voice can be made of it. It goes on for a little while.' };
  const response = await fetch(`${base}/v1/audio/speech`, { method: 'POST', headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' }, body: JSON.stringify(body) });
  assert.ok(response.ok, String(response.status));
  return Buffer.from(await response.arrayBuffer());
}

/** Who is nobody's administrator is told so, and offline that nothing is lost. */
async function without(page) {
  await page.route('**/auth/me', async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, json: { ...(await response.json()), role: 'user' } });
  });
  await page.goto(`${base}/webui/admin`);
  await page.getByText('This page is for administrators.').waitFor();
  await page.unroute('**/auth/me');
  await page.context().setOffline(true);
  await page.getByText('You are offline.').waitFor();
  await page.context().setOffline(false);
  await page.getByText('You are offline.').waitFor({ state: 'detached' });
}

async function every(page, look) {
  for (const path of SCREENS) {
    await page.goto(base + path);
    await page.locator('main h1').waitFor();
    await page.locator('main .loading').first().waitFor({ state: 'detached' });
    await look(page, path, report);
    if (path.startsWith('/webui/admin')) report.portuguese = await page.locator('h1').innerText();
  }
}

async function main() {
  const browser = await launch();
  try {
    const page = await opened(browser, { locale: 'en-US', viewport: { width: 1280, height: 900 } }, report);
    for (const flow of [signIn, batch, csv, speech, voices, account, clone, without]) {
      const begun = Date.now();
      await flow(page);
      if (process.env.TIMES) console.error(flow.name, Date.now() - begun);
    }
    await every(page, browsers.examineTwice);
    const state = await page.evaluate(() => sessionStorage.getItem('kiskadee.session'));
    const narrow = await opened(browser, { locale: 'pt-BR', colorScheme: 'dark', viewport: { width: 320, height: 700 } }, report);
    await narrow.addInitScript((kept) => sessionStorage.setItem('kiskadee.session', kept), state);
    await every(narrow, browsers.measure);
  } finally {
    await browser.close();
  }
  console.log(JSON.stringify(report));
}

main().catch((error) => {
  console.error(error, JSON.stringify(report));
  process.exit(1);
});
