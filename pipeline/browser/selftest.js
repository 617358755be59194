// Compares the boxes found here with those PyTorch found in the same picture.

import { read, readJson } from "./files.js";

function overlap(a, b) {
  const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  if (width <= 0 || height <= 0) return 0;
  const both = width * height;
  const areas = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]);
  return both / (areas - both);
}

/** Pairs each expected box with the best unused one of its class. */
export function compare(expected, found, tolerance) {
  const unused = new Set(found);
  const result = { compared: expected.length, matched: 0, minIou: 1, maxScoreDifference: 0 };
  for (const want of expected) {
    let best = null;
    let bestIou = -1;
    for (const box of unused) {
      const iou = box.index === want.index ? overlap(want.box, box.box) : -1;
      if (iou > bestIou) [best, bestIou] = [box, iou];
    }
    if (best === null) continue;
    const difference = Math.abs(best.score - want.score);
    if (bestIou < tolerance.iou || difference > tolerance.score) continue;
    unused.delete(best);
    result.matched += 1;
    result.minIou = Math.min(result.minIou, bestIou);
    result.maxScoreDifference = Math.max(result.maxScoreDifference, difference);
  }
  return result;
}

async function loadPicture(name) {
  const url = URL.createObjectURL(new Blob([await read(name)]));
  try {
    const picture = new Image();
    picture.src = url;
    await picture.decode();
    return picture;
  } finally {
    URL.revokeObjectURL(url);
  }
}

/**
 * Runs the self-test of a package.
 * @returns {Promise<object>} passed, compared, matched, minIou, maxScoreDifference, threshold,
 *   suppressed (false: compared before overlapping boxes are thinned), runtime, milliseconds, and
 *   what to show: picture, width, height, boxes
 */
export async function runSelftest(detector) {
  const expected = await readJson("selftest/expected.json");
  const picture = await loadPicture(`selftest/${expected.picture}`);
  const start = performance.now();
  const boxes = await detector.detect(picture, {
    threshold: expected.threshold,
    iou: expected.iou,
    maxDet: expected.max_det,
    multiLabel: expected.multi_label,
  });
  const milliseconds = performance.now() - start;
  const result = compare(expected.boxes, boxes, expected.tolerance);
  return {
    passed: result.compared > 0 && result.matched === result.compared,
    ...result,
    threshold: expected.threshold,
    suppressed: expected.iou < 1,
    runtime: detector.runtime,
    milliseconds,
    width: expected.width,
    height: expected.height,
    picture,
    boxes: boxes.slice(0, expected.boxes.length),
  };
}
