// A backtracking matcher in the manner of Kernighan and Pike (literals . * and the anchor $), searching 32 KB for three
// patterns: small functions that call each other and seldom loop.

const LENGTH: i32 = 32 * 1024;
const text = makeText();
const patterns = [bytesOf('er*or.*7$'), bytesOf('a.*b.*c9'), bytesOf('x*y*zz')];

function bytesOf(source: string): StaticArray<u8> {
  const bytes = new StaticArray<u8>(source.length);
  for (let i = 0; i < source.length; i++) bytes[i] = <u8>source.charCodeAt(i);
  return bytes;
}

/** Lines of 63 characters and a newline, pseudo-random. */
function makeText(): StaticArray<u8> {
  const alphabet = bytesOf('aberorcxyz 0123456789');
  const bytes = new StaticArray<u8>(LENGTH);
  let random: u32 = 7;
  for (let i = 0; i < LENGTH; i++) {
    random = random * 1664525 + 1013904223;
    bytes[i] = i % 64 == 63 ? 0x0a : alphabet[(random >> 16) % alphabet.length];
  }
  return bytes;
}

function matchHere(pattern: StaticArray<u8>, p: i32, at: i32, end: i32): bool {
  if (p == pattern.length) return true;
  if (p + 1 < pattern.length && pattern[p + 1] == 0x2a) return matchStar(pattern[p], pattern, p + 2, at, end);
  if (pattern[p] == 0x24 && p + 1 == pattern.length) return at == end;
  if (at < end && (pattern[p] == 0x2e || pattern[p] == text[at])) return matchHere(pattern, p + 1, at + 1, end);
  return false;
}

function matchStar(character: u8, pattern: StaticArray<u8>, p: i32, at: i32, end: i32): bool {
  while (true) {
    if (matchHere(pattern, p, at, end)) return true;
    if (at >= end || (character != 0x2e && text[at] != character)) return false;
    at++;
  }
}

function countMatches(pattern: StaticArray<u8>): u32 {
  let count: u32 = 0;
  for (let line = 0; line < LENGTH; line += 64) {
    for (let at = line; at < line + 63; at++) {
      if (!matchHere(pattern, 0, at, line + 63)) continue;
      count += <u32>at;
      break;
    }
  }
  return count;
}

/** The places of the first match in each line, added up. */
export function regex(rounds: i32): u32 {
  let sum: u32 = 0;
  for (let round = 0; round < rounds; round++) {
    sum = 0;
    for (let i = 0; i < patterns.length; i++) sum += countMatches(patterns[i]);
  }
  return sum;
}
