// The self-test as people see it: a button, the picture with its boxes, and a verdict.

import { percent, say } from "./say.js";
import { runSelftest } from "./selftest.js";
import { show } from "./stage.js";

const $ = (id) => document.getElementById(id);

/** Runs the self-test and shows how it went; what `runSelftest` gives, without the picture. */
export async function check(detector) {
  const words = $("selftest-words");
  try {
    $("selftest").disabled = true;
    words.className = "";
    words.textContent = say("comparing");
    await new Promise((resolve) => setTimeout(resolve, 20));
    const { picture, width, height, boxes, ...result } = await runSelftest(detector);
    show({ source: picture, width, height, boxes, whole: true, note: say("checkPicture"), name: "check" });
    words.textContent = verdict(result);
    words.className = result.passed ? "good" : "bad";
    return result;
  } catch (error) {
    console.error(error);
    words.textContent = say("checkFailed");
    words.className = "bad";
    return { passed: false, compared: 0, matched: 0, error: error.message };
  } finally {
    $("selftest").disabled = false;
  }
}

function verdict({ passed, compared, matched, minIou, maxScoreDifference, suppressed }) {
  if (!passed) return say("checkBad", { matched, count: compared });
  const fit = percent(Math.floor(minIou * 1000) / 1000, 1);
  const points = Number((maxScoreDifference * 100).toFixed(1));
  const good = say("checkGood", { count: compared, fit, points });
  return suppressed ? good : `${good} ${say("checkYoung")}`;
}
