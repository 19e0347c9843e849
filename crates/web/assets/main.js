// @ts-check
/** Starts what a page needs. Every page works without it. */
import { clocks } from './time.js';
import { find } from './find.js';
import { lanes } from './lanes.js';
import { forms } from './form.js';

clocks(document);
find();
lanes(document);
forms(document);
if (document.documentElement.dataset.livePage !== undefined) import('./live.js').then((m) => m.live());
