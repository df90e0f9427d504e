// The invocations of isolated functions that have no answer yet: who may come, who waits for a process, what a process
// was given and what it answers. Knows no life of a process.

import { type InvocationError, fromErrorMessage } from '../errors.ts';
import type { AnswerReceiver, Invocation, InvocationReport } from '../invocation.ts';
import { packEvent, unpackBytes } from '../pool/messages.ts';
import { monotonicMs } from '../pool/monotonic-clock.ts';
import type { GuestProcess } from './guest-process.ts';
import { ADMITTED, type Call, type IsolatedFunction } from './isolated-function.ts';
import type { AnswerPart } from './messages.ts';
import * as refusals from './refusals.ts';

export interface CallLimits {
  /** Most invocations that wait for a process, over all functions. */
  readonly queueLength: number;
  /** Most invocations in all: a process that does not answer must not make us grow. */
  readonly maxCalls: number;
}

export class Calls {
  readonly #limits: CallLimits;
  readonly #calls = new Map<number, Call>();
  #nextId = 1;
  #waiting = 0;
  #isDraining = false;
  #onIdle: (() => void) | undefined;

  constructor(limits: CallLimits) {
    this.#limits = limits;
  }

  /** Never calls the receiver before it has returned. The result cancels. */
  admit(fn: IsolatedFunction, invocation: Invocation, receiver: AnswerReceiver): () => void {
    const refusal = this.#refusal(fn);
    if (refusal !== undefined) {
      const immediate = setImmediate(() => receiver.failed(refusal, reportOf(0)));
      return () => clearImmediate(immediate);
    }
    const admittedAtMs = monotonicMs();
    const call: Call = { id: this.#nextId++, fn, invocation, receiver, admittedAtMs, state: ADMITTED, bodyBytes: 0 };
    fn.unanswered++;
    this.#calls.set(call.id, call);
    if (fn.process === undefined) this.#wait(call);
    else this.#send(call, fn.process);
    return () => this.#cancel(call);
  }

  /** A process has loaded the function: it gets what waits for it. */
  loaded(fn: IsolatedFunction, process: GuestProcess): void {
    for (const call of fn.waiting) this.#send(call, process);
  }

  answered(process: GuestProcess, part: AnswerPart): void {
    const call = this.#calls.get(part.callId);
    // It may have been cancelled since.
    if (call?.state.kind !== 'sent' || call.state.process !== process) return;
    const { receiver, state } = call;
    switch (part.kind) {
      case 'head':
        return receiver.head(part.status, part.headers);
      case 'chunk':
        return this.#chunk(call, process, unpackBytes(part.bytes));
      case 'end':
        this.#take(call);
        return receiver.end(withQueueTime(part.report, state.waitedMs));
      case 'failed':
        this.#take(call);
        return receiver.failed(fromErrorMessage(part.error), withQueueTime(part.report, state.waitedMs));
    }
  }

  /** What the process was given has failed; what waits goes on waiting. */
  processLost(process: GuestProcess, cause: Error): void {
    for (const call of this.#calls.values()) {
      if (call.state.kind === 'sent' && call.state.process === process) {
        this.#fail(call, refusals.processLost(call.fn, cause));
      }
    }
  }

  /** Admits nothing more; resolves when all is answered, or has been given up after `drainMs`. */
  async drain(drainMs: number): Promise<void> {
    this.#isDraining = true;
    if (this.#calls.size === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#onIdle = resolve;
    const timer = setTimeout(resolve, drainMs);
    await promise;
    clearTimeout(timer);
    for (const call of this.#calls.values()) this.#fail(call, refusals.draining());
  }

  /** The limits of what waits here; those of the thread pool and of the budgets are kept in the process. */
  #refusal(fn: IsolatedFunction): InvocationError | undefined {
    const { queueLength, maxCalls } = this.#limits;
    if (this.#isDraining) return refusals.draining();
    if (fn.waiting.size >= fn.definition.limits.queueLength) return refusals.functionQueueFull(fn);
    if (this.#waiting >= queueLength) return refusals.poolQueueFull(queueLength);
    if (this.#calls.size >= maxCalls) return refusals.processFull(maxCalls);
    return undefined;
  }

  #wait(call: Call): void {
    const { fn } = call;
    const expire = (): void => this.#fail(call, refusals.queueTimeout(fn));
    call.state = { kind: 'waiting', timeout: setTimeout(expire, fn.definition.limits.queueTimeoutMs) };
    fn.waiting.add(call);
    this.#waiting++;
  }

  #send(call: Call, process: GuestProcess): void {
    this.#stopWaiting(call);
    call.state = { kind: 'sent', process, waitedMs: monotonicMs() - call.admittedAtMs };
    const { id, event, trace } = call.invocation;
    const message = {
      kind: 'invoke' as const,
      callId: call.id,
      functionId: call.fn.id,
      id,
      event: packEvent(event, []),
      trace,
    };
    process.send(message, event.trigger === 'http' ? event.body.byteLength : 0);
  }

  #chunk(call: Call, process: GuestProcess, bytes: Uint8Array): void {
    call.bodyBytes += bytes.byteLength;
    if (call.bodyBytes <= call.fn.definition.limits.outputBytes) return call.receiver.chunk(bytes);
    // The process keeps to this limit, unless it has been taken over.
    process.kill('garbled', refusals.answerTooLarge(call.fn));
  }

  #cancel(call: Call): void {
    const { state } = call;
    if (this.#take(call) && state.kind === 'sent') state.process.send({ kind: 'cancel', callId: call.id });
  }

  #fail(call: Call, error: InvocationError): void {
    if (!this.#take(call)) return;
    const queueMs = call.state.kind === 'sent' ? call.state.waitedMs : monotonicMs() - call.admittedAtMs;
    call.receiver.failed(error, reportOf(queueMs));
  }

  /** True for the one that ends it. */
  #take(call: Call): boolean {
    if (!this.#calls.delete(call.id)) return false;
    this.#stopWaiting(call);
    if (--call.fn.unanswered === 0) call.fn.onIdle?.();
    if (this.#calls.size === 0) this.#onIdle?.();
    return true;
  }

  #stopWaiting(call: Call): void {
    if (call.state.kind !== 'waiting') return;
    clearTimeout(call.state.timeout);
    call.fn.waiting.delete(call);
    this.#waiting--;
  }
}

function withQueueTime(report: InvocationReport, waitedMs: number): InvocationReport {
  return { ...report, cost: { ...report.cost, queueMs: report.cost.queueMs + waitedMs } };
}

function reportOf(queueMs: number): InvocationReport {
  const cost = { queueMs, instantiateMs: 0, runMs: 0, cpuMs: 0, fuel: null, memoryBytes: 0, hostCalls: 0 };
  return { cost, logs: [], droppedLogLines: 0 };
}
