// Strokes of the pen: boxes with a dark casing, names, points, crossing lines. Everything is sized in
// pixels of the screen; `pixel` says how long one is where the canvas is scaled.

const CASING = "rgb(12 16 20 / 72%)";
const INK = "#10151a";

/** A box of Konva's scene with its name. */
export function paintBox(konva, node) {
  const context = konva._context;
  const pixel = 1 / node.getAbsoluteScale().x;
  const { colour, chosen, guess, label } = node.getAttrs();
  if (chosen) {
    context.globalAlpha = 0.12;
    context.fillStyle = colour;
    context.fillRect(0, 0, node.width(), node.height());
    context.globalAlpha = 1;
  }
  outline(context, 0, 0, node.width(), node.height(), colour, pixel, guess, chosen);
  if (label) tag(context, guess ? `${label}?` : label, colour, pixel, node.y() < 22 * pixel);
}

/** A rectangle in its colour on a dark casing, so that it stands out on any ground. */
export function outline(context, x, y, width, height, colour, pixel, dashed, strong = false) {
  context.lineJoin = "round";
  context.setLineDash([]);
  context.strokeStyle = CASING;
  context.lineWidth = (strong ? 6 : 4.5) * pixel;
  context.strokeRect(x, y, width, height);
  context.setLineDash(dashed ? [7 * pixel, 5 * pixel] : []);
  context.strokeStyle = colour;
  context.lineWidth = (strong ? 3 : 2.2) * pixel;
  context.strokeRect(x, y, width, height);
  context.setLineDash([]);
}

function tag(context, words, colour, pixel, below) {
  context.font = `600 ${12 * pixel}px system-ui, sans-serif`;
  const wide = context.measureText(words).width + 10 * pixel;
  const top = below ? 0 : -20 * pixel;
  context.fillStyle = colour;
  context.beginPath();
  context.roundRect(-2 * pixel, top, wide, 18 * pixel, 5 * pixel);
  context.fill();
  context.fillStyle = INK;
  context.textBaseline = "middle";
  context.fillText(words, 3 * pixel, top + 9.5 * pixel);
}

/** Thin lines [x1, y1, x2, y2] that help to aim and show on any ground. */
export function lines(context, list) {
  for (const [style, width] of [["rgb(12 16 20 / 40%)", 3], ["rgb(255 255 255 / 85%)", 1]]) {
    context.strokeStyle = style;
    context.lineWidth = width;
    context.beginPath();
    for (const [x1, y1, x2, y2] of list) {
      context.moveTo(x1, y1);
      context.lineTo(x2, y2);
    }
    context.stroke();
  }
}

/** The middle of the magnifier: hairlines, and a small cross that leaves the very point free. */
export function reticle(context, middle) {
  context.strokeStyle = "rgb(255 255 255 / 45%)";
  context.lineWidth = 1;
  context.beginPath();
  for (const [from, to] of [[0, middle - 14], [middle + 14, 2 * middle]]) {
    context.moveTo(from, middle);
    context.lineTo(to, middle);
    context.moveTo(middle, from);
    context.lineTo(middle, to);
  }
  context.stroke();
  const arms = [[-12, 0, -3, 0], [3, 0, 12, 0], [0, -12, 0, -3], [0, 3, 0, 12]];
  lines(context, arms.map((arm) => arm.map((value) => value + middle)));
}

/** A point that was set. */
export function dot(context, { x, y }, colour) {
  context.beginPath();
  context.arc(x, y, 6, 0, 2 * Math.PI);
  context.fillStyle = colour;
  context.fill();
  context.strokeStyle = CASING;
  context.lineWidth = 2;
  context.stroke();
}
