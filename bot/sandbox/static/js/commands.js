// The bot's commands as this member sees them in this chat.

import { el } from "./dom.js";
import { currentChat, loadState, store } from "./store.js";

/** The list of the narrowest scope that has one, in the member's language if there is. */
function commandsHere(chat) {
  const { me, commands = {} } = store;
  const admin = ["administrator", "creator"].includes(chat.members[me.id]);
  const group = chat.kind !== "private";
  const scopes = group
    ? [
        ["chat_member", chat.id, me.id],
        admin && ["chat_administrators", chat.id, null],
        ["chat", chat.id, null],
        admin && ["all_chat_administrators", null, null],
        ["all_group_chats", null, null],
      ]
    : [["chat", chat.id, null], ["all_private_chats", null, null]];
  for (const scope of [...scopes.filter(Boolean), ["default", null, null]]) {
    for (const language of [me.language_code ?? "", ""]) {
      const found = findScope(commands, [...scope, language]);
      if (found) return found;
    }
  }
  return [];
}

function findScope(commands, wanted) {
  const key = Object.keys(commands).find((name) => JSON.stringify(JSON.parse(name)) === JSON.stringify(wanted));
  return key && commands[key];
}

/** Fill `box` with the commands that begin like `text`; choose(text) is called with the picked one. */
export async function showCommands(box, text, choose) {
  await loadState();
  const chat = currentChat();
  if (!chat || !store.me) return;
  const word = text.slice(1).split("@")[0].toLowerCase();
  const fitting = commandsHere(chat).filter((one) => one.command.startsWith(word));
  const at = chat.kind === "private" ? "" : `@${store.bot.username}`;
  box.replaceChildren(
    ...fitting.map(({ command, description }) =>
      el("button", { onclick: () => choose(`/${command}${at}`) }, el("b", {}, `/${command}`), el("span", {}, description))),
  );
  box.hidden = fitting.length === 0;
}
