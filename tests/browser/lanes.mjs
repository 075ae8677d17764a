// SPDX-License-Identifier: Apache-2.0
// Six lanes and sixty travellers a minute before one officer's eyes: the console in a real browser against a real posternd. Every way out that the
// simulators' own logs tell of was on its lane's tile, and a tile is old when its news is, and only then; the centre goes away, a gate starts anew,
// the post starts anew: node lanes.mjs BUILD SOURCE MODULES. Must never judge how quick the machine is: a tile is held against the news that came.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { launch, load } from './browser.mjs';
import { Daemon, until } from './daemon.mjs';
import { openPage } from './page.mjs';

const [build, source, modules] = process.argv.slice(2);
const { chromium } = load(modules);
const LANES = 6, EACH = 4;
// A traveller takes two seconds, and the next comes so that each lane has ten a minute.
const scenario = `# SPDX-License-Identifier: Apache-2.0
seed: 12
travellers: 1000
own_state: NOR
gap_ms: 3800
devices: {leaf_stroke_ms: 150, lock_ms: 30, bag_ms: 1500}
people: {react_ms: 200, walk_ms: 500, hold_ms: 600, patience_ms: 600000}
mix:
  - {kind: citizen, weight: 1}
`;
const daemon = new Daemon(build, source, 21940, { lanes: LANES, console: true, officer_required: true, link: true });
const lanes = Array.from({ length: LANES }, (_, n) => `lane-${n + 1}`);
let browser;
let officer;

// In the page, before its own code: what came of every lane and what its tile shows, change by change; each tile that shows another state than the
// newest that came, and each that is old although its news is not, or the other way.
function watch() {
  const seen = window.seen = { told: {}, exits: {}, views: {}, wrong: [], stale: {}, looks: 0, heard: {}, longest: 0 };
  const Real = WebSocket;
  window.WebSocket = class extends Real {
    constructor(...args) {
      super(...args);
      this.addEventListener('message', (e) => {
        const m = JSON.parse(e.data);
        const now = performance.now();
        if (m.type === 'lane' && m.connected && m.view) {
          if (seen.heard[m.name] !== undefined)
            seen.longest = Math.max(seen.longest, now - seen.heard[m.name]);
          seen.heard[m.name] = now - m.age_ms;
          if (m.view.state === 'EXIT_OPEN' && seen.views[m.name]?.state !== 'EXIT_OPEN')
            seen.told[m.name] = (seen.told[m.name] ?? 0) + 1;
          seen.views[m.name] = m.view;
          setTimeout(compare, 0);
        } else if (m.type === 'lane') {
          delete seen.heard[m.name];
        }
      });
      this.addEventListener('close', () => { seen.heard = {}; });
    }
  };
  // After the page has had its turn with whatever has come.
  function compare() {
    for (const tile of document.querySelectorAll('.tile')) {
      const v = seen.views[tile.dataset.lane], state = tile.querySelector('p.state').getAttribute('title');
      if (v !== undefined && state !== v.state)
        seen.wrong.push(`${tile.dataset.lane}: shows ${state}, was told ${v.state}`);
    }
  }
  const shown = {};
  new MutationObserver(() => {
    for (const tile of document.querySelectorAll('.tile')) {
      const lane = tile.dataset.lane, state = tile.querySelector('p.state')?.getAttribute('title');
      if (state === 'EXIT_OPEN' && shown[lane] !== state)
        seen.exits[lane] = (seen.exits[lane] ?? 0) + 1;
      shown[lane] = state;
    }
  }).observe(document, { subtree: true, attributes: true, attributeFilter: ['title', 'data-stale'], childList: true });
  let wrongFor = {};
  // The page looks four times a second: what is wrong for longer than that is wrong.
  setInterval(() => {
    for (const tile of document.querySelectorAll('.tile')) {
      const lane = tile.dataset.lane, old = tile.dataset.stale === 'true', heard = seen.heard[lane];
      const age = heard === undefined ? Infinity : performance.now() - heard;
      const wrong = old !== (age > 1000) && (old ? age < 900 : age > 1100);
      wrongFor[lane] = wrong ? (wrongFor[lane] ?? 0) + 1 : 0;
      if (wrongFor[lane] === 10)
        seen.wrong.push(`${lane}: ${old ? 'called old' : 'not called old'} at ${Math.round(age)} ms`);
      if (old)
        seen.stale[lane] = (seen.stale[lane] ?? 0) + 1;
      seen.looks++;
    }
  }, 100);
}

