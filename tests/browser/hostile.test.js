// @ts-check
// Hostile texts, put in wherever a text can come in and looked for in a real browser wherever one can come out: no script runs, no
// element appears, nothing is fetched, and what is shown is shown as the text it is.
import { after, before, describe, test } from "node:test";
import assert from "node:assert/strict";
import { launch, reader } from "./lib/browser.js";
import { reportMany, somebody, startSite } from "./lib/site.js";

const texts = [
  // Elements and handlers
  "<script>hit(1)</script>",
  "</script><script>hit(1)</script>",
  "<ScRiPt/x>hit(1)</sCrIpT >",
  "<scr<script>ipt>hit(1)</scr</script>ipt>",
  "<script src=/assets/none.js></script>",
  "<img src=x onerror=hit(1)>",
  "<img src=x onerror=hit(1)//",
  "<IMG SRC=`javascript:hit(1)`>",
  "<img\u000Csrc=x\u000Conerror=hit(1)>",
  "<svg onload=hit(1)>",
  "<svg/onload=hit(1)//",
  "<svg><script>hit(1)</script></svg>",
  "<svg><animate onbegin=hit(1) attributeName=x dur=1s>",
  "<svg><use href='data:image/svg+xml,<svg id=x xmlns=http://www.w3.org/2000/svg><script>hit(1)</script></svg>#x'/></svg>",
  "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=x onerror=hit(1)&gt;\">",
  "<math href=\"javascript:hit(1)\">click</math>",
  "<iframe srcdoc=\"<script>parent.hit(1)</script>\"></iframe>",
  "<iframe src=javascript:parent.hit(1)></iframe>",
  "<object data=\"data:text/html,<script>hit(1)</script>\"></object>",
  "<embed src=//example.org/x.swf>",
  "<base href=//example.org/>",
  "<meta http-equiv=refresh content=\"0;url=/terms\">",
  "<link rel=stylesheet href=//example.org/x.css>",
  "<style>*{display:none!important}</style>",
  "<x onclick=hit(1) style=position:fixed;inset:0>x</x>",
  "<details open ontoggle=hit(1)><summary>more</summary></details>",
  "<form action=//example.org><button formaction=javascript:hit(1)>Send</button></form>",
  "<input autofocus onfocus=hit(1)>",
  "<template shadowrootmode=open><slot onslotchange=hit(1)></slot></template>",
  "<noscript><p title=\"</noscript><img src=x onerror=hit(1)>\">",
  "<a href=\"javascript:hit(1)\" autofocus tabindex=1>log in again</a>",
  "<a href=data:text/html,<script>opener.hit(1)</script>>log in again</a>",
  // Out of attributes, texts and comments
  "\"><img src=x onerror=hit(1)>",
  "'><img src=x onerror=hit(1)>",
  "` onmouseover=hit(1) x=`",
  "\" autofocus onfocus=\"hit(1)",
  "' onfocus='hit(1)' autofocus='",
  "x onerror=hit(1) autofocus onfocus=hit(1)",
  "</textarea><img src=x onerror=hit(1)><textarea>",
  "</title><img src=x onerror=hit(1)><title>",
  "</q></li></ul></section><img src=x onerror=hit(1)>",
  "</template></style></noscript></select></option><img src=x onerror=hit(1)>",
  "--><img src=x onerror=hit(1)><!--",
  "<!--<img src=x onerror=hit(1)>--!><img src=x onerror=hit(1)>",
  "<![CDATA[<img src=x onerror=hit(1)>]]>",
  "]]><script>hit(1)</script><![CDATA[",
  "<?xml version=\"1.0\"?><!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/hosts\">]><x>&e;</x>",
  // Written in another way
  "&lt;img src=x onerror=hit(1)&gt;",
  "&#60;img src=x onerror=hit(1)&#62; &#x3c;script&#x3e;hit(1)&#x3c;/script&#x3e; &NewLine;&Tab;&colon;",
  "%3Cscript%3Ehit(1)%3C/script%3E \\u003cscript\\u003ehit(1)\\u003c/script\\u003e \\x3cx\\x3e",
  "＜script＞hit(1)＜/script＞ ‹script›hit(1)‹/script›",
  "\u0000<\u0000script\u0000>hit(1)</script\u0000>",
  "\u202e\u2066<script>hit(1)</script>\u2069 txet desrever \u200f\u202dLTR\u202c \ufeff\u200b\u2060 مرحبا <b>שלום</b>",
  "Z\u0336\u0489\u035b" + "a\u0300\u0301\u0302\u0303\u0304\u0305\u0306\u0307\u0308\u0309\u030a\u030b".repeat(20) + "<u>",
  // Breakers of what is not HTML
  "{{7*7}} ${hit(1)} {%raw%} <%= hit(1) %> #{hit(1)} {{constructor.constructor('hit(1)')()}} @{x} [[${x}]]",
  "\\\",\"html\":{\"answer\":\"<img src=x onerror=hit(1)>\"},\"x\":\"\\",
  "\n\ndata: {\"html\":{\"answer\":\"<img src=x onerror=hit(1)>\"}}\n\nevent: service\r\rid: 9\n: x\u2028data: x\u2029\u0085event: site",
  "}</style><style>body{background:url(//example.org/)} @import '//example.org/x'; x:expression(hit(1))",
  "'; DROP TABLE report; -- \" OR 1=1 /* \\ `rm -rf ~` $(hit) | hit & %0d%0aSet-Cookie:%20a=b\r\nLocation: //example.org",
  "=HYPERLINK(\"javascript:hit(1)\") javascript:hit(1) https://openrouter.ai/\"onmouseover=\"hit(1) " + "W".repeat(300),
];

