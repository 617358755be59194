/**
 * A detector in the browser. Use it in a page of your own:
 *
 *     import { Detector } from "./detector.js";
 *     const detector = await Detector.load("./");             // the folder of metadata.json
 *     const boxes = await detector.detect(image);             // <img>, <video>, <canvas>, ImageData
 *     // [{ class: "cat", index: 0, score: 0.91, box: [x1, y1, x2, y2] }]  in pixels of `image`
 *
 * Its boxes are those of ultralytics in Python: same resizing, padding, decoding and NMS. It works
 * in a worker, so that the page never freezes. detector.d.ts has the types.
 */

import { candidates, recall, remember, refuse } from "./choose.js";
import { startEngine } from "./host.js";
import { placeOf } from "./place.js";
import { capture } from "./pixels.js";
import { Progress } from "./progress.js";

// A pass as fast as this needs no comparison with others; after so long nobody waits for one more.
const FAST_MS = 20;
const PATIENCE_MS = 4000;
const TIMED_PASSES = 3;

export class Detector {
  #place;
  #engine;
  #rest;
  #worker;
  #queue = Promise.resolve();
  #closed = false;

  constructor(place, metadata, engine, rest, worker) {
    this.#place = place;
    this.#engine = engine;
    this.#rest = rest;
    this.#worker = worker;
    this.metadata = metadata;
  }

  /** What computes: "webgpu", "webgl", "wasm", "cpu" or "litert". */
  get runtime() {
    return this.#engine.runtime;
  }

  /** Whether it computes in a worker, beside the page. */
  get inWorker() {
    return this.#engine.inWorker;
  }

  /**
   * Loads and warms up the model.
   * @param {string|URL|{read: function(string): Promise<ArrayBuffer>}} where the package's folder,
   *   or what gives its files by name
   * @param {object} options `runtime`: "webgpu", "webgl", "wasm", "cpu" or "litert" (else the
   *   fastest one here, measured); `onProgress(share, words)`: called while it loads; `worker`:
   *   false to compute in the page itself
   */
  static async load(where = "./", { runtime = null, onProgress = () => {}, worker = true } = {}) {
    const progress = new Progress(onProgress);
    try {
      const place = placeOf(where, (name, done, total) => progress.read(name, done, total));
      progress.stage("read");
      const metadata = JSON.parse(new TextDecoder().decode(await place.read("metadata.json")));
      if (runtime) refuse(runtime, metadata);
      const order = runtime ? [runtime] : await candidates(metadata);
      const known = runtime ? null : recall(metadata, order);
      const engine =
        (known && (await opened(place, metadata, known, worker, progress).catch(() => null))) ||
        (await fastest(place, metadata, order, worker, progress));
      if (!runtime && engine.runtime !== known) remember(metadata, engine.runtime);
      place.forget();
      // A runtime that breaks later is replaced by the next; the first of all is the surest.
      const rest = (await candidates(metadata)).filter((name) => name !== engine.runtime);
      progress.finish();
      return new Detector(place, metadata, engine, rest, worker);
    } finally {
      progress.end();
    }
  }

  /**
   * Boxes in a picture, best first.
   * @param {HTMLImageElement|HTMLVideoElement|HTMLCanvasElement|ImageBitmap|ImageData} source or
   *   anything with RGBA `data`, `width` and `height`
   * @param {object} options `threshold` (0.25), `iou` (0.7), `maxDet` (300), `multiLabel` (false)
   * @returns {Promise<{class: string, index: number, score: number, box: number[]}[]>}
   */
  detect(source, options = {}) {
    const turn = this.#queue.then(() => this.#detect(source, options));
    this.#queue = turn.catch(() => {});
    return turn;
  }

  async #detect(source, options) {
    const { classes, nms = {}, threshold: usual = 0.25 } = this.metadata;
    const { threshold = usual, iou = nms.iou ?? 0.7, maxDet = nms.max_det ?? 300 } = options;
    const settings = { threshold, iou, maxDet, multiLabel: options.multiLabel ?? false };
    for (;;) {
      if (this.#closed) throw new Error("This detector was closed.");
      const image = await capture(source);
      try {
        const found = await this.#engine.detect(image, settings);
        return found.map((box) => ({ class: classes[box.index], ...box }));
      } catch (error) {
        if (this.#closed) throw new Error("This detector was closed.");
        await this.#replace(error);
      }
    }
  }

  /** Goes on with the next runtime that loads, or fails with what broke the last one. */
  async #replace(error) {
    console.warn(`runtime ${this.runtime}:`, error);
    this.#engine.close();
    while (this.#rest.length) {
      const name = this.#rest.shift();
      const silent = new Progress(() => {});
      try {
        this.#engine = await opened(this.#place, this.metadata, name, this.#worker, silent);
        return;
      } catch (next) {
        console.warn(`runtime ${name}:`, next);
      } finally {
        this.#place.forget();
        silent.end();
      }
    }
    throw error;
  }

  /** Frees the model and its worker. */
  close() {
    this.#closed = true;
    this.#engine.close();
  }
}

/** An engine that has the model and has made its first pass. */
async function opened(place, metadata, runtime, worker, progress) {
  progress.stage("engine", runtime);
  const engine = await startEngine(place, metadata, runtime, worker);
  try {
    progress.stage("warm", runtime);
    // The first pass compiles; nobody should wait for it with a picture in hand.
    await engine.warm();
    return engine;
  } catch (error) {
    engine.close();
    throw error;
  }
}

/** The engine with the shortest pass among those that load here. */
async function fastest(place, metadata, order, worker, progress) {
  const start = performance.now();
  let best = null;
  let bestTime = Infinity;
  let failure = null;
  progress.contest(order.length);
  for (const name of order) {
    // Plain JavaScript is for where nothing else runs.
    if (best && (name === "cpu" || performance.now() - start > PATIENCE_MS)) break;
    let engine = null;
    try {
      engine = await opened(place, metadata, name, worker, progress);
      let time = Infinity;
      const passes = order.length > 1 ? TIMED_PASSES : 0;
      for (let i = 0; i < passes && time > FAST_MS; i += 1) {
        time = Math.min(time, await engine.warm());
      }
      if (best && time >= bestTime) {
        engine.close();
        continue;
      }
      best?.close();
      [best, bestTime] = [engine, time];
      if (time <= FAST_MS) break;
    } catch (error) {
      engine?.close();
      failure = error;
      if (order.length > 1) console.info(`runtime ${name} is not to be had here:`, error);
    }
  }
  if (best) return best;
  const words = order.length > 1 ? "This browser can't run models" : `This browser can't run "${order[0]}"`;
  throw new Error(`${words}: ${failure?.message ?? failure}`, { cause: failure });
}
