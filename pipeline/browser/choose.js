// Which runtimes a device may have, fastest first; and which one was the fastest the last time.

/** What a package's metadata names, and the runtimes that it brings. */
export const RUNTIMES = {
  tfjs: ["webgpu", "webgl", "wasm", "cpu"],
  litert: ["litert"],
};

const ORDER = ["webgpu", "webgl", "litert", "wasm", "cpu"];
// By the time to a first answer: TensorFlow.js' WebAssembly is a twentieth of LiteRT's, and a
// graphics card compiles for seconds.
const SOONEST = ["wasm", "litert", "webgpu", "webgl", "cpu"];
const SOFTWARE_GPU = /swiftshader|llvmpipe|software|basic render|virtualbox/i;

/** The runtimes that a package holds files for. */
function held(metadata) {
  const names = (metadata.runtimes ?? ["tfjs"]).flatMap((form) => RUNTIMES[form] ?? []);
  return ORDER.filter((name) => names.includes(name));
}

/** Throws a sentence where `runtime` does not exist, or the package has no files for it. */
export function refuse(runtime, metadata) {
  if (!ORDER.includes(runtime)) {
    throw new Error(`There is no runtime "${runtime}"; there are ${ORDER.join(", ")}.`);
  }
  if (!held(metadata).includes(runtime)) {
    throw new Error(`This package holds no files for "${runtime}".`);
  }
}

/** Runtimes worth trying here, fastest first: a real GPU, then WebAssembly, then JavaScript. */
export async function candidates(metadata) {
  const order = held(metadata);
  const usable = await Promise.all(
    order.map((name) => {
      if (name === "webgpu") return webgpuIsReal();
      if (name === "webgl") return webglIsReal();
      if (name === "litert") return relaxedSimd();
      return true;
    }),
  );
  return order.filter((_, at) => usable[at]);
}

/** The same runtimes in the order to try them for a first answer. */
export function soonest(order) {
  return SOONEST.filter((name) => order.includes(name));
}

/** Those to compare with the one that answers; plain JavaScript is for where all else fails. */
export function rivals(order) {
  return order.filter((name) => name !== "cpu");
}

/** True for an adapter that is no software; its kind of texture is always exact. */
async function webgpuIsReal() {
  try {
    const adapter = await globalThis.navigator?.gpu?.requestAdapter();
    if (!adapter) return false;
    const { vendor, architecture, device, description, isFallbackAdapter } = adapter.info ?? {};
    const words = [vendor, architecture, device, description].join(" ");
    return !(adapter.isFallbackAdapter || isFallbackAdapter || SOFTWARE_GPU.test(words));
  } catch {
    return false;
  }
}

function webglIsReal() {
  if (!globalThis.document) return false;
  const gl = document.createElement("canvas").getContext("webgl2");
  if (!gl) return false;
  const info = gl.getExtension("WEBGL_debug_renderer_info");
  const renderer = String(gl.getParameter(info ? info.UNMASKED_RENDERER_WEBGL : gl.RENDERER));
  // Phones without float32 textures lose digits that a box's edge needs.
  const exact = gl.getExtension("EXT_color_buffer_float") !== null;
  gl.getExtension("WEBGL_lose_context")?.loseContext();
  return exact && !SOFTWARE_GPU.test(renderer);
}

/** LiteRT's builds here need WebAssembly's relaxed SIMD. */
function relaxedSimd() {
  const program = [
    0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 15, 1, 13, 0, 65, 1, 253,
    15, 65, 2, 253, 15, 253, 128, 2, 11,
  ];
  return Boolean(globalThis.WebAssembly?.validate(new Uint8Array(program)));
}

function key({ project, version, created, imgsz }) {
  const isolated = globalThis.crossOriginIsolated ? "threads" : "";
  const device = globalThis.navigator?.userAgent;
  return `taptrain-runtime:${[project, version, created, imgsz, isolated, device].join("|")}`;
}

/** The runtime that was the fastest here the last time, else null. */
export function recall(metadata, order) {
  try {
    const name = globalThis.localStorage?.getItem(key(metadata));
    return order.includes(name) ? name : null;
  } catch {
    // Storage is closed to this page (a file, or a private window): measure again.
    return null;
  }
}

/** Keeps the choice for the next visit, where the browser lets it. */
export function remember(metadata, runtime) {
  try {
    globalThis.localStorage?.setItem(key(metadata), runtime);
  } catch {
    // As above; the next visit measures again.
  }
}
