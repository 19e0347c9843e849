// @ts-check
// People report: with and without JavaScript, and others see it without doing anything.
import { after, before, describe, test } from "node:test";
import assert from "node:assert/strict";
import { launch, reader } from "./lib/browser.js";
import { reportMany, startSite } from "./lib/site.js";

for (const basePath of ["/", "/status/"]) {
  describe(`reports below ${basePath}`, () => {
    /** @type {Awaited<ReturnType<typeof startSite>>} */ let site;
    /** @type {import("playwright-core").Browser} */ let browser;

    before(async () => {
      site = await startSite({ basePath });
      browser = await launch();
    });
    after(async () => {
      await browser?.close();
      assert.equal(await site?.stop(), 0);
    });

    test("without JavaScript one tap reports, leads to a page of its own, and the author can withdraw", async () => {
      const { context, page, wrong } = await reader(browser, site.origin, { javaScriptEnabled: false });
      await page.goto(`${site.url}s/openrouter`);
      await page.locator("form[data-report] button[value=api-key]").click();
      assert.match(await page.locator("main").innerText(), /Thank you for your report/);
      const follow = await page.locator("main a[href*='/r/']").first().getAttribute("href");
      await page.goto(`${site.url}s/openrouter`);
      assert.match(await page.locator("#reports").innerText(), /API key/i);
      await page.goto(new URL(follow ?? "", site.url).href);
      assert.match(await page.locator("main").innerText(), /API key/i);
      await page.locator("button[name=withdraw]").click();
      await page.goto(`${site.url}s/openrouter`);
      assert.doesNotMatch(await page.locator("#reports").innerText(), /API key/i);
      assert.deepEqual(wrong, []);
      await context.close();
    });

    test("a second browser sees a report appear without reload, focus, scroll and layout stay", async () => {
      const watcher = await reader(browser, site.origin, { viewport: { width: 1280, height: 900 } });
      await watcher.page.addInitScript(() => {
        const w = /** @type {any} */ (window);
        w.shift = 0;
        new PerformanceObserver((list) => {
          for (const e of /** @type {any[]} */ (list.getEntries())) if (!e.hadRecentInput) w.shift += e.value;
        }).observe({ type: "layout-shift", buffered: true });
      });
      await watcher.page.goto(`${site.url}s/krisp`);
      assert.match(await watcher.page.locator("#reports").innerText(), /No reports yet/);
      await watcher.page.evaluate(() => /** @type {any} */ (window).mark = "not reloaded");
      await watcher.page.locator("#report button").first().focus();

      const author = await reader(browser, site.origin);
      await author.page.goto(`${site.url}s/krisp`);
      const tap = author.page.locator("form[data-report] button[name=symptom]").first();
      const label = (await tap.innerText()).trim();
      await tap.click();

      await watcher.page.locator("#reports li", { hasText: label }).first().waitFor({ timeout: 10_000 });
      const after = await watcher.page.evaluate(() => ({
        mark: /** @type {any} */ (window).mark,
        shift: /** @type {any} */ (window).shift,
        focus: document.activeElement?.closest("#report") !== null,
        scroll: window.scrollY,
      }));
      assert.equal(after.mark, "not reloaded");
      assert.equal(after.focus, true, "focus stays where the reader put it");
      assert.ok(after.shift < 0.1, `layout shifted by ${after.shift}`);
      assert.deepEqual([...watcher.wrong, ...author.wrong], []);
      await watcher.context.close();
      await author.context.close();
    });

    test("an outage that many people report turns the open page to Probably, and only then it is announced", async () => {
      const { context, page, wrong } = await reader(browser, site.origin);
      await page.goto(`${site.url}s/leonardo-ai`);
      assert.doesNotMatch(await page.locator(".verdict").innerText(), /Probably/);
      await reportMany(site.url, "leonardo-ai", "other", 40);
      await page.locator(".verdict", { hasText: "Probably" }).waitFor({ timeout: 10_000 });
      assert.match(await page.locator("#say").innerText(), /\S/, "the change of level is said to screen readers");
      assert.doesNotMatch(await page.locator(".verdict").innerText(), /\bYes\b/, "people alone never confirm");
      assert.deepEqual(wrong, []);
      await context.close();
    });

    test("a vote that it works is taken in place", async () => {
      const { context, page, wrong } = await reader(browser, site.origin);
      await page.goto(`${site.url}s/discord`);
      await page.locator("form[data-vote] button").click();
      await page.waitForFunction(async (url) => {
        const r = await fetch(url);
        return r.ok;
      }, `${site.url}api/v1/services/discord`);
      assert.deepEqual(wrong, []);
      await context.close();
    });

    test("what does not pass comes back with what was typed", async () => {
      const { context, page, wrong } = await reader(browser, site.origin, { javaScriptEnabled: false });
      await page.goto(`${site.url}s/openrouter/report`);
      await page.locator("details[data-key=more]").evaluate((d) => d.setAttribute("open", "")).catch(() => {});
      await page.locator("#text").evaluate((t) => t.removeAttribute("maxlength"));
      await page.locator("#text").fill("x".repeat(501));
      await page.locator("form[data-report] button[value=timeout]").click();
      assert.match(await page.locator("[role=alert]").innerText(), /500/);
      assert.equal(await page.locator("#text").inputValue(), "x".repeat(501));
      assert.deepEqual(wrong, []);
      await context.close();
    });

    test("the search box suggests, and finds ChatGPT for gpt", async () => {
      const { context, page, wrong } = await reader(browser, site.origin);
      await page.goto(site.url);
      const box = page.locator("input[data-find]").first();
      await box.click();
      await box.pressSequentially("gpt");
      await page.locator("a, [role=option]", { hasText: "ChatGPT" }).first().waitFor();
      await page.goto(`${site.url}search?q=gpt`);
      assert.match(await page.locator("main a").filter({ hasText: "ChatGPT" }).first().innerText(), /ChatGPT/);
      assert.deepEqual(wrong, []);
      await context.close();
    });
  });
}
