// CRC-32 and Adler-32 of 64 KiB: loops of a few instructions, each step waiting for the one before.

const LENGTH: i32 = 64 * 1024;
const ADLER_MODULUS: u32 = 65521;
const table = makeTable();
const input = makeInput();

function makeTable(): StaticArray<u32> {
  const table = new StaticArray<u32>(256);
  for (let i = 0; i < 256; i++) {
    let entry: u32 = i;
    for (let bit = 0; bit < 8; bit++) entry = (entry >> 1) ^ (entry & 1 ? 0xedb88320 : 0);
    table[i] = entry;
  }
  return table;
}

function makeInput(): StaticArray<u8> {
  const bytes = new StaticArray<u8>(LENGTH);
  for (let i = 0; i < LENGTH; i++) bytes[i] = <u8>(i % 251);
  return bytes;
}

function crc32(): u32 {
  let crc: u32 = 0xffffffff;
  for (let i = 0; i < LENGTH; i++) crc = (crc >> 8) ^ table[(crc ^ input[i]) & 0xff];
  return ~crc;
}

function adler32(): u32 {
  let a: u32 = 1;
  let b: u32 = 0;
  for (let i = 0; i < LENGTH; i++) {
    a = (a + input[i]) % ADLER_MODULUS;
    b = (b + a) % ADLER_MODULUS;
  }
  return (b << 16) | a;
}

export function checksums(rounds: i32): u32 {
  let result: u32 = 0;
  for (let round = 0; round < rounds; round++) result = crc32() ^ adler32();
  return result;
}
