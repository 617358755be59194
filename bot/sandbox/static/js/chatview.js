// The open chat: its head, what is pinned, and its messages, redrawn only where they changed.

import { byId, el, face, refill, toast } from "./dom.js";
import { openGroup } from "./group.js";
import { isService, messageRow } from "./message.js";
import { chatTitle, currentChat, markRead, messagesOf, store, unread } from "./store.js";
import { summary } from "./text.js";

const TOGETHER = 300; // seconds in which messages of one sender stand together
const log = byId("log");
let rows = new Map(); // key of a block -> its row
let drawn = ""; // which member's view of which chat is on the screen
let actionTimer = 0;

/** Draw the open chat. hooks as for messageRow, and back(). */
export function drawChat(hooks) {
  const chat = currentChat();
  drawHead(chat, hooks);
  drawPinned(chat, hooks);
  if (!chat) {
    log.replaceChildren(store.me ? el("div.empty", {}, el("div.note", {}, "Choose a chat")) : welcome(hooks));
    rows = new Map();
    drawn = "";
    return;
  }
  const name = `${store.me?.id}:${chat.id}`;
  const fresh = drawn !== name;
  const atEnd = fresh || log.scrollHeight - log.scrollTop - log.clientHeight < 80;
  if (fresh) rows = new Map();
  drawn = name;
  drawRows(chat, hooks);
  if (atEnd) toEnd();
  drawDown(chat);
}

function welcome(hooks) {
  const text = "Nobody is here yet. Be three friends at once and chat with the bot.";
  const begin = el("button.solid", { onclick: hooks.begin }, "Start with three friends");
  return el("div.empty.welcome", {}, face(store.bot.id, "taptrain"), el("p", {}, text), begin);
}

export function toEnd() {
  log.scrollTop = log.scrollHeight;
}

/** Scroll to a message and let it flash. */
export function jumpTo(id) {
  const row = [...rows.values()].find((one) => one.dataset.ids?.split(" ").includes(String(id)));
  if (!row) return toast("That message is gone.");
  row.scrollIntoView({ block: "center", behavior: "smooth" });
  const bubble = row.querySelector(".bubble");
  bubble?.classList.remove("flash");
  requestAnimationFrame(() => bubble?.classList.add("flash"));
}

log.addEventListener("scroll", () => {
  const chat = currentChat();
  if (chat) drawDown(chat);
});
// A photo that loads, or a keyboard that opens, must not push the newest message away.
new ResizeObserver(() => {
  if (nearEnd) toEnd();
}).observe(log);
let nearEnd = true;

function drawDown(chat) {
  nearEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 80;
  if (nearEnd && !document.hidden) markRead(chat.id);
  byId("down").hidden = nearEnd;
  byId("down").onclick = () => log.scrollTo({ top: log.scrollHeight, behavior: "smooth" });
  byId("down").firstElementChild.textContent = unread(chat.id).count || "";
}

function drawRows(chat, hooks) {
  const blocks = blocksOf(messagesOf(chat.id));
  const next = new Map();
  const group = chat.kind !== "private";
  blocks.forEach((views, at) => {
    const first = !sameRun(blocks[at - 1], views);
    const last = !sameRun(views, blocks[at + 1]);
    const day = dayOf(views[0]) !== dayOf(blocks[at - 1]?.[0]) ? dayOf(views[0]) : null;
    if (day) next.set(`day ${day}`, rows.get(`day ${day}`) ?? el("div.note", {}, day));
    const key = [views.map((view) => `${view.id}.${view.version}`).join(), first, last].join("|");
    const row = rows.get(key) ?? messageRow(views, { first, last, group }, hooks);
    row.dataset.ids = views.map((view) => view.id).join(" ");
    next.set(key, row);
  });
  for (const [key, row] of rows) if (!next.has(key)) row.remove();
  let at = log.firstChild;
  for (const row of next.values()) {
    if (row === at) at = at.nextSibling;
    else log.insertBefore(row, at);
  }
  while (at) {
    const gone = at;
    at = at.nextSibling;
    gone.remove();
  }
  rows = next;
  if (!blocks.length) log.append(el("div.empty", {}, el("div.note", {}, group ? "Say hello to the group" : "Nothing here yet")));
}

/** Messages of one album stand as one block. */
function blocksOf(views) {
  const blocks = [];
  for (const view of views) {
    const album = view.message.media_group_id;
    if (album && blocks.at(-1)?.[0].message.media_group_id === album) blocks.at(-1).push(view);
    else blocks.push([view]);
  }
  return blocks;
}

function sameRun(one, other) {
  if (!one || !other || isService(one[0].message) || isService(other[0].message)) return false;
  const [a, b] = [one.at(-1).message, other[0].message];
  return a.from.id === b.from.id && b.date - a.date < TOGETHER && dayOf(one[0]) === dayOf(other[0]);
}

function dayOf(view) {
  if (!view) return "";
  const day = new Date(view.message.date * 1000);
  if (day.toDateString() === new Date().toDateString()) return "Today";
  return day.toLocaleDateString([], { day: "numeric", month: "long" });
}

function drawHead(chat, hooks) {
  const status = chat ? state(chat) : [];
  const shows = [chat?.id, chat && chatTitle(chat), store.me?.id, status];
  refill(byId("head"), shows, () => headParts(chat, status, hooks));
}

function headParts(chat, [text, busy], hooks) {
  const back = el("button.back", { "aria-label": "Back to the chats", onclick: hooks.back }, "‹");
  if (!chat) return [back, el("b", {}, "taptrain")];
  const info = el("button.who", { onclick: () => chat.kind !== "private" && openGroup(chat) }, el("b", {}, chatTitle(chat)), el(`small${busy ? ".busy" : ""}`, {}, text));
  const faceId = chat.kind === "private" ? store.bot.id : chat.id;
  const as = store.me ? el("span.as", { title: `You are ${store.me.first_name}` }, face(store.me.id, store.me.first_name, "small"), store.me.first_name) : null;
  return [back, face(faceId, chatTitle(chat), "mid"), info, as];
}

const ACTIONS = {
  typing: "typing…",
  upload_photo: "sending a photo…",
  upload_document: "sending a file…",
  upload_video: "sending a video…",
};

/** What the head says of a chat, and whether something is going on. */
function state(chat) {
  if (!store.online) return ["connecting…", true];
  const left = (chat.actionUntil ?? 0) - Date.now();
  clearTimeout(actionTimer);
  if (chat.action && left > 0) {
    actionTimer = setTimeout(() => document.dispatchEvent(new Event("redraw")), left + 50);
    const who = chat.kind === "private" ? "" : `${store.bot.first_name} is `;
    return [who + (ACTIONS[chat.action] ?? "busy…"), true];
  }
  if (chat.kind === "private") return ["bot", false];
  const count = Object.values(chat.members).filter((role) => !["left", "kicked"].includes(role)).length;
  return [`${count} members`, false];
}

function drawPinned(chat, hooks) {
  const bar = byId("pinned");
  const view = chat && store.messages.get(chat.id)?.get(chat.pinned.at(-1));
  bar.hidden = !view;
  if (!view) return;
  bar.replaceChildren(el("b", {}, "Pinned"), summary(view.message));
  bar.onclick = () => hooks.jump(view.id);
}
