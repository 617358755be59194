// A TensorFlow.js graph model on one backend.

import { env, io, setBackend, ready, tensor4d, tidy, engine } from "@tensorflow/tfjs-core";
import { loadGraphModel } from "@tensorflow/tfjs-converter";

/** A platform of our own: it needs neither a page nor a network, so that Node and files do. */
function platform(read) {
  const text = new TextDecoder();
  const bytes = new TextEncoder();
  return {
    fetch: async (name) => new Response(await read(name)),
    now: () => performance.now(),
    encode: (words) => bytes.encode(words),
    decode: (data) => text.decode(data),
    setTimeoutCustom: (callback, delay) => setTimeout(callback, delay),
    isTypedArray: (a) =>
      a instanceof Float32Array ||
      a instanceof Int32Array ||
      a instanceof Uint8Array ||
      a instanceof Uint8ClampedArray,
  };
}

/** model.json and its weights, as TensorFlow.js takes them from memory. */
async function artifacts(read) {
  const { weightsManifest, ...model } = JSON.parse(
    new TextDecoder().decode(await read("model.json")),
  );
  const parts = await Promise.all(weightsManifest.flatMap(({ paths }) => paths).map(read));
  const weights = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    weights.set(new Uint8Array(part), at);
    at += part.byteLength;
  }
  return {
    ...model,
    weightSpecs: weightsManifest.flatMap(({ weights: specs }) => specs),
    weightData: weights.buffer,
  };
}

/**
 * `open` of an engine for the backend `name`. `lost()` gives a promise that is rejected when the
 * graphics card goes, where there is one.
 */
export function opener(name, lost = () => null) {
  return async ({ read }) => {
    env().platform = platform(read);
    if (!(await setBackend(name))) throw new Error(`${name} is not to be had here.`);
    await ready();
    const gone = lost();
    gone?.catch(() => {});
    const model = await loadGraphModel(io.fromMemory(await artifacts(read)));
    return {
      async run(input, shape) {
        const output = tidy(() => model.execute(tensor4d(input, shape)));
        try {
          const data = output.data();
          return { data: await (gone ? Promise.race([data, gone]) : data), shape: output.shape };
        } finally {
          output.dispose();
        }
      },
      close() {
        model.dispose();
      },
    };
  };
}

/** The backend that computes now. */
export const backend = () => engine().backend;
