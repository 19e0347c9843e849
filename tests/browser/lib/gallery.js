// @ts-check
// Pages in states that a running site is seldom in, rendered by the program from pictures built by hand.
import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const types = /** @type {Record<string, string>} */ ({ ".html": "text/html; charset=utf-8", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".json": "application/json", ".png": "image/png" });

/**
 * Writes the gallery. Its folder stands in for a site's root at `origin`, an address that is nobody's.
 * @returns {Promise<{ origin: string, names: string[], open: (context: import("playwright-core").BrowserContext) => Promise<unknown>, remove: () => Promise<void> }>}
 */
export async function writeGallery() {
  const folder = await mkdtemp(join(tmpdir(), "allclear-gallery-"));
  // Of the whole workspace, as the Rust tests are: for one package alone dependencies would be compiled again with fewer features.
  execFileSync("cargo", ["test", "--quiet", "--workspace", "--lib", "gallery"], { cwd: root, env: { ...process.env, ALLCLEAR_GALLERY: folder }, stdio: ["ignore", "ignore", "inherit"] });
  const origin = "http://gallery.invalid";
  return {
    origin,
    names: (await readdir(folder)).filter((name) => name.endsWith(".html")),
    open: (context) =>
      context.route(`${origin}/**`, async (route) => {
        const path = new URL(route.request().url()).pathname;
        // There is no stream of pictures that stand still, and nothing that a form could ask.
        if (path.startsWith("/api/")) return route.abort();
        await route.fulfill({ contentType: types[extname(path)] ?? "text/plain", body: await readFile(join(folder, path)) });
      }),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
