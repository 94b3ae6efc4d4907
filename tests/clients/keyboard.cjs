// A browser that is used by keyboard, and what its pages are examined for.
const { once } = require('node:events');
const { readFileSync } = require('node:fs');
const net = require('node:net');
const { chromium } = require('playwright-core');

const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

/** Examines a page: nothing that the rules of WCAG forbid, nothing wider than the window. What is wrong goes into `report`. */
async function examine(page, name, report) {
  await page.evaluate(axe);
  const found = await page.evaluate((runOnly) => axe.run({ runOnly }), RULES);
  for (const { id, nodes } of found.violations) report.axe.push(`${name}: ${id} at ${nodes.map((node) => node.target).join(', ')}`);
  await measure(page, name, report);
}

/** Nothing may be wider than the window. */
async function measure(page, name, report) {
  const excess = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  if (excess > 0) report.wide.push(`${name}: ${excess} pixels`);
}

/** Examines a page as it is seen by day on a desk and by night on a telephone. */
async function examineTwice(page, name, report) {
  const wide = page.viewportSize();
  for (const [width, colorScheme] of [[wide.width, 'light'], [360, 'dark']]) {
    // In between colours nothing can be read: no transitions.
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await page.setViewportSize({ width, height: wide.height });
    await examine(page, `${name}, ${width}, ${colorScheme}`, report);
  }
  await page.emulateMedia({ colorScheme: null, reducedMotion: null });
  await page.setViewportSize(wide);
}

/** Goes on with the tabulator until an element has the focus, as somebody without a mouse does. */
async function reach(page, locator, most = 80) {
  await locator.waitFor();
  for (let presses = 0; presses < most; presses += 1) {
    if (await locator.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`the keyboard does not reach ${locator}`);
}

async function press(page, locator, key = 'Enter') {
  await reach(page, locator);
  await page.keyboard.press(key);
}

/** A browser whose microphone hears a tone. */
function launch() {
  return chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--autoplay-policy=no-user-gesture-required', '--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream'],
  });
}

/** A way to the system that can be shut, which breaks what is under way and refuses what comes, as a system does that starts anew. */
async function gate(base) {
  const { hostname, port } = new URL(base);
  const sockets = new Set();
  const server = net.createServer((near) => {
    const far = net.connect({ host: hostname, port });
    for (const [one, other] of [[near, far], [far, near]]) {
      sockets.add(one);
      one.on('error', () => other.destroy()).on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  });
  const open = async (at) => {
    server.listen(at, '127.0.0.1');
    await once(server, 'listening');
    return server.address().port;
  };
  const own = await open(0);
  const shut = () => {
    const closed = once(server, 'close');
    server.close();
    sockets.forEach((socket) => socket.destroy());
    return closed;
  };
  return { base: `http://127.0.0.1:${own}`, shut, open: () => open(own) };
}

/** A page whose errors go into `report`. */
async function opened(browser, options, report, patience = 60_000) {
  const page = await (await browser.newContext(options)).newPage();
  page.setDefaultTimeout(patience);
  page.on('pageerror', (error) => report.errors.push(String(error)));
  // What the content security policy forbids is told on the console.
  page.on('console', (message) => /Content Security Policy/.test(message.text()) && report.errors.push(message.text()));
  return page;
}

/** How long a player's sound is, which it knows only once it has read its head. */
async function lengthOf(audio) {
  if (audio.readyState === 0) await new Promise((resolve) => audio.addEventListener('loadedmetadata', resolve, { once: true }));
  return audio.duration;
}

module.exports = { examine, examineTwice, gate, launch, lengthOf, measure, opened, press, reach };
