// Keeps the page for times without a connection, where the address allows it (https or localhost).

const WAIT_MS = 1500;
const $ = (id) => document.getElementById(id);

/**
 * Lets sw.js answer for this page; comes back once it does, or soon after.
 *
 * The model is loaded afterwards, so that its files pass through sw.js and are kept.
 */
export async function keepOffline(base) {
  const workers = navigator.serviceWorker;
  if (!workers || !base.protocol.startsWith("http")) return;
  try {
    const registration = await workers.register(new URL("sw.js", base));
    offerNewer(workers, registration);
    if (!workers.controller) {
      await Promise.race([
        new Promise((resolve) => {
          workers.addEventListener("controllerchange", resolve, { once: true });
        }),
        new Promise((resolve) => setTimeout(resolve, WAIT_MS)),
      ]);
    }
  } catch (error) {
    // The page works without; a host may refuse, or send no such file.
    console.info("not kept for offline use:", error.message);
  }
}

/** Once everything works: also keep what was loaded before sw.js was there. */
export function keepRest() {
  const loaded = performance.getEntriesByType("resource").map(({ name }) => name);
  navigator.serviceWorker?.controller?.postMessage({ keep: loaded });
}

function offerNewer(workers, registration) {
  const offer = () => {
    // Without a controller this is the first visit: nothing older is on show.
    if (!registration.waiting || !workers.controller) return;
    $("newer").hidden = false;
    $("reload").onclick = () => {
      workers.addEventListener("controllerchange", () => location.reload(), { once: true });
      registration.waiting.postMessage("take over");
    };
  };
  offer();
  registration.addEventListener("updatefound", () => {
    registration.installing?.addEventListener("statechange", offer);
  });
}
