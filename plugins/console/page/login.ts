// SPDX-License-Identifier: Apache-2.0
// The page before anybody is logged in. Must never say more than the console about what was wrong.
import { post, type Me } from './api';
import { field, h, say } from './dom';
import { unlock } from './sound';
import { explain, t } from './words';

export function loginScreen(done: (me: Me) => void, first: string): HTMLElement {
  const name = h('input', { type: 'text', autocomplete: 'username', required: true, maxlength: 32, autocapitalize: 'none', spellcheck: 'false', dir: 'ltr' });
  const password = h('input', { type: 'password', autocomplete: 'current-password', required: true, maxlength: 128, dir: 'ltr' });
  const code = h('input', { type: 'text', autocomplete: 'one-time-code', inputmode: 'numeric', pattern: '[0-9]{6}', maxlength: 6, required: true, dir: 'ltr' });
  const wrong = h('p', { class: 'wrong', role: 'alert' }, first === '' ? null : explain(first));
  const enter = h('button', { type: 'submit', class: 'first' }, t('login'));
  const card = h('button', { type: 'button' }, t('card'));

  async function ask(path: string, fields: Record<string, string>): Promise<void> {
    unlock();
    enter.disabled = card.disabled = true;
    say(wrong, '');
    const a = await post(path, fields);
    enter.disabled = card.disabled = false;
    password.value = code.value = '';
    if (a.ok) {
      done(a.body as unknown as Me);
      return;
    }
    say(wrong, explain(a.code));
    (path === '/api/login' ? password : card).focus();
  }

  card.addEventListener('click', () => void ask('/api/login/certificate', {}));
  const form = h('form', { class: 'card login', submit: (e) => {
    e.preventDefault();
    void ask('/api/login', { name: name.value, password: password.value, code: code.value });
  } }, h('h1', {}, 'Postern', h('small', {}, t('console'))), field(t('name'), name), field(t('password'), password), field(t('code'), code), wrong, enter,
    h('hr', {}), card, h('p', { class: 'soft' }, t('card_about')));
  queueMicrotask(() => {
    if (document.activeElement === null || document.activeElement === document.body)
      name.focus(); // who has chosen a language stays there
  });
  return form;
}
