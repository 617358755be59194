// Inline keyboards: a tap asks the bot and shows its answer, other buttons open pages.

import { post } from "./api.js";
import { el, toast } from "./dom.js";
import { openAlert } from "./layers.js";
import { openLink, openWebApp } from "./links.js";
import { store } from "./store.js";

const WAIT_SECONDS = 20;
// Taps that wait for their answer, so that the spinner survives a redraw: "chat:message:data".
const waiting = new Set();

export function inlineKeyboard(view) {
  const rows = view.message.reply_markup?.inline_keyboard;
  if (!rows) return null;
  return el("div.keys", {}, ...rows.map((row) => el("div", {}, ...row.map((button) => key(view, button)))));
}

function key(view, button) {
  if (button.callback_data !== undefined) {
    const name = `${view.chat_id}:${view.id}:${button.callback_data}`;
    const node = el("button.key", { onclick: () => tap(view, button, name, node) }, button.text);
    node.classList.toggle("busy", waiting.has(name));
    node.dataset.tap = name;
    return node;
  }
  const [corner, open] = button.url
    ? ["↗", () => openLink(button.url)]
    : button.web_app
      ? ["▣", () => openWebApp(button.text, button.web_app.url)]
      : ["⧉", () => copy(button.copy_text.text)];
  return el("button.key", { onclick: open }, button.text, el("span.corner", { "aria-hidden": "true" }, corner));
}

async function tap(view, button, name, node) {
  if (waiting.has(name)) return;
  waiting.add(name);
  node.classList.add("busy");
  try {
    const body = { member: store.me.id, message_id: view.id, data: button.callback_data, wait: WAIT_SECONDS };
    const answer = await post(`chats/${view.chat_id}/tap`, body);
    if (!answer.answered) toast("The bot does not answer.");
    else if (answer.url) await openLink(answer.url);
    else if (answer.text) (answer.show_alert ? openAlert : toast)(answer.text);
  } catch (error) {
    toast(error.message);
  } finally {
    waiting.delete(name);
    document.querySelectorAll(".key.busy").forEach((one) => one.dataset.tap === name && one.classList.remove("busy"));
  }
}

async function copy(text) {
  await navigator.clipboard.writeText(text);
  toast("Copied");
}
