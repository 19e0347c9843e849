// @ts-check
// Hostile texts that come in as words of others: of a vendor on its status page, of a service that our check asks, and as names
// in an operator's own catalogue.
import { after, before, describe, test } from "node:test";
import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { launch } from "./lib/browser.js";
import { strange, texts, titled, victim } from "./lib/hostile.js";
import { startSite } from "./lib/site.js";

/** What is left of a name in an address. @param {string} name */
const letters = (name) => name.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "");

/** Texts on one page. */
const EACH = 5;

/** Whether its check fails. @param {string} slug */
const fails = (slug) => Number(slug.split("-")[1]) % 4 === 0;

/** What a status page says: every word that it can say is one of these. @param {string[]} words */
function summary(words) {
  const at = new Date(Date.now() - 600_000).toISOString();
  const word = (/** @type {number} */ i) => words[i % words.length];
  return {
    page: { id: "p1", name: word(0), url: word(1), time_zone: word(2), updated_at: at },
    components: words.map((w, i) => ({ id: `c${i}`, name: w, description: w, status: "partial_outage", position: i, group_id: null, group: false, only_show_if_degraded: false })),
    incidents: words.map((w, i) => ({
      id: `${w} ${i}`, name: w, status: i % 2 ? w : "investigating", impact: "major", created_at: at, started_at: at, updated_at: at, resolved_at: null, page_id: "p1", components: [],
      shortlink: i % 2 ? `javascript:hit(1)//${w}` : `https://status.vendor.example/"onmouseover="hit(1)?${w}`,
      incident_updates: [{ id: `u${i}`, status: word(i + 1), body: word(i + 2), incident_id: `${w} ${i}`, created_at: at, updated_at: at, display_at: at, affected_components: null }],
    })),
    scheduled_maintenances: [],
    status: { indicator: "major", description: word(3) },
  };
}

