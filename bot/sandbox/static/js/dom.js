// Small helpers for the document.

import { store } from "./store.js";

/** Make an element: el("button.key", {onclick}, "text", child). */
export function el(spec, props = {}, ...children) {
  const [tag, ...classes] = spec.split(".");
  const node = document.createElement(tag || "div");
  if (classes.length) node.className = classes.join(" ");
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on") || name in node) node[name] = value;
    else if (name.startsWith("--")) node.style.setProperty(name, value);
    else node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** Fill a node anew only when what it shows has changed, so that focus and clicks survive. */
export function refill(node, signature, build) {
  const text = JSON.stringify(signature);
  if (node.dataset.shows === text) return;
  node.dataset.shows = text;
  node.replaceChildren(...[build()].flat().filter(Boolean));
}

export const byId = (id) => document.getElementById(id);

/** A person's or chat's colour: the same every time. */
export const hue = (id) => (Math.abs(Number(id)) * 137.5) % 360;

export function face(id, title, size = "") {
  if (Number(id) === store.bot?.id) return el(`img.face${size && "." + size}`, { src: "icon.svg", alt: "" });
  const letters = title.replace(/[^\p{L}\p{N} ]/gu, "").trim().split(/\s+/).slice(0, 2);
  const initials = letters.map((word) => [...word][0] ?? "").join("").toUpperCase();
  return el(`span.face${size && "." + size}`, { "--hue": hue(id), "aria-hidden": "true" }, initials || "•");
}

export function clockTime(seconds) {
  return new Date(seconds * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
}

export function fileSize(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 * 1024) return `${Math.round(bytes / 1024)} KB`;
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}

let toastTimer = 0;
/** Say something in passing. */
export function toast(text) {
  const box = byId("toast");
  box.textContent = text;
  box.hidden = false;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => (box.hidden = true), Math.max(2600, text.length * 60));
}
