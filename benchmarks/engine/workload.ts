// What is computed to see what the engine's checks cost: kernels, which run in one instance, and whole programs, which
// get a new instance for each run, made before the clock starts.

import { standardHostModules } from '../../runtime/sandbox/host-modules.ts';
import { bindHostCalls } from '../../runtime/sandbox/host-calls.ts';
import { Guest, GuestExit } from '../../runtime/sandbox/guest.ts';
import { type KernelName, KERNELS } from '../kernels/kernels.ts';
import { compileVariant, type EngineHost, enter, type VariantInstance, type VariantName } from './variant.ts';

export interface Run {
  readonly ms: number;
  /** Must be the same in every run and every variant. */
  readonly result: string;
}

/** @param repetitions how often the work is done within the one run; 1 or more */
export type RunWork = (repetitions: number) => Promise<Run>;

export interface Workload {
  readonly name: string;
  prepare(variant: VariantName, host: EngineHost): Promise<RunWork>;
}

export function kernelWorkload(kernel: KernelName, bytes: Uint8Array<ArrayBuffer>): Workload {
  return {
    name: KERNELS[kernel],
    async prepare(name, host) {
      const variant = compileVariant(name, bytes);
      const instance = host.instantiate(variant);
      host.startSlice();
      if (variant.startExport !== null) await enter(instance, variant.startExport)();
      const call = enter(instance, kernel);
      return async (repetitions) => {
        host.startSlice();
        const startedAtMs = performance.now();
        const result = await call(repetitions);
        return { ms: performance.now() - startedAtMs, result: String(result) };
      };
    },
  };
}

/**
 * A WASI command with its stdin; what counts is the time within its start function and `_start`.
 * @throws Error if it does not exit with 0
 */
export function programWorkload(name: string, bytes: Uint8Array<ArrayBuffer>, stdin: string): Workload {
  return {
    name,
    async prepare(variantName, host) {
      const variant = compileVariant(variantName, bytes);
      const guest = new Guest({ args: ['tax'], environ: [], outputBytes: 1024 ** 2, remainingWallMs: () => 60_000 });
      const imports = bindHostCalls(standardHostModules(), guest, (pending) => pending);
      const input = Buffer.from(stdin);
      const entries = [variant.startExport, '_start'].filter((entry) => entry !== null);
      const runOnce = async (instance: VariantInstance): Promise<number> => {
        guest.reset(input);
        guest.attachMemory(instance.memory);
        const calls = entries.map((entry) => enter(instance, entry));
        host.startSlice();
        const startedAtMs = performance.now();
        try {
          for (const call of calls) await call();
        } catch (thrown) {
          if (!(thrown instanceof GuestExit) || thrown.exitCode !== 0) throw thrown;
        }
        return performance.now() - startedAtMs;
      };
      return async (repetitions) => {
        let ms = 0;
        for (let i = 0; i < repetitions; i++) ms += await runOnce(host.instantiate(variant, imports));
        return { ms, result: Buffer.from(guest.stdout.bytes()).toString() };
      };
    },
  };
}
