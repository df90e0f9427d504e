// Real guests for the tests: compiled from text, linked with WASI, with a clock that a test controls.

import { randomFillSync } from 'node:crypto';
import { readFileSync } from 'node:fs';

import wabt from 'wabt';

import { Guest } from '../../sandbox/guest.ts';
import type { WasiClock } from '../clock.ts';
import { wasiPreview1 } from '../preview1.ts';

const toolkit = await wabt();

/** A clock that stands still, except that waiting moves it. */
export class FakeClock implements WasiClock {
  readonly realtimeResolutionNs = 1_000_000n;
  readonly monotonicResolutionNs = 1n;
  readonly startedAtNs = 1_700_000_000_000_000_000n;
  /** In milliseconds. */
  readonly waits: number[] = [];
  elapsedNs = 5_000n;

  realtimeNs(): bigint {
    return this.startedAtNs + this.elapsedNs;
  }

  monotonicNs(): bigint {
    return this.elapsedNs;
  }

  wait(durationMs: number): Promise<void> {
    this.waits.push(durationMs);
    // A guest may ask for more than a clock of 64 bits can tell.
    this.elapsedNs = BigInt.asUintN(63, this.elapsedNs + BigInt(Math.round(durationMs * 1e6)));
    return Promise.resolve();
  }
}

export interface FixtureOptions {
  readonly stdin?: string;
  readonly args?: readonly string[];
  readonly environ?: readonly string[];
  readonly outputBytes?: number;
}

export type GuestCall = (...args: (number | bigint)[]) => unknown;

export interface Fixture {
  readonly guest: Guest;
  readonly clock: FakeClock;
  /** The functions as the guest's imports, to be called without a guest. */
  readonly wasi: Readonly<Record<string, GuestCall>>;
  /** One page, until `instantiate` attaches a guest's own. */
  readonly memory: WebAssembly.Memory;
  /** Compiles a guest, gives it this fixture's WASI and attaches its memory. */
  readonly instantiate: (wat: string) => Readonly<Record<string, GuestCall>>;
}

export function makeFixture(options: FixtureOptions = {}): Fixture {
  const { stdin = '', args = ['guest'], environ = [], outputBytes = 1024 * 1024 } = options;
  const guest = new Guest({ args, environ, outputBytes, remainingWallMs: () => Infinity });
  const clock = new FakeClock();
  const module = wasiPreview1({ clock, random: (bytes) => randomFillSync(bytes) });
  const functions = module.bind(guest);
  guest.reset(Buffer.from(stdin));
  let memory = new WebAssembly.Memory({ initial: 1 });
  guest.attachMemory(memory);
  return {
    guest,
    clock,
    get memory() {
      return memory;
    },
    wasi: Object.fromEntries(
      Object.entries(functions).map(([name, call]) => {
        const target = typeof call === 'function' ? call : call.waits;
        return [name, (...values) => Reflect.apply(target, undefined, values)];
      }),
    ),
    instantiate(wat) {
      guest.attachMemory(undefined);
      const imports = Object.entries(functions).map(([name, call]) => {
        return [name, typeof call === 'function' ? call : new WebAssembly.Suspending(call.waits)] as const;
      });
      const { exports } = new WebAssembly.Instance(compileWat(wat), { [module.name]: Object.fromEntries(imports) });
      const exported = exports['memory'];
      if (!(exported instanceof WebAssembly.Memory)) throw new Error('a test guest must export its memory');
      memory = exported;
      guest.attachMemory(memory);
      return Object.fromEntries(
        Object.entries(exports).flatMap(([name, value]) => (typeof value === 'function' ? [[name, value]] : [])),
      );
    },
  };
}

export function compileWat(wat: string): WebAssembly.Module {
  const parsed = toolkit.parseWat('guest.wat', wat);
  const { buffer } = parsed.toBinary({});
  parsed.destroy();
  return new WebAssembly.Module(new Uint8Array(buffer));
}

/** The text of a guest in this folder. */
export function readWat(name: string): string {
  return readFileSync(new URL(`${name}.wat`, import.meta.url), 'utf8');
}

/** Writes a list of buffers at `at`, for `fd_read` and `fd_write`. */
export function putIovecs(
  memory: WebAssembly.Memory,
  at: number,
  ...iovecs: readonly [pointer: number, length: number][]
) {
  const view = new DataView(memory.buffer);
  for (const [index, [pointer, length]] of iovecs.entries()) {
    view.setUint32(at + index * 8, pointer, true);
    view.setUint32(at + index * 8 + 4, length, true);
  }
}

export function readU32(memory: WebAssembly.Memory, at: number): number {
  return new DataView(memory.buffer).getUint32(at, true);
}

export function readU64(memory: WebAssembly.Memory, at: number): bigint {
  return new DataView(memory.buffer).getBigUint64(at, true);
}

export function readText(memory: WebAssembly.Memory, at: number, length: number): string {
  return Buffer.from(memory.buffer, at, length).toString('utf8');
}

export function stdoutText(guest: Guest): string {
  return Buffer.from(guest.stdout.bytes()).toString('utf8');
}
