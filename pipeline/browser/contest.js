// Which of two runtimes is faster here.

const ROUNDS = 5;
// So much longer in its best pass, and it is not measured further.
const FAR_BEHIND = 2;
// What computes is kept unless the other one is clearly faster: a few hundredths are chance.
const CLEARLY = 0.9;
// LiteRT gains more than others once the browser has replaced its first, hasty code.
const NEARLY = 1.05;

function median(times) {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[sorted.length >> 1];
}

/**
 * Whether `rival` is clearly faster than `engine`, by the medians of passes made in turns; LiteRT
 * need not be.
 *
 * @param {function(function(): Promise): Promise} turn runs a round when nothing else computes
 */
export async function beats(rival, engine, turn) {
  const [its, usual] = [[], []];
  for (let round = 0; round < ROUNDS; round += 1) {
    await turn(async () => {
      usual.push(await engine.warm());
      its.push(await rival.warm());
    });
    // Its first pass but one may still run on code that the browser is about to replace.
    if (round > 0 && Math.min(...its) > FAR_BEHIND * Math.min(...usual)) return false;
  }
  const share = rival.runtime === "litert" ? NEARLY : CLEARLY;
  return median(its) < share * median(usual);
}
