// @ts-check
// Stands between a browser and a site like a slow line: pages come element by element.
import { createServer, get } from "node:http";

/**
 * @param {string} origin of the site
 * @param {number} pause before each element of a page, in milliseconds
 * @returns {Promise<{ origin: string, close: () => void }>}
 */
export async function trickle(origin, pause) {
  const server = createServer((req, res) => {
    get(new URL(req.url ?? "/", origin), { headers: { accept: req.headers.accept ?? "*/*" } }, async (from) => {
      const { "content-length": _, "transfer-encoding": __, connection: ___, ...headers } = from.headers;
      res.writeHead(from.statusCode ?? 502, headers);
      if (!headers["content-type"]?.startsWith("text/html")) return void from.pipe(res);
      let text = "";
      for await (const chunk of from.setEncoding("utf8")) text += chunk;
      for (const piece of text.split(/(?=<(?:a|button|dl|div|form|h[1-6]|header|li|main|nav|p|section|ul)\b)/)) {
        res.write(piece);
        if (text.indexOf("<body") < text.indexOf(piece)) await new Promise((r) => setTimeout(r, pause));
      }
      res.end();
    }).on("error", () => res.destroy());
  });
  await new Promise((r) => server.listen(0, "127.0.0.1", () => r(undefined)));
  // A test that fails before it closes this must not keep the run from ending.
  server.unref();
  const at = /** @type {import("node:net").AddressInfo} */ (server.address());
  return { origin: `http://127.0.0.1:${at.port}`, close: () => (server.closeAllConnections(), void server.close()) };
}
