// SPDX-License-Identifier: Apache-2.0
// A page of the display in the browser: as it is, or with its guidance given by the test. Must never let an error of the page pass unseen:
// they are in page.errors.
import { until } from './daemon.mjs';

export const codes = ['en', 'fr', 'es', 'ar', 'ru', 'zh'];

export async function openPage(browser, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();
  page.errors = [];
  page.on('pageerror', (e) => page.errors.push(e.message));
  page.on('console', (m) => {
    // A lost connection is what some of these tests are about, and others run beside them.
    if (m.type() === 'error' && !m.text().includes('WebSocket') && !m.text().includes('ERR_CONNECTION_REFUSED'))
      page.errors.push(`${m.text()} ${m.location().url}`);
  });
  return page;
}

// A page whose guidance the test gives; its files still come from the plugin, under the plugin's headers.
export async function toldPage(browser, url, options, exit = 'ahead') {
  const page = await openPage(browser, options);
  let socket;
  await page.routeWebSocket(/\/live$/, (s) => {
    socket = s;
    s.send(JSON.stringify({ type: 'lane', name: '1', exit, languages: codes }));
  });
  let current = '';
  // the plugin's pace
  const pace = setInterval(() => { if (current !== '') socket.send(current); }, 500);
  page.once('close', () => clearInterval(pace));
  page.hush = () => { current = ''; };
  page.tell = async (show, advice) => {
    current = JSON.stringify({ type: 'state', show, advice });
    socket.send(current);
    await page.waitForSelector(`body[data-show="${show}"]`);
  };
  page.raw = (text) => socket.send(text);
  page.choose = async (code) => {
    await page.click(`button[lang=${code}]`);
    await page.waitForSelector(`html[lang=${code}]`);
  };
  await page.goto(url);
  await until('the lane is told', () => page.evaluate(() => document.querySelectorAll('#languages button').length === 6));
  return page;
}
