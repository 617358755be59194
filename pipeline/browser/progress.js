// One bar over all that loading is made of: reading, starting, and first passes that give no sign.

const WORDS = {
  read: "Loading the model…",
  engine: "Loading the model…",
  warm: "Warming up…",
};
// Where each stage of the first runtime ends; where it fails, later ones share what is left.
const ENDS = { read: 0.02, engine: 0.7, warm: 0.95 };
const TICK_MS = 100;
// A pass of unknown length: the bar covers this share of what is left of its stage each tick.
const CREEP = 0.03;

export class Progress {
  #told;
  #share = 0;
  #end = 0;
  #words = WORDS.read;
  #timer;
  #files = new Map();

  constructor(told) {
    this.#told = told;
    this.#timer = setInterval(() => this.#creep(), TICK_MS);
    this.#timer.unref?.();
  }

  stage(name) {
    this.#words = WORDS[name];
    const end = ENDS[name];
    // A further runtime starts over within what is left.
    this.#end = end > this.#share ? end : this.#share + (0.97 - this.#share) / 3;
    this.#tell();
  }

  /** So many bytes of a file are here. */
  read(name, done, total) {
    this.#files.set(name, [done, total]);
    let [sum, all] = [0, 0];
    for (const [one, whole] of this.#files.values()) {
      sum += one;
      all += whole;
    }
    const within = all ? (sum / all) * this.#end * 0.95 : 0;
    if (within > this.#share) {
      this.#share = within;
      this.#tell();
    }
  }

  #creep() {
    this.#share += (this.#end - this.#share) * CREEP;
    this.#tell();
  }

  #tell() {
    this.#told(this.#share, this.#words);
  }

  finish() {
    this.#share = 1;
    this.#words = "Ready";
    this.#tell();
  }

  end() {
    clearInterval(this.#timer);
  }
}
