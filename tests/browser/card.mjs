// SPDX-License-Identifier: Apache-2.0
// An officer with a smart card at the console under TLS, in a real browser against a real posternd: node card.mjs BUILD SOURCE MODULES.
// The card's key lies in a file here; what a reader and a PIN do is the browser's affair. Must never log anybody in by a password.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { findings, launch, load } from './browser.mjs';
import { Daemon, until } from './daemon.mjs';
import { openPage } from './page.mjs';

const [build, source, modules] = process.argv.slice(2);
const { chromium, axe } = load(modules);
const en = JSON.parse(readFileSync(join(source, 'plugins/console/page/catalogue/en.json'), 'utf8'));
const scenario = `# SPDX-License-Identifier: Apache-2.0
seed: 5
travellers: 4
own_state: NOR
gap_ms: 200
devices: {leaf_stroke_ms: 150, lock_ms: 30, bag_ms: 1500}
people: {react_ms: 200, walk_ms: 300, hold_ms: 600, patience_ms: 600000}
mix:
  - {kind: citizen, weight: 1}
`;
const daemon = new Daemon(build, source, 21890, { console: true, officer_required: true, cards: ['officer-1'] });
let browser;

// At the door, with the card of this officer in the reader; null: no card.
async function door(name) {
  const cards = name === null ? [] : [{ origin: new URL(daemon.console).origin, ...daemon.card(name) }];
  const page = await openPage(browser, { locale: 'en-GB', ignoreHTTPSErrors: true, clientCertificates: cards });
  await page.goto(daemon.console);
  await page.waitForSelector('form.login');
  return page;
}
const byCard = (page) => page.getByRole('button', { name: en.card, exact: true });

before(async () => {
  daemon.start(scenario, 4);
  browser = await launch(chromium);
  await daemon.ready();
});
after(async () => {
  await browser?.close();
  await daemon.stop();
});

describe('a smart card', () => {
  test('without one, and with one that is not enrolled, the door stays shut', async () => {
    for (const name of [null, 'officer-2']) {
      const page = await door(name);
      await byCard(page).click();
      await until('it says so', async () => await page.locator('form.login .wrong').textContent() === en['code.login.refused']);
      assert.equal(await page.locator('#bar .who').count(), 0);
      assert.equal(await findings(page, axe), '');
      await page.context().close();
    }
  });

  test('an officer enters by one key, takes the lane, and sees it live', async () => {
    const page = await door('officer-1');
    for (let i = 0; i < 6 && !(await byCard(page).evaluate((e) => e === document.activeElement)); i++)
      await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.waitForSelector('#bar .who');
    assert.match(await page.locator('#bar .who').textContent(), /officer-1/);
    await page.waitForSelector('.tile[data-lane="lane-1"][data-stale="false"]', { timeout: 60000 });
    await page.keyboard.press('d');
    await until('the lane is watched', async () => (await page.locator('.tile').textContent()).includes(`${en.duty}: officer-1`), 60000);
    await page.reload(); // the session outlives the page
    await page.waitForSelector('#bar .who');
    await page.click('#logout');
    await page.waitForSelector('form.login');
    assert.deepEqual(page.errors.filter((e) => !/40[0-9]/.test(e)), []);
  });
});
