// Where a package's files come from: a folder on a web server, a folder on disk (Node), or an object
// that gives them by name (the single-file page has them inside).

const inNode = () => Boolean(globalThis.process?.versions?.node) && !globalThis.document;

/**
 * `read(name)` gives bytes, kept until `forget()`; `script(name)` an address to start code from.
 * @param {string|URL|{read: Function}} where
 * @param {function(string, number, number): void} told name, bytes so far, bytes in all (or 0)
 */
export function placeOf(where, told) {
  const source = typeof where?.read === "function" ? given(where) : folder(where, told);
  const kept = new Map();
  return {
    ...source,
    read(name) {
      if (!kept.has(name)) kept.set(name, source.read(name).then((bytes) => asBuffer(bytes)));
      return kept.get(name);
    },
    forget: () => kept.clear(),
  };
}

function asBuffer(bytes) {
  if (bytes instanceof ArrayBuffer) return bytes;
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
}

function given(where) {
  return {
    read: async (name) => where.read(name),
    async script(name) {
      const bytes = await where.read(name);
      if (inNode()) {
        const code = Buffer.from(bytes).toString("base64");
        return { href: `data:text/javascript;base64,${code}`, release: () => {} };
      }
      const href = URL.createObjectURL(new Blob([bytes], { type: "text/javascript" }));
      return { href, release: () => URL.revokeObjectURL(href) };
    },
  };
}

function folder(where, told) {
  const base = inNode() ? onDisk(where) : new URL(where, document.baseURI);
  if (!base.pathname.endsWith("/")) base.pathname += "/";
  return {
    read: (name) =>
      base.protocol === "file:" && inNode()
        ? readFile(new URL(name, base))
        : download(new URL(name, base), name, told),
    script: async (name) => ({ href: new URL(name, base).href, release: () => {} }),
  };
}

function onDisk(where) {
  const address = String(where);
  if (/^(https?|file):/.test(address)) return new URL(address);
  return new URL(address, `file://${process.cwd()}/`);
}

async function readFile(url) {
  // Named by a variable, so that bundlers for browsers leave it alone.
  const module = "node:fs/promises";
  const files = await import(/* webpackIgnore: true */ /* @vite-ignore */ module);
  return files.readFile(url);
}

async function download(url, name, told) {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${name} is missing beside metadata.json (${answer.status}).`);
  const total = Number(answer.headers.get("content-length")) || 0;
  if (!answer.body) return answer.arrayBuffer();
  const parts = [];
  let done = 0;
  const reader = answer.body.getReader();
  for (;;) {
    const { done: over, value } = await reader.read();
    if (over) break;
    parts.push(value);
    done += value.length;
    told(name, done, Math.max(total, done));
  }
  const bytes = new Uint8Array(done);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes.buffer;
}
