// One message, or the messages of one album, as a row of the chat.

import { fileUrl, post } from "./api.js";
import { clockTime, el, face, fileSize, hue, toast } from "./dom.js";
import { inlineKeyboard } from "./keyboard.js";
import { openMenu } from "./layers.js";
import { openLink } from "./links.js";
import { store } from "./store.js";
import { formatted, serviceText, summary } from "./text.js";
import { openViewer } from "./viewer.js";

const SWIPE = 56; // pixels to the left that mean "reply"
const WIDE_AT = 800; // the photo size that is shown in a bubble

/** A row for the messages of a block. hooks: {reply(view), edit(view), jump(id), command(text)}. */
export function messageRow(views, { first, last, group }, hooks) {
  const [head] = views;
  const { message } = head;
  if (isService(message)) return el("div.note", {}, serviceText(message));
  const own = message.from.id === store.me?.id;
  const bubble = el("div.bubble");
  if (group && !own && first) {
    bubble.append(el("span.name", { "--hue": hue(message.from.id) }, message.from.first_name));
  }
  if (message.forward_origin) {
    bubble.append(el("span.name", { "--hue": 200 }, `Forwarded from ${message.forward_origin.sender_user.first_name}`));
  }
  if (message.reply_to_message) bubble.append(quote(message.reply_to_message, hooks));
  fill(bubble, views, hooks);
  const stack = el("div.stack", {}, bubble, inlineKeyboard(head));
  const row = el("div.row", {}, stack);
  row.classList.toggle("own", own);
  row.classList.toggle("first", first);
  row.classList.toggle("last", last);
  row.classList.toggle("wide", Boolean(message.photo || message.video || message.animation || message.reply_markup));
  if (group && !own) {
    row.prepend(last ? face(message.from.id, message.from.first_name, "small") : el("span.gap"));
  }
  row.append(el("button.act", { "aria-label": "Reply", onclick: () => hooks.reply(head) }, "↩"));
  swipeToReply(row, () => hooks.reply(head));
  bubble.ondblclick = () => hooks.reply(head);
  bubble.oncontextmenu = (event) => {
    event.preventDefault();
    openMenu(event.clientX, event.clientY, entries(head, own, hooks));
  };
  return row;
}

export function isService(message) {
  return !["text", "photo", "document", "video", "animation"].some((kind) => kind in message);
}

function fill(bubble, views, hooks) {
  const [head] = views;
  const visual = views.filter(({ message }) => message.photo || message.video || message.animation);
  if (visual.length) bubble.append(pictures(visual));
  views.filter(({ message }) => message.document && !message.animation).forEach(({ message }) => bubble.append(file(message.document)));
  const worded = views.find(({ message }) => message.text ?? message.caption) ?? head;
  const words = worded.message.text ?? worded.message.caption ?? "";
  const meta = el("span.meta", {}, [head.silent && "🔕", wasEdited(head.message) && "edited", clockTime(head.message.date)].filter(Boolean).join(" "));
  if (words) {
    const entities = worded.message.entities ?? worded.message.caption_entities;
    const handlers = { onLink: openLink, onCommand: hooks.command };
    bubble.append(el("div.text", {}, ...formatted(words, entities, handlers), meta));
  } else if (visual.length) {
    bubble.querySelector(".media").classList.add("only");
    meta.classList.add("over");
    bubble.append(meta);
  } else {
    bubble.append(meta);
  }
  const emoji = Object.values(head.reactions).flat().map((one) => one.emoji);
  if (emoji.length) bubble.append(el("div.reactions", {}, ...emoji.map((one) => el("span", {}, one))));
}

/** A bot's message with a keyboard changes all the time: Telegram does not call that edited. */
const wasEdited = (message) => message.edit_date && !message.reply_markup;

function pictures(views) {
  const box = el("div.media");
  if (views.length === 1) {
    box.append(picture(views[0], false));
    return box;
  }
  // Rows of two or three that fill a grid of six columns.
  box.classList.add("album");
  const rest = views.length % 3;
  const inPairs = rest === 0 ? 0 : rest === 1 ? 4 : 2;
  views.forEach((view, at) => {
    const item = picture(view, true);
    const pair = at < Math.min(inPairs, views.length);
    item.style.gridColumn = `span ${pair ? 3 : 2}`;
    if (pair) item.style.aspectRatio = "4 / 3";
    box.append(item);
  });
  return box;
}

function picture(view, small) {
  const { photo, video, animation } = view.message;
  if (photo) {
    const shown = photo.find((size) => Math.max(size.width, size.height) >= (small ? 320 : WIDE_AT)) ?? photo.at(-1);
    return el("img", {
      src: fileUrl(shown.file_id),
      width: shown.width,
      height: shown.height,
      alt: view.message.caption ?? "Photo",
      onclick: () => openViewer(view),
    });
  }
  const clip = video ?? animation;
  const poster = clip.thumbnail && fileUrl(clip.thumbnail.file_id);
  const props = { src: fileUrl(clip.file_id), width: clip.width, height: clip.height, poster, preload: "none", playsInline: true };
  if (animation) Object.assign(props, { loop: true, muted: true, autoplay: true });
  else props.controls = true;
  return el("video", props);
}

function file(document) {
  const dot = document.file_name.lastIndexOf(".");
  const extension = dot > 0 ? document.file_name.slice(dot + 1, dot + 5).toUpperCase() : "FILE";
  return el(
    "a.file",
    { href: fileUrl(document.file_id), download: document.file_name },
    el("span.icon", { "aria-hidden": "true" }, extension),
    el("span", {}, el("b", {}, document.file_name), el("small", {}, `${fileSize(document.file_size)} · tap to save`)),
  );
}

function quote(message, hooks) {
  const jump = () => hooks.jump(message.message_id);
  return el("button.quote", { onclick: jump }, el("b", {}, message.from.first_name), summary(message));
}

function entries(view, own, hooks) {
  const { message } = view;
  const act = (path, body) => post(`chats/${view.chat_id}/${path}`, { member: store.me.id, message_id: view.id, ...body }).catch((error) => toast(error.message));
  const words = message.text ?? message.caption;
  return [
    ["↩ Reply", () => hooks.reply(view)],
    message.photo && ["🖌 Draw on it", () => openViewer(view)],
    ["👍 Like", () => act("react", { emoji: "👍" })],
    words && ["⧉ Copy", () => navigator.clipboard.writeText(words)],
    own && words && ["✎ Edit", () => hooks.edit(view)],
    own && ["🗑 Delete", () => act("delete", {}), true],
  ].filter(Boolean);
}

function swipeToReply(row, reply) {
  let start = null;
  row.addEventListener("touchstart", (event) => (start = event.touches[0]), { passive: true });
  row.addEventListener("touchmove", (event) => {
    if (!start) return;
    const dx = event.touches[0].clientX - start.clientX;
    if (Math.abs(event.touches[0].clientY - start.clientY) > 24) start = null;
    row.style.transform = start && dx < 0 ? `translateX(${Math.max(dx, -SWIPE - 12)}px)` : "";
  }, { passive: true });
  row.addEventListener("touchend", (event) => {
    row.style.transform = "";
    if (start && event.changedTouches[0].clientX - start.clientX < -SWIPE) reply();
    start = null;
  });
}
