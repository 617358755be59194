// Starts a runtime's script in a worker, or in the page itself where workers cannot be had.

const WORKER_NAME = "taptrain-engine";

/** The script of each runtime, which holds all that computes; see engine/. */
const SCRIPTS = {
  webgpu: "vendor/tfjs-webgpu.js",
  webgl: "vendor/tfjs-webgl.js",
  wasm: "vendor/tfjs-wasm.js",
  cpu: "vendor/tfjs-cpu.js",
  litert: "vendor/litert.js",
};

/**
 * An engine with the model loaded: `warm()` gives the milliseconds of a pass on grey, `detect(image,
 * settings)` boxes, `close()` frees it.
 */
export async function startEngine(place, metadata, runtime, wantWorker) {
  const script = await place.script(SCRIPTS[runtime]);
  try {
    if (wantWorker && globalThis.Worker) {
      const worker = await startWorker(script.href);
      if (worker) return await remote(worker, place, metadata, runtime);
    }
    await import(/* webpackIgnore: true */ /* @vite-ignore */ script.href);
    const read = (name) => place.read(name);
    const engine = await globalThis.taptrainEngines[runtime]({ read, metadata });
    return { runtime, inWorker: false, ...engine };
  } finally {
    script.release();
  }
}

/** A worker that said it is there; null where workers are refused. */
async function startWorker(href) {
  const options = { name: WORKER_NAME };
  let worker;
  try {
    worker = new Worker(href, options);
  } catch {
    // Another origin's script, or a policy: a small worker of ours may still import it.
    try {
      const code = `importScripts(${JSON.stringify(href)});`;
      const own = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
      worker = new Worker(own, options);
      URL.revokeObjectURL(own);
    } catch {
      return null;
    }
  }
  const there = await new Promise((resolve) => {
    worker.onmessage = ({ data }) => resolve(data === "ready");
    worker.onerror = (event) => {
      event.preventDefault();
      resolve(false);
    };
  });
  if (there) return worker;
  worker.terminate();
  return null;
}

/** The engine inside `worker`. */
async function remote(worker, place, metadata, runtime) {
  const waiting = new Map();
  let last = 0;
  let closed = false;

  function fail(error) {
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  }

  function call(method, args, transfer = []) {
    return new Promise((resolve, reject) => {
      // A worker that is gone answers nothing.
      if (closed) throw new Error("This detector was closed.");
      last += 1;
      waiting.set(last, { resolve, reject });
      worker.postMessage({ id: last, method, args }, transfer);
    });
  }

  function send({ read, name }) {
    place.read(name).then(
      (bytes) => worker.postMessage({ read, bytes }),
      (error) => worker.postMessage({ read, error: error.message }),
    );
  }

  worker.onmessage = ({ data }) => {
    if (data.read) return send(data);
    const { resolve, reject } = waiting.get(data.id) ?? {};
    waiting.delete(data.id);
    if (data.error === undefined) resolve?.(data.value);
    else reject?.(new Error(data.error));
  };
  worker.onerror = (event) => {
    event.preventDefault();
    fail(new Error(event.message || "The worker broke."));
  };

  function close() {
    closed = true;
    worker.terminate();
    fail(new Error("This detector was closed."));
  }

  try {
    await call("open", [{ metadata }]);
  } catch (error) {
    close();
    throw error;
  }
  return {
    runtime,
    inWorker: true,
    warm: () => call("warm", []),
    detect: (image, settings) =>
      call("detect", [image, settings], image.bitmap ? [image.bitmap] : []),
    close,
  };
}
