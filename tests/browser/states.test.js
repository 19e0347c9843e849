// @ts-check
// The states that a service can be in, on the site that simulates a day and in the gallery: accessible in both schemes, and
// never shown for longer than they may be.
import { after, before, describe, test } from "node:test";
import assert from "node:assert/strict";
import { faults } from "./lib/axe.js";
import { hide, launch, reader, watchShift } from "./lib/browser.js";
import { writeGallery } from "./lib/gallery.js";
import { startSite } from "./lib/site.js";

const schemes = /** @type {const} */ (["light", "dark"]);

describe("states of a simulated day", () => {
  /** @type {Awaited<ReturnType<typeof startSite>>} */ let site;
  /** @type {import("playwright-core").Browser} */ let browser;

  before(async () => {
    site = await startSite({ basePath: "/status/", args: ["--demo"] });
    browser = await launch();
  });
  after(async () => {
    await browser?.close();
    assert.equal(await site?.stop(), 0);
  });

  for (const colorScheme of schemes) {
    test(`axe finds nothing on a calm service, an outage, one that recovers and one that is over, ${colorScheme}`, async () => {
      const { context, page, wrong } = await reader(browser, site.origin, { colorScheme, bypassCSP: true, reducedMotion: "reduce" });
      for (const [slug, first] of /** @type {const} */ ([
        ["chatgpt", /^No sign of a problem\./],
        ["openrouter", /^Yes\. Major outage/],
        ["discord", /^Probably\. It seems to recover/],
        ["github", /^No sign of a problem\./],
      ])) {
        await page.goto(`${site.url}s/${slug}`);
        assert.match(await page.locator(".verdict").innerText(), first, slug);
        if (slug === "github") assert.equal(await page.locator(".facts a[href*='/incidents/']").count(), 1, "its last problem has a page");
        assert.deepEqual(await faults(page), [], `${slug} in ${colorScheme}`);
        // What is folded is read as well.
        await page.$$eval("details", (all) => all.forEach((d) => (d.open = true)));
        assert.deepEqual(await faults(page), [], `${slug} unfolded in ${colorScheme}`);
      }
      assert.deepEqual(wrong, []);
      await context.close();
    });
  }

  /** What a page says now. @param {import("playwright-core").Page} page */
  const said = (page) =>
    page.evaluate(() => {
      const all = (/** @type {string} */ s) => [...document.querySelectorAll(s)];
      const text = (/** @type {string} */ s) => (document.querySelector(s)?.textContent ?? "").trim();
      const answer = document.querySelector(".answer");
      const w = /** @type {any} */ (window);
      return {
        lead: text(".verdict b"), verdict: text(".verdict"), because: text(".because"), tone: answer?.className.match(/is-\w+/)?.[0], title: document.title, told: text("#say"),
        pills: [...new Set(all("[data-live] .pill").map((p) => p.className))].sort(), ages: all(".facts [data-age]").length, act: text(".answer [href='#report']"),
        measured: document.querySelector(".verdict time")?.getAttribute("datetime"), mark: w.mark,
        below: (document.querySelector("#day, [data-live=all]")?.getBoundingClientRect().top ?? 0) + window.scrollY, acts: document.querySelector(".acts")?.getBoundingClientRect().bottom, shift: w.shift, moved: (w.moved ?? []).join("\n"),
      };
    });

  /** A page by a clock that the test turns. @param {string} path @param {import("playwright-core").BrowserContextOptions} options @param {number} [off] how wrong the clock is, in milliseconds */
  const turned = async (path, options, off = 0) => {
    const got = await reader(browser, site.origin, { bypassCSP: true, reducedMotion: "reduce", ...options });
    await got.page.clock.install({ time: Date.now() + off });
    await watchShift(got.page);
    await got.page.goto(site.url + path);
    await got.page.evaluate(() => (/** @type {any} */ (window).mark = "not reloaded"));
    return got;
  };

  /** Asks a page what it says until it is as wanted. @param {import("playwright-core").Page} page @param {(now: Awaited<ReturnType<typeof said>>) => boolean} wanted @param {string} what @param {number} [turn] milliseconds the clock is turned at each look */
  const comes = async (page, wanted, what, turn = 0) => {
    const until = Date.now() + 30_000;
    for (;;) {
      const now = await said(page);
      if (wanted(now)) return now;
      assert.ok(Date.now() < until, `${what}: ${JSON.stringify(now)}`);
      if (turn) await page.clock.runFor(turn);
      await new Promise((r) => setTimeout(r, 200));
    }
  };

  test("a reader whose clock is wrong reads what the site says", async () => {
    for (const minutes of [-60, 2, 60]) {
      const { context, page, wrong } = await turned("s/chatgpt", {}, minutes * 60_000);
      // Twice as long as a page waits for the site to tell its time.
      for (let i = 0; i < 20; i++) {
        await page.clock.runFor(500);
        await new Promise((r) => setTimeout(r, 50));
      }
      const now = await said(page);
      assert.deepEqual([now.lead, now.tone, now.told], ["No sign of a problem.", "is-ok", ""], `${minutes} minutes`);
      assert.deepEqual(wrong, []);
      await context.close();
    }
  });

  test("a hidden tab does not go on claiming either, and when it is seen again without a change nothing is said aloud", async () => {
    const { context, page, wrong } = await turned("s/chatgpt", {});
    await hide(page, true);
    await page.clock.runFor(300_000);
    const hidden = await said(page);
    assert.ok(hidden.title.startsWith("We cannot tell"), hidden.title);
    assert.equal(hidden.told, "");
    await hide(page, false);
    const seen = await comes(page, (now) => now.lead === "No sign of a problem.", "news");
    assert.ok(seen.title.startsWith("No sign of a problem"), seen.title);
    assert.equal(seen.told, "");
    assert.deepEqual(wrong, []);
    await context.close();
  });

  test("when the site dies, open pages say in its own words that we cannot tell once their time is over, and recover with the first news", async () => {
    const cases = /** @type {const} */ ([
      ["chatgpt at 1280", "s/chatgpt", 1280, "is-ok"],
      ["chatgpt at 360", "s/chatgpt", 360, "is-ok"],
      ["openrouter at 360", "s/openrouter", 360, "is-bad"],
      ["the front page at 1280", "", 1280, "is-bad"],
      ["the front page at 360", "", 360, "is-bad"],
    ]);
    const open = [];
    for (const [name, path, width, tone] of cases) {
      const got = await turned(path, { viewport: { width, height: 800 } });
      const words = await got.page.evaluate(() => {
        const kept = /** @type {HTMLTemplateElement} */ (document.getElementById("stale")).content;
        return { lead: kept.querySelector("b")?.textContent ?? "", because: kept.querySelector("[data-for='.because']")?.textContent ?? "", act: kept.querySelector("a")?.textContent ?? "" };
      });
      const first = await said(got.page);
      assert.equal(first.tone, tone, name);
      assert.equal(first.told, "", name);
      assert.notEqual(first.lead, words.lead, name);
      open.push({ ...got, name, path, words, first });
    }
    const outage = open[2];
    assert.ok(outage.first.ages > 0, "it says for how long the problem lasts");
    const vote = outage.page.locator("form[data-vote] button");
    await vote.focus();
    await outage.page.evaluate(() => window.scrollTo(0, 0));
    await site.crash();

    // A picture is good for three minutes, and was made within the last one.
    const earlier = new Map();
    for (const { page, name, first } of open) {
      await page.clock.runFor(30_000);
      await page.locator("#lost").waitFor({ state: "visible" });
      const early = await said(page);
      assert.deepEqual([early.lead, early.tone, early.told], [first.lead, first.tone, ""], `${name}: not before its time is over`);
      earlier.set(name, early);
    }
    for (const { page, name, path, words } of open) {
      const early = earlier.get(name);
      await page.evaluate(() => ((/** @type {any} */ (window).shift = 0), (/** @type {any} */ (window).moved = [])));
      await page.clock.runFor(180_000);
      const late = await said(page);
      assert.equal(late.lead, words.lead, name);
      assert.match(late.verdict, /^We cannot tell\. Not updated since \d+ \w+ 20\d\d, \d\d:\d\d \w+.*\.$/, name);
      assert.ok(Math.abs(Date.parse(late.measured ?? "") - Date.now()) < 200_000, `${name}: ${late.measured}`);
      assert.equal(late.because, words.because, name);
      assert.equal(late.tone, "is-unk", name);
      assert.equal(late.ages, 0, `${name}: whether it lasts is not known any more`);
      if (path !== "") assert.equal(late.act, words.act, name);
      if (path !== "") assert.ok(late.title.startsWith("We cannot tell"), `${name}: ${late.title}`);
      assert.deepEqual(late.pills, ["pill unk"], `${name}: nor do levels of others outlive their time`);
      assert.ok(late.told.includes(late.verdict), `${name}: it is said as a change of level: ${late.told}`);
      assert.deepEqual([late.below, late.acts], [early.below, early.acts], `${name}: nothing below moves`);
      assert.ok(late.shift < 0.001, `${name}: layout shifted by ${late.shift}\n${late.moved}`);
      for (const colorScheme of schemes) {
        await page.emulateMedia({ colorScheme });
        assert.deepEqual(await faults(page), [], `${name}, its time over, in ${colorScheme}`);
      }
    }
    assert.equal(await outage.page.evaluate(() => document.activeElement?.closest("form[data-vote]") !== null), true, "focus stays");
    assert.equal(await open[0].page.locator("#say").getAttribute("role"), "status", "it waits for its turn");

    await site.restart();
    for (const { page, name, words, first, context } of open) {
      const back = await comes(page, (now) => now.lead !== words.lead, `${name}: news`, 10_000);
      assert.equal(back.mark, "not reloaded");
      assert.deepEqual([back.lead, back.tone, back.act], [first.lead, first.tone, first.act], name);
      assert.ok(back.told.includes(back.verdict), `${name}: ${back.told}`);
      assert.equal(back.ages, first.ages, name);
      await comes(page, (now) => now.pills.length > 1 === first.pills.length > 1, `${name}: other levels come back`, 1000);
      await page.locator("#lost").waitFor({ state: "hidden" });
      await context.close();
    }
  });
});

