// SPDX-License-Identifier: Apache-2.0
// The pictures in docs/img of the officers' console: node console-screenshots.mjs BUILD SOURCE MODULES. Every view in one picture of four: English and
// Arabic, light and dark; some by themselves as well. Not a test. As root, a few minutes. Must never draw what no daemon has told.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { launch, load } from './browser.mjs';
import { Daemon, until } from './daemon.mjs';
import { openPage } from './page.mjs';

const [build, source, modules] = process.argv.slice(2);
const scenario = `# SPDX-License-Identifier: Apache-2.0
seed: 113
travellers: 300
own_state: NOR
gap_ms: 500
devices: {leaf_stroke_ms: 150, lock_ms: 30, bag_ms: 1500}
people: {react_ms: 200, walk_ms: 300, hold_ms: 600, patience_ms: 600000}
chip: {air_kbit: 848, frame_us: 300, command_us: 500, key_ms: 10}
mix:
  - {kind: citizen, weight: 4}
  - {kind: listed, weight: 2}
  - {kind: minor, weight: 2}
  - {kind: impostor, weight: 2}
`;
const daemon = new Daemon(build, source, 22240, { lanes: 3, console: true, officer_required: true, faces: true });
const browser = await launch(load(modules).chromium);
const variants = [['en', 'light'], ['en', 'dark'], ['ar', 'light'], ['ar', 'dark']];
const LIMIT_MS = 180000;

async function login(name) {
  const page = await openPage(browser, { locale: 'en-GB', reducedMotion: 'reduce' });
  page.setDefaultTimeout(LIMIT_MS);
  await page.goto(daemon.console);
  await page.waitForSelector('form.login');
  if (name === '')
    return page;
  const fields = page.locator('form.login input');
  await fields.nth(0).fill(name);
  await fields.nth(1).fill(`demo-${name.split('-')[0]}`);
  await fields.nth(2).fill(daemon.code(name));
  await page.keyboard.press('Enter');
  await page.waitForSelector('#bar .who');
  return page;
}

async function dress(page, [code, theme]) {
  if (await page.getAttribute('html', 'lang') !== code)
    await page.selectOption('#language', code);
  await page.waitForSelector(`html[lang=${code}]`);
  if (await page.getAttribute('html', 'data-theme') !== theme)
    await page.click('#theme');
  await page.waitForSelector(`html[data-theme=${theme}]`);
  await page.evaluate(() => document.activeElement?.blur());
  await page.mouse.move(640, 799);
}

// name: of the picture; before: what brings the page there again after its language has changed; alone: by themselves too, by variant.
async function view(page, name, before = async () => {}, alone = {}) {
  const cells = [];
  for (const variant of variants) {
    await dress(page, variant);
    await before();
    // The simulator's portraits are cut from photographs of people, whom no picture here shall call a match.
    await page.evaluate(() => {
      document.getElementById('said')?.replaceChildren();
      document.querySelectorAll('.portraits img').forEach((i) => { i.style.filter = 'blur(12px)'; i.style.clipPath = 'inset(0)'; });
    });
    const picture = await page.screenshot();
    cells.push(`<img src="data:image/png;base64,${picture.toString('base64')}">`);
    const own = alone[variant.join('-')];
    if (own !== undefined)
      await page.screenshot({ path: join(source, `docs/img/${own}.png`) });
  }
  await dress(page, variants[0]);
  const all = await browser.newPage({ viewport: { width: 1400, height: 300 } });
  await all.setContent(`<style>body{margin:6px;display:grid;grid-template-columns:1fr 1fr;gap:6px;background:#888}img{width:100%;display:block}</style>${cells.join('')}`);
  await all.screenshot({ path: join(source, `docs/img/console-view-${name}.png`), fullPage: true });
  await all.close();
  console.log(name);
}

