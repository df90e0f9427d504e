import { expect, test } from 'vitest';
import { checkAnswer } from './check-answer.ts';

const BODY = '{"order_id":"a","total_final":1.15}';
const RIGHT = answer('HTTP/1.1 200 OK', ['Content-Type: application/json', `Content-Length: ${BODY.length}`]);

function answer(statusLine: string, headers: readonly string[], body = BODY): string {
  return [statusLine, ...headers, '', body].join('\r\n');
}

test('takes the right answer, whatever the case and order of its headers', () => {
  expect(checkAnswer(RIGHT, BODY)).toBe('right');
  const headers = [`content-length: ${BODY.length}`, 'x-request-id: 1', 'content-type: application/json'];
  expect(checkAnswer(answer('HTTP/1.1 200 OK', headers), BODY)).toBe('right');
});

test('waits for the whole answer', () => {
  for (let length = 0; length < RIGHT.length; length++) {
    expect(checkAnswer(RIGHT.slice(0, length), BODY)).toBe('incomplete');
  }
});

test.for([
  { what: 'another status', received: RIGHT.replace('200', '201'), wrong: 'its status is not 200' },
  { what: 'another version', received: RIGHT.replace('/1.1', '/1.0'), wrong: 'its status is not 200' },
  {
    what: 'another type',
    received: RIGHT.replace('/json', '/jsonp'),
    wrong: 'its content-type is not application/json',
  },
  { what: 'no length', received: RIGHT.replace('-Length', '-Size'), wrong: 'it has no content-length' },
  { what: 'a byte too many', received: `${RIGHT}\n`, wrong: '1 bytes follow it' },
  { what: 'another body', received: RIGHT.replace('1.15', '1.16'), wrong: `its body is not ${BODY}` },
])('refuses an answer with $what', ({ received, wrong }) => {
  expect(checkAnswer(received, BODY)).toEqual({ wrong });
});
