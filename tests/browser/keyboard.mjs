// SPDX-License-Identifier: Apache-2.0
// A person who has a keyboard and nothing else, at a page: after every key it is held that the focus is somewhere, seen and not covered. Must never
// touch the page in another way than by keys, and fails where a pointer was.
import assert from 'node:assert/strict';
import { until } from './daemon.mjs';

// In the page, before its own code.
function count() {
  window.pointers = 0;
  for (const name of ['pointerdown', 'mousedown', 'touchstart'])
    addEventListener(name, () => window.pointers++, true);
  addEventListener('click', (e) => { window.pointers += e.detail > 0 ? 1 : 0; }, true);
}

// What is wrong with where the focus is; empty when nothing is.
function wrong() {
  const e = document.activeElement;
  if (e === null || e === document.body)
    return 'the focus is nowhere';
  const style = getComputedStyle(e), r = e.getBoundingClientRect(), name = `${e.tagName}#${e.id}.${e.className}`;
  if (!e.matches(':focus-visible') || style.outlineStyle === 'none' || Number.parseFloat(style.outlineWidth) < 2)
    return `${name} has the focus and does not show it`;
  const x = Math.min(Math.max((r.left + r.right) / 2, 1), innerWidth - 1), y = Math.min(Math.max((r.top + r.bottom) / 2, 1), innerHeight - 1);
  if (r.width === 0 || r.right < 0 || r.left > innerWidth || r.bottom < 0 || r.top > innerHeight)
    return `${name} has the focus and is out of sight`;
  const above = document.elementFromPoint(x, y);
  return above !== null && (e.contains(above) || above.contains(e)) ? '' : `${name} has the focus and is covered by ${above?.tagName}.${above?.className}`;
}

export async function keyboardOf(page) {
  await page.addInitScript(count);
  // The page has a turn of its own clock (250 ms) to put right what went away by itself.
  const settled = (what) => until(what, async () => (await page.evaluate(wrong)) === '', 1500).catch(async () => assert.equal(await page.evaluate(wrong), '', what));
  const at = (selector) => page.evaluate((s) => document.activeElement?.matches(s) === true, selector);
  const k = {
    settled,
    press: async (key) => {
      await page.keyboard.press(key);
      await settled(`after ${key}`);
    },
    type: (text) => page.keyboard.type(text),
    // By Tab, forwards.
    to: async (selector) => {
      for (let i = 0; i < 80; i++) {
        if (await at(selector))
          return;
        await page.keyboard.press('Tab');
        if (await at('body')) // behind the last the browser's own controls begin, of which a test has none
          await page.keyboard.press('Tab');
        await settled(`on the way to ${selector}`);
      }
      assert.fail(`no key leads to ${selector}`);
    },
    at,
    // In a list of choices that has the focus.
    choose: async (value) => {
      for (let i = 0; i < 20 && await page.evaluate(() => document.activeElement.value) !== value; i++)
        await page.keyboard.press('ArrowDown');
      assert.equal(await page.evaluate(() => document.activeElement.value), value);
    },
    pointers: () => page.evaluate(() => window.pointers),
  };
  return k;
}
