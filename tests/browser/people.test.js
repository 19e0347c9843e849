// @ts-check
// What people write: taken without secrets, shown after moderation, followed, changed, withdrawn, flagged; and forms that tell
// people from programs.
import { after, before, describe, test } from "node:test";
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { faults } from "./lib/axe.js";
import { launch, reader, watchShift } from "./lib/browser.js";
import { somebody, startSite } from "./lib/site.js";

const key = "sk-or-v1-0123456789abcdef0123456789abcdef";
const secret = /0123456789abcdef/;
/** Texts whose fate the rules leave no doubt about. */
const text = {
  shown: "works again with a new session",
  held: "my idiot laptop shows the same, see https://blog.nowhere-known.xyz/why",
  withheld: "message @recovery_help on telegram, they got my account back for 50$",
  rude: "you are all idiots, the support guy is a stupid idiot",
};
/** As long as a text may be, of words that are longer than a phone is wide. */
const longest = ["W".repeat(160), "Donaudampfschifffahrtsgesellschaftskapitän".repeat(3), "i".repeat(160)].join(" ").slice(0, 500);
const schemes = /** @type {const} */ (["light", "dark"]);

/** @typedef {import("playwright-core").Page} Page */

/** Sends a report with a text, as a visitor does. @param {Page} page @param {string} at @param {string} said @param {string} [error] */
async function write(page, at, said, error) {
  await page.goto(at);
  await page.locator("form[data-report] summary").click();
  await page.locator("#text").fill(said);
  if (error) await page.locator("#error").fill(error);
  await page.locator("form[data-report] button[name=symptom]").first().click();
  const thanks = page.locator("[data-thanks], #report .report", { hasText: "Thank you for your report" });
  await thanks.waitFor({ timeout: 30_000 });
  return { words: await thanks.innerText(), follow: (await thanks.locator("a[href*='/r/']").first().getAttribute("href")) ?? "" };
}

/** Sends a report with a text, as a program does. @param {string} url @param {string} slug @param {Record<string, string>} body @returns {Promise<{id: string, token: string, text: string}>} */
async function send(url, slug, body) {
  const r = await fetch(`${url}api/v1/services/${slug}/reports`, { method: "POST", headers: { "content-type": "application/json", ...somebody() }, body: JSON.stringify({ symptom: "other", ...body }) });
  const answer = await r.json();
  assert.equal(r.status, 202, JSON.stringify(answer));
  return answer;
}

/** An open page that must never be loaded again, all of it in sight, so that whatever moves is noticed. @param {import("playwright-core").Browser} browser @param {Awaited<ReturnType<typeof startSite>>} site @param {string} path @param {import("playwright-core").BrowserContextOptions} [options] */
async function watch(browser, site, path, options = {}) {
  const got = await reader(browser, site.origin, { viewport: { width: 1280, height: 3600 }, ...options });
  await watchShift(got.page);
  await got.page.goto(site.url + path);
  await got.page.evaluate(() => (/** @type {any} */ (window).mark = "not reloaded"));
  return {
    ...got,
    end: async () => {
      const { mark, shift, moved } = await got.page.evaluate(() => {
        const w = /** @type {any} */ (window);
        return { mark: w.mark, shift: w.shift, moved: w.moved };
      });
      assert.equal(mark, "not reloaded");
      assert.ok(shift < 0.001, `layout shifted by ${shift}\n${moved.join("\n")}`);
      assert.deepEqual(got.wrong, []);
      await got.context.close();
    },
  };
}

