// SPDX-License-Identifier: Apache-2.0
// The officers' console in a real browser, against a real posternd with simulated lanes and the real console behind it:
// node console.mjs BUILD SOURCE MODULES [FOLDER]. Expected words are the catalogues'. With FOLDER every view is drawn there too.
// Must never repeat what failed.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { findings, launch, load } from './browser.mjs';
import { Daemon, until } from './daemon.mjs';
import { codes, openPage } from './page.mjs';

const [build, source, modules, folder] = process.argv.slice(2);
const { chromium, axe } = load(modules);
const words = Object.fromEntries(codes.map((c) =>
  [c, JSON.parse(readFileSync(join(source, `plugins/console/page/catalogue/${c}.json`), 'utf8'))]));
const en = words.en;
// Nobody leaves before an officer has decided.
const scenario = `# SPDX-License-Identifier: Apache-2.0
seed: 11
travellers: 400
own_state: NOR
gap_ms: 200
devices: {leaf_stroke_ms: 150, lock_ms: 30, bag_ms: 1500}
people: {react_ms: 200, walk_ms: 300, hold_ms: 600, patience_ms: 600000}
mix:
  - {kind: citizen, weight: 400}
  - {kind: listed, weight: 300}
  - {kind: minor, weight: 150}
  - {kind: wrong-digit, weight: 150}
`;
const daemon = new Daemon(build, source, 21840, { lanes: 3, console: true, officer_required: true });
let browser;
let officer;

async function shot(page, name) {
  if (folder === undefined)
    return;
  await page.screenshot({ path: join(folder, `${name}.png`) });
}

const enter = async (page, name, password, code) => {
  const fields = page.locator('form.login input');
  await fields.nth(0).fill(name);
  await fields.nth(1).fill(password);
  await fields.nth(2).fill(code);
  await page.keyboard.press('Enter');
};
// A code counts once: a second page of the same officer needs the next one, so everybody has one page here.
async function login(name, options = {}) {
  const page = await openPage(browser, { locale: 'en-GB', ...options });
  await page.goto(daemon.console);
  await page.waitForSelector('form.login');
  await enter(page, name, `demo-${name.split('-')[0]}`, daemon.code(name));
  await page.waitForSelector('#bar .who');
  return page;
}
const clean = async (page) => assert.equal(await findings(page, axe), '');
const choose = async (page, code) => {
  await page.selectOption('#language', code);
  await page.waitForSelector(`html[lang=${code}]`);
};
// What stands out of the window, as text.
const outside = (page) => page.evaluate(() => {
  const wrong = [];
  for (const e of document.querySelectorAll('button, h1, h2, p, select, input, li')) {
    const r = e.getBoundingClientRect();
    if (r.width > 0 && (r.left < -1 || r.right > innerWidth + 1))
      wrong.push(`${e.tagName}.${e.className} ${e.textContent.slice(0, 40)} ${Math.round(r.left)}..${Math.round(r.right)}`);
  }
  return wrong.join('\n');
});
const row = (exception) => officer.locator('ol.queue li', { hasText: en[exception] }).first();
const tile = (lane) => officer.locator(`.tile[data-lane="${lane}"]`);

// Opens whoever waits for that reason; travellers keep coming, so that there will be one.
async function openReferral(exception) {
  await officer.keyboard.press('l');
  await until(`somebody waits: ${exception}`, async () => {
    if (await row(exception).count() > 0)
      return true;
    // Whoever else waits is sent back, so that the lane goes on.
    if (await officer.locator('ol.queue li').count() === 3) {
      await officer.keyboard.press('1');
      await officer.waitForSelector('#decide');
      await decide('send-back', 0);
      await officer.waitForSelector('.lanes');
    }
    return false;
  }, 60000);
  await row(exception).locator('button').click();
  await officer.waitForSelector('.referral #decide');
}
// A key pressed in a field is text.
const leaveFields = () => officer.evaluate(() => document.activeElement?.blur());
async function decide(decision, reason) {
  await officer.check(`.decide input[value="${decision}"]`);
  const reasons = await officer.locator('#decision-reason option').evaluateAll((all) => all.map((o) => o.value).filter((v) => v !== ''));
  assert.ok(reasons.length > 0, decision);
  await officer.selectOption('#decision-reason', reasons[reason]);
  await officer.click('#decide');
}

before(async () => {
  daemon.start(scenario, 400);
  browser = await launch(chromium);
  await daemon.ready();
});
after(async () => {
  await browser?.close();
  await daemon.stop();
});

