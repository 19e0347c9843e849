// @ts-check
/**
 * Keeps an open page up to date. One stream per browser: the tab that holds the lock opens it for all visible
 * tabs and passes events on. Hidden tabs want nothing. When the stream fails, each tab asks for its page now and then.
 * A page whose time is over without news says that we cannot tell, in the words that the server put into it.
 */
import { clocks } from './time.js';
import { lanes } from './lanes.js';
import { forms } from './form.js';

const root = document.documentElement;
const base = root.dataset.base ?? '';
const topic = root.dataset.service ?? '*';
const me = Math.random().toString(36).slice(2);
const title = document.title;
const POLL_MS = 60000;
/** How often a page looks at the time: a machine that slept fires no timer meanwhile. */
const LOOK_MS = 15000;
/** What comes from the site is good for longer than this. */
const FEW_MS = 60000;

let tag = root.dataset.tag ?? '';
let level = root.dataset.level ?? '';
/** Level that was last said, or stood there at the beginning. */
let said = level;
let problems = root.dataset.problems ?? '';
/** Markup that each part shows, as the parser writes it. @type {Map<string, string>} */
const shown = new Map();
/** Parts that wait until focus has left them. @type {Set<string>} */
const waiting = new Set();

/** @param {string} html */
function parsed(html) {
  const t = document.createElement('template');
  t.innerHTML = html;
  return t;
}

/** @param {string} name @param {string} html @param {boolean} [asked] whether the reader wants to see all of it, whatever moves */
function put(name, html, asked) {
  const el = document.querySelector(`[data-live="${name}"]`);
  const t = parsed(html);
  const text = t.innerHTML;
  if (!el || (shown.get(name) === text && !asked)) return;
  clocks(t.content);
  if (name === 'top') hold(/** @type {HTMLElement} */ (el), t.content, asked ? null : () => put(name, html, true));
  for (const d of el.querySelectorAll('details[data-key]')) {
    const twin = t.content.querySelector(`details[data-key="${CSS.escape(/** @type {HTMLElement} */ (d).dataset.key ?? '')}"]`);
    twin?.toggleAttribute('open', /** @type {HTMLDetailsElement} */ (d).open);
  }
  const scrolled = el.querySelector('.scroll')?.scrollTop ?? 0;
  const focus = document.activeElement;
  if (focus && focus !== el && el.contains(focus)) {
    // What has focus stays; what stands beside it is renewed, the rest when focus leaves.
    if (!waiting.has(name)) {
      waiting.add(name);
      el.addEventListener('focusout', () => setTimeout(() => { waiting.delete(name); const last = latest.get(name); if (last) put(name, last); }), { once: true });
    }
    latest.set(name, html);
    patch(el, t.content, focus);
  } else {
    const first = el.querySelector('li')?.textContent;
    el.replaceChildren(t.content);
    shown.set(name, text);
    latest.delete(name);
    if (name === 'reports' && first !== el.querySelector('li')?.textContent) el.querySelector('li')?.classList.add('fresh');
  }
  const box = el.querySelector('.scroll');
  if (box && box.scrollTop !== scrolled) box.scrollTop = scrolled;
  lanes(el);
  forms(el);
}
/** @type {Map<string, string>} */
const latest = new Map();

/** The cards by where they lead, which is whose they are. @param {ParentNode} part @returns {Map<string, Element>} */
const cards = (part) => new Map([...part.querySelectorAll('.hot > li')].map((card) => [card.querySelector('a')?.getAttribute('href') ?? '', card]));

/**
 * Keeps the front page still while it is in sight. Out of `fresh`, which is about to stand in `el`, it takes the cards of new
 * problems, which wait until the reader asks for them; one that has gone leaves its room.
 * @param {HTMLElement} el @param {DocumentFragment} fresh @param {(() => void) | null} all puts the whole there, whatever moves; `null`: this does
 */
