// What the scan of a function tells the passes, and what they tell it.

import type { MovedFunction } from './module.ts';
import type { SiteList } from './sites.ts';

export interface FunctionScan {
  /** Valid until the next scan. */
  readonly sites: SiteList;
  /** Where the first instruction is; before it are the declarations of locals. */
  readonly codeStart: number;
  readonly paramCount: number;
  /** Declared locals, parameters not among them. */
  readonly localCount: number;
  readonly hasLoop: boolean;
  readonly hasCall: boolean;
  readonly hasBulk: boolean;
  readonly hasExceptions: boolean;
}

export interface ScanOptions {
  /** The function whose index changes. */
  readonly movedFunction: MovedFunction | null;
  /** A function that `ref.func` must not name; -1 if there is none. */
  readonly undeclaredFunction: number;
}

/** What a module's code does to state that a snapshot has to cover. */
export interface StateUse {
  readonly changedTables: Set<number>;
  dropsSegments: boolean;
}
