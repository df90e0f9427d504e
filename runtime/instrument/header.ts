// The first eight bytes: tells a core module from a component and from the files that people hand over by mistake.

import { ModuleError } from '../errors.ts';
import { malformed, unsupported } from './binary-reader.ts';

/** Magic and version; the first section starts after them. */
export const HEADER_BYTES = 8;

const MAGIC = [0x00, 0x61, 0x73, 0x6d] as const;

interface LookAlike {
  readonly prefix: readonly number[];
  readonly what: string;
  readonly fix: string;
}

const BINARY_LOOK_ALIKES: readonly LookAlike[] = [
  { prefix: [0x1f, 0x8b], what: 'gzip data', fix: 'decompress it with gunzip first' },
  { prefix: [0x28, 0xb5, 0x2f, 0xfd], what: 'zstd data', fix: 'decompress it with unzstd first' },
  { prefix: [0x50, 0x4b, 0x03, 0x04], what: 'a zip archive', fix: 'unpack it and name the .wasm file in it' },
  { prefix: [0x7f, 0x45, 0x4c, 0x46], what: 'a native ELF program', fix: 'build it for wasm32-wasip1' },
  { prefix: [0xcf, 0xfa, 0xed, 0xfe], what: 'a native Mach-O program', fix: 'build it for wasm32-wasip1' },
  { prefix: [0x4d, 0x5a], what: 'a native Windows program', fix: 'build it for wasm32-wasip1' },
  { prefix: [0x42, 0x43, 0xc0, 0xde], what: 'LLVM bitcode', fix: 'link it with wasm-ld' },
];

/** @throws ModuleError ERR_MODULE_MALFORMED, ERR_MODULE_COMPONENT or ERR_MODULE_UNSUPPORTED (another version). */
export function checkHeader(bytes: Uint8Array): void {
  if (bytes.byteLength === 0) {
    throw new ModuleError('ERR_MODULE_MALFORMED', 'module is empty (0 bytes); check that the build wrote it', {
      offset: 0,
    });
  }
  if (!MAGIC.every((byte, index) => index >= bytes.byteLength || bytes[index] === byte)) throw wrongMagic(bytes);
  if (bytes.byteLength < HEADER_BYTES) throw malformed(bytes.byteLength, 'the 8-byte header is cut off');
  const version = bytes[4]! | (bytes[5]! << 8);
  const layer = bytes[6]! | (bytes[7]! << 8);
  if (layer === 1) {
    throw new ModuleError(
      'ERR_MODULE_COMPONENT',
      'file is a WebAssembly component, not a core module; build for WASI preview 1 (Rust: --target wasm32-wasip1)',
      { offset: 4 },
    );
  }
  if (version !== 1 || layer !== 0) {
    throw unsupported(4, `binary format version ${version}, layer ${layer}`, 'build it as WebAssembly version 1');
  }
}

function wrongMagic(bytes: Uint8Array): ModuleError {
  const looksLike =
    BINARY_LOOK_ALIKES.find(({ prefix }) => prefix.every((byte, index) => bytes[index] === byte)) ??
    textLookAlike(bytes);
  const start = Array.from(bytes.subarray(0, 4), (byte) => byte.toString(16).padStart(2, '0')).join(' ');
  const guess = looksLike ? `; it looks like ${looksLike.what}: ${looksLike.fix}` : '; name a .wasm file';
  return new ModuleError('ERR_MODULE_MALFORMED', `file starts with ${start}, not with 00 61 73 6d (\\0asm)${guess}`, {
    offset: 0,
  });
}

function textLookAlike(bytes: Uint8Array): LookAlike | undefined {
  const text = Buffer.from(bytes.subarray(0, 512)).toString('latin1').trimStart().toLowerCase();
  const found = (what: string, fix: string): LookAlike => ({ prefix: [], what, fix });
  if (text.startsWith('(') || text.startsWith(';;'))
    return found('text format (.wat)', 'convert it with wat2wasm first');
  if (text.startsWith('<')) return found('an HTML or XML page', 'check the address it was downloaded from');
  if (text.startsWith('version https://git-lfs')) return found('a Git LFS pointer', 'fetch the file with git lfs pull');
  if (text.startsWith('{')) return found('JSON', 'name the .wasm file instead');
  if (text.startsWith('#!')) return found('a script', 'name the .wasm file instead');
  return undefined;
}
