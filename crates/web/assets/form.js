// @ts-check
/** Sends reports and votes without leaving the page. Without it, or when it fails, the forms work by themselves. */
import { clocks } from './time.js';
import { solve } from './work.js';

/** The same content sent again is the same report. @type {Map<string, string>} */
const keys = new Map();

/** Votes that were taken, and what the button then says. @type {Map<string, string>} */
const voted = new Map();

/** Wires the forms that are new. @param {ParentNode} root */
export function forms(root) {
  for (const el of root.querySelectorAll('form[data-report], form[data-vote]')) {
    const form = /** @type {HTMLFormElement} */ (el);
    if (form.onsubmit) continue;
    form.onsubmit = (e) => void send(e, form);
    if (form.dataset.challenge) {
      // The first move on the page says that somebody is there; the pages themselves are the same for everybody.
      for (const move of MOVES) document.addEventListener(move, () => void open(form), { once: true, passive: true });
      form.addEventListener('focusin', () => void prepare(form), { once: true });
    }
    settle(form);
  }
}

/** What people do on a page before they tap a button. */
const MOVES = ['pointermove', 'touchstart', 'scroll', 'keydown'];
/** Forms that know when they were opened, or have asked. @type {WeakSet<HTMLFormElement>} */
const opened = new WeakSet();

/** From now on the form counts as open. Work is not asked for: most only read. @param {HTMLFormElement} form */
async function open(form) {
  const made = /** @type {HTMLInputElement | null} */ (form.elements.namedItem('made'));
  if (!made || opened.has(form) || !form.isConnected) return;
  opened.add(form);
  try {
    made.value ||= (await (await fetch(form.dataset.challenge ?? '')).json()).made;
  } catch {
    opened.delete(form);
  }
}

/** A report does not wait longer than this for what would speak for it. */
const PATIENCE_MS = 20000;
/** What forms were told, or are being told. @type {WeakMap<HTMLFormElement, Promise<void>>} */
const told = new WeakMap();

/** Whoever taps at once, or with a browser that gives buttons no focus, has asked for nothing before sending. @param {HTMLFormElement} form */
function prepare(form) {
  const answer = told.get(form) ?? ask(form);
  told.set(form, answer);
  return answer;
}

/** Asks when the form was opened, and for the work that is wanted. @param {HTMLFormElement} form */
async function ask(form) {
  /** @param {string} name */
  const field = (name) => /** @type {HTMLInputElement | null} */ (form.elements.namedItem(name));
  const made = field('made');
  const work = field('work');
  if (!made || !work || !form.dataset.challenge) return;
  try {
    const answer = await (await fetch(form.dataset.challenge)).json();
    made.value ||= answer.made;
    work.value = answer.work ? await solve(answer.work) : '';
  } catch {
    // A report without it weighs less, and is taken.
  }
}

/** A vote that was taken stays taken, also when the part around its button is renewed. @param {HTMLFormElement} form */
function settle(form) {
  const text = form.dataset.vote !== undefined && voted.get(form.action);
  const button = form.querySelector('button');
  if (!text || !button) return;
  button.textContent = text;
  button.ariaDisabled = 'true';
}

/** @param {SubmitEvent} e @param {HTMLFormElement} form */
async function send(e, form) {
  e.preventDefault();
  const button = /** @type {HTMLButtonElement | null} */ (e.submitter);
  if (button?.ariaDisabled === 'true') return;
  const usual = button?.textContent ?? '';
  const buttons = form.querySelectorAll('button');
  const note = form.querySelector('.sent');
  /** @param {string | undefined} text */
  const say = (text) => {
    if (note) note.textContent = text ?? '';
    else if (button) button.textContent = text || usual;
  };
  // Not `disabled`: that would take the focus away.
  buttons.forEach((b) => (b.ariaDisabled = 'true'));
  say(form.dataset.sending);
  await Promise.race([prepare(form), new Promise((end) => setTimeout(end, PATIENCE_MS))]);
  const body = new URLSearchParams(/** @type {any} */ (new FormData(form, button)));
  // What was only added to it does not make another report of it.
  const said = new URLSearchParams(body);
  said.delete('made');
  said.delete('work');
  const id = `${form.action}?${said}`;
  if (!keys.has(id)) keys.set(id, Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, '0')).join(''));
  try {
    const answer = await fetch(form.action, { method: 'POST', body, headers: { Accept: 'text/html', 'Idempotency-Key': keys.get(id) ?? '' } });
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    const thanks = page.querySelector('[data-thanks]');
    if (answer.ok && thanks) return done(form, thanks);
    const problem = page.querySelector('[data-errors], [data-error]');
    const lines = [...(problem?.querySelectorAll('p') ?? [])].map((p) => p.textContent).join(' ');
    say(lines || problem?.textContent || form.dataset.failed);
  } catch {
    say(form.dataset.failed);
  }
  // Work is good once, and more may be wanted by now.
  told.delete(form);
  buttons.forEach((b) => (b.ariaDisabled = null));
}

/** Puts the thanks where the form was. @param {HTMLFormElement} form @param {Element} thanks */
function done(form, thanks) {
  const title = thanks.querySelector('h1');
  if (form.dataset.vote !== undefined) {
    voted.set(form.action, title?.textContent ?? '');
    settle(form);
    return;
  }
  const heading = document.createElement('h2');
  heading.id = 'report-title';
  heading.tabIndex = -1;
  heading.textContent = title?.textContent ?? '';
  title?.replaceWith(heading);
  const box = document.createElement('div');
  box.className = 'report';
  box.append(...document.importNode(thanks, true).childNodes);
  clocks(box);
  form.replaceWith(box);
  /** @type {HTMLElement | null} */ (box.querySelector('h2'))?.focus();
}
