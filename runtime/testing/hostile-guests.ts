// Guests that do not end by themselves, or not well, each in its own way.

import { command, IMPORTS, PRINT, printingThen, watString } from './guests.ts';

export const START_LOOP = command('nop', '', '(func $init (loop $again (br $again))) (start $init)');

/** Two functions that call each other twice, 200 calls deep: no loop, no deep stack, and no end in our lifetime. */
export const MUTUAL_RECURSION = command(
  '(call $even (i32.const 200))',
  '',
  `(func $even (param $depth i32)
    (if (local.get $depth) (then
      (call $odd (i32.sub (local.get $depth) (i32.const 1)))
      (call $odd (i32.sub (local.get $depth) (i32.const 1))))))
  (func $odd (param $depth i32)
    (if (local.get $depth) (then
      (call $even (i32.sub (local.get $depth) (i32.const 1)))
      (call $even (i32.sub (local.get $depth) (i32.const 1))))))`,
);

/** Tail calls for ever: no loop, no stack. */
export const TAIL_CALLS = command(
  'return_call $ping',
  '',
  '(func $ping return_call $pong) (func $pong return_call $ping)',
);

/** Does nothing but call the host: writes nothing to stdout. */
export const HOST_CALL_LOOP = command(
  '(loop $again (call $print (i32.const 1) (i32.const 0) (i32.const 0)) (br $again))',
);

/** Writes six million times one byte. */
export const BYTE_WRITES = command(
  `(local $left i32)
   (local.set $left (i32.const 6000000))
   (loop $again
     (call $print (i32.const 1) (i32.const 1024) (i32.const 1))
     (br_if $again (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))`,
  'x',
);

export const DEEP_RECURSION = command('(call $deeper)', '', '(func $deeper (call $deeper) (call $deeper))');

const ANSWER = '{"body":"went on"}';

/** Runs `body` and, whatever it throws, answers all the same. */
function catchingAll(body: string, extra = ''): string {
  const print = `(call $print (i32.const 1) (i32.const 1024) (i32.const ${ANSWER.length}))`;
  return command(`(try (do ${body}) (catch_all)) ${print}`, ANSWER, extra);
}

export const CATCHES_STOP = catchingAll('(loop $again (br $again))');
export const CATCHES_EXIT = catchingAll('(call $proc_exit (i32.const 3))');
export const CATCHES_OUTPUT_LIMIT = catchingAll(
  '(loop $again (call $print (i32.const 1) (i32.const 1024) (i32.const 60000)) (br $again))',
);
export const CATCHES_DEEP_RECURSION = catchingAll('(call $deeper)', '(func $deeper (call $deeper) (call $deeper))');
/** Never lets go: starts over whenever anything is thrown. */
export const CATCHES_EVERYTHING = command(
  '(loop $again (try (do (call $proc_exit (i32.const 0))) (catch_all)) (br $again))',
);

/** Sleeps, then catches whatever ended that, and never returns. */
export function sleepingInCatch(ms: number): string {
  return `(module ${IMPORTS}
  ${POLL}
  (memory (export "memory") 1)
  ${PRINT}
  (func (export "_start")
    (try (do ${sleep(ms)}) (catch_all))
    (loop $again (br $again))))`;
}

/** Sleeps in its start function, then answers. */
export function sleepingInStart(ms: number): string {
  const answer = '{"body":"slept"}';
  return `(module ${IMPORTS}
  ${POLL}
  (memory (export "memory") 1)
  (data (i32.const 1024) ${watString(answer)})
  ${PRINT}
  (func $init ${sleep(ms)})
  (start $init)
  (func (export "_start") (call $print (i32.const 1) (i32.const 1024) (i32.const ${answer.length}))))`;
}

const POLL = '(import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))';

function sleep(ms: number): string {
  return `(i32.store (i32.const 2064) (i32.const 1))
    (i64.store (i32.const 2072) (i64.const ${BigInt(ms) * 1_000_000n}))
    (drop (call $poll (i32.const 2048) (i32.const 4096) (i32.const 1) (i32.const 8)))`;
}

/** Grows its memory page by page until it may not, touches the last one, and answers. */
export const GROWS_TO_LIMIT = printingThen(
  '{"body":"grown"}',
  `(loop $again (br_if $again (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
   (i32.store8 (i32.sub (i32.mul (memory.size) (i32.const 65536)) (i32.const 1)) (i32.const 1))`,
);