async function login(name) {
  const page = await openPage(browser, { locale: 'en-GB' });
  page.setDefaultTimeout(120000);
  await page.addInitScript(watch);
  await page.goto(daemon.console);
  await page.waitForSelector('form.login');
  const fields = page.locator('form.login input');
  await fields.nth(0).fill(name);
  await fields.nth(1).fill(`demo-${name.split('-')[0]}`);
  await fields.nth(2).fill(daemon.code(name));
  await page.keyboard.press('Enter');
  await page.waitForSelector('#bar .who');
  return page;
}
const fresh = (page) => until('six fresh tiles', async () => await page.locator('.tile[data-stale="false"]').count() === LANES, 60000);
const seen = (page) => page.evaluate(() => window.seen);
// By the simulator's own log.
const left = (lane) => {
  const path = join(daemon.folder, `state/${lane}.gate/truth.jsonl`);
  return existsSync(path) ? readFileSync(path, 'utf8').split('\n').filter((l) => l.includes('"left_by_exit"')).length : 0;
};

before(async () => {
  daemon.start(scenario, 1000);
  browser = await launch(chromium);
  await daemon.ready();
});
after(async () => {
  await browser?.close();
  await daemon.stop();
});

describe('six lanes', () => {
  test('no way out is missed by a tile while sixty travellers a minute come, nor while the centre is away', async () => {
    officer = await login('officer-1');
    await fresh(officer);
    await officer.evaluate(() => { window.seen.stale = {}; window.seen.longest = 0; });
    await officer.keyboard.press('d');
    await until('half of them', () => lanes.every((l) => left(l) >= EACH / 2), 120000);
    daemon.cutLink(true);
    await until('all of them', () => lanes.every((l) => left(l) >= EACH), 120000);
    const away = daemon.lane('lane-1');
    assert.ok(Number(away.head_seq) > Number(away.acked_seq), 'the centre was not away');
    assert.equal(await officer.locator('.tile').count(), LANES);
    daemon.cutLink(false);
    let log, s;
    await until('every lane\'s count is that of its log', async () => {
      log = lanes.map(left);
      s = await seen(officer);
      return lanes.every((l, n) => s.views[l].crossings === log[n] && left(l) === log[n]);
    }, 60000);
    const sum = (counts) => lanes.reduce((n, l) => n + (counts[l] ?? 0), 0);
    console.log(`# ${log.reduce((a, b) => a + b)} travellers by the logs; ways out that the page was told of ${sum(s.told)}, that tiles showed ${sum(s.exits)}; ` +
      `${s.looks} looks at tiles, longest silence of a lane ${Math.round(s.longest)} ms, looks at old tiles ${JSON.stringify(s.stale)}`);
    assert.deepEqual(s.wrong, []);
    assert.deepEqual(s.exits, s.told);
    // A second's silence of a lane makes its tile old, without one no tile was; a shorter one than a person takes to walk out hides nobody.
    if (s.longest < 900)
      assert.deepEqual(s.stale, {});
    if (s.longest < 400)
      assert.deepEqual(lanes.map((l) => s.exits[l]), log);
    await until('the centre has all', () => {
      const u = daemon.lane('lane-1');
      return u && Number(u.acked_seq) > Number(away.head_seq);
    }, 30000);
  });

  test('a gate that starts anew is there again, as the new one that it is', async () => {
    const core = daemon.childPid('lane-3', 'core');
    assert.ok(core > 1);
    const epoch = (await seen(officer)).views['lane-3'].epoch;
    process.kill(core, 'SIGKILL');
    await until('it is a new core that is heard', async () => (await seen(officer)).views['lane-3'].epoch > epoch, 60000);
    await fresh(officer);
    assert.notEqual(daemon.childPid('lane-3', 'core'), core);
    assert.equal((await seen(officer)).views['lane-3'].crossings < 4, true); // counted anew
    assert.deepEqual((await seen(officer)).wrong, []);
    assert.deepEqual(officer.errors.filter((e) => !/40[0-9]|503/.test(e)), []);
  });

  test('a post that starts anew lets its officers in again, and finds every lane', async () => {
    process.kill(daemon.childPid('post-1', 'core'), 'SIGKILL');
    process.kill(daemon.childPid('post-1', 'console'), 'SIGKILL');
    await officer.waitForSelector('form.login', { timeout: 60000 });
    const next = await until('the console is back', () => login('officer-2').catch(() => undefined), 60000);
    await fresh(next);
    assert.deepEqual((await seen(next)).wrong, []);
  });
});
