// SPDX-License-Identifier: Apache-2.0
// What is printed: the refusal form of Annex V, part B, of Regulation (EU) 2016/399, the shift's report, the safeguarding note. What is written
// into them is neither sent nor kept: the paper is the copy; of a note its code alone is sent. Must never outlive the screen that opened it.
import { post, type Me } from './api';
import { tell } from './app';
import { field, h, options, say } from './dom';
import type { Figures } from './shift';
import { decisionRows, figureRows, laneTable, noteTable, table, turnTable } from './shift';
import { apart, explain, fill, moment, sentence, t, term, type Key } from './words';

export interface Refused { surname: string; givenNames: string; born: string; sex: string; nationality: string; document: string; number: string; reason: string; lane: string }

const blank = (label: string, value = ''): HTMLElement => {
  const input = h('input', { type: 'text', value, autocomplete: 'off' });
  return h('label', { class: 'blank' }, h('span', {}, label), input);
};

function sheet(title: string, ...content: HTMLElement[]): HTMLElement {
  const close = () => root.dispatchEvent(new Event('close'));
  const root = h('section', { class: 'paper', 'aria-label': title, keydown: (e) => {
    if (e instanceof KeyboardEvent && e.key === 'Escape') {
      e.stopPropagation();
      close();
    }
  } }, h('div', { class: 'paper-bar' }, h('button', { type: 'button', class: 'first', id: 'print', click: () => window.print() }, t('print')),
    h('button', { type: 'button', id: 'paper-close', click: close }, t('close')), h('p', { class: 'soft' }, t('paper_about'))), h('h1', {}, title), ...content);
  return root;
}

const signatures = (left: Key, right: Key): HTMLElement => h('div', { class: 'signatures' }, h('p', {}, t(left)), h('p', {}, t(right)));

const letters = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'] as const;

export function refusalSheet(me: Me, r: Refused): HTMLElement {
  const box = (letter: typeof letters[number]): HTMLElement => {
    const tick = h('input', { type: 'checkbox' });
    tick.checked = r.reason === `annex_v.${letter}`;
    return h('li', {}, h('label', {}, tick, h('b', {}, `(${letter.toUpperCase()})`), ' ', t(`annex.${letter}`)));
  };
  return sheet(t('form_title'), h('p', { class: 'soft' }, t('form_source')), h('p', {}, fill('form_before', { time: moment(Date.now()), post: me.post, officer: me.name })),
    h('div', { class: 'blanks' }, blank(t('surname'), r.surname), blank(t('given_names'), r.givenNames), blank(t('born'), r.born), blank(t('form_birthplace')),
      blank(t('sex'), r.sex), blank(t('nationality'), r.nationality), blank(t('form_resident')), blank(t('document'), r.document), blank(t('number'), r.number),
      blank(t('form_issued')), blank(t('form_visa')), blank(t('form_from')), blank(t('form_means'))),
    h('p', {}, t('form_hereby')), blank(t('form_law')), h('ol', { class: 'annex' }, ...letters.map(box)), blank(t('form_comments')), h('p', {}, t('form_appeal')),
    signatures('form_person', 'form_officer'));
}

export function reportSheet(me: Me, f: Figures): HTMLElement {
  const rows = (list: [Key, number][]) => list.map(([k, n]): (string | number)[] => [t(k), n]);
  return sheet(t('report'), h('p', {}, `${apart(me.post)} · ${moment(f.since_wall_ms)} – ${moment(f.until_wall_ms)} · ${apart(me.name)}, ${term('role.', me.role)}`),
    table([t('crossings'), t('count')], rows(figureRows(f))), table([t('decisions'), t('count')], rows(decisionRows(f))),
    table([t('reason'), t('count'), t('false_alarms')], f.reasons.map((r) => [sentence(r.reason, []), r.count, r.admitted])),
    table([t('step'), t('count'), `${t('p50')}, s`, `${t('p95')}, s`], f.steps.map((s) => [term('step.', s.step), s.count, s.p50_ms / 1000, s.p95_ms / 1000])),
    laneTable(f), turnTable(f), noteTable(f),
    h('label', { class: 'blank tall' }, h('span', {}, t('remarks')), h('textarea', { rows: 5 })), signatures('form_handed', 'form_officer'));
}

// Two parts: a code, which the post's journal keeps with the crossing's number, and the paper, which alone says more.
function recorded(me: Me, lane: string, crossing: string): HTMLElement {
  const reason = options(h('select', { required: true, id: 'note-reason' }), t('choose'), (me.reasons.safeguarding ?? []).map((r) => [r, term('sign.', r)]));
  const role = options(h('select', { required: true, id: 'note-role' }), t('choose'), (me.reasons.safeguarding_role ?? []).map((r) => [r, term('note_role.', r)]));
  const said = h('p', { class: 'soft', role: 'status' }, t('note_record_about'));
  const button = h('button', { type: 'submit', class: 'first', id: 'note-record' }, t('note_record'));
  const send = async (): Promise<void> => {
    button.disabled = true;
    const a = await post('/api/safeguarding', { gate: lane, crossing, reason: reason.value, role: role.value });
    button.disabled = a.ok;
    say(said, a.ok ? t('note_recorded') : explain(a.code));
    tell(a.ok ? t('note_recorded') : explain(a.code), !a.ok);
  };
  return h('form', { class: 'note-record', submit: (e) => { e.preventDefault(); void send(); } }, field(t('reason'), reason), field(t('note_role'), role), button, said);
}

// crossing: that of the lane's present or last traveller; without one there is only the paper.
export function noteSheet(me: Me, lane: string, shown: string, crossing: string): HTMLElement {
  return sheet(t('note'), h('p', { class: 'soft' }, t('note_about')), ...(crossing === '' ? [] : [recorded(me, lane, crossing)]),
    h('div', { class: 'blanks' }, blank(t('lane'), lane), blank(t('crossing'), shown), blank(t('time'), moment(Date.now())), blank(t('officer'), me.name)),
    h('h2', {}, t('signs')), h('ul', { class: 'annex' }, ...(me.reasons.safeguarding ?? []).map((r) => h('li', {}, h('label', {}, h('input', { type: 'checkbox' }), ' ', term('sign.', r))))),
    h('label', { class: 'blank tall' }, h('span', {}, t('remarks')), h('textarea', { rows: 6 })), blank(t('note_handed')), signatures('form_handed', 'form_officer'));
}
