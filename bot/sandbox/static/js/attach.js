// Choosing photos, videos and files, and sending them with a caption.

import { sendFiles } from "./api.js";
import { el, toast } from "./dom.js";
import { openSheet } from "./layers.js";
import { store } from "./store.js";

const kindOf = (file) => (file.type.startsWith("image/") ? "photo" : file.type.startsWith("video/") ? "video" : "document");

/** Let the visitor choose files and send them to a chat. */
export function chooseFiles(chatId, replyTo, done) {
  const input = el("input", { type: "file", multiple: true });
  input.onchange = () => input.files.length && previewFiles(chatId, [...input.files], replyTo, done);
  input.click();
}

/** Show what will be sent and how; onSent is called afterwards. */
export function previewFiles(chatId, files, replyTo, onSent) {
  openSheet(files.length === 1 ? "Send a file" : `Send ${files.length} files`, (body, close) => {
    const shown = files.slice(0, 24).map((file) => {
      const picture = kindOf(file) === "photo";
      return el("figure", {}, picture ? el("img", { src: URL.createObjectURL(file), alt: file.name }) : file.name);
    });
    if (files.length > 24) shown.push(el("figure", {}, `+${files.length - 24}`));
    body.append(el("div.previews", {}, ...shown));
    let asFiles = false;
    const media = files.some((file) => kindOf(file) !== "document");
    if (media) {
      const ways = [["As photos and videos", false], ["As files", true]].map(([text, value]) => {
        const pick = (event) => {
          asFiles = value;
          ways.forEach((way) => way.classList.toggle("picked", way === event.currentTarget));
        };
        return el(`button${value ? "" : ".picked"}`, { onclick: pick }, text);
      });
      body.append(el("div.pair", {}, ...ways));
    }
    const caption = el("input", { type: "text", placeholder: "Add a caption…" });
    const send = el("button.solid", {}, "Send ➤");
    send.onclick = async () => {
      send.disabled = true;
      try {
        await sendAll(chatId, files, asFiles, caption.value, replyTo);
        close();
        onSent?.();
      } catch (error) {
        toast(error.message);
        send.disabled = false;
      }
    };
    caption.onkeydown = (event) => event.key === "Enter" && send.click();
    body.append(el("label", {}, "Caption", caption), el("div.foot", {}, send));
    caption.focus();
  });
}

/** Files of one kind go together, in the order they were chosen. */
async function sendAll(chatId, files, asFiles, caption, replyTo) {
  const runs = [];
  for (const file of files) {
    const kind = asFiles ? "document" : kindOf(file);
    if (runs.at(-1)?.kind === kind) runs.at(-1).files.push(file);
    else runs.push({ kind, files: [file] });
  }
  for (const [at, run] of runs.entries()) {
    await sendFiles(chatId, { member: store.me.id, ...run, caption: at ? "" : caption, replyTo });
  }
}
