// @ts-check
// People report: with and without JavaScript, and others see it without doing anything.
import { after, before, describe, test } from "node:test";
import assert from "node:assert/strict";
import { launch, reader, watchShift } from "./lib/browser.js";
import { reportMany, startSite } from "./lib/site.js";
import { trickle } from "./lib/trickle.js";

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
      await watchShift(watcher.page);
      await watcher.page.goto(`${site.url}s/krisp`);
      assert.match(await watcher.page.locator("#reports").innerText(), /No reports yet/);
      await watcher.page.evaluate(() => /** @type {any} */ (window).mark = "not reloaded");
      await watcher.page.locator("#report button").first().focus();
      await watcher.page.evaluate(() => window.scrollTo(0, 300));
      const scroll = await watcher.page.evaluate(() => window.scrollY);
      assert.ok(scroll > 0, "the page is long enough to scroll");
      assert.equal(await watcher.page.locator("#say").textContent(), "", "nothing is announced at the start");

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
      assert.equal(after.scroll, scroll, "the page stays where the reader scrolled it");
      assert.equal(await watcher.page.locator("#say").textContent(), "", "a report that changes no level is not announced");
      assert.ok(after.shift < 0.001, `layout shifted by ${after.shift}`);
      assert.deepEqual([...watcher.wrong, ...author.wrong], []);
      await watcher.context.close();
      await author.context.close();
    });

    test("an outage that many people report turns the open page to Probably, and only then it is announced", async () => {
      const { context, page, wrong } = await reader(browser, site.origin, { viewport: { width: 1280, height: 900 } });
      await watchShift(page);
      await page.goto(`${site.url}s/leonardo-ai`);
      assert.equal(await page.locator("#say").textContent(), "", "nothing is announced at the start");
      assert.doesNotMatch(await page.locator(".verdict").innerText(), /Probably/);
      await reportMany(site.url, "leonardo-ai", "other", 40);
      await page.locator(".verdict", { hasText: "Probably" }).waitFor({ timeout: 10_000 });
      assert.match(await page.locator("#say").innerText(), /\S/, "the change of level is said to screen readers");
      assert.doesNotMatch(await page.locator(".verdict").innerText(), /\bYes\b/, "people alone never confirm");
      assert.deepEqual(wrong, []);
      await context.close();
    });

    for (const [width, slug] of /** @type {const} */ ([[360, "perplexity"], [1280, "youtube"]])) {
      test(`nothing moves by itself when reports arrive and the level changes, at ${width} pixels`, async () => {
        const { context, page, wrong } = await reader(browser, site.origin, { viewport: { width, height: 800 } });
        await watchShift(page);
        await page.goto(`${site.url}s/${slug}`);
        await page.locator("#say").waitFor({ state: "attached" });
        const symptoms = (await (await fetch(`${site.url}api/v1/services/${slug}`)).json()).symptoms.map((/** @type {any} */ s) => s.id);
        const still = async (/** @type {string} */ what) => {
          const { shift, moved } = await page.evaluate(() => ({ shift: /** @type {any} */ (window).shift, moved: /** @type {any} */ (window).moved }));
          assert.ok(shift < 0.001, `${what}: layout shifted by ${shift}\n${moved.join("\n")}`);
        };
        await still("at the start");
        for (const [at, top] of /** @type {const} */ ([["the top", 0], ["the middle", 900]])) {
          await page.evaluate((y) => window.scrollTo(0, y), top);
          await reportMany(site.url, slug, symptoms[0], top === 0 ? 1 : 40);
          await page.locator("#what li > span:nth-child(2)", { hasText: top === 0 ? /(^|\D)1$/ : /(^|\D)41$/ }).first().waitFor({ timeout: 10_000 });
          await still(at);
        }
        await page.evaluate(() => window.scrollTo(0, 0));
        await page.locator(".verdict", { hasText: "Probably" }).waitFor({ timeout: 10_000 });
        await still("with a problem");
        await reportMany(site.url, slug, symptoms[1], 6);
        await page.locator("#what li > span:nth-child(2)", { hasText: /(^|\D)6$/ }).first().waitFor({ timeout: 10_000 });
        await still("with a second symptom");
        assert.deepEqual(wrong, []);
        await context.close();
      });
    }

    for (const width of [360, 1280]) {
      test(`nothing moves while a page comes in over a slow line, at ${width} pixels`, async () => {
        const line = await trickle(site.origin, 40);
        const { context, page, wrong } = await reader(browser, line.origin, { viewport: { width, height: 800 } });
        await watchShift(page);
        await page.goto(`${line.origin}${basePath}s/youtube`);
        const { shift, moved, painted } = await page.evaluate(() => ({
          shift: /** @type {any} */ (window).shift,
          moved: /** @type {any} */ (window).moved,
          painted: performance.getEntriesByName("first-contentful-paint")[0]?.startTime < performance.timing.domContentLoadedEventStart - performance.timing.navigationStart,
        }));
        assert.ok(painted, "it is drawn before all of it is there");
        assert.ok(shift < 0.001, `layout shifted by ${shift}\n${moved.join("\n")}`);
        assert.deepEqual(wrong, []);
        await context.close();
        line.close();
      });
    }

    test("a vote that it works is taken in place", async () => {
      const { context, page, wrong } = await reader(browser, site.origin);
      const votes = async () => (await (await fetch(`${site.url}api/v1/services/discord`)).json()).votes;
      const before = await votes();
      await page.goto(`${site.url}s/discord`);
      await page.locator("form[data-vote] button").click();
      await page.locator("form[data-vote] button[aria-disabled=true]", { hasText: "Thank you" }).waitFor();
      const until = Date.now() + 10_000;
      while ((await votes()) === before && Date.now() < until) await new Promise((r) => setTimeout(r, 100));
      assert.equal(await votes(), before + 1);
      assert.deepEqual(wrong, []);
      await context.close();
    });

    test("a report is sent with the keyboard alone, and the thanks take the focus", async () => {
      const { context, page, wrong } = await reader(browser, site.origin, { viewport: { width: 1280, height: 900 } });
      await page.goto(`${site.url}s/github`);
      const label = (await page.locator("form[data-report] button[name=symptom]").first().innerText()).trim();
      const there = () => page.evaluate(() => document.activeElement?.matches("form[data-report] button[name=symptom]") ?? false);
      for (let i = 0; i < 60 && !(await there()); i++) await page.keyboard.press("Tab");
      assert.ok(await there(), "Tab leads to the first symptom");
      await page.keyboard.press("Enter");
      await page.locator("#report-title", { hasText: "Thank you" }).waitFor();
      assert.equal(await page.evaluate(() => document.activeElement?.id), "report-title");
      await page.locator("#reports li", { hasText: label }).first().waitFor({ timeout: 10_000 });
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
