// @ts-check
// Hostile texts, put in wherever a text can come in and looked for in a real browser wherever one can come out: no script runs, no
// element appears, nothing is fetched, and what is shown is shown as the text it is.
import { after, before, describe, test } from "node:test";
import assert from "node:assert/strict";
import { launch } from "./lib/browser.js";
import { strange, texts, titled, victim } from "./lib/hostile.js";
import { reportMany, somebody, startSite } from "./lib/site.js";

describe("hostile texts", () => {
  /** @type {Awaited<ReturnType<typeof startSite>>} */ let site;
  /** @type {import("playwright-core").Browser} */ let browser;
  /** Twelve services, each with five of the texts. @type {{slug: string, name: string, texts: string[], reports: {id: string, token: string, kept: string}[]}[]} */ const services = [];

  before(async () => {
    // Below a path, as behind another site's address: what is escaped is escaped there too.
    site = await startSite({ basePath: "/status/" });
    browser = await launch();
    const all = (await (await fetch(`${site.url}api/v1/services`)).json()).services;
    for (let i = 0; i < texts.length; i += 5) {
      const { slug, name } = all[i];
      services.push({ slug, name, texts: texts.slice(i, i + 5), reports: [] });
    }
  });
  after(async () => {
    await browser?.close();
    assert.equal(await site?.stop(), 0);
  });

  /** The same text; forms have their own mind about line breaks. @param {string} got @param {string} wanted */
  const alike = (got, wanted) => assert.equal(got.replace(/\s+/g, ""), wanted.replace(/\s+/g, ""));

  /** Four readers at a time, each with some of the services. @param {(reader: Awaited<ReturnType<typeof victim>>, service: (typeof services)[number]) => Promise<void>} read */
  const together = async (read) => {
    const left = [...services];
    const one = async () => {
      const got = await victim(browser, site.origin);
      for (let s = left.shift(); s; s = left.shift()) await read(got, s);
      assert.deepEqual(got.wrong, []);
      await got.end();
    };
    await Promise.all([one(), one(), one(), one()]);
  };

  /** A text as the page's parser and `textContent` would have it. @param {string} s */
  const plain = (s) => s.replaceAll("\r\n", "\n").trim();

  test("the list has 60 different ones", () => assert.equal(new Set(texts).size, 60));

  test("would be noticed: put into a page as markup, they do what they are made for", async () => {
    const { page, end } = await victim(browser, site.origin);
    let noticed = 0;
    // One of them would lead away from the page.
    for (const text of texts.filter((t) => !t.includes("http-equiv"))) {
      await page.goto(`${site.url}terms`);
      await page.locator("main").evaluate((main, text) => main.insertAdjacentHTML("beforeend", `<p title="${text}">${text}</p>`), text);
      if ((await page.evaluate(strange)).length > 0) noticed += 1;
    }
    assert.ok(noticed >= 45, `${noticed}`);
    await end();
  });

  test("come in by the form and by operators, and open pages show them as text without reload", async () => {
    await together(async ({ page, clean }, { slug, name, texts, reports }) => {
      await page.goto(`${site.url}s/${slug}`);
      await page.evaluate(() => (/** @type {any} */ (window).mark = "not reloaded"));
      for (const [i, text] of texts.entries()) {
        const form = new URLSearchParams({ symptom: "other", text, error: `${text} HTTP 401 {"model":"${text}","host":"https://${slug}.ai/${text}"}`, made: text, work: text });
        const answer = await fetch(`${site.url}s/${slug}/report`, { method: "POST", body: form, headers: somebody(), redirect: "manual" });
        assert.equal(answer.status, 303, text);
        const token = new URL(answer.headers.get("location") ?? "", site.url).pathname.split("/").pop() ?? "";
        const id = token.slice(0, 32).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
        // Whatever the rules say of it: it is to be shown.
        site.run("admin", "moderation", "approve", id);
        site.run("admin", "note", "add", slug, "--link", `https://openrouter.ai/?${i}"onmouseover="hit(1)`, "--", text.replaceAll("\0", ""));
        // The archive learns of it a little later.
        let kept = "";
        for (const until = Date.now() + 10_000; !kept && Date.now() < until; ) kept = (await (await fetch(`${site.url}api/v1/reports/${id}`)).json()).text ?? "";
        assert.ok(kept.length > 5, `${JSON.stringify(text)} is shown as ${JSON.stringify(kept)}`);
        reports.push({ id, token, kept });
      }
      const last = reports.at(-1)?.kept ?? "";
      await page.waitForFunction(([kept]) => document.querySelectorAll("#reports q").length === 5 && document.querySelectorAll(".answer .note").length === 5 && document.querySelector("#reports q")?.textContent === kept, [last], { timeout: 15_000 });
      const shown = await page.$$eval("#reports q", (all) => all.map((q) => q.textContent));
      assert.deepEqual(shown.reverse(), reports.map((r) => r.kept));
      const notes = await page.$$eval(".answer .note", (all) => all.map((n) => ({ words: [...n.childNodes].filter((c) => c.nodeType === Node.TEXT_NODE).map((c) => c.textContent).join("").trim(), link: n.querySelector("a")?.getAttribute("href") })));
      assert.deepEqual(notes.map((n) => n.words), reports.map((r) => plain(r.kept)));
      for (const { link } of notes) assert.ok(!link || link.startsWith("https://openrouter.ai/"), `${link}`);
      assert.equal(await page.evaluate(() => /** @type {any} */ (window).mark), "not reloaded");
      await clean(`${slug}, live`, titled(name));
      await page.goto("about:blank");

      // The stream's frames are ours alone.
      const chunks = (await fetch(`${site.url}api/v1/live?service=${slug}`)).body?.getReader();
      let raw = "";
      while (!/event: service\n.*\n\n/.test(raw)) raw += Buffer.from((await chunks?.read())?.value ?? "\n\nended").toString("utf8");
      await chunks?.cancel();
      const whole = raw.slice(0, raw.lastIndexOf("\n\n"));
      assert.ok(whole.includes("event: service"), slug);
      for (const line of whole.split(/\r\n|\r|\n/)) {
        assert.match(line, /^$|^:|^(id: [\w:@-]+|event: (service|site)|retry: \d+|data: \{.*\})$/, `${slug}: ${line.slice(0, 200)}`);
        if (line.startsWith("data: ")) JSON.parse(line.slice(6));
      }
    });
  });

  test("most of them are shown as they were typed", () => {
    const same = services.flatMap((s) => s.reports.map((r, i) => [s.texts[i], r.kept])).filter(([typed, kept]) => typed === kept);
    assert.ok(same.length >= 40, `${same.length}`);
  });

  test("are text on the service's page, on that of its reports, on the card, and in what programs read", async () => {
    await together(async ({ page, clean }, { slug, name, reports }) => {
      const kept = reports.map((r) => r.kept);
      await page.goto(`${site.url}s/${slug}`);
      assert.deepEqual((await page.$$eval("#reports q", (all) => all.map((q) => q.textContent))).reverse(), kept);
      assert.equal(await page.locator(".answer .note").count(), 5);
      assert.equal(await page.locator("h1").innerText(), `Is ${name} down?`);
      await clean(slug, titled(name));
      await page.goto(`${site.url}s/${slug}/reports`);
      assert.deepEqual((await page.$$eval(".reports q", (all) => all.map((q) => q.textContent))).reverse(), kept);
      await clean(`the reports of ${slug}`, `${await page.locator("h1").innerText()} · Allclear`);

      for (const path of [`api/v1/services/${slug}`, `api/v1/services/${slug}/reports`, `api/v1/reports/${reports[0].id}`, `s/${slug}/api/v2/summary.json`]) {
        const answer = await fetch(site.url + path);
        assert.deepEqual([answer.headers.get("content-type"), answer.headers.get("x-content-type-options")], ["application/json", "nosniff"], path);
        const body = await answer.json();
        if (body.recent) assert.deepEqual(body.recent.map((/** @type {any} */ r) => r.text).reverse(), kept);
        if (Array.isArray(body.reports)) assert.deepEqual(body.reports.map((/** @type {any} */ r) => r.text).reverse(), kept);
        await page.goto(site.url + path);
        assert.deepEqual(await page.evaluate(() => [.../** @type {any} */ (window).hits, ...document.querySelectorAll("body :not(pre, div)")].map(String)), [], path);
      }
      await page.goto(`${site.url}s/${slug}/badge.svg`);
      assert.deepEqual(await page.evaluate(() => [...new Set([...document.querySelectorAll("*")].map((e) => e.localName))].sort()), ["g", "path", "rect", "svg", "text", "title"]);
      await page.goto(`${site.url}s/${slug}/embed`);
      assert.deepEqual(await page.evaluate(() => [.../** @type {any} */ (window).hits, ...document.querySelectorAll("script, img, iframe, q, svg, form")].map(String)), []);
      const feed = await page.evaluate((text) => {
        const doc = new DOMParser().parseFromString(text, "application/xml");
        return [...new Set([...doc.querySelectorAll("*")].map((e) => e.localName))].filter((n) => !["feed", "title", "id", "link", "updated", "author", "name", "subtitle", "entry", "summary"].includes(n));
      }, await (await fetch(`${site.url}s/${slug}/feed.atom`)).text());
      assert.deepEqual(feed, [], slug);
    });
  });

  test("are text on the pages of their authors, and on those that ask before one is flagged", async () => {
    await together(async ({ page, clean }, { slug, reports }) => {
      for (const { id, token, kept } of reports) {
        await page.goto(`${site.url}r/${token}`);
        assert.equal(await page.locator("q").textContent(), kept);
        assert.equal(await page.getByLabel("Text (empty: none)").inputValue(), kept);
        await clean(kept, "Your report · Allclear");
        await page.goto(`${site.url}s/${slug}/reports/${id}/flag`);
        assert.equal(await page.locator("q").textContent(), kept);
        await clean(`flag ${kept}`, "Flag this text · Allclear");
      }
    });
  });

  test("are text where they are looked for and suggested", async () => {
    await together(async ({ context, page, clean }, { texts, reports }) => {
      await context.setExtraHTTPHeaders(somebody());
      for (const [i, text] of texts.entries()) {
        const { kept } = reports[i];
        // A field of one line has no line breaks.
        const line = kept.replaceAll("\n", "").trim();
        await page.goto(`${site.url}search?q=${encodeURIComponent(text)}`);
        const title = await page.locator("h1").innerText();
        if (kept.length < 150) {
          assert.equal(await page.locator("main input[name=q]").inputValue(), line);
          assert.equal(title, `Nothing found for “${kept.replace(/\s+/g, " ")}”`);
        }
        await clean(`search for ${kept}`, `${title.replace(/\s+/g, " ")} · Allclear`);
        await page.locator("main").getByRole("link", { name: "Suggest to monitor it" }).click();
        await page.getByRole("heading", { level: 1, name: "Suggest a service to monitor" }).waitFor();
        if (kept.length < 80) assert.equal(await page.locator("#name").inputValue(), line);
        await clean(`suggested from a search: ${kept}`, "Suggest a service to monitor · Allclear");

        /** Sends a form with values that no browser would let anybody type. @param {string} to @param {Record<string, string>} fields */
        const post = async (to, fields) => {
          const answered = page.waitForResponse((r) => r.request().method() === "POST");
          await page.evaluate(
            ([to, fields]) => {
              const form = document.createElement("form");
              form.method = "post";
              form.action = to;
              for (const [name, value] of Object.entries(fields)) {
                const area = document.createElement("textarea");
                area.name = name;
                area.value = value;
                form.append(area);
              }
              document.body.append(form);
              form.submit();
            },
            /** @type {[string, Record<string, string>]} */ ([site.url + to, fields]),
          );
          const status = (await answered).status();
          await page.waitForLoadState("load");
          await page.locator("footer").waitFor();
          return status;
        };
        assert.equal(await post("suggest", { name: "gpt", homepage: "", why: text }), 200);
        assert.match(await page.locator("main .callout").innerText(), /^We already watch this: ChatGPT\./);
        alike(await page.locator("#why").inputValue(), kept);
        await clean(`why of a service that is watched: ${kept}`, "Suggest a service to monitor · Allclear");
        assert.equal(await post("suggest", { name: `${text}\n`, homepage: `https://${text}`, why: `${text} ${"x".repeat(500)}` }), 422);
        await page.locator("[role=alert]").waitFor();
        await clean(`a suggestion shown again: ${kept}`, "Suggest a service to monitor · Allclear");
        assert.equal(await post("feedback", { choice: text, level: "", words: text, service: "" }), 422);
        alike(await page.locator("#words").inputValue(), kept);
        await clean(`feedback shown again: ${kept}`, "Help us to improve · Allclear");
        assert.equal(await post("s/openrouter/report", { symptom: text, country: text, text, error: text, made: text, work: text }), 422);
        for (const field of ["#text", "#error"]) alike(await page.locator(field).inputValue(), kept);
        await clean(`a report shown again: ${kept}`, "Report a problem with OpenRouter · Allclear");
        assert.equal(await post("s/no-such-service/report", { symptom: text, country: "DE", text, error: text }), 404);
        for (const was of (await page.locator(".kept dd").allTextContents()).slice(-2)) alike(was, kept);
        await clean(`what was typed for a service that is not there: ${kept}`, /^[\w ]+ · Allclear$/);
      }
    });
  });

  test("are text to operators, and in what is refused", async () => {
    const { page, clean, end } = await victim(browser, site.origin);
    for (const text of texts) {
      for (const path of [`s/${encodeURIComponent(text)}`, `s/openrouter/incidents/${encodeURIComponent(text)}`, `${encodeURIComponent(text)}`, `s/openrouter/reports?before=${encodeURIComponent(text)}`]) {
        const answer = await page.goto(site.url + path);
        assert.ok((answer?.status() ?? 0) >= 400, path);
        await clean(path, /^[\w ]+ · Allclear$/);
      }
      const answer = await fetch(`${site.url}api/v1/services/openrouter/reports`, { method: "POST", headers: { "content-type": "application/json", ...somebody() }, body: JSON.stringify({ symptom: text, country: text, text: "x", made: text }) });
      assert.deepEqual([answer.status, answer.headers.get("content-type")], [422, "application/problem+json"]);
      await answer.json();
    }
    await end();
  });

  test("are text in what operators say of a problem", async () => {
    const { page, clean, end } = await victim(browser, site.origin);
    await reportMany(site.url, "krisp", "other", 40);
    const [{ id }] = (await (await fetch(`${site.url}api/v1/services/krisp/incidents`)).json()).incidents;
    for (const text of texts) {
      site.run("admin", "incident", "annotate", id, "--", text.replaceAll("\0", ""));
      await page.goto(`${site.url}s/krisp/incidents/${id}`);
      const said = await page.locator("main .callout").textContent();
      assert.ok((said ?? "").length > 40, said ?? "");
      await clean(text, /^Krisp: .* · Allclear$/);
    }
    site.run("admin", "incident", "retract", id, "--reason", texts.find((t) => t.startsWith("]]>")) ?? "");
    for (const path of [`s/krisp/incidents/${id}`, "s/krisp/history", "s/krisp"]) {
      await page.goto(site.url + path);
      await clean(path, /Krisp/);
    }
    const feed = await page.evaluate((text) => new DOMParser().parseFromString(text, "application/xml").querySelector("parsererror, script, img")?.outerHTML ?? "", await (await fetch(`${site.url}s/krisp/feed.atom`)).text());
    assert.equal(feed, "");
    await end();
  });
});
