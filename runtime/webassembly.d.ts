// The part of the WebAssembly JavaScript interface that we use. TypeScript ships it only inside the DOM library, whose
// other globals do not exist here. Source: https://webassembly.github.io/spec/js-api/

declare namespace WebAssembly {
  type ExternKind = 'function' | 'global' | 'memory' | 'table' | 'tag';
  interface ImportDescriptor {
    readonly module: string;
    readonly name: string;
    readonly kind: ExternKind;
  }
  interface ExportDescriptor {
    readonly name: string;
    readonly kind: ExternKind;
  }

  class Module {
    constructor(bytes: BufferSource);
    static imports(module: Module): ImportDescriptor[];
    static exports(module: Module): ExportDescriptor[];
    static customSections(module: Module, name: string): ArrayBuffer[];
  }
  class Instance {
    constructor(module: Module, imports?: Imports);
    readonly exports: Exports;
  }
  class Memory {
    constructor(descriptor: { initial: number; maximum?: number; shared?: boolean });
    /** A SharedArrayBuffer if it is shared. */
    readonly buffer: ArrayBuffer;
    grow(deltaPages: number): number;
  }
  class Table {
    constructor(descriptor: { element: 'anyfunc' | 'externref'; initial: number; maximum?: number });
    readonly length: number;
    get(index: number): unknown;
    set(index: number, value?: unknown): void;
    grow(delta: number, value?: unknown): number;
  }
  class Global {
    constructor(
      descriptor: { value: 'i32' | 'i64' | 'f32' | 'f64' | 'v128' | 'externref' | 'anyfunc'; mutable?: boolean },
      value?: unknown,
    );
    value: unknown;
  }
  /** An import that suspends its WebAssembly caller while the promise that it answers is pending (JSPI). */
  class Suspending {
    constructor(call: (...args: never[]) => unknown);
  }
  class CompileError extends Error {}
  class LinkError extends Error {}
  class RuntimeError extends Error {}

  type ExportValue = ((...args: unknown[]) => unknown) | Global | Memory | Table;
  type Exports = Readonly<Record<string, ExportValue>>;
  type Imports = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

  /** Calls an export on a stack of its own, on which suspending imports can wait (JSPI). */
  function promising(exported: (...args: never[]) => unknown): (...args: unknown[]) => Promise<unknown>;
  function validate(bytes: BufferSource): boolean;
  function compile(bytes: BufferSource): Promise<Module>;
}