describe("states of the gallery", () => {
  /** @type {Awaited<ReturnType<typeof writeGallery>>} */ let gallery;
  /** @type {import("playwright-core").Browser} */ let browser;

  before(async () => {
    gallery = await writeGallery();
    browser = await launch();
  });
  after(async () => {
    await browser?.close();
    await gallery?.remove();
  });

  for (const colorScheme of schemes) {
    test(`axe finds nothing on a service in any state, nor on any other page that can be drawn, ${colorScheme}`, async () => {
      const { context, page, wrong } = await reader(browser, gallery.origin, { colorScheme, bypassCSP: true, reducedMotion: "reduce" });
      await gallery.open(context);
      // The gallery's now.
      await page.clock.install({ time: "2026-11-22T15:33:10Z" });
      const { names } = gallery;
      /** @type {Record<string, string>} */ const heads = {};
      for (const name of names) {
        await page.goto(`${gallery.origin}/${name}`);
        heads[name] = await page.locator("main").innerText();
        assert.deepEqual(await faults(page), [], `${name} in ${colorScheme}`);
      }
      for (const state of ["calm", "recovering", "closed", "stale"]) assert.ok(`service-${state}.html` in heads, state);
      assert.match(heads["service-stale.html"], /We cannot tell\. Not updated since/);
      assert.match(heads["service-closed.html"], /The last one ended at/);
      assert.ok(Object.values(heads).some((text) => text.startsWith("500")), "the page of an error of ours is among them");
      assert.deepEqual(wrong, []);
      await context.close();
    });
  }

  test("each strip of our own checks is named, reached by keyboard and pointer, and says what was found when, and why", async () => {
    const http = "failed, HTTP 503 from https://openrouter.example.org/api/health";
    for (const [width, shown] of /** @type {const} */ ([[1280, "wide"], [320, "narrow"]])) {
      const { context, page, wrong } = await reader(browser, gallery.origin, { timezoneId: "UTC", viewport: { width, height: 800 } });
      await gallery.open(context);
      await page.clock.install({ time: "2026-11-22T15:33:10Z" });
      const tip = page.locator("#day .tip");
      const strip = (/** @type {string} */ name) => page.locator(`svg.lanes.${shown} g[data-lane=checks][role=slider][aria-label="Checks from ${name}"]`);
      for (const [state, name, newest, oldest] of [
        ["confirm", "frankfurt", `frankfurt, 15:30: ${http}`, "frankfurt, 21 Nov, 15:45: no check was heard"],
        ["confirm", "oslo", "oslo, 15:30: up", "oslo, 21 Nov, 15:45: up"],
        ["alone", "frankfurt", `frankfurt, 15:30: ${http}`, "frankfurt, 21 Nov, 15:45: no check was heard"],
        ["unclear", "oslo", "oslo, 15:30: unclear, unproven check", "oslo, 21 Nov, 15:45: no check was heard"],
        ["split", "3 others", "3 others, 15:30: up", "3 others, 21 Nov, 15:45: up"],
      ]) {
        await page.goto(`${gallery.origin}/service-checks-${state}.html`);
        const lane = strip(name);
        await lane.focus();
        assert.equal(await tip.innerText(), newest);
        await page.keyboard.press("Home");
        assert.equal(await tip.innerText(), oldest);
        assert.equal(await lane.getAttribute("aria-valuetext"), oldest, "what is said is what is shown");
        await page.keyboard.press("Escape");
        await page.locator(`svg.lanes.${shown} g[data-lane=reports]`).focus();
        assert.match(await tip.innerText(), /^15:30: reports \d+, usual \d+, usual at most \d+$/, "the other lane is read as before");
      }
      // Tab goes from strip to strip, an arrow key through the time of one.
      await page.goto(`${gallery.origin}/service-checks-confirm.html`);
      await strip("frankfurt").focus();
      for (const key of ["ArrowLeft", "ArrowLeft", "Tab", "ArrowLeft", "Tab"]) await page.keyboard.press(key);
      assert.equal(await page.evaluate(() => document.activeElement?.getAttribute("aria-label")), "Checks from virginia");
      await page.keyboard.press("Shift+Tab");
      assert.equal(await tip.innerText(), "oslo, 15:15: up", "each keeps its place");
      await page.evaluate(() => /** @type {SVGElement} */ (document.activeElement).blur());
      // The pointer tells each strip from its neighbours; 10:45 is the 77th quarter of an hour.
      for (const [name, said] of [["frankfurt", "failed, no answer within 10 s"], ["oslo", "up"], ["virginia", "failed, no answer within 10 s"]]) {
        const hit = strip(name).locator(".hit");
        const box = await hit.boundingBox();
        assert.ok(box);
        await hit.hover({ position: { x: (box.width * 76.5) / 96, y: box.height / 2 } });
        assert.equal(await tip.innerText(), `${name}, 10:45: ${said}`, `at ${width}`);
        assert.equal(await page.locator(`svg.lanes.${shown} g.on .cursor`).count(), 1, "one mark");
      }
      assert.deepEqual(await faults(page), [], `at ${width}`);
      assert.deepEqual(wrong, []);
      await context.close();
    }
  });

  test("the lane of the official page is read out from its own column of the table, by keyboard and by pointer", async () => {
    const { context, page } = await reader(browser, gallery.origin, { timezoneId: "UTC" });
    await gallery.open(context);
    await page.clock.install({ time: "2026-11-22T15:33:10Z" });
    for (const [state, newest, oldest] of [
      ["all", "15:30: official page: major outage", "21 Nov, 15:45: the official page was not read"],
      ["maintenance", "15:30: official page: maintenance", "21 Nov, 15:45: the official page was not read"],
      ["unread", "15:30: the official page was not read", "21 Nov, 15:45: the official page was not read"],
    ]) {
      await page.goto(`${gallery.origin}/service-official-${state}.html`);
      const lane = page.locator("svg.lanes.wide g[data-lane=official][role=slider]");
      const tip = page.locator("#day .tip");
      await lane.focus();
      assert.equal(await tip.innerText(), newest, state);
      await page.keyboard.press("Home");
      assert.equal(await tip.innerText(), oldest, state);
      assert.equal(await lane.getAttribute("aria-valuetext"), oldest, "what is said is what is shown");
    }
    await page.goto(`${gallery.origin}/service-official-all.html`);
    // A quarter of an hour under the pointer: 10:45 is the 77th.
    const hit = page.locator("svg.lanes.wide g[data-lane=official] .hit");
    const box = await hit.boundingBox();
    assert.ok(box);
    await hit.hover({ position: { x: (box.width * 76.5) / 96, y: box.height / 2 } });
    assert.equal(await page.locator("#day .tip").innerText(), "10:45: official page: degraded performance");
    await page.locator("svg.lanes.wide g[data-lane=checks]").first().focus();
    assert.match(await page.locator("#day .tip").innerText(), /^frankfurt, 15:30: failed, HTTP 503 /, "the lane above has words of its own");
    await context.close();
  });

  test("at 320 and 1280 pixels the three lanes keep apart and no line runs out of the page", async () => {
    for (const width of [320, 1280]) {
      const { context, page } = await reader(browser, gallery.origin, { timezoneId: "UTC", viewport: { width, height: 800 } });
      await gallery.open(context);
      await page.clock.install({ time: "2026-11-22T15:33:10Z" });
      for (const name of gallery.names.filter((n) => n.startsWith("service-"))) {
        await page.goto(`${gallery.origin}/${name}`);
        const wrong = await page.evaluate(() => {
          const found = [];
          const box = (/** @type {Element} */ e) => e.getBoundingClientRect();
          const seen = (/** @type {string} */ s) => [...document.querySelectorAll(s)].filter((e) => box(e).width > 0);
          for (const e of seen(".answer *, .vendor *, .spots *, .legend *, .lanes text")) {
            if (box(e).right > innerWidth + 0.5 || box(e).left < -0.5) found.push(`${e.localName} "${e.textContent?.slice(0, 40)}" ends at ${box(e).right}`);
          }
          // Names, ticks and numbers against the shapes of every lane.
          for (const text of seen(".lanes text")) {
            for (const shape of seen(".lanes .hit")) {
              const [a, b] = [box(text), box(shape)];
              const over = Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 3;
              if (over && text.previousElementSibling?.classList.contains("paper") !== true) found.push(`"${text.textContent}" lies over ${shape.closest("g")?.getAttribute("data-lane")}`);
            }
          }
          return found;
        });
        assert.deepEqual(wrong, [], `${name} at ${width}`);
      }
      await context.close();
    }
  });

  test("whatever the vendor says, what stands below the lanes does not move", async () => {
    for (const width of [320, 360, 480, 600, 1280]) {
      const { context, page } = await reader(browser, gallery.origin, { timezoneId: "UTC", viewport: { width, height: 800 } });
      await gallery.open(context);
      await page.clock.install({ time: "2026-11-22T15:33:10Z" });
      const high = [];
      for (const state of ["quiet", "log", "against-alone", "alone", "confirms"]) {
        await page.goto(`${gallery.origin}/service-official-${state}.html`);
        high.push(await page.evaluate(() => document.querySelector("#day")?.getBoundingClientRect().height));
      }
      assert.equal(new Set(high).size, 1, `at ${width}: ${high}`);
      await context.close();
    }
  });
});
