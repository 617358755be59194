// Rows of a picture's pixels, read strip by strip: a picture of 12000 pixels never lies unpacked in
// memory as a whole, and is resized exactly all the same.

import { WholeRows } from "../letterbox.js";

const STRIP_PIXELS = 4_000_000;

let canvas = null;
let context = null;

/** The canvas to unpack into, made anew only where its size changes. */
function prepare(width, height) {
  if (!canvas) {
    canvas = globalThis.OffscreenCanvas
      ? new OffscreenCanvas(width, height)
      : document.createElement("canvas");
    context = null;
  }
  if (canvas.width !== width || canvas.height !== height || !context) {
    canvas.width = width;
    canvas.height = height;
    context = canvas.getContext("2d", { willReadFrequently: true });
    // Pixels are copied as they are, whatever was there before.
    context.globalCompositeOperation = "copy";
    context.imageSmoothingEnabled = false;
  }
  return context;
}

class StripRows {
  #bitmap;
  #width;
  #height;
  #strip;
  #first = -1;

  constructor(bitmap, width, height) {
    this.#bitmap = bitmap;
    this.#width = width;
    this.#height = height;
    this.#strip = Math.min(height, Math.max(2, Math.floor(STRIP_PIXELS / width)));
    this.pixels = null;
  }

  at(y) {
    if (this.#first < 0 || y < this.#first || y >= this.#first + this.#strip) this.#load(y);
    return (y - this.#first) * this.#width * 4;
  }

  #load(y) {
    const context = prepare(this.#width, this.#strip);
    this.#first = Math.min(y, this.#height - this.#strip);
    context.drawImage(this.#bitmap, 0, -this.#first);
    this.pixels = context.getImageData(0, 0, this.#width, this.#strip).data;
  }
}

/** Rows of what `capture` gave. */
export function rowsOf({ data, bitmap, width, height }) {
  return data ? new WholeRows(data, width) : new StripRows(bitmap, width, height);
}
