// @ts-check
// Takes pictures of the three lanes in the states one wants to look at: `make pictures` puts them into target/pictures.
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { launch, reader } from "./lib/browser.js";
import { writeGallery } from "./lib/gallery.js";

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

await rm(to, { recursive: true, force: true });
await mkdir(to, { recursive: true });
const [gallery, browser] = await Promise.all([writeGallery(), launch()]);
try {
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
    }
  }
} finally {
  await browser.close();
  await gallery.remove();
}
console.log(to);
