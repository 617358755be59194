import "@tensorflow/tfjs-backend-cpu";
import { engineOf } from "./engine.js";
import { opener } from "./tfjs.js";

export const createEngine = engineOf(opener("cpu"));
