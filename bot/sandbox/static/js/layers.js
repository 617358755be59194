// Things that lie over the chat: sheets, alerts, menus, and the frame of a Mini App.

import { byId, el } from "./dom.js";

/** Put a layer over the phone; returns a function that takes it away. Escape closes it too. */
export function openLayer(spec, ...children) {
  const layer = el(spec, {}, ...children);
  const onKey = (event) => {
    if (event.key === "Escape" && byId("layers").lastElementChild === layer) close();
  };
  function close() {
    layer.remove();
    document.removeEventListener("keydown", onKey);
  }
  document.addEventListener("keydown", onKey);
  byId("layers").append(layer);
  layer.addEventListener("click", (event) => {
    if (event.target === layer && !layer.classList.contains("dark")) close();
  });
  return close;
}

/** A sheet from below with a title; fill(body, close) puts its content in. */
export function openSheet(title, fill) {
  const body = el("div.body");
  const closer = el("button.round", { "aria-label": "Close", onclick: () => close() }, "✕");
  const sheet = el("div.sheet", { role: "dialog", "aria-label": title }, el("div.bar", {}, el("b.grow", {}, title), closer), body);
  const close = openLayer("div.layer", sheet);
  fill(body, close);
  return close;
}

/** What the bot says in an alert. */
export function openAlert(text) {
  const ok = el("button.ghost", { onclick: () => close() }, "OK");
  const close = openLayer("div.layer", el("div.alert", { role: "alertdialog" }, el("p", {}, text), el("div.foot", {}, ok)));
  ok.focus();
}

/** Ask for some words in a sheet: fields are [name, label, placeholder]. */
export function ask(title, fields, done, button = "Create") {
  openSheet(title, (body, close) => {
    const inputs = fields.map(([name, label, placeholder]) => {
      const input = el("input", { type: "text", name, placeholder });
      body.append(el("label", {}, label, input));
      return input;
    });
    const finish = () => {
      const values = Object.fromEntries(inputs.map((input) => [input.name, input.value.trim()]));
      if (!values[fields[0][0]]) return inputs[0].focus();
      close();
      done(values);
    };
    inputs.forEach((input) => input.addEventListener("keydown", (event) => event.key === "Enter" && finish()));
    body.append(el("div.foot", {}, el("button.solid", { onclick: finish }, button)));
    inputs[0].focus();
  });
}

/** A small menu at a point of the phone: entries are [text, action, isDanger]. */
export function openMenu(x, y, entries) {
  const phone = byId("phone").getBoundingClientRect();
  const menu = el("div.pop", { role: "menu" });
  const close = () => {
    menu.remove();
    document.removeEventListener("pointerdown", away, true);
  };
  const away = (event) => !menu.contains(event.target) && close();
  for (const [text, action, danger] of entries) {
    const run = () => {
      close();
      action();
    };
    menu.append(el(`button${danger ? ".bad" : ""}`, { onclick: run, role: "menuitem" }, text));
  }
  byId("layers").append(menu);
  menu.style.left = `${Math.max(8, Math.min(x - phone.left, phone.width - menu.offsetWidth - 26))}px`;
  menu.style.top = `${Math.max(8, Math.min(y - phone.top, phone.height - menu.offsetHeight - 26))}px`;
  setTimeout(() => document.addEventListener("pointerdown", away, true));
}

/** Show a Mini App inside the phone. It may ask to be closed, as in Telegram. */
export function openFrame(title, address) {
  const frame = el("iframe", { src: address, title, allow: "camera; clipboard-write" });
  const closer = el("button.round", { "aria-label": "Close", onclick: () => close() }, "✕");
  const sheet = el("div.sheet.tall", { role: "dialog", "aria-label": title }, el("div.bar", {}, el("b.grow", {}, title), closer), frame);
  const onMessage = (event) => {
    if (event.source !== frame.contentWindow) return;
    let call = event.data;
    try {
      if (typeof call === "string") call = JSON.parse(call);
    } catch {
      return; // not one of Telegram's events
    }
    if (call?.eventType === "web_app_close") close();
  };
  window.addEventListener("message", onMessage);
  const remove = openLayer("div.layer", sheet);
  function close() {
    window.removeEventListener("message", onMessage);
    remove();
  }
}
