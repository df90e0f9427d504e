import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CodedError } from '../../runtime/errors.ts';
import { parseEvent } from './event-file.ts';

describe('an event', () => {
  test('with a method is an HTTP request, with everything else optional', () => {
    expect(parseEvent('{"method":"GET"}', 'event.json')).toEqual({
      trigger: 'http',
      route: '/*',
      method: 'GET',
      scheme: 'http',
      host: 'localhost',
      remoteAddress: '127.0.0.1',
      path: '/',
      query: '',
      params: {},
      rawHeaders: [],
      body: Buffer.alloc(0),
    });
  });

  test('has its target normalised, its headers one by one and its body decoded', () => {
    const headers = { accept: ['a', 'b'], 'X-One': '1' };
    const request = { method: 'PUT', uri: '/%7Ea//b?x=1&x=2', headers, body: 'AP8=', encoding: 'base64' };
    expect(parseEvent(JSON.stringify(request), 'event.json')).toMatchObject({
      method: 'PUT',
      path: '/~a/b',
      query: 'x=1&x=2',
      rawHeaders: ['accept', 'a', 'accept', 'b', 'X-One', '1'],
      body: Buffer.of(0, 255),
    });
  });

  test.for(['null', '1', '"text"', '[]', '{}', '{"methods":1}'])('of any other JSON is handed over: %s', (text) => {
    expect(parseEvent(text, 'event.json')).toEqual({ trigger: 'invoke', event: JSON.parse(text) });
  });

  test.for([
    { text: '', says: 'event.json is not JSON: it is empty' },
    { text: '{"a":1', says: 'event.json is not JSON: ' },
    { text: '{"method":"get"}', says: 'method: must be in upper case' },
    { text: '{"method":1}', says: 'method: ' },
    { text: '{"method":"GET","url":"/"}', says: 'unknown key "url", there are method, uri,' },
    { text: '{"method":"GET","headers":{"a":1}}', says: 'headers.a: ' },
    { text: '{"method":"GET","body":{}}', says: 'body: ' },
    { text: '{"method":"GET","body":"AP8","encoding":"base64"}', says: 'body: must be base64 with padding' },
    { text: '{"method":"GET","encoding":"gzip"}', says: 'encoding: ' },
    { text: '{"method":"GET","uri":"/a/../b"}', says: 'uri: the path has a "." or ".." segment' },
    { text: '{"method":"GET","uri":"nowhere"}', says: 'uri: ' },
  ])('is refused: $text', ({ text, says }) => {
    expect(() => parseEvent(text, 'event.json')).toThrow(says);
  });

  test('of any text is an event or a wrong use', () => {
    const request = fc.record(
      { method: fc.string(), uri: fc.string(), body: fc.string() },
      { requiredKeys: ['method'] },
    );
    const text = fc.oneof(
      fc.string(),
      fc.json(),
      request.map((value) => JSON.stringify(value)),
    );
    fc.assert(
      fc.property(text, (source) => {
        expect(outcomeOf(source)).toMatch(/^(event|ERR_USAGE)$/);
      }),
    );
  });
});

function outcomeOf(text: string): string {
  try {
    parseEvent(text, 'stdin');
    return 'event';
  } catch (error) {
    return error instanceof CodedError ? error.code : String(error);
  }
}
