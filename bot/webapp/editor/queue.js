// Changes on their way to the server. Each is kept in the browser before it is sent and forgotten
// only when the server has it, so a reload or a lost network loses nothing. Sending one twice is
// harmless: the server knows each by its name.

import { Offline } from "./api.js";

const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 15_000;
const AT_ONCE = 100;

export class Queue {
  #shelf;
  #api;
  #told;
  #sending = null;
  #timer = null;
  #wait = FIRST_WAIT_MS;

  /** `told`: {changed(), taken(token, answer), refused(token, words), locked(words)}. */
  constructor(api, person, told) {
    this.#shelf = new Shelf(`taptrain:edits:${person}`);
    this.#api = api;
    this.#told = told;
    this.offline = false;
    this.locked = false;
    addEventListener("online", () => this.flush());
    document.addEventListener("visibilitychange", () => !document.hidden && this.flush());
  }

  /** What waits, of one task or of all. */
  of(token) {
    return this.#shelf.read().filter((entry) => !token || entry.token === token);
  }

  get sending() {
    return this.#sending !== null;
  }

  push(token, entries) {
    this.#shelf.write([...this.#shelf.read(), ...entries.map((entry) => ({ token, ...entry }))]);
    this.#told.changed();
    this.flush();
  }

  /** Send what waits; ends when all is sent, or when the network is found to be away. */
  flush() {
    if (this.locked) return Promise.resolve();
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = null;
      this.#told.changed();
      // Something may have come while the last answer was told.
      if (!this.offline && this.#shelf.read().length) this.flush();
    });
    return this.#sending;
  }

  async #sendAll() {
    clearTimeout(this.#timer);
    try {
      for (let first; (first = this.#shelf.read()[0]); ) {
        this.#told.changed();
        await this.#send(first.token);
        this.offline = false;
        this.#wait = FIRST_WAIT_MS;
      }
    } catch (error) {
      if (!(error instanceof Offline)) throw error;
      this.offline = true;
      this.#timer = setTimeout(() => this.flush(), this.#wait);
      this.#wait = Math.min(this.#wait * 2, LONGEST_WAIT_MS);
    }
  }

  async #send(token) {
    const entries = this.of(token).slice(0, AT_ONCE);
    let answer;
    try {
      answer = await this.#api.send(token, entries.map((entry) => entry.edit));
    } catch (error) {
      if (error instanceof Offline) throw error;
      if (error.status === 401) {
        // Signed too long ago: they wait until the editor is opened from the chat again.
        this.locked = true;
        this.#told.locked(error.message);
        throw new Offline(error.message);
      }
      this.#forget(entries);
      this.#told.refused(token, error.message);
      return;
    }
    this.#forget(entries);
    this.#told.taken(token, answer);
    if (answer.refused.length) this.#told.refused(token, answer.refused[0].why);
  }

  #forget(entries) {
    const gone = new Set(entries.map((entry) => entry.edit.id));
    this.#shelf.write(this.#shelf.read().filter((entry) => !gone.has(entry.edit.id)));
  }
}

/** A list in the browser's storage; in memory where that is closed to us. */
class Shelf {
  #name;
  #memory = [];

  constructor(name) {
    this.#name = name;
  }

  read() {
    try {
      return JSON.parse(localStorage.getItem(this.#name) ?? "[]");
    } catch {
      return this.#memory;
    }
  }

  write(list) {
    this.#memory = list;
    try {
      localStorage.setItem(this.#name, JSON.stringify(list));
    } catch {
      // Full or forbidden: memory serves until the page is closed.
    }
  }
}
