// The place to write: text, replies, edits, commands, attachments, reply keyboards.

import { post } from "./api.js";
import { chooseFiles, previewFiles } from "./attach.js";
import { byId, el, refill, toast } from "./dom.js";
import { showCommands } from "./commands.js";
import { openWebApp } from "./links.js";
import { currentChat, messagesOf, store } from "./store.js";
import { summary } from "./text.js";

const foot = byId("composer");
const input = el("textarea", { rows: 1, placeholder: "Message", "aria-label": "Message", enterKeyHint: "send" });
const choices = el("div.choices", { hidden: true });
let about = null; // {view, kind: "reply" | "edit"}
let place = ""; // which member in which chat is written for
const answered = new Set(); // ForceReply messages that were answered or closed: "member:chat:id"

input.addEventListener("input", () => {
  fit();
  drawTools();
  suggest();
});
input.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    send();
  }
  if (event.key === "Escape") forget();
});
input.addEventListener("paste", (event) => {
  const files = [...event.clipboardData.files];
  if (files.length) previewFiles(store.open, files, replyId(), forget);
});
byId("phone").addEventListener("dragover", (event) => event.preventDefault());
byId("phone").addEventListener("drop", (event) => {
  event.preventDefault();
  if (event.dataTransfer.files.length) previewFiles(store.open, [...event.dataTransfer.files], replyId(), forget);
});

/** Draw the composer for the open chat. */
export function drawComposer() {
  const chat = currentChat();
  const here = `${store.me?.id}:${chat?.id}`;
  if (here !== place) {
    place = here;
    about = null;
    input.value = "";
    choices.hidden = true;
  }
  foot.hidden = !chat;
  if (!chat) return;
  const isNew = chat.kind === "private" && messagesOf(chat.id).length === 0;
  followPrompt(chat);
  const keys = lastBoard(chat);
  const focused = document.activeElement === input;
  const shows = [place, isNew, chat.migrated_to, about?.kind, about?.view.id, about?.view.version, keys, store.menuButton];
  refill(foot, shows, () => {
    if (chat.migrated_to) return el("div.note", {}, "This group became a supergroup");
    if (isNew) return el("button.start", { onclick: start }, "START");
    return [choices, aboutBar(), line(chat), keys && board(keys)];
  });
  if (focused) input.focus();
  fit();
}

const start = () => post(`members/${store.me.id}/start`).catch((error) => toast(error.message));

/** Write a reply to a message. */
export function replyTo(view) {
  about = { view, kind: "reply" };
  drawComposer();
  input.focus();
}

/** Change one's own message. */
export function editOwn(view) {
  about = { view, kind: "edit" };
  input.value = view.message.text ?? view.message.caption ?? "";
  drawComposer();
  input.focus();
}

/** Send a text to the open chat. */
export async function sendText(text, reply = null) {
  try {
    await post(`chats/${store.open}/say`, { member: store.me.id, text, reply_to: reply });
  } catch (error) {
    toast(error.message);
  }
}

async function send() {
  const text = input.value.trim();
  if (!text || !currentChat()) return;
  const { view, kind } = about ?? {};
  const reply = replyId();
  input.value = "";
  fit();
  drawTools();
  forget();
  if (kind === "edit") {
    const body = { member: store.me.id, message_id: view.id, text };
    await post(`chats/${store.open}/edit`, body).catch((error) => toast(error.message));
  } else {
    await sendText(text, reply);
  }
}

const replyId = () => (about?.kind === "reply" ? about.view.id : null);

function forget() {
  if (about?.kind === "reply") answered.add(`${place}:${about.view.id}`);
  if (about?.kind === "edit") input.value = "";
  about = null;
  choices.hidden = true;
  drawComposer();
}

/** A ForceReply opens a reply, as long as it is the bot's newest word and nobody answered it. */
function followPrompt(chat) {
  if (about) return;
  const newest = messagesOf(chat.id).filter((view) => view.message.from.is_bot).at(-1);
  if (!newest?.prompt?.force_reply || answered.has(`${place}:${newest.id}`)) return;
  const mine = messagesOf(chat.id).some(
    (view) => view.message.from.id === store.me.id && view.message.reply_to_message?.message_id === newest.id,
  );
  const named = newest.message.entities?.some((entity) => entity.user?.id === store.me.id);
  const repliedTo = newest.message.reply_to_message?.from.id === store.me.id;
  const forMe = !newest.prompt.selective || repliedTo || named;
  if (!mine && forMe) about = { view: newest, kind: "reply" };
}

function aboutBar() {
  const hint = about?.view.prompt?.input_field_placeholder;
  input.placeholder = hint ?? "Message";
  if (!about) return null;
  const title = about.kind === "edit" ? "Edit message" : `Reply to ${about.view.message.from.first_name}`;
  const close = el("button.tool", { "aria-label": "Cancel", onclick: forget }, "✕");
  return el("div.about", {}, el("div", {}, el("b", {}, title), summary(about.view.message)), close);
}

const tools = el("span", { style: "display:flex" });
function line(chat) {
  const menu = chat.kind === "private" && store.menuButton?.type === "web_app" ? store.menuButton : null;
  const attach = el("button.tool", { "aria-label": "Send photos or files", onclick: () => chooseFiles(chat.id, replyId(), forget) }, "📎");
  drawTools();
  return el(
    "div.line",
    {},
    menu ? el("button.menu", { onclick: () => openWebApp(menu.text, menu.web_app.url) }, menu.text) : attach,
    menu ? attach : null,
    input,
    tools,
  );
}

function drawTools() {
  const go = el("button.tool.go", { "aria-label": "Send", onclick: send }, "➤");
  const slash = el("button.tool", { "aria-label": "Commands", onclick: openCommands }, "/");
  tools.replaceChildren(input.value.trim() ? go : slash);
}

function openCommands() {
  if (!choices.hidden) {
    choices.hidden = true;
    return;
  }
  showCommands(choices, "/", choose);
}

function suggest() {
  if (/^\/\w*(@\w*)?$/.test(input.value)) showCommands(choices, input.value, choose);
  else choices.hidden = true;
}

function choose(command) {
  choices.hidden = true;
  input.value = "";
  drawTools();
  sendText(command, replyId());
}

/** The reply keyboard that the bot put under the composer last. */
function lastBoard(chat) {
  const last = messagesOf(chat.id).filter((view) => view.prompt?.keyboard || view.prompt?.remove_keyboard).at(-1);
  return last?.prompt.keyboard ?? null;
}

function board(keys) {
  const rows = keys.map((row) =>
    el("div", {}, ...row.map((key) => {
      const text = typeof key === "string" ? key : key.text;
      return el("button", { onclick: () => sendText(text) }, text);
    })));
  return el("div.board", {}, ...rows);
}

function fit() {
  input.style.height = "auto";
  input.style.height = `${Math.min(input.scrollHeight, 132)}px`;
}
