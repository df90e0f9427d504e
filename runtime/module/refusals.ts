// The words of a refusal: what a module's author has to change in their build. Used by inspect.ts only.

/** Text of a guest in a message: quoted, shortened, with every character escaped that could forge or colour a log line. */
export function quoteGuestText(text: string): string {
  const shortened = text.length > 80 ? `${text.slice(0, 80)}…` : text;
  const escaped = shortened.replaceAll(
    /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`,
  );
  return `"${escaped}"`;
}

/** At most 20 of them, then how many more. */
export function listSome(items: readonly string[]): string {
  const shown = items.slice(0, 20).join(', ');
  return items.length > 20 ? `${shown} and ${items.length - 20} more` : shown;
}

export function formatMiB(bytes: number): string {
  return `${Math.round((bytes / 2 ** 20) * 100) / 100} MiB`;
}

export const ENTRY_POINT_FIX =
  'build a WASI preview 1 command (Rust: --target wasm32-wasip1; Go: GOOS=wasip1 GOARCH=wasm; C: clang ' +
  '--target=wasm32-wasi; AssemblyScript: extend @assemblyscript/wasi-shim and pass --exportStart _start) or export a ' +
  '"handle" function for a reactor';

export const MEMORY_EXPORT_FIX =
  'export the memory under that name (wasm-ld: drop --import-memory; AssemblyScript: drop --noExportMemory and ' +
  '--importMemory; text format: (memory (export "memory") 1))';

interface ImportHint {
  matches(module: string, name: string): boolean;
  readonly fix: string;
}

const IMPORT_HINTS: readonly ImportHint[] = [
  {
    matches: (module, name) => module === 'env' && name === 'abort',
    fix: 'env.abort is AssemblyScript without WASI: extend @assemblyscript/wasi-shim',
  },
  {
    matches: (module) => module === 'env',
    fix:
      'an import from env is a symbol that was undefined at link time: define it or link its library, drop ' +
      '--allow-undefined, and with Emscripten use -sSTANDALONE_WASM',
  },
  {
    matches: (module) => module === 'wasi_unstable',
    fix: 'wasi_unstable is preview 0: rebuild with a toolchain of 2020 or later, which targets preview 1',
  },
  {
    matches: (module) => module.startsWith('wasi:'),
    fix: 'wasi:… is preview 2: build for preview 1 (Rust: --target wasm32-wasip1)',
  },
  {
    matches: (module) => module.startsWith('wasix'),
    fix: 'WASIX is not offered: build for plain wasm32-wasip1',
  },
  {
    matches: (module) => module === 'wasi',
    fix: 'threads are not offered: build for wasm32-wasip1, not wasm32-wasip1-threads',
  },
  {
    matches: (module) => module.startsWith('wasi_snapshot_preview1'),
    fix: 'this name is not part of WASI preview 1 (a vendor added it): build without that extension',
  },
  {
    matches: (module) => module === 'go' || module === 'gojs',
    fix: 'go and gojs are GOOS=js, made for browsers: build with GOOS=wasip1 GOARCH=wasm',
  },
  {
    matches: (module) => module === 'wbg' || module.includes('wbindgen') || module.endsWith('_bg.js'),
    fix: 'wasm-bindgen is made for browsers: build with cargo build --target wasm32-wasip1 and without wasm-bindgen',
  },
  {
    matches: (module) => module.startsWith('javy_quickjs_provider'),
    fix: 'Javy linked dynamically: build without -C dynamic',
  },
  {
    matches: (module) => module === 'gojinn',
    fix: 'host functions of gojinn are not offered yet: use stdin and stdout only',
  },
  {
    matches: (module) => module === 'wasmgate',
    fix: 'this version of wasmgate does not offer that host function: upgrade it or drop the call',
  },
];

const GENERAL_IMPORT_FIX = 'drop the call or link the library that provides it';

/** One fix for each kind of import that is unknown, joined. */
export function importFixes(imports: readonly { readonly module: string; readonly name: string }[]): string {
  const fixes = new Set<string>();
  for (const { module, name } of imports) {
    fixes.add(IMPORT_HINTS.find((hint) => hint.matches(module, name))?.fix ?? GENERAL_IMPORT_FIX);
  }
  return [...fixes].join('; ');
}
