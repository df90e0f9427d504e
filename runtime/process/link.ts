// Messages over a byte stream between two processes, in frames of a length and a list of messages in V8's structured
// clone format. Node's own channel of `fork` does the same, but an unreadable message throws where nobody can catch it:
// a process that was taken over could end its parent.

import type { Duplex } from 'node:stream';
import { deserialize, serialize } from 'node:v8';

/** The file descriptor of the link in the process of isolated functions; 0, 1 and 2 are what they always are. */
export const LINK_FD = 3;

const LENGTH_BYTES = 4;
/** A body or an answer has at most 256 MiB; what else is in its frame is far less. */
const MAX_FRAME_BYTES = 512 * 1024 * 1024;
/** A batch goes out before the end of the turn if it has as much, so that frames stay below their limit. */
const MAX_BATCH_MESSAGES = 64;
const MAX_BATCH_BYTES = 1024 * 1024;

export interface LinkEvents {
  /** With the messages of one frame, as unchecked as they came. */
  readonly received: (messages: readonly unknown[]) => void;
  /** The other side sent what is no frame; nothing more is read from it. */
  readonly garbled: (cause: Error) => void;
  /** Nothing more comes or goes. */
  readonly closed: () => void;
}

export class Link<Message> {
  readonly #stream: Duplex;
  #batch: Message[] = [];
  #batchBytes = 0;

  constructor(stream: Duplex, { received, garbled, closed }: LinkEvents) {
    this.#stream = stream;
    const reader = new FrameReader();
    stream.on('data', (bytes: Buffer) => {
      try {
        for (const messages of reader.read(bytes)) received(messages);
      } catch (cause) {
        if (!(cause instanceof FrameError)) throw cause;
        stream.destroy();
        garbled(cause);
      }
    });
    // A write to a process that has ended; its end is told by `close`.
    stream.on('error', () => undefined);
    stream.on('close', closed);
  }

  /**
   * Puts a message into the batch of this turn of the event loop; drops it if the link is closed.
   * @param bytes of the body or module that is in it
   */
  send(message: Message, bytes = 0): void {
    this.#batch.push(message);
    this.#batchBytes += bytes;
    if (this.#batch.length === MAX_BATCH_MESSAGES || this.#batchBytes >= MAX_BATCH_BYTES) this.#flush();
    else if (this.#batch.length === 1) setImmediate(() => this.#flush());
  }

  #flush(): void {
    if (this.#batch.length === 0) return;
    const batch = this.#batch;
    this.#batch = [];
    this.#batchBytes = 0;
    if (!this.#stream.writable) return;
    const frame = serialize(batch);
    const length = Buffer.allocUnsafe(LENGTH_BYTES);
    length.writeUInt32LE(frame.byteLength);
    this.#stream.cork();
    this.#stream.write(length);
    this.#stream.write(frame);
    this.#stream.uncork();
  }
}

/** What came is no list of messages. */
export class FrameError extends Error {
  override readonly name = 'FrameError';
}

/** Finds the frames in the bytes of a stream, however they were cut. */
export class FrameReader {
  #chunks: Buffer[] = [];
  #bufferedBytes = 0;
  #neededBytes = LENGTH_BYTES;

  /** @throws FrameError for a frame over the limit, or one that is no list */
  *read(chunk: Buffer): Generator<readonly unknown[]> {
    this.#chunks.push(chunk);
    this.#bufferedBytes += chunk.byteLength;
    if (this.#bufferedBytes < this.#neededBytes) return;
    let rest = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks);
    for (;;) {
      this.#neededBytes = rest.byteLength < LENGTH_BYTES ? LENGTH_BYTES : LENGTH_BYTES + readLength(rest);
      if (rest.byteLength < this.#neededBytes) break;
      yield readFrame(rest.subarray(LENGTH_BYTES, this.#neededBytes));
      rest = rest.subarray(this.#neededBytes);
    }
    // An empty rest would keep alive all that was before it.
    this.#chunks = rest.byteLength === 0 ? [] : [rest];
    this.#bufferedBytes = rest.byteLength;
  }
}

function readLength(bytes: Buffer): number {
  const length = bytes.readUInt32LE();
  if (length <= MAX_FRAME_BYTES) return length;
  throw new FrameError(`a frame of ${length} bytes is over the limit of ${MAX_FRAME_BYTES} bytes`);
}

function readFrame(bytes: Buffer): readonly unknown[] {
  let messages: unknown;
  try {
    messages = deserialize(bytes);
  } catch (cause) {
    throw new FrameError('a frame cannot be read', { cause });
  }
  if (!Array.isArray(messages)) throw new FrameError('a frame holds no list of messages');
  return messages;
}