function hold(el, fresh, all) {
  const note = document.getElementById('news');
  const button = note?.querySelector('button');
  if (!note || !button) return;
  const { bottom, height } = el.getBoundingClientRect();
  const [old, now] = [cards(el), cards(fresh)];
  let held = 0;
  el.style.minHeight = '';
  // Above what is in sight anything may grow: browsers see to it that the rest stays.
  if (all && bottom > 0) {
    const list = fresh.querySelector('.hot');
    list?.prepend(...[...old].map(([leads, card]) => now.get(leads) ?? gone(card)));
    if (bottom < innerHeight) {
      el.style.minHeight = `${height}px`;
      const added = [...now].filter(([leads]) => !old.has(leads));
      for (const [, card] of added) card.remove();
      // Those without a card of their own stand in one part below.
      const more = el.querySelector('details') ? null : fresh.querySelector('details');
      more?.remove();
      held = added.length + (more?.querySelectorAll('li').length ?? 0);
      if (!list?.firstElementChild) list?.remove();
    }
  }
  note.hidden = held === 0;
  button.textContent = ((held === 1 ? note.dataset.one : note.dataset.many) ?? '').replace('{n}', `${held}`);
  button.onclick = () => {
    all?.();
    [...cards(el)].find(([leads]) => !old.has(leads))?.[1].querySelector('a')?.focus();
  };
}

/** The room that a card leaves. @param {Element} card */
function gone(card) {
  const room = /** @type {Element} */ (card.cloneNode(true));
  room.classList.add('gone');
  return room;
}

/** What tells an element from its neighbours: its kind, which lane or folded part it is, where a line of a list leads. @param {Element} el */
function kind(el) {
  const { lane, row = 0, key } = /** @type {HTMLElement} */ (el).dataset;
  return [el.localName, lane, row, key, el.localName === 'li' && el.querySelector('a')?.getAttribute('href')].join();
}

/** Renews everything around the element with focus, and a lane that has it from within. @param {Element} old @param {ParentNode} fresh @param {Element} focus */
function patch(old, fresh, focus) {
  const child = [...old.children].find((el) => el.contains(focus));
  if (!child) return;
  const alike = (/** @type {ParentNode} */ of) => [...of.children].filter((el) => kind(el) === kind(child));
  const [mine, theirs] = [alike(old), alike(fresh)];
  const twin = theirs[mine.indexOf(child)];
  // Which of them it has become cannot be told.
  if (!twin || theirs.length !== mine.length) return;
  const nodes = [...fresh.childNodes];
  const at = nodes.indexOf(twin);
  for (const node of [...old.childNodes]) if (node !== child) node.remove();
  child.before(...nodes.slice(0, at));
  child.after(...nodes.slice(at + 1));
  const lane = child.matches('[data-lane]');
  if (child === focus && !lane) return;
  const chosen = child.classList.contains('on');
  for (const { name, value } of twin.attributes) child.setAttribute(name, value);
  child.classList.toggle('on', chosen);
  if (lane) child.replaceChildren(...twin.childNodes);
  else patch(child, twin, focus);
}

/** @typedef {{slug?: string, tag: string, level?: string, lead?: string, problems?: string[], measured_at: string, fresh_until: string, html: Record<string, string>}} Picture */

/** @param {Picture} p */
function receive(p) {
  if ((p.slug ?? '*') !== topic || p.tag === tag) return;
  // Over as it comes: the page says so, and tells the site's time.
  if (Date.parse(p.fresh_until) + ahead < Date.now()) return void ask();
  tag = p.tag;
  for (const [name, html] of Object.entries(p.html)) put(name, html);
  const now = p.problems?.join() ?? problems;
  // The front page's lists come only with the page: when they may be wrong, or were made to say nothing.
  if (now !== problems || (old && topic === '*')) setTimeout(() => void ask(), Math.random() * 5000);
  problems = now;
  news(p.measured_at, p.fresh_until);
  watch(until - Date.now() - 25000);
  tell(p.level ?? '');
  mark(p.lead ?? '');
}

/** Says the answer to screen readers: when it is of another level than the one said before, and never else. @param {string} now */
function tell(now) {
  level = now;
  const say = document.getElementById('say');
  if (!say || document.hidden || level === said) return;
  said = level;
  say.textContent = [...document.querySelectorAll('.answer h1, .answer .verdict')].map((part) => part.textContent).join(' ');
}

/** The server's words for a page whose time is over. */
const stale = /** @type {HTMLTemplateElement | null} */ (document.getElementById('stale'));
/** When the judge looked, as the server wrote it. */
let measured = '';
/** Until when what stands here may be read as so, by this machine's clock, and how far that is ahead of the site's. Milliseconds. */
let until = Infinity;
let ahead = 0;
let old = false;
/** @type {number | undefined} */
let aging;

