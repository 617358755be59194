// Who is in a group, and what may be changed about it.

import { post } from "./api.js";
import { el, face, toast } from "./dom.js";
import { openSheet } from "./layers.js";
import { members, store } from "./store.js";

const ROLES = { creator: "owner", administrator: "admin", member: "" };

export function openGroup(chat) {
  openSheet(chat.title, (body, close) => {
    const change = async (member, action) => {
      try {
        await post(`chats/${chat.id}/members`, { member, action, by: store.me.id });
        close();
      } catch (error) {
        toast(error.message);
      }
    };
    for (const [key, role] of Object.entries(chat.members)) {
      const id = Number(key);
      const person = store.people.get(id);
      if (!person || !(role in ROLES)) continue;
      const isBot = id === store.bot.id;
      const sees = role === "administrator" ? "admin · sees every message" : "sees commands and replies to it";
      const promote = role === "administrator" ? ["Remove as admin", "demote"] : ["Make admin", "promote"];
      body.append(
        el("div.list", {}, face(id, person.first_name, "mid"),
          el("span.grow", {}, person.first_name, el("small", {}, isBot ? sees : ROLES[role])),
          isBot ? el("button.ghost", { onclick: () => change("bot", promote[1]) }, promote[0]) : null),
      );
    }
    const outside = members().filter((one) => !(chat.members[one.id] in ROLES));
    for (const person of outside) {
      body.append(
        el("div.list", {}, face(person.id, person.first_name, "mid"), el("span.grow", {}, person.first_name),
          el("button.ghost", { onclick: () => change(person.id, "join") }, "Add")),
      );
    }
    if (!(chat.members[store.bot.id] in ROLES)) {
      body.append(el("div.foot", {}, el("button.solid", { onclick: () => change("bot", "join") }, "Add the bot")));
    }
  });
}
