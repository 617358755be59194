// Pictures that were chosen, pasted or dropped: one, or many with a strip of thumbnails.

import { say } from "./say.js";
import { count, show, tell, visible, watchers } from "./stage.js";

const $ = (id) => document.getElementById(id);
// The largest canvas that phones allow.
const MAX_PIXELS = 4096 * 4096;
const THUMB = 144;
// What is found once at this score is enough for every place of the slider.
const FLOOR = 0.01;

let items = [];
let selected = 0;
let turn = 0;

watchers.push(total);

/**
 * A picture that can be drawn and looked at, upright; huge ones are reduced.
 * @param {Blob} file
 * @returns {Promise<{source: HTMLImageElement|HTMLCanvasElement, width: number, height: number}>}
 */
export async function open(file) {
  const url = URL.createObjectURL(file);
  const picture = new Image();
  try {
    await new Promise((resolve, reject) => {
      picture.onload = resolve;
      picture.onerror = () => reject(new Error("This is no picture."));
      picture.src = url;
    });
    const { naturalWidth: width, naturalHeight: height } = picture;
    if (!width || !height) throw new Error("This picture has no size.");
    if (width * height > MAX_PIXELS) return reduced(picture, width, height);
    await picture.decode();
    return { source: picture, width, height };
  } finally {
    URL.revokeObjectURL(url);
  }
}

function reduced(picture, width, height) {
  const share = Math.sqrt(MAX_PIXELS / (width * height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.floor(width * share));
  canvas.height = Math.max(1, Math.floor(height * share));
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  return { source: canvas, width: canvas.width, height: canvas.height };
}

/** Forgets the pictures: something else is on show. */
export function clear() {
  turn += 1;
  items = [];
  strip();
}

/** Looks at `files`, one after the other; the first is shown. */
export async function look(detector, files, options) {
  items = files.map((file) => ({ file, boxes: null, bad: false, thumb: null }));
  selected = 0;
  strip();
  await lookAgain(detector, options);
}

/** Looks at the same pictures again, because `options` (such as `iou`) changed. */
export async function lookAgain(detector, options) {
  const mine = (turn += 1);
  for (const [index, item] of items.entries()) {
    await lookAt(detector, item, index, mine, options);
    if (mine !== turn) return;
    total();
  }
}

async function lookAt(detector, item, index, mine, options) {
  try {
    const picture = await open(item.file);
    if (mine !== turn) return;
    if (index === selected) {
      // Show the picture before the work begins.
      show({ ...picture, boxes: item.boxes ?? [], note: say("looking"), name: item.file.name });
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    thumbnail(item, picture);
    const start = performance.now();
    const boxes = await detector.detect(picture.source, { ...options, threshold: FLOOR });
    if (mine !== turn) return;
    Object.assign(item, { boxes, milliseconds: performance.now() - start });
    if (index === selected) present(item, picture);
  } catch (error) {
    if (mine !== turn) return;
    console.warn(error);
    item.bad = true;
    if (index === selected) tell(say(item.thumb ? "badLook" : "badPicture"), { bad: true });
  }
}

function present(item, picture) {
  const { boxes, milliseconds } = item;
  show({ ...picture, boxes, milliseconds, name: item.file.name });
}

async function select(index) {
  selected = index;
  mark();
  const item = items[index];
  if (item.bad) {
    tell(say("badPicture"), { bad: true });
    return;
  }
  const picture = await open(item.file);
  if (items[selected] !== item) return;
  if (item.boxes) present(item, picture);
  else show({ ...picture, boxes: [], note: say("looking"), name: item.file.name });
}

function strip() {
  const many = items.length > 1;
  $("all").hidden = !many;
  $("strip").replaceChildren(
    ...(many ? items : []).map((item, index) => {
      const line = document.createElement("li");
      const button = document.createElement("button");
      const badge = document.createElement("b");
      item.canvas = document.createElement("canvas");
      item.button = button;
      item.badge = badge;
      button.type = "button";
      button.append(item.canvas, badge);
      button.addEventListener("click", () => select(index));
      line.append(button);
      return line;
    }),
  );
  mark();
  total();
}

function mark() {
  for (const [index, { button }] of items.entries()) {
    button?.setAttribute("aria-current", String(index === selected));
  }
}

function thumbnail(item, { source, width, height }) {
  item.thumb = true;
  if (!item.canvas) return;
  const side = Math.min(width, height);
  item.canvas.width = THUMB;
  item.canvas.height = THUMB;
  const context = item.canvas.getContext("2d");
  context.drawImage(source, (width - side) / 2, (height - side) / 2, side, side, 0, 0, THUMB, THUMB);
}

function total() {
  if (items.length < 2) return;
  const every = [];
  for (const [index, { button, badge, boxes, bad }] of items.entries()) {
    const here = boxes ? visible({ boxes }) : [];
    every.push(...here);
    badge.textContent = bad ? "✗" : boxes ? here.length : "…";
    const key = bad ? "nthBad" : "nth";
    button.setAttribute("aria-label", say(key, { nth: index + 1, count: here.length }));
  }
  $("all-words").textContent = say("all", { count: items.length, found: every.length });
  count($("all-counts"), every);
}
