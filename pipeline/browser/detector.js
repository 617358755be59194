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

import { candidates, recall, refuse, remember, rivals, soonest } from "./choose.js";
import { beats } from "./contest.js";
import { startEngine } from "./host.js";
import { placeOf } from "./place.js";
import { capture } from "./pixels.js";
import { Progress } from "./progress.js";

// A pass as fast as this needs no comparison with others.
const FAST_MS = 20;
// Others are compared after the first picture, or so long after loading.
const PAUSE_MS = 500;
// What could not be fetched today may be had tomorrow.
const UNFETCHED = /missing|fetch|network/i;

export class Detector {
  #place;
  #engine;
  #broken;
  #worker;
  #queue = Promise.resolve();
  #closed = false;
  #looked = () => {};
  #settled = Promise.resolve();

  constructor(place, metadata, engine, broken, worker) {
    this.#place = place;
    this.#engine = engine;
    this.#broken = broken;
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

  /** A promise that ends once the fastest runtime is chosen; `detect` answers before. */
  get settled() {
    return this.#settled;
  }

  /**
   * Loads and warms up the model.
   *
   * Unless a `runtime` is asked for, the one that was the fastest the last time is taken. On a first
   * visit it is the one that is soonest there; the others are measured while it answers already.
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
      const tries = new Set([...(known ? [known] : []), ...soonest(order)]);
      const broken = new Set();
      const engine = await firstOf(tries, place, metadata, worker, progress, broken);
      const detector = new Detector(place, metadata, engine, broken, worker);
      if (runtime || engine.runtime === known) place.forget();
      else {
        detector.#settled = detector.#settle(rivals(order));
        // In the page itself passes would hold up whoever uses it.
        if (!engine.inWorker) await detector.#settled;
      }
      progress.finish();
      return detector;
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
  async detect(source, options = {}) {
    try {
      return await this.#turn(() => this.#detect(source, options));
    } finally {
      this.#looked();
    }
  }

  /** Passes are made one after the other. */
  #turn(pass) {
    const turn = this.#queue.then(pass);
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
    this.#broken.add(this.runtime);
    this.#engine.close();
    for (const name of await candidates(this.metadata)) {
      if (this.#broken.has(name)) continue;
      try {
        const engine = await opened(this.#place, this.metadata, name, this.#worker);
        this.#engine = engine;
        if (this.#closed) engine.close();
        return;
      } catch (next) {
        console.warn(`runtime ${name}:`, next);
        this.#broken.add(name);
      } finally {
        this.#place.forget();
      }
    }
    throw error;
  }

  /** Compares this runtime with others, goes on with the fastest, and keeps the choice. */
  async #settle(names) {
    if (this.inWorker) await this.#idle();
    let complete = true;
    for (const name of names) {
      if (name === this.runtime || this.#broken.has(name)) continue;
      const pass = await this.#turn(() => this.#engine.warm()).catch(() => Infinity);
      if (this.#closed) return;
      if (pass <= FAST_MS) break;
      complete = (await this.#challenge(name)) && complete;
    }
    if (this.#closed) return;
    if (complete) remember(this.metadata, this.runtime);
    this.#place.forget();
  }

  /** Ends after the first picture, or soon where none comes. */
  #idle() {
    return new Promise((resolve) => {
      this.#looked = resolve;
      setTimeout(resolve, PAUSE_MS);
    });
  }

  /** Goes on with the runtime `name` if that is clearly faster; false where it was not to be had. */
  async #challenge(name) {
    let loser = null;
    try {
      const rival = await opened(this.#place, this.metadata, name, this.#worker);
      loser = rival;
      if (!(await beats(rival, this.#engine, (round) => this.#turn(round)))) return true;
      await this.#turn(async () => {
        if (!this.#closed) [this.#engine, loser] = [rival, this.#engine];
      });
    } catch (error) {
      // Once it was loaded, what broke may be the other one, or the detector was closed.
      if (!this.#closed) console.info(`runtime ${name} is not taken:`, error);
      if (!loser && (UNFETCHED.test(error.message) || globalThis.navigator?.onLine === false)) return false;
      if (!loser) this.#broken.add(name);
    } finally {
      loser?.close();
    }
    return true;
  }

  /** Frees the model and its worker. */
  close() {
    this.#closed = true;
    this.#engine.close();
  }
}

/** An engine that has the model and has made its first pass. */
async function opened(place, metadata, runtime, worker, stage = () => {}) {
  stage("engine");
  const engine = await startEngine(place, metadata, runtime, worker);
  try {
    stage("warm");
    // The first pass compiles; nobody should wait for it with a picture in hand.
    await engine.warm();
    return engine;
  } catch (error) {
    engine.close();
    throw error;
  }
}

/** The first engine that loads here; the names of those that do not go to `broken`. */
async function firstOf(names, place, metadata, worker, progress, broken) {
  let failure = null;
  for (const name of names) {
    try {
      return await opened(place, metadata, name, worker, (stage) => progress.stage(stage));
    } catch (error) {
      failure = error;
      broken.add(name);
      if (names.size > 1) console.info(`runtime ${name} is not to be had here:`, error);
    }
  }
  const words = names.size > 1 ? "This browser can't run models" : `This browser can't run "${[...names][0]}"`;
  throw new Error(`${words}: ${failure?.message ?? failure}`, { cause: failure });
}
