// @ts-check
/**
 * A proof of work by the ALTCHA protocol, version 2: the counter with which SHA-256 of salt, nonce and counter begins as
 * the challenge asks. Only asked for while somebody floods the site.
 */

/** @param {string} hex */
const bytes = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (b) => parseInt(b, 16));

/** @param {ArrayBuffer} of */
const hex = (of) => Array.from(new Uint8Array(of), (b) => b.toString(16).padStart(2, '0')).join('');

/** Hashes under way at a time: waiting for each alone would take most of the time. */
const AT_ONCE = 256;
/** Gives up after so many: whoever has a slow machine reports without a proof, which weighs less. */
const MOST = 2 ** 21;

/**
 * Solves a challenge, or gives nothing where that cannot be done.
 * @param {{parameters: {algorithm: string, cost: number, keyPrefix: string, nonce: string, salt: string}}} challenge
 * @returns {Promise<string>}
 */
export async function solve(challenge) {
  const { algorithm, cost, keyPrefix, nonce, salt } = challenge.parameters;
  // Browsers compute hashes only for pages that came by a secure way.
  if (!globalThis.crypto?.subtle || algorithm !== 'SHA-256' || cost !== 1) return '';
  const head = new Uint8Array([...bytes(salt), ...bytes(nonce), 0, 0, 0, 0]);
  for (let first = 0; first < MOST; first += AT_ONCE) {
    const keys = await Promise.all(
      Array.from({ length: AT_ONCE }, (_, i) => {
        const message = head.slice();
        new DataView(message.buffer).setUint32(message.length - 4, first + i);
        return crypto.subtle.digest('SHA-256', message);
      }),
    );
    for (const [i, key] of keys.entries()) {
      const derivedKey = hex(key);
      if (derivedKey.startsWith(keyPrefix)) return JSON.stringify({ challenge, solution: { counter: first + i, derivedKey } });
    }
  }
  return '';
}
