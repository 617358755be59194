// Draws a picture with boxes: sharp at any screen's density, or at the picture's own size to save.

const PALETTE = [
  "rgb(255 196 0)",
  "rgb(0 190 255)",
  "rgb(255 94 58)",
  "rgb(0 214 143)",
  "rgb(240 110 190)",
  "rgb(140 120 255)",
  "rgb(200 230 60)",
  "rgb(255 150 90)",
];
const DARK = "rgb(20 22 26)";
const MAX_HEIGHT_SHARE = 0.68;
const CROWD = 25;
// At this many pixels along its longer side a saved picture has words of the screen's size.
const SCREEN = 900;

/** The colour of a class, the same everywhere. */
export function colour(index) {
  return PALETTE[index % PALETTE.length];
}

/** Draws `source` (width x height pixels) into `canvas`, as wide as its parent, then its boxes. */
export function paint(canvas, source, width, height, boxes) {
  const frame = canvas.parentElement.clientWidth;
  const density = window.devicePixelRatio || 1;
  // A tall picture must leave room for the buttons under it.
  const shownHeight = Math.min((frame * height) / width, window.innerHeight * MAX_HEIGHT_SHARE);
  const scale = Math.min(frame / width, shownHeight / height);
  const left = (frame - width * scale) / 2;
  canvas.style.height = `${shownHeight}px`;
  canvas.width = Math.round(frame * density);
  canvas.height = Math.round(shownHeight * density);
  const context = canvas.getContext("2d");
  context.setTransform(density, 0, 0, density, left * density, 0);
  context.drawImage(source, 0, 0, width * scale, height * scale);
  drawBoxes(context, boxes, scale, width * scale);
}

/**
 * A JPEG of `source` (width x height pixels).
 * @param {object[]} boxes drawn into it
 * @param {number} longest the most pixels that its longer side may have
 * @returns {Promise<Blob>}
 */
export function toJpeg(source, width, height, boxes = [], longest = Infinity) {
  const share = Math.min(1, longest / Math.max(width, height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(width * share));
  canvas.height = Math.max(1, Math.round(height * share));
  const context = canvas.getContext("2d");
  context.drawImage(source, 0, 0, canvas.width, canvas.height);
  const unit = Math.max(1, Math.max(canvas.width, canvas.height) / SCREEN);
  context.scale(unit, unit);
  drawBoxes(context, boxes, share / unit, canvas.width / unit);
  return new Promise((resolve, reject) => {
    canvas.toBlob(
      (blob) => (blob ? resolve(blob) : reject(new Error("The picture could not be written."))),
      "image/jpeg",
      0.92,
    );
  });
}

function drawBoxes(context, boxes, scale, width) {
  const crowded = boxes.length > CROWD;
  // The surest go last, so that they lie on top.
  const weakestFirst = [...boxes].reverse();
  for (const found of weakestFirst) outline(context, found, scale, crowded);
  if (crowded) return;
  for (const found of weakestFirst) words(context, found, scale, width);
}

function outline(context, { index, box }, scale, crowded) {
  const [x1, y1, x2, y2] = box.map((value) => value * scale);
  context.lineJoin = "round";
  // A dark rim keeps a bright line visible on a bright picture.
  context.strokeStyle = DARK;
  context.lineWidth = crowded ? 3 : 4.5;
  context.globalAlpha = 0.55;
  context.strokeRect(x1, y1, x2 - x1, y2 - y1);
  context.globalAlpha = 1;
  context.strokeStyle = colour(index);
  context.lineWidth = crowded ? 1.6 : 2.6;
  context.strokeRect(x1, y1, x2 - x1, y2 - y1);
}

function words(context, found, scale, width) {
  const [x1, y1] = found.box.map((value) => value * scale);
  const text = `${found.class} ${Math.round(found.score * 100)}%`;
  context.font = "600 13px system-ui, sans-serif";
  const plate = Math.min(context.measureText(text).width + 10, width);
  const x = Math.max(0, Math.min(x1 - 1, width - plate));
  // Above the box where there is room, else inside its top edge.
  const y = y1 >= 20 ? y1 - 20 : Math.max(y1, 0);
  context.fillStyle = colour(found.index);
  context.fillRect(x, y, plate, 20);
  context.fillStyle = DARK;
  context.fillText(text, x + 5, y + 14.5, width - 10);
}
