import { expect, test } from 'vitest';

import { CodedError, InvocationError } from '../../../runtime/errors.ts';
import { HttpError } from '../../errors.ts';
import { problemAnswer, toHttpCoded } from './problem.ts';

test.for([
  { what: 'a plain error', error: new Error('secret') },
  { what: 'a code without status', error: new CodedError('ERR_MODULE_READ', 'secret') },
  { what: 'an error of Node', error: Object.assign(new Error('secret'), { code: 'ERR_DRAINING' }) },
  { what: 'a cancellation while the client waits', error: new InvocationError('ERR_CANCELLED', 'secret') },
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
