import "@tensorflow/tfjs-backend-webgpu";
import { offer } from "./engine.js";
import { backend, opener } from "./tfjs.js";

function watch() {
  let over = false;
  const gone = backend().device.lost.then(() => {
    over = true;
  });
  return { gone, isGone: () => over };
}

offer("webgpu", opener("webgpu", watch));
