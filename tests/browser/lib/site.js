// @ts-check
// Starts the real binary on a free port with an empty folder of its own, and ends it by pid.
import { execFileSync, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const binary = process.env.ALLCLEAR_BINARY ?? join(root, "target/debug/allclear");

/** A port that was free a moment ago. @returns {Promise<number>} */
export function freePort() {
  return new Promise((resolve, reject) => {
    const s = createServer();
    s.once("error", reject);
    s.listen(0, "127.0.0.1", () => {
      const a = s.address();
      s.close(() => (a && typeof a === "object" ? resolve(a.port) : reject(new Error("no port"))));
    });
  });
}

/**
 * @param {{ basePath?: string, env?: Record<string, string>, args?: string[] }} [options] basePath begins and ends with a slash
 * @returns {Promise<{ url: string, origin: string, full: (is: boolean) => void, log: () => string, run: (...args: string[]) => string, stop: () => Promise<number | null>, crash: () => Promise<void>, restart: () => Promise<void> }>}
 *   `run` gives a command of the program this site's folder and returns what it prints;
 *   `full` makes its files unable to grow, as on a full disk, or ends that; `crash` ends it at once and keeps its folder; `restart` starts it again on the same port and folder.
 */
export async function startSite(options = {}) {
  const base = options.basePath ?? "/";
  const data = await mkdtemp(join(tmpdir(), "allclear-browser-"));
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  let log = "";
  /** @type {import("node:child_process").ChildProcess} */ let child;
  /** @type {Promise<number | null>} */ let exited;
  const start = async () => {
    // A file that may not grow is an error of writing only where its signal is ignored.
    const now = spawn("sh", ["-c", 'trap "" XFSZ; exec "$0" "$@"', binary, "serve", "--listen", `127.0.0.1:${port}`, "--data", join(data, "d"), ...(options.args ?? [])], {
      env: {
        ...process.env,
        // No test asks strangers.
        ALLCLEAR_WATCH__CHECKS: "off",
        ALLCLEAR_WATCH__OFFICIAL: "off",
        ALLCLEAR_HTTP__BASE_URL: origin + base,
        // Every browser context says who it is, so that one machine can be many readers.
        ALLCLEAR_HTTP__TRUSTED_PROXIES: "127.0.0.1/32",
        ...options.env,
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    child = now;
    now.stderr.on("data", (d) => (log += d));
    const ended = /** @type {Promise<number | null>} */ (new Promise((resolve) => now.once("exit", (code) => resolve(code))));
    exited = ended;
    await new Promise((resolve, reject) => {
      let out = "";
      now.stdout.on("data", (d) => {
        out += d;
        if (/^listening on http:/m.test(out)) resolve(undefined);
      });
      ended.then((code) => reject(new Error(`allclear ended with ${code} before it listened:\n${out}\n${log}`)));
      now.once("error", reject);
    });
  };
  await start();
  return {
    url: origin + base,
    origin,
    log: () => log,
    run: (...args) => execFileSync(binary, args, { encoding: "utf8", env: { ...process.env, ALLCLEAR_DATA__DIR: join(data, "d") } }),
    full: (is) => void execFileSync("prlimit", ["--pid", `${child.pid}`, `--fsize=${is ? 4096 : "unlimited"}:`]),
    stop: async () => {
      child.kill("SIGTERM");
      const code = await exited;
      await rm(data, { recursive: true, force: true });
      return code;
    },
    crash: async () => {
      child.kill("SIGKILL");
      await exited;
    },
    restart: start,
  };
}

let people = 0;

/** Headers of a reader nobody has seen before: an address of its own, in a network of its own. @returns {Record<string, string>} */
export function somebody() {
  people += 1;
  return { "x-forwarded-for": `10.${(people >> 8) & 255}.${people & 255}.7` };
}

/**
 * Posts reports from distinct people.
 * @param {string} url @param {string} slug @param {string} symptom @param {number} count
 */
export async function reportMany(url, slug, symptom, count) {
  for (let i = 0; i < count; i++) {
    const r = await fetch(`${url}api/v1/services/${slug}/reports`, {
      method: "POST",
      headers: { "content-type": "application/json", ...somebody() },
      body: JSON.stringify({ symptom }),
    });
    if (r.status !== 202) throw new Error(`report was answered ${r.status}: ${await r.text()}`);
  }
}
