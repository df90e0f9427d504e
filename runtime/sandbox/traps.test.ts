import { describe, expect, test } from 'vitest';
import { InvocationError } from '../errors.ts';
import { compileWat } from '../testing/guests.ts';
import { OutputLimitExceeded } from './capped-output.ts';
import { GuestExit } from './guest.ts';
import { toInvocationError, toStopError } from './traps.ts';

const LIMITS = { cpuMs: 50, wallMs: 1_000, fuel: 7 };

/** What a guest's code throws. */
async function thrownByGuest(body: string, extra = ''): Promise<unknown> {
  const bytes = await compileWat(`(module ${extra} (func $run (export "run") ${body}))`);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes));
  try {
    (exports['run'] as () => void)();
  } catch (thrown) {
    return thrown;
  }
  return undefined;
}

describe('what a guest throws', () => {
  test.for([
    { what: 'unreachable', body: 'unreachable', extra: '', reason: 'unreachable' },
    {
      what: 'a division by zero',
      body: '(drop (i32.div_u (i32.const 1) (i32.const 0)))',
      extra: '',
      reason: 'divide by zero',
    },
    {
      what: 'a load out of bounds',
      body: '(drop (i32.load (i32.const -1)))',
      extra: '(memory 1)',
      reason: 'memory access out of bounds',
    },
    { what: 'recursion without an end', body: '(call $run)', extra: '', reason: 'call stack exhausted' },
    { what: 'an exception', body: '(throw $tag)', extra: '(tag $tag)', reason: 'uncaught exception' },
  ])('is a trap with its reason: $what', async ({ body, extra, reason }) => {
    const error = toInvocationError(await thrownByGuest(body, extra), 'tax');
    expect(error).toMatchObject({ code: 'ERR_GUEST_TRAP', message: `function "tax" trapped: ${reason}` });
    expect(error.details['reason']).toBe(reason);
  });

  test('comes with at most sixteen frames, all of the guest, by their names', async () => {
    const { details } = toInvocationError(await thrownByGuest('(call $inner)', '(func $inner unreachable)'), 'tax');
    const frames = details['frames'] as string[];
    expect(frames).toHaveLength(2);
    expect(frames[0]).toMatch(/inner.*wasm:\/\//);
    expect(frames[1]).toMatch(/run.*wasm:\/\//);
    const deep = toInvocationError(await thrownByGuest('(call $run)'), 'tax').details['frames'] as string[];
    expect(deep.length).toBeLessThanOrEqual(16);
  });

  test('is an exit with its code', () => {
    const error = toInvocationError(new GuestExit(3), 'tax');
    expect(error).toMatchObject({ code: 'ERR_GUEST_EXIT', details: { exitCode: 3 } });
    expect(error.message).toContain('function "tax" exited with code 3');
  });

  test('is the limit of its output', () => {
    const error = toInvocationError(new OutputLimitExceeded(100), 'tax');
    expect(error).toMatchObject({ code: 'ERR_GUEST_OUTPUT_TOO_LARGE', details: { limitBytes: 100 } });
    expect(error.message).toBe(
      'function "tax" wrote more than 100 bytes to stdout: write less, or raise limits.output',
    );
  });

  test('is an error of the runtime as it is', () => {
    const error = new InvocationError('ERR_GUEST_OUTPUT', 'no', {});
    expect(toInvocationError(error, 'tax')).toBe(error);
  });

  test('is no memory where there is no address space for one', () => {
    const error = toInvocationError(new RangeError('WebAssembly.Memory(): could not allocate memory'), 'tax');
    expect(error.code).toBe('ERR_GUEST_MEMORY');
    expect(error.message).toContain('ulimit -v');
  });

  test.for([undefined, null, 0, 'text', {}])('is a trap, whatever it is: %j', (thrown) => {
    expect(toInvocationError(thrown, 'tax').code).toBe('ERR_GUEST_TRAP');
  });
});

test.for([
  { reason: 'cpu', code: 'ERR_GUEST_CPU_BUDGET', details: { cpuMs: 50 }, text: 'more than 50 ms of CPU time' },
  { reason: 'wall', code: 'ERR_GUEST_DEADLINE', details: { wallMs: 1_000 }, text: 'its 1000 ms deadline' },
  { reason: 'fuel', code: 'ERR_GUEST_FUEL', details: { fuel: 7 }, text: 'more than 7 units of fuel' },
  { reason: 'cancelled', code: 'ERR_CANCELLED', details: {}, text: 'nobody waits' },
] as const)('a guest that is stopped for $reason is told the limit', ({ reason, code, details, text }) => {
  const error = toStopError(reason, 'tax', LIMITS);
  expect(error).toMatchObject({ code, details });
  expect(error.message).toContain(text);
});
