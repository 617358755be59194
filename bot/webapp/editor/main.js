// Puts the parts together and keeps the page in step with the server.

import { Api, Offline, Refused } from "./api.js";
import { Editor } from "./editor.js";
import { placeAround } from "./geometry.js";
import { Gestures } from "./gestures.js";
import { listen } from "./keys.js";
import { Loupe } from "./loupe.js";
import { Page } from "./page.js";
import { Pictures } from "./pictures.js";
import { Queue } from "./queue.js";
import { Stage } from "./stage.js";
import * as telegram from "./telegram.js";
import * as words from "./words.js";

const LOOK_MS = 3000;
const TOGETHER_MS = 1500;
const TOOL = "taptrain:tool";

class App {
  #moving = false;
  #answers = 0;
  #together = false;
  #over = false;

  constructor(opened, token) {
    this.api = new Api(opened.initData, opened.user);
    this.queue = new Queue(this.api, opened.user, {
      changed: () => this.#saved(),
      taken: (of, answer) => this.#taken(of, answer),
      refused: (of, why) => this.#refused(of, why),
      locked: (why) => this.page.notice("🔒", why),
    });
    this.pictures = new Pictures(this.api, token);
    this.editor = new Editor(this.queue, { changed: () => this.#show() });
    this.does = this.#actions();
    this.page = new Page(this.does);
    this.stage = new Stage(this.page.stage, {
      fixing: (target) => this.gestures.fixing(target),
      fixed: (key, place) => (place ? this.editor.move(key, place) : this.#show()),
      viewed: (zoom) => this.page.zoomed(zoom),
    });
    this.gestures = new Gestures(this.page.stage, this.stage, new Loupe(this.page.loupe, this.stage), {
      tool: () => (this.editor.mayEdit ? this.editor.tool : "none"),
      colour: () => this.#colours()[this.editor.label],
      drew: (place) => this.editor.add(place) && telegram.feel(),
      pointed: (point) => this.#pointed(point),
      tapped: (point) => this.editor.choose(this.editor.mayEdit ? this.stage.boxAt(point) : null),
      aimed: (point) => this.#aimed(point),
      hovered: (point) => this.editor.tool !== "hand" && this.editor.mayEdit && this.#sketch(this.stage.toPicture(point), true),
      ended: () => this.#sketch(),
    });
    listen(this.does, (held) => (this.gestures.spaceHeld = held));
  }

  /** Show the first picture, and look after it from now on. */
  async start() {
    const coarse = matchMedia("(pointer: coarse)").matches;
    this.editor.tool = kept(TOOL) ?? (coarse ? "box" : "hand");
    this.#watch();
    document.addEventListener("visibilitychange", () => this.#look());
    this.#saved();
    await this.#begin();
  }

  async #watch() {
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, this.#together ? TOGETHER_MS : LOOK_MS));
      await this.#look();
    }
  }

  async #begin() {
    await this.#go(() => this.pictures.here());
    this.queue.flush();
  }

  #actions() {
    const edits = (action) => () => this.editor.mayEdit && !this.#moving && action();
    return {
      tool: (tool) => {
        keep(TOOL, tool);
        this.editor.setTool(tool);
      },
      pick: (label) => this.editor.mayEdit && this.editor.pick(label),
      pickNumber: (at) => this.editor.scene?.classes[at] && this.does.pick(this.editor.scene.classes[at].name),
      undo: edits(() => this.editor.undo()),
      copy: edits(() => this.#copy()),
      delete: edits(() => this.editor.delete()),
      accept: edits(() => this.editor.accept()),
      done: edits(() => this.#done()),
      skip: () => this.#go(() => this.#next()),
      back: () => this.pictures.hasBefore && this.#go(() => this.pictures.before()),
      fit: () => this.stage.fit(),
      escape: () => (this.editor.points.length ? this.editor.setTool(this.editor.tool) : this.editor.choose(null)),
      status: () => this.#tellStatus(),
    };
  }

  /** Show another picture; where there is none left, say so. */
  async #go(find) {
    if (this.#moving) return;
    this.#moving = true;
    this.page.ready("loading");
    const slow = setTimeout(() => this.page.busy(true), 150);
    try {
      const found = await find();
      if (!found) return this.#allDone();
      this.#answers += 1;
      this.stage.setPicture(found.bitmap);
      this.editor.open(found);
      this.#over = false;
      this.#people(found.scene.people);
    } catch (error) {
      this.#failed(error);
    } finally {
      clearTimeout(slow);
      this.page.busy(false);
      this.page.ready("here");
      this.#moving = false;
      this.#show();
      this.#look();
      this.#lookAhead();
    }
  }

  /** Fetch the next picture, once the server knows what was done here: it says which is next. */
  async #lookAhead() {
    try {
      await this.queue.flush();
      await this.pictures.lookAhead();
      if (this.pictures.hasAhead) this.page.ready("ahead");
    } catch (error) {
      if (!(error instanceof Offline || error instanceof Refused)) throw error;
    }
  }

  #done() {
    const wasDone = this.editor.done;
    this.editor.finish();
    telegram.feel(wasDone ? "light" : "medium");
    return this.#go(() => this.#next());
  }

