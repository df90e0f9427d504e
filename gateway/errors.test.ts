import { STATUS_CODES } from 'node:http';

import { expect, test } from 'vitest';

import { HTTP_STATUS, isHttpErrorCode, PROBLEM_TITLE } from './errors.ts';

test('gives every code a title and a status that HTTP knows, but for the client that has left', () => {
  expect(Object.keys(PROBLEM_TITLE).sort()).toEqual(Object.keys(HTTP_STATUS).sort());
  const unknown = Object.entries(HTTP_STATUS).filter(([, status]) => STATUS_CODES[status] === undefined);
  expect(unknown).toEqual([['ERR_CANCELLED', 499]]);
});

test('knows no code by inheritance', () => {
  expect(isHttpErrorCode('toString')).toBe(false);
  expect(isHttpErrorCode('ERR_DRAINING')).toBe(true);
});
