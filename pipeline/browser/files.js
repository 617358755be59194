// The package's files: beside this page on a server, or inside it (the single .html file).

const inside = new Map(
  [...document.querySelectorAll("script[data-file]")].map((element) => [element.dataset.file, element]),
);

/** True when the page carries its files in itself. */
export const single = inside.size > 0;

/** Where the page's folder is; every address is relative to it. */
export const base = new URL("./", document.baseURI);

/** What Detector.load takes: a folder's address, or something that reads files by name. */
export const place = single ? { read } : base.href;

/**
 * The bytes of one of the package's files.
 * @param {string} name such as "selftest/picture.png"
 * @returns {Promise<ArrayBuffer>}
 */
export async function read(name) {
  if (!single) {
    const answer = await fetch(new URL(name, base));
    if (!answer.ok) throw new Error(`${name} is missing beside this page.`);
    return answer.arrayBuffer();
  }
  const element = inside.get(name);
  if (!element) throw new Error(`${name} is not in this file.`);
  return unpacked(element.textContent);
}

/** Bytes of gzip in base64: half the size of base64 alone. */
async function unpacked(base64) {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i += 1) bytes[i] = text.charCodeAt(i);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).arrayBuffer();
}

/** One of the package's JSON files. */
export async function readJson(name) {
  return JSON.parse(new TextDecoder().decode(await read(name)));
}
