// WASI preview 1 in memory: stdio, arguments, clocks, randomness. No filesystem and no sockets; their functions exist
// and answer with an errno, because a module that only links them must still load. Worker thread only.

import type { HostModule } from '../sandbox/host-module.ts';
import { argsEnvironFunctions } from './args-environ.ts';
import { clockFunctions, type WasiClock } from './clock.ts';
import { fdFunctions } from './fd.ts';
import { pathFunctions } from './path.ts';
import { pollFunctions } from './poll.ts';
import { processFunctions } from './process.ts';
import { randomFunctions, type RandomSource } from './random.ts';
import { socketFunctions } from './socket.ts';

export interface WasiOptions {
  readonly clock: WasiClock;
  readonly random: RandomSource;
}

/**
 * All 46 functions of WASI preview 1, bound to the standard streams of a guest.
 * Source: https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md
 */
export function wasiPreview1({ clock, random }: WasiOptions): HostModule {
  return {
    name: 'wasi_snapshot_preview1',
    bind: (guest) => ({
      ...argsEnvironFunctions(guest),
      ...clockFunctions(guest, clock),
      ...fdFunctions(guest),
      ...pathFunctions(guest),
      ...pollFunctions(guest, clock),
      ...processFunctions(),
      ...randomFunctions(guest, random),
      ...socketFunctions(guest),
    }),
  };
}
