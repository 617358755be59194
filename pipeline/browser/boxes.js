// From the model's raw numbers to boxes, as ultralytics' non_max_suppression and scale_boxes do it.

// ultralytics shifts each class this far apart, so that one pass thins all of them.
const CLASS_SHIFT = 7680;
const MAX_CANDIDATES = 30000;

/**
 * Candidates over the threshold, best first.
 * `raw` is [4 + classes, anchors]: cx, cy, w, h in input pixels, then a score a class.
 */
function candidates(raw, classCount, anchors, threshold, multiLabel) {
  const found = [];
  const add = (anchor, index, score) => {
    const cx = raw[anchor];
    const cy = raw[anchors + anchor];
    const halfWidth = raw[2 * anchors + anchor] / 2;
    const halfHeight = raw[3 * anchors + anchor] / 2;
    found.push({
      index,
      score,
      x1: Math.fround(cx - halfWidth),
      y1: Math.fround(cy - halfHeight),
      x2: Math.fround(cx + halfWidth),
      y2: Math.fround(cy + halfHeight),
    });
  };
  for (let anchor = 0; anchor < anchors; anchor += 1) {
    let best = -1;
    let bestScore = threshold;
    for (let index = 0; index < classCount; index += 1) {
      const score = raw[(4 + index) * anchors + anchor];
      if (multiLabel && score > threshold) add(anchor, index, score);
      if (score > bestScore) {
        best = index;
        bestScore = score;
      }
    }
    if (!multiLabel && best >= 0) add(anchor, best, bestScore);
  }
  found.sort((a, b) => b.score - a.score);
  return found.slice(0, MAX_CANDIDATES);
}

/** Drops what overlaps a better box of its class by more than `iou`; float32, as PyTorch counts. */
function suppress(boxes, iou, maxDet) {
  if (iou >= 1) return boxes.slice(0, maxDet);
  const f = Math.fround;
  const shifted = boxes.map((box) => {
    const shift = box.index * CLASS_SHIFT;
    const x1 = f(box.x1 + shift);
    const y1 = f(box.y1 + shift);
    const x2 = f(box.x2 + shift);
    const y2 = f(box.y2 + shift);
    return { x1, y1, x2, y2, area: f(f(x2 - x1) * f(y2 - y1)), dropped: false };
  });
  const kept = [];
  for (let i = 0; i < boxes.length && kept.length < maxDet; i += 1) {
    const a = shifted[i];
    if (a.dropped) continue;
    kept.push(boxes[i]);
    for (let j = i + 1; j < boxes.length; j += 1) {
      const b = shifted[j];
      if (b.dropped || boxes[j].index !== boxes[i].index) continue;
      const width = Math.max(0, f(Math.min(a.x2, b.x2) - Math.max(a.x1, b.x1)));
      const height = Math.max(0, f(Math.min(a.y2, b.y2) - Math.max(a.y1, b.y1)));
      const both = f(width * height);
      if (f(both / f(f(a.area + b.area) - both)) > iou) b.dropped = true;
    }
  }
  return kept;
}

/**
 * Boxes in pixels of the picture, best first: [{index, score, box: [x1, y1, x2, y2]}].
 * `place` is what `letterbox` returned; `width` and `height` are the picture's.
 */
export function decode(raw, classCount, anchors, place, width, height, options) {
  const { threshold, iou, maxDet, multiLabel } = options;
  const over = candidates(raw, classCount, anchors, threshold, multiLabel && classCount > 1);
  const clamp = (value, most) => Math.min(Math.max(value, 0), most);
  return suppress(over, iou, maxDet).map(({ index, score, x1, y1, x2, y2 }) => ({
    index,
    score,
    box: [
      clamp((x1 - place.left) / place.gainX, width),
      clamp((y1 - place.top) / place.gainY, height),
      clamp((x2 - place.left) / place.gainX, width),
      clamp((y2 - place.top) / place.gainY, height),
    ],
  }));
}
