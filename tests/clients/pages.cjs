// The pages as a person uses them, by keyboard. Arguments: base URL, name, password. Prints one JSON object; fails at what is wrong.
const assert = require('node:assert/strict');
const { readFileSync } = require('node:fs');
const { chromium } = require('playwright-core');

const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const [base, username, password] = process.argv.slice(2);
const report = { axe: [], errors: [], wide: [] };
const PATIENCE_MS = 60_000;
const MIX = `Blend ${Date.now()}`;

// Nothing that the rules of WCAG forbid, nothing wider than the window.
async function examine(page, name) {
  await page.evaluate(axe);
  const found = await page.evaluate(() => axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] }));
  for (const { id, nodes } of found.violations) report.axe.push(`${name}: ${id} at ${nodes.map((node) => node.target).join(', ')}`);
  const excess = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  if (excess > 0) report.wide.push(`${name}: ${excess} pixels`);
}

// Goes on with the tabulator until an element has the focus, as somebody without a mouse does.
async function reach(page, locator) {
  await locator.waitFor();
  for (let presses = 0; presses < 80; presses += 1) {
    if (await locator.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`the keyboard does not reach ${locator}`);
}

async function press(page, locator) {
  await reach(page, locator);
  await page.keyboard.press('Enter');
}

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

// A player knows how long its sound is only once it has read its head.
async function lengthOf(audio) {
  if (audio.readyState === 0) await new Promise((resolve) => audio.addEventListener('loadedmetadata', resolve, { once: true }));
  return audio.duration;
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
  for (const path of ['/', '/webui/speech', '/webui/voices', '/webui/account', '/webui/account?tab=webhooks', '/webui/admin']) {
    await page.goto(base + path);
    await page.locator('main h1').waitFor();
    await page.waitForLoadState('networkidle');
    await examine(page, path);
  }
}

async function main() {
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--autoplay-policy=no-user-gesture-required'] });
  try {
    const page = await opened(browser, { locale: 'en-US', viewport: { width: 1280, height: 900 } });
    for (const flow of [signIn, batch, csv, speech, voices, every]) await flow(page);
    const state = await page.evaluate(() => sessionStorage.getItem('kiskadee.session'));
    const narrow = await opened(browser, { locale: 'pt-BR', colorScheme: 'dark', viewport: { width: 320, height: 700 } });
    await narrow.addInitScript((kept) => sessionStorage.setItem('kiskadee.session', kept), state);
    await every(narrow);
    report.portuguese = await narrow.locator('h1').innerText();
  } finally {
    await browser.close();
  }
  console.log(JSON.stringify(report));
}

async function opened(browser, options) {
  const page = await (await browser.newContext(options)).newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  page.on('pageerror', (error) => report.errors.push(String(error)));
  // What the content security policy forbids is told on the console.
  page.on('console', (message) => /Content Security Policy/.test(message.text()) && report.errors.push(message.text()));
  return page;
}

main().catch((error) => {
  console.error(error, JSON.stringify(report));
  process.exit(1);
});
