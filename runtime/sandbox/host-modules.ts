// What every guest may import, on the thread where it runs. Capabilities that a function must be granted come beside
// these, per function.

import { randomFillSync } from 'node:crypto';
import { systemClock } from '../wasi/clock.ts';
import { wasiPreview1 } from '../wasi/preview1.ts';
import { Guest } from './guest.ts';
import type { HostModule } from './host-module.ts';

export function standardHostModules(): readonly HostModule[] {
  return [wasiPreview1({ clock: systemClock, random: (bytes) => void randomFillSync(bytes) })];
}

/** The names that a module may import, by import module, for the inspection at load. */
export function importNames(modules: readonly HostModule[]): ReadonlyMap<string, ReadonlySet<string>> {
  const nobody = new Guest({ args: [], environ: [], outputBytes: 0, remainingWallMs: () => 0 });
  return new Map(modules.map((module) => [module.name, new Set(Object.keys(module.bind(nobody)))]));
}
