// SPDX-License-Identifier: Apache-2.0
// Every kind of referral that a lane can be brought to, decided by an officer in the page, and then a whole shift by the keyboard alone: node decisions.mjs
// BUILD SOURCE MODULES [FOLDER]. The travellers are this test's, one by one: at lane-2 with chip and camera, at lane-1 behind a kiosk. What came of a
// decision is read off the tile's sensors and off the lane's journal. With FOLDER each referral is drawn there. Must never repeat what failed.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { findings, launch, load } from './browser.mjs';
import { Daemon, until } from './daemon.mjs';
import { keyboardOf } from './keyboard.mjs';
import { codes, openPage } from './page.mjs';

const [build, source, modules, folder] = process.argv.slice(2);
const { chromium, axe } = load(modules);
const en = JSON.parse(readFileSync(join(source, 'plugins/console/page/catalogue/en.json'), 'utf8'));
const without = join(build, 'plugins/lib/face/models/dlib29/missing.txt');
const faces = !existsSync(without);
const scenario = `# SPDX-License-Identifier: Apache-2.0
seed: 19
travellers: 1
own_state: NOR
gap_ms: 100
devices: {leaf_stroke_ms: 100, lock_ms: 20, bag_ms: 1500}
people: {react_ms: 50, walk_ms: 100, hold_ms: 600, patience_ms: 600000}
chip: {air_kbit: 848, frame_us: 300, command_us: 500, key_ms: 10}
mix:
  - {kind: citizen, weight: 1}
`;
const daemon = new Daemon(build, source, 22340, { console: true, officer_required: true, traveller: true, faces, kiosk: true });
const GATE = 'lane-1', LANE = 'lane-2';
const ports = { [GATE]: daemon.port + 41, [LANE]: daemon.port + 40 };
const person = (lane, ...acts) => daemon.personAt(ports[lane], ...acts);
const PUT = ['wait shown present-document 60', 'put'];
const IN = [...PUT, 'wait shown take-document 60', 'take', 'wait entry open 60', 'in'];
const TAKE = ['wait shown take-document 60', 'take'];
const BACK = ['wait entry open 60', 'back'];
const OUT = ['wait exit open 60', 'out'];
let browser;
let officer;

const tile = (lane) => officer.locator(`.tile[data-lane="${lane}"]`);
const sensed = (lane) => tile(lane).locator('.sensed').textContent();
const leaf = (which, position) => `${en[`leaf_${which}`]} ${en[`LEAF_${position}`]}`;
const ofCrossing = (lane, crossing) => daemon.records(lane).filter((r) => r.crossing_id === crossing);

async function login(page, name) {
  await page.goto(daemon.console);
  await page.waitForSelector('form.login');
  const fields = page.locator('form.login input');
  await fields.nth(0).fill(name);
  await fields.nth(1).fill(`demo-${name.split('-')[0]}`);
  await fields.nth(2).fill(daemon.code(name));
  await page.keyboard.press('Enter');
  await page.waitForSelector('#bar .who');
}

async function opened(lane, exception) {
  await until(`${lane} waits: ${exception}`, async () => await officer.locator(`ol.queue li[data-lane="${lane}"]`, { hasText: en[exception] }).count() > 0, 60000)
    .catch((e) => { throw new Error(`${e.message}; but ${daemon.lane(lane)?.gate_state} ${daemon.lane(lane)?.waiting_exception}\n${daemon.log()}`); });
  await officer.locator(`ol.queue li[data-lane="${lane}"] button`).click();
  await officer.waitForSelector('.referral #decide');
  return daemon.lane(lane).crossing_id;
}

// What is shown as a code has no name: of a check, of a reason, of what decided.
async function named() {
  const text = await officer.locator('.why-is').evaluate((e) => {
    const copy = e.cloneNode(true);
    copy.querySelectorAll('.code, .reason .mono').forEach((c) => c.remove());
    return copy.textContent;
  });
  assert.doesNotMatch(text, /\b(mrz|pa|chip|face|camera|document|eligibility|kiosk)\.[a-z_]+/);
}

