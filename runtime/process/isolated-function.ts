// A function of `isolation: process` and its invocations, as the parent sees them.

import type { AnswerReceiver, Invocation } from '../invocation.ts';
import type { ModuleFacts } from '../module/inspect.ts';
import type { ModuleBytes } from '../module/read-module.ts';
import type { FunctionDefinition } from '../runtime.ts';
import type { GuestProcess } from './guest-process.ts';

export interface Call {
  readonly id: number;
  readonly fn: IsolatedFunction;
  readonly invocation: Invocation;
  readonly receiver: AnswerReceiver;
  readonly admittedAtMs: number;
  state: CallState;
  /** Of the body that has come so far. */
  bodyBytes: number;
}

export type CallState =
  | { readonly kind: 'admitted' }
  /** For a process that has its function. */
  | { readonly kind: 'waiting'; readonly timeout: NodeJS.Timeout }
  | { readonly kind: 'sent'; readonly process: GuestProcess; readonly waitedMs: number };

export const ADMITTED: CallState = { kind: 'admitted' };

export class IsolatedFunction {
  readonly id: number;
  readonly definition: FunctionDefinition;
  /** Kept, so that every process runs what was loaded first, whatever has become of the file. */
  readonly module: ModuleBytes;
  /** Settled when it was loaded or refused for the first time. */
  readonly loaded = Promise.withResolvers<ModuleFacts>();
  /** Undefined until it was loaded for the first time. */
  facts: ModuleFacts | undefined;
  /** Where it is loaded now. */
  process: GuestProcess | undefined;
  /** Processes that ended while they loaded it for the first time. */
  processesLost = 0;
  /** Invocations that wait for a process. */
  readonly waiting = new Set<Call>();
  /** Invocations admitted and not yet answered. */
  unanswered = 0;
  /** Called when `unanswered` comes back to 0 after the function was unloaded. */
  onIdle: (() => void) | undefined;

  constructor(id: number, definition: FunctionDefinition, module: ModuleBytes) {
    this.id = id;
    this.definition = definition;
    this.module = module;
  }

  loadInto(process: GuestProcess): void {
    const { id, definition, module } = this;
    process.send({ kind: 'load', functionId: id, definition, module }, module.bytes.byteLength);
  }
}
