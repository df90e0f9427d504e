// The whole protocol between the process that embeds the runtime and the one that runs the guests of
// `isolation: process`. Each side sends lists of messages: all that one turn of its event loop brought.

import type { InvocationErrorMessage, ModuleErrorMessage } from '../errors.ts';
import type { BackgroundEvent, InvocationReport, TraceContext } from '../invocation.ts';
import type { ModuleFacts } from '../module/inspect.ts';
import type { ModuleBytes } from '../module/read-module.ts';
import type { ThreadEndReason } from '../observer.ts';
import type { PackedBytes, PackedHttpEvent } from '../pool/messages.ts';
import type { FunctionDefinition } from '../runtime.ts';

export type ToGuestProcess =
  /** The first of all: starts the threads. */
  | { readonly kind: 'open'; readonly threads: number; readonly queueLength: number }
  /** Answered by `loaded` or `refused`. */
  | {
      readonly kind: 'load';
      readonly functionId: number;
      readonly definition: FunctionDefinition;
      /** What is at its path may have changed since it was loaded for the first time. */
      readonly module: ModuleBytes;
    }
  | { readonly kind: 'unload'; readonly functionId: number }
  /** Of a function that is loaded. Answered by `head`, `chunk`s and `end`, or by `failed`, unless it is cancelled. */
  | {
      readonly kind: 'invoke';
      readonly callId: number;
      readonly functionId: number;
      readonly id: string;
      readonly event: PackedHttpEvent | BackgroundEvent;
      readonly trace: TraceContext | undefined;
    }
  | { readonly kind: 'cancel'; readonly callId: number }
  /** Answered by `alive`. */
  | { readonly kind: 'ping' };

/** Of an invocation. */
export type AnswerPart =
  | { readonly kind: 'head'; readonly callId: number; readonly status: number; readonly headers: readonly string[] }
  | { readonly kind: 'chunk'; readonly callId: number; readonly bytes: PackedBytes }
  | { readonly kind: 'end'; readonly callId: number; readonly report: InvocationReport }
  | {
      readonly kind: 'failed';
      readonly callId: number;
      readonly error: InvocationErrorMessage;
      readonly report: InvocationReport;
    };

export type FromGuestProcess =
  | AnswerPart
  /** Sent when the threads have started, and for each ping. */
  | { readonly kind: 'alive'; readonly readyThreads: number }
  | { readonly kind: 'loaded'; readonly functionId: number; readonly facts: ModuleFacts }
  | { readonly kind: 'refused'; readonly functionId: number; readonly error: ModuleErrorMessage }
  | {
      readonly kind: 'threadReplaced';
      readonly reason: ThreadEndReason;
      readonly functionName: string | undefined;
      readonly causeMessage: string | undefined;
    };
