// Lets the page's scripts compare engines whose passes take given times; prints who won, as JSON.
import { pathToFileURL } from "node:url";

const { beats } = await import(pathToFileURL(process.argv[2]).href);
const cases = JSON.parse(process.argv[3]);

/** An engine with these times, the last for ever; at a time of null it breaks. */
function engine(runtime, times) {
  const left = [...times];
  return {
    runtime,
    passes: 0,
    async warm() {
      this.passes += 1;
      const time = left.length > 1 ? left.shift() : left[0];
      if (time === null) throw new Error("broken");
      return time;
    },
  };
}

const results = [];
for (const { name, rival, present, usual } of cases) {
  const [its, mine] = [engine(name, rival), engine(present, usual)];
  const faster = await beats(its, mine, (round) => round());
  results.push({ faster, passes: [its.passes, mine.passes] });
}
console.log(JSON.stringify(results));
