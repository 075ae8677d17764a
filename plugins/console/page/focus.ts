// SPDX-License-Identifier: Apache-2.0
// Where the keyboard is. What it stood on may go away by itself: a referral that was decided, a button whose time is over. Must never leave it nowhere
// then, nor put it on another button: a key that is still held would press that.
let last: Element | null = null;

document.addEventListener('focusin', (e) => { last = e.target instanceof Element ? e.target : null; });

const gone = (e: Element): boolean => !e.isConnected || !e.checkVisibility() || e.matches(':disabled');

// Called after the page has changed.
export function keepFocus(): void {
  const at = document.activeElement;
  if ((at !== null && at !== document.body && !gone(at)) || last === null || !gone(last))
    return; // it is somewhere, or a pointer has taken it off what is still there
  document.getElementById('main')?.focus({ preventScroll: true });
}
