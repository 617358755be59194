// What computes, whatever the runtime: resizing, the pass, decoding. It answers a worker's messages,
// or is called in the page itself. Bundled with each runtime into vendor/.

import { decode } from "../boxes.js";
import { Letterbox, sides } from "../letterbox.js";
import { rowsOf } from "./rows.js";

const WORKER_NAME = "taptrain-engine";

/**
 * @param open loads the model: `open({read, metadata})` gives `{run(input, shape), close()}`, and
 *   `run` gives `{data, shape}`
 * @param {{read: function(string): Promise<ArrayBuffer>, metadata: object}} given
 */
async function create(open, { read, metadata }) {
  const { imgsz, classes, output: { form = "raw", resize = "letterbox" } = {} } = metadata;
  const shape = [1, ...sides(imgsz), 3];
  const model = await open({ read, metadata });
  const box = new Letterbox(imgsz, resize);
  const grey = new Float32Array(box.input.length).fill(0.5);
  return {
    async warm() {
      const start = performance.now();
      await model.run(grey, shape);
      return performance.now() - start;
    },
    async detect(image, settings) {
      const rows = rowsOf(image);
      const place = box.fill(rows, image.width, image.height);
      image.bitmap?.close();
      const output = await model.run(box.input, shape);
      return decode(output, form, classes.length, place, settings);
    },
    close: () => model.close(),
  };
}

/** Makes the module's `createEngine`, and answers messages where this is a worker of ours. */
export function engineOf(open) {
  if (globalThis.name === WORKER_NAME && globalThis.WorkerGlobalScope) serve(open);
  return (given) => create(open, given);
}

function serve(open) {
  const reading = new Map();
  let last = 0;
  let engine = null;

  function read(name) {
    return new Promise((resolve, reject) => {
      last += 1;
      reading.set(last, { resolve, reject });
      postMessage({ read: last, name });
    });
  }

  async function answer({ id, method, args }) {
    try {
      if (method === "open") engine = await create(open, { read, ...args[0] });
      const value = method === "open" ? null : await engine[method](...args);
      postMessage({ id, value });
    } catch (error) {
      postMessage({ id, error: String(error?.message ?? error) });
    }
  }

  globalThis.onmessage = ({ data }) => {
    if (!data.read) {
      answer(data);
      return;
    }
    const { resolve, reject } = reading.get(data.read);
    reading.delete(data.read);
    if (data.error === undefined) resolve(data.bytes);
    else reject(new Error(data.error));
  };
  postMessage("ready");
}
