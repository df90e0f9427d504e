// SHA-256 (FIPS 180-4) of 64 KiB: long straight code, called once per block.

const K: StaticArray<u32> = [
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98,
  0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
  0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8,
  0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
  0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819,
  0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
  0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
  0xc67178f2,
];
const INITIAL: StaticArray<u32> = [
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
];

const LENGTH: i32 = 64 * 1024;
/** With the padding: one bit, zeros, and the length in bits. */
const input = new StaticArray<u8>(LENGTH + 64);
const schedule = new StaticArray<u32>(64);
const digest = new StaticArray<u32>(8);

function compressBlock(offset: i32): void {
  for (let i = 0; i < 16; i++) {
    schedule[i] = bswap(load<u32>(changetype<usize>(input) + <usize>(offset + 4 * i)));
  }
  for (let i = 16; i < 64; i++) {
    const x = schedule[i - 15];
    const y = schedule[i - 2];
    const s0 = rotr(x, 7) ^ rotr(x, 18) ^ (x >> 3);
    const s1 = rotr(y, 17) ^ rotr(y, 19) ^ (y >> 10);
    schedule[i] = schedule[i - 16] + s0 + schedule[i - 7] + s1;
  }
  let a = digest[0];
  let b = digest[1];
  let c = digest[2];
  let d = digest[3];
  let e = digest[4];
  let f = digest[5];
  let g = digest[6];
  let h = digest[7];
  for (let i = 0; i < 64; i++) {
    const t1 = h + (rotr(e, 6) ^ rotr(e, 11) ^ rotr(e, 25)) + ((e & f) ^ (~e & g)) + K[i] + schedule[i];
    const t2 = (rotr(a, 2) ^ rotr(a, 13) ^ rotr(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
    h = g;
    g = f;
    f = e;
    e = d + t1;
    d = c;
    c = b;
    b = a;
    a = t1 + t2;
  }
  digest[0] += a;
  digest[1] += b;
  digest[2] += c;
  digest[3] += d;
  digest[4] += e;
  digest[5] += f;
  digest[6] += g;
  digest[7] += h;
}

/** The first word of the digest of bytes 0, 1, 2 …, modulo 251. */
export function sha256(rounds: i32): u32 {
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < LENGTH; i++) input[i] = <u8>(i % 251);
    input[LENGTH] = 0x80;
    store<u64>(changetype<usize>(input) + LENGTH + 56, bswap<u64>(<u64>LENGTH * 8));
    for (let i = 0; i < 8; i++) digest[i] = INITIAL[i];
    for (let offset = 0; offset <= LENGTH; offset += 64) compressBlock(offset);
  }
  return digest[0];
}