describe('the officers\' console', () => {
  test('nobody comes in with a wrong password, and is told no more than that', async () => {
    const page = await openPage(browser, { locale: 'en-GB' });
    await page.goto(daemon.console);
    await page.waitForSelector('form.login');
    await clean(page);
    await shot(page, 'login-light');
    await enter(page, 'officer-2', 'wrong', daemon.code('officer-2'));
    await until('it is refused', async () => (await page.textContent('p.wrong')) !== '');
    const known = await page.textContent('p.wrong');
    await enter(page, 'nobody', 'wrong', '000000');
    await until('it is refused', async () => await page.locator('form.login button[type=submit]').isEnabled());
    assert.equal(await page.textContent('p.wrong'), known);
    assert.equal(await page.locator('#bar .who').count(), 0);
    await page.context().close();
  });

  test('without an officer on duty nobody comes; with one the lanes begin', async () => {
    officer = await login('officer-1');
    await until('three lanes', async () => await officer.locator('.tile').count() === 3);
    await until('they are fresh', async () => await officer.locator('.tile[data-stale="false"]').count() === 3);
    assert.equal(daemon.travellersDone().length, 0);
    await clean(officer);
    await officer.keyboard.press('d');
    await until('three lanes are watched', async () => (await officer.textContent('.duty')).includes('lane-3'));
    await until('a traveller has passed', () => daemon.travellersDone().length > 0, 60000);
  });

  test('a referral is opened, looked at and decided with the keyboard', async () => {
    await until('somebody waits', async () => await officer.locator('ol.queue li').count() > 0, 60000);
    await shot(officer, 'lanes-light');
    await clean(officer);
    await officer.keyboard.press('1');
    await officer.waitForSelector('.referral #decide');
    await clean(officer);
    assert.equal(await officer.textContent('[data-source="PORTRAIT_PRINTED"] .no-picture'), en.no_printed); // a reader of zones alone
    await shot(officer, 'referral-light');
    await officer.keyboard.press('2');
    assert.ok(await officer.isChecked('.decide input[value="send-back"]'));
    await officer.keyboard.press('ArrowDown');
    assert.notEqual(await officer.inputValue('#decision-reason'), '');
    await officer.keyboard.press('Enter');
    if (await officer.locator('.referral').count() > 0)
      await officer.click('#decide');
    await officer.waitForSelector('.lanes');
    assert.match(await officer.textContent('#said'), new RegExp(en.decided));
  });

  test('a list\'s match is overridden by two officers only', async () => {
    await openReferral('EXCEPTION_DATABASE_HIT');
    await officer.check('.decide input[value="admit"]');
    assert.ok(await officer.isVisible('fieldset.second'));
    await clean(officer);
    await shot(officer, 'override-light');
    const reason = await officer.locator('#decision-reason option').nth(1).getAttribute('value');
    await officer.selectOption('#decision-reason', reason);
    await officer.fill('#second-name', 'officer-1'); // the same one twice
    await officer.fill('#second-password', 'demo-officer');
    await officer.fill('#second-code', '123456');
    await officer.click('#decide');
    await until('it is refused', async () => (await officer.textContent('.decide p.wrong')) !== '');
    await officer.fill('#second-name', 'officer-2');
    await officer.fill('#second-password', 'demo-officer');
    await officer.fill('#second-code', daemon.code('officer-2'));
    await officer.click('#decide');
    await officer.waitForSelector('.lanes');
  });

  test('a refusal has its reason of Annex V and a form to sign', async () => {
    await openReferral('EXCEPTION_MINOR');
    await decide('refuse', 0);
    await officer.waitForSelector('.paper');
    await clean(officer);
    await shot(officer, 'refusal-light');
    await officer.emulateMedia({ media: 'print' });
    await shot(officer, 'refusal-print');
    assert.equal(await officer.isVisible('#bar'), false);
    await officer.emulateMedia({ media: 'screen' });
    await officer.click('#paper-close');
    await officer.keyboard.press('l');
    await officer.waitForSelector('.lanes');
  });

  test('somebody is held, and then goes to the second line', async () => {
    await openReferral('EXCEPTION_DOCUMENT_CHECK_FAILURE');
    const crossing = await officer.textContent('.referral h1');
    await decide('hold', 0);
    await until('the lane has taken it', async () => (await officer.textContent('#said')).includes(en.decided));
    assert.equal(await officer.textContent('.referral h1'), crossing); // still in hand, and to be decided
    await until('it can be decided again', async () => await officer.locator('.decide input[value="second-line"]').isEnabled());
    await decide('second-line', 0);
    await officer.waitForSelector('.lanes');
  });

  test('an order counts as done when the leaves say so', async () => {
    const name = 'lane-2';
    await tile(name).locator('button.pick').click();
    const lock = async () => {
      await tile(name).locator('button.pick').click();
      await officer.selectOption('#order-reason', { index: 1 });
      await officer.click('[data-order="lock"]');
    };
    await lock();
    // Whoever is in the lane then may still be referred, and would wait for ever.
    await until('the lane is locked, and senses it', async () => {
      if (await tile(name).getAttribute('data-waits') === 'true') {
        const crossing = daemon.lane(name)?.crossing_id;
        await tile(name).locator('button.open').click();
        await officer.waitForSelector('#decide');
        await decide('send-back', 0);
        await officer.waitForSelector('.lanes');
        // The next one may be referred before anybody looks.
        await until('the lane goes on', async () => await tile(name).getAttribute('data-waits') !== 'true' || daemon.lane(name)?.crossing_id !== crossing, 60000);
        await lock();
      }
      return (await tile(name).locator('p.asked').textContent()) === `${en['order.ORDER_LOCK']}: ${en['progress.ORDER_CONFIRMED']}`;
    }, 60000);
    assert.match(await tile(name).locator('header').textContent(), new RegExp(en.MODE_LOCKED));
    assert.equal(await officer.locator('[data-order="controlled"], [data-order="free"]').count(), 0); // a supervisor's
    const box = await officer.locator('#assist').boundingBox();
    await officer.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await officer.mouse.down();
    await until('both leaves stand open', async () => (await tile(name).locator('p.state').getAttribute('title')) === 'ASSIST_OPEN');
    await shot(officer, 'assist-light');
    await officer.mouse.up();
    await until('and shut when the button is let go', async () => (await tile(name).locator('p.state').getAttribute('title')) !== 'ASSIST_OPEN');
    const supervisor = await login('supervisor-1');
    await supervisor.waitForSelector(`.tile[data-lane="${name}"]`);
    await supervisor.click(`.tile[data-lane="${name}"] button.pick`);
    await supervisor.selectOption('#order-reason', { index: 1 });
    await clean(supervisor);
    // Locked and empty: people may be let through unchecked, and nobody who looks at the lane can miss it.
    assert.equal(await tile(name).locator('.free').isVisible(), false);
    await until('the supervisor makes it free', async () => {
      if (await tile(name).locator('.free').isVisible())
        return true;
      await supervisor.click('[data-order="free"]');
      return false;
    }, 30000);
    assert.equal(await tile(name).locator('.free').textContent(), en.free_now);
    assert.match(await tile(name).locator('header').textContent(), new RegExp(en.MODE_FREE));
    assert.equal(await tile(name).locator('.free svg').count(), 1);
    await until('its entry stands open', async () => (await tile(name).locator('p.state').getAttribute('title')) === 'INVITING', 30000);
    await clean(supervisor);
    await shot(supervisor, 'free-light');
    await supervisor.click('[data-order="controlled"]');
    await until('the supervisor opens it again', async () => (await tile(name).locator('header').textContent()).includes(en.MODE_CONTROLLED), 30000);
    await supervisor.context().close();
  });

  test('an alarm takes the top of the page until it is acknowledged', async () => {
    const pid = daemon.childPid('lane-3', 'gate');
    assert.ok(pid > 1);
    process.kill(pid, 'SIGKILL');
    await officer.waitForSelector('#notices li[data-loud="true"]');
    await clean(officer);
    await shot(officer, 'alarm-light');
    const top = await officer.locator('#notices').boundingBox();
    assert.ok(top.y <= 1 && top.height > 30);
    await until('every alarm is acknowledged', async () => {
      await officer.keyboard.press('x');
      return await officer.locator('#notices li[data-loud="true"]').count() === 0;
    });
  });

  test('six languages, light and dark, stay within the window and clean', async () => {
    for (const code of codes) {
      await choose(officer, code);
      assert.equal(await officer.getAttribute('html', 'dir'), code === 'ar' ? 'rtl' : 'ltr');
      await until('the tiles are told', async () => await officer.locator('.tile').count() === 3);
      assert.equal(await outside(officer), '', code);
      if (code === 'ar' || code === 'fr')
        await shot(officer, `lanes-${code}`);
    }
    await choose(officer, 'ar');
    await clean(officer);
    await officer.click('#theme');
    await clean(officer);
    await shot(officer, 'lanes-ar-dark');
    await choose(officer, 'en');
    await shot(officer, 'lanes-dark');
    await until('somebody waits', async () => await officer.locator('ol.queue li').count() > 0, 60000);
    await leaveFields();
    await officer.keyboard.press('1');
    await officer.waitForSelector('.referral #decide');
    await clean(officer);
    await shot(officer, 'referral-dark');
    await choose(officer, 'ar');
    await clean(officer);
    assert.equal(await outside(officer), '');
    await shot(officer, 'referral-ar-dark');
    await choose(officer, 'en');
    await officer.click('#theme');
    await leaveFields();
    await officer.keyboard.press('l');
  });

  test('the shift in figures', async () => {
    await officer.keyboard.press('s');
    await until('it is drawn', async () => (await officer.textContent('#main')).includes(en.false_alarm_rate), 20000);
    await clean(officer);
    assert.equal(await outside(officer), '');
    await shot(officer, 'shift-light');
    // Bars are as broad where reading begins at the right: pixels of their colour on the first chart.
    const painted = () => officer.evaluate(() => {
      const c = document.querySelector('.chart canvas');
      const want = getComputedStyle(document.querySelector('.legend .swatch')).backgroundColor.match(/\d+/g).map(Number);
      const all = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
      let n = 0;
      for (let i = 0; i < all.length; i += 4)
        n += all[i] === want[0] && all[i + 1] === want[1] && all[i + 2] === want[2] ? 1 : 0;
      return n;
    });
    const broad = await painted();
    assert.ok(broad > 500, `${broad} pixels of bars`);
    await choose(officer, 'ar');
    await officer.waitForSelector('.chart canvas');
    const turned = await painted();
    assert.ok(turned > broad / 2, `${turned} pixels of bars in Arabic, ${broad} in English`);
    await choose(officer, 'en');
    await officer.waitForSelector('.chart canvas');
    await leaveFields();
    await officer.keyboard.press('?');
    await officer.waitForSelector('dialog.help');
    await clean(officer);
    await shot(officer, 'keys-light');
    await officer.keyboard.press('Escape');
    for (const button of ['#report', '#note']) {
      await officer.click(button);
      await officer.waitForSelector('.paper');
      await clean(officer);
      assert.equal(await outside(officer), '', button);
      await officer.click('#paper-close');
      await officer.waitForSelector('.shift');
    }
    await leaveFields();
    await officer.keyboard.press('l');
  });

  test('an auditor reads who looked, and nothing else', async () => {
    const page = await login('auditor-1');
    assert.equal(await page.locator('#bar nav button').count(), 1);
    await until('looks are listed', async () => (await page.textContent('#main')).includes('officer-1'));
    await clean(page);
    await shot(page, 'audit-light');
    const status = await page.evaluate(async () => (await fetch('/api/shift')).status);
    assert.equal(status, 403);
    assert.deepEqual(page.errors.filter((e) => !/40[13]/.test(e)), []);
    await page.context().close();
  });

  test('an administrator sees accounts and lanes, and opens no referral', async () => {
    const page = await login('administrator-1');
    await page.keyboard.press('o');
    await until('the accounts are told', async () => (await page.textContent('#main')).includes(en.accounts));
    await clean(page);
    await shot(page, 'accounts-light');
    await page.keyboard.press('l');
    await page.waitForSelector('.tile');
    assert.equal(await page.locator('.tile button.open:visible, ol.queue button:enabled').count(), 0);
    await page.context().close();
  });

  test('a lane that stands still is called old, and a console that dies lets its officers in again', async () => {
    assert.deepEqual(officer.errors.filter((e) => !/40[0-9]|503/.test(e)), []);
    const link = daemon.childPid('lane-1', 'post-link');
    assert.ok(link > 1);
    process.kill(link, 'SIGSTOP');
    await until('the tile says that it is old', async () => await tile('lane-1').getAttribute('data-stale') === 'true', 10000);
    await shot(officer, 'stale-light');
    await until('and is fresh again', async () => await tile('lane-1').getAttribute('data-stale') === 'false', 30000);
    process.kill(daemon.childPid('post-1', 'console'), 'SIGKILL');
    await officer.waitForSelector('#notices .away:not([hidden]), form.login');
    await officer.waitForSelector('form.login', { timeout: 30000 });
  });
});
