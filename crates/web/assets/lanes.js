// @ts-check
/** Reads the lanes out: by pointer, by tap and by arrow keys. Each lane is one tab stop. */

/** Lanes that are wired: what ends that, and when the quarter of an hour began that was chosen. @type {WeakMap<Element, {end: AbortController, from?: string}>} */
const wired = new WeakMap();

/** Wires all lanes, also those again around which news have renewed everything. @param {ParentNode} root */
export function lanes(root) {
  for (const svg of root.querySelectorAll('svg.lanes')) wire(/** @type {SVGSVGElement} */ (svg));
}

/** @param {SVGSVGElement} svg */
function wire(svg) {
  const section = svg.closest('section');
  const chart = /** @type {HTMLElement | null} */ (svg.parentElement);
  const tip = section?.querySelector('.tip');
  const rows = section?.querySelectorAll('tbody tr');
  if (!chart || !tip || !rows) return;
  const { tip: words = '', gap = '', start = '', check = '', said: strips } = chart.dataset;
  /** What is said of the strips of checks. @type {{said: string[], rows: number[][]}} */
  const { said, rows: found } = strips ? JSON.parse(strips) : { said: [], rows: [] };
  const [x0, step, n] = [svg.dataset.x0, svg.dataset.step, svg.dataset.n].map(Number);
  // An image may hold nothing that takes focus.
  svg.setAttribute('role', 'group');
  if (!section?.querySelector('g.on')) tip.textContent = start;

  for (const lane of svg.querySelectorAll('g[data-lane]')) {
    const g = /** @type {SVGGElement} */ (lane);
    // `tip` and `none` of a lane that tells the last column alone; `row` and `name` of a strip of checks.
    const { label = '', fixed, tip: own, none = '', row, name } = g.dataset;
    const cursor = g.querySelector('.cursor');
    const before = wired.get(g);
    before?.end.abort();
    /** @type {{end: AbortController, from?: string}} */
    const now = { end: new AbortController(), from: before?.from };
    wired.set(g, now);
    const { signal } = now.end;
    /** @param {number} i */
    const began = (i) => rows[i]?.querySelector('time')?.dateTime;
    // A bar moves as time goes on.
    const moved = [...rows].findIndex((_, i) => began(i) === now.from);
    let at = moved < 0 ? n - 1 : moved;

    /** @param {number} i */
    const text = (i) => {
      if (fixed) return fixed;
      const cells = [...(rows[i]?.children ?? [])].map((c) => c.textContent ?? '');
      const c = row ? said[found[Number(row)]?.[i]] : cells.at(-1);
      const values = { from: cells[0], n: cells[1], e: cells[2], u: cells[3], c, name };
      const form = row ? check : own ? (c === '–' ? none : own) : rows[i]?.querySelector('[colspan]') ? gap : words;
      return form.replace(/\{(\w+)\}/g, (all, k) => values[/** @type {'n'} */ (k)] ?? all);
    };
    /** @param {number} i */
    const show = (i) => {
      at = Math.min(n - 1, Math.max(0, i));
      now.from = began(at);
      if (cursor && !fixed) {
        cursor.setAttribute('x', `${x0 + step * at}`);
        cursor.setAttribute('width', `${step}`);
      }
      g.classList.add('on');
      tip.textContent = text(at);
      tell();
    };
    const tell = () => {
      g.setAttribute('aria-valuenow', `${at}`);
      g.setAttribute('aria-valuetext', text(at));
    };
    const hide = () => {
      g.classList.remove('on');
      tip.textContent = start;
    };

    g.setAttribute('tabindex', '0');
    g.setAttribute('role', 'slider');
    g.setAttribute('aria-label', label);
    g.setAttribute('aria-valuemin', '0');
    g.setAttribute('aria-valuemax', `${n - 1}`);
    if (g.matches('.on')) show(at);
    else tell();
    g.addEventListener('keydown', (e) => {
      /** @type {Record<string, number>} */
      const to = { ArrowLeft: at - 1, ArrowDown: at - 1, ArrowRight: at + 1, ArrowUp: at + 1, PageDown: at - 4, PageUp: at + 4, Home: 0, End: n - 1 };
      if (e.key in to) {
        e.preventDefault();
        show(to[e.key]);
      } else if (e.key === 'Escape') hide();
    }, { signal });
    g.addEventListener('focus', () => show(at), { signal });
    g.addEventListener('blur', hide, { signal });
    for (const kind of /** @type {const} */ (['pointermove', 'pointerdown'])) {
      g.addEventListener(kind, (e) => {
        const box = svg.getBoundingClientRect();
        const x = ((e.clientX - box.left) / box.width) * svg.viewBox.baseVal.width;
        show(Math.floor((x - x0) / step));
      }, { signal });
    }
    g.addEventListener('pointerleave', (e) => {
      if (e.pointerType === 'mouse' && document.activeElement !== g) hide();
    }, { signal });
  }
}
