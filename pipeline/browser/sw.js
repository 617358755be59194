// Keeps the files of this page, so that it opens without a connection: what is kept is not asked
// for again. Another model has another VERSION, and then everything is fetched anew.

// Filled in when the page is packaged: a digest of all files, which files there are, and which of
// them every visit needs.
const VERSION = "unpackaged";
const FILES = [];
const SHELL = [];

const scope = new URL(self.registration.scope);
const PREFIX = `taptrain ${scope.pathname} `;
const NAME = PREFIX + VERSION;
const ours = new Set(FILES.map((name) => new URL(name, scope).href));

self.addEventListener("activate", (event) => {
  event.waitUntil(
    (async () => {
      for (const name of await caches.keys()) {
        if (name.startsWith(PREFIX) && name !== NAME) await caches.delete(name);
      }
      await self.clients.claim();
    })(),
  );
});

self.addEventListener("message", (event) => {
  if (event.data === "take over") self.skipWaiting();
  if (event.data?.keep) event.waitUntil(keep(event.data.keep));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || request.headers.has("range")) return;
  const address = plain(request.url);
  if (ours.has(address)) event.respondWith(answer(request, address));
});

/** An address as it is kept: without what follows "?", and the folder stands for its index.html. */
function plain(url) {
  const address = new URL(url);
  address.search = "";
  address.hash = "";
  if (address.href === scope.href) return new URL("index.html", scope).href;
  return address.href;
}

async function answer(request, address) {
  const cache = await caches.open(NAME);
  const kept = await cache.match(address);
  if (kept) return kept;
  // The browser may still hold an older model's file of that name.
  const fresh = await fetch(request, { cache: "no-cache" });
  // A redirected answer may not be given to a page later; a part or an error is not the file.
  if (fresh.status === 200 && !fresh.redirected) await cache.put(address, fresh.clone());
  return fresh;
}

/** Keeps what every visit needs, and what this one loaded: all of one version. */
async function keep(loaded) {
  const cache = await caches.open(NAME);
  const shell = SHELL.map((name) => plain(new URL(name, scope)));
  const more = loaded.map(plain).filter((address) => ours.has(address));
  const index = new URL("index.html", scope).href;
  for (const address of new Set([...shell, ...more])) {
    if (await cache.match(address)) continue;
    // The folder itself, as people open it: some hosts send index.html elsewhere.
    const fresh = await fetch(address === index ? scope.href : address, {
      cache: "no-cache",
    });
    if (fresh.status === 200) await cache.put(address, await unredirected(fresh));
  }
}

async function unredirected(answer) {
  if (!answer.redirected) return answer;
  const { status, statusText, headers } = answer;
  return new Response(await answer.blob(), { status, statusText, headers });
}
