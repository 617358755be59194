// What the page says about its model.

import { date, percent, say } from "./say.js";

const NAMED = 6;
const PRECISIONS = { fp16: "float16", fp32: "float32", uint8: "uint8" };
const $ = (id) => document.getElementById(id);

/** Puts the model's name and what it finds at the top. */
export function entitle({ project, version, classes }) {
  const name = nameOf({ project, version }) || say("detector");
  $("title").textContent = name;
  document.title = name;
  const names = classes.slice(0, NAMED).join(", ");
  const more = classes.length - NAMED;
  $("finds").textContent = more > 0 ? say("findsMore", { names, count: more }) : say("finds", { names });
}

/** "fruit v2", or "" for a model without a name. */
export function nameOf({ project, version }) {
  return [project, version === undefined ? null : `v${version}`].filter(Boolean).join(" ");
}

/** Fills the list of facts; what computes is said by `runsOn`. */
export function describe({ metadata }) {
  const { test, val } = metadata.metrics ?? {};
  // The test part was never looked at before, so its figure is the fairer one.
  const figure = (test ?? val ?? metadata.metrics)?.map50;
  const { proof } = metadata;
  const [height, width] = [metadata.imgsz].flat().concat(metadata.imgsz);
  const rows = [
    ["classes", metadata.classes.join(", ")],
    ["input", say("pixels", { width, height })],
    ["weights", PRECISIONS[metadata.precision] ?? metadata.precision],
    ["runtime", "…"],
    ["accuracy", typeof figure === "number" ? percent(figure, 1) : null],
    ["proof", proof ? `${percent(proof.map50, 1)} / ${percent(proof.trained_map50, 1)}` : null],
    ["made", metadata.created ? date(metadata.created) : null],
  ];
  for (const [term, value] of rows) {
    if (!value) continue;
    const dt = document.createElement("dt");
    const dd = document.createElement("dd");
    dt.textContent = say(term);
    dd.textContent = value;
    dd.id = `about-${term}`;
    $("about").append(dt, dd);
  }
}