async function decide(decision, reason) {
  await officer.check(`.decide input[value="${decision}"]`);
  await officer.selectOption('#decision-reason', reason);
  await officer.click('#decide');
  await until('the lane has taken it', async () => (await officer.textContent('#said')).includes(en.decided));
  if (decision === 'refuse') {
    await officer.waitForSelector('.paper');
    const letter = reason.at(-1);
    const ticked = await officer.locator('.annex input').evaluateAll((all) => all.map((i) => i.checked));
    assert.deepEqual(ticked, [...'abcdefghij'].map((l) => l === letter));
    await officer.click('#paper-close');
    await officer.keyboard.press('l');
  }
  if (decision !== 'hold')
    await officer.waitForSelector('.lanes');
}

// The decision stands in the journal with its reason and its officer, and the crossing ended so.
async function recorded(lane, crossing, decision, reason, outcome) {
  const all = await until(`${lane}: ${outcome}`, () => {
    const rows = ofCrossing(lane, crossing);
    return rows.some((r) => r.kind === 'RECORD_OUTCOME') && rows;
  }, 60000);
  const last = all.filter((r) => r.kind === 'RECORD_DECISION').at(-1);
  assert.deepEqual([last.decision, last.reason_code, last.officer], [`DECISION_${decision.toUpperCase().replace('-', '_')}`, reason, 'officer-1']);
  assert.equal(all.at(-1).outcome, outcome);
}
const empty = (lane) => until(`${lane} is sensed shut and empty`, async () => {
  const text = await sensed(lane);
  return text.includes(leaf('entry', 'LOCKED')) && text.includes(leaf('exit', 'LOCKED')) && text.includes(en.inside_none);
}, 30000);

// who; how they come; exception; decision, reason; what the sensors say then and what the traveller does; how it ends
const inside = [
  ['tailgater', 'EXCEPTION_TAILGATING', 'send-back', 'two.persons', BACK, 'OUTCOME_RETURNED'],
  ...(faces ? [
    ['impostor', 'EXCEPTION_BIOMETRIC_FAILURE', 'second-line', 'identity.doubt', BACK, 'OUTCOME_RETURNED'],
    ['lens-covered', 'EXCEPTION_SYSTEM_MALFUNCTION', 'admit', 'technical.fault', OUT, 'OUTCOME_PASSED'],
  ] : []),
];
const outside = [
  ['cloned-chip', 'EXCEPTION_DOCUMENT_CHECK_FAILURE', 'refuse', 'annex_v.b', 'OUTCOME_REFUSED'],
  ['broken-chip', 'EXCEPTION_NON_EMRTD', 'send-back', 'manual.check', 'OUTCOME_REFERRED'],
  ['listed', 'EXCEPTION_DATABASE_HIT', 'refuse', 'annex_v.h', 'OUTCOME_REFUSED'],
  ['beyond-90', 'EXCEPTION_OVERSTAY', 'refuse', 'annex_v.f', 'OUTCOME_REFUSED'],
  ['expired', 'EXCEPTION_EXPIRED_DOCUMENT', 'refuse', 'annex_v.a', 'OUTCOME_REFUSED'],
  ['no-visa', 'EXCEPTION_INELIGIBLE', 'refuse', 'annex_v.c', 'OUTCOME_REFUSED'],
  ['wrong-digit', 'EXCEPTION_DOCUMENT_CHECK_FAILURE', 'second-line', 'document.doubt', 'OUTCOME_REFERRED'],
  ['minor', 'EXCEPTION_MINOR', 'second-line', 'traveller.vulnerable', 'OUTCOME_REFERRED'],
];

