// Renders a text with its entities (offsets in UTF-16 units, which is what JavaScript counts).

import { el } from "./dom.js";

const SIMPLE = { bold: "b", italic: "i", underline: "u", strikethrough: "s", code: "code", pre: "pre" };

/** Nodes for a text. onLink(address) and onCommand(text) are called on clicks. */
export function formatted(text, entities = [], { onLink, onCommand } = {}) {
  return nodes(text, 0, text.length, [...entities].sort((a, b) => a.offset - b.offset || b.length - a.length));

  function nodes(source, from, to, inside) {
    const out = [];
    let at = from;
    for (let i = 0; i < inside.length; i++) {
      const entity = inside[i];
      const end = entity.offset + entity.length;
      if (entity.offset < at) continue;
      out.push(source.slice(at, entity.offset));
      const nested = inside.slice(i + 1).filter((one) => one.offset < end);
      out.push(wrap(entity, source.slice(entity.offset, end), nodes(source, entity.offset, end, nested)));
      at = end;
    }
    out.push(source.slice(at, to));
    return out.filter((node) => node !== "");
  }

  function wrap(entity, plain, children) {
    const { type } = entity;
    if (type in SIMPLE) return el(SIMPLE[type], {}, ...children);
    if (type === "blockquote" || type === "expandable_blockquote") return el("blockquote", {}, ...children);
    if (type === "bot_command") return el("button.cmd", { onclick: () => onCommand?.(plain) }, ...children);
    if (type === "spoiler") {
      return el("span.spoiler", { onclick: (event) => event.currentTarget.classList.add("seen") }, ...children);
    }
    if (type === "url" || type === "text_link") {
      const address = type === "url" ? (plain.includes("://") ? plain : `https://${plain}`) : entity.url;
      const open = (event) => {
        event.preventDefault();
        onLink?.(address);
      };
      return el("a", { href: address, onclick: open }, ...children);
    }
    if (type === "mention") return el("a", {}, ...children);
    return el("span", {}, ...children);
  }
}

/** One line that stands for a message: in quotes, pins and the chat list. */
export function summary(message) {
  const words = (message.text ?? message.caption ?? "").replace(/\s+/g, " ");
  if (message.photo) return words ? `🖼 ${words}` : "🖼 Photo";
  if (message.animation) return words ? `🎞 ${words}` : "🎞 GIF";
  if (message.video) return words ? `🎬 ${words}` : "🎬 Video";
  if (message.document) return `📄 ${message.document.file_name}`;
  return words || serviceText(message);
}

/** What a service message tells. */
export function serviceText(message) {
  const who = message.from.first_name;
  if (message.new_chat_members) {
    const names = message.new_chat_members.map((one) => one.first_name).join(", ");
    return names === who ? `${who} joined` : `${who} added ${names}`;
  }
  if (message.left_chat_member) {
    const left = message.left_chat_member.first_name;
    return left === who ? `${who} left` : `${who} removed ${left}`;
  }
  if (message.pinned_message) return `${who} pinned "${summary(message.pinned_message).slice(0, 60)}"`;
  if (message.migrate_to_chat_id) return "This group became a supergroup";
  if (message.migrate_from_chat_id) return "The group became a supergroup";
  return "Something happened";
}
