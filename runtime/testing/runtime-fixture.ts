// What tests of a whole runtime have in common: loading guests from text, requests, answers as text.

import type { CollectedAnswer } from '../collect-answer.ts';
import type { AnswerReceiver, HttpEvent, Invocation } from '../invocation.ts';
import type { ThreadEndReason } from '../observer.ts';
import {
  type FunctionLimits,
  type FunctionRuntime,
  type LoadedFunction,
  Runtime,
  type RuntimeOptions,
} from '../runtime.ts';
import type { StateMode } from '../sandbox/sandbox.ts';
import { writeGuest } from './guests.ts';

/** Wide enough that only what a test tightens ends an invocation. */
const LIMITS: FunctionLimits = {
  cpuMs: 60_000,
  fuel: null,
  wallMs: 60_000,
  memoryBytes: 64 * 1024 * 1024,
  outputBytes: 4 * 1024 * 1024,
  tableEntries: 10_000,
  queueLength: 2_000,
  queueTimeoutMs: 60_000,
};

export interface OpenRuntime {
  readonly runtime: Runtime;
  /** Why threads were replaced so far. */
  readonly replaced: readonly ThreadEndReason[];
}

export async function openRuntime(options: Partial<RuntimeOptions> = {}): Promise<OpenRuntime> {
  const replaced: ThreadEndReason[] = [];
  const observer = { threadReplaced: (reason: ThreadEndReason) => void replaced.push(reason) };
  const runtime = await Runtime.open({ threads: 1, queueLength: 2_000, observer, ...options });
  return { runtime, replaced };
}

/** @param source the guest in the text format */
export async function loadGuest(
  runtime: FunctionRuntime,
  source: string,
  limits: Partial<FunctionLimits> = {},
  state: StateMode = 'fresh',
): Promise<LoadedFunction> {
  return runtime.load({
    name: 'guest',
    modulePath: await writeGuest(source),
    sha256: null,
    contract: 'json',
    env: {},
    state,
    limits: { ...LIMITS, ...limits },
  });
}

export function request(body: Uint8Array | string = ''): Invocation {
  const event: HttpEvent = {
    trigger: 'http',
    route: '/*',
    method: 'POST',
    scheme: 'http',
    host: 'localhost',
    remoteAddress: '127.0.0.1',
    path: '/',
    query: '',
    params: {},
    rawHeaders: [],
    body: Buffer.from(body),
  };
  return { id: 'id', event };
}

/** `200 body`, or the code of the error. */
export function textOf(answer: CollectedAnswer): string {
  return answer.ok ? `${answer.status} ${answer.body.toString()}` : answer.error.code;
}

/** A receiver that tells only that an answer came, whatever it is. */
export function onAnswer(answered: () => void): AnswerReceiver {
  return { head: () => undefined, chunk: () => undefined, end: answered, failed: answered };
}
