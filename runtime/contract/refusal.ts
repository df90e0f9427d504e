// Why a guest's answer is refused: one error, whose message names the field, the wrong value and the fix.

import { InvocationError } from '../errors.ts';

/** Longest piece of the guest's output that a message quotes, in characters. */
const MAX_QUOTED = 80;

/** @param field - the field at fault, such as `status` or `headers.set-cookie`; `stdout` if it is the whole document */
export function refusal(field: string, reason: string): InvocationError {
  return new InvocationError('ERR_GUEST_OUTPUT', `answer refused: ${reason}`, { field });
}

/** A guest's string for a message: shortened, with control characters escaped. */
export function quoted(text: string): string {
  return text.length <= MAX_QUOTED ? JSON.stringify(text) : `${JSON.stringify(text.slice(0, MAX_QUOTED))}…`;
}

/** A value of a guest's JSON document for a message; lists and objects only by their kind. */
export function described(value: unknown): string {
  if (typeof value === 'string') return quoted(value);
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}
