// Whether the bytes that came back are the one right answer. Pure.

/** `wrong` says what is. */
export type Verdict = 'incomplete' | 'right' | { readonly wrong: string };

const CONTENT_LENGTH = /\r\ncontent-length: *(\d+) *(?:\r\n|$)/i;
const CONTENT_TYPE = /\r\ncontent-type: *application\/json *(?:\r\n|$)/i;

/**
 * Judges an answer as soon as it is complete.
 * @param received - all bytes since the request was sent, as Latin-1, so that one character is one byte
 */
export function checkAnswer(received: string, expectedBody: string): Verdict {
  const headLength = received.indexOf('\r\n\r\n');
  if (headLength === -1) return 'incomplete';
  const head = received.slice(0, headLength);
  const contentLength = CONTENT_LENGTH.exec(head)?.[1];
  if (contentLength === undefined) return { wrong: 'it has no content-length' };
  const bodyStart = headLength + '\r\n\r\n'.length;
  const excess = received.length - bodyStart - Number(contentLength);
  if (excess < 0) return 'incomplete';
  if (excess > 0) return { wrong: `${excess} bytes follow it` };
  if (!head.startsWith('HTTP/1.1 200 ')) return { wrong: 'its status is not 200' };
  if (!CONTENT_TYPE.test(head)) return { wrong: 'its content-type is not application/json' };
  if (received.slice(bodyStart) !== expectedBody) return { wrong: `its body is not ${expectedBody}` };
  return 'right';
}
