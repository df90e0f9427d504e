import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { HttpEvent, InvocationEvent } from '../invocation.ts';
import { packBytes, packEvent, unpackBytes, unpackEvent } from './messages.ts';

const KIB = 1024;

/** Over a port and back out, as between two threads. */
function carry(packed: unknown, transfer: ArrayBuffer[]): unknown {
  const { port1, port2 } = new MessageChannel();
  port1.postMessage(packed, transfer);
  const received = receiveMessageOnPort(port2) as { message: unknown };
  port1.close();
  return received.message;
}

function carryBytes(bytes: Uint8Array): Uint8Array {
  const transfer: ArrayBuffer[] = [];
  return unpackBytes(carry(packBytes(bytes, transfer), transfer) as ReturnType<typeof packBytes>);
}

function carryEvent(event: InvocationEvent): InvocationEvent {
  const transfer: ArrayBuffer[] = [];
  return unpackEvent(carry(packEvent(event, transfer), transfer) as ReturnType<typeof packEvent>);
}

function everyByte(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 31) & 0xff);
}

describe('bytes', () => {
  test.for([0, 1, 255, 256, 64 * KIB - 1, 64 * KIB, 64 * KIB + 1, 1024 * KIB])(
    'arrive as they were sent: %i of them',
    (length) => {
      const bytes = everyByte(length);
      expect(Buffer.compare(carryBytes(bytes), bytes)).toBe(0);
      expect(bytes).toEqual(everyByte(length));
    },
  );

  test('arrive as they were sent, whatever they are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(Buffer.compare(carryBytes(bytes), bytes)).toBe(0);
      }),
    );
  });

  test.for([10, 64 * KIB, 64 * KIB + 1])('of a view of %i come without what surrounds them', (length) => {
    const around = new Uint8Array(length + 200 * KIB).fill(0x53);
    const view = around.subarray(100 * KIB, 100 * KIB + length).fill(1);
    const transfer: ArrayBuffer[] = [];
    const packed = packBytes(view, transfer);
    expect(typeof packed === 'string' ? packed.length : packed.buffer.byteLength).toBe(length);
    expect(carryBytes(view).every((byte) => byte === 1)).toBe(true);
    // The buffer around them was neither moved away nor changed.
    expect(around.byteLength).toBe(length + 200 * KIB);
    expect(around[0]).toBe(0x53);
  });

  test.for([
    { length: 64 * KIB, moved: 0 },
    { length: 64 * KIB + 1, moved: 1 },
  ])('are moved above 64 KiB only: $length', ({ length, moved }) => {
    const transfer: ArrayBuffer[] = [];
    packBytes(everyByte(length), transfer);
    expect(transfer).toHaveLength(moved);
  });
});

describe('an event', () => {
  const http: HttpEvent = {
    trigger: 'http',
    route: '/tax/:id',
    method: 'POST',
    scheme: 'https',
    host: 'shop.example',
    remoteAddress: '203.0.113.7',
    path: '/tax/7',
    query: 'a=1&a=2',
    params: { id: '7' },
    rawHeaders: ['X-A', '1', 'x-a', '2'],
    body: everyByte(300),
  };

  test.for([
    { what: 'of HTTP', event: http },
    { what: 'of HTTP without parameters', event: { ...http, params: {} } },
    { what: 'of HTTP with an empty body', event: { ...http, body: new Uint8Array(0) } },
    { what: 'of HTTP with a large body', event: { ...http, body: everyByte(64 * KIB + 1) } },
  ])('$what arrives as it was sent, and can be sent again', ({ event }) => {
    for (let time = 0; time < 2; time++) {
      const { body, ...arrived } = carryEvent(event) as HttpEvent;
      const { body: sent, ...rest } = event;
      expect(arrived).toEqual(rest);
      expect(Buffer.compare(body, sent)).toBe(0);
    }
  });

  test.for([null, [1, 2], [], { list: [1] }, 'text'])('of another trigger arrives as it was sent: %j', (payload) => {
    const event = { trigger: 'queue', event: payload } as const;
    expect(carryEvent(event)).toEqual(event);
  });
});
