import "@tensorflow/tfjs-backend-webgpu";
import { engineOf } from "./engine.js";
import { backend, opener } from "./tfjs.js";

async function lost() {
  const { message } = await backend().device.lost;
  throw new Error(`The graphics card was lost. ${message}`);
}

export const createEngine = engineOf(opener("webgpu", lost));
