// SPDX-License-Identifier: Apache-2.0
// From a person's step at a lane to the changed tile on an officer's screen, and how the console's page loads: the demonstration with six lanes
// and Chromium. node pixel.mjs BUILD SOURCE MODULES [SECONDS]. As root. Must never judge: it prints.
//
// A step is what the simulator's own log says ("entered", "left_by_exit"), with the wall clock in milliseconds; the pixel is the frame after the one in
// which the tile's line of sensors changed, by the same machine's clock.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { launch, load } from '../browser/browser.mjs';
import { Daemon, sleep, until } from '../browser/daemon.mjs';

const [build, source, modules, seconds = '30'] = process.argv.slice(2);
const LANES = 6;
const scenario = `# SPDX-License-Identifier: Apache-2.0
seed: 12
travellers: 1000
own_state: NOR
gap_ms: 1500
devices: {leaf_stroke_ms: 150, lock_ms: 30, bag_ms: 1500}
people: {react_ms: 200, walk_ms: 600, hold_ms: 600, patience_ms: 600000}
mix:
  - {kind: citizen, weight: 1}
`;
const daemon = new Daemon(build, source, 22040, { lanes: LANES, console: true });
const browser = await launch(load(modules).chromium);
const at = (values, share) => values.sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? NaN;

// In the page: every change of a tile's line of sensors, when it has been painted.
function watch(inside) {
  const seen = window.seen = {};
  const last = {};
  new MutationObserver(() => {
    for (const tile of document.querySelectorAll('.tile')) {
      const lane = tile.dataset.lane, is = tile.querySelector('.sensed').textContent.endsWith(inside);
      if (is === last[lane])
        continue;
      const first = last[lane] === undefined;
      last[lane] = is;
      if (!first)
        requestAnimationFrame(() => requestAnimationFrame(() => (seen[lane] ??= []).push([is, Date.now()])));
    }
  }).observe(document, { subtree: true, characterData: true, childList: true });
}

// Milliseconds that the page's main thread has computed, whatever else the machine does.
const computed = async (cdp) => (await cdp.send('Performance.getMetrics')).metrics.find((m) => m.name === 'TaskDuration').value * 1000;

async function firstLoad() {
  const page = await (await browser.newContext({ locale: 'en-GB' })).newPage();
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('Performance.enable', { timeDomain: 'threadTicks' });
  let bytes = 0, files = 0;
  await cdp.send('Network.enable');
  cdp.on('Network.loadingFinished', (e) => { bytes += e.encodedDataLength; files++; });
  await page.goto(daemon.console);
  await page.waitForSelector('form.login input:focus');
  const ms = await page.evaluate(() => performance.now());
  const own = await computed(cdp);
  await page.context().close();
  return { bytes, files, ms, own };
}

function memory() {
  const status = readFileSync(`/proc/${daemon.plugin('console', 'post-1').pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)[1]) / 1024;
}

try {
  daemon.start(scenario, 1000);
  await daemon.ready();
  await firstLoad();
  const loads = [];
  for (let i = 0; i < 5; i++)
    loads.push(await firstLoad());
  console.log(`first load     ${loads[0].files} files, ${(loads[0].bytes / 1000).toFixed(1)} kB as they came (goal 300 kB); ` +
    `ready for the first key after p50 ${at(loads.map((l) => l.ms), 0.5).toFixed(0)} ms of ${loads.length} (goal 1000 ms), ` +
    `${at(loads.map((l) => l.own), 0.5).toFixed(0)} ms of them the page's own thread computing`);
  const en = JSON.parse(readFileSync(join(source, 'plugins/console/page/catalogue/en.json'), 'utf8'));
  const page = await (await browser.newContext({ locale: 'en-GB', viewport: { width: 1280, height: 800 } })).newPage();
  page.setDefaultTimeout(120000);
  await page.addInitScript(watch, en.inside_one);
  await page.goto(daemon.console);
  const fields = page.locator('form.login input');
  await fields.nth(0).fill('officer-1');
  await fields.nth(1).fill('demo-officer');
  await fields.nth(2).fill(daemon.code('officer-1'));
  await page.keyboard.press('Enter');
  await until('six tiles', async () => await page.locator('.tile').count() === LANES, 120000);
  await sleep(2000);
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('Performance.enable', { timeDomain: 'threadTicks' });
  const before = await computed(cdp);
  const from = Date.now();
  await sleep(Number(seconds) * 1000);
  const busy = (await computed(cdp) - before) / (Date.now() - from);
  const seen = await page.evaluate(() => window.seen);
  const late = [];
  let missed = 0;
  for (const [lane, changes] of Object.entries(seen)) {
    const truth = readFileSync(join(daemon.folder, `state/${lane}.gate/truth.jsonl`), 'utf8').split('\n').filter((l) => l !== '').map((l) => JSON.parse(l));
    for (const t of truth.filter((x) => x.wall_ms >= from && ['entered', 'left_by_exit'].includes(x.event) && x.wall_ms < from + Number(seconds) * 1000 - 1000)) {
      const shown = changes.find(([is, when]) => is === (t.event === 'entered') && when >= t.wall_ms && when < t.wall_ms + 1000);
      if (shown === undefined)
        missed++;
      else
        late.push(shown[1] - t.wall_ms);
    }
  }
  console.log(`step to pixel  n ${late.length}, p50 ${at(late, 0.5)} ms, p99 ${at(late, 0.99)} ms, most ${at(late, 1)} ms (goal p99 150 ms); ${missed} not within a second`);
  console.log(`page           its thread computes ${(busy * 100).toFixed(1)} % of the time with ${LANES} lanes`);
  console.log(`console        resident ${memory().toFixed(1)} MiB with ${LANES} lanes and one page; with ten: tests/bench/console`);
  console.log(`machine        load ${readFileSync('/proc/loadavg', 'utf8').split(' ').slice(0, 2).join(' ')}`);
} finally {
  await browser.close();
  await daemon.stop();
}
