// The work on one picture after another: what is chosen, what an action changes, how it is undone.

import { newName, refOf, replay } from "./boxes.js";
import { overlap, placeAround } from "./geometry.js";

const SLIP_PX = 4;
const SAME = 0.9;

export class Editor {
  #undo = new Map();

  /** `told.changed()` is called whenever something else is to be shown. */
  constructor(queue, told) {
    this.queue = queue;
    this.told = told;
    this.scene = null;
    this.token = "";
    this.boxes = [];
    this.done = false;
    this.chosen = null;
    this.label = "";
    this.tool = "box";
    this.points = [];
  }

  open({ token, scene }) {
    const left = this.scene && { of: this.scene.picture.id, boxes: this.boxes };
    this.token = token;
    this.chosen = null;
    this.points = [];
    // What was done on the frame before is known here, be it sent or not.
    if (left && left.of === scene.before_of) scene = { ...scene, before: left.boxes.filter((box) => !box.guess) };
    this.take(scene);
  }

  /** The server took something else than was shown: nothing that came before can be undone. */
  refused(token) {
    this.#undo.delete(token);
    if (token === this.token) this.refresh();
  }

  /** A newer answer of the server, or a part of one. */
  take(scene) {
    this.scene = { ...this.scene, ...scene };
    const names = this.scene.classes.map(({ name }) => name);
    if (!names.includes(this.label)) this.label = names[0] ?? "";
    this.refresh();
  }

  refresh() {
    if (!this.scene) return;
    ({ boxes: this.boxes, done: this.done } = replay(this.scene, this.queue.of(this.token)));
    if (this.chosen && !this.box(this.chosen)) this.chosen = null;
    this.told.changed();
  }

  box(key) {
    return this.boxes.find((box) => box.key === key);
  }

  get size() {
    return this.scene.picture;
  }

  get mayEdit() {
    return this.scene?.may_edit ?? false;
  }

  get canUndo() {
    return this.points.length > 0 || this.#stack.length > 0;
  }

  get #stack() {
    if (!this.#undo.has(this.token)) this.#undo.set(this.token, []);
    return this.#undo.get(this.token);
  }

  choose(key) {
    this.chosen = key;
    if (key) this.label = this.box(key).label;
    this.told.changed();
  }

  setTool(tool) {
    this.tool = tool;
    this.points = [];
    if (tool !== "hand") this.chosen = null;
    this.told.changed();
  }

  /** A place was drawn; a slip of the finger is none. */
  add(place) {
    const { width, height } = this.size;
    if ((place[2] - place[0]) * width < SLIP_PX || (place[3] - place[1]) * height < SLIP_PX) return false;
    const key = this.#add([{ label: this.label, place }])[0];
    this.chosen = key;
    this.told.changed();
    return true;
  }

  /** One of the four outermost points of an object, in pixels of the picture. */
  addPoint(point) {
    this.chosen = null;
    this.points = [...this.points, point];
    if (this.points.length < 4) return this.told.changed();
    const place = placeAround(this.points, this.size);
    this.points = [];
    if (!this.add(place)) this.told.changed();
  }

  /** The chosen box gets another class, or new boxes will have it. */
  pick(label) {
    const box = this.box(this.chosen);
    this.label = label;
    if (box && box.label !== label) this.#change(box, label, box.place);
    else this.told.changed();
  }

  move(key, place) {
    const box = this.box(key);
    if (!box) return;
    if (box.place.every((value, at) => Math.abs(value - place[at]) < 1e-4)) return this.told.changed();
    this.#change(box, box.label, place);
  }

  delete() {
    const box = this.box(this.chosen);
    if (!box) return;
    this.#do([{ kind: "delete", box: refOf(box) }], () => [restore(box)]);
  }

  accept() {
    const box = this.box(this.chosen);
    if (!box) return;
    this.#do([{ kind: "accept", box: refOf(box) }], () => [restore(box)]);
    this.chosen = null;
    this.told.changed();
  }

  /** The frame before's boxes, but for those that are here already; how many were copied. */
  copy() {
    const here = (one) => this.boxes.some((box) => box.label === one.label && overlap(box.place, one.place) > SAME);
    return this.#add(this.scene.before.filter((one) => !here(one))).length;
  }

  /** Nothing is missing, and the guesses that are left are right. */
  finish() {
    if (this.done) return;
    const open = this.boxes.filter((box) => box.open && !box.mine);
    const back = () => [{ edit: { kind: "reopen", boxes: open.map(refOf) }, copies: copiesOf(open) }];
    this.#do([{ kind: "done", seen: this.boxes.map(refOf) }], back);
  }

  undo() {
    if (this.points.length) {
      this.points = this.points.slice(0, -1);
      return this.told.changed();
    }
    const back = this.#stack.pop();
    if (back) this.#push(back());
  }

  #add(list) {
    const edits = list.map(({ label, place }) => ({ id: newName(), kind: "add", label, place }));
    if (edits.length) this.#do(edits, () => edits.map(({ id }) => ({ edit: { kind: "delete", box: this.#now(id) } })));
    return edits.map(({ id }) => id);
  }

  #change(box, label, place) {
    const edit = { id: newName(), kind: "change", box: refOf(box), label, place };
    this.#do([edit], () => [{ edit: { kind: "delete", box: this.#now(edit.id) } }, restore(box)]);
    this.chosen = edit.id;
    this.told.changed();
  }

  /** How a box is named by now: the server may have given it an id. */
  #now(key) {
    const box = this.box(key);
    return box ? refOf(box) : key;
  }

  #do(edits, back) {
    this.#stack.push(back);
    this.#push(edits.map((edit) => ({ edit })));
  }

  #push(entries) {
    this.queue.push(
      this.token,
      entries.map((entry) => ({ ...entry, edit: { id: newName(), ...entry.edit } })),
    );
    this.refresh();
  }
}

const copiesOf = (boxes) => Object.fromEntries(boxes.map((box) => [refOf(box), box]));

const restore = (box) => ({
  edit: { kind: "restore", box: refOf(box), answer: box.mine ? "right" : "retract" },
  copies: copiesOf([box]),
});
