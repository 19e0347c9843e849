// @ts-check
/** Times in the reader's zone, and running ages. */

const day = { day: 'numeric', month: 'short' };
const hour = { hour: '2-digit', minute: '2-digit' };
/** @type {Record<string, Intl.DateTimeFormat>} */
const made = {};

/** @param {string} key @param {any} options */
function format(key, options) {
  return (made[key] ??= new Intl.DateTimeFormat('en-GB', options));
}

/** Name of the reader's zone at an instant, such as "CET" or "GMT+2". @param {Date} at */
export function zone(at) {
  const part = format('zone', { timeZoneName: 'short' }).formatToParts(at).find((p) => p.type === 'timeZoneName');
  return part ? part.value : Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** @param {Date} at @param {string} shape as the server's: z with zone, p without, d a date, f all */
export function text(at, shape) {
  if (shape === 'd') return format('d', { ...day, year: 'numeric' }).format(at);
  const today = new Date().toDateString() === at.toDateString();
  const thisYear = new Date().getFullYear() === at.getFullYear();
  const date = shape === 'f' || !thisYear ? format('d', { ...day, year: 'numeric' }) : today ? null : format('m', day);
  const clock = format('h', hour).format(at);
  const said = date ? `${date.format(at)}, ${clock}` : clock;
  return shape === 'p' ? said : `${said} ${zone(at)}`;
}

/** A length of time in the server's words. @param {number} ms */
export function age(ms) {
  const min = Math.floor(Math.max(0, ms) / 60000);
  const [none, minutes, hours, days] = (document.documentElement.dataset.ages ?? '').split('|');
  const form = min < 1 ? none : min < 60 ? minutes : min < 2880 ? hours : days;
  const parts = { d: Math.floor(min / 1440), h: min < 2880 ? Math.floor(min / 60) : Math.floor((min % 1440) / 60), m: min % 60 };
  return (form ?? '').replace(/\{(\w)\}/g, (_, k) => `${parts[/** @type {'d'} */ (k)]}`);
}

/** Rewrites all times below a node. @param {ParentNode} root */
export function clocks(root) {
  for (const t of root.querySelectorAll('time[data-t]')) {
    const el = /** @type {HTMLTimeElement} */ (t);
    const at = new Date(el.dateTime);
    if (isNaN(+at)) continue;
    el.title = el.dateTime;
    set(el, text(at, el.dataset.t ?? 'p'));
  }
  for (const t of root.querySelectorAll('[data-clock]')) set(t, format('h', hour).format(+(t.getAttribute('data-clock') ?? 0)));
  for (const t of root.querySelectorAll('[data-zone]')) {
    set(t, zone(new Date()));
    /** @type {HTMLElement} */ (t).title = Intl.DateTimeFormat().resolvedOptions().timeZone;
  }
}

/** @param {Element} el @param {string} value */
function set(el, value) {
  if (el.textContent !== value) el.textContent = value;
}

setInterval(() => {
  for (const el of document.querySelectorAll('[data-age]')) set(el, age(Date.now() - +(/** @type {HTMLElement} */ (el).dataset.age ?? 0)));
}, 30000);
