// SPDX-License-Identifier: Apache-2.0
// The pictures in docs/img of the traveller's display: node screenshots.mjs BUILD SOURCE MODULES. Not a test. As root.
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
} finally {
  await browser.close();
  await daemon.stop();
}
