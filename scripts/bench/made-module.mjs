import { hash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { hash1, hashGoMod } from '../../src/gomod/dirhash.ts';

/** The time of every made version. */
const TIME = '2026-01-01T00:00:00Z';

/**
 * The three files of a version that nobody wrote, valid in all that go and modgate check, with their hashes.
 *
 * @param {string} module path of at least two elements, lower case
 * @param {string} version
 * @param {{name: string, bytes: Buffer}[]} files members of the zip beside go.mod, sorted
 * @returns {{info: Buffer, mod: Buffer, zip: Buffer, h1: string, goModH1: string}}
 */
export function madeModule(module, version, files = []) {
  const mod = Buffer.from(`module ${module}\n\ngo 1.24\n`);
  const members = [...files, { name: 'go.mod', bytes: mod }].map(({ name, bytes }) => ({
    name: `${module}@${version}/${name}`,
    bytes,
  }));
  const lines = members.map(({ name, bytes }) => ({ name, sha256hex: hash('sha256', bytes, 'hex') }));
  return {
    info: Buffer.from(`{"Version":"${version}","Time":"${TIME}"}`),
    mod,
    zip: storedZip(members),
    h1: hash1(lines),
    goModH1: hashGoMod(mod),
  };
}

/** A zip whose members are not deflated, so that making one costs little more than its bytes. */
function storedZip(members) {
  const parts = [];
  const directory = [];
  let at = 0;
  for (const { name, bytes } of members) {
    const path = Buffer.from(name);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(0x800, 2);
    // 1980-01-01, the first day that a zip can tell.
    common.writeUInt16LE(0x21, 8);
    common.writeUInt32LE(crc32(bytes), 10);
    common.writeUInt32LE(bytes.length, 14);
    common.writeUInt32LE(bytes.length, 18);
    common.writeUInt16LE(path.length, 22);
    parts.push(Buffer.from('PK\x03\x04'), common, path, bytes);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(at, 10);
    directory.push(Buffer.from('PK\x01\x02\x14\0', 'latin1'), common, rest, path);
    at += 30 + path.length + bytes.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(members.length, 4);
  end.writeUInt16LE(members.length, 6);
  end.writeUInt32LE(central.length, 8);
  end.writeUInt32LE(at, 12);
  return Buffer.concat([...parts, central, Buffer.from('PK\x05\x06'), end]);
}
