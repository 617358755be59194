/** A detector that runs on the device: in a page, in a bundled app, or in Node. */

/** "webgpu" and "webgl" compute on the graphics card, the others on the processor. */
export type Runtime = "webgpu" | "webgl" | "wasm" | "cpu" | "litert";

/** One thing found. */
export interface Detection {
  /** The class's name. */
  class: string;
  /** The class's number, from 0. */
  index: number;
  /** 0..1. */
  score: number;
  /** Left, top, right and bottom edge in pixels of the picture. */
  box: [x1: number, y1: number, x2: number, y2: number];
}

/** RGBA pixels, 8 bits each, row by row: an `ImageData`, or the like in Node. */
export interface Pixels {
  data: Uint8Array | Uint8ClampedArray;
  width: number;
  height: number;
}

/** Gives a package's files by their names, as "metadata.json" or "vendor/tfjs-wasm.js". */
export interface Files {
  read(name: string): Promise<ArrayBuffer | Uint8Array>;
}

export interface LoadOptions {
  /**
   * What is to compute; else the fastest one on this device, remembered from the last time. On a
   * first visit it is measured while the one that was soonest there answers already.
   */
  runtime?: Runtime | null;
  /** Called again and again while it loads: 0..1, and what is being done. */
  onProgress?: (share: number, words: string) => void;
  /** `false` computes in the page itself. */
  worker?: boolean;
}

export interface DetectOptions {
  /** Boxes with a score above this, 0..1; 0.25 unless the package says otherwise. */
  threshold?: number;
  /** Of two boxes of a class that overlap by more than this, 0..1, the better one stays; 0.7. */
  iou?: number;
  /** At most so many boxes; 300. */
  maxDet?: number;
  /** Whether one place may be several classes. */
  multiLabel?: boolean;
}

/** metadata.json of the package. */
export interface Metadata {
  project?: string;
  version?: number;
  classes: string[];
  /** Side of the input in pixels, or [height, width]. */
  imgsz: number | [height: number, width: number];
  output?: { form?: "raw" | "queries"; resize?: "letterbox" | "stretch" };
  runtimes?: ("tfjs" | "litert")[];
  litert?: string;
  [name: string]: unknown;
}

export class Detector {
  private constructor();
  /**
   * Loads and warms up the model.
   * @param place the package's folder, or what gives its files by name
   * @throws where a file is missing, or nothing here can run the model
   */
  static load(place?: string | URL | Files, options?: LoadOptions): Promise<Detector>;
  readonly metadata: Metadata;
  /** What computes; it may change until `settled`, and where a graphics card is lost. */
  readonly runtime: Runtime;
  /** Ends once the fastest runtime is chosen; `detect` answers before. */
  readonly settled: Promise<void>;
  /** Whether it computes in a worker, beside the page. */
  readonly inWorker: boolean;
  /** Boxes in a picture or in a video's current frame, best first. */
  detect(source: CanvasImageSource | Pixels, options?: DetectOptions): Promise<Detection[]>;
  /** Frees the model and its worker. */
  close(): void;
}
