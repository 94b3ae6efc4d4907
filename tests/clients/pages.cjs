// The pages as a person uses them, by keyboard. Arguments: base URL, name, password. Prints one JSON object; fails at what is wrong.
const assert = require('node:assert/strict');
const { launch, lengthOf, opened, press, reach, ...browsers } = require('./keyboard.cjs');

const [base, username, password] = process.argv.slice(2);
const report = { axe: [], errors: [], wide: [] };
const MIX = `Blend ${Date.now()}`;

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

async function every(page) {
  for (const path of ['/', '/webui/speech', '/webui/voices', '/webui/training', '/webui/account', '/webui/account?tab=webhooks', '/webui/admin']) {
    await page.goto(base + path);
    await page.locator('main h1').waitFor();
    await page.waitForLoadState('networkidle');
    await examine(page, path);
  }
}

async function main() {
  const browser = await launch();
  try {
    const page = await opened(browser, { locale: 'en-US', viewport: { width: 1280, height: 900 } }, report);
    for (const flow of [signIn, batch, csv, speech, voices, every]) await flow(page);
    const state = await page.evaluate(() => sessionStorage.getItem('kiskadee.session'));
    const narrow = await opened(browser, { locale: 'pt-BR', colorScheme: 'dark', viewport: { width: 320, height: 700 } }, report);
    await narrow.addInitScript((kept) => sessionStorage.setItem('kiskadee.session', kept), state);
    await every(narrow);
    report.portuguese = await narrow.locator('h1').innerText();
  } finally {
    await browser.close();
  }
  console.log(JSON.stringify(report));
}

main().catch((error) => {
  console.error(error, JSON.stringify(report));
  process.exit(1);
});
