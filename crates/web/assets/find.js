// @ts-check
/** Suggestions under the search boxes, from one list of names fetched when a box is first used. */

const base = document.documentElement.dataset.base ?? '';
/** @type {Promise<[string, string, string][]> | undefined} */
let list;

function names() {
  list ??= fetch(`${base}/search.json`).then((r) => (r.ok ? r.json() : Promise.reject())).catch(() => ((list = undefined), []));
  return list;
}

/** @param {string} s */
const plain = (s) => s.toLowerCase().normalize('NFKD').replace(/[^\p{L}\p{N}]+/gu, ' ').trim();

/** Smaller is better; 9 is no match. @param {[string, string, string]} row @param {string} q */
function rank([slug, name, aliases], q) {
  const n = plain(name);
  const all = aliases.split('|').map(plain);
  if (n === q || slug === q || all.includes(q)) return 0;
  if (n.startsWith(q)) return 1;
  if (all.some((a) => a.startsWith(q))) return 2;
  if (n.split(' ').some((w) => w.startsWith(q))) return 3;
  return n.includes(q) || slug.includes(q) ? 4 : 9;
}

/** Wires every search box. */
export function find() {
  document.querySelectorAll('input[data-find]').forEach((el, i) => wire(/** @type {HTMLInputElement} */ (el), `found-${i}`));
}

/** @param {HTMLInputElement} input @param {string} id */
function wire(input, id) {
  const box = document.createElement('ul');
  box.id = id;
  box.role = 'listbox';
  box.ariaLabel = input.ariaLabel;
  box.hidden = true;
  input.parentElement?.append(box);
  input.role = 'combobox';
  input.setAttribute('aria-controls', id);
  input.setAttribute('aria-autocomplete', 'list');
  let chosen = -1;

  /** @param {boolean} open */
  const show = (open) => {
    box.hidden = !open;
    input.ariaExpanded = `${open}`;
    if (!open) choose(-1);
  };
  /** @param {number} i */
  const choose = (i) => {
    const items = box.querySelectorAll('[role=option]');
    chosen = i < items.length ? i : -1;
    items.forEach((li, k) => (li.ariaSelected = `${k === chosen}`));
    if (chosen >= 0) input.setAttribute('aria-activedescendant', items[chosen].id);
    else input.removeAttribute('aria-activedescendant');
  };
  const search = async () => {
    const q = plain(input.value);
    const rows = q ? await names() : [];
    if (q !== plain(input.value)) return;
    const best = rows.map((row) => ({ row, r: rank(row, q) })).filter((x) => x.r < 9).sort((a, b) => a.r - b.r).slice(0, 8);
    box.replaceChildren(
      ...best.map(({ row }, i) => {
        const li = document.createElement('li');
        li.id = `${id}-${i}`;
        li.role = 'option';
        li.ariaSelected = 'false';
        li.textContent = row[1];
        li.dataset.to = row[0];
        return li;
      }),
    );
    show(best.length > 0);
  };
  /** @param {Element | null | undefined} li */
  const go = (li) => {
    const to = /** @type {HTMLElement | null} */ (li)?.dataset.to;
    if (to) location.href = `${base}/s/${to}`;
    return !!to;
  };

  show(false);
  input.addEventListener('focus', () => void names());
  input.addEventListener('input', () => void search());
  input.addEventListener('blur', () => show(false));
  input.addEventListener('keydown', (e) => {
    if (box.hidden) return;
    if (e.key === 'ArrowDown' || e.key === 'ArrowUp') {
      e.preventDefault();
      choose(e.key === 'ArrowDown' ? chosen + 1 : chosen < 0 ? box.children.length - 1 : chosen - 1);
    } else if (e.key === 'Enter' && go(box.children[chosen])) e.preventDefault();
    else if (e.key === 'Escape') show(false);
  });
  box.addEventListener('pointerdown', (e) => {
    e.preventDefault();
    go(/** @type {Element} */ (e.target).closest('li'));
  });
}
