// @ts-check
// Open pages keep themselves up to date: with one stream for all tabs, none for a hidden tab, and over a restart of the site.
import { after, before, describe, test } from "node:test";
import assert from "node:assert/strict";
import { hide, launch, reader, watchShift } from "./lib/browser.js";
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

    for (const [width, shown, slugs] of /** @type {const} */ ([[1280, "wide", ["slack", "notion"]], [360, "narrow", ["netflix", "spotify"]]])) {
      test(`a lane that has focus keeps it and its place, and tells the new number, at ${width} pixels`, async () => {
        const { context, page, wrong } = await reader(browser, site.origin, { viewport: { width, height: 900 } });
        for (const [i, name] of ["reports", "checks"].entries()) {
          await page.goto(`${site.url}s/${slugs[i]}`);
          await settled(1);
          const lane = page.locator(`svg.lanes.${shown} g[data-lane=${name}]`);
          const tip = page.locator("#day .tip");
          const table = page.locator("#day details");
          const drawn = () => page.locator("svg.lanes path.bar, svg.lanes path.high").evaluateAll((all) => all.map((p) => p.getAttribute("d")));
          await table.locator("summary").click();
          await lane.focus();
          const fixed = await lane.getAttribute("data-fixed");
          assert.match(await tip.innerText(), fixed ? /not watched yet/ : /: reports 0, /);
          const was = await lane.elementHandle();
          for (const [more, all] of [[1, 1], [3, 4]]) {
            const before = await drawn();
            await reportMany(site.url, slugs[i], "other", more);
            const row = page.locator("#day tbody tr td:nth-child(2)", { hasText: new RegExp(`^${all}$`) });
            await row.first().waitFor({ timeout: 10_000 });
            const text = await tip.innerText();
            if (fixed) assert.equal(text, fixed);
            else assert.match(text, new RegExp(`: reports ${all}, `), "the tip tells the new number");
            assert.equal(await lane.getAttribute("aria-valuetext"), text, "what is said is what is shown");
            assert.equal(await was?.evaluate((g) => document.activeElement === g), true, "what has focus stays where it is");
            assert.deepEqual(await page.locator("svg.lanes g[data-lane]").evaluateAll((all) => [...new Set(all.map((g) => `${g.getAttribute("role")} ${g.getAttribute("tabindex")}`))]), ["slider 0"], "each lane is still a stop");
            assert.equal(await page.locator("svg.lanes g.on").count(), 1);
            const now = await drawn();
            assert.equal(now.length, 2, "the bar stands in both drawings");
            assert.notDeepEqual(now, before, "and has grown");
            assert.equal(await table.evaluate((d) => /** @type {HTMLDetailsElement} */ (d).open), true, "what is open stays open");
          }
          const newest = await tip.innerText();
          await page.keyboard.press("ArrowLeft");
          if (!fixed) assert.match(await tip.innerText(), /: reports 0, /);
          await page.keyboard.press("ArrowRight");
          assert.equal(await tip.innerText(), newest, "arrow keys read the new rows");
          // A bar keeps its mark while others come.
          await page.keyboard.press("ArrowLeft");
          const [place, said] = [await lane.locator(".cursor").getAttribute("x"), await tip.innerText()];
          await reportMany(site.url, slugs[i], "other", 1);
          await page.locator("#day tbody tr td:nth-child(2)", { hasText: /^5$/ }).first().waitFor({ timeout: 10_000 });
          assert.deepEqual([await lane.locator(".cursor").getAttribute("x"), await tip.innerText()], [place, said]);
          // The other lanes are as they were for whoever goes on by keyboard.
          await page.keyboard.press(name === "reports" ? "Tab" : "Shift+Tab");
          assert.equal(await page.evaluate(() => document.activeElement?.getAttribute("data-lane")), name === "reports" ? "checks" : "reports");
          await page.locator("h1").first().click();
          assert.match(await tip.innerText(), /arrow keys/);
        }
        assert.deepEqual(wrong, []);
        await context.close();
      });
    }

    test("bars and their numbers change in place", async () => {
      const { context, page, wrong } = await reader(browser, site.origin);
      await page.goto(`${site.url}s/zoom`);
      await settled(1);
      const bars = page.locator("svg.lanes path.bar, svg.lanes path.high");
      assert.equal(await bars.count(), 0);
      const start = await page.locator("#day .tip").innerText();
      /** @type {string[]} */ const seen = [];
      for (const all of [1, 3]) {
        await reportMany(site.url, "zoom", "other", all - seen.length);
        await page.locator("#day tbody tr:last-child td:nth-child(2)", { hasText: new RegExp(`^${all}$`) }).waitFor({ state: "attached", timeout: 10_000 });
        assert.equal(await bars.count(), 2, "one in each drawing");
        seen.push((await bars.first().getAttribute("d")) ?? "");
        assert.equal(await page.locator("#day .tip").innerText(), start);
        await page.locator("svg.lanes.wide g[data-lane=reports]").focus();
        assert.match(await page.locator("#day .tip").innerText(), new RegExp(`: reports ${all}, `));
        await page.evaluate(() => /** @type {SVGElement} */ (document.activeElement).blur());
      }
      assert.notEqual(seen[0], seen[1]);
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

for (const width of [360, 1280]) {
  test(`news on the front page move nothing that is in sight, at ${width} pixels`, async () => {
    const site = await startSite({ basePath: "/" });
    const browser = await launch();
    try {
      const { context, page, wrong } = await reader(browser, site.origin, { viewport: { width, height: 800 } });
      await watchShift(page);
      await page.goto(site.url);
      const cards = page.locator(".hot > li:not(.gone)");
      const button = page.locator("#news button");
      const still = async (/** @type {string} */ what) => {
        // What moves in a frame is known once it is drawn.
        await page.evaluate(() => new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(() => r(undefined)))));
        const { shift, moved } = await page.evaluate(() => ({ shift: /** @type {any} */ (window).shift, moved: /** @type {any} */ (window).moved }));
        assert.ok(shift < 0.001, `${what}: layout shifted by ${shift}\n${moved.join("\n")}`);
      };
      const problems = async (/** @type {string} */ slug, /** @type {number} */ n) => {
        await reportMany(site.url, slug, "other", 40);
        await page.locator(".verdict", { hasText: new RegExp(`^${n} services? probably `) }).waitFor({ timeout: 20_000 });
        await page.locator("[data-live=all] summary small", { hasText: "problem" }).first().waitFor({ timeout: 20_000 });
      };
      assert.equal(await cards.count(), 0);
      assert.equal(await button.isVisible(), false);
      await problems("slack", 1);
      await still("the first problem");
      assert.equal(await cards.count(), 0, "there is no room for it");
      assert.equal(await button.innerText(), "1 new problem: show it");
      await problems("netflix", 2);
      await still("the second problem");
      assert.equal(await button.innerText(), "2 new problems: show them");
      assert.ok((await page.locator("#news button").boundingBox())?.height, "it can be pressed");
      await button.click();
      assert.equal(await cards.count(), 2);
      assert.equal(await button.isVisible(), false);
      assert.equal(await page.evaluate(() => document.activeElement?.closest(".hot li") !== null), true, "what was asked for has the focus");
      await still("what the reader asked for");
      await page.evaluate(() => /** @type {HTMLElement} */ (document.activeElement).blur());
      await problems("zoom", 3);
      await still("the third problem");
      // Where cards fill the view, one more below them moves nothing; else it waits.
      const waits = await button.isVisible();
      assert.equal(await cards.count(), waits ? 2 : 3);
      assert.equal(waits, await page.evaluate(() => (document.querySelector("[data-live=top]")?.getBoundingClientRect().bottom ?? 0) < innerHeight));
      // Whoever has scrolled past them finds all of them there.
      await page.$$eval(".all details", (all) => all.forEach((d) => /** @type {HTMLDetailsElement} */ (d).open = true));
      await page.evaluate(() => window.scrollTo(0, document.documentElement.scrollHeight));
      await page.evaluate(() => new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(() => (((/** @type {any} */ (window).shift = 0), (/** @type {any} */ (window).moved = [])), r(undefined))))));
      await problems("notion", 4);
      await cards.nth(3).waitFor({ timeout: 10_000 });
      assert.equal(await button.isVisible(), false);
      await still("above what is in sight");
      assert.deepEqual(wrong, []);
      await context.close();
    } finally {
      await browser.close();
      assert.equal(await site.stop(), 0);
    }
  });
}
