// A .tflite on LiteRT.js: WebAssembly with relaxed SIMD, and with threads where the page may.

import { loadLiteRt, loadAndCompile, Tensor } from "@litertjs/core";
import { offer } from "./engine.js";
import { useFiles } from "./litert-files.js";

async function open({ read, metadata }) {
  const threads = Boolean(globalThis.crossOriginIsolated);
  const started = useFiles(read, threads).then(() => loadLiteRt("", { threads }));
  const [bytes] = await Promise.all([read(metadata.litert ?? "model.tflite"), started]);
  const cpuOptions = { numThreads: globalThis.navigator?.hardwareConcurrency };
  const model = await loadAndCompile(new Uint8Array(bytes), { accelerator: "wasm", cpuOptions });
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

offer("litert", open);