/** Takes the times of what has just come. @param {string} from when the judge looked @param {string} to until when that is good @param {string} [there] the site's time now, if it said so */
function news(from, to, there) {
  measured = from;
  // Nothing is from the future.
  ahead = Math.min(there ? Date.now() - Date.parse(there) : ahead, Date.now() - Date.parse(from));
  until = Date.parse(to) + ahead;
  const left = until - Date.now();
  // What the site itself still sends when its time is over says so already.
  old = !!there && left < 0;
  clearTimeout(aging);
  if (old) return;
  // Nearly over as it comes: either it lay somewhere for long, or this clock is wrong. The site knows.
  if (!there && left < FEW_MS) void ask();
  aging = setTimeout(look, Math.min(LOOK_MS, Math.max(5000, left + 1)));
}

/** Looks whether the time is over. */
function look() {
  clearTimeout(aging);
  if (old) return;
  const left = until - Date.now();
  if (left < 0) expire();
  else aging = setTimeout(look, Math.min(LOOK_MS, left + 1));
}

/** Puts the words of a page whose time is over where they belong. */
function expire() {
  if (!stale) return;
  old = true;
  const words = /** @type {DocumentFragment} */ (stale.content.cloneNode(true));
  for (const time of words.querySelectorAll('time')) time.dateTime = measured;
  for (const name of ['answer', 'top', 'related', 'all']) {
    const el = document.querySelector(`[data-live="${name}"]`);
    if (!el) continue;
    const t = parsed(el.innerHTML);
    for (const box of t.content.querySelectorAll('.answer')) box.className = box.className.replace(/is-\w+/, 'is-unk');
    for (const part of /** @type {NodeListOf<HTMLElement>} */ (words.querySelectorAll('[data-for]'))) {
      for (const place of t.content.querySelectorAll(part.dataset.for ?? '')) {
        place.replaceChildren(...part.cloneNode(true).childNodes);
        if (part.className) place.className = part.className;
      }
    }
    // Whether it still lasts is not known.
    for (const age of t.content.querySelectorAll('[data-age]')) age.closest('div')?.remove();
    const height = el.firstElementChild?.getBoundingClientRect().height;
    put(name, t.innerHTML);
    // What stands below stays where it is.
    const box = /** @type {HTMLElement | null} */ (el.querySelector('.answer'));
    if (box) box.style.minHeight = `${height}px`;
  }
  tell('unknown');
  mark(words.querySelector('b')?.textContent ?? '');
  setTimeout(() => void ask(), Math.random() * 5000);
}

/** @param {string} lead */
function mark(lead) {
  if (topic !== '*' && lead) document.title = `${lead.replace(/\.$/, '')} · ${title}`;
}

/** @type {number | undefined} */
let due;
/** Asks for the page when nothing newer has come. @param {number} ms after this time, and some more */
function watch(ms) {
  clearTimeout(due);
  due = setTimeout(() => void ask(), Math.max(20000, ms || 0) + Math.random() * 10000);
}

/** Fetches this page and takes its parts: after a gap, and as the slow way when there is no stream. */
async function ask() {
  if (document.hidden) return;
  watch(POLL_MS);
  try {
    const answer = await fetch(location.pathname + location.search, { cache: 'no-cache' });
    if (!answer.ok) throw new Error();
    const date = answer.headers.get('date') ?? new Date().toUTCString();
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    const now = page.documentElement.dataset;
    /** @type {Record<string, string>} */
    const html = {};
    for (const el of page.querySelectorAll('[data-live]')) html[/** @type {HTMLElement} */ (el).dataset.live ?? ''] = el.innerHTML;
    for (const [name, part] of Object.entries(html)) put(name, part);
    tag = now.tag ?? tag;
    problems = now.problems ?? problems;
    const then = /** @type {HTMLTemplateElement | null} */ (page.getElementById('stale'));
    if (then) news(then.content.querySelector('time')?.dateTime ?? '', then.dataset.until ?? '', date);
    tell(old ? 'unknown' : (now.level ?? ''));
    mark(page.querySelector('.verdict b')?.textContent ?? '');
    lost(false);
  } catch {
    lost(true);
    look();
    tell(level);
  }
}

