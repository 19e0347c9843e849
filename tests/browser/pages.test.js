// @ts-check
// Every page, in both schemes, on a phone and on a desk: accessible, quiet in the console, alone on the network.
import { after, before, describe, test } from "node:test";
import assert from "node:assert/strict";
import { faults } from "./lib/axe.js";
import { launch, reader } from "./lib/browser.js";
import { reportMany, somebody, startSite } from "./lib/site.js";

// The whole suite runs at the root of a host and below a path.
for (const basePath of ["/", "/status/"]) {
  describe(`pages below ${basePath}`, () => {
    /** @type {Awaited<ReturnType<typeof startSite>>} */ let site;
    /** @type {import("playwright-core").Browser} */ let browser;
    /** @type {string[]} */ let paths;

    before(async () => {
      site = await startSite({ basePath, env: { ALLCLEAR_LIMITS__REPORTS_PER_SOURCE_PER_HOUR: "8" } });
      browser = await launch();
      // One service with a problem, so that its incident has a page.
      await reportMany(site.url, "github", "other", 40);
      const state = await (await fetch(`${site.url}api/v1/services/github`)).json();
      const incidents = await (await fetch(`${site.url}api/v1/services/github/incidents`)).json();
      assert.equal(state.confirmed, false);
      paths = [
        "", "s/github", "s/openrouter", "s/openrouter/report", "s/openrouter/guide", "s/github/reports", "s/github/history",
        "s/openrouter/embed", "c/ai-gateway", "search?q=gpt", "search?q=zzzzzz", "suggest", "feedback", "privacy", "terms", "contact", "how", "status", "api",
        "s/no-such-service",
      ];
      for (const i of incidents.incidents.slice(0, 1)) paths.push(`s/github/incidents/${i.id}`);
      assert.ok(paths.some((p) => p.includes("/incidents/")), "40 reports from 40 networks opened an incident");
    });
    after(async () => {
      await browser?.close();
      assert.equal(await site?.stop(), 0);
    });

    for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
      test(`axe finds nothing on any page, ${colorScheme}`, async () => {
        const { context, page, wrong } = await reader(browser, site.origin, { colorScheme, bypassCSP: true, reducedMotion: "reduce" });
        for (const path of paths) {
          await page.goto(site.url + path);
          assert.deepEqual(await faults(page), [], `/${path} in ${colorScheme}`);
        }
        assert.deepEqual(wrong, []);
        await context.close();
      });
    }

    for (const colorScheme of /** @type {const} */ (["light", "dark"])) test(`axe finds nothing on what follows a form, ${colorScheme}`, async () => {
      const { context, page, wrong } = await reader(browser, site.origin, { colorScheme, bypassCSP: true, reducedMotion: "reduce" });
      /** @param {string} what */
      const fine = async (what) => assert.deepEqual(await faults(page), [], what);

      await page.goto(`${site.url}s/krisp`);
      await page.locator("form[data-report] button[name=symptom]").first().click();
      await page.locator("#report-title", { hasText: "Thank you" }).waitFor();
      await fine("the page after a report");
      const own = (await page.locator("#report a[href*='/r/']").first().getAttribute("href")) ?? "";
      await page.goto(new URL(own, site.url).href);
      await fine("one's own report");
      await page.goto(`${new URL(own, site.url).href}?new=krisp&counted=0`);
      await page.locator("[data-thanks]").waitFor();
      await fine("the thanks as a page of their own");

      for (const path of ["suggest/thanks", "feedback/thanks"]) {
        assert.equal((await page.goto(site.url + path))?.status(), 200);
        await fine(path);
      }

      await page.goto(`${site.url}suggest`);
      await page.locator("#name").evaluate((e) => e.removeAttribute("required"));
      const [refused] = await Promise.all([page.waitForResponse((r) => r.request().method() === "POST"), page.locator("main form button").click()]);
      assert.equal(refused.status(), 422);
      await page.locator("[role=alert]").waitFor();
      await fine("a form with errors");

      // A form that posts to a page which takes none.
      await page.goto(`${site.url}suggest`);
      await page.locator("main form").evaluate((f, to) => f.setAttribute("action", to), `${basePath}privacy`);
      await page.locator("#name").fill("x");
      const [wrongWay] = await Promise.all([page.waitForResponse((r) => r.request().method() === "POST"), page.locator("main form button").click()]);
      assert.equal(wrongWay.status(), 405);
      await page.locator("h1").waitFor();
      await fine("405");

      // Refused reports, as a form without scripts sends them: too many, and a full disk.
      const post = async (/** @type {string} */ slug) => {
        await page.goto(`${site.url}s/${slug}/report`);
        await page.locator("#text").evaluate((t) => (/** @type {HTMLTextAreaElement} */ (t).value = "Kept & safe"));
        const answer = page.waitForResponse((r) => r.request().method() === "POST");
        await page.locator("form[data-report]").evaluate((f) => {
          const form = /** @type {HTMLFormElement} */ (f);
          const chosen = Object.assign(document.createElement("input"), { type: "hidden", name: "symptom", value: "other" });
          form.append(chosen);
          form.submit();
        });
        const status = (await answer).status();
        await page.locator("main h1").waitFor();
        return status;
      };
      let status = 0;
      for (let i = 0; i < 12 && status !== 429; i++) status = await post("discord");
      assert.equal(status, 429);
      assert.equal(await page.locator("#text").inputValue(), "Kept & safe");
      await fine("429");
      await context.setExtraHTTPHeaders(somebody());
      site.full(true);
      try {
        assert.equal(await post("whatsapp"), 503);
        assert.equal(await page.locator("#text").inputValue(), "Kept & safe");
        await fine("503");
      } finally {
        site.full(false);
      }
      assert.match(wrong.splice(0).join(), /^503 from [^,]*\/s\/whatsapp\/report$/, "nothing else went wrong");
      assert.deepEqual(wrong, []);
      await context.close();
    });

    test("the axis of the lanes is in the reader's zone, and in UTC without scripts", async () => {
      for (const javaScriptEnabled of [true, false]) {
        const timeZone = javaScriptEnabled ? "Asia/Kolkata" : "UTC";
        const { context, page, wrong } = await reader(browser, site.origin, { timezoneId: "Asia/Kolkata", javaScriptEnabled });
        await page.goto(`${site.url}s/openrouter`);
        if (javaScriptEnabled) await page.locator("svg.lanes g[role=slider]").first().waitFor();
        const labels = page.locator("svg.lanes text[data-clock]");
        const format = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone });
        const n = await labels.count();
        assert.ok(n >= 8, `${n} labels`);
        for (let i = 0; i < n; i++) assert.equal(await labels.nth(i).textContent(), format.format(Number(await labels.nth(i).getAttribute("data-clock"))));
        assert.match((await labels.first().textContent()) ?? "", javaScriptEnabled ? /^\d\d:30$/ : /^\d\d:00$/);
        assert.deepEqual(wrong, []);
        await context.close();
      }
    });

    for (const [width, shown, other] of /** @type {const} */ ([[1280, "wide", "narrow"], [360, "narrow", "wide"]])) test(`a lane is read out by arrow keys, by pointer and by tap, in the ${shown} drawing at ${width} pixels`, async () => {
      const { context, page, wrong } = await reader(browser, site.origin, { viewport: { width, height: 900 }, hasTouch: true });
      await page.goto(`${site.url}s/openrouter`);
      const lane = page.locator(`svg.lanes.${shown} g[data-lane=reports][role=slider]`);
      const tip = page.locator("#day .tip");
      await lane.waitFor();
      assert.equal(await page.locator(`svg.lanes.${shown}`).isVisible(), true);
      assert.equal(await page.locator(`svg.lanes.${other}`).isVisible(), false, `the ${other} drawing is for others`);
      const resting = await tip.innerText();
      const value = async () => ({ at: Number(await lane.getAttribute("aria-valuenow")), text: (await lane.getAttribute("aria-valuetext")) ?? "" });
      const last = Number(await lane.getAttribute("aria-valuemax"));
      await lane.focus();
      const end = await value();
      assert.equal(end.at, last, "reading begins at the newest bin");
      for (const [key, at] of /** @type {const} */ ([["ArrowLeft", -1], ["ArrowLeft", -2], ["ArrowRight", -1], ["ArrowRight", 0], ["ArrowRight", 0]])) {
        await page.keyboard.press(key);
        const now = await value();
        assert.equal(now.at, last + at, key);
        assert.equal(now.text !== end.text, at !== 0, `${key}: ${now.text}`);
        assert.equal(await tip.innerText(), now.text, "what is said is what is shown");
      }
      await page.keyboard.press("Home");
      const first = await value();
      assert.equal(first.at, 0);
      assert.notEqual(first.text, end.text);
      await page.keyboard.press("End");
      assert.deepEqual(await value(), end);
      await page.keyboard.press("Escape");
      assert.equal(await tip.innerText(), resting);
      await lane.evaluate((e) => /** @type {SVGElement} */ (e).blur());

      await lane.scrollIntoViewIfNeeded();
      const box = await lane.locator(".hit").boundingBox();
      assert.ok(box);
      const y = box.y + box.height / 2;
      await page.mouse.move(box.x + box.width * 0.25, y);
      const quarter = await tip.innerText();
      assert.notEqual(quarter, resting, "hovering shows the numbers");
      assert.ok(Math.abs((await value()).at - last / 4) <= 2);
      await page.mouse.move(5, 5);
      assert.equal(await tip.innerText(), resting, "they go with the pointer");
      await page.touchscreen.tap(box.x + box.width * 0.75, y);
      const tapped = await tip.innerText();
      assert.ok(tapped !== resting && tapped !== quarter, "a tap shows the numbers");
      assert.ok(Math.abs((await value()).at - (last * 3) / 4) <= 2, "of the place that was tapped");
      assert.equal(await lane.locator(".cursor").isVisible(), true, "which is marked");
      // What is read out of a lane that nobody watches yet is that.
      for (const name of ["checks", "official"]) {
        const strip = page.locator(`svg.lanes.${shown} g[data-lane=${name}]`);
        await strip.scrollIntoViewIfNeeded();
        const at = await strip.locator(".hit").boundingBox();
        assert.ok(at);
        await page.touchscreen.tap(at.x + at.width / 2, at.y + at.height / 2);
        assert.equal(await tip.innerText(), (await strip.getAttribute("data-fixed")) ?? "none", name);
      }
      assert.deepEqual(wrong, []);
      await context.close();
    });

    for (const width of [320, 1280]) {
      test(`nothing is wider than the window at ${width} pixels, and nothing shouts in the console`, async () => {
        const { context, page, wrong } = await reader(browser, site.origin, { viewport: { width, height: 800 } });
        for (const path of paths) {
          await page.goto(site.url + path);
          const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
          assert.ok(over <= 0, `/${path} is ${over} pixels too wide at ${width}`);
        }
        assert.deepEqual(wrong, []);
        assert.deepEqual(await context.cookies(), []);
        await context.close();
      });
    }

    test("every link within the site leads somewhere", async () => {
      const { context, page } = await reader(browser, site.origin);
      /** @type {Set<string>} */ const links = new Set();
      for (const path of paths) {
        await page.goto(site.url + path);
        for (const href of await page.$$eval("a[href]", (as) => as.map((a) => /** @type {HTMLAnchorElement} */ (a).href))) {
          const u = new URL(href);
          if (u.origin !== site.origin) continue;
          assert.ok(u.pathname.startsWith(basePath), `${href} on /${path} leaves ${basePath}`);
          u.hash = "";
          links.add(u.href);
        }
      }
      // The 500 services of the home page are of one make: a few of them stand for all.
      const some = [...links].filter((l, i) => !/\/s\/[a-z0-9-]+$/.test(l) || i % 25 === 0);
      for (const link of some) {
        const r = await fetch(link, { redirect: "manual" });
        assert.ok(r.status < 400, `${link} answers ${r.status}`);
      }
      await context.close();
    });

    for (const [width, shown] of /** @type {const} */ ([[1280, "wide"], [360, "narrow"]])) test(`the keyboard reaches everything, and each lane is one stop with arrow keys inside, at ${width} pixels`, async () => {
      const { context, page, wrong } = await reader(browser, site.origin, { viewport: { width, height: 900 } });
      await page.goto(`${site.url}s/github`);
      await page.waitForLoadState("networkidle").catch(() => {});
      /** @type {string[]} */ const stops = [];
      const all = await page.evaluate(() => {
        const focusable = [...document.querySelectorAll("a[href], button, input:not([type=hidden], .trap input), select, textarea, summary, [tabindex='0']")];
        const seen = focusable.filter((e) => e.checkVisibility({ contentVisibilityAuto: true, visibilityProperty: true }));
        seen.forEach((e, i) => e.setAttribute("data-stop", `${i}`));
        return seen.length;
      });
      /** @type {Set<string>} */ const reached = new Set();
      for (let i = 0; i < all + 20; i++) {
        await page.keyboard.press("Tab");
        const { stop, id } = await page.evaluate(() => {
          const e = document.activeElement;
          if (!e || e === document.body) return { stop: "", id: "" };
          const r = e.getBoundingClientRect();
          const s = getComputedStyle(e);
          const visible = r.width > 0 && r.height > 0 && s.visibility !== "hidden";
          const text = `${e.closest("[data-lane]")?.getAttribute("data-lane") ?? e.tagName} ${visible ? "visible" : "hidden"} ${e.getAttribute("aria-label") ?? e.textContent?.trim().slice(0, 40)}`;
          return { stop: text, id: e.getAttribute("data-stop") ?? "" };
        });
        if (stop === "") break;
        stops.push(stop);
        reached.add(id);
      }
      assert.ok(stops.length > 15, `only ${stops.length} stops`);
      assert.deepEqual(stops.filter((s) => s.includes(" hidden ")), [], "focus never rests on something invisible");
      for (const lane of ["reports", "checks", "official"]) {
        assert.equal(stops.filter((s) => s.startsWith(`${lane} `)).length, 1, `the lane of ${lane} is one stop`);
      }
      // From one lane, an arrow key stays in it and Tab leads to the next.
      await page.locator(`svg.lanes.${shown} g[data-lane=reports]`).focus();
      const lane = () => page.evaluate(() => document.activeElement?.getAttribute("data-lane"));
      await page.keyboard.press("ArrowLeft");
      assert.equal(await lane(), "reports");
      for (const next of ["checks", "official"]) {
        await page.keyboard.press("Tab");
        assert.equal(await lane(), next);
      }
      const missed = await page.evaluate(
        (ids) => [...document.querySelectorAll("[data-stop]")].filter((e) => !ids.includes(e.getAttribute("data-stop") ?? "")).map((e) => e.outerHTML.slice(0, 120)),
        [...reached],
      );
      assert.deepEqual(missed, [], "Tab leads to everything that takes focus");
      assert.deepEqual(wrong, []);
      await context.close();
    });

    test("times are in the reader's zone, and the zone is named", async () => {
      const incident = paths.find((p) => p.includes("/incidents/")) ?? "";
      for (const [timezoneId, name] of /** @type {const} */ ([["Asia/Kolkata", "GMT+5:30"], ["Pacific/Kiritimati", "GMT+14"], ["UTC", "UTC"]])) {
        const { context, page, wrong } = await reader(browser, site.origin, { timezoneId });
        for (const path of ["", "s/github", "s/github/reports", "s/github/history", incident]) {
          await page.goto(site.url + path);
          await page.locator("footer [data-zone]", { hasText: name }).waitFor();
          const times = await page.$$eval("time[data-t]", (all) => all.map((t) => ({ at: /** @type {HTMLTimeElement} */ (t).dateTime, shape: /** @type {HTMLElement} */ (t).dataset.t, text: t.textContent ?? "" })));
          assert.ok(times.length > 0, `/${path} has times`);
          for (const t of times) {
            const at = new Date(t.at);
            const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: timezoneId }).format(at);
            const date = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: timezoneId }).format(at);
            if (t.shape === "d") assert.equal(t.text, date, `/${path}`);
            else assert.ok(t.text.includes(clock), `/${path}: ${t.text} is ${t.at}`);
            if (t.shape === "f") assert.ok(t.text.startsWith(date), `/${path}: ${t.text} is ${t.at}`);
            if (t.shape === "z" || t.shape === "f") assert.ok(t.text.endsWith(` ${name}`), `/${path}: ${t.text} names its zone`);
          }
        }
        // A title is not turned into the reader's zone, and says so; the heading is.
        assert.match(await page.title(), /\(UTC\)/);
        assert.match(await page.locator(".crumb [aria-current]").innerText(), /\(UTC\)/);
        assert.equal(await page.locator("h1 time").count(), 1);
        assert.deepEqual(wrong, []);
        await context.close();
      }
    });

    test("on paper the whole guide can be read, and nothing is wider than the sheet", async () => {
      for (const width of [360, 794]) {
        const { context, page, wrong } = await reader(browser, site.origin, { viewport: { width, height: 1000 } });
        await page.emulateMedia({ media: "print" });
        for (const path of paths) {
          await page.goto(site.url + path);
          const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
          assert.ok(over <= 0, `/${path} is ${over} pixels too wide on paper of ${width}`);
        }
        await page.goto(`${site.url}s/openrouter`);
        const bodies = await page.$$eval("#guide .body", (all) => all.map((b) => ({ height: b.getBoundingClientRect().height, seen: b.checkVisibility({ contentVisibilityAuto: true }) })));
        assert.equal(bodies.length, 7);
        assert.ok(bodies.every((b) => b.height > 20 && b.seen), JSON.stringify(bodies));
        assert.equal(await page.locator("header.top").isVisible(), false);
        assert.equal(await page.locator("form[data-report]").isVisible(), false);
        assert.deepEqual(wrong, []);
        await context.close();
      }
    });

    test("feeds, badges and the sitemap are well-formed XML", async () => {
      const { context, page } = await reader(browser, site.origin);
      await page.goto(site.url);
      for (const [path, root, some] of /** @type {const} */ ([
        ["s/github/feed.atom", "feed", "entry"], ["s/krisp/feed.atom", "feed", "title"], ["s/github/badge.svg", "svg", "text"],
        ["s/openrouter/badge.svg", "svg", "text"], ["sitemap.xml", "urlset", "url"], ["favicon.svg", "svg", "*"],
      ])) {
        const text = await (await fetch(site.url + path)).text();
        const got = await page.evaluate(([text, some]) => {
          const doc = new DOMParser().parseFromString(text, "application/xml");
          return { root: doc.documentElement.localName, wrong: doc.querySelector("parsererror")?.textContent ?? "", some: doc.getElementsByTagName(some).length };
        }, [text, some]);
        assert.equal(got.wrong, "", path);
        assert.equal(got.root, root, path);
        assert.ok(got.some > 0, `${path} has ${some}`);
      }
      await context.close();
    });
  });
}