for (const basePath of ["/", "/status/"]) {
  describe(`what people write below ${basePath}`, () => {
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

    /** The page behind a link of the site. @param {string} href */
    const at = (href) => new URL(href, site.url).href;

    for (const [javaScriptEnabled, slug, width] of /** @type {const} */ ([[true, "openrouter", 1280], [false, "discord", 360]])) {
      test(`a text with a key in it is thanked for and shown to others without the key, ${javaScriptEnabled ? "with" : "without"} JavaScript`, async () => {
        const watcher = await watch(browser, site, `s/${slug}`, { viewport: { width, height: 5600 } });
        const { context, page, wrong } = await reader(browser, site.origin, { javaScriptEnabled });
        const { words, follow } = await write(page, `${site.url}s/${slug}`, `${text.shown}, my key was ${key}`, `HTTP 401 from https://${slug}.ai/api with ${key}`);
        for (const part of [/^Thank you/, /less than 5 minutes/, /verification/i, /moderation/i, /patience/]) assert.match(words, part);

        const line = watcher.page.locator("#reports li", { has: watcher.page.locator("q", { hasText: `${text.shown}, my key was ‹key›` }) });
        await line.waitFor({ timeout: 10_000 });
        assert.equal(await line.getByRole("link", { name: "Flag" }).count(), 1);
        assert.match(await watcher.page.locator("#what .errors").innerText(), /401/);
        assert.doesNotMatch(await watcher.page.content(), secret);
        for (const path of [`s/${slug}`, `s/${slug}/reports`, `api/v1/services/${slug}`, `api/v1/services/${slug}/reports`, `s/${slug}/feed.atom`, new URL(at(follow)).pathname.slice(basePath.length)]) {
          const answer = await (await fetch(site.url + path)).text();
          assert.doesNotMatch(answer, secret, path);
        }
        await page.goto(at(follow));
        const own = await page.locator("main").innerText();
        assert.match(own, /Your text is public\./);
        assert.match(own, /We took out what should not be public: keys or passwords\./);
        assert.doesNotMatch(await page.content(), secret);
        assert.deepEqual(wrong, []);
        await context.close();
        await watcher.end();
      });
    }

    test("a text that a person has to look at says so to everybody, and to its author why", async () => {
      const watcher = await watch(browser, site, "s/krisp");
      const { context, page, wrong } = await reader(browser, site.origin);
      const { words, follow } = await write(page, `${site.url}s/krisp`, text.held);
      assert.match(words, /Your text will be shown in less than 5 minutes, after verification and moderation, or be withheld/);
      const line = watcher.page.locator("#reports li").first();
      await line.getByText("text is being looked at", { exact: true }).waitFor({ timeout: 10_000 });
      assert.equal(await watcher.page.locator("#reports q, #reports .flag").count(), 0);
      await page.goto(`${site.url}s/krisp/reports`);
      assert.match(await page.locator("main").innerText(), /text is being looked at/);
      for (const path of ["s/krisp", "s/krisp/reports", "api/v1/services/krisp", "api/v1/services/krisp/reports"]) {
        assert.doesNotMatch(await (await fetch(site.url + path)).text(), /laptop/, path);
      }
      await page.goto(at(follow));
      const own = await page.locator("main").innerText();
      assert.match(own, /my idiot laptop/, "its author may read it");
      assert.match(own, /Your text is being looked at\. .*withheld\.\s+Why: \w.*\.\s/s);
      // A person looks, and everybody sees it at once.
      const [waiting] = JSON.parse(site.run("admin", "moderation", "list", "--json")).texts.filter((/** @type {any} */ t) => t.service === "krisp");
      site.run("admin", "moderation", "approve", waiting.report);
      await line.locator("q", { hasText: "my idiot laptop" }).waitFor({ timeout: 10_000 });
      await page.reload();
      assert.match(await page.locator("main").innerText(), /Your text is public\./);
      const rude = await send(site.url, "krisp", { text: text.rude });
      assert.notEqual(rude.text, "shown");
      assert.doesNotMatch(await (await fetch(`${site.url}s/krisp`)).text(), /stupid/);
      assert.deepEqual(wrong, []);
      await context.close();
      await watcher.end();
    });

    for (const javaScriptEnabled of [true, false]) {
      test(`a withheld text names its reason and can be contested, ${javaScriptEnabled ? "with" : "without"} JavaScript`, async () => {
        const slug = javaScriptEnabled ? "claude" : "gemini";
        const watcher = await watch(browser, site, `s/${slug}`);
        const { context, page, wrong } = await reader(browser, site.origin, { javaScriptEnabled });
        const { words, follow } = await write(page, `${site.url}s/${slug}`, text.withheld);
        assert.match(words, /^Thank you/);
        assert.match(words, /Your words will not be shown with it\./);
        await watcher.page.locator("#reports li").first().getByText("text withheld", { exact: true }).waitFor({ timeout: 10_000 });
        assert.doesNotMatch(await (await fetch(`${site.url}s/${slug}/reports`)).text(), /recovery/);

        await page.goto(at(follow));
        const own = await page.locator("main").innerText();
        assert.match(own, /Your text is not shown\. Your report itself is public and counts as every other\./);
        assert.match(own, /Why: it looks like a fraud/);
        await page.getByRole("link", { name: "Contest this" }).click();
        await page.getByRole("heading", { level: 1, name: "Help us to improve" }).waitFor();
        assert.equal(await page.getByRole("radio", { name: "My text was not shown, and should be" }).isChecked(), true);
        assert.equal(await page.locator("main input[type=radio]:checked").count(), 1);
        await page.getByLabel("More (optional)").fill(`They did help me. My key is ${key}.`);
        await page.getByRole("button", { name: "Send" }).click();
        await page.getByRole("heading", { level: 1, name: "Thank you for telling us." }).waitFor();
        assert.match(await page.locator("main").innerText(), /Your receipt is H-\d+\./);
        const kept = site.run("admin", "feedback", "list", "--json");
        assert.match(kept, /They did help me\. My key is ‹key›/);
        const contested = JSON.parse(kept).find((/** @type {any} */ f) => f.service === slug);
        assert.equal(contested.report.replaceAll("-", ""), at(follow).match(/\/r\/(.{32})/)?.[1], "operators learn which text it is about");
        assert.doesNotMatch(kept, secret);
        assert.deepEqual(wrong, []);
        await context.close();
        await watcher.end();
      });
    }

    for (const javaScriptEnabled of [true, false]) {
      test(`the author changes the text and withdraws it, ${javaScriptEnabled ? "with" : "without"} JavaScript`, async () => {
        const slug = javaScriptEnabled ? "github" : "visa";
        const watcher = await watch(browser, site, `s/${slug}`);
        const { context, page, wrong } = await reader(browser, site.origin, { javaScriptEnabled });
        const { follow } = await write(page, `${site.url}s/${slug}`, "it does not let me in");
        const said = watcher.page.locator("#reports li q");
        await said.getByText("it does not let me in", { exact: true }).waitFor({ timeout: 10_000 });

        const change = async (/** @type {string} */ words) => {
          await page.goto(at(follow));
          await page.getByLabel("Text (empty: none)").fill(words);
          await page.getByRole("button", { name: "Save" }).click();
          await page.getByText("Your change is saved.").waitFor();
        };
        await change(`${text.shown}, my key was ${key}`);
        assert.match(await page.locator("q").innerText(), /my key was ‹key›$/);
        await said.getByText(`${text.shown}, my key was ‹key›`, { exact: true }).waitFor({ timeout: 10_000 });
        await change(text.withheld);
        assert.match(await page.locator("main").innerText(), /Your text is not shown\./);
        await watcher.page.locator("#reports li").getByText("text withheld", { exact: true }).waitFor({ timeout: 10_000 });
        await change("");
        assert.equal(await page.locator("q").count(), 0);
        await watcher.page.locator("#reports li em").waitFor({ state: "detached", timeout: 10_000 });
        await change("one line\nand another");
        await said.getByText("one line").waitFor({ timeout: 10_000 });
        assert.equal(await page.locator("q").innerText(), "one line\nand another");

        await page.getByRole("button", { name: "Withdraw my report" }).click();
        await page.getByText(/^Withdrawn: its line is not shown any more\./).waitFor();
        assert.equal(await page.locator("main form").count(), 0);
        assert.doesNotMatch(await page.locator("main").innerText(), /one line/);
        await watcher.page.locator("#reports li").waitFor({ state: "detached", timeout: 10_000 });
        assert.doesNotMatch(await (await fetch(`${site.url}s/${slug}/reports`)).text(), /one line/);
        assert.deepEqual(wrong, []);
        await context.close();
        await watcher.end();
      });
    }

    test("three readers of different networks flag a text off the page", async () => {
      const report = await send(site.url, "whatsapp", { text: text.shown });
      const watcher = await watch(browser, site, "s/whatsapp");
      await watcher.page.locator("#reports q", { hasText: text.shown }).waitFor();
      /** Flags what the page shows. @param {boolean} javaScriptEnabled @param {Record<string, string>} from @param {string} path */
      const flag = async (javaScriptEnabled, from, path) => {
        const { context, page, wrong } = await reader(browser, site.origin, { javaScriptEnabled, extraHTTPHeaders: from });
        await page.goto(site.url + path);
        await page.getByRole("link", { name: "Flag" }).click();
        await page.getByRole("heading", { level: 1, name: "Flag this text" }).waitFor();
        assert.equal(await page.locator("q").innerText(), text.shown, "it is shown again");
        assert.match(await page.locator("main").innerText(), /insults, threatens.*taken down until a person has looked at it/s);
        await page.getByRole("button", { name: "Flag it" }).click();
        await page.getByRole("heading", { level: 1, name: "Thank you for flagging this text." }).waitFor();
        assert.match(await page.locator("main").innerText(), new RegExp(`Your receipt is F-${report.id.slice(-8)}\\.`));
        assert.match(page.url(), /\?done=1$/, "loading it again flags nothing");
        await page.getByRole("link", { name: "Back to the live page" }).click();
        await page.locator("#reports").waitFor();
        assert.deepEqual(wrong, []);
        await context.close();
      };
      const first = somebody();
      await flag(true, first, "s/whatsapp");
      await flag(true, first, "s/whatsapp");
      await flag(true, { "x-forwarded-for": first["x-forwarded-for"].replace(/\d+$/, "99") }, "s/whatsapp");
      await flag(false, somebody(), "s/whatsapp/reports");
      // One reader twice, or a network twice, is one flag: two in all.
      await new Promise((r) => setTimeout(r, 1000));
      assert.equal(await watcher.page.locator("#reports q", { hasText: text.shown }).count(), 1);
      await flag(true, somebody(), "s/whatsapp/reports");
      await watcher.page.locator("#reports li").getByText("text is being looked at", { exact: true }).waitFor({ timeout: 10_000 });
      assert.equal(await watcher.page.locator("#reports q, #reports .flag").count(), 0);
      for (const path of ["s/whatsapp/reports", `s/whatsapp/reports/${report.id}/flag`, `api/v1/reports/${report.id}`]) {
        assert.doesNotMatch(await (await fetch(site.url + path)).text(), /new session/, path);
      }
      const { context, page, wrong } = await reader(browser, site.origin);
      await page.goto(`${site.url}r/${report.token}`);
      assert.match(await page.locator("main").innerText(), /Why: several readers flagged it\./);
      assert.deepEqual(wrong, []);
      await context.close();
      await watcher.end();
    });

    test("the first move on a page says when its form was opened, the first touch of the form asks for what is wanted, and the report says so", async () => {
      const { context, page, wrong } = await reader(browser, site.origin);
      /** @type {string[]} */ const asked = [];
      page.on("request", (r) => new URL(r.url()).pathname.endsWith("/api/v1/challenge") && asked.push(r.url()));
      const answer = () => page.waitForResponse((r) => r.url().endsWith("/api/v1/challenge"));
      await page.goto(`${site.url}s/youtube`);
      await page.waitForLoadState("load");
      await page.locator("form[data-vote] button").focus();
      assert.deepEqual(asked, [], "a page that nobody moves on asks for nothing");
      const [opened] = await Promise.all([answer(), page.mouse.move(40, 40)]);
      const challenge = await opened.json();
      assert.deepEqual([typeof challenge.made, challenge.work], ["string", null]);
      await page.mouse.move(60, 60);
      await Promise.all([answer(), page.locator("form[data-report] summary").focus()]);
      await page.locator("form[data-report] button").nth(1).focus();
      const sent = page.waitForRequest((r) => r.method() === "POST");
      await page.locator("form[data-report] button").first().click();
      const body = new URLSearchParams((await sent).postData() ?? "");
      assert.deepEqual([body.get("made"), body.get("work"), body.get("website")], [challenge.made, "", ""], "the first instant counts");
      await page.locator("#report-title", { hasText: "Thank you" }).waitFor();
      assert.equal(asked.length, 2);

      // One tap on a page that nobody touched before says so as well.
      await page.goto(`${site.url}s/perplexity`);
      const tapped = page.waitForRequest((r) => r.method() === "POST");
      await page.locator("form[data-report] button").first().evaluate((b) => /** @type {HTMLElement} */ (b).click());
      assert.match(new URLSearchParams((await tapped).postData() ?? "").get("made") ?? "", /./);
      await page.locator("#report-title", { hasText: "Thank you" }).waitFor();
      // Where no scripts run, the page of the form brings it along.
      await page.goto(`${site.url}s/perplexity/report`);
      assert.match(await page.locator("input[name=made]").inputValue(), /./);
      assert.deepEqual(wrong, []);
      await context.close();
    });

    for (const javaScriptEnabled of [true, false]) {
      test(`nobody meets the field that is there for programs, ${javaScriptEnabled ? "with" : "without"} JavaScript`, async () => {
        const { context, page, wrong } = await reader(browser, site.origin, { javaScriptEnabled });
        await page.goto(`${site.url}s/notion`);
        await page.locator("form[data-report] summary").click();
        const trap = page.locator("#website");
        const box = await trap.boundingBox();
        assert.ok(!box || box.x + box.width <= 0, "it is out of sight");
        assert.ok((await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)) <= 0);

        /** @type {string[]} */ const stops = [];
        for (let i = 0; i < 120; i++) {
          await page.keyboard.press("Tab");
          const id = await page.evaluate(() => (document.activeElement === document.body ? "" : `${document.activeElement?.id || document.activeElement?.tagName}`));
          if (id === "") break;
          stops.push(id);
        }
        for (const met of ["country", "text", "error"]) assert.ok(stops.includes(met), `${met} is met: ${stops}`);
        assert.ok(!stops.includes("website"), "Tab leaves it out");

        const cdp = await context.newCDPSession(page);
        const { nodes } = /** @type {any} */ (await cdp.send("Accessibility.getFullAXTree"));
        const names = nodes.filter((/** @type {any} */ n) => !n.ignored).map((/** @type {any} */ n) => `${n.name?.value ?? ""}`);
        assert.ok(names.some((/** @type {string} */ n) => n.startsWith("Details (optional")));
        assert.deepEqual(names.filter((/** @type {string} */ n) => /leave this empty|website/i.test(n)), []);

        // A program fills in everything it finds: its report is taken, its text waits for a person.
        await page.locator("#text").fill(text.shown);
        await trap.evaluate((e) => (/** @type {HTMLInputElement} */ (e).value = "https://example.org"));
        await page.locator("form[data-report] button[name=symptom]").first().click();
        await page.getByText("Your text will be shown in less than 5 minutes, after verification and moderation").waitFor();
        assert.match(await (await fetch(`${site.url}s/notion/reports`)).text(), /text is being looked at/);
        assert.deepEqual(wrong, []);
        await context.close();
      });
    }

    for (const javaScriptEnabled of [true, false]) {
      test(`a service that is watched already is not suggested again by mistake, ${javaScriptEnabled ? "with" : "without"} JavaScript`, async () => {
        const { context, page, wrong } = await reader(browser, site.origin, { javaScriptEnabled });
        /** @param {Record<string, string>} fields */
        const suggest = async (fields) => {
          await page.goto(`${site.url}suggest`);
          for (const [id, value] of Object.entries(fields)) await page.locator(`#${id}`).fill(value);
          await page.getByRole("button", { name: "Send suggestion" }).click();
        };
        for (const [name, homepage, slug, service] of [["ChatGPT", "", "chatgpt", "ChatGPT"], ["gpt", "", "chatgpt", "ChatGPT"], ["An API for all models", "https://www.openrouter.ai/models", "openrouter", "OpenRouter"]]) {
          await suggest({ name, homepage, why: `I need it. My key is ${key}` });
          const known = page.locator("main .callout");
          assert.match(await known.innerText(), new RegExp(`^We already watch this: ${service}\\.`), name);
          assert.equal(await page.locator("#name").inputValue(), name);
          assert.equal(await page.locator("#why").inputValue(), "I need it. My key is ‹key›");
          await known.getByRole("link", { name: service, exact: true }).click();
          await page.getByRole("heading", { level: 1, name: `Is ${service} down?` }).waitFor();
          assert.equal(new URL(page.url()).pathname, `${basePath}s/${slug}`);
        }
        await suggest({ name: "gpt", why: "Another one by that name" });
        await page.getByRole("button", { name: "Suggest it all the same" }).click();
        await page.getByRole("heading", { level: 1, name: "Thank you for your suggestion." }).waitFor();
        const receipt = /Your receipt is S-(\d+)\./;
        const first = Number((await page.locator("main").innerText()).match(receipt)?.[1]);
        await suggest({ name: "Nowhere Works", homepage: "nowhere-works.example" });
        await page.getByRole("heading", { level: 1, name: "Thank you for your suggestion." }).waitFor();
        assert.equal(Number((await page.locator("main").innerText()).match(receipt)?.[1]), first + 1);
        assert.deepEqual(wrong, []);
        await context.close();
      });
    }

    test("feedback with words is kept without what is secret, and gives a receipt", async () => {
      const { context, page, wrong } = await reader(browser, site.origin);
      await page.goto(`${site.url}s/openrouter`);
      await page.locator("footer").getByRole("link", { name: "Help us to improve" }).click();
      await page.getByText("About the page of OpenRouter").waitFor();
      await page.getByRole("radio", { name: "Something is missing" }).check();
      await page.getByLabel("More (optional)").fill(`Say which region. ${key}`);
      await page.getByRole("button", { name: "Send" }).click();
      await page.getByRole("heading", { level: 1, name: "Thank you for telling us." }).waitFor();
      assert.match(await page.locator("main").innerText(), /Your receipt is H-\d+\. Name it if you write to us about this\./);
      const kept = JSON.parse(site.run("admin", "feedback", "list", "--json"));
      assert.match(JSON.stringify(kept), /Say which region\. ‹key›/);
      assert.deepEqual(wrong, []);
      await context.close();
    });

    // Nothing of this depends on where the site begins.
    if (basePath === "/") describe("with texts on its pages", () => {
      /** @type {Record<string, {id: string, token: string}>} */ const made = {};
      /** @type {string[]} */ let paths = [];

      before(async () => {
        for (const [name, said] of Object.entries({ ...text, key: `no answer since noon, my key was ${key}`, longest, flagged: "the status page says all is well, and it is not", plain: "" })) {
          made[name] = await send(site.url, "trello", { country: "DE", ...(said ? { text: said } : {}) });
        }
        site.run("admin", "moderation", "approve", made.longest.id);
        for (let i = 0; i < 3; i++) assert.equal((await fetch(`${site.url}api/v1/reports/${made.flagged.id}/flags`, { method: "POST", headers: somebody() })).status, 202);
        const until = Date.now() + 10_000;
        const all = async () => await (await fetch(`${site.url}s/trello/reports`)).text();
        while (((await all()).match(/text is being looked at/g) ?? []).length < 2 || !(await all()).includes("WWWW")) assert.ok(Date.now() < until, await all());
        paths = [
          "s/trello", "s/trello/reports", "s/trello/report", `s/trello/reports/${made.shown.id}/flag`, `s/trello/reports/${made.shown.id}/flag?done=1`,
          ...["shown", "held", "withheld", "flagged", "key", "longest"].map((n) => `r/${made[n].token}`),
          ...["shown", "checking", "withheld"].map((t) => `r/${made.shown.token}?new=trello&counted=0&text=${t}`),
          "feedback?service=trello&choice=contest", "suggest/thanks?n=12", "feedback/thanks?n=12",
        ];
      });

      for (const colorScheme of schemes) {
        test(`axe finds nothing, ${colorScheme}`, async () => {
          const { context, page, wrong } = await reader(browser, site.origin, { colorScheme, bypassCSP: true, reducedMotion: "reduce" });
          for (const path of paths) {
            await page.goto(site.url + path);
            await page.$$eval("details", (all) => all.forEach((d) => (d.open = true)));
            assert.deepEqual(await faults(page), [], `/${path} in ${colorScheme}`);
          }
          const { words } = await write(page, `${site.url}s/trello`, text.shown);
          assert.match(words, /has passed verification and moderation and is public/);
          assert.deepEqual(await faults(page), [], `the page after a text in ${colorScheme}`);
          await page.goto(`${site.url}suggest?name=gpt`);
          await page.getByRole("button", { name: "Send suggestion" }).click();
          await page.getByText("We already watch this").waitFor();
          assert.deepEqual(await faults(page), [], `a service that is watched already in ${colorScheme}`);
          assert.deepEqual(wrong, []);
          await context.close();
        });
      }

      for (const width of [320, 1280]) {
        test(`the longest words fit at ${width} pixels, and lines with and without texts are as high as each other`, async () => {
          const { context, page, wrong } = await reader(browser, site.origin, { viewport: { width, height: 800 } });
          await page.goto(`${site.url}suggest?name=${"W".repeat(80)}`);
          const over = () => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
          assert.ok((await over()) <= 0, "suggest");
          for (const path of paths) {
            await page.goto(site.url + path);
            assert.ok((await over()) <= 0, `/${path} is ${await over()} pixels too wide at ${width}`);
            const cut = await page.$$eval("main q", (all) => all.filter((q) => q.scrollWidth > q.clientWidth && getComputedStyle(q).whiteSpaceCollapse !== "collapse").length);
            assert.equal(cut, 0, `/${path}: whole texts are not cut off`);
          }
          await page.goto(`${site.url}s/trello`);
          const heights = await page.$$eval("#reports li", (all) => all.map((li) => li.getBoundingClientRect().height));
          assert.equal(heights.length, 5);
          assert.equal(new Set(heights).size, 1, `${heights}`);
          const list = await page.locator("#reports ul").evaluate((ul) => [ul.getBoundingClientRect().height, Number.parseFloat(getComputedStyle(ul).minHeight)]);
          assert.equal(list[0], list[1], "there was room for them before they came");
          assert.deepEqual(wrong, []);
          await context.close();
        });
      }
    });
  });
}

