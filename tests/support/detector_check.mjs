// Runs the page's arithmetic on the reference's inputs; prints how far it is off, as JSON.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [browser, folder] = process.argv.slice(2);
const load = (name) => import(pathToFileURL(join(browser, name)).href);
const { letterbox, fit } = await load("letterbox.js");
const { decode } = await load("boxes.js");
const cases = JSON.parse(readFileSync(join(folder, "cases.json"), "utf8"));
const bytes = (name) => new Uint8Array(readFileSync(join(folder, name)));

function difference(found, rows) {
  let worst = 0;
  found.forEach(({ index, score, box }, at) => {
    const row = rows[at] ?? [];
    [...box, score, index].forEach((value, i) => {
      worst = Math.max(worst, Math.abs(value - (row[i] ?? Infinity)));
    });
  });
  return { count: found.length, wanted: rows.length, worst };
}

const letterboxes = cases.letterboxes.map(({ width, height, imgsz, mode }, number) => {
  const { input } = letterbox(bytes(`${number}.rgba`), width, height, imgsz, mode);
  const wanted = bytes(`${number}.rgb`);
  let worst = 0;
  for (let i = 0; i < wanted.length; i += 1) {
    worst = Math.max(worst, Math.abs(Math.round(input[i] * 255) - wanted[i]));
  }
  return { length: input.length === wanted.length, worst };
});

const detections = cases.detections.map((wanted, number) => {
  const raw = new Float32Array(bytes(`${number}.raw`).buffer);
  const { classes, anchors, side, width, height, threshold, multiLabel } = wanted;
  const place = fit(width, height, side);
  const options = { threshold, iou: 0.7, maxDet: 300, multiLabel };
  const output = { data: raw, shape: [1, 4 + classes, anchors] };
  const found = decode(output, "raw", classes, place, options);
  return difference(found, wanted.rows);
});

const { raw, shape, rows } = cases.queries;
const queries = difference(
  decode({ data: Float32Array.from(raw), shape }, "queries", 3, fit(640, 427, 320, "stretch"), {
    threshold: 0.25,
    iou: 0.7,
    maxDet: 300,
    multiLabel: false,
  }),
  rows,
);

console.log(JSON.stringify({ letterboxes, detections, queries }));
