import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { createRequestIds } from './request-id.ts';

const zeros = (bytes: Uint8Array): void => void bytes.fill(0);
const ones = (bytes: Uint8Array): void => void bytes.fill(0xff);

test('encodes the time as the specification of ULID does', () => {
  expect(createRequestIds(() => 1_469_918_176_385, zeros)()).toBe('01ARYZ6S41' + '0'.repeat(16));
  expect(createRequestIds(() => 2 ** 48 - 1, ones)()).toBe('7ZZZZZZZZZ' + 'Z'.repeat(12) + 'FZZZ');
});

test('makes ids that sort in their order, whatever the clock does', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(3), { minLength: 2 }), fc.boolean(), (times, isHigh) => {
      let call = 0;
      const next = createRequestIds(() => times[call++]!, isHigh ? ones : zeros);
      const ids = times.map(() => next());
      expect(ids.every((id) => /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/.test(id))).toBe(true);
      expect(ids.every((id, i) => i === 0 || id > ids[i - 1]!)).toBe(true);
    }),
  );
});

test('goes on in the next millisecond when the ids of one are used up', () => {
  const next = createRequestIds(() => 1, ones);
  let last = next();
  const sorted = Array.from({ length: 600_000 }, () => {
    const id = next();
    const isLater = id > last;
    last = id;
    return isLater;
  });
  expect(sorted.every(Boolean)).toBe(true);
  expect(last.startsWith('0000000002')).toBe(true);
});

test('draws randomness in batches', () => {
  let draws = 0;
  let ms = 0;
  const next = createRequestIds(
    () => ms++,
    () => draws++,
  );
  for (let i = 0; i < 65; i++) next();
  expect(draws).toBe(2);
});
