/**
 * A detector in the browser. Use it in a page of your own:
 *
 *     import { Detector } from "./detector.js";
 *     const detector = await Detector.load("./");             // the folder of model.json
 *     const boxes = await detector.detect(image);             // <img>, <video>, <canvas>, ImageData
 *     // [{ class: "cat", index: 0, score: 0.91, box: [x1, y1, x2, y2] }]  in pixels of `image`
 *
 * Its boxes are those of ultralytics in Python: same resizing, padding, decoding and NMS.
 */

import { letterbox } from "./letterbox.js";
import { decode } from "./boxes.js";

const SCRIPTS = ["core", "converter", "backend-cpu", "backend-webgl", "backend-wasm"];
const BACKENDS = ["webgl", "wasm", "cpu"];
const SOFTWARE_GPU = /swiftshader|llvmpipe|software|basic render/i;

let loading = null;

/** Loads TensorFlow.js once, from the `vendor` folder beside this file. */
function loadTensorFlow() {
  loading ??= SCRIPTS.reduce(
    (before, name) => before.then(() => loadScript(`vendor/tf-${name}.es2017.min.js`)),
    Promise.resolve(),
  ).then(() => {
    globalThis.tf.wasm.setWasmPaths(new URL("vendor/", import.meta.url).href);
    return globalThis.tf;
  });
  return loading;
}

function loadScript(path) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = new URL(path, import.meta.url).href;
    script.onload = resolve;
    script.onerror = () => reject(new Error(`${path} is missing beside this page.`));
    document.head.append(script);
  });
}

/** The fastest backend that computes exactly: a real GPU with float32, else WebAssembly. */
async function useBackend(tf, wanted) {
  const order = wanted ? [wanted] : [...(gpuIsGood() ? ["webgl"] : []), "wasm", "cpu"];
  for (const name of order) {
    if (!BACKENDS.includes(name)) throw new Error(`There is no backend "${name}".`);
    try {
      if (await tf.setBackend(name)) {
        await tf.ready();
        return name;
      }
    } catch (error) {
      console.warn(`backend ${name}:`, error);
    }
  }
  throw new Error(wanted ? `This browser can't run "${wanted}".` : "This browser can't run models.");
}

function gpuIsGood() {
  const gl = document.createElement("canvas").getContext("webgl2");
  if (!gl) return false;
  const info = gl.getExtension("WEBGL_debug_renderer_info");
  const renderer = String(gl.getParameter(info ? info.UNMASKED_RENDERER_WEBGL : gl.RENDERER));
  // Phones without float32 textures lose digits that a box's edge needs.
  const exact = gl.getExtension("EXT_color_buffer_float") !== null;
  gl.getExtension("WEBGL_lose_context")?.loseContext();
  return exact && !SOFTWARE_GPU.test(renderer);
}

/** RGBA pixels of anything that can be drawn, at its own size. */
function pixelsOf(source) {
  if (source instanceof ImageData) return source;
  const width = source.naturalWidth || source.videoWidth || source.width;
  const height = source.naturalHeight || source.videoHeight || source.height;
  if (!width || !height) throw new Error("The picture is not loaded yet.");
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(source, 0, 0);
  return context.getImageData(0, 0, width, height);
}

export class Detector {
  constructor(tf, model, metadata, backend) {
    this.tf = tf;
    this.model = model;
    this.metadata = metadata;
    this.backend = backend;
  }

  /**
   * Loads and warms up the model.
   * @param {string} url the folder that holds model.json and metadata.json
   * @param {object} options `backend`: "webgl", "wasm" or "cpu" (else the best one here);
   *   `onProgress(share, words)`: called while it loads
   */
  static async load(url = "./", { backend = null, onProgress = () => {} } = {}) {
    const base = new URL(url, document.baseURI);
    onProgress(0, "Loading the engine…");
    const [tf, metadata] = await Promise.all([
      loadTensorFlow(),
      fetch(new URL("metadata.json", base)).then((answer) => {
        if (!answer.ok) throw new Error("metadata.json is missing beside model.json.");
        return answer.json();
      }),
    ]);
    const name = await useBackend(tf, backend);
    onProgress(0.1, "Loading the model…");
    const model = await tf.loadGraphModel(new URL("model.json", base).href, {
      onProgress: (share) => onProgress(0.1 + share * 0.7, "Loading the model…"),
    });
    onProgress(0.85, "Warming up…");
    // One turn of the event loop, so that the words are painted before the work begins.
    await new Promise((resolve) => setTimeout(resolve, 30));
    const detector = new Detector(tf, model, metadata, name);
    const side = metadata.imgsz;
    // The first pass compiles; nobody should wait for it with a picture in hand.
    await detector.run(new Float32Array(side * side * 3));
    onProgress(1, "Ready");
    return detector;
  }

  /** The model's raw answer to an input of `letterbox`: its numbers and [1, rows, anchors]. */
  async run(input) {
    const side = this.metadata.imgsz;
    const output = this.tf.tidy(() =>
      this.model.execute(this.tf.tensor4d(input, [1, side, side, 3])),
    );
    try {
      return { data: await output.data(), shape: output.shape };
    } finally {
      output.dispose();
    }
  }

  /**
   * Boxes in a picture, best first.
   * @param {HTMLImageElement|HTMLVideoElement|HTMLCanvasElement|ImageBitmap|ImageData} source
   * @param {object} options `threshold` (0.25), `iou` (0.7), `maxDet` (300), `multiLabel` (false)
   * @returns {Promise<{class: string, index: number, score: number, box: number[]}[]>}
   */
  async detect(source, options = {}) {
    const { classes, imgsz, nms = {}, threshold: usual = 0.25 } = this.metadata;
    const { threshold = usual, iou = nms.iou ?? 0.7, maxDet = nms.max_det ?? 300 } = options;
    const { data: pixels, width, height } = pixelsOf(source);
    const { input, place } = letterbox(pixels, width, height, imgsz);
    const { data, shape } = await this.run(input);
    const settings = { threshold, iou, maxDet, multiLabel: options.multiLabel ?? false };
    return decode(data, classes.length, shape[2], place, width, height, settings).map((found) => ({
      class: classes[found.index],
      ...found,
    }));
  }
}
