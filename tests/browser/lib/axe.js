// @ts-check
// Accessibility, as axe-core judges it.
import { createRequire } from "node:module";
import { readFile } from "node:fs/promises";

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What axe finds on the page as it stands. @param {import("playwright-core").Page} page @returns {Promise<string[]>} */
export async function faults(page) {
  await page.addScriptTag({ content: axe });
  return page.evaluate(async () => {
    // @ts-ignore axe is injected above
    const r = await axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] });
    return r.violations.map((/** @type {any} */ v) => `${v.id}: ${v.help} — ${v.nodes.slice(0, 3).map((/** @type {any} */ n) => n.html).join(" | ")}`);
  });
}
