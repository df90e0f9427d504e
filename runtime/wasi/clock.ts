// clock_*: the two clocks that a guest may read, and the clock interface behind them (tests pass a fake one).

import { setTimeout } from 'node:timers/promises';
import type { Guest } from '../sandbox/guest.ts';
import type { HostFunction } from '../sandbox/host-module.ts';
import { EFAULT, EINVAL, ENOTSUP, SUCCESS } from './errno.ts';
import { isInBounds } from './linear-memory.ts';

export interface WasiClock {
  /** Time since the Unix epoch, in nanoseconds. */
  realtimeNs(): bigint;
  /** Smallest step of `realtimeNs`, in nanoseconds. */
  readonly realtimeResolutionNs: bigint;
  /** Time since some fixed moment, in nanoseconds; never goes back. */
  monotonicNs(): bigint;
  /** Smallest step of `monotonicNs`, in nanoseconds. */
  readonly monotonicResolutionNs: bigint;
  /** Resolves after that many milliseconds. */
  wait(durationMs: number): Promise<void>;
}

/** Longest time that a timer of Node can be set to. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** The clocks of the operating system. */
export const systemClock: WasiClock = {
  realtimeNs: () => BigInt(Date.now()) * 1_000_000n,
  realtimeResolutionNs: 1_000_000n,
  monotonicNs: () => process.hrtime.bigint(),
  monotonicResolutionNs: 1n,
  async wait(durationMs) {
    const endMs = performance.now() + durationMs;
    // A timer counts in whole milliseconds and may fire a little early.
    for (let restMs = durationMs; restMs > 0; restMs = endMs - performance.now())
      await setTimeout(Math.min(restMs, MAX_TIMER_MS));
  },
};

export const CLOCK_REALTIME = 0;
export const CLOCK_MONOTONIC = 1;
const CLOCK_THREAD_CPU = 3;

/** The errno for a clock id: unknown ones are invalid, the CPU clocks (2 and 3) are known and refused. */
export function checkClock(id: number): number {
  if (id === CLOCK_REALTIME || id === CLOCK_MONOTONIC) return SUCCESS;
  // A thread runs many guests: its CPU time would tell one of them what its neighbours do.
  return id > CLOCK_MONOTONIC && id <= CLOCK_THREAD_CPU ? ENOTSUP : EINVAL;
}

export function clockFunctions(guest: Guest, clock: WasiClock): Record<string, HostFunction> {
  return {
    clock_res_get(id: number, resultPointer: number): number {
      const errno = checkClock(id);
      if (errno !== SUCCESS) return errno;
      if (!isInBounds(guest, resultPointer, 8)) return EFAULT;
      const resolutionNs = id === CLOCK_REALTIME ? clock.realtimeResolutionNs : clock.monotonicResolutionNs;
      guest.view().setBigUint64(resultPointer >>> 0, resolutionNs, true);
      return SUCCESS;
    },
    clock_time_get(id: number, _precisionNs: bigint, resultPointer: number): number {
      const errno = checkClock(id);
      if (errno !== SUCCESS) return errno;
      if (!isInBounds(guest, resultPointer, 8)) return EFAULT;
      const nowNs = id === CLOCK_REALTIME ? clock.realtimeNs() : clock.monotonicNs();
      guest.view().setBigUint64(resultPointer >>> 0, nowNs, true);
      return SUCCESS;
    },
  };
}
