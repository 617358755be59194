// Starts the page: #as=MEMBER&chat=CHAT in the address chooses who one is and where.

import { drawChat, jumpTo, toEnd } from "./chatview.js";
import { drawComposer, editOwn, replyTo, sendText } from "./composer.js";
import { onGo } from "./links.js";
import { beginners, drawSide } from "./sidebar.js";
import { loadState, members, onChange, play, store } from "./store.js";

const hooks = { reply: replyTo, edit: editOwn, jump: jumpTo, command: (text) => sendText(text), back, begin: () => beginners(show) };
let waiting = false;
let following = true; // until the visitor chooses a chat, the newest group is shown

function draw() {
  waiting = false;
  drawChat(hooks);
  drawComposer();
  drawSide(show);
  if (store.me) history.replaceState(null, "", `#as=${store.me.id}${store.open ? `&chat=${store.open}` : ""}`);
}

/** Several changes at once are drawn once. */
function soon() {
  if (waiting) return;
  waiting = true;
  // A timer, not a frame: a tab in the background gets no frames but must stay up to date.
  setTimeout(draw, 0);
}

function show(chatId) {
  store.open = chatId;
  document.body.classList.add("in-chat");
  draw();
  toEnd();
}

function back() {
  following = false;
  document.body.classList.remove("in-chat");
  if (matchMedia("(max-width: 759px)").matches) store.open = null;
  draw();
}

/** Where an older group went when it became a supergroup. */
function followMigration() {
  const chat = store.chats.get(store.open);
  if (chat?.migrated_to && store.chats.has(chat.migrated_to)) store.open = chat.migrated_to;
}

const newestGroup = () => [...store.chats.values()].filter((one) => one.kind !== "private" && !one.migrated_to).at(-1)?.id;

async function begin() {
  const wanted = new URLSearchParams(location.hash.slice(1));
  await loadState();
  const first = store.people.get(Number(wanted.get("as"))) ?? members()[0];
  if (first) await play(first.id);
  const chat = Number(wanted.get("chat"));
  const target = store.chats.has(chat) ? chat : newestGroup();
  if (target) show(target);
  else draw();
}

/** Nobody is here yet: whoever comes, the demo's members perhaps, is shown as soon as they come. */
async function awaitFirst() {
  while (!store.me) {
    await new Promise((resolve) => setTimeout(resolve, 1500));
    try {
      await loadState();
      if (!store.me && members().length) await begin();
    } catch {
      continue; // the server is away for a moment
    }
  }
}

onChange(() => {
  followMigration();
  if (following && !store.open && newestGroup()) return show(newestGroup());
  soon();
});
onGo(show);
document.addEventListener("redraw", soon);
document.addEventListener("visibilitychange", soon);
await begin();
void awaitFirst();