/** What no page of ours has, in whatever state, and what a page must not have got from a text. Returns what is wrong. */
const strange = () => {
  const w = /** @type {any} */ (window);
  const found = [...w.hits];
  const never = "img, iframe, object, embed, base, math, x, u, b[style], frame, frameset, marquee, video, audio, style, noscript, slot, font, meta[http-equiv], [style]:not([data-live] .answer), [srcdoc], [formaction], [autofocus]";
  for (const e of document.querySelectorAll(never)) found.push(e.outerHTML.slice(0, 200));
  for (const e of document.querySelectorAll("*")) {
    for (const a of e.attributes) {
      if (a.name.startsWith("on")) found.push(`${e.localName} has ${a.name}`);
      if (/^(href|src|action|xlink:href)$/.test(a.name) && /^\s*(javascript|data|vbscript):/i.test(a.value)) found.push(`${e.localName} leads to ${a.value}`);
      if (/^(href|src|action)$/.test(a.name) && a.value.includes("example.org")) found.push(`${e.localName} leads to ${a.value}`);
    }
  }
  for (const s of document.querySelectorAll("script")) if (!/\/assets\/[\w-]+\/main\.js$/.test(s.src) && !(s.type === "application/ld+json" && JSON.parse(s.text))) found.push(s.outerHTML);
  for (const s of document.querySelectorAll("svg")) if (!s.matches(".lanes, .spark, .bars svg")) found.push(s.outerHTML.slice(0, 200));
  for (const e of document.querySelectorAll("q, em.said, .callout.note, title, textarea, .errors")) if (e.querySelector(":scope :not(b, p, a, small, time)")) found.push(e.outerHTML.slice(0, 200));
  for (const f of document.querySelectorAll("form")) if (!f.action.startsWith(location.origin)) found.push(f.outerHTML.slice(0, 200));
  // Drawings have titles of their own.
  const titles = [...document.querySelectorAll("title")].filter((t) => !t.closest("svg"));
  if (titles.length !== 1 || document.querySelectorAll("main").length !== 1 || document.querySelectorAll("h1").length !== 1) found.push("the page is not whole");
  if (!document.querySelector("footer")?.checkVisibility()) found.push("the page ends early");
  return found;
};

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

  /** A reader whose page notes every script that runs, and every breach of the policy. */
  async function victim() {
    const got = await reader(browser, site.origin, { reducedMotion: "reduce" });
    await got.context.addInitScript(() => {
      const w = /** @type {any} */ (window);
      /** @type {string[]} */ w.hits = [];
      w.hit = () => w.hits.push("a script ran");
      w.alert = w.hit;
      document.addEventListener("securitypolicyviolation", (e) => w.hits.push(`policy: ${e.violatedDirective} ${e.blockedURI} ${e.sample}`));
    });
    got.page.on("dialog", (d) => got.wrong.push(`dialog: ${d.message()}`));
    got.page.on("popup", () => got.wrong.push("a window opened"));
    got.page.on("framenavigated", (f) => f.parentFrame() && got.wrong.push("a frame opened"));
    got.context.on("request", (r) => !r.isNavigationRequest() && /none\.js|\/x$/.test(new URL(r.url()).pathname) && got.wrong.push(`fetched ${r.url()}`));
    return {
      ...got,
      /** Nothing has happened on this page, and its title is as it should be. @param {string} what @param {string | RegExp} title */
      clean: async (what, title) => {
        assert.deepEqual(await got.page.evaluate(strange), [], what);
        assert.deepEqual(got.wrong, [], what);
        if (typeof title === "string") assert.equal(await got.page.title(), title, what);
        else assert.match(await got.page.title(), title, what);
      },
      end: () => got.context.close(),
    };
  }

  /** What a service's page is called, whatever its answer. @param {string} name */
  const titled = (name) => new RegExp(`^(Yes|Partly|Probably|No sign of a problem|We cannot tell) · Is ${name.replace(/[^\w ]/g, "\\$&")} down\\? Live status and outage reports$`);

  /** The same text; forms have their own mind about line breaks. @param {string} got @param {string} wanted */
  const alike = (got, wanted) => assert.equal(got.replace(/\s+/g, ""), wanted.replace(/\s+/g, ""));

  /** Four readers at a time, each with some of the services. @param {(reader: Awaited<ReturnType<typeof victim>>, service: (typeof services)[number]) => Promise<void>} read */
  const together = async (read) => {
    const left = [...services];
    const one = async () => {
      const got = await victim();
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
    const { page, end } = await victim();
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
    const { page, clean, end } = await victim();
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
    const { page, clean, end } = await victim();
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
