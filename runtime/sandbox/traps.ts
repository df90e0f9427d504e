// Whatever an invocation throws, as the one error that tells what happened. Worker thread only.

import { InvocationError } from '../errors.ts';
import type { BudgetLimits } from './budget.ts';
import { OutputLimitExceeded } from './capped-output.ts';
import { GuestExit } from './guest.ts';

/** Frames of a trap that are kept for the log. */
const MAX_FRAMES = 16;

/** Why a guest was stopped. */
export type StopReason = 'cpu' | 'fuel' | 'wall' | 'cancelled';

interface StopLimits extends BudgetLimits {
  readonly fuel: number | null;
}

export function toStopError(reason: StopReason, functionName: string, limits: StopLimits): InvocationError {
  const { cpuMs, wallMs, fuel } = limits;
  switch (reason) {
    case 'cpu': {
      const message = `function "${functionName}" used more than ${cpuMs} ms of CPU time: make it cheaper, or raise limits.cpu`;
      return new InvocationError('ERR_GUEST_CPU_BUDGET', message, { cpuMs });
    }
    case 'fuel': {
      const message = `function "${functionName}" used more than ${fuel} units of fuel: make it cheaper, or raise limits.fuel`;
      return new InvocationError('ERR_GUEST_FUEL', message, { fuel });
    }
    case 'wall': {
      const message = `function "${functionName}" passed its ${wallMs} ms deadline: make it faster, or raise limits.wall`;
      return new InvocationError('ERR_GUEST_DEADLINE', message, { wallMs });
    }
    case 'cancelled':
      return new InvocationError('ERR_CANCELLED', `nobody waits for function "${functionName}" any more`, {});
  }
}

/** What the guest's frames threw. */
export function toInvocationError(thrown: unknown, functionName: string): InvocationError {
  if (thrown instanceof GuestExit) return exitError(thrown.exitCode, functionName);
  if (thrown instanceof InvocationError) return thrown;
  if (thrown instanceof OutputLimitExceeded) {
    const limit = thrown.limitBytes;
    const message = `function "${functionName}" wrote more than ${limit} bytes to stdout: write less, or raise limits.output`;
    return new InvocationError('ERR_GUEST_OUTPUT_TOO_LARGE', message, { limitBytes: limit });
  }
  if (isStackExhausted(thrown)) return trapError('call stack exhausted', thrown, functionName);
  if (isAllocationFailure(thrown)) {
    const message = `function "${functionName}" got no linear memory: ${thrown.message}; lower limits.memory or pool.threads, or give the process more address space (ulimit -v)`;
    return new InvocationError('ERR_GUEST_MEMORY', message, {});
  }
  if (thrown instanceof Error) return trapError(thrown.message, thrown, functionName);
  // A WebAssembly.Exception that the guest threw and nobody caught.
  return trapError('uncaught exception', undefined, functionName);
}

function exitError(exitCode: number, functionName: string): InvocationError {
  const message = `function "${functionName}" exited with code ${exitCode}: its stderr says why; exit 0 is success`;
  return new InvocationError('ERR_GUEST_EXIT', message, { exitCode });
}

function trapError(reason: string, error: Error | undefined, functionName: string): InvocationError {
  const frames = (error?.stack ?? '').split('\n').slice(1, MAX_FRAMES + 1);
  const guestFrames = frames.filter((frame) => frame.includes('wasm://')).map((frame) => frame.trim());
  const message = `function "${functionName}" trapped: ${reason}`;
  return new InvocationError('ERR_GUEST_TRAP', message, { reason, frames: guestFrames });
}

function isStackExhausted(thrown: unknown): thrown is RangeError {
  return thrown instanceof RangeError && thrown.message.includes('call stack');
}

function isAllocationFailure(thrown: unknown): thrown is RangeError {
  return thrown instanceof RangeError && /allocat|out of memory/i.test(thrown.message);
}
