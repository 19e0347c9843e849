// @ts-check
// Open pages keep themselves up to date: with one stream for all tabs, none for a hidden tab, and over a restart of the site.
import { after, before, describe, test } from "node:test";
import assert from "node:assert/strict";
import { hide, launch, reader } from "./lib/browser.js";
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

    test("when no stream opens, the pauses grow, stay bounded, and differ from reader to reader", async () => {
      /** The pauses in milliseconds between the streams of a page whose every stream fails but one, for a reader to whom chance says `chance`. @param {number} chance @param {number} good */
      const pauses = async (chance, good) => {
        const { context, page } = await reader(browser, site.origin);
        await page.clock.install();
        await page.addInitScript(
          ([chance, good]) => {
            const w = /** @type {any} */ (window);
            /** @type {number[]} */ w.opened = [];
            Math.random = () => chance;
            w.EventSource = class extends EventTarget {
              constructor() {
                super();
                const nth = w.opened.push(Date.now());
                queueMicrotask(() => {
                  const me = /** @type {any} */ (this);
                  if (nth === good) me.onopen();
                  me.onerror();
                });
              }
              close() {}
            };
          },
          [chance, good],
        );
        await page.goto(`${site.url}s/krisp`);
        const opened = () => page.evaluate(() => /** @type {number[]} */ (/** @type {any} */ (window).opened));
        for (const until = Date.now() + 10_000; (await opened()).length === 0 && Date.now() < until; ) await new Promise((r) => setTimeout(r, 50));
        for (let i = 0; i < 20; i++) await page.clock.runFor(30_000);
        const at = await opened();
        await context.close();
        return at.slice(1).map((t, i) => t - at[i]);
      };
      const [low, high] = [await pauses(0, 0), await pauses(0.999, 0)];
      const seen = `${low.join()}\n${high.join()}`;
      assert.ok(low.length >= 8 && high.length >= 8, seen);
      for (let i = 0; i < 8; i++) assert.ok(high[i] > low[i] * 2, `readers whose streams broke together come back apart: ${seen}`);
      for (const all of [low, high]) {
        assert.ok(all[0] >= 500, `nobody comes back at once: ${seen}`);
        for (let i = 1; i < 5; i++) assert.ok(all[i] > all[i - 1] * 1.5, `each pause is longer than the last: ${seen}`);
        for (const one of all) assert.ok(one <= 91_000, `no pause is longer than a minute and a half: ${seen}`);
        assert.ok(Math.abs(all[7] - all[6]) < 1000, `they end growing: ${seen}`);
      }
      const anew = await pauses(0, 5);
      assert.ok(anew[3] > anew[0] * 4 && Math.abs(anew[4] - anew[0]) < 500, `after a stream that opened they begin anew: ${anew.join()}`);
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
