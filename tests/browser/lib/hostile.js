// @ts-check
// Texts that would do harm where they are taken for markup, a reader who notices, and what no page of ours may have got from them.
import assert from "node:assert/strict";
import { reader } from "./browser.js";

export const texts = [
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
export const strange = () => {
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

/**
 * A reader whose page notes every script that runs, and every breach of the policy.
 * @param {import("playwright-core").Browser} browser @param {string} origin
 */
export async function victim(browser, origin) {
  const got = await reader(browser, origin, { reducedMotion: "reduce" });
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
export const titled = (name) => new RegExp(`^(Yes|Partly|Probably|No sign of a problem|We cannot tell) · Is ${name.replace(/[^\w ]/g, "\\$&")} down\\? Live status and outage reports$`);
