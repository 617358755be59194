// A photo in full, with a way into the editor.

import { fileUrl } from "./api.js";
import { el } from "./dom.js";
import { openEditor } from "./editor.js";
import { openLayer } from "./layers.js";

export function openViewer(view) {
  const size = view.message.photo.at(-1);
  const draw = async () => {
    await openEditor(view, size.file_id);
    close();
  };
  const closer = el("button.round", { "aria-label": "Close", onclick: () => close() }, "✕");
  const save = el("a.round", { href: fileUrl(size.file_id), download: "photo.jpg", "aria-label": "Save", style: "display:grid;place-items:center;text-decoration:none" }, "⤓");
  const close = openLayer(
    "div.layer.dark",
    el("div.bar", {}, closer, el("span.grow", {}, view.message.from.first_name), save, el("button.solid", { onclick: draw }, "🖌 Draw")),
    el("div.stage", {}, el("img", { src: fileUrl(size.file_id), alt: "Photo" })),
    view.message.caption ? el("div.caption", {}, view.message.caption) : null,
  );
}
