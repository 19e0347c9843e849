// @ts-check
// Takes pictures of the three lanes in the states one wants to look at, and of what a visitor sees who writes something:
// `make pictures` puts them into target/pictures.
import assert from "node:assert/strict";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { launch, reader } from "./lib/browser.js";
import { writeGallery } from "./lib/gallery.js";
import { somebody, startSite } from "./lib/site.js";

const to = fileURLToPath(new URL("../../target/pictures/", import.meta.url));

/** Pages of the gallery by what they show. */
const STATES = {
  calm: "service-official-quiet",
  checked: "service-checks-up",
  incident: "service-official-all",
  recovery: "service-official-recovering",
  "sick-location": "service-official-sick-location",
  "stale-source": "service-official-unread",
  "many-locations": "service-checks-split",
  "old-picture": "service-official-stale",
};

/** Texts by what becomes of them. */
const TEXTS = {
  shown: "works again with a new session",
  held: "my idiot laptop shows the same, see https://blog.nowhere-known.xyz/why",
  withheld: "message @recovery_help on telegram, they got my account back for 50$",
  flagged: "the status page says all is well, and it is not",
};

/** Reports with these texts, the last one flagged by readers; each path by what it shows. @param {Awaited<ReturnType<typeof startSite>>} site @returns {Promise<Record<string, string>>} */
async function people(site) {
  const post = async (/** @type {string} */ path, /** @type {object} */ body) =>
    fetch(site.url + path, { method: "POST", headers: { "content-type": "application/json", ...somebody() }, body: JSON.stringify(body) });
  /** @type {Record<string, {id: string, token: string}>} */ const made = {};
  for (const [name, text] of Object.entries(TEXTS)) {
    const answer = await post("api/v1/services/trello/reports", { symptom: "other", country: "DE", text });
    assert.equal(answer.status, 202);
    made[name] = await answer.json();
  }
  for (let i = 0; i < 3; i++) assert.equal((await post(`api/v1/reports/${made.flagged.id}/flags`, {})).status, 202);
  const until = Date.now() + 10_000;
  const waiting = async () => (await (await fetch(`${site.url}s/trello/reports`)).text()).match(/text is being looked at/g)?.length;
  while ((await waiting()) !== 2) assert.ok(Date.now() < until, "the held text and the flagged one are being looked at");
  return {
    form: "s/trello/report",
    "thank-you": `r/${made.shown.token}?new=trello&counted=1&text=shown`,
    "thank-you-withheld": `r/${made.withheld.token}?new=trello&counted=1&text=withheld`,
    follow: `r/${made.shown.token}`,
    held: `r/${made.held.token}`,
    withheld: `r/${made.withheld.token}`,
    flagged: `r/${made.flagged.token}`,
    flag: `s/trello/reports/${made.shown.id}/flag`,
    reports: "s/trello/reports",
  };
}

await rm(to, { recursive: true, force: true });
await mkdir(to, { recursive: true });
const [gallery, browser, site] = await Promise.all([writeGallery(), launch(), startSite()]);
try {
  const paths = await people(site);
  for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
    for (const width of [320, 1280]) {
      const { context, page } = await reader(browser, gallery.origin, { colorScheme, timezoneId: "UTC", viewport: { width, height: 900 } });
      await gallery.open(context);
      // The clock of the pictures, so that ages are what they were.
      await page.clock.install({ time: "2026-11-22T15:33:10Z" });
      for (const [state, name] of Object.entries(STATES)) {
        await page.goto(`${gallery.origin}/${name}.html`);
        const picture = (/** @type {string} */ of) => ({ path: join(to, `${state}-${colorScheme}-${width}${of}.png`) });
        await page.locator("#day").screenshot(picture(""));
        const strip = page.locator("svg.lanes:visible g[data-lane=checks][role=slider]").first();
        if (state === "incident") {
          // As somebody sees it who reads a strip by keyboard.
          await strip.focus();
          for (let i = 0; i < 17; i++) await page.keyboard.press("ArrowLeft");
          await page.locator("#day").screenshot(picture("-focus"));
        }
        if (state === "incident" || state === "calm") await page.screenshot({ ...picture("-page"), fullPage: true });
      }
      await context.close();
      const visitor = await reader(browser, site.origin, { colorScheme, viewport: { width, height: 900 } });
      for (const [state, path] of Object.entries(paths)) {
        await visitor.page.goto(site.url + path);
        await visitor.page.screenshot({ path: join(to, `people-${state}-${colorScheme}-${width}.png`), fullPage: true });
      }
      await visitor.context.close();
    }
  }
} finally {
  await browser.close();
  await gallery.remove();
  await site.stop();
}
console.log(to);
