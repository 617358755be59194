// Who one plays, and that member's chats.

import { post } from "./api.js";
import { byId, clockTime, el, face, refill, toast } from "./dom.js";
import { ask, openSheet } from "./layers.js";
import { chatTitle, loadState, members, messagesOf, play, store, unread } from "./store.js";
import { summary } from "./text.js";

/** Draw the list; show(chatId) opens a chat. */
export function drawSide(show) {
  const chats = [...store.chats.values()].filter((chat) => !chat.migrated_to);
  chats.sort((a, b) => newestAt(b) - newestAt(a));
  const rows = chats.map((chat) => [chat.id, chatTitle(chat), unread(chat.id), messagesOf(chat.id).at(-1)?.version]);
  const names = members().map((person) => person.id);
  refill(byId("side"), [store.me?.id, store.open, names, rows], () => parts(chats, show));
}

function parts(chats, show) {
  const brand = el("div.brand", {}, el("img", { src: "icon.svg", alt: "" }), el("b", {}, "taptrain"));
  const people = members().map((person) => {
    const me = person.id === store.me?.id;
    const pick = () => switchTo(person.id);
    return el(`button.person${me ? ".me" : ""}`, { onclick: pick, "aria-pressed": String(me) }, face(person.id, person.first_name, "small"), person.first_name);
  });
  const shown = [
    brand,
    el("p.hint", {}, "A chat that runs on this machine. Be several people at once."),
    el("h2", {}, "Play as"),
    el("div.people", {}, ...people, el("button.person.add", { onclick: () => newMember(show) }, "+ New")),
  ];
  if (store.me) {
    shown.push(el("h2", {}, "Chats"), ...chats.map((chat) => chatRow(chat, show)));
    shown.push(el("div.people", { style: "padding-top:10px" }, el("button.person.add", { onclick: () => newGroup(show) }, "+ New group")));
  } else {
    shown.push(el("div.people.starter", {}, el("button.solid", { onclick: () => beginners(show) }, "Start with three friends")));
  }
  return shown;
}

async function switchTo(memberId) {
  const open = store.open;
  await play(memberId);
  const listOnly = open === null && matchMedia("(max-width: 759px)").matches;
  if (!listOnly && !store.chats.has(open)) {
    const groups = [...store.chats.values()].filter((chat) => chat.kind !== "private");
    store.open = open > 0 ? memberId : (groups.at(-1)?.id ?? memberId);
  }
  document.dispatchEvent(new Event("redraw"));
}

const newestAt = (chat) => messagesOf(chat.id).at(-1)?.message.date ?? 0;

function chatRow(chat, show) {
  const newest = messagesOf(chat.id).at(-1);
  const { count, loud } = unread(chat.id);
  const sender = newest && chat.kind !== "private" ? `${newest.message.from.first_name}: ` : "";
  const title = chatTitle(chat);
  return el(
    `button.chat-row${chat.id === store.open ? ".open" : ""}`,
    { onclick: () => show(chat.id) },
    face(chat.kind === "private" ? store.bot.id : chat.id, title),
    el("b", {}, title),
    el("time", {}, newest ? clockTime(newest.message.date) : ""),
    el("span.last", {}, newest ? sender + summary(newest.message) : "No messages yet"),
    count ? el(`span.badge${loud ? "" : ".quiet"}`, {}, String(count)) : el("span"),
  );
}

function newMember(show) {
  ask("New member", [["name", "Name", "for example: Ann"]], async ({ name }) => {
    await attempt(async () => {
      const person = await post("members", { name });
      await loadState();
      await play(person.id);
      show(person.id);
    });
  });
}

function newGroup(show) {
  openSheet("New group", (body, close) => {
    const title = el("input", { type: "text", placeholder: "for example: Cat friends" });
    const others = members().filter((person) => person.id !== store.me.id);
    const boxes = others.map((person) => [person.id, el("input", { type: "checkbox", checked: true })]);
    const create = async () => {
      const chosen = boxes.filter(([, box]) => box.checked).map(([id]) => id);
      if (!title.value.trim()) return title.focus();
      close();
      await attempt(async () => {
        const chat = await post("groups", { title: title.value, members: [store.me.id, ...chosen] });
        whenThere(chat.id, show);
      });
    };
    body.append(
      el("label", {}, "Name", title),
      ...boxes.map(([id, box]) => el("label.check", {}, box, store.people.get(id).first_name)),
      el("p.hint", { style: "margin:8px 0 0" }, "The bot comes along."),
      el("div.foot", {}, el("button.solid", { onclick: create }, "Create")),
    );
    title.focus();
  });
}

/** Three people and a group to begin with. */
export async function beginners(show) {
  await attempt(async () => {
    const people = [];
    for (const name of ["Ann", "Ben", "Kim"]) people.push((await post("members", { name })).id);
    const chat = await post("groups", { title: "Cat friends", members: people });
    await loadState();
    await play(people[0]);
    show(chat.id);
  });
}

/** A chat that was just made comes with the next change. */
function whenThere(chatId, show, tries = 50) {
  if (store.chats.has(chatId) || tries === 0) return show(chatId);
  setTimeout(() => whenThere(chatId, show, tries - 1), 60);
}

async function attempt(action) {
  try {
    await action();
  } catch (error) {
    toast(error.message);
  }
}