  async #next() {
    if (!this.pictures.hasNext) await this.queue.flush();
    return this.pictures.next();
  }

  #copy() {
    this.page.toast(words.copied(this.editor.copy(), this.editor.scene.before.length));
  }

  #aimed(point) {
    this.#sketch(point);
    const { points } = this.editor;
    const [x1, y1, x2, y2] = points.length ? placeAround(points, this.stage.size) : [0, 0, 0, 0];
    const { width, height } = this.stage.size;
    return points.length ? this.stage.toField({ x: ((x1 + x2) / 2) * width, y: ((y1 + y2) / 2) * height }) : null;
  }

  #pointed(point) {
    telegram.feel();
    this.editor.addPoint(point);
  }

  /** Ask what others did, and say that this person is here. */
  async #look() {
    if (document.hidden || !this.editor.scene || this.#moving) return;
    const { token } = this.editor;
    const answers = this.#answers;
    try {
      const scene = await this.api.look(token, this.editor.scene.rev);
      // An answer that set out before our last change arrived knows too little.
      if (token !== this.editor.token || answers !== this.#answers || this.queue.sending) return;
      this.#people(scene.people);
      if (!scene.boxes) return;
      const isNews = JSON.stringify(scene.boxes) !== JSON.stringify(this.editor.scene.boxes);
      this.editor.take(scene);
      if (isNews && scene.people.length) this.page.toast(words.changed(scene.people));
    } catch (error) {
      if (error instanceof Refused) this.#failed(error);
    }
  }

  #people(names) {
    this.#together = names.length > 0;
    this.page.people(names);
  }

  #taken(token, answer) {
    this.#answers += 1;
    if (token === this.editor.token) this.editor.take(answer.scene);
    if (answer.trains) this.page.toast(words.TRAINS);
    if (answer.waiting) this.editor.take({ waiting: answer.waiting });
    this.#lookAhead();
  }

  #refused(token, why) {
    this.page.toast(why);
    this.editor.refused(token);
  }

  #failed(error) {
    if (error instanceof Offline) {
      if (this.editor.scene) return this.page.toast(error.message || words.OFFLINE_NEXT);
      return this.page.notice("📡", error.message || words.OFFLINE, "Try again", () => this.#begin());
    }
    if (!(error instanceof Refused)) throw error;
    this.page.notice("🤷", error.message, "Close", telegram.close);
  }

  /** Nothing waits any more; what this person did last may still be on its way. */
  #allDone() {
    this.#over = true;
    if (!this.queue.of().length) return this.page.notice("🎉", words.ALL_DONE, "Close", telegram.close);
    this.page.notice("🎉", words.ALL_BUT_SENT, "Back to the picture");
  }

  #saved() {
    const waiting = this.queue.of().length;
    this.page?.status(!waiting ? "saved" : this.queue.offline ? "waiting" : "sending", waiting);
    telegram.guardClosing(waiting > 0);
    if (this.#over && !waiting) this.#allDone();
  }

  #tellStatus() {
    this.queue.flush();
    this.page.toast(words.kept(this.queue.of().length));
  }

  #sketch(cross = null, hovering = false) {
    const { points, label } = this.editor;
    if (!points.length && !cross) return this.stage.sketch(null);
    const all = cross && !hovering ? [...points, cross] : points;
    const { size } = this.stage;
    const place = all.length > 1 ? placeAround(all, size) : null;
    this.stage.sketch({ points, place, cross, colour: this.#colours()[label] });
  }

  #colours() {
    return Object.fromEntries((this.editor.scene?.classes ?? []).map(({ name, colour }) => [name, colour]));
  }

  #show() {
    const { editor, page } = this;
    const { scene, boxes } = editor;
    if (!scene || !this.stage.picture) return;
    const box = editor.box(editor.chosen);
    this.stage.show(boxes, editor.chosen, this.#colours(), { named: scene.classes.length > 1, movable: editor.tool === "hand" });
    this.#sketch();
    const counts = {};
    for (const { label } of boxes) counts[label] = (counts[label] ?? 0) + 1;
    page.head(scene.project, scene.waiting);
    page.classes(scene.classes, box?.label ?? editor.label, counts);
    page.tools({
      tool: editor.tool,
      undo: editor.canUndo,
      copy: scene.before.length,
      chosen: Boolean(box),
      back: this.pictures.hasBefore,
      mayEdit: editor.mayEdit,
    });
    page.hint(words.hint(editor, box), { guess: box?.open });
    page.doneWords(words.done(editor), editor.done);
  }
}

const kept = (name) => {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
};

const keep = (name, value) => {
  try {
    localStorage.setItem(name, value);
  } catch {
    // Not remembered, then.
  }
};

const opened = await telegram.opened();
const token = new URLSearchParams(location.search).get("task") ?? opened.startParam;
const app = new App(opened, token ?? "none");
await app.start();
// Keeps the page itself for a reload without network.
navigator.serviceWorker?.register("sw.js").catch(() => {});