describe("while the site is flooded", () => {
  /** @type {Awaited<ReturnType<typeof startSite>>} */ let site;
  /** @type {import("playwright-core").Browser} */ let browser;
  const challenge = async () => await (await fetch(`${site.url}api/v1/challenge`, { headers: somebody() })).json();

  before(async () => {
    site = await startSite({ env: { ALLCLEAR_LIMITS__REPORTS_PER_SOURCE_PER_HOUR: "2" } });
    browser = await launch();
    assert.equal((await challenge()).work, null, "in quiet times no work is asked for");
    const from = { "content-type": "application/json", ...somebody() };
    // A minute may turn between them.
    for (let round = 0; (await challenge()).work === null; round++) {
      assert.ok(round < 3, "so many refusals are an attack");
      for (let i = 0; i < 320; i += 20) {
        const answers = await Promise.all(Array.from({ length: 20 }, () => fetch(`${site.url}api/v1/services/zoom/reports`, { method: "POST", headers: from, body: '{"symptom":"other"}' })));
        for (const a of answers) assert.ok(a.status === 429 || (a.status === 202 && i === 0 && round === 0), `${a.status}`);
      }
    }
  });
  after(async () => {
    await browser?.close();
    assert.equal(await site?.stop(), 0);
  });

  /** What is wrong with a proof of work, by the protocol. @param {string} proof @param {any} asked */
  function flaw(proof, asked) {
    if (proof === "") return "there is none";
    const { challenge, solution } = JSON.parse(proof);
    assert.deepEqual(challenge, asked);
    const { nonce, salt, keyPrefix } = challenge.parameters;
    const counter = Buffer.alloc(4);
    counter.writeUInt32BE(solution.counter);
    const derived = createHash("sha256").update(Buffer.concat([Buffer.from(salt, "hex"), Buffer.from(nonce, "hex"), counter])).digest("hex");
    return derived === solution.derivedKey && derived.startsWith(keyPrefix) ? "" : `${derived} is not ${solution.derivedKey}`;
  }

  test("a browser that was touched before works meanwhile, and its reports count in full", async () => {
    // Five, so that their share is told.
    await Promise.all(
      Array.from({ length: 5 }, async () => {
        const { context, page, wrong } = await reader(browser, site.origin);
        // The first move on the page asks, and so does the focus in the form: which answer comes first is left open.
        /** @type {Promise<{work: any, made: string}>[]} */ const asked = [];
        page.on("response", (r) => r.url().endsWith("/api/v1/challenge") && asked.push(r.json()));
        await page.goto(`${site.url}s/krisp`);
        const answer = page.waitForResponse((r) => r.url().endsWith("/api/v1/challenge"));
        await page.locator("form[data-report] summary").focus();
        await answer;
        await page.waitForTimeout(2200);
        const sent = page.waitForRequest((r) => r.method() === "POST", { timeout: 60_000 });
        await page.locator("form[data-report] button").first().click();
        const body = new URLSearchParams((await sent).postData() ?? "");
        const answers = await Promise.all(asked);
        const proof = body.get("work") ?? "";
        const of = answers.find(({ work }) => proof.includes(work?.parameters?.nonce));
        assert.equal(flaw(proof, of?.work), "");
        assert.ok(answers.some(({ made }) => body.get("made") === made), "the form counts as open since one of them");
        await page.locator("#report-title", { hasText: "Thank you" }).waitFor();
        assert.deepEqual(wrong, []);
        await context.close();
      }),
    );
    assert.equal((await (await fetch(`${site.url}api/v1/services/krisp`)).json()).discounts.unproven, 0);
  });

  test("who taps at once waits for the work, and it is sent with the report", async () => {
    const { context, page, wrong } = await reader(browser, site.origin);
    await page.goto(`${site.url}s/github`);
    /** @type {Promise<{work: any}>[]} */ const asked = [];
    page.on("response", (r) => r.url().endsWith("/api/v1/challenge") && asked.push(r.json()));
    const sent = page.waitForRequest((r) => r.method() === "POST", { timeout: 60_000 });
    await page.locator("form[data-report] button").first().click();
    const body = new URLSearchParams((await sent).postData() ?? "");
    // The move of the mouse asked for the first, the tap for the one that is solved.
    const solved = JSON.parse(body.get("work") ?? "").challenge.parameters.nonce;
    const of = (await Promise.all(asked)).find((one) => one.work.parameters.nonce === solved);
    assert.equal(flaw(body.get("work") ?? "", of?.work), "");
    await page.locator("#report-title", { hasText: "Thank you" }).waitFor();
    assert.deepEqual(wrong, []);
    await context.close();
  });

  test("a second attempt after an answer got lost brings work of its own", async () => {
    const { context, page } = await reader(browser, site.origin);
    await page.goto(`${site.url}s/discord`);
    /** @type {string[]} */ const proofs = [];
    page.on("request", (r) => r.method() === "POST" && proofs.push(new URLSearchParams(r.postData() ?? "").get("work") ?? ""));
    await page.route("**/s/discord/report", (route) => route.abort(), { times: 1 });
    const button = page.locator("form[data-report] button").first();
    await button.click();
    await page.locator("form[data-report] .sent", { hasText: "No answer came" }).waitFor({ timeout: 60_000 });
    await button.click();
    await page.locator("#report-title", { hasText: "Thank you" }).waitFor({ timeout: 60_000 });
    assert.equal(proofs.length, 2);
    assert.ok(proofs[0] !== "" && proofs[1] !== "" && proofs[0] !== proofs[1]);
    await context.close();
  });

  test("without JavaScript a report is taken, for a part of its weight", async () => {
    for (let i = 0; i < 5; i++) {
      const { context, page, wrong } = await reader(browser, site.origin, { javaScriptEnabled: false });
      const { words } = await write(page, `${site.url}s/openrouter`, text.shown);
      assert.match(words, /^Thank you/);
      assert.deepEqual(wrong, []);
      await context.close();
    }
    const now = await (await fetch(`${site.url}api/v1/services/openrouter`)).json();
    assert.ok(now.discounts.unproven > 0.5, JSON.stringify(now.discounts));
    assert.equal(now.recent.length, 5);
    const { context, page } = await reader(browser, site.origin);
    await page.goto(`${site.url}s/openrouter`);
    assert.match((await page.locator("#why-box").textContent()) ?? "", /came off because nothing spoke for a person behind them/);
    await context.close();
  });
});
