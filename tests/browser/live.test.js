// @ts-check
// Open pages keep themselves up to date: with one stream for all tabs, none for a hidden tab, and over a restart of the site.
import { after, before, describe, test } from "node:test";
import assert from "node:assert/strict";
import { launch, reader } from "./lib/browser.js";
import { freePort, reportMany, startSite } from "./lib/site.js";

for (const basePath of ["/", "/status/"]) {
  describe(`open pages below ${basePath}`, () => {
    /** @type {Awaited<ReturnType<typeof startSite>>} */ let site;
    /** @type {import("playwright-core").Browser} */ let browser;
    let ops = "";

    before(async () => {
      const port = await freePort();
      ops = `http://127.0.0.1:${port}/metrics`;
      site = await startSite({ basePath, env: { ALLCLEAR_OPS__LISTEN: `127.0.0.1:${port}` } });
      browser = await launch();
    });
    after(async () => {
      await browser?.close();
      assert.equal(await site?.stop(), 0);
    });

    async function streams() {
      const line = (await (await fetch(ops)).text()).match(/^allclear_live_streams (\d+)$/m);
      assert.ok(line, "the number of open streams is a metric");
      return Number(line[1]);
    }

    /** Waits until exactly `n` streams are open, and stay so for a second. @param {number} n */
    async function settled(n) {
      const until = Date.now() + 20_000;
      for (let since = 0, seen = -1; ; await new Promise((r) => setTimeout(r, 100))) {
        seen = await streams();
        if (seen !== n) since = 0;
        else if (since === 0) since = Date.now();
        else if (Date.now() - since >= 1000) return;
        assert.ok(Date.now() < until, `${seen} streams are open, not ${n}`);
      }
    }

    /** Tells a page that its tab was hidden or shown, as the browser does. @param {import("playwright-core").Page} page @param {boolean} hidden */
    const hide = (page, hidden) =>
      page.evaluate((h) => {
        Object.defineProperty(document, "hidden", { configurable: true, get: () => h });
        Object.defineProperty(document, "visibilityState", { configurable: true, get: () => (h ? "hidden" : "visible") });
        document.dispatchEvent(new Event("visibilitychange"));
      }, hidden);

    test("two tabs of one browser share one stream, both see what comes, and hidden tabs have none", async () => {
      const { context, page, wrong } = await reader(browser, site.origin);
      const other = await context.newPage();
      await page.goto(`${site.url}s/krisp`);
      await settled(1);
      await other.goto(`${site.url}s/discord`);
      await settled(1);
      await reportMany(site.url, "krisp", "other", 1);
      await reportMany(site.url, "discord", "other", 1);
      await page.locator("#reports li").first().waitFor({ timeout: 10_000 });
      await other.locator("#reports li").first().waitFor({ timeout: 10_000 });
      assert.equal(await streams(), 1);

      // The tab that holds the stream is hidden: the other one takes over.
      await hide(page, true);
      await settled(1);
      await reportMany(site.url, "discord", "other", 1);
      await other.locator("#reports li").nth(1).waitFor({ timeout: 10_000 });
      await hide(other, true);
      await settled(0);
      await hide(page, false);
      await settled(1);
      assert.deepEqual(wrong, []);
      await context.close();
      await settled(0);
    });

    test("an open page says that the connection is lost, and recovers when the site is back", async () => {
      const { context, page } = await reader(browser, site.origin);
      const errors = /** @type {string[]} */ ([]);
      page.on("pageerror", (e) => errors.push(String(e)));
      await page.goto(`${site.url}s/openrouter`);
      await settled(1);
      await page.evaluate(() => /** @type {any} */ (window).mark = "not reloaded");
      assert.equal(await page.locator("#lost").isVisible(), false);
      await site.crash();
      await page.locator("#lost").waitFor({ state: "visible", timeout: 30_000 });
      await site.restart();
      await page.locator("#lost").waitFor({ state: "hidden", timeout: 40_000 });
      await settled(1);
      await reportMany(site.url, "openrouter", "other", 1);
      await page.locator("#reports li").first().waitFor({ timeout: 10_000 });
      assert.equal(await page.evaluate(() => /** @type {any} */ (window).mark), "not reloaded");
      assert.deepEqual(errors, []);
      await context.close();
    });

    test("where no stream gets through, an open page asks for itself", async () => {
      const { context, page, wrong } = await reader(browser, site.origin);
      await context.route("**/api/v1/live*", (route) => route.abort());
      await page.goto(`${site.url}s/visa`);
      await page.evaluate(() => /** @type {any} */ (window).mark = "not reloaded");
      assert.match(await page.locator("#reports").innerText(), /No reports yet/);
      await reportMany(site.url, "visa", "other", 1);
      await page.locator("#reports li").first().waitFor({ timeout: 40_000 });
      assert.equal(await streams(), 0);
      assert.equal(await page.locator("#lost").isVisible(), false, "it is up to date, so nothing is lost");
      assert.equal(await page.evaluate(() => /** @type {any} */ (window).mark), "not reloaded");
      assert.deepEqual(wrong, []);
      await context.close();
    });

    for (const [reducedMotion, name] of /** @type {const} */ ([["reduce", "none"], ["no-preference", "fresh"]])) {
      test(`what is new moves only for those who want motion: ${reducedMotion}`, async () => {
        const { context, page, wrong } = await reader(browser, site.origin, { reducedMotion });
        await page.goto(`${site.url}s/${name === "none" ? "claude" : "gemini"}`);
        await settled(1);
        await reportMany(site.url, name === "none" ? "claude" : "gemini", "other", 1);
        const line = page.locator("#reports li.fresh").first();
        await line.waitFor({ timeout: 10_000 });
        assert.equal(await line.evaluate((e) => getComputedStyle(e).animationName), name);
        assert.deepEqual(wrong, []);
        await context.close();
      });
    }
  });
}
