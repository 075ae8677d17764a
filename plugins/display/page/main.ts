// SPDX-License-Identifier: Apache-2.0
// The traveller's display: shows what the core says, in the traveller's language. Must never show anything else, nor keep a traveller's choice
// of language or view for the next one.
import { guideOf, symbols, type Show } from './guide';
import { connect, type Lane, type State } from './link';
import { hush, play, speak } from './voice';
import turn from './pictures/turn.svg';
import { catalogues, hintOf, isTurn, titleOf, type Advice, type Language } from './words';

const TURN_MS = 4000; // how long each language stands while nobody has chosen
const lasting: readonly Show[] = ['WAIT', 'CLOSED', 'PRESENT_DOCUMENT', 'WAIT_OFFICER', 'OTHER_LANE', 'ONE_PERSON', 'EMERGENCY'];
const FORGET_MS = 60000; // a choice that nobody followed

const $ = (id: string): HTMLElement => {
  const e = document.getElementById(id);
  if (e === null)
    throw new Error(id);
  return e;
};

let lane: Lane = { name: '', exit: 'ahead', languages: ['en'] };
let shown: Show | null = null;
let advice: Advice | null = null; // before the camera
let walkIn = false; // after the document is taken
let language: Language = 'en';
let chosen = false; // by the traveller who stands here
let access = false;
let began = false; // that traveller's crossing
let due = 0; // when the reading will be done; 0: cannot be told
let forget = 0;

const idle = (show: Show | null) => show === null || show === 'PRESENT_DOCUMENT' || show === 'CLOSED' || show === 'WAIT';

function draw(text: string): void {
  const picture = new DOMParser().parseFromString(text, 'image/svg+xml').documentElement;
  $('picture').replaceChildren(document.importNode(picture, true));
}

function drawSymbol(path: string): void {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  const line = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  line.setAttribute('d', path);
  svg.append(line);
  $('tone').replaceChildren(svg);
}

function words(): void {
  const c = catalogues[language];
  const show = shown ?? 'WAIT';
  document.documentElement.lang = language;
  document.documentElement.dir = c.dir;
  $('title').textContent = titleOf(language, show, advice);
  $('hint').textContent = hintOf(language, show, lane.exit, advice, walkIn);
  $('lane').textContent = lane.name === '' ? '' : c.lane.replace('{name}', lane.name);
  $('access-label').textContent = access ? c.access_off : c.access;
  $('access').setAttribute('aria-pressed', String(access));
  // Nobody needs to hear the languages take turns.
  $('words').setAttribute('aria-live', idle(show) && !chosen && !access ? 'off' : 'assertive');
  $('languages').setAttribute('aria-label', c.language);
  for (const b of $('languages').querySelectorAll('button'))
    b.setAttribute('aria-pressed', String(chosen && b.lang === language));
  fit();
}

// As large as the words of this language can stand.
function fit(): void {
  const place = $('words');
  for (let size = 1; size > 0.5; size -= 0.05) {
    place.style.setProperty('--fit', size.toFixed(2));
    if (place.scrollHeight <= place.clientHeight && place.scrollWidth <= place.clientWidth)
      return;
  }
}

function say(): void {
  if (access && shown !== null)
    speak(`${titleOf(language, shown, advice)}. ${hintOf(language, shown, lane.exit, advice, walkIn)}`, catalogues[language].voice);
}

function forgetSoon(): void {
  clearTimeout(forget);
  forget = window.setTimeout(() => {
    if (idle(shown))
      reset();
    else
      forgetSoon();
  }, FORGET_MS);
}

function reset(): void {
  clearTimeout(forget);
  chosen = access = began = false;
  language = lane.languages[0] ?? 'en';
  document.documentElement.classList.remove('access');
  hush();
  words();
}

function progress(s: State): void {
  const on = s.show === 'KEEP_DOCUMENT';
  $('progress').hidden = !on || s.permille === 0;
  document.body.classList.toggle('unknown', on && s.permille === 0);
  due = on && s.remainingMs > 0 ? performance.now() + s.remainingMs : 0;
  $('progress').setAttribute('aria-valuenow', String(Math.round(s.permille / 10)));
  $('bar').style.inlineSize = `${s.permille / 10}%`;
  const ring = document.querySelector<SVGElement>('.ring-done');
  if (ring !== null)
    ring.style.strokeDashoffset = String(1000 - s.permille);
  tick();
}

function tick(): void {
  const seconds = due === 0 ? 0 : Math.ceil((due - performance.now()) / 1000);
  $('remaining').textContent = seconds > 0 ? catalogues[language].seconds.replace('{n}', String(seconds)) : '';
}

function picture(show: Show): void {
  const guide = guideOf(show);
  const asked = show === 'LOOK_HERE' && isTurn(advice);
  document.body.dataset.turn = asked ? advice ?? '' : '';
  draw(asked ? turn : lane.exit === 'ahead' ? guide.ahead ?? guide.picture : guide.picture);
}

function apply(s: State): void {
  const told = s.advice !== advice || s.walkIn !== walkIn;
  const otherPicture = told && (isTurn(advice) || isTurn(s.advice));
  advice = s.advice;
  walkIn = s.walkIn;
  if (s.show !== shown) {
    const guide = guideOf(s.show);
    if (!idle(s.show))
      began = true;
    const over = began && idle(s.show) && s.show !== 'WAIT';
    shown = s.show;
    document.body.dataset.show = s.show;
    document.body.dataset.tone = guide.tone;
    picture(s.show);
    drawSymbol(guide.symbol ?? symbols[guide.tone]);
    if (over)
      reset();
    else if (!chosen)
      language = lane.languages[0] ?? 'en';
    words();
    if (access || guide.tone === 'flee')
      play(guide.sound);
    say();
  } else if (told) {
    if (otherPicture) {
      picture(s.show);
      if (access)
        play(guideOf(s.show).sound);
    }
    words();
    say();
  }
  progress(s);
}

function choose(code: Language): void {
  language = code;
  chosen = true;
  words();
  say();
  forgetSoon();
}

function buttons(): void {
  $('languages').replaceChildren(...lane.languages.map((code) => {
    const b = document.createElement('button');
    b.type = 'button';
    b.lang = code;
    b.dir = catalogues[code].dir;
    b.textContent = catalogues[code].name;
    b.addEventListener('click', () => choose(code));
    return b;
  }));
}

function settle(l: Lane): void {
  lane = l.languages.length > 0 ? l : { ...l, languages: ['en'] };
  document.body.dataset.exit = lane.exit;
  buttons();
  if (!chosen)
    language = lane.languages[0] ?? 'en';
  words();
}

$('access').addEventListener('click', () => {
  access = !access;
  document.documentElement.classList.toggle('access', access);
  words();
  if (access)
    say();
  else
    hush();
  forgetSoon();
});
window.addEventListener('resize', fit);
window.setInterval(tick, 250);
window.setInterval(() => {
  // What lasts is said in every language, where nobody has said which; what passes, in the lane's first.
  if (chosen || access || shown === null || !lasting.includes(shown) || lane.languages.length < 2)
    return;
  language = lane.languages[(lane.languages.indexOf(language) + 1) % lane.languages.length] ?? language;
  words();
}, TURN_MS);
buttons();
connect(apply, settle);
