// @ts-check
/** Starts what a page needs. Every page works without it. */
import { clocks } from './time.js';
import { find } from './find.js';
import { lanes } from './lanes.js';
import { forms } from './form.js';

/** Parts that live events may renew, as the server sent them. @type {Map<string, string>} */
const first = new Map();
for (const el of document.querySelectorAll('[data-live]')) first.set(/** @type {HTMLElement} */ (el).dataset.live ?? '', el.innerHTML);
clocks(document);
find();
lanes(document);
forms(document);
if (document.documentElement.dataset.livePage !== undefined) import('./live.js').then((m) => m.live(first));

// A link into a closed part opens it, where the browser does not do so by itself.
const reveal = () => {
  for (let el = document.getElementById(location.hash.slice(1))?.parentElement; el; el = el.parentElement) {
    if (el instanceof HTMLDetailsElement) el.open = true;
  }
};
addEventListener('hashchange', reveal);
reveal();
