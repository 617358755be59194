// From the model's raw numbers to boxes, as ultralytics' non_max_suppression and scale_boxes do it.

// ultralytics shifts each class this far apart, so that one pass thins all of them.
const CLASS_SHIFT = 7680;
const MAX_CANDIDATES = 30000;

/** What may be a box: edges in input pixels, float32 as PyTorch counts them. */
class Candidates {
  constructor(room) {
    this.count = 0;
    this.x1 = new Float32Array(room);
    this.y1 = new Float32Array(room);
    this.x2 = new Float32Array(room);
    this.y2 = new Float32Array(room);
    this.scores = new Float32Array(room);
    this.classes = new Int32Array(room);
  }

  add(x1, y1, x2, y2, score, index) {
    const at = this.count;
    this.x1[at] = x1;
    this.y1[at] = y1;
    this.x2[at] = x2;
    this.y2[at] = y2;
    this.scores[at] = score;
    this.classes[at] = index;
    this.count += 1;
  }

  /** Their numbers, best score first; of equals the earlier one. */
  order() {
    const { scores } = this;
    const order = Uint32Array.from({ length: this.count }, (_, at) => at);
    return order.sort((a, b) => scores[b] - scores[a] || a - b).subarray(0, MAX_CANDIDATES);
  }
}

/**
 * How one form of answer is read. `step`: from one box's number to its next; `stride`: from a box
 * to the next box.
 */
function reading(form, shape) {
  const [, a, b] = shape;
  return form === "raw" ? { count: b, step: b, stride: 1 } : { count: a, step: 1, stride: b };
}

/** Boxes as centre and size, then a score a class ("raw" and "queries"). */
function scored(data, form, shape, classCount, limit, multiLabel) {
  const { count, step, stride } = reading(form, shape);
  const best = new Float32Array(count).fill(limit);
  const label = new Int32Array(count).fill(-1);
  let total = 0;
  // Class by class, since that is how the numbers of "raw" lie in memory.
  for (let index = 0; index < classCount; index += 1) {
    for (let i = 0, at = (4 + index) * step; i < count; i += 1, at += stride) {
      const score = data[at];
      if (!(score > limit)) continue;
      total += 1;
      if (score > best[i]) {
        best[i] = score;
        label[i] = index;
      }
    }
  }
  const found = new Candidates(total);
  for (let i = 0; i < count; i += 1) {
    if (label[i] < 0) continue;
    const base = i * stride;
    const cx = data[base];
    const cy = data[base + step];
    const halfWidth = data[base + 2 * step] / 2;
    const halfHeight = data[base + 3 * step] / 2;
    const edges = [cx - halfWidth, cy - halfHeight, cx + halfWidth, cy + halfHeight];
    if (!multiLabel) {
      found.add(...edges, best[i], label[i]);
      continue;
    }
    for (let index = 0; index < classCount; index += 1) {
      const score = data[base + (4 + index) * step];
      if (score > limit) found.add(...edges, score, index);
    }
  }
  return found;
}

/**
 * The numbers of those that stay, best first: what overlaps a better one of its class by more than
 * `iou` goes. Each is compared with the kept ones of its own class alone.
 */
function suppress(found, order, iou, maxDet) {
  if (iou >= 1) return order.subarray(0, maxDet);
  const f = Math.fround;
  const count = order.length;
  const [x1, y1, x2, y2, area] = Array.from({ length: 5 }, () => new Float32Array(count));
  const before = new Int32Array(count);
  const last = new Map();
  const kept = [];
  for (let i = 0; i < count && kept.length < maxDet; i += 1) {
    const from = order[i];
    const index = found.classes[from];
    const shift = index * CLASS_SHIFT;
    x1[i] = found.x1[from] + shift;
    y1[i] = found.y1[from] + shift;
    x2[i] = found.x2[from] + shift;
    y2[i] = found.y2[from] + shift;
    area[i] = f(x2[i] - x1[i]) * f(y2[i] - y1[i]);
    const newest = last.get(index) ?? -1;
    let other = newest;
    for (; other >= 0; other = before[other]) {
      const width = f(Math.min(x2[i], x2[other]) - Math.max(x1[i], x1[other]));
      if (!(width > 0)) continue;
      const height = f(Math.min(y2[i], y2[other]) - Math.max(y1[i], y1[other]));
      if (!(height > 0)) continue;
      const both = f(width * height);
      if (f(both / f(f(area[other] + area[i]) - both)) > iou) break;
    }
    if (other >= 0) continue;
    before[i] = newest;
    last.set(index, i);
    kept.push(from);
  }
  return kept;
}

/**
 * Boxes in pixels of the picture, best first: [{index, score, box: [x1, y1, x2, y2]}].
 *
 * @param {{data: Float32Array, shape: number[]}} output the model's answer
 * @param {"raw"|"queries"} form "raw": [1, 4 + classes, anchors], centre and size in input pixels;
 *   "queries": [1, n, 4 + classes], centre and size as shares of the picture, nothing to thin
 * @param {number} classCount
 * @param {object} place what `letterbox` returned
 * @param {{threshold: number, iou: number, maxDet: number, multiLabel: boolean}} options
 */
export function decode({ data, shape }, form, classCount, place, options) {
  const { threshold, iou, maxDet } = options;
  const limit = Math.fround(threshold);
  const multiLabel = options.multiLabel && classCount > 1;
  const found = scored(data, form, shape, classCount, limit, multiLabel);
  const order = found.order();
  const stay = form === "raw" ? suppress(found, order, iou, maxDet) : order.subarray(0, maxDet);
  const { sourceWidth: width, sourceHeight: height } = place;
  const scale =
    form === "queries"
      ? { left: 0, top: 0, x: 1 / width, y: 1 / height }
      : { left: place.left, top: place.top, x: place.gainX, y: place.gainY };
  const clamp = (value, most) => Math.min(Math.max(value, 0), most);
  return Array.from(stay, (at) => ({
    index: found.classes[at],
    score: found.scores[at],
    box: [
      clamp((found.x1[at] - scale.left) / scale.x, width),
      clamp((found.y1[at] - scale.top) / scale.y, height),
      clamp((found.x2[at] - scale.left) / scale.x, width),
      clamp((found.y2[at] - scale.top) / scale.y, height),
    ],
  }));
}