try {
  daemon.start(scenario, 100);
  await daemon.ready();
  await view(await login(''), 'login');
  const en = JSON.parse(readFileSync(join(source, 'plugins/console/page/catalogue/en.json'), 'utf8'));
  const officer = await login('officer-1');
  await until('three fresh lanes', async () => await officer.locator('.tile[data-stale="false"]').count() === 3, LIMIT_MS);
  await officer.keyboard.press('d');
  const waiting = officer.locator('ol.queue li');
  const lanes = async () => {
    if (await officer.locator('.paper').count() > 0)
      await officer.click('#paper-close');
    await officer.keyboard.press('l');
    await officer.waitForSelector('.lanes');
  };
  const sendBack = async () => {
    await officer.keyboard.press('1');
    await officer.waitForSelector('#decide');
    await officer.check('.decide input[value="send-back"]');
    await officer.selectOption('#decision-reason', { index: 1 });
    await officer.click('#decide');
    await officer.waitForSelector('.lanes');
  };
  const open = async (exception) => {
    await lanes();
    await until(`somebody waits: ${exception}`, async () => {
      if (await waiting.filter({ hasText: en[exception] }).count() > 0)
        return true;
      if (await waiting.count() === 3)
        await sendBack();
      return false;
    }, LIMIT_MS);
    await waiting.filter({ hasText: en[exception] }).first().locator('button').click();
    await officer.waitForSelector('.referral #decide');
  };

  await open('EXCEPTION_BIOMETRIC_FAILURE');
  await until('three pictures', async () => await officer.locator('.portraits img').count() === 3, LIMIT_MS);
  await view(officer, 'person', () => until('three pictures', async () => await officer.locator('.portraits img').count() === 3, LIMIT_MS));
  await open('EXCEPTION_DATABASE_HIT');
  const admit = async () => {
    await officer.check('.decide input[value="admit"]');
    await until('its two pictures', async () => await officer.locator('.portraits img').count() === 2, LIMIT_MS);
  };
  await view(officer, 'referral', admit, { 'en-light': 'console-referral' });
  await open('EXCEPTION_MINOR');
  // Another theme leaves an open paper alone, another language does not.
  const paper = async (button) => {
    if (await officer.locator('.paper').count() === 0)
      await officer.click(button);
    await officer.waitForSelector('.paper');
  };
  await view(officer, 'form', () => paper('#form'));
  await lanes();
  await open('EXCEPTION_MINOR');
  await view(officer, 'note', () => paper('#note'));
  await lanes();
  await until('two wait', async () => await waiting.count() >= 2, LIMIT_MS);
  await view(officer, 'lanes', async () => {}, { 'ar-dark': 'console-lanes-ar' });
  const free = officer.locator('.tile[data-lane="lane-1"] .free');
  const supervisor = await login('supervisor-1');
  await supervisor.click('.tile[data-lane="lane-1"] button.pick');
  await supervisor.selectOption('#order-reason', 'passage.staffed');
  await until('a lane is free', async () => {
    if (await officer.locator('.tile[data-lane="lane-1"][data-waits="true"]').count() > 0) {
      await officer.click('.tile[data-lane="lane-1"] button.open');
      await officer.waitForSelector('#decide');
      await officer.check('.decide input[value="send-back"]');
      await officer.selectOption('#decision-reason', { index: 1 });
      await officer.click('#decide');
      await officer.waitForSelector('.lanes');
    }
    await supervisor.click('[data-order="free"]');
    return await free.isVisible();
  }, LIMIT_MS);
  await officer.click('.tile[data-lane="lane-1"] button.pick');
  await view(officer, 'free', () => free.waitFor());
  await supervisor.click('[data-order="controlled"]');
  await free.waitFor({ state: 'hidden' });
  await supervisor.context().close();
  process.kill(daemon.childPid('lane-3', 'gate'), 'SIGKILL');
  await officer.waitForSelector('#notices li[data-loud="true"]');
  await until('two wait, and all is fresh', async () => await waiting.count() >= 2 && await officer.locator('.tile[data-stale="true"]').count() === 0, LIMIT_MS);
  await view(officer, 'alarm', async () => {}, { 'en-light': 'console-lanes' });
  while (await officer.locator('#notices li[data-loud="true"]').count() > 0)
    await officer.keyboard.press('x');
  const shift = async () => {
    await officer.keyboard.press('s');
    await officer.waitForSelector('.chart canvas');
  };
  await view(officer, 'shift', shift, { 'en-light': 'console-shift' });
  await view(officer, 'report', async () => {
    if (await officer.locator('.paper').count() === 0)
      await shift();
    await paper('#report');
  });
  await lanes();
  await view(officer, 'keys', async () => {
    if (await officer.locator('dialog.help[open]').count() === 0)
      await officer.keyboard.press('?');
    await officer.waitForSelector('dialog.help');
  });
  await view(await login('auditor-1'), 'audit');
  const administrator = await login('administrator-1');
  await administrator.keyboard.press('o');
  await view(administrator, 'accounts', () => administrator.keyboard.press('o'));
} finally {
  await browser.close();
  await daemon.stop();
}
