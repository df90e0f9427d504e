import { expect, test } from 'vitest';

import { OutputLimitExceeded } from '../sandbox/capped-output.ts';
import { EBADF, EFAULT, EINVAL, ENOTDIR, ENOTSUP, ESPIPE, SUCCESS } from './errno.ts';
import { MAX_STDERR_WRITE_BYTES } from './fd.ts';
import { MAX_IOVECS } from './linear-memory.ts';
import { makeFixture, putIovecs, readText, readU32, readU64, stdoutText } from './testdata/guest-fixture.ts';

const PAGE = 65_536;
const RESULT = 60_000;
const UNTOUCHED = 0xabababab;

function putText(memory: WebAssembly.Memory, at: number, text: string): void {
  new Uint8Array(memory.buffer).set(Buffer.from(text), at);
}

test('writes the buffers of a list to stdout in order', () => {
  const { guest, memory, wasi } = makeFixture();
  putText(memory, 1000, 'one two');
  putIovecs(memory, 0, [1000, 3], [0, 0], [1003, 4]);
  expect(wasi['fd_write']!(1, 0, 3, RESULT)).toBe(SUCCESS);
  expect(readU32(memory, RESULT)).toBe(7);
  expect(stdoutText(guest)).toBe('one two');
});

test('writes stderr as log lines', () => {
  const { guest, memory, wasi } = makeFixture();
  putText(memory, 1000, 'first\nsecond');
  putIovecs(memory, 0, [1000, 12]);
  expect(wasi['fd_write']!(2, 0, 1, RESULT)).toBe(SUCCESS);
  expect(guest.stderr.finish().lines.map(({ text }) => text)).toEqual(['first', 'second']);
});

test('takes a part of a huge write to stderr and tells how much', () => {
  const { memory, wasi } = makeFixture();
  putIovecs(memory, 0, ...Array.from({ length: MAX_IOVECS }, (): [number, number] => [0, PAGE]));
  expect(wasi['fd_write']!(2, 0, MAX_IOVECS, RESULT)).toBe(SUCCESS);
  expect(readU32(memory, RESULT)).toBe(MAX_STDERR_WRITE_BYTES);
});

test('writes buffers that overlap each other and the list', () => {
  const { guest, memory, wasi } = makeFixture();
  putIovecs(memory, 0, [0, 16], [8, 8]);
  const list = Buffer.from(memory.buffer.slice(0, 16));
  expect(wasi['fd_write']!(1, 0, 2, RESULT)).toBe(SUCCESS);
  expect(Buffer.from(guest.stdout.bytes())).toEqual(Buffer.concat([list, list.subarray(8)]));
});

test('ends the guest that writes more than it may', () => {
  const { memory, wasi } = makeFixture({ outputBytes: 10 });
  putIovecs(memory, 0, [0, 10]);
  expect(wasi['fd_write']!(1, 0, 1, RESULT)).toBe(SUCCESS);
  putIovecs(memory, 0, [0, 1]);
  let thrown: unknown;
  try {
    wasi['fd_write']!(1, 0, 1, RESULT);
  } catch (end) {
    thrown = end;
  }
  expect(thrown).toEqual(new OutputLimitExceeded(10));
});

test('reads stdin in pieces and then nothing', () => {
  const { memory, wasi } = makeFixture({ stdin: 'abcdefgh' });
  putIovecs(memory, 0, [1000, 2], [2000, 3]);
  const pieces = [1, 2, 3].map(() => {
    expect(wasi['fd_read']!(0, 0, 2, RESULT)).toBe(SUCCESS);
    const count = readU32(memory, RESULT);
    return (readText(memory, 1000, 2) + readText(memory, 2000, 3)).slice(0, count);
  });
  expect(pieces).toEqual(['abcde', 'fgh', '']);
});

test('stops reading when what it read has overwritten the list', () => {
  const { memory, wasi } = makeFixture({ stdin: '\xff'.repeat(100) });
  putIovecs(memory, 0, [8, 8], [1000, 8]);
  expect(wasi['fd_read']!(0, 0, 2, RESULT)).toBe(SUCCESS);
  expect(readU32(memory, RESULT)).toBe(8);
});

