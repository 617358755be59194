import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import { engineOf } from "./engine.js";
import { opener } from "./tfjs.js";

// Read through the platform, as all other files of the package.
setWasmPaths("vendor/", true);

export const createEngine = engineOf(opener("wasm"));
