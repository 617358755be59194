// The magnifier beside the finger: what the finger hides, larger, with a cross where it points.

import { outline, reticle } from "./paint.js";

const RADIUS = 58;
const AWAY = 92;
const ZOOM = 2.6;
// Where it may stand, best first, mirrored where that keeps the box free: a finger comes from below.
const SIDES = [[-0.75, -1], [-1.25, 0], [0.75, -1], [1.25, 0], [-0.75, 1], [0.75, 1]];

export class Loupe {
  constructor(canvas, stage) {
    this.canvas = canvas;
    this.stage = stage;
  }

  /**
   * Show the picture around `target`, beside the finger at `finger`, away from `free` (all in the
   * field). `draft`: a box that is being drawn, {rect, colour}.
   */
  show(target, finger, { free = null, draft = null } = {}) {
    const { canvas, stage } = this;
    const ratio = window.devicePixelRatio;
    const side = 2 * RADIUS;
    if (canvas.width !== Math.round(side * ratio)) canvas.width = canvas.height = Math.round(side * ratio);
    canvas.style.width = canvas.style.height = `${side}px`;
    const [left, top] = this.#place(finger, free);
    canvas.style.transform = `translate(${left}px, ${top}px)`;
    canvas.hidden = false;
    const context = canvas.getContext("2d");
    const at = stage.toPicture(target);
    const scale = stage.view.scale * ZOOM;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.fillStyle = "#20262c";
    context.fillRect(0, 0, side, side);
    context.imageSmoothingEnabled = scale < 6;
    context.setTransform(ratio * scale, 0, 0, ratio * scale, ratio * (RADIUS - at.x * scale), ratio * (RADIUS - at.y * scale));
    context.drawImage(stage.picture, 0, 0);
    const pixel = 1 / scale;
    for (const { rect, colour, guess } of stage.outlines()) {
      outline(context, rect.x, rect.y, rect.width, rect.height, colour, pixel, guess);
    }
    if (draft) outline(context, draft.rect.x, draft.rect.y, draft.rect.width, draft.rect.height, draft.colour, pixel, false);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    reticle(context, RADIUS);
  }

  hide() {
    this.canvas.hidden = true;
  }

  #place(finger, free) {
    const { clientWidth, clientHeight } = this.stage.container;
    const mirror = free && free.x < finger.x ? -1 : 1;
    const corner = ([dx, dy]) => [finger.x + dx * mirror * AWAY - RADIUS, finger.y + dy * AWAY - RADIUS];
    const fits = ([left, top]) =>
      left >= 4 && top >= 4 && left + 2 * RADIUS <= clientWidth - 4 && top + 2 * RADIUS <= clientHeight - 4;
    return SIDES.map(corner).find(fits) ?? corner(SIDES[0]);
  }
}
