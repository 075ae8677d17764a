// SPDX-License-Identifier: Apache-2.0
// The traveller's display in a real browser, against a real posternd with a simulated lane: node display.mjs BUILD SOURCE MODULES.
// Expected words are the catalogues'; expected guidance is the lane's table (docs/gate-table.md). Must never repeat what failed.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { findings, launch, load } from './browser.mjs';
import { Daemon, sleep, until } from './daemon.mjs';
import { codes, openPage, toldPage } from './page.mjs';

const [build, source, modules] = process.argv.slice(2);
const { chromium, axe } = load(modules);
const words = Object.fromEntries(codes.map((c) =>
  [c, JSON.parse(readFileSync(join(source, `plugins/display/page/catalogue/${c}.json`), 'utf8'))]));
const shows = Object.keys(words.en.show);
// One of each; paced so that a person could read along.
const scenario = `# SPDX-License-Identifier: Apache-2.0
seed: 7
travellers: 8
own_state: NOR
gap_ms: 300
devices: {leaf_stroke_ms: 150, lock_ms: 30, bag_ms: 1500}
people: {react_ms: 300, walk_ms: 400, hold_ms: 600, patience_ms: 20000}
mix:
  - {kind: citizen, weight: 400}
  - {kind: minor, weight: 200}
  - {kind: wrong-digit, weight: 200}
  - {kind: tailgater, weight: 200}
`;
const daemon = new Daemon(build, source, 21640);
let browser;

const open = (options) => openPage(browser, options);
const told = (options, exit) => toldPage(browser, daemon.url, options, exit);
const title = (page) => page.textContent('#title');

before(async () => {
  daemon.start(scenario, 8);
  browser = await launch(chromium);
  await daemon.ready();
});
after(async () => {
  await browser?.close();
  await daemon.stop();
});

// In the page, and at once: presses each language's button and measures. What does not fit or is not what the catalogue says.
function lookAtAll(expected) {
  const out = (e) => {
    const r = e.getBoundingClientRect();
    return r.left < -1 || r.top < -1 || r.right > innerWidth + 1 || r.bottom > innerHeight + 1;
  };
  const wrong = [];
  for (const [code, [first, second]] of Object.entries(expected)) {
    document.querySelector(`button[lang=${code}]`).click();
    const place = document.getElementById('words');
    const heading = document.getElementById('title');
    const hint = document.getElementById('hint');
    const size = parseFloat(getComputedStyle(heading).fontSize) / Math.min(innerWidth, innerHeight);
    if (heading.textContent !== first || hint.textContent !== second)
      wrong.push(`${code}: other words`);
    if (document.documentElement.dir !== (code === 'ar' ? 'rtl' : 'ltr') || document.documentElement.lang !== code)
      wrong.push(`${code}: direction or language`);
    if (place.scrollHeight > place.clientHeight || place.scrollWidth > place.clientWidth)
      wrong.push(`${code}: words are cut`);
    if (size < 0.06)
      wrong.push(`${code}: title of ${size.toFixed(3)} of the shorter side`);
    for (const e of document.querySelectorAll('h1, #hint, button, #picture svg'))
      if (out(e))
        wrong.push(`${code}: ${e.id || e.tagName} leaves the screen`);
  }
  return wrong;
}

// What the catalogues say of a guidance; of a turn of the head that is asked for.
const expected = (show) => Object.fromEntries(codes.map((c) => [c, [words[c].show[show][0], show === 'WALK_OUT' ? words[c].exit.ahead : words[c].show[show][1]]]));
const turned = (side) => Object.fromEntries(codes.map((c) => [c, [words[c].turn[side], words[c].turn_back]]));

