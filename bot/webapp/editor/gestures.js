// What fingers and the mouse mean. One finger does what the tool says; two fingers move and zoom the
// picture at any moment, and take back what the first one began.

import { distance, middle, placeAround, rectOf } from "./geometry.js";

const SLOP_PX = 7;
const TWICE_MS = 320;
const HOLD_MS = 130;
const WHEEL = 0.0016;

export class Gestures {
  #pointers = new Map();
  #doing = null;
  #pinch = null;
  #tapped = { at: 0, point: { x: 0, y: 0 } };

  /**
   * `told`: {tool(), colour(), drew(place), aimed(point), pointed(point), tapped(point),
   * hovered(point), ended()}. Points are in the field, but those of `aimed` and `pointed` in the
   * picture. `aimed` gives back what the magnifier should not hide.
   */
  constructor(field, stage, loupe, told) {
    this.field = field;
    this.stage = stage;
    this.loupe = loupe;
    this.told = told;
    this.spaceHeld = false;
    const on = (name, handler) => field.addEventListener(name, (event) => handler.call(this, event), { passive: false });
    on("pointerdown", this.#down);
    on("pointermove", this.#move);
    on("pointerup", this.#up);
    on("pointercancel", this.#cancelled);
    on("wheel", this.#wheel);
    on("contextmenu", (event) => event.preventDefault());
    // Safari zooms the whole page by gestures of its own.
    on("gesturestart", (event) => event.preventDefault());
  }

  /** The magnifier while Konva moves a handle; `target` is where the handle is. */
  fixing(target) {
    if (this.#doing?.kind !== "fix" || !this.#doing.touch || !target) return this.loupe.hide();
    this.loupe.show(target, this.#doing.now, { free: this.stage.middleOfChosen });
  }

  #down(event) {
    const point = this.#point(event);
    this.#pointers.set(event.pointerId, point);
    if (this.#pointers.size === 2) return this.#beginPinch();
    if (this.#pointers.size > 2) return;
    const touch = event.pointerType !== "mouse";
    const begun = { start: point, now: point, touch, moved: false };
    const grabs = event.button === 1 || event.button === 2 || this.spaceHeld;
    if (grabs) this.#doing = { kind: "pan", ...begun };
    else if (event.button !== 0) return;
    else if (this.stage.holds(point)) this.#doing = { kind: "fix", ...begun };
    else this.#doing = { kind: { hand: "pan", box: "draw", points: "point", none: "pan" }[this.told.tool()], ...begun };
    // A finger that leaves the field still draws.
    if (this.#doing.kind !== "fix") this.field.setPointerCapture(event.pointerId);
    if (this.#doing.kind === "point") this.#aim(this.#doing);
    if (this.#doing.kind === "draw" && touch) {
      const doing = this.#doing;
      doing.timer = setTimeout(() => this.#doing === doing && this.loupe.show(doing.now, doing.now), HOLD_MS);
    }
  }

  #move(event) {
    const point = this.#point(event);
    if (!this.#pointers.has(event.pointerId)) {
      // A mouse without a button: lines that help to aim.
      return event.pointerType === "mouse" && this.told.hovered(point);
    }
    this.#pointers.set(event.pointerId, point);
    if (this.#pinch) return this.#pinchMoves();
    const doing = this.#doing;
    if (!doing) return;
    const before = doing.now;
    doing.now = point;
    doing.moved ||= distance(doing.start, point) > SLOP_PX;
    if (doing.kind === "point") this.#aim(doing);
    if (!doing.moved) return;
    if (doing.kind === "pan") this.stage.pan(point.x - before.x, point.y - before.y);
    if (doing.kind === "draw") this.#draw(doing);
  }

  #up(event) {
    if (!this.#pointers.delete(event.pointerId)) return;
    if (this.#pinch) {
      // The finger that stays does not begin anything by itself.
      if (this.#pointers.size === 0) this.#pinch = null;
      return;
    }
    const doing = this.#doing;
    this.#end();
    if (!doing) return;
    if (doing.kind === "point") this.told.pointed(this.stage.toPicture(doing.now));
    else if (!doing.moved) this.#tap(doing);
    else if (doing.kind === "draw") this.told.drew(this.#drawn(doing));
  }

  #cancelled(event) {
    this.#pointers.delete(event.pointerId);
    if (this.#pointers.size === 0) this.#pinch = null;
    this.#end();
  }

  #tap(doing) {
    const now = performance.now();
    const twice = now - this.#tapped.at < TWICE_MS && distance(this.#tapped.point, doing.now) < 30;
    this.#tapped = { at: twice ? 0 : now, point: doing.now };
    if (!twice) return this.told.tapped(doing.now);
    if (this.stage.isWhole) this.stage.zoom(2.5, doing.now);
    else this.stage.fit();
  }

  #draw(doing) {
    clearTimeout(doing.timer);
    const place = this.#drawn(doing);
    const colour = this.told.colour();
    const cross = doing.touch ? null : this.stage.toPicture(doing.now);
    this.stage.sketch({ place, colour, cross });
    if (!doing.touch) return;
    const rect = rectOf(place, this.stage.size);
    this.loupe.show(doing.now, doing.now, { free: doing.start, draft: { rect, colour } });
  }

  #drawn(doing) {
    return placeAround([this.stage.toPicture(doing.start), this.stage.toPicture(doing.now)], this.stage.size);
  }

  #aim(doing) {
    const free = this.told.aimed(this.stage.toPicture(doing.now));
    if (doing.touch) this.loupe.show(doing.now, doing.now, { free });
  }

  #beginPinch() {
    this.#end();
    this.stage.dropFix();
    const [a, b] = this.#pointers.values();
    this.#pinch = { apart: distance(a, b), about: middle(a, b) };
  }

  #pinchMoves() {
    if (this.#pointers.size < 2) return;
    const [a, b] = this.#pointers.values();
    const apart = Math.max(distance(a, b), 1);
    const about = middle(a, b);
    this.stage.pan(about.x - this.#pinch.about.x, about.y - this.#pinch.about.y);
    this.stage.zoom(apart / this.#pinch.apart, about);
    this.#pinch = { apart, about };
  }

  #end() {
    clearTimeout(this.#doing?.timer);
    this.#doing = null;
    this.loupe.hide();
    this.told.ended();
  }

  #wheel(event) {
    event.preventDefault();
    const step = event.deltaMode === 1 ? event.deltaY * 16 : event.deltaY;
    // A touchpad's pinch arrives as a wheel with Ctrl, in small steps.
    this.stage.zoom(Math.exp(-step * WHEEL * (event.ctrlKey ? 6 : 1)), this.#point(event));
  }

  #point(event) {
    const { left, top } = this.field.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  }
}
