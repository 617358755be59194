// A .tflite on LiteRT.js: WebAssembly with relaxed SIMD, and with threads where the page may.

import { loadLiteRt, loadAndCompile, Tensor } from "@litertjs/core";
import { engineOf } from "./engine.js";
import { useFiles } from "./litert-files.js";

async function open({ read, metadata }) {
  const threads = Boolean(globalThis.crossOriginIsolated);
  await useFiles(read, threads);
  await loadLiteRt("", { threads });
  const model = await loadAndCompile(
    new Uint8Array(await read(metadata.litert ?? "model.tflite")),
    { accelerator: "wasm", cpuOptions: { numThreads: globalThis.navigator?.hardwareConcurrency } },
  );
  const shape = Array.from(model.getOutputDetails()[0].shape);
  return {
    async run(input, inputShape) {
      const tensor = Tensor.fromTypedArray(input, inputShape);
      try {
        const [output] = await model.run([tensor]);
        const data = await output.data();
        output.delete();
        return { data, shape };
      } finally {
        tensor.delete();
      }
    },
    close: () => model.delete(),
  };
}

export const createEngine = engineOf(open);
