// Resizes and pads pixels exactly as ultralytics does, so that the model sees equal numbers.
//
// A canvas smooths when it shrinks; OpenCV's INTER_LINEAR, which the model learned with, does not.
// The arithmetic below is OpenCV's own for 8 bits: weights of 11 bits, sums cut as it cuts them.

const PADDING = 114;
const WEIGHT_ONE = 2048;

/** Each byte as the model reads it. */
const SHARES = Float32Array.from({ length: 256 }, (_, value) => value / 255);

/** Python's round: halves go to the even neighbour. */
export function roundHalfEven(value) {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

/** [height, width] of `imgsz`, which is a number for squares. */
export function sides(imgsz) {
  return typeof imgsz === "number" ? [imgsz, imgsz] : imgsz;
}

/**
 * Where a picture lands in an input of `imgsz`: `width`, `height` are its new size, `left`, `top`
 * where it starts, `gainX`, `gainY` new / old; `sourceWidth`, `sourceHeight` its own size.
 * `mode` "stretch" fills the input, whatever becomes of the shape.
 */
export function fit(sourceWidth, sourceHeight, imgsz, mode = "letterbox") {
  const [inputHeight, inputWidth] = sides(imgsz);
  let [width, height] = [inputWidth, inputHeight];
  if (mode !== "stretch") {
    const ratio = Math.min(inputHeight / sourceHeight, inputWidth / sourceWidth);
    width = Math.max(roundHalfEven(sourceWidth * ratio), 1);
    height = Math.max(roundHalfEven(sourceHeight * ratio), 1);
  }
  return {
    width,
    height,
    left: Math.max(roundHalfEven((inputWidth - width) / 2 - 0.1), 0),
    top: Math.max(roundHalfEven((inputHeight - height) / 2 - 0.1), 0),
    gainX: width / sourceWidth,
    gainY: height / sourceHeight,
    sourceWidth,
    sourceHeight,
  };
}

/** For each new position: its two source positions and their weights. */
function taps(source, target, clampWeights) {
  const scale = source / target;
  const first = new Int32Array(target);
  const second = new Int32Array(target);
  const weight0 = new Int32Array(target);
  const weight1 = new Int32Array(target);
  for (let i = 0; i < target; i += 1) {
    const centre = Math.fround((i + 0.5) * scale - 0.5);
    let at = Math.floor(centre);
    let share = Math.fround(centre - at);
    // OpenCV clamps weights along rows only; along columns it repeats the border row.
    if (clampWeights && at < 0) {
      at = 0;
      share = 0;
    }
    if (clampWeights && at >= source - 1) {
      at = source - 1;
      share = 0;
    }
    first[i] = Math.min(Math.max(at, 0), source - 1);
    second[i] = Math.min(Math.max(at + 1, 0), source - 1);
    weight0[i] = roundHalfEven(Math.fround(1 - share) * WEIGHT_ONE);
    weight1[i] = roundHalfEven(share * WEIGHT_ONE);
  }
  return { first, second, weight0, weight1 };
}

/** One source row from `base` on, resized along x: sums of 8-bit values times 11-bit weights. */
function resizeRow(pixels, base, { first, second, weight0, weight1 }, out) {
  for (let x = 0, to = 0; x < first.length; x += 1, to += 3) {
    const a = base + first[x] * 4;
    const b = base + second[x] * 4;
    const wa = weight0[x];
    const wb = weight1[x];
    out[to] = pixels[a] * wa + pixels[b] * wb;
    out[to + 1] = pixels[a + 1] * wa + pixels[b + 1] * wb;
    out[to + 2] = pixels[a + 2] * wa + pixels[b + 2] * wb;
  }
}

/** Pixels that lie in memory as a whole: `at(y)` tells where row y starts in `pixels`. */
export class WholeRows {
  constructor(pixels, width) {
    this.pixels = pixels;
    this.width = width;
  }

  at(y) {
    return y * this.width * 4;
  }
}

/** Makes a model's input of picture after picture, in buffers that are used again and again. */
export class Letterbox {
  #imgsz;
  #mode;
  #place = null;
  #columns;
  #rows;
  #above;
  #below;

  /** @param imgsz a number or [height, width]; @param mode "letterbox" or "stretch" */
  constructor(imgsz, mode = "letterbox") {
    this.#imgsz = imgsz;
    this.#mode = mode;
    const [height, width] = sides(imgsz);
    this.inputWidth = width;
    /** height x width x 3, RGB, 0..1; valid until the next picture. */
    this.input = new Float32Array(height * width * 3);
  }

  /** Fills `input`, and returns where the picture lies in it (see `fit`). */
  fill(rows, width, height) {
    if (this.#place?.sourceWidth !== width || this.#place?.sourceHeight !== height) {
      this.#prepare(width, height);
    }
    const same = this.#place.width === width && this.#place.height === height;
    if (same) this.#copy(rows);
    else this.#resize(rows);
    return this.#place;
  }

  #prepare(width, height) {
    const place = fit(width, height, this.#imgsz, this.#mode);
    this.#place = place;
    this.#columns = taps(width, place.width, true);
    this.#rows = taps(height, place.height, false);
    this.#above = new Int32Array(place.width * 3);
    this.#below = new Int32Array(place.width * 3);
    this.input.fill(SHARES[PADDING]);
  }

  #start(y) {
    return ((y + this.#place.top) * this.inputWidth + this.#place.left) * 3;
  }

  #copy(rows) {
    const { width, height } = this.#place;
    const { input } = this;
    for (let y = 0; y < height; y += 1) {
      let from = rows.at(y);
      const { pixels } = rows;
      const start = this.#start(y);
      for (let to = start; to < start + width * 3; to += 3, from += 4) {
        input[to] = SHARES[pixels[from]];
        input[to + 1] = SHARES[pixels[from + 1]];
        input[to + 2] = SHARES[pixels[from + 2]];
      }
    }
  }

  #resize(rows) {
    const { first, second, weight0, weight1 } = this.#rows;
    const { input } = this;
    let above = this.#above;
    let below = this.#below;
    let aboveRow = -1;
    let belowRow = -1;
    for (let y = 0; y < first.length; y += 1) {
      const upper = first[y];
      const lower = second[y];
      if (upper === belowRow && upper !== aboveRow) {
        [above, below] = [below, above];
        [aboveRow, belowRow] = [belowRow, aboveRow];
      }
      if (upper !== aboveRow) {
        const base = rows.at(upper);
        resizeRow(rows.pixels, base, this.#columns, above);
        aboveRow = upper;
      }
      if (lower !== belowRow) {
        const base = rows.at(lower);
        resizeRow(rows.pixels, base, this.#columns, below);
        belowRow = lower;
      }
      const wa = weight0[y];
      const wb = weight1[y];
      const start = this.#start(y);
      for (let x = 0; x < above.length; x += 1) {
        const byte = (((wa * (above[x] >> 4)) >> 16) + ((wb * (below[x] >> 4)) >> 16) + 2) >> 2;
        input[start + x] = SHARES[byte];
      }
    }
  }
}

/** The model's input for RGBA pixels in memory, and where the picture lies in it. */
export function letterbox(pixels, width, height, imgsz, mode = "letterbox") {
  const box = new Letterbox(imgsz, mode);
  const place = box.fill(new WholeRows(pixels, width), width, height);
  return { input: box.input, place };
}
