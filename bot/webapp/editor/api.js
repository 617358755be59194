// Asks the bot's server. A refusal is a Refused with a sentence for the person; no answer at all
// (no network, or the server is being started) is Offline: try again later. Where the server says why
// it is to be tried later, that is the Offline's message.

import { UNCLEAR } from "./words.js";

export class Offline extends Error {}

export class Refused extends Error {
  constructor(words, status) {
    super(words);
    this.status = status;
  }
}

const PATIENCE_MS = 20_000;
const COPIES = 24;

export class Api {
  constructor(initData, person) {
    this.initData = initData;
    this.copies = new Copies(`taptrain:pictures:${person}`);
  }

  /** What stands on a picture; without network, what stood there last. */
  async scene(token) {
    return (await this.#get(token)).json();
  }

  /** Say that this person is there; what changed since `known`, and who else is. */
  look(token, known) {
    return this.#json(`${token}?${new URLSearchParams({ here: 1, known })}`);
  }

  send(token, edits, { leaving = false } = {}) {
    return this.#json(`${token}/ops`, { edits }, leaving);
  }

  async next(token) {
    return (await this.#json(`${token}/next`, {})).token;
  }

  async picture(token) {
    const blob = await (await this.#get(`${token}/image`)).blob();
    return createImageBitmap(blob);
  }

  async #get(path) {
    try {
      const response = await this.#fetch(path);
      this.copies.keep(path, response.clone());
      return response;
    } catch (error) {
      const copy = error instanceof Offline && (await this.copies.find(path));
      if (copy) return copy;
      throw error;
    }
  }

  async #json(path, body, keepalive = false) {
    return (await this.#fetch(path, body, keepalive)).json();
  }

  async #fetch(path, body, keepalive = false) {
    const headers = { Authorization: `tma ${this.initData}` };
    const options = { headers, keepalive, signal: AbortSignal.timeout(PATIENCE_MS), cache: "no-store" };
    if (body) Object.assign(options, { method: "POST", body: JSON.stringify(body) });
    let response;
    try {
      response = await fetch(`api/task/${path}`, options);
    } catch {
      throw new Offline();
    }
    if (response.ok) return response;
    const told = await response.json().catch(() => ({}));
    if (response.status >= 500 || response.status === 429) throw new Offline(told.error);
    throw new Refused(told.error ?? UNCLEAR, response.status);
  }
}

/** The last answers, kept for a reload without network where the browser has a place for them. */
class Copies {
  #cache;

  constructor(name) {
    this.#cache = window.caches ? caches.open(name).catch(() => null) : Promise.resolve(null);
  }

  async find(path) {
    return (await this.#cache)?.match(`api/task/${path}`);
  }

  async keep(path, response) {
    const cache = await this.#cache;
    if (!cache) return;
    try {
      await cache.put(`api/task/${path}`, response);
      const old = (await cache.keys()).slice(0, -COPIES);
      await Promise.all(old.map((request) => cache.delete(request)));
    } catch {
      // No room: a reload then needs the network.
    }
  }
}
