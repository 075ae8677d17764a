// SPDX-License-Identifier: Apache-2.0
// What a traveller seldom sees, on the display of a real lane whose traveller this test is: another lane, one person, the way back, an emergency:
// node hand.mjs BUILD SOURCE MODULES [FOLDER]. Expected words are the catalogues'. With FOLDER each is drawn there. Must never repeat what failed.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { findings, launch, load } from './browser.mjs';
import { Daemon, until } from './daemon.mjs';
import { codes, openPage } from './page.mjs';

const [build, source, modules, folder] = process.argv.slice(2);
const { chromium, axe } = load(modules);
const words = Object.fromEntries(codes.map((c) => [c, JSON.parse(readFileSync(join(source, `plugins/display/page/catalogue/${c}.json`), 'utf8'))]));
const scenario = `# SPDX-License-Identifier: Apache-2.0
seed: 7
travellers: 1
own_state: NOR
gap_ms: 300
devices: {leaf_stroke_ms: 150, lock_ms: 30, bag_ms: 1500}
people: {react_ms: 300, walk_ms: 400, hold_ms: 600, patience_ms: 600000}
mix:
  - {kind: citizen, weight: 1}
`;
const LANE = 'lane-2';
const daemon = new Daemon(build, source, 22140, { officer_required: true, traveller: true });
let browser;
let page;

const shown = async (show) => {
  await page.waitForSelector(`body[data-show="${show}"]`);
  // Nobody has chosen: the languages take turns.
  const [lang, title] = await page.evaluate(() => [document.documentElement.lang, document.getElementById('title').textContent]);
  assert.equal(title, words[lang].show[show][0]);
  assert.equal(await page.locator('#picture svg').count(), 1);
  assert.equal(await findings(page, axe), '');
  if (folder !== undefined)
    await page.screenshot({ path: join(folder, `hand-${show}.png`) });
};

before(async () => {
  daemon.start(scenario, 1);
  browser = await launch(chromium);
  await daemon.ready();
  page = await openPage(browser, { reducedMotion: 'reduce' });
  page.setDefaultTimeout(120000);
  await page.goto(daemon.url.replace(String(daemon.port + 27), String(daemon.port + 28)));
});
after(async () => {
  await browser?.close();
  await daemon.stop();
});

describe('a lane whose traveller one is', () => {
  test('without an officer on duty: another lane', async () => {
    await until('the lane is idle', () => daemon.lane(LANE)?.gate_state === 'IDLE', 60000);
    daemon.person('put');
    await shown('OTHER_LANE');
    daemon.person('take');
    daemon.tool('lane', 'duty-on', '--lane', LANE, '--officer', 'officer-1');
    await shown('PRESENT_DOCUMENT');
  });

  test('two at once: one person only, and the way back', async () => {
    daemon.person('be tailgater', 'wait shown present-document', 'put', 'wait shown take-document', 'take', 'wait entry open', 'in');
    await shown('ONE_PERSON');
    await until('they are sent back', () => {
      const u = daemon.lane(LANE);
      return u?.waiting_verdict_hash && daemon.tool('officer', 'decide', '--lane', LANE, '--crossing', u.crossing_id, '--decision', 'send-back', '--reason',
        'two.persons', '--officer', 'officer-1', '--key', join(daemon.folder, 'pki/officers/officer-1.key')) !== '';
    }, 60000);
    await shown('GO_BACK');
    daemon.person('wait entry open', 'back');
    await shown('PRESENT_DOCUMENT');
  });

  test('an emergency: leave now, and nothing else', async () => {
    daemon.person('be citizen', 'wait shown present-document', 'put', 'wait shown take-document', 'take', 'wait entry open', 'in', 'press');
    await shown('EMERGENCY');
    assert.equal(await page.isVisible('#access'), false);
    daemon.person('wait exit open', 'out');
    await shown('EMERGENCY'); // for as long as it lasts
    daemon.person('reset');
    await until('the lane is there again', async () => {
      if (['OUT_OF_SERVICE', 'FAULT_LOCKED'].includes(daemon.lane(LANE)?.gate_state))
        daemon.tool('lane', 'resume', '--lane', LANE, '--officer', 'officer-1');
      return await page.getAttribute('body', 'data-show') === 'PRESENT_DOCUMENT';
    }, 120000);
    assert.deepEqual(page.errors, []);
  });
});
