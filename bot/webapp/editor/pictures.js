// The pictures that this person goes through: where they were, and the next one fetched ahead.

const KEPT = "taptrain:trail";

export class Pictures {
  #api;
  #trail;
  #at;
  #ahead = null;
  #looking = false;

  constructor(api, first) {
    this.#api = api;
    const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "null");
    // The same visit goes on after a reload.
    [this.#trail, this.#at] = kept?.trail[kept.at] === first ? [kept.trail, kept.at] : [[first], 0];
  }

  get token() {
    return this.#trail[this.#at];
  }

  get hasBefore() {
    return this.#at > 0;
  }

  /** Whether the next picture is known, so nobody need be asked which it is. */
  get hasNext() {
    return this.#at < this.#trail.length - 1 || this.hasAhead;
  }

  get hasAhead() {
    return this.#ahead?.after === this.token;
  }

  /** Fetch the next picture while this one is worked on. */
  async lookAhead() {
    if (this.hasNext || this.#looking) return;
    this.#looking = true;
    const after = this.token;
    try {
      const token = await this.#api.next(after);
      if (token) this.#ahead = { after, ...(await this.#load(token)) };
    } finally {
      this.#looking = false;
    }
  }

  /** {token, scene, bitmap} of this picture. */
  async here() {
    return this.#load(this.token);
  }

  /** The picture before, as `here`; null when there is none. */
  async before() {
    return this.hasBefore ? this.#go(this.#at - 1, this.#trail) : null;
  }

  /** The next picture, as `here`; null when nothing waits any more. */
  async next() {
    if (this.#at < this.#trail.length - 1) return this.#go(this.#at + 1, this.#trail);
    const token = this.hasAhead ? this.#ahead.token : await this.#api.next(this.token);
    return token ? this.#go(this.#at + 1, [...this.#trail, token]) : null;
  }

  async #go(at, trail) {
    const found = await this.#load(trail[at]);
    [this.#trail, this.#at] = [trail, at];
    sessionStorage.setItem(KEPT, JSON.stringify({ trail, at }));
    history.replaceState(null, "", `?task=${found.token}${location.hash}`);
    return found;
  }

  async #load(token) {
    const ahead = this.#ahead;
    if (ahead?.token === token) {
      // Handed over: its bitmap is closed with the picture.
      this.#ahead = null;
      return ahead;
    }
    const [scene, bitmap] = await Promise.all([this.#api.scene(token), this.#api.picture(token)]);
    return { token, scene, bitmap };
  }
}