/** @param {boolean} is */
function lost(is) {
  const note = document.getElementById('lost');
  if (note) note.hidden = !is;
}

// One stream for all tabs.

/** @type {BroadcastChannel | undefined} */
let channel;
/** What visible tabs want. @type {Map<string, {topic: string, tag: string}>} */
const wants = new Map();
/** @type {EventSource | undefined} */
let stream;
/** @type {(() => void) | undefined} */
let release;
/** @type {AbortController | undefined} */
let queue;
let failures = 0;
/** @type {number | undefined} */
let again;

function open() {
  clearTimeout(again);
  stream?.close();
  stream = undefined;
  if (!release || wants.size === 0) return;
  /** @type {Map<string, string>} */
  const tags = new Map();
  for (const w of wants.values()) tags.set(w.topic, tags.has(w.topic) && tags.get(w.topic) !== w.tag ? '' : w.tag);
  const have = [...tags].filter(([, t]) => t).map(([s, t]) => `${s}@${t}`);
  stream = new EventSource(`${base}/api/v1/live?service=${[...tags.keys()].join(',')}${have.length ? `&have=${have.join(',')}` : ''}`);
  stream.onopen = () => {
    failures = 0;
    lost(false);
    channel?.postMessage({ back: true });
  };
  for (const kind of ['service', 'site']) {
    stream.addEventListener(kind, (e) => {
      const p = /** @type {Picture} */ (JSON.parse(e.data));
      for (const w of wants.values()) if (w.topic === (p.slug ?? '*')) w.tag = p.tag;
      lost(false);
      receive(p);
      channel?.postMessage({ p });
    });
  }
  stream.onerror = () => {
    stream?.close();
    failures += 1;
    const wait = Math.min(60000, 1000 * 2 ** failures) * (0.5 + Math.random());
    again = setTimeout(open, wait);
    if (failures === 3) {
      channel?.postMessage({ failing: true });
      void ask();
    }
  };
}

/** @type {number | undefined} */
let soon;
/** Opens the stream anew once the wishes have settled. */
function reopen() {
  clearTimeout(soon);
  soon = setTimeout(open, 200);
}

function lead() {
  wants.clear();
  wants.set(me, { topic, tag });
  channel?.postMessage({ who: true });
  reopen();
  return new Promise((/** @type {(value?: any) => void} */ end) => (release = () => { release = undefined; stream?.close(); stream = undefined; clearTimeout(again); clearTimeout(soon); end(); }));
}

function start() {
  if (!('EventSource' in window)) return void watch(POLL_MS);
  watch(POLL_MS);
  if (!navigator.locks || !('BroadcastChannel' in window)) return void lead();
  channel ??= listen();
  queue = new AbortController();
  navigator.locks.request(`allclear-live${base}`, { signal: queue.signal }, lead).catch(() => {});
  channel.postMessage({ want: topic, tag, id: me });
}

function stop() {
  clearTimeout(due);
  channel?.postMessage({ bye: me });
  queue?.abort();
  release?.();
}

function listen() {
  const c = new BroadcastChannel(`allclear-live${base}`);
  c.onmessage = ({ data }) => {
    if (document.hidden) return;
    if (data.p || data.back) lost(false);
    if (data.p) receive(data.p);
    else if (data.who) c.postMessage({ want: topic, tag, id: me });
    else if (data.failing) void ask();
    else if (release && data.want) {
      wants.set(data.id, { topic: data.want, tag: data.tag });
      reopen();
    } else if (release && data.bye && wants.delete(data.bye)) reopen();
  };
  return c;
}

/** Starts, and follows whether the page can be seen. @param {Map<string, string>} first markup of the parts before scripts touched it */
export function live(first) {
  for (const [name, html] of first) shown.set(name, html);
  mark(document.querySelector('.verdict b')?.textContent ?? '');
  if (stale) news(stale.content.querySelector('time')?.dateTime ?? '', stale.dataset.until ?? '');
  const back = () => {
    look();
    start();
    if (old) void ask();
  };
  document.addEventListener('visibilitychange', () => (document.hidden ? stop() : back()));
  addEventListener('pagehide', stop);
  addEventListener('pageshow', (e) => e.persisted && !document.hidden && back());
  if (!document.hidden) start();
}
