// Which of two runtimes is faster here.

const ROUNDS = 5;
// So much longer in its best pass, and it is not measured further; after one pass, and after more.
const HOPELESS = 10;
const FAR_BEHIND = 2;
// Pictures wait while rounds are made; after so long what is known decides.
const PATIENCE_MS = 4000;
// What computes is kept unless the other one is clearly faster: a few hundredths are chance.
const CLEARLY = 0.9;
// LiteRT gains more than the other WebAssembly once the browser has replaced its first, hasty code.
const NEARLY = 1.05;

function median(times) {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[sorted.length >> 1];
}

function sum(times) {
  return times.reduce((total, time) => total + time, 0);
}

/**
 * Whether `rival` is clearly faster than `engine`, by the medians of passes made in turns; LiteRT
 * need not be. An engine that breaks meanwhile is slower than any other.
 *
 * @param {function(function(): Promise): Promise} turn runs a round when nothing else computes
 */
export async function beats(rival, engine, turn) {
  const [its, usual] = [[], []];
  for (let round = 0; round < ROUNDS; round += 1) {
    await turn(async () => {
      usual.push(await engine.warm().catch(() => Infinity));
      its.push(await rival.warm());
    });
    // Its first pass but one may still run on code that the browser is about to replace.
    const behind = round > 0 ? FAR_BEHIND : HOPELESS;
    if (Math.min(...its) > behind * Math.min(...usual)) return false;
    if (sum(its) + sum(usual) > PATIENCE_MS) break;
  }
  const near = rival.runtime === "litert" && engine.runtime === "wasm";
  const share = near ? NEARLY : CLEARLY;
  return median(its) < share * median(usual);
}
