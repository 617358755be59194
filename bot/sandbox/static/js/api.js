// Calls the control API (/sandbox/api).

const ROOT = "/sandbox/api/";

async function read(response) {
  const body = await response.json();
  if (!response.ok) throw new Error(body.error ?? "The sandbox did not understand that.");
  return body;
}

export async function get(path, query = {}) {
  const words = new URLSearchParams(query).toString();
  return read(await fetch(ROOT + path + (words && "?" + words)));
}

export async function post(path, body = {}) {
  const headers = { "content-type": "application/json" };
  return read(await fetch(ROOT + path, { method: "POST", headers, body: JSON.stringify(body) }));
}

/** Send files as one message or album: kind is "photo", "video" or "document". */
export async function sendFiles(chat, { member, kind, files, caption = "", replyTo = null }) {
  const form = new FormData();
  form.set("member", member);
  form.set("kind", kind);
  form.set("caption", caption);
  if (replyTo) form.set("reply_to", replyTo);
  files.forEach((file, at) => form.append(`file${String(at).padStart(4, "0")}`, file, file.name ?? "photo.jpg"));
  return read(await fetch(`${ROOT}chats/${chat}/send`, { method: "POST", body: form }));
}

export const fileUrl = (fileId) => `${ROOT}files/${fileId}`;
