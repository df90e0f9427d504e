import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, connect, type Socket } from 'node:net';
import { serialize } from 'node:v8';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { FrameError, FrameReader, Link } from './link.ts';

function frameOf(value: unknown): Buffer {
  const frame = serialize(value);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(frame.byteLength);
  return Buffer.concat([length, frame]);
}

/** Two ends of a real socket. */
async function socketPair(): Promise<readonly [Socket, Socket]> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('no port');
  const client = connect(address.port, '127.0.0.1');
  const [accepted]: Socket[] = await once(server, 'connection');
  server.close();
  onTestFinished(() => {
    client.destroy();
    accepted!.destroy();
  });
  return [client, accepted!];
}

function ignoring() {
  return { received: () => undefined, garbled: () => undefined, closed: () => undefined };
}

test('carries messages in their order, large bodies byte for byte, in batches', async () => {
  const [left, right] = await socketPair();
  const sent = Array.from({ length: 200 }, (_, i) => ({ i, body: randomBytes(i % 50 === 0 ? 1_000_000 : 10) }));
  const batches: number[] = [];
  const received: unknown[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  void new Link(right, {
    ...ignoring(),
    received: (messages) => {
      batches.push(messages.length);
      if (received.push(...messages) === sent.length) resolve();
    },
  });
  const link = new Link<object>(left, ignoring());
  for (const message of sent) link.send(message);
  await promise;
  expect(batches).toEqual([64, 64, 64, 8]);
  expect(received).toEqual(sent);
});

test('sends at once what is large, so that frames stay small', async () => {
  const [left, right] = await socketPair();
  const batches: number[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  void new Link(right, {
    ...ignoring(),
    received: (messages) => {
      if (batches.push(messages.length) === 3) resolve();
    },
  });
  const link = new Link<number>(left, ignoring());
  for (const bytes of [10, 1024 * 1024, 600_000, 600_000, 600_000]) link.send(bytes, bytes);
  await promise;
  expect(batches).toEqual([2, 2, 1]);
});

test.for([
  { what: 'no frame', bytes: Buffer.concat([Buffer.from([8, 0, 0, 0]), Buffer.from('garbage!')]) },
  { what: 'a frame over the limit', bytes: Buffer.from([0xff, 0xff, 0xff, 0xff]) },
  { what: 'a frame that is no list', bytes: frameOf({ kind: 'end' }) },
])('reports $what and closes', async ({ bytes }) => {
  const [left, right] = await socketPair();
  const garbled = Promise.withResolvers<Error>();
  const closed = Promise.withResolvers<void>();
  void new Link(right, { ...ignoring(), garbled: garbled.resolve, closed: closed.resolve });
  left.write(bytes);
  expect(await garbled.promise).toBeInstanceOf(FrameError);
  await closed.promise;
});

test('drops what is sent after the other side has gone', async () => {
  const [left, right] = await socketPair();
  const { promise, resolve } = Promise.withResolvers<void>();
  const link = new Link<object>(left, { ...ignoring(), closed: resolve });
  right.destroy();
  link.send({});
  await promise;
  link.send({});
  await new Promise((done) => setImmediate(done));
  expect(left.writable).toBe(false);
});

test('finds the frames however the stream is cut', () => {
  const values = fc.array(fc.array(fc.oneof(fc.string(), fc.integer(), fc.uint8Array())), { minLength: 1 });
  fc.assert(
    fc.property(values, fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 }), (lists, cuts) => {
      const stream = Buffer.concat(lists.map(frameOf));
      const reader = new FrameReader();
      const found: unknown[] = [];
      for (let at = 0, cut = 0; at < stream.byteLength; cut++) {
        const end = at + cuts[cut % cuts.length]!;
        found.push(...reader.read(stream.subarray(at, end)));
        at = end;
      }
      expect(found).toEqual(lists);
    }),
  );
});

test('gives lists or a FrameError for any bytes', () => {
  // A version and some bytes after it: deeper than what is refused at once.
  const start = Buffer.from([0xff, 0x0f]);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const length = Buffer.alloc(4);
      length.writeUInt32LE(start.byteLength + bytes.byteLength);
      expect(isListOrRefused(Buffer.concat([length, start, bytes]))).toBe(true);
    }),
    { numRuns: 2_000 },
  );
});

function isListOrRefused(bytes: Buffer): boolean {
  try {
    return [...new FrameReader().read(bytes)].every((list) => Array.isArray(list));
  } catch (error) {
    return error instanceof FrameError;
  }
}