test.for([
  { why: 'a buffer of 2^32-1 bytes', iovec: [0, -1], count: 2, result: RESULT, errno: EFAULT },
  { why: 'a buffer past the end', iovec: [PAGE - 4, 5], count: 2, result: RESULT, errno: EFAULT },
  { why: 'a buffer at 2^32-1', iovec: [-1, 1], count: 2, result: RESULT, errno: EFAULT },
  { why: 'a result past the end', iovec: [1000, 4], count: 2, result: PAGE - 3, errno: EFAULT },
  { why: 'a result at 2^32-1', iovec: [1000, 4], count: 2, result: -1, errno: EFAULT },
  { why: 'one buffer too many', iovec: [1000, 0], count: MAX_IOVECS + 1, result: RESULT, errno: EINVAL },
  { why: '2^31 buffers', iovec: [1000, 4], count: 2 ** 31, result: RESULT, errno: EINVAL },
  { why: '2^32-1 buffers', iovec: [1000, 4], count: -1, result: RESULT, errno: EINVAL },
] as const)('refuses $why before it reads or writes anything', ({ iovec, count, result, errno }) => {
  const { guest, memory, wasi } = makeFixture({ stdin: 'input' });
  new DataView(memory.buffer).setUint32(RESULT, UNTOUCHED, true);
  // A good buffer comes first: it must not have been used by then.
  putIovecs(memory, 0, [1000, 4], [...iovec]);
  for (const [call, descriptor] of [
    ['fd_read', 0],
    ['fd_write', 1],
    ['fd_write', 2],
  ] as const) {
    expect(wasi[call]!(descriptor, 0, count | 0, result | 0)).toBe(errno);
  }
  expect(readU32(memory, RESULT)).toBe(UNTOUCHED);
  expect(guest.stdinPosition).toBe(0);
  expect(guest.stdout.bytes()).toHaveLength(0);
  expect(guest.stderr.finish().lines).toEqual([]);
});

test('refuses a list that ends past the memory, and takes one that ends with it', () => {
  const { wasi } = makeFixture();
  expect(wasi['fd_write']!(1, PAGE - 8, 1, RESULT)).toBe(SUCCESS);
  expect(wasi['fd_write']!(1, PAGE - 7, 1, RESULT)).toBe(EFAULT);
});

test.for([
  { call: 'fd_read', descriptor: 1 },
  { call: 'fd_read', descriptor: 2 },
  { call: 'fd_write', descriptor: 0 },
  { call: 'fd_read', descriptor: 3 },
  { call: 'fd_write', descriptor: 3 },
  { call: 'fd_write', descriptor: -1 },
] as const)('refuses $call on descriptor $descriptor', ({ call, descriptor }) => {
  expect(makeFixture().wasi[call]!(descriptor, 0, 1, RESULT)).toBe(EBADF);
});

test('closes a stream for the rest of the invocation only', () => {
  const { guest, memory, wasi } = makeFixture();
  expect(wasi['fd_close']!(1)).toBe(SUCCESS);
  expect(wasi['fd_close']!(1)).toBe(EBADF);
  expect(wasi['fd_write']!(1, 0, 0, RESULT)).toBe(EBADF);
  expect(wasi['fd_fdstat_get']!(1, 0)).toBe(EBADF);
  expect(wasi['path_open']!(1, 0, 0, 0, 0, 0n, 0n, 0, 0)).toBe(EBADF);
  guest.reset(new Uint8Array(0));
  guest.attachMemory(memory);
  expect(wasi['fd_write']!(1, 0, 0, RESULT)).toBe(SUCCESS);
});

test('moves a stream to another descriptor', () => {
  const { guest, memory, wasi } = makeFixture();
  putText(memory, 1000, 'moved');
  putIovecs(memory, 0, [1000, 5]);
  expect(wasi['fd_renumber']!(1, 2)).toBe(SUCCESS);
  expect(wasi['fd_write']!(1, 0, 1, RESULT)).toBe(EBADF);
  expect(wasi['fd_write']!(2, 0, 1, RESULT)).toBe(SUCCESS);
  expect(stdoutText(guest)).toBe('moved');
  expect(wasi['fd_renumber']!(2, 2)).toBe(SUCCESS);
  expect(wasi['fd_renumber']!(2, 7)).toBe(EBADF);
  expect(wasi['fd_renumber']!(7, 2)).toBe(EBADF);
});