before(async () => {
  await daemon.openKiosk();
  daemon.start(scenario, 1);
  browser = await launch(chromium);
  await daemon.ready();
  officer = await openPage(browser, { locale: 'en-GB' });
  await login(officer, 'officer-1');
  await until('two lanes', async () => await officer.locator('.tile[data-stale="false"]').count() === 2, 60000);
  await officer.keyboard.press('d');
  await until('both are watched', async () => (await officer.textContent('.duty')).includes(LANE), 30000);
});
after(async () => {
  await browser?.close();
  await daemon.stop();
});

describe('every kind of referral is decided in the page', () => {
  for (const [who, exception, decision, reason, acts, outcome] of inside)
    test(`inside: ${who}, ${decision}`, async () => {
      person(LANE, `be ${who}`, ...IN);
      const crossing = await opened(LANE, exception);
      await named();
      assert.match(await officer.textContent('.referral h1 ~ span:nth-of-type(2)'), new RegExp(who === 'tailgater' ? en.inside_more : en.inside_one));
      await decide(decision, reason);
      const way = decision === 'admit' ? 'exit' : 'entry';
      await until(`its ${way} is sensed open`, async () => (await sensed(LANE)).includes(leaf(way, 'OPEN')), 30000);
      person(LANE, ...acts);
      await recorded(LANE, crossing, decision, reason, outcome);
      await empty(LANE);
    });

  for (const [who, exception, decision, reason, outcome] of outside)
    test(`before the gate: ${who}, ${decision}`, async () => {
      person(LANE, `be ${who}`, ...PUT);
      const crossing = await opened(LANE, exception);
      await named();
      if (who === 'cloned-chip') {
        for (const code of codes) { // its checks and reasons have names in every language
          await officer.selectOption('#language', code);
          await officer.waitForSelector(`html[lang=${code}]`);
          await named();
        }
        await officer.selectOption('#language', 'en');
        await officer.waitForSelector('html[lang=en]');
        assert.equal(await findings(officer, axe), '');
      }
      if (folder !== undefined)
        await officer.screenshot({ path: join(folder, `referral-${who}.png`) });
      if (who === 'minor') {
        await decide('hold', 'officer.on_the_way');
        await until('it can be decided again', async () => await officer.locator('.decide input[value="second-line"]').isEnabled());
      }
      await decide(decision, reason);
      person(LANE, ...TAKE);
      await recorded(LANE, crossing, decision, reason, outcome);
      await empty(LANE);
    });

  test('no chip, and admitted by hand: through the gate', async () => {
    person(LANE, 'be broken-chip', ...PUT);
    const crossing = await opened(LANE, 'EXCEPTION_NON_EMRTD');
    await decide('admit', 'identity.confirmed');
    person(LANE, ...TAKE, 'wait entry open 60', 'in');
    await until('its exit is sensed open', async () => (await sensed(LANE)).includes(leaf('exit', 'OPEN')), 30000);
    person(LANE, ...OUT);
    await recorded(LANE, crossing, 'admit', 'identity.confirmed', 'OUTCOME_PASSED');
    await empty(LANE);
  });

  test('at the gate behind a kiosk: issued elsewhere, and spent', async () => {
    const text = spawnSync(join(build, 'plugins/sim-lane/postern-sim-travellers'), ['all', join(daemon.folder, 'scenario/demo.yaml'), '1'], { encoding: 'utf8' }).stdout;
    const zone = text.split('\n').slice(1, 3);
    person(GATE, `mrz ${zone.join(' ')}`, ...PUT);
    let crossing = await opened(GATE, 'EXCEPTION_INELIGIBLE');
    await named();
    await decide('send-back', 'manual.check');
    person(GATE, ...TAKE);
    await recorded(GATE, crossing, 'send-back', 'manual.check', 'OUTCOME_REFERRED');
    const issued = () => daemon.records(GATE).filter((r) => r.kiosk?.phase === 'KIOSK_ISSUED').length;
    daemon.lay(zone);
    await until('the kiosk issues a result', () => issued() === 1, 30000);
    daemon.lay(['--']);
    person(GATE, ...PUT, ...TAKE, 'wait entry open 60', 'in', ...OUT); // the result lets its traveller through, once
    await empty(GATE);
    person(GATE, ...PUT);
    crossing = await opened(GATE, 'EXCEPTION_INELIGIBLE');
    await named();
    assert.equal(ofCrossing(GATE, crossing).find((r) => r.kind === 'RECORD_VERDICT').reason, 'kiosk.redeemed_before');
    await decide('second-line', 'identity.doubt');
    person(GATE, ...TAKE);
    await recorded(GATE, crossing, 'second-line', 'identity.doubt', 'OUTCOME_REFERRED');
    await empty(GATE);
  });

  test('nothing went wrong in the page', () => assert.deepEqual(officer.errors.filter((e) => !/40[0-9]|503/.test(e)), []));
});

