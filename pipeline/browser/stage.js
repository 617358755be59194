// What is on show: a picture, its boxes over the slider's threshold, and how many of each class.

import { colour, paint } from "./overlay.js";
import { percent, say } from "./say.js";

const $ = (id) => document.getElementById(id);

let shown = null;
let runtime = null;

/** Called after each drawing, with what is shown (or null) and its visible boxes. */
export const watchers = [];

/**
 * Shows a picture.
 * @param {object} next `source`, `width`, `height`, `boxes`; `note`: words instead of the count;
 *   `whole`: every box whatever the slider says; `milliseconds`; `passing`: a frame that the next
 *   one replaces, so its bitmap is released then
 */
export function show(next) {
  if (shown?.passing && shown.source !== next?.source) shown.source.close?.();
  shown = next;
  redraw();
}

/** What is shown now, or null. */
export function current() {
  return shown;
}

/** The least score of a box that is shown, 0..1. */
export function threshold() {
  return Number($("threshold").value) / 100;
}

/** Boxes of `item` that the slider lets through. */
export function visible({ boxes = [], whole = false }) {
  const least = threshold();
  return whole ? boxes : boxes.filter(({ score }) => score >= least);
}

/** Draws again: the slider, the window or the picture changed. */
export function redraw() {
  $("threshold-words").textContent = say("sure", { percent: percent(threshold()) });
  const boxes = shown ? visible(shown) : [];
  if (shown) {
    $("empty").hidden = true;
    $("view").hidden = false;
    const summary = shown.note ?? inWords(boxes.length, shown);
    paint($("view"), shown.source, shown.width, shown.height, boxes);
    count($("counts"), boxes);
    tell(summary);
    $("view").setAttribute("aria-label", summary);
    if (shown.milliseconds) speed(shown.milliseconds);
  }
  for (const watcher of watchers) watcher(shown, boxes);
}

/** One sentence under the picture; `bad` when something failed. */
export function tell(sentence, { bad = false } = {}) {
  // Screen readers repeat what is set again, so an unchanged sentence is left alone.
  if ($("summary").textContent !== sentence) $("summary").textContent = sentence;
  $("summary").classList.toggle("bad", bad);
}

/** Says what computes here, below the picture and among the facts. */
export function runsOn(name) {
  runtime = name;
  $("speed").textContent = say("runsOn", { runtime: runtimeWords(name) });
  $("about-runtime").textContent = runtimeWords(name);
}

/** A runtime's name for people. */
function runtimeWords(name) {
  return Object.hasOwn(globalThis.WORDS.table, name) ? say(name) : name;
}

function speed(milliseconds) {
  const ms = Math.max(1, Math.round(milliseconds));
  $("speed").textContent = say("runsIn", { runtime: runtimeWords(runtime), ms });
}

function inWords(count, { boxes, passing }) {
  if (count) return say("found", { count });
  // Of a picture that passes nobody reads a long sentence.
  return say(boxes.length && !passing ? "unsure" : "nothing");
}

/** Fills `list` with a line for each class: how many there are of it in `boxes`. */
export function count(list, boxes) {
  const totals = new Map();
  for (const box of boxes) totals.set(box.index, { box, n: (totals.get(box.index)?.n ?? 0) + 1 });
  const byClass = [...totals.values()].sort((a, b) => a.box.index - b.box.index);
  list.hidden = totals.size === 0;
  list.replaceChildren(
    ...byClass.map(({ box, n }) => {
      const item = document.createElement("li");
      const dot = document.createElement("i");
      const words = document.createElement("span");
      dot.style.background = colour(box.index);
      words.textContent = `${n} × ${box.class}`;
      item.append(dot, words);
      return item;
    }),
  );
}
