// What happens when an address is opened: deep links stay in the web chat, the rest opens a tab.

import { post } from "./api.js";
import { face, el, toast } from "./dom.js";
import { openFrame, openSheet } from "./layers.js";
import { store } from "./store.js";

let goTo = () => {};
/** Tell the links how to show a chat. */
export function onGo(show) {
  goTo = show;
}

export async function openLink(address) {
  const url = new URL(address, location.href);
  const [name, app] = url.pathname.split("/").filter(Boolean);
  const isBot = url.hostname === "t.me" && name?.toLowerCase() === store.bot.username?.toLowerCase();
  if (!isBot) {
    window.open(url.href, "_blank", "noopener");
    return;
  }
  if (app || url.searchParams.has("startapp")) return openApp(url.searchParams.get("startapp") ?? "");
  if (url.searchParams.has("startgroup")) return chooseGroup(url.searchParams.get("startgroup"));
  await post(`members/${store.me.id}/start`, { payload: url.searchParams.get("start") ?? "" });
  goTo(store.me.id);
}

/** Open a Mini App from a button: the sandbox signs who opens it. */
export async function openWebApp(title, address) {
  try {
    openFrame(title, (await post("webapp", { member: store.me.id, url: address })).url);
  } catch (error) {
    toast(error.message);
  }
}

async function openApp(payload) {
  try {
    const chat = store.chats.get(store.open);
    const body = { member: store.me.id, start_param: payload };
    if (chat && chat.kind !== "private") body.chat = chat.id;
    openFrame(store.bot.first_name, (await post("webapp", body)).url);
  } catch (error) {
    toast(error.message);
  }
}

function chooseGroup(payload) {
  const groups = [...store.chats.values()].filter((chat) => chat.kind !== "private" && !chat.migrated_to);
  if (!groups.length) return toast("You are in no group yet. Make one in the list.");
  openSheet("Add the bot to a group", (body, close) => {
    for (const chat of groups) {
      const pick = async () => {
        close();
        await post(`chats/${chat.id}/startgroup`, { member: store.me.id, payload });
        goTo(chat.id);
      };
      body.append(el("button.list", { onclick: pick }, face(chat.id, chat.title, "mid"), chat.title));
    }
  });
}
