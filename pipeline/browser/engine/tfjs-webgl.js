import "@tensorflow/tfjs-backend-webgl";
import { engineOf } from "./engine.js";
import { backend, opener } from "./tfjs.js";

/** Without this a lost context would leave the pass waiting for its result for good. */
function lost() {
  const { canvas } = backend().gpgpu.gl;
  return new Promise((_, reject) => {
    const told = () => reject(new Error("The graphics card was lost."));
    canvas.addEventListener("webglcontextlost", told, { once: true });
  });
}

export const createEngine = engineOf(opener("webgl", lost));
