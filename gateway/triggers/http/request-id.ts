// Request ids: ULIDs (48 bits of time, 80 bits of randomness, Crockford base 32), so that ids sort by arrival.

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
/** The last 20 bits of an id count within a millisecond; starting in the lower half leaves room for 524,288 of them. */
const COUNTER_MASK = 0xfffff;
const START_MASK = 0x7ffff;
const BYTES_PER_MILLISECOND = 16;

/**
 * Makes a generator of monotonic ULIDs, 26 characters each. Randomness is drawn once a millisecond, not once an id, and
 * fetched in batches: ids of one millisecond are consecutive, so an id is a name and never a secret.
 * @param fillRandom fills the bytes with cryptographic randomness.
 */
export function createRequestIds(now: () => number, fillRandom: (bytes: Uint8Array) => void): () => string {
  const random = new Uint8Array(64 * BYTES_PER_MILLISECOND);
  let used = random.length;
  let lastMs = -1;
  let counter = 0;
  let prefix = '';

  function startMillisecond(ms: number): void {
    if (used === random.length) {
      fillRandom(random);
      used = 0;
    }
    const bytes = random.subarray(used, (used += BYTES_PER_MILLISECOND));
    lastMs = ms;
    prefix = encodeTime(ms);
    for (let i = 0; i < 12; i++) prefix += ALPHABET[bytes[i]! & 31]!;
    counter = ((bytes[12]! << 16) | (bytes[13]! << 8) | bytes[14]!) & START_MASK;
  }

  return () => {
    const ms = now();
    // A clock that steps back must not make a later id sort earlier: count on in the millisecond that was reached.
    if (ms > lastMs) startMillisecond(ms);
    else if (counter++ === COUNTER_MASK) startMillisecond(lastMs + 1);
    return (
      prefix +
      ALPHABET[counter >> 15]! +
      ALPHABET[(counter >> 10) & 31]! +
      ALPHABET[(counter >> 5) & 31]! +
      ALPHABET[counter & 31]!
    );
  };
}

function encodeTime(ms: number): string {
  let text = '';
  for (let rest = ms, i = 0; i < 10; i++) {
    text = ALPHABET[rest % 32]! + text;
    rest = Math.floor(rest / 32);
  }
  return text;
}
