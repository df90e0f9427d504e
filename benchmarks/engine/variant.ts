// The variants of a module that are compared, and a host for them: as they come from the compiler, and as the engine
// runs them, its ticker ticking, so that each check that the code has can really fire.

import { COUNTDOWN_IMPORT, HOST_MODULE, INTERRUPT_IMPORT } from '../../runtime/instrument/host-names.ts';
import type { ImportedMemory } from '../../runtime/instrument/import-memory.ts';
import { instrument } from '../../runtime/instrument/instrument.ts';
import { Ticker } from '../../runtime/pool/ticker.ts';
import { Countdown } from '../../runtime/sandbox/countdown.ts';

export const VARIANTS = ['plain', 'interrupt', 'fuel'] as const;
export type VariantName = (typeof VARIANTS)[number];

export interface Variant {
  readonly name: VariantName;
  readonly module: WebAssembly.Module;
  /** What the host has to provide; null: the module has its own. */
  readonly memory: ImportedMemory | null;
  readonly startExport: string | null;
}

const MAX_MEMORY_PAGES = 1024;
const MAX_TABLE_ENTRIES = 10_000;
const UNLIMITED_FUEL = 2n ** 62n;

/** All passes that a served function goes through; `fuel` is `interrupt` and metering. */
export function compileVariant(name: VariantName, bytes: Uint8Array<ArrayBuffer>): Variant {
  if (name === 'plain') return { name, module: new WebAssembly.Module(bytes), memory: null, startExport: null };
  const { bytes: rewritten, facts } = instrument(bytes, {
    importMemory: { maxPages: MAX_MEMORY_PAGES },
    maxTableEntries: MAX_TABLE_ENTRIES,
    interrupt: true,
    ...(name === 'fuel' ? { fuel: { initial: UNLIMITED_FUEL } } : {}),
    exportState: true,
    exportStart: true,
  });
  return { name, module: new WebAssembly.Module(rewritten), memory: facts.memory, startExport: facts.startExport };
}

export interface VariantInstance {
  readonly exports: WebAssembly.Exports;
  readonly memory: WebAssembly.Memory;
}

export class EngineHost {
  readonly #countdown = new Countdown();
  readonly #ticker = new Ticker();
  readonly #imports: Readonly<Record<string, unknown>>;
  #interrupts = 0;

  constructor() {
    this.#imports = {
      [COUNTDOWN_IMPORT]: this.#countdown.memory,
      [INTERRUPT_IMPORT]: new WebAssembly.Suspending(() => this.#interrupt()),
    };
    this.#ticker.add(this.#countdown);
    this.#ticker.wake();
  }

  /** How often code has called the host at the end of a time slice. */
  get interrupts(): number {
    return this.#interrupts;
  }

  /** Runs no code but a plain module's start function. */
  instantiate({ module, memory }: Variant, imports: WebAssembly.Imports = {}): VariantInstance {
    if (memory === null) {
      const { exports } = new WebAssembly.Instance(module, imports);
      return { exports, memory: exports['memory'] as WebAssembly.Memory };
    }
    const linear = new WebAssembly.Memory({ initial: memory.minPages, maximum: memory.maxPages });
    const engine = { ...this.#imports, [memory.name]: linear };
    const { exports } = new WebAssembly.Instance(module, { ...imports, [HOST_MODULE]: engine });
    return { exports, memory: linear };
  }

  /** A time slice begins, as when a thread enters a guest. */
  startSlice(): void {
    this.#countdown.start();
  }

  async close(): Promise<void> {
    await this.#ticker.close();
  }

  #interrupt(): number {
    this.#interrupts++;
    this.#countdown.start();
    return 0;
  }
}

/** Calls an export as the engine does: on a stack of its own. */
export function enter({ exports }: VariantInstance, name: string): (...args: unknown[]) => Promise<unknown> {
  return WebAssembly.promising(exports[name] as () => unknown);
}
