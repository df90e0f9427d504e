import { expect, test } from 'vitest';

import { collide, readAddress, readLoopbackAddress } from './addresses.ts';

test.for([
  ['127.0.0.1:8080', { host: '127.0.0.1', port: 8080 }],
  ['[::1]:8080', { host: '::1', port: 8080 }],
  [':8080', { host: null, port: 8080 }],
  ['LocalHost:0', { host: 'localhost', port: 0 }],
  ['gate.example.com:65535', { host: 'gate.example.com', port: 65_535 }],
] as const)('reads %s', ([raw, address]) => {
  expect(readAddress(raw)).toEqual({ value: address });
});

test.for([
  '',
  '8080',
  8080,
  null,
  '127.0.0.1',
  '127.0.0.1:',
  '127.0.0.1:65536',
  '127.0.0.1:-1',
  '127.0.0.1:8o80',
  '127.0.0.256:80',
  '1.2.3:80',
  '::1:8080',
  '[::1]',
  '[127.0.0.1]:80',
  '[::g]:80',
  'http://127.0.0.1:80',
  'a b:80',
  '-a:80',
  'a..b:80',
  `${'a'.repeat(64)}:80`,
])('refuses %j as an address', (raw) => {
  expect(readAddress(raw)).toEqual({ problem: expect.stringMatching(/^must (be host:port|have a port)/) });
});

test.for(['127.0.0.1:1', '127.9.9.9:1', '[::1]:1', 'localhost:1', '[::ffff:127.0.0.1]:1'])(
  'accepts %s as a loopback address',
  (raw) => {
    expect(readLoopbackAddress(raw)).toHaveProperty('value');
  },
);

test.for([':1', '0.0.0.0:1', '[::]:1', '10.0.0.1:1', '[fe80::1]:1', 'admin.example:1', '[::ffff:10.0.0.1]:1'])(
  'refuses %s as a loopback address and says why',
  (raw) => {
    expect(readLoopbackAddress(raw)).toEqual({ problem: expect.stringContaining('has no authentication') });
  },
);

test.for([
  ['127.0.0.1:80', '127.0.0.1:80', true],
  ['127.0.0.1:80', '127.0.0.1:81', false],
  ['127.0.0.1:80', '127.0.0.2:80', false],
  [':80', '127.0.0.1:80', true],
  ['0.0.0.0:80', '127.0.0.1:80', true],
  ['[::]:80', '[::1]:80', true],
  ['localhost:80', '127.0.0.1:80', true],
  ['localhost:80', '10.0.0.1:80', false],
  ['127.0.0.1:0', '127.0.0.1:0', false],
] as const)('tells whether %s and %s collide: %s', ([a, b, expected]) => {
  const [first, second] = [readAddress(a), readAddress(b)];
  if ('problem' in first || 'problem' in second) throw new Error('both addresses are valid');
  expect(collide(first.value, second.value)).toBe(expected);
  expect(collide(second.value, first.value)).toBe(expected);
});
