// Resizes and pads pixels exactly as ultralytics does, so that the model sees equal numbers.
//
// A canvas smooths when it shrinks; OpenCV's INTER_LINEAR, which the model learned with, does not.
// The arithmetic below is OpenCV's own for 8 bits: weights of 11 bits, sums cut as it cuts them.

const PADDING = 114;
const WEIGHT_ONE = 2048;

/** Python's round: halves go to the even neighbour. */
export function roundHalfEven(value) {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

/**
 * Where a picture of width x height lands in a square of `side` pixels.
 * `width`, `height`: its new size; `left`, `top`: where it starts; `gainX`, `gainY`: new / old.
 */
export function fit(width, height, side) {
  const ratio = Math.min(side / height, side / width);
  const newWidth = Math.max(roundHalfEven(width * ratio), 1);
  const newHeight = Math.max(roundHalfEven(height * ratio), 1);
  return {
    width: newWidth,
    height: newHeight,
    left: roundHalfEven((side - newWidth) / 2 - 0.1),
    top: roundHalfEven((side - newHeight) / 2 - 0.1),
    gainX: newWidth / width,
    gainY: newHeight / height,
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

/** One source row, resized along x: sums of 8-bit values times 11-bit weights. */
function resizeRow(pixels, sourceWidth, row, columns, out) {
  const base = row * sourceWidth * 4;
  const count = columns.first.length;
  for (let x = 0; x < count; x += 1) {
    const a = base + columns.first[x] * 4;
    const b = base + columns.second[x] * 4;
    const wa = columns.weight0[x];
    const wb = columns.weight1[x];
    out[x * 3] = pixels[a] * wa + pixels[b] * wb;
    out[x * 3 + 1] = pixels[a + 1] * wa + pixels[b + 1] * wb;
    out[x * 3 + 2] = pixels[a + 2] * wa + pixels[b + 2] * wb;
  }
}

/** Resizes RGBA pixels to RGB bytes, as cv2.resize(..., INTER_LINEAR). */
export function resize(pixels, sourceWidth, sourceHeight, width, height) {
  const out = new Uint8Array(width * height * 3);
  if (sourceWidth === width && sourceHeight === height) {
    for (let from = 0, to = 0; to < out.length; from += 4, to += 3) {
      out[to] = pixels[from];
      out[to + 1] = pixels[from + 1];
      out[to + 2] = pixels[from + 2];
    }
    return out;
  }
  const columns = taps(sourceWidth, width, true);
  const rows = taps(sourceHeight, height, false);
  let above = new Int32Array(width * 3);
  let below = new Int32Array(width * 3);
  let aboveRow = -1;
  let belowRow = -1;
  for (let y = 0; y < height; y += 1) {
    const upper = rows.first[y];
    const lower = rows.second[y];
    if (upper === belowRow && upper !== aboveRow) {
      [above, below] = [below, above];
      [aboveRow, belowRow] = [belowRow, aboveRow];
    }
    if (upper !== aboveRow) resizeRow(pixels, sourceWidth, (aboveRow = upper), columns, above);
    if (lower !== belowRow) resizeRow(pixels, sourceWidth, (belowRow = lower), columns, below);
    const wa = rows.weight0[y];
    const wb = rows.weight1[y];
    const base = y * width * 3;
    for (let x = 0; x < width * 3; x += 1) {
      out[base + x] = (((wa * (above[x] >> 4)) >> 16) + ((wb * (below[x] >> 4)) >> 16) + 2) >> 2;
    }
  }
  return out;
}

/**
 * The model's input for RGBA pixels: Float32Array of side x side x 3, RGB, 0..1, padded with grey;
 * and where the picture lies in it (see `fit`).
 */
export function letterbox(pixels, width, height, side) {
  const place = fit(width, height, side);
  const bytes = resize(pixels, width, height, place.width, place.height);
  const input = new Float32Array(side * side * 3).fill(Math.fround(PADDING / 255));
  for (let y = 0; y < place.height; y += 1) {
    const from = y * place.width * 3;
    const to = ((y + place.top) * side + place.left) * 3;
    for (let x = 0; x < place.width * 3; x += 1) input[to + x] = bytes[from + x] / 255;
  }
  return { input, place };
}
