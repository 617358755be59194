// The page around the picture: chips, buttons, words. It shows what it is given and passes taps on.

import * as words from "./words.js";

const byId = (id) => document.getElementById(id);
const TOAST_MS = 3200;

export class Page {
  #toastTimer = null;
  #classes = "";

  /** `does`: what each button does, by its name. */
  constructor(does) {
    this.does = does;
    this.stage = byId("stage");
    this.loupe = byId("loupe");
    for (const name of ["undo", "copy", "delete", "back", "done", "skip", "fit", "accept", "status"]) {
      byId(name).addEventListener("click", () => does[name]());
    }
    for (const button of document.querySelectorAll("[data-tool]")) {
      button.addEventListener("click", () => does.tool(button.dataset.tool));
    }
    byId("notice-button").addEventListener("click", () => this.#noticeDone?.());
  }

  #noticeDone = null;

  /** Who is where: the project's name and what waits. */
  head(project, waiting) {
    byId("project").textContent = project;
    document.title = `${project} · editor`;
    byId("left").textContent = words.waiting(waiting);
  }

  /** The class chips. `picked`: the one that new boxes, or the chosen box, have. */
  classes(classes, picked, counts) {
    const row = byId("classes");
    const key = JSON.stringify([classes, picked, counts]);
    if (this.#classes === key) return;
    this.#classes = key;
    const chips = classes.map(({ name, colour }) => {
      const chip = document.createElement("button");
      chip.setAttribute("role", "radio");
      chip.setAttribute("aria-checked", String(name === picked));
      chip.style.setProperty("--colour", colour);
      const label = Object.assign(document.createElement("span"), { textContent: name });
      chip.append(document.createElement("i"), label);
      if (counts[name]) chip.append(Object.assign(document.createElement("small"), { textContent: counts[name] }));
      chip.addEventListener("click", () => this.does.pick(name));
      return chip;
    });
    row.replaceChildren(...chips);
    row.querySelector("[aria-checked=true]")?.scrollIntoView({ inline: "nearest", block: "nearest" });
  }

  /** What can be done now. */
  tools({ tool, undo, copy, chosen, back, mayEdit }) {
    document.body.classList.toggle("looking", !mayEdit);
    for (const button of document.querySelectorAll("[data-tool]")) {
      button.setAttribute("aria-pressed", String(button.dataset.tool === tool));
    }
    byId("undo").disabled = !undo;
    byId("copy").disabled = !copy;
    byId("delete").disabled = !chosen;
    byId("back").disabled = !back;
    this.stage.dataset.tool = tool;
  }

  hint(text, { guess = false } = {}) {
    byId("hint-words").textContent = text;
    byId("accept").hidden = !guess;
  }

  doneWords(text, isDone) {
    byId("done-words").textContent = text;
    byId("done").classList.toggle("settled", isDone);
  }

  zoomed(zoom) {
    byId("fit").hidden = zoom < 1.01;
    this.stage.dataset.zoom = zoom.toFixed(3);
  }

  /** What is there: `loading`, the picture `here`, or the next one `ahead` as well. */
  ready(what) {
    document.body.dataset.ready = what;
  }

  people(names) {
    byId("people").hidden = !names.length;
    byId("people").textContent = words.together(names);
  }

  /** How the changes fare: `state` is saved, sending or waiting. */
  status(state, count) {
    const button = byId("status");
    const text = words.status[state](count);
    if (button.dataset.state === state && button.textContent === text) return;
    button.dataset.state = state;
    const icon = { saved: "done", waiting: "wait" }[state];
    button.innerHTML = icon ? `<svg><use href="#i-${icon}"/></svg>` : "";
    button.append(text);
  }

  toast(text) {
    const toast = byId("toast");
    clearTimeout(this.#toastTimer);
    toast.textContent = text;
    toast.hidden = false;
    this.#toastTimer = setTimeout(() => (toast.hidden = true), TOAST_MS);
  }

  /** A sentence over everything, with one way on; without one it stays. */
  notice(mark, text, button = "", done = null) {
    byId("notice-mark").textContent = mark;
    byId("notice-words").textContent = text;
    byId("notice-button").textContent = button;
    byId("notice-button").hidden = !button;
    this.#noticeDone = () => {
      byId("notice").hidden = true;
      done?.();
    };
    byId("notice").hidden = false;
  }

  busy(isBusy) {
    document.body.classList.toggle("busy", isBusy);
  }
}
