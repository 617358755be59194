import "@tensorflow/tfjs-backend-webgl";
import { offer } from "./engine.js";
import { backend, opener } from "./tfjs.js";

/** A lost context leaves a pass waiting for its result for good, or gives zeros. */
function watch() {
  const { gl } = backend().gpgpu;
  const gone = new Promise((resolve) => {
    gl.canvas.addEventListener("webglcontextlost", resolve, { once: true });
  });
  return { gone, isGone: () => gl.isContextLost() };
}

offer("webgl", opener("webgl", watch));
