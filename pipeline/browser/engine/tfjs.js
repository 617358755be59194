// A TensorFlow.js graph model on one backend.

import { env, io, getBackend, setBackend, ready, tensor4d, tidy, engine } from "@tensorflow/tfjs-core";
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

const NEVER = { gone: new Promise(() => {}), isGone: () => false };

/**
 * `open` of an engine for the backend `name`. `watch()` tells when the graphics card goes, where
 * there is one: `gone` is a promise of it, `isGone()` asks.
 */
export function opener(name, watch = () => NEVER) {
  return async ({ read }) => {
    env().platform = platform(read);
    const started = setBackend(name).then((there) => {
      if (!there) throw new Error(`${name} is not to be had here.`);
    });
    const [graph] = await Promise.all([artifacts(read), started]);
    await ready();
    const { gone, isGone } = watch();
    const lost = gone.then(() => null);
    const model = await loadGraphModel(io.fromMemory(graph));
    return {
      async run(input, shape) {
        // Without a worker all runtimes of a page share one engine.
        if (getBackend() !== name) await setBackend(name);
        const output = tidy(() => model.execute(tensor4d(input, shape)));
        try {
          const data = await Promise.race([output.data(), lost]);
          if (!data || isGone()) throw new Error("The graphics card was lost.");
          return { data, shape: output.shape };
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
