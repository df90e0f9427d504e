// proc_* and sched_yield.

import { GuestExit } from '../sandbox/guest.ts';
import type { HostFunction } from '../sandbox/host-module.ts';
import { ENOSYS, SUCCESS } from './errno.ts';

export function processFunctions(): Record<string, HostFunction> {
  return {
    proc_exit(exitCode: number): never {
      throw new GuestExit(exitCode >>> 0);
    },
    // Preview 1 removed signals; libc's raise() aborts by itself.
    proc_raise: (_signal: number) => ENOSYS,
    sched_yield: () => SUCCESS,
  };
}