test.for([
  { descriptor: 0, right: 1n << 1n },
  { descriptor: 1, right: 1n << 6n },
  { descriptor: 2, right: 1n << 6n },
])('describes descriptor $descriptor as a stream that is no terminal', ({ descriptor, right }) => {
  const { memory, wasi } = makeFixture();
  new Uint8Array(memory.buffer).fill(0xff);
  expect(wasi['fd_fdstat_get']!(descriptor, 8)).toBe(SUCCESS);
  const view = new DataView(memory.buffer);
  expect({ filetype: view.getUint8(8), flags: view.getUint16(10, true) }).toEqual({ filetype: 0, flags: 0 });
  expect(readU64(memory, 16) & ((1n << 1n) | (1n << 6n))).toBe(right);
  expect(readU64(memory, 24)).toBe(0n);
  expect(view.getUint8(32)).toBe(0xff);
});

test('tells the streams apart by inode and gives them no size', () => {
  const { memory, wasi } = makeFixture({ stdin: 'input' });
  const inodes = [0, 1, 2].map((descriptor) => {
    new Uint8Array(memory.buffer).fill(0xff);
    expect(wasi['fd_filestat_get']!(descriptor, 8)).toBe(SUCCESS);
    expect(readU64(memory, 8 + 32)).toBe(0n);
    expect(new DataView(memory.buffer).getUint8(8 + 64)).toBe(0xff);
    return readU64(memory, 16);
  });
  expect(new Set(inodes).size).toBe(3);
});

test.for([
  { call: 'fd_fdstat_get', size: 24 },
  { call: 'fd_filestat_get', size: 64 },
])('$call refuses a result past the end', ({ call, size }) => {
  const { wasi } = makeFixture();
  expect(wasi[call]!(1, PAGE - size)).toBe(SUCCESS);
  expect(wasi[call]!(1, PAGE - size + 1)).toBe(EFAULT);
});

test.for([
  { call: 'fd_seek', args: [0n, 0, 0], errno: ESPIPE },
  { call: 'fd_tell', args: [0], errno: ESPIPE },
  { call: 'fd_pread', args: [0, 0, 0n, 0], errno: ESPIPE },
  { call: 'fd_pwrite', args: [0, 0, 0n, 0], errno: ESPIPE },
  { call: 'fd_advise', args: [0n, 0n, 0], errno: ESPIPE },
  { call: 'fd_allocate', args: [0n, 0n], errno: ESPIPE },
  { call: 'fd_readdir', args: [0, 0, 0n, 0], errno: ENOTDIR },
  { call: 'fd_filestat_set_size', args: [0n], errno: EINVAL },
  { call: 'fd_filestat_set_times', args: [0n, 0n, 0], errno: ENOTSUP },
  { call: 'fd_fdstat_set_rights', args: [0n, 0n], errno: ENOTSUP },
  { call: 'fd_fdstat_set_flags', args: [0b1_1111], errno: SUCCESS },
  { call: 'fd_fdstat_set_flags', args: [0b10_0000], errno: EINVAL },
  { call: 'fd_sync', args: [], errno: SUCCESS },
  { call: 'fd_datasync', args: [], errno: SUCCESS },
])('answers $call with $errno on a stream and with EBADF on anything else', ({ call, args, errno }) => {
  const { wasi } = makeFixture();
  for (const descriptor of [0, 1, 2]) expect(wasi[call]!(descriptor, ...args)).toBe(errno);
  for (const descriptor of [3, 2 ** 31 - 1, -1]) expect(wasi[call]!(descriptor, ...args)).toBe(EBADF);
});

test('has no directory to open files from', () => {
  const { wasi } = makeFixture();
  for (const descriptor of [0, 1, 2, 3, 4]) {
    expect(wasi['fd_prestat_get']!(descriptor, 0)).toBe(EBADF);
    expect(wasi['fd_prestat_dir_name']!(descriptor, 0, 8)).toBe(EBADF);
  }
});
