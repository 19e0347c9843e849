// @ts-check
// Real Chromium, watched: console errors, page errors, failed requests and requests to other hosts fail the test that caused them.
import { chromium } from "playwright-core";
import { execFileSync } from "node:child_process";
import { somebody } from "./site.js";

function executable() {
  if (process.env.CHROMIUM) return process.env.CHROMIUM;
  for (const name of ["chromium", "chromium-browser", "google-chrome"]) {
    try {
      return execFileSync("sh", ["-c", `command -v ${name}`], { encoding: "utf8" }).trim();
    } catch {
      // try the next name
    }
  }
  throw new Error("no Chromium found: install the package chromium, or set CHROMIUM to its path");
}

/** @returns {Promise<import("playwright-core").Browser>} */
export function launch() {
  return chromium.launch({
    executablePath: executable(),
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
}

/**
 * A reader with an address of its own, and a list of what went wrong while reading.
 * @param {import("playwright-core").Browser} browser
 * @param {string} origin
 * @param {import("playwright-core").BrowserContextOptions} [options]
 */
export async function reader(browser, origin, options = {}) {
  const context = await browser.newContext({ extraHTTPHeaders: somebody(), ...options });
  /** @type {string[]} */
  const wrong = [];
  context.on("console", (m) => {
    // What failed to load is judged below, where the request is known.
    if (m.text().startsWith("Failed to load resource")) return;
    if (m.type() === "error" || m.type() === "warning") wrong.push(`console: ${m.text()}`);
  });
  context.on("weberror", (e) => wrong.push(`script: ${e.error()}`));
  context.on("request", (r) => {
    const u = new URL(r.url());
    if (u.protocol.startsWith("http") && u.origin !== origin) wrong.push(`request to another host: ${r.url()}`);
  });
  context.on("response", (r) => {
    const page = r.request().isNavigationRequest();
    if (r.status() >= 500 || (r.status() >= 400 && !page)) wrong.push(`${r.status()} from ${r.url()}`);
  });
  const page = await context.newPage();
  return { context, page, wrong };
}

/** Adds up on the page how far things move by themselves. @param {import("playwright-core").Page} page */
export const watchShift = (page) =>
  page.addInitScript(() => {
    const w = /** @type {any} */ (window);
    w.shift = 0;
    /** @type {string[]} */ w.moved = [];
    new PerformanceObserver((list) => {
      for (const e of /** @type {any[]} */ (list.getEntries())) {
        if (e.hadRecentInput) continue;
        w.shift += e.value;
        for (const s of e.sources) w.moved.push(`${s.node?.nodeName} ${s.node?.closest?.("section, aside, div[data-live]")?.id ?? s.node?.parentElement?.outerHTML.slice(0, 60)} ${Math.round(s.previousRect.y)} -> ${Math.round(s.currentRect.y)}`);
      }
    }).observe({ type: "layout-shift", buffered: true });
  });

/** Tells a page that its tab was hidden or shown, as the browser does. @param {import("playwright-core").Page} page @param {boolean} hidden */
export const hide = (page, hidden) =>
  page.evaluate((h) => {
    Object.defineProperty(document, "hidden", { configurable: true, get: () => h });
    Object.defineProperty(document, "visibilityState", { configurable: true, get: () => (h ? "hidden" : "visible") });
    document.dispatchEvent(new Event("visibilitychange"));
  }, hidden);
