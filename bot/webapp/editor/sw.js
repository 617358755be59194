// Keeps the page's own files, so that a reload without network finds them. With a network they always
// come from there; pictures and boxes are the page's own affair (see api.js).

const CACHE = "taptrain:editor";
const FILES = [
  "./", "style.css", "icon.svg", "konva.min.js",
  "api.js", "boxes.js", "editor.js", "geometry.js", "gestures.js", "keys.js", "loupe.js", "main.js",
  "page.js", "paint.js", "pictures.js", "queue.js", "stage.js", "telegram.js", "words.js",
];

addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(FILES)));
  skipWaiting();
});

addEventListener("activate", (event) => event.waitUntil(clients.claim()));

addEventListener("fetch", (event) => {
  const { origin, pathname } = new URL(event.request.url);
  if (event.request.method !== "GET" || origin !== location.origin || pathname.includes("/api/")) return;
  event.respondWith(fromNetworkFirst(event.request));
});

async function fromNetworkFirst(request) {
  const cache = await caches.open(CACHE);
  const name = request.mode === "navigate" ? "./" : request;
  try {
    const response = await fetch(request);
    if (response.ok) await cache.put(name, response.clone());
    return response;
  } catch (error) {
    const kept = await cache.match(name);
    if (kept) return kept;
    throw error;
  }
}