describe("hostile words of others", () => {
  /** @type {Awaited<ReturnType<typeof startSite>>} */ let site;
  /** @type {import("playwright-core").Browser} */ let browser;
  /** @type {string} */ let own;
  /** What the checks find. */ let well = true;
  /** @type {import("node:http").Server[]} */ const servers = [];
  /** @type {{slug: string, name: string, words: string[]}[]} */ const services = [];

  before(async () => {
    own = await mkdtemp(join(tmpdir(), "allclear-vendor-"));
    await mkdir(join(own, "services"));
    for (let i = 0; i < texts.length; i += EACH) {
      const words = texts.slice(i, i + EACH);
      const slug = `vendor-${i / EACH}`;
      // A name has no control characters and is short; whatever else stands in it is the operator's affair.
      // No two may read alike, whatever stands between their letters.
      const fits = words.find((w) => w.length <= 60 && !/[\p{Cc}\p{Cf}\p{M}\u2028\u2029]/u.test(w) && w.trim() === w && !services.some((s) => letters(s.name) === letters(w)));
      const name = fits ?? `Vendor ${i}`;
      const server = createServer((request, response) => {
        const body = request.url === "/up" ? { status: well || !fails(slug) ? "ok" : words[0] } : summary(words);
        response.writeHead(request.url === "/robots.txt" ? 404 : 200, { "content-type": "application/json" });
        response.end(JSON.stringify(body));
      });
      // Each is a host of its own, or they would wait for each other.
      const host = `127.0.0.${61 + i / EACH}`;
      await new Promise((resolve) => server.listen(0, host, () => resolve(undefined)));
      servers.push(server);
      const address = /** @type {import("node:net").AddressInfo} */ (server.address());
      const at = `http://${host}:${address.port}`;
      const tables = `[check]\nurl = "${at}/up"\nexpect = ['json $.status == "ok"']\n[official]\npage = "${at}/"\nformat = "statuspage"\nfeed = "${at}/api/v2/summary.json"\n`;
      const marks = "[verified]\nhomepage = false\ncheck = true\nofficial = true\n";
      await writeFile(join(own, "services", `${slug}.toml`), `name = ${JSON.stringify(name)}\ncategory = "cloud"\nhomepage = "https://${slug}.example.com"\n${tables}${marks}`);
      services.push({ slug, name, words });
    }
    site = await startSite({
      args: ["--catalogue", own],
      env: {
        ALLCLEAR_NETWORK__PRIVATE_RANGES: "127.0.0.0/8",
        ALLCLEAR_CATALOGUE__INCLUDE: "none",
        ALLCLEAR_WATCH__EVERY_S: "1",
        ALLCLEAR_WATCH__CHECKS: "on",
        ALLCLEAR_WATCH__OFFICIAL: "on",
      },
    });
    browser = await launch();
    // Until each page was read and each check ran, and the pages tell of both.
    const told = async (/** @type {string} */ slug) => {
      const now = await (await fetch(`${site.url}api/v1/services/${slug}`)).json();
      return now.official?.events?.length > 0 && now.checks.some((/** @type {any} */ c) => c.outcome === (well || !fails(slug) ? "up" : "down"));
    };
    // A check counts once it was up; then some of the services say one of the texts where they said "ok". Were it most of them,
    // the site would think that it is ill itself.
    for (const now of [true, false]) {
      well = now;
      for (const { slug } of services) {
        const until = Date.now() + 90_000;
        while (!(await told(slug))) {
          assert.ok(Date.now() < until, `${slug}: ${await (await fetch(`${site.url}api/v1/services/${slug}`)).text()}`);
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
      }
    }
  });
  after(async () => {
    await browser?.close();
    assert.equal(await site?.stop(), 0);
    for (const s of servers) s.close();
    await rm(own, { recursive: true, force: true });
  });

  test("are text wherever they are told", async () => {
    const named = services.filter((s) => texts.includes(s.name)).length;
    assert.ok(named >= 8, `${named} services have such a name`);
    const { page, clean, end } = await victim(browser, site.origin);
    let told = 0;
    for (const { slug, name, words } of services) {
      await page.goto(`${site.url}s/${slug}`);
      assert.equal((await page.locator("h1").textContent())?.trim(), `Is ${name} down?`);
      await clean(slug, titled(name));
      const said = (await page.locator("main").textContent()) ?? "";
      told += words.filter((w) => said.includes(w)).length;
      for (const path of [`s/${slug}/history`, `s/${slug}/reports`, `s/${slug}/report`, `s/${slug}/guide`, `feedback?service=${slug}`]) {
        await page.goto(site.url + path);
        await clean(`${slug}: ${path}`, /Allclear$/);
      }
      await page.goto(`${site.url}s/${slug}/badge.svg`);
      assert.deepEqual(await page.evaluate(() => [...new Set([...document.querySelectorAll("*")].map((e) => e.localName))].sort()), ["g", "path", "rect", "svg", "text", "title"]);
      await page.goto(`${site.url}s/${slug}/embed`);
      assert.deepEqual(await page.evaluate(() => [.../** @type {any} */ (window).hits, ...document.querySelectorAll("script, img, iframe, q, svg, form")].map(String)), [], slug);
      for (const feed of [`s/${slug}/feed.atom`, `s/${slug}/api/v2/summary.json`, `api/v1/services/${slug}`, `api/v1/services/${slug}/checks`]) {
        const answer = await fetch(site.url + feed);
        assert.equal(answer.status, 200, feed);
        const text = await answer.text();
        if (!feed.endsWith(".atom")) JSON.parse(text);
        else assert.equal(await page.evaluate((text) => new DOMParser().parseFromString(text, "application/xml").querySelector("parsererror, script, img, content")?.outerHTML ?? "", text), "", feed);
      }
    }
    // Of most vendors' words the markup is left out before they are kept.
    assert.ok(told >= 10, `only ${told} of the words were told as they are, so this proves little`);
    for (const path of ["", "c/cloud", "search?q=vendor", "status", "api", "how"]) {
      await page.goto(site.url + path);
      await clean(path, /Allclear/);
    }
    // The list that the search field makes is made by a script.
    await page.goto(site.url);
    await page.locator("input[type=search]").first().fill("<");
    await page.waitForTimeout(300);
    assert.deepEqual(await page.evaluate(strange), []);
    await end();
  });

  test("are text in what a live page is sent", async () => {
    const { page, clean, end } = await victim(browser, site.origin);
    for (const { slug, name } of services.slice(0, 4)) {
      await page.goto(`${site.url}s/${slug}`);
      await page.evaluate(() => (/** @type {any} */ (window).mark = "not reloaded"));
      const before = await page.locator("#reports").textContent();
      const form = new URLSearchParams({ symptom: "other", text: "Nothing works here." });
      await fetch(`${site.url}s/${slug}/report`, { method: "POST", body: form, redirect: "manual" });
      await page.waitForFunction((before) => document.querySelector("#reports")?.textContent !== before, before, { timeout: 15_000 });
      assert.equal(await page.evaluate(() => /** @type {any} */ (window).mark), "not reloaded");
      await clean(`${slug}, live`, titled(name));
    }
    await end();
  });
});
