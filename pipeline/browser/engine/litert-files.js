// Stands in for @litertjs/wasm-utils: the same function, but the code is bundled and the WebAssembly
// is read by name, where the original adds scripts to the page. (vendor.py copies LiteRT's own code
// to litert-glue: as .cjs its way of exporting is understood.)

import plain from "litert-glue/litert_wasm_internal.cjs";
import threaded from "litert-glue/litert_wasm_threaded_internal.cjs";

const NAME = "litert_wasm_internal";
const THREADED_NAME = "litert_wasm_threaded_internal";

let files = null;

/** Read what `createWasmLib` needs. */
export async function useFiles(read, threads) {
  const name = threads ? THREADED_NAME : NAME;
  const [wasm, script] = await Promise.all([
    read(`vendor/${name}.wasm`),
    threads ? read(`vendor/${name}.js`) : null,
  ]);
  files = { wasm, script, factory: threads ? threaded : plain };
}

export async function createWasmLib(Library) {
  const { wasm, script, factory } = files;
  files = null;
  // It tells every step as an error; what really fails is thrown as well.
  const module = { wasmBinary: wasm, printErr: (words) => console.debug(words) };
  // Threads are workers that load this script anew.
  if (script) module.mainScriptUrlOrBlob = new Blob([script], { type: "text/javascript" });
  return new Library(await factory(module), null);
}
