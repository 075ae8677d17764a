// SPDX-License-Identifier: Apache-2.0
// The pictures in docs/img of the traveller's display: node screenshots.mjs BUILD SOURCE MODULES. Not a test. As root.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { launch, load } from './browser.mjs';
import { Daemon } from './daemon.mjs';
import { toldPage } from './page.mjs';

const [build, source, modules] = process.argv.slice(2);
const wide = { width: 800, height: 500 };
const tall = { width: 450, height: 800 };
// name, guidance, language, larger view, size, where the exit leaf is
const pictures = [
  ['present', 'PRESENT_DOCUMENT', 'en', false, wide, 'ahead'], ['keep', 'KEEP_DOCUMENT', 'fr', false, wide, 'ahead'],
  ['walk-out', 'WALK_OUT', 'ru', false, wide, 'left'], ['officer', 'WAIT_OFFICER', 'es', true, wide, 'ahead'],
  ['look', 'LOOK_HERE', 'zh', false, tall, 'ahead'], ['take', 'TAKE_DOCUMENT', 'ar', true, tall, 'ahead'],
];
// Every guidance, in one picture for each of these.
const sheets = [['en', false], ['ar', true]];
const shows = Object.keys(JSON.parse(readFileSync(join(source, 'plugins/display/page/catalogue/en.json'), 'utf8')).show);

async function sheet(browser, code, large) {
  const page = await toldPage(browser, daemon.url, { viewport: wide, reducedMotion: 'reduce' }, 'right');
  await page.choose(code);
  if (large)
    await page.click('#access');
  await page.mouse.move(0, 0);
  const cells = [];
  const turns = [['LOOK_HERE', 'TURN_LEFT'], ['LOOK_HERE', 'TURN_RIGHT']];
  for (const [show, advice] of [...shows.filter((s) => s !== 'EMERGENCY').map((s) => [s]), ...turns, ['EMERGENCY']]) {
    await page.tell(show, advice);
    if (advice)
      await page.waitForSelector(`body[data-turn="${advice}"]`);
    await page.evaluate(() => document.activeElement?.blur());
    const picture = (await page.screenshot()).toString('base64');
    cells.push(`<figure><img src="data:image/png;base64,${picture}"><figcaption>${show} ${advice ?? ''}</figcaption></figure>`);
  }
  await page.context().close();
  const all = await browser.newPage({ viewport: { width: 1680, height: 300 } });
  await all.setContent(`<style>body{margin:8px;display:grid;grid-template-columns:repeat(4,1fr);gap:8px;align-content:start;background:#fff;font:600 16px "Noto Sans Mono"}
    figure{margin:0}img{width:100%;display:block}</style>${cells.join('')}`);
  await all.screenshot({ path: join(source, `docs/img/display-all-${code}.png`), fullPage: true });
  await all.close();
}

const daemon = new Daemon(build, source, 21740);
const browser = await launch(load(modules).chromium);
try {
  daemon.start('seed: 7\ntravellers: 1\nown_state: NOR\ngap_ms: 60\ndevices: {leaf_stroke_ms: 150, lock_ms: 30, bag_ms: 1500}\npeople: {react_ms: 60000, walk_ms: 300, hold_ms: 600, patience_ms: 20000}\nmix:\n  - {kind: citizen, weight: 1}\n', 1);
  await daemon.ready();
  for (const [name, show, code, large, viewport, exit] of pictures) {
    const page = await toldPage(browser, daemon.url, { viewport, reducedMotion: 'reduce' }, exit);
    await page.choose(code);
    if (large)
      await page.click('#access');
    await page.tell(show);
    page.hush();
    if (show === 'KEEP_DOCUMENT') {
      page.raw('{"type":"state","show":"KEEP_DOCUMENT","permille":620,"remaining_ms":1900}');
      await page.waitForSelector('#progress:not([hidden])');
    }
    await page.mouse.move(0, 0);
    await page.evaluate(() => document.activeElement?.blur());
    await page.screenshot({ path: join(source, `docs/img/display-${name}.png`) });
    await page.context().close();
  }
  for (const [code, large] of sheets)
    await sheet(browser, code, large);
} finally {
  await browser.close();
  await daemon.stop();
}
