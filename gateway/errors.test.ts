import { STATUS_CODES } from 'node:http';

import { expect, test } from 'vitest';

import { CodedError, InvocationError } from '../runtime/errors.ts';
import { HTTP_STATUS, HttpError, isHttpErrorCode, PROBLEM_TITLE } from './errors.ts';
import { problemAnswer, toHttpCoded } from './triggers/http/problem.ts';

test('gives every code a title and a status that HTTP knows, but for the client that has left', () => {
  expect(Object.keys(PROBLEM_TITLE).sort()).toEqual(Object.keys(HTTP_STATUS).sort());
  const unknown = Object.entries(HTTP_STATUS).filter(([, status]) => STATUS_CODES[status] === undefined);
  expect(unknown).toEqual([['ERR_CANCELLED', 499]]);
});

test('knows no code by inheritance', () => {
  expect(isHttpErrorCode('toString')).toBe(false);
  expect(isHttpErrorCode('ERR_DRAINING')).toBe(true);
});

test.for([
  { what: 'a plain error', error: new Error('secret') },
  { what: 'a code without status', error: new CodedError('ERR_MODULE_READ', 'secret') },
  { what: 'an error of Node', error: Object.assign(new Error('secret'), { code: 'ERR_DRAINING' }) },
  { what: 'no error at all', error: 'secret' },
])('makes ERR_INTERNAL of $what', ({ error }) => {
  expect(toHttpCoded(error)).toMatchObject({ code: 'ERR_INTERNAL', cause: error });
});

test('keeps an error that has a status', () => {
  const error = new InvocationError('ERR_THREAD_LOST', 'thread 3 ended');
  expect(toHttpCoded(error)).toBe(error);
});

test('keeps the Retry-After that an error brings', () => {
  const error = new HttpError('ERR_DRAINING', 'come back', { headers: ['retry-after', '30'] });
  const { headers } = problemAnswer(error, 'id');
  expect(headers.filter((field) => field === 'retry-after')).toHaveLength(1);
  expect(headers).toContain('30');
});
