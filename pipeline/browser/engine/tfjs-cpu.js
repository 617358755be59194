import "@tensorflow/tfjs-backend-cpu";
import { offer } from "./engine.js";
import { opener } from "./tfjs.js";

offer("cpu", opener("cpu"));
