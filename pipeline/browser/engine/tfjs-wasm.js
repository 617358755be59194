import { env } from "@tensorflow/tfjs-core";
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import { offer } from "./engine.js";
import { opener } from "./tfjs.js";

const open = opener("wasm");

// Read through the platform, as all other files of the package.
setWasmPaths("vendor/", true);

/**
 * Whether workers made here may load further scripts made here: this library's threads do so, and
 * where a page's policy forbids it they would break one by one instead of telling.
 */
async function threadsMayLoad() {
  if (!globalThis.crossOriginIsolated) return false;
  const address = (code) => URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
  const empty = address("");
  const probe = address(`
    try { importScripts(${JSON.stringify(empty)}); postMessage(true); }
    catch { postMessage(false); }`);
  const worker = new Worker(probe);
  try {
    return await new Promise((resolve) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = (event) => {
        event.preventDefault();
        resolve(false);
      };
    });
  } finally {
    worker.terminate();
    URL.revokeObjectURL(probe);
    URL.revokeObjectURL(empty);
  }
}

offer("wasm", async (given) => {
  if (!(await threadsMayLoad())) env().set("WASM_HAS_MULTITHREAD_SUPPORT", false);
  return open(given);
});
