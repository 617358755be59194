// What this visitor knows: who they play, their chats and messages, kept fresh by a long poll.

import { get } from "./api.js";

export const store = {
  bot: null,
  people: new Map(), // id -> member or bot
  me: null, // the member being played
  chats: new Map(), // id -> chat
  messages: new Map(), // chat id -> Map(message id -> view)
  open: null, // id of the chat on the screen
  read: new Map(), // "member:chat" -> newest message id seen
  online: true,
  version: 0,
};

const listeners = new Set();
/** Be told of changes: (chat ids that changed, views of messages, whether it is the first load). */
export function onChange(listener) {
  listeners.add(listener);
}
function tell(chatIds, views = [], first = false) {
  for (const listener of listeners) listener(chatIds, views, first);
}
export const refresh = () => tell(new Set(store.chats.keys()));

export async function loadState() {
  const state = await get("state");
  store.bot = state.bot;
  store.commands = state.commands;
  store.menuButton = state.menu_button;
  store.people = new Map([[state.bot.id, state.bot], ...state.members.map((one) => [one.id, one])]);
  return state;
}

export const members = () => [...store.people.values()].filter((one) => !one.is_bot);
export const currentChat = () => store.chats.get(store.open) ?? null;

/** The messages of a chat, oldest first. */
export function messagesOf(chatId) {
  const known = [...(store.messages.get(chatId)?.values() ?? [])];
  return known.filter((view) => !view.deleted).sort((a, b) => a.id - b.id);
}

export function chatTitle(chat) {
  return chat.kind === "private" ? store.bot.first_name : chat.title;
}

/** How many messages of others in a chat were not seen, and whether one of them made a sound. */
export function unread(chatId) {
  const seen = store.read.get(`${store.me?.id}:${chatId}`) ?? 0;
  const fresh = messagesOf(chatId).filter(
    (view) => view.id > seen && view.message.from.id !== store.me?.id,
  );
  return { count: fresh.length, loud: fresh.some((view) => !view.silent) };
}

export function markRead(chatId) {
  const newest = messagesOf(chatId).at(-1)?.id ?? 0;
  store.read.set(`${store.me?.id}:${chatId}`, newest);
}

let generation = 0;
/** Play another member: forget what the last one knew and follow the new one's chats. */
export async function play(memberId) {
  const mine = ++generation;
  store.me = store.people.get(memberId) ?? null;
  store.chats = new Map();
  store.messages = new Map();
  store.version = 0;
  await take(mine, 0);
  void follow(mine);
}

async function follow(mine) {
  while (mine === generation) {
    try {
      await take(mine, 25);
      if (!store.online) {
        store.online = true;
        refresh();
      }
    } catch {
      // The server is away (restarting, perhaps): say so and try again.
      store.online = false;
      refresh();
      await new Promise((resolve) => setTimeout(resolve, 1500));
    }
  }
}

async function take(mine, wait) {
  const since = store.version;
  const body = await get("changes", { member: store.me.id, since, wait });
  if (mine !== generation) return;
  store.version = body.version;
  for (const chat of body.chats) {
    chat.actionUntil = Date.now() + 1000 * chat.action_seconds;
    store.chats.set(chat.id, chat);
  }
  const strangers = body.chats.some((chat) => Object.keys(chat.members).some((id) => !store.people.has(Number(id))));
  if (strangers) await loadState();
  for (const view of body.messages) {
    if (!store.messages.has(view.chat_id)) store.messages.set(view.chat_id, new Map());
    store.messages.get(view.chat_id).set(view.id, view);
  }
  const touched = new Set([...body.chats.map((chat) => chat.id), ...body.messages.map((view) => view.chat_id)]);
  if (touched.size || since === 0) tell(touched, body.messages, since === 0);
}
