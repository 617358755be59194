// Sentences of words.js in the person's language.

const { language, table } = globalThis.WORDS;
const plurals = new Intl.PluralRules(language);
const numbers = new Intl.NumberFormat(language);

/** The sentence `key`, its {places} filled with `values`; `count` chooses the plural's form. */
export function say(key, values = {}) {
  const entry = table[key];
  const sentence = typeof entry === "string" ? entry : entry[plurals.select(values.count)];
  return sentence.replace(/\{(\w+)\}/g, (_, name) => {
    const value = values[name];
    return typeof value === "number" ? numbers.format(value) : value;
  });
}

/** A share 0..1 as a percentage, written as the language does. */
export function percent(share, digits = 0) {
  return share.toLocaleString(language, { style: "percent", maximumFractionDigits: digits });
}

/** An ISO date, written as the language does. */
export function date(iso) {
  const day = new Date(iso);
  return Number.isNaN(day.getTime()) ? null : day.toLocaleDateString(language, { dateStyle: "medium" });
}

/** Puts the language's words into every element that names its sentence. */
export function translate() {
  document.documentElement.lang = language;
  for (const element of document.querySelectorAll("[data-say]")) {
    element.textContent = say(element.dataset.say);
  }
  for (const element of document.querySelectorAll("[data-label]")) {
    element.setAttribute("aria-label", say(element.dataset.label));
  }
}
