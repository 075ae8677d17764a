// SPDX-License-Identifier: Apache-2.0
// The three pictures of a referral in a real browser: the live face, the chip's and the one that the lane's reader has cut from the data page, against a
// real posternd with a simulated camera and a document whose portrait was substituted: node portraits.mjs BUILD SOURCE MODULES [FOLDER]. Must never repeat
// what failed.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { findings, launch, load } from './browser.mjs';
import { Daemon, until } from './daemon.mjs';
import { openPage } from './page.mjs';

const [build, source, modules, folder] = process.argv.slice(2);
const { chromium, axe } = load(modules);
const en = JSON.parse(readFileSync(join(source, 'plugins/console/page/catalogue/en.json'), 'utf8'));
const missing = join(build, 'plugins/lib/face/models/dlib29/missing.txt');
const skip = existsSync(missing) ? readFileSync(missing, 'utf8').trim() : false;
const LIMIT_MS = 120000, TRAVELLERS = 6;
const scenario = `# SPDX-License-Identifier: Apache-2.0
seed: 119
travellers: ${TRAVELLERS}
own_state: NOR
gap_ms: 200
devices: {leaf_stroke_ms: 150, lock_ms: 30, bag_ms: 1500}
people: {react_ms: 200, walk_ms: 300, hold_ms: 600, patience_ms: 600000}
chip: {air_kbit: 848, frame_us: 300, command_us: 500, key_ms: 10}
mix:
  - {kind: photo-substituted, weight: 1}
`;
const daemon = new Daemon(build, source, 22440, { console: true, officer_required: true, faces: true });
const order = ['PORTRAIT_LIVE', 'PORTRAIT_CHIP', 'PORTRAIT_PRINTED'];
let browser;

before(async () => {
  if (skip)
    return;
  daemon.start(scenario, TRAVELLERS);
  browser = await launch(chromium);
  await daemon.ready();
});
after(async () => {
  await browser?.close();
  await daemon.stop();
});

async function sendBack(page) {
  await page.check('.decide input[value="send-back"]');
  await page.selectOption('#decision-reason', { index: 1 });
  await page.click('#decide');
  await page.waitForSelector('.lanes');
}

test('the printed portrait stands beside the chip\'s and the live face', { skip }, async () => {
  const page = await openPage(browser, { locale: 'en-GB' });
  page.setDefaultTimeout(LIMIT_MS);
  await page.goto(daemon.console);
  await page.waitForSelector('form.login');
  const fields = page.locator('form.login input');
  await fields.nth(0).fill('officer-1');
  await fields.nth(1).fill('demo-officer');
  await fields.nth(2).fill(daemon.code('officer-1'));
  await page.keyboard.press('Enter');
  page.errors.length = 0; // who is not logged in yet is told so
  await until('the lane is fresh', async () => await page.locator('.tile[data-stale="false"]').count() === 1, LIMIT_MS);
  await page.keyboard.press('d');
  // On a machine that gives the matcher no time somebody is referred for that: they are sent back, and the next one comes.
  const waiting = page.locator('ol.queue li');
  await until('somebody\'s face does not match', async () => {
    if (await waiting.count() === 0)
      return false;
    const found = await waiting.filter({ hasText: en.EXCEPTION_BIOMETRIC_FAILURE }).count() > 0;
    await waiting.first().locator('button').click();
    await page.waitForSelector('.referral #decide');
    if (!found)
      await sendBack(page);
    return found;
  }, LIMIT_MS);
  await until('three pictures', async () => await page.locator('.portraits img').count() === 3, LIMIT_MS);
  assert.equal(await findings(page, axe), '');
  const seen = await page.$$eval('.portraits figure', (all) => all.map((f) => {
    const image = f.querySelector('img'), r = image.getBoundingClientRect();
    return { source: f.dataset.source, label: f.querySelector('figcaption').textContent, left: r.left, top: r.top, width: r.width, height: r.height, bottom: r.bottom,
      pixels: [image.naturalWidth, image.naturalHeight], src: image.src };
  }));
  assert.deepEqual(seen.map((s) => s.source), order);
  assert.deepEqual(seen.map((s) => s.label), [en.portrait_live, en.portrait_chip, en.portrait_printed]);
  for (const [n, s] of seen.entries()) {
    assert.ok(Math.abs(s.top - seen[0].top) < 1 && Math.abs(s.width - seen[0].width) < 1 && Math.abs(s.height - seen[0].height) < 1 && s.width > 60, `${s.source}: in one row, of one size`);
    assert.ok(n === 0 || s.left >= seen[n - 1].left + seen[n - 1].width, `${s.source}: beside the one before`);
    assert.ok(s.bottom <= 800, `${s.source}: within the window`);
  }
  assert.deepEqual(seen[2].pixels, [413, 531]);
  // Byte for byte what was printed on one of the documents, which all differ.
  const pages = join(daemon.folder, 'issued/pages'), issued = readdirSync(pages).map((name) => readFileSync(join(pages, name)));
  assert.equal(issued.length, TRAVELLERS);
  const [printed, chip] = await page.evaluate((urls) => Promise.all(urls.map(async (url) => {
    const a = await fetch(url);
    return { type: a.headers.get('content-type'), cache: a.headers.get('cache-control'), bytes: [...new Uint8Array(await a.arrayBuffer())] };
  })), [seen[2].src, seen[1].src]);
  assert.equal(printed.type, 'image/jpeg');
  assert.equal(printed.cache, 'no-store');
  assert.equal(issued.filter((bytes) => bytes.equals(Buffer.from(printed.bytes))).length, 1);
  assert.notDeepEqual(printed.bytes, chip.bytes);
  if (folder !== undefined)
    await page.screenshot({ path: join(folder, 'portraits.png') });
  // Sent back: nothing of the crossing is left to look at.
  await sendBack(page);
  await until('the picture is gone', () => page.evaluate(async (url) => (await fetch(url)).status === 404, seen[2].src), LIMIT_MS);
  assert.deepEqual(page.errors.filter((e) => !/404/.test(e)), []);
});