describe('a whole shift by the keyboard alone', () => {
  const open = async (name) => {
    const page = await openPage(browser, { locale: 'en-GB' });
    const k = await keyboardOf(page);
    await page.goto(daemon.console);
    await page.waitForSelector('form.login input:focus');
    for (const text of [name, `demo-${name.split('-')[0]}`]) {
      await k.type(text);
      await k.press('Tab');
    }
    await k.type(daemon.code(name));
    await page.keyboard.press('Enter');
    await page.waitForSelector('#bar .who');
    await until('two lanes', async () => await page.locator('.tile[data-stale="false"]').count() === 2, 60000);
    await k.settled('logged in');
    return { page, k };
  };
  const chosen = (page) => page.locator('.tile:has(.pick[aria-pressed="true"])').getAttribute('data-lane');
  const pick = async ({ page, k }, lane) => {
    for (let i = 0; i < 3 && await chosen(page) !== lane; i++) {
      await k.press('j');
      await page.waitForTimeout(100);
    }
    assert.equal(await chosen(page), lane);
  };
  const onDuty = (page, lane, name) => until(`${name} watches ${lane}`,
    async () => (await page.locator(`.tile[data-lane="${lane}"]`).textContent()).includes(`${en.duty}: ${name}`), 30000);
  const state = (page, lane) => page.locator(`.tile[data-lane="${lane}"] p.state`).getAttribute('title');
  const waits = async ({ page, k }) => {
    await until('somebody waits', async () => await page.locator('ol.queue li').count() > 0, 60000);
    const crossing = daemon.lane(LANE).crossing_id;
    await k.press('1');
    await page.waitForSelector('.referral #decide');
    await k.settled('the referral stands');
    return crossing;
  };
  const last = (crossing) => ofCrossing(LANE, crossing).filter((r) => r.kind === 'RECORD_DECISION').at(-1);
  const ended = (crossing, outcome) => until(outcome, () => ofCrossing(LANE, crossing).some((r) => r.outcome === outcome), 60000);
  const confirmed = (page, kind) => until(`${kind} is confirmed`,
    async () => (await page.locator(`.tile[data-lane="${LANE}"] p.asked`).textContent()) === `${en[`order.${kind}`]}: ${en['progress.ORDER_CONFIRMED']}`, 30000);
  let second;

  test('log in and take the lanes over', async () => {
    second = await open('officer-2');
    for (const lane of [GATE, LANE]) {
      await pick(second, lane);
      await second.k.press('w');
      await onDuty(second.page, lane, 'officer-2');
    }
  });

  test('a watchlist match is overridden, with a colleague who types at this keyboard too', async () => {
    const { page, k } = second;
    person(LANE, 'be listed', ...PUT);
    const crossing = await waits(second);
    await k.press('1');
    await k.choose('list.not_this_person');
    for (const [field, text] of [['name', 'officer-1'], ['password', 'demo-officer'], ['code', daemon.code('officer-1')]]) {
      await k.to(`#second-${field}`);
      await k.type(text);
    }
    await k.to('#decide');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.lanes');
    await k.settled('decided');
    person(LANE, ...TAKE, 'wait entry open 60', 'in', ...OUT);
    await ended(crossing, 'OUTCOME_PASSED');
    assert.deepEqual([last(crossing).officer, last(crossing).second_officer], ['officer-2', 'officer-1']);
  });

  test('a refusal, and its form', async () => {
    const { page, k } = second;
    person(LANE, 'be minor', ...PUT);
    const crossing = await waits(second);
    await k.press('5');
    await k.choose('annex_v.c');
    await k.to('#decide');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.paper');
    await k.settled('the form stands');
    await k.to('#paper-close');
    await k.press('Enter');
    await k.to('#back');
    await k.press('Enter');
    await page.waitForSelector('.lanes');
    person(LANE, ...TAKE);
    await ended(crossing, 'OUTCOME_REFUSED');
    assert.equal(last(crossing).reason_code, 'annex_v.c');
  });

  test('both leaves stand open as long as a key is held', async () => {
    const { page, k } = second;
    await pick(second, LANE);
    await until('the lane is idle', async () => await state(page, LANE) === 'IDLE', 30000);
    await k.press('c');
    await k.choose('traveller.help');
    await k.to('#assist');
    await page.keyboard.down(' ');
    await confirmed(page, 'ORDER_ASSIST');
    await page.waitForTimeout(2500); // longer than one asking lasts
    assert.equal(await state(page, LANE), 'ASSIST_OPEN');
    await page.keyboard.up(' ');
    await until('they shut', async () => await state(page, LANE) === 'IDLE', 30000);
    await k.settled('let go');
  });

  test('locked by an officer, opened by the supervisor who takes over', async () => {
    const { k } = second;
    await k.to('[data-order="lock"]');
    await k.press('Enter');
    await confirmed(second.page, 'ORDER_LOCK');
    const boss = await open('supervisor-1');
    for (const lane of [GATE, LANE]) {
      await pick(boss, lane);
      await boss.k.press('w');
      await onDuty(boss.page, lane, 'supervisor-1');
    }
    await boss.k.press('c');
    await boss.k.choose('security.concern');
    await boss.k.to('[data-order="controlled"]');
    await boss.k.press('Enter');
    await confirmed(boss.page, 'ORDER_MODE');
    await until('the officer has handed over', async () => (await second.page.textContent('.duty')).includes(en.duty_mine_none), 30000);
    await k.settled('handed over');
    second.boss = boss;
  });

  test('an alarm is acknowledged', async () => {
    const { page, k } = second;
    process.kill(daemon.childPid(GATE, 'gate'), 'SIGKILL');
    await page.waitForSelector('#notices li[data-loud="true"]');
    await k.to('#notices li[data-loud="true"] button'); // or X, from anywhere
    await k.press('Enter');
    await until('every alarm is acknowledged', async () => {
      if (await page.locator('#notices li[data-loud="true"]').count() === 0)
        return true;
      await k.press('x');
      return false;
    });
    await k.settled('it rings no longer');
  });

  test('the report, and out', async () => {
    const { page, k, boss } = second;
    await k.press('s');
    await page.waitForSelector('.chart canvas');
    await k.press('p');
    await page.waitForSelector('.paper');
    await k.settled('the report stands');
    await k.press('Escape');
    await page.waitForSelector('.shift');
    assert.ok(await k.at('#report'));
    await k.press('?');
    await k.press('Escape');
    assert.ok(await k.at('#report'));
    await k.to('#theme');
    await k.press('Enter');
    for (const each of [second, boss]) {
      await each.k.to('#logout');
      await each.page.keyboard.press('Enter');
      await each.page.waitForSelector('form.login input:focus');
      await each.k.settled('logged out');
      assert.equal(await each.k.pointers(), 0);
      assert.deepEqual(each.page.errors.filter((e) => !/40[0-9]|503/.test(e)), []);
    }
    assert.equal(await page.locator('#bar .who').count(), 0);
  });
});
