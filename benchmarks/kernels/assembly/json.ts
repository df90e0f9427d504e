// A JSON tokeniser over 60 KB of objects in an array: a loop with a switch, and a short loop in each case.

const OBJECT = '{"id":"A-1042","value":1234.56,"tags":["new","gift \\"wrapped\\""],"paid":true,"note":null}';
const COPIES: i32 = 660;
const text = makeText();

function makeText(): StaticArray<u8> {
  const bytes = String.UTF8.encode(OBJECT);
  const result = new StaticArray<u8>((bytes.byteLength + 1) * COPIES + 1);
  const start = changetype<usize>(result);
  store<u8>(start, 0x5b);
  for (let i = 0; i < COPIES; i++) {
    const copy = start + 1 + <usize>(i * (bytes.byteLength + 1));
    memory.copy(copy, changetype<usize>(bytes), bytes.byteLength);
    store<u8>(copy + bytes.byteLength, i == COPIES - 1 ? 0x5d : 0x2c);
  }
  return result;
}

function endOfString(at: i32): i32 {
  while (text[at] != 0x22) at += text[at] == 0x5c ? 2 : 1;
  return at + 1;
}

function endOfNumber(at: i32): i32 {
  while ((text[at] >= 0x30 && text[at] <= 0x39) || text[at] == 0x2e) at++;
  return at;
}

/** Of all tokens: kind and length, in order. 0 if a bracket has no partner. */
function tokenise(): u32 {
  let hash: u32 = 1;
  let depth = 0;
  let at = 0;
  while (at < text.length) {
    const start = at;
    const first = text[at];
    switch (first) {
      case 0x22:
        at = endOfString(at + 1);
        break;
      case 0x5b:
      case 0x7b:
        depth++;
        at++;
        break;
      case 0x5d:
      case 0x7d:
        depth--;
        at++;
        break;
      case 0x2c:
      case 0x3a:
        at++;
        break;
      case 0x74:
      case 0x6e:
        at += 4;
        break;
      default:
        at = endOfNumber(at + 1);
    }
    hash = (hash ^ (<u32>first + <u32>(at - start))) * 16777619;
  }
  return depth == 0 ? hash : 0;
}

export function json(rounds: i32): u32 {
  let hash: u32 = 0;
  for (let round = 0; round < rounds; round++) hash = tokenise();
  return hash;
}