// The lane's own way takes its time: what the test tells a page is looked at meanwhile.
describe('display', { concurrency: 2 }, () => {
describe('the lane', { concurrency: 1 }, () => {
test('shows each guidance while the lane is in it, and agrees with the lane', { timeout: 120000 }, async () => {
  const page = await open();
  await page.addInitScript(() => {
    window.seen = [];
    new MutationObserver(() => {
      const show = document.body?.dataset.show;
      if (show && window.seen.at(-1) !== show)
        window.seen.push(show);
    }).observe(document, { subtree: true, attributes: true, attributeFilter: ['data-show'], childList: true });
  });
  await page.goto(daemon.url);
  // What a state of the lane's table shows when it lasts; asked on both sides of the look, so that a change between is no mismatch.
  const table = { IDLE: ['PRESENT_DOCUMENT'], ELIGIBILITY: ['KEEP_DOCUMENT'], DOC_READ: ['TRY_AGAIN'], DOC_TAKE_BACK: ['TAKE_DOCUMENT'],
    ENTRY_OPEN: ['WALK_IN'], OCCUPIED_VERIFY: ['LOOK_HERE'], EXIT_OPEN: ['WALK_OUT'], REFERRED_OUTSIDE: ['WAIT_OFFICER'] };
  let compared = 0;
  await until('eight travellers done', async () => {
    const a = daemon.lane();
    await sleep(60); // the page's own way
    const show = await page.evaluate(() => document.body.dataset.show);
    const b = daemon.lane();
    const expected = a && b && a.gate_state === b.gate_state && b.state_ms > 250 ? table[a.gate_state] : undefined;
    if (expected) {
      assert.ok(expected.includes(show), `${a.gate_state} for ${b.state_ms} ms shows ${show}`);
      compared++;
    }
    daemon.officer();
    return daemon.travellersDone().length >= 8;
  }, 100000);
  const seen = await page.evaluate(() => window.seen);
  assert.ok(compared > 0); // how many there are is the machine's pace
  // Without a chip KEEP_DOCUMENT lasts as long as the rules, and without a camera LOOK_HERE as long as a commit: a page that is behind is told at
  // once of what follows.
  for (const show of ['WAIT', 'PRESENT_DOCUMENT', 'KEEP_DOCUMENT', 'TAKE_DOCUMENT', 'WALK_IN', 'WALK_OUT', 'WAIT_OFFICER', 'ONE_PERSON'])
    assert.ok(seen.includes(show), `${show} was never shown: ${seen.join(' ')}`);
  // a citizen's whole way, in this order
  assert.match(seen.join(' '), /PRESENT_DOCUMENT (KEEP_DOCUMENT )?TAKE_DOCUMENT WALK_IN (LOOK_HERE )?WALK_OUT/);
  assert.deepEqual(page.errors, []);
  await page.context().close();
});

test('a closed lane says so', async () => {
  const page = await open();
  await page.goto(daemon.url);
  await until('the lane is idle', () => daemon.lane()?.gate_state === 'IDLE');
  daemon.tool('lane', 'out-of-service', '--lane', 'lane-1', '--officer', 'officer-1');
  await page.waitForSelector('body[data-show="CLOSED"]');
  assert.equal(await title(page), words.en.show.CLOSED[0]);
  daemon.officer();
  await page.waitForSelector('body[data-show="PRESENT_DOCUMENT"]');
  await page.context().close();
});

test('a core that stands still, a plugin and a core that die: please wait, then again the truth', { timeout: 90000 }, async () => {
  const page = await open();
  await page.goto(daemon.url);
  await page.waitForSelector('body[data-show="PRESENT_DOCUMENT"]');
  const core = daemon.corePid();
  assert.ok(core > 0);
  process.kill(core, 'SIGSTOP');
  try {
    await page.waitForSelector('body[data-show="WAIT"]', { timeout: 5000 });
    assert.ok((await page.textContent('#hint')).length > 0);
  } finally {
    process.kill(core, 'SIGCONT');
  }
  await until('shown again', async () => {
    daemon.officer();
    return (await page.getAttribute('body', 'data-show')) === 'PRESENT_DOCUMENT';
  });
  process.kill(daemon.plugin('display').pid, 'SIGKILL');
  await page.waitForSelector('body[data-show="WAIT"]', { timeout: 5000 });
  await page.waitForSelector('body[data-show="PRESENT_DOCUMENT"]', { timeout: 10000 });
  await page.evaluate(() => {
    window.left = false;
    new MutationObserver(() => { window.left ||= document.body.dataset.show !== 'PRESENT_DOCUMENT'; })
      .observe(document.body, { attributes: true });
  });
  process.kill(daemon.corePid(), 'SIGKILL'); // a new one tests the hardware first: however quickly, the old guidance has gone meanwhile
  await page.waitForFunction(() => window.left, undefined, { timeout: 5000 });
  await until('shown again', async () => {
    daemon.officer();
    return (await page.getAttribute('body', 'data-show')) === 'PRESENT_DOCUMENT';
  });
  await page.context().close();
});

test('nothing from elsewhere, nothing kept, strict headers', async () => {
  const page = await open();
  const urls = [];
  page.on('request', (r) => urls.push(r.url()));
  const answer = await page.goto(daemon.url);
  await page.waitForSelector('body[data-show="PRESENT_DOCUMENT"]');
  assert.match(answer.headers()['content-security-policy'], /default-src 'none'; script-src 'self'; style-src 'self'/);
  assert.deepEqual(urls.filter((u) => !u.startsWith(daemon.url) && !u.startsWith(daemon.url.replace('http', 'ws'))), []);
  assert.deepEqual(await page.evaluate(() => [localStorage.length, document.cookie, document.querySelectorAll('[style]:not(#bar):not(#words):not(.ring-done)').length]),
    [0, '', 0]);
  const other = await (await open()).context().request.get(daemon.url, { headers: { host: 'evil.example' } });
  assert.equal(other.status(), 421);
  await page.context().close();
});
});

describe('the page', { concurrency: 1 }, () => {
test('what comes is looked at before it is shown', async () => {
  const page = await told();
  for (const text of ['{"type":"state","show":"toString"}', '{"type":"state"}', '{"type":"lane","name":1}', '[]', '{"type":"later"}']) {
    await page.tell('WALK_OUT');
    page.hush();
    page.raw(text);
    await page.waitForSelector('body[data-show="WAIT"]', { timeout: 4000 });
  }
  await page.tell('WALK_OUT');
  page.hush();
  await page.waitForSelector('body[data-show="WAIT"]', { timeout: 4000 });
  await page.context().close();
});

test('every guidance in every language: words, direction, nothing cut, nothing that axe finds', { timeout: 120000 }, async () => {
  for (const viewport of [{ width: 1280, height: 800 }, { width: 768, height: 1366 }]) {
    const page = await told({ viewport, reducedMotion: 'reduce' });
    for (const large of [false, true]) {
      for (const show of shows.filter((s) => s !== 'EMERGENCY')) { // it has no buttons: below
        await page.tell(show);
        if (large !== (await page.evaluate(() => document.documentElement.classList.contains('access'))))
          await page.click('#access');
        const at = `${show} ${viewport.width} ${large ? 'large' : ''}`;
        assert.deepEqual(await page.evaluate(lookAtAll, expected(show)), [], at);
        if (large === (viewport.width < 1000))
          assert.equal(await findings(page, axe), '', at);
      }
    }
    assert.deepEqual(page.errors, []);
    await page.context().close();
  }
});

// Left and right are of whoever stands there, in Arabic too: the picture turns where the words do not.
test('a turn of the head in every language, to the side that is asked for', { timeout: 60000 }, async () => {
  for (const viewport of [{ width: 1280, height: 800 }, { width: 768, height: 1366 }]) {
    const page = await told({ viewport, reducedMotion: 'reduce' });
    await page.tell('LOOK_HERE');
    const plain = await page.innerHTML('#picture');
    for (const large of [false, true])
      for (const side of ['TURN_LEFT', 'TURN_RIGHT']) {
        await page.tell('LOOK_HERE', side);
        await page.waitForSelector(`body[data-turn="${side}"]`);
        if (large !== (await page.evaluate(() => document.documentElement.classList.contains('access'))))
          await page.click('#access');
        assert.deepEqual(await page.evaluate(lookAtAll, turned(side)), [], `${side} ${viewport.width} ${large ? 'large' : ''}`);
        assert.notEqual(await page.innerHTML('#picture'), plain);
        for (const code of ['en', 'ar']) {
          await page.choose(code);
          const at = await page.evaluate(() => ['.arrow', '.head'].map((c) => {
            const r = document.querySelector(`#picture ${c}`).getBoundingClientRect();
            return r.left + r.width / 2;
          }));
          assert.equal(at[0] < at[1], side === 'TURN_LEFT', `${code} ${side}: the arrow is at ${at[0]}, the head at ${at[1]}`);
        }
        assert.equal(await findings(page, axe), '', side);
      }
    await page.tell('LOOK_HERE');
    await page.waitForSelector('body[data-turn=""]');
    assert.equal(await page.innerHTML('#picture'), plain);
    assert.deepEqual(await page.evaluate(lookAtAll, expected('LOOK_HERE')), []);
    assert.deepEqual(page.errors, []);
    await page.context().close();
  }
});

test('an emergency stands alone: no buttons, every traveller\'s language in turn', async () => {
  const page = await told();
  await page.tell('EMERGENCY');
  assert.equal(await page.isVisible('#access'), false);
  assert.equal(await title(page), words.en.show.EMERGENCY[0]);
  await until('the next language', async () => (await title(page)) === words.fr.show.EMERGENCY[0], 9000);
  assert.equal(await findings(page, axe), '');
  await page.context().close();
});

test('languages by touch and by keyboard; a choice lasts for one crossing', async () => {
  const page = await told();
  await page.tell('PRESENT_DOCUMENT');
  await page.choose('ar');
  assert.equal(await page.getAttribute('button[lang=ar]', 'aria-pressed'), 'true');
  await page.tell('KEEP_DOCUMENT');
  assert.equal(await title(page), words.ar.show.KEEP_DOCUMENT[0]);
  await page.tell('WALK_OUT');
  assert.equal(await page.getAttribute('html', 'lang'), 'ar');
  await page.tell('PRESENT_DOCUMENT');
  assert.equal(await page.getAttribute('html', 'lang'), 'en');
  await page.focus('button[lang=fr]');
  await page.keyboard.press('Enter');
  assert.equal(await title(page), words.fr.show.PRESENT_DOCUMENT[0]);
  await page.focus('#access');
  await page.keyboard.press('Space');
  assert.equal(await page.getAttribute('#access', 'aria-pressed'), 'true');
  await page.context().close();
});

test('while nobody has chosen, what lasts is said in every language, and the buttons stay where they are', async () => {
  const page = await told();
  await page.tell('PRESENT_DOCUMENT');
  const place = () => page.evaluate(() => [...document.querySelectorAll('#languages button')].map((b) => b.getBoundingClientRect().left));
  const before = await place();
  await page.evaluate(() => { document.documentElement.lang = 'ar'; document.documentElement.dir = 'rtl'; });
  assert.deepEqual(await place(), before);
  await until('the next language', async () => (await title(page)) === words.fr.show.PRESENT_DOCUMENT[0], 9000);
  await page.tell('TAKE_DOCUMENT'); // what passes is not read twice
  assert.equal(await title(page), words.en.show.TAKE_DOCUMENT[0]);
  await page.context().close();
});

test('the larger view speaks what stands there, and stands without a voice', async () => {
  const page = await told();
  await page.evaluate(() => {
    window.spoken = [];
    speechSynthesis.speak = (u) => window.spoken.push([u.lang, u.text]);
  });
  await page.choose('es');
  const before = await page.evaluate(() => parseFloat(getComputedStyle(document.getElementById('hint')).fontSize));
  await page.click('#access');
  await page.tell('TAKE_DOCUMENT');
  assert.ok(await page.evaluate(() => parseFloat(getComputedStyle(document.getElementById('hint')).fontSize)) > before);
  assert.deepEqual((await page.evaluate(() => window.spoken)).at(-1), ['es-ES', `${words.es.show.TAKE_DOCUMENT[0]}. ${words.es.show.TAKE_DOCUMENT[1]}`]);
  await page.context().close();
  const mute = await told();
  await mute.evaluate(() => { delete window.speechSynthesis; delete window.AudioContext; });
  await mute.click('#access');
  await mute.tell('WALK_IN');
  assert.equal(await title(mute), words.en.show.WALK_IN[0]);
  assert.deepEqual(mute.errors, []);
  await mute.context().close();
});

test('who takes the document is told to walk in where that follows, and nowhere else', async () => {
  const page = await told({ reducedMotion: 'reduce' });
  await page.tell('TAKE_DOCUMENT');
  assert.equal(await page.textContent('#hint'), words.en.show.TAKE_DOCUMENT[1]);
  page.hush();
  page.raw('{"type":"state","show":"TAKE_DOCUMENT","then":"WALK_IN"}');
  await until('it says so', async () => await page.textContent('#hint') === words.en.then_walk_in);
  for (const code of codes) {
    assert.notEqual(words[code].then_walk_in, words[code].show.TAKE_DOCUMENT[1]);
    page.raw('{"type":"state","show":"TAKE_DOCUMENT","then":"WALK_IN"}');
    await page.choose(code);
    assert.equal(await page.textContent('#hint'), words[code].then_walk_in);
    assert.equal(await page.evaluate(() => { const w = document.getElementById('words'); return w.scrollHeight <= w.clientHeight && w.scrollWidth <= w.clientWidth; }), true);
  }
  page.raw('{"type":"state","show":"TAKE_DOCUMENT","then":"TO_GATE"}');
  await until('nothing else follows', async () => await page.textContent('#hint') === words.zh.show.TAKE_DOCUMENT[1]);
  await page.context().close();
});

test('the reading\'s progress is the core\'s, and its time runs', async () => {
  const page = await told();
  await page.tell('KEEP_DOCUMENT');
  assert.equal(await page.isVisible('#progress'), false); // not known: nothing is made up
  page.hush();
  page.raw('{"type":"state","show":"KEEP_DOCUMENT","permille":450,"remaining_ms":1900}');
  await page.waitForSelector('#progress:not([hidden])');
  assert.equal(await page.getAttribute('#progress', 'aria-valuenow'), '45');
  assert.equal(await page.textContent('#remaining'), '2 s');
  await until('a second less', async () => (await page.textContent('#remaining')) === '1 s', 1900);
  await page.tell('TAKE_DOCUMENT');
  assert.equal(await page.isVisible('#progress'), false);
  await page.context().close();
});

test('motion only where it is wanted, and the way out points to its leaf', async () => {
  const moving = (page) => page.evaluate(() => document.getAnimations().filter((a) => a.effect.getTiming().iterations === Infinity).length);
  const still = await told({ reducedMotion: 'reduce' }, 'left');
  for (const show of shows) {
    await still.tell(show);
    assert.equal(await moving(still), 0, show);
  }
  await still.tell('WALK_OUT');
  assert.equal(await still.textContent('#hint'), words.en.exit.left);
  assert.equal(await still.evaluate(() => new DOMMatrix(getComputedStyle(document.querySelector('#picture svg')).transform).a), -1);
  await still.choose('ar'); // places do not turn with the language
  assert.equal(await still.evaluate(() => new DOMMatrix(getComputedStyle(document.querySelector('#picture svg')).transform).a), -1);
  await still.context().close();
  const page = await told({}, 'right');
  for (const show of shows.filter((s) => s !== 'CLOSED')) {
    await page.tell(show);
    assert.ok(await moving(page) > 0, show);
  }
  await page.context().close();
});
});
});
