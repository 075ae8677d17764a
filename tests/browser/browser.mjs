// SPDX-License-Identifier: Apache-2.0
// Debian's Chromium, driven by Playwright, and axe-core in a page. Must never download a browser.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export function load(modules) {
  const require = createRequire(join(modules, 'x.js'));
  return { chromium: require('playwright-core').chromium, axe: readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8') };
}

export const launch = (chromium) =>
  chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });

// What axe-core finds wrong, as text; empty when clean.
export async function findings(page, axe) {
  if (!(await page.evaluate(() => 'axe' in window)))
    await page.evaluate(axe);
  const violations = await page.evaluate(async () => {
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
    const r = await window.axe.run(document, { runOnly: { type: 'tag', values: tags } });
    return r.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join(' | ')}`);
  });
  return violations.join('\n');
}
