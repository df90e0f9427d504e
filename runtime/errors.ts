// The errors of the runtime: one class, a closed list of codes, and the converters that carry an error across
// threads and processes (structured clone keeps neither the class nor own fields of an Error). Knows no HTTP status.

/** Base of every error that a caller may meet: `code` is stable, `details` is data for logs, `message` is for people. */
export class CodedError<Code extends string = string> extends Error {
  readonly code: Code;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    code: Code,
    message: string,
    details: Readonly<Record<string, unknown>> = {},
    options: { cause?: unknown } = {},
  ) {
    super(message, options);
    this.name = 'CodedError';
    this.code = code;
    this.details = details;
  }
}

/** Why a module was refused when it was loaded. */
export const MODULE_ERROR_CODES = [
  'ERR_MODULE_READ',
  'ERR_MODULE_TOO_LARGE',
  'ERR_MODULE_PIN',
  'ERR_MODULE_MALFORMED',
  'ERR_MODULE_COMPONENT',
  'ERR_MODULE_UNSUPPORTED',
  'ERR_MODULE_IMPORT',
  'ERR_MODULE_EXPORT',
  'ERR_MODULE_LIMIT',
  'ERR_MODULE_COMPILE',
] as const;

/** Why an invocation has no answer. */
export const INVOCATION_ERROR_CODES = [
  'ERR_GUEST_TRAP',
  'ERR_GUEST_EXIT',
  'ERR_GUEST_OUTPUT',
  'ERR_GUEST_OUTPUT_TOO_LARGE',
  'ERR_GUEST_MEMORY',
  'ERR_GUEST_DEADLINE',
  'ERR_GUEST_CPU_BUDGET',
  'ERR_GUEST_FUEL',
  'ERR_QUEUE_FULL',
  'ERR_QUEUE_TIMEOUT',
  'ERR_DRAINING',
  'ERR_CANCELLED',
  'ERR_THREAD_LOST',
  'ERR_PROCESS_LOST',
] as const;

export type ModuleErrorCode = (typeof MODULE_ERROR_CODES)[number];
export type InvocationErrorCode = (typeof INVOCATION_ERROR_CODES)[number];

/** A module that cannot be served; the message names the module's part, the wrong value, the limit and the fix. */
export class ModuleError extends CodedError<ModuleErrorCode> {
  override readonly name = 'ModuleError';
}

/** An invocation that ended without an answer. */
export class InvocationError extends CodedError<InvocationErrorCode> {
  override readonly name = 'InvocationError';
}

/** A {@link CodedError} as plain data, for a message between threads or processes. */
export interface ErrorMessage<Code extends string> {
  readonly code: Code;
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
}

export type InvocationErrorMessage = ErrorMessage<InvocationErrorCode>;
export type ModuleErrorMessage = ErrorMessage<ModuleErrorCode>;

export function toErrorMessage<Code extends string>(error: CodedError<Code>): ErrorMessage<Code> {
  return { code: error.code, message: error.message, details: error.details };
}

export function fromErrorMessage({ code, message, details }: InvocationErrorMessage): InvocationError {
  return new InvocationError(code, message, details);
}
