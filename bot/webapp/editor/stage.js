// The picture and what is drawn on it, by Konva. Places come in normalised; points are in pixels of
// the field, from its corner.

import { clamp, placeAround, rectOf } from "./geometry.js";
import { dot, lines, outline, paintBox } from "./paint.js";

const Konva = window.Konva;
const MARGIN = 10;
const MOST_ZOOM = 12;
const NEAR_PX = 22;
const SMALL_PX = 64;

export class Stage {
  #stage;
  #under = new Konva.Layer({ listening: false });
  #marks = new Konva.Layer();
  #over = new Konva.Layer();
  #handles;
  #nodes = new Map();
  #draft;
  #view = { scale: 1, x: 0, y: 0 };
  #fixing = null;

  /** `told`: {fixing(point), fixed(key, place), viewed(zoom)}; a zoom of 1 shows the whole picture. */
  constructor(container, told) {
    this.container = container;
    this.told = told;
    this.size = { width: 1, height: 1 };
    this.picture = null;
    Konva.hitOnDragEnabled = true;
    this.#stage = new Konva.Stage({ container, width: 1, height: 1 });
    this.#stage.add(this.#under, this.#marks, this.#over);
    this.#handles = this.#makeHandles();
    this.#draft = new Konva.Shape({ listening: false, visible: false, sceneFunc: (context) => this.#sketch(context) });
    this.#over.add(this.#handles, this.#draft);
    new ResizeObserver(() => this.#resize()).observe(container);
    this.#resize();
  }

  get view() {
    return this.#view;
  }

  setPicture(bitmap) {
    this.picture?.close();
    this.picture = bitmap;
    this.size = { width: bitmap.width, height: bitmap.height };
    this.#under.destroyChildren();
    this.#under.add(new Konva.Image({ image: bitmap, ...this.size }));
    this.fit();
  }

  /** Show these boxes. `colours`: label -> colour; `chosen`: a box's key. */
  show(boxes, chosen, colours, { named, movable }) {
    const keys = new Set(boxes.map((box) => box.key));
    for (const [key, node] of this.#nodes) {
      if (!keys.has(key)) this.#forget(key, node);
    }
    // Small boxes lie over large ones, so that each can be hit.
    for (const box of [...boxes].sort((a, b) => area(b.place) - area(a.place))) {
      const node = this.#nodes.get(box.key) ?? this.#make(box.key);
      const isChosen = box.key === chosen;
      node.setAttrs({ label: named || isChosen ? box.label : "", colour: colours[box.label] ?? "#fff", guess: box.guess, chosen: isChosen });
      node.draggable(isChosen && movable);
      if (this.#fixing !== box.key) node.setAttrs(rectOf(box.place, this.size));
      node.moveToTop();
    }
    this.#nodes.get(chosen)?.moveToTop();
    this.#choose(this.#nodes.get(chosen));
  }

  /** A sketch over everything: a place that is being drawn, points, crossing lines; or nothing. */
  sketch(draft) {
    this.#draft.setAttrs({ draft, visible: Boolean(draft) });
    this.#over.batchDraw();
  }

  /** Whether a finger here would take hold of the chosen box: a handle, or itself where it moves. */
  holds(point) {
    const shape = this.#stage.getIntersection(point);
    return Boolean(shape) && (shape.getParent() === this.#handles || shape.draggable());
  }

  /** The key of the smallest box at a point; null for none. */
  boxAt(point) {
    const size = ([, node]) => node.width() * node.height();
    const near = [...this.#nodes].filter(([, node]) => this.#isNear(node, point));
    return near.sort((a, b) => size(a) - size(b))[0]?.[0] ?? null;
  }

  toPicture(point) {
    return { x: (point.x - this.#view.x) / this.#view.scale, y: (point.y - this.#view.y) / this.#view.scale };
  }

  toField(point) {
    return { x: point.x * this.#view.scale + this.#view.x, y: point.y * this.#view.scale + this.#view.y };
  }

  /** Everything visible as {place, colour}, for the magnifier. */
  outlines() {
    return [...this.#nodes.values()].map((node) => ({ rect: node.getAttrs(), colour: node.getAttr("colour"), guess: node.getAttr("guess") }));
  }

  /** The middle of the chosen box in the field. */
  get middleOfChosen() {
    const [node] = this.#handles.nodes();
    return node && this.toField({ x: node.x() + node.width() / 2, y: node.y() + node.height() / 2 });
  }

  /** Give back what a second finger interrupted. */
  dropFix() {
    const key = this.#fixing;
    if (key === null) return;
    this.#stopFix();
    this.told.fixed(key, null);
  }

  #stopFix() {
    const node = this.#nodes.get(this.#fixing);
    this.#fixing = null;
    this.#handles.stopTransform();
    node?.stopDrag();
  }

  get isWhole() {
    return this.#view.scale <= this.wholeScale * 1.01;
  }

  /** The scale at which the whole picture is seen. */
  get wholeScale() {
    const { width, height } = this.#stage.size();
    return Math.min((width - 2 * MARGIN) / this.size.width, (height - 2 * MARGIN) / this.size.height);
  }

  fit() {
    const scale = this.wholeScale;
    this.#look({ scale, x: 0, y: 0 });
  }

  zoom(factor, about) {
    const whole = this.wholeScale;
    const scale = clamp(this.#view.scale * factor, whole, whole * MOST_ZOOM);
    const fixed = this.toPicture(about);
    this.#look({ scale, x: about.x - fixed.x * scale, y: about.y - fixed.y * scale });
  }

  pan(dx, dy) {
    this.#look({ ...this.#view, x: this.#view.x + dx, y: this.#view.y + dy });
  }

  #look({ scale, x, y }) {
    const { width, height } = this.#stage.size();
    const wide = this.size.width * scale;
    const tall = this.size.height * scale;
    // A smaller picture stays in the middle; of a larger one an edge may come in from the border,
    // for a finger reaches badly into corners.
    const place = (at, inside, room) => (inside <= room ? (room - inside) / 2 : clamp(at, room * 0.7 - inside, room * 0.3));
    this.#view = { scale, x: place(x, wide, width), y: place(y, tall, height) };
    for (const layer of [this.#under, this.#marks]) layer.setAttrs({ x: this.#view.x, y: this.#view.y, scaleX: scale, scaleY: scale });
    this.#under.imageSmoothingEnabled(scale * window.devicePixelRatio < 4);
    this.#fitHandles();
    this.told.viewed(scale / this.wholeScale);
  }

  #resize() {
    const { clientWidth, clientHeight } = this.container;
    if (!clientWidth || !clientHeight) return;
    const wasWhole = this.isWhole;
    this.#stage.setAttrs({ width: clientWidth, height: clientHeight, pixelRatio: window.devicePixelRatio });
    if (wasWhole) this.fit();
    else this.#look(this.#view);
  }

  #isNear(node, point) {
    const { x, y } = this.toPicture(point);
    const reach = NEAR_PX / this.#view.scale;
    // A finger reaches around small boxes; large ones are hit inside or at their lines.
    const slack = Math.min(node.width(), node.height()) * this.#view.scale < SMALL_PX ? reach : reach / 2;
    return x > node.x() - slack && x < node.x() + node.width() + slack && y > node.y() - slack && y < node.y() + node.height() + slack;
  }

  #make(key) {
    const node = new Konva.Rect({
      sceneFunc: paintBox,
      hitFunc: (context, shape) => {
        context.beginPath();
        context.rect(0, 0, shape.width(), shape.height());
        context.fillStrokeShape(shape);
      },
      fill: "black",
      dragBoundFunc: (at) => this.#boundDrag(node, at),
    });
    node.on("dragstart transformstart", () => (this.#fixing = key));
    node.on("dragmove transform", () => this.#fixMoves(node));
    node.on("dragend transformend", () => this.#fixEnds(key, node));
    this.#marks.add(node);
    this.#nodes.set(key, node);
    return node;
  }

  #forget(key, node) {
    if (this.#fixing === key) this.#stopFix();
    this.#nodes.delete(key);
    node.destroy();
  }

  #fixMoves(node) {
    // What the handles scale becomes a size at once: lines keep their width.
    node.setAttrs({ width: node.width() * node.scaleX(), height: node.height() * node.scaleY(), scaleX: 1, scaleY: 1 });
    const corner = this.#corner(node);
    this.told.fixing(corner && this.toField(corner));
  }

  /** The point that a handle moves, in pixels of the picture; null while the whole box moves. */
  #corner(node) {
    const name = this.#handles.getActiveAnchor();
    if (!name) return null;
    const [tall, wide] = name.split("-");
    const along = { left: 0, center: 0.5, right: 1 }[wide];
    const down = { top: 0, middle: 0.5, bottom: 1 }[tall];
    return { x: node.x() + node.width() * along, y: node.y() + node.height() * down };
  }

  #fixEnds(key, node) {
    if (this.#fixing !== key) return; // a second finger came in between
    this.#fixing = null;
    const { x, y, width, height } = node.getAttrs();
    this.told.fixed(key, placeAround([{ x, y }, { x: x + width, y: y + height }], this.size));
  }

  #boundDrag(node, at) {
    const { scale, x, y } = this.#view;
    return {
      x: clamp(at.x, x, x + (this.size.width - node.width()) * scale),
      y: clamp(at.y, y, y + (this.size.height - node.height()) * scale),
    };
  }

  #makeHandles() {
    return new Konva.Transformer({
      rotateEnabled: false,
      keepRatio: false,
      flipEnabled: false,
      borderEnabled: false,
      ignoreStroke: true,
      anchorSize: 14,
      anchorCornerRadius: 7,
      anchorFill: "#fff",
      anchorStroke: "rgb(12 16 20 / 80%)",
      anchorStrokeWidth: 1.5,
      anchorStyleFunc: (anchor) => anchor.hitStrokeWidth(30),
      boundBoxFunc: (was, wanted) => this.#boundFix(was, wanted),
    });
  }

  #boundFix(was, wanted) {
    const { scale, x, y } = this.#view;
    const left = clamp(wanted.x, x, x + this.size.width * scale);
    const top = clamp(wanted.y, y, y + this.size.height * scale);
    const right = clamp(wanted.x + wanted.width, x, x + this.size.width * scale);
    const bottom = clamp(wanted.y + wanted.height, y, y + this.size.height * scale);
    if (right - left < 3 || bottom - top < 3) return was;
    return { ...wanted, x: left, y: top, width: right - left, height: bottom - top };
  }

  #choose(node) {
    const nodes = node ? [node] : [];
    if (this.#handles.nodes()[0] !== node) this.#handles.nodes(nodes);
    this.#fitHandles();
  }

  #fitHandles() {
    const [node] = this.#handles.nodes();
    if (!node || this.#fixing !== null) return;
    const short = Math.min(node.width(), node.height()) * this.#view.scale;
    // Eight handles on a small box would leave no place to hold it by.
    const corners = ["top-left", "top-right", "bottom-left", "bottom-right"];
    const sides = ["top-center", "middle-left", "middle-right", "bottom-center"];
    this.#handles.enabledAnchors(short < SMALL_PX * 1.4 ? corners : [...corners, ...sides]);
    this.#handles.forceUpdate();
  }

  #sketch(konva) {
    const draft = this.#draft.getAttr("draft");
    if (!draft) return;
    const context = konva._context;
    const { width, height } = this.#stage.size();
    context.save();
    if (draft.cross) {
      const { x, y } = this.toField(draft.cross);
      lines(context, [[0, y, width, y], [x, 0, x, height]]);
    }
    if (draft.place) {
      const rect = rectOf(draft.place, this.size);
      const at = this.toField(rect);
      outline(context, at.x, at.y, rect.width * this.#view.scale, rect.height * this.#view.scale, draft.colour, 1, Boolean(draft.points));
    }
    for (const point of draft.points ?? []) dot(context, this.toField(point), draft.colour);
    context.restore();
  }
}

const area = ([x1, y1, x2, y2]) => (x2 - x1) * (y2 - y1);
