// Keeps the zone in one file: a line a change, appended and synced before an update is confirmed, folded into one state at every start. A
// line is its CRC-32 and JSON. It decides nothing about the changes that it keeps.
import {
  closeSync,
  existsSync,
  fdatasyncSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { crc32 } from 'node:zlib';
import { z } from 'zod';
import { messageOf } from '../../../functions/lib/errors.ts';
import type { Name } from '../../../functions/records/name.ts';
import type { Rrset } from '../../../functions/records/rrset.ts';
import { recordTypes } from './record-types.ts';
import { createZone, type SetChange, type Zone } from './zone.ts';

export interface JournalOptions {
  readonly file: string;
  readonly apex: Name;
  /** The zone's first contents, where there is no file yet. */
  readonly first: () => Iterable<Rrset>;
  readonly say: (line: string) => void;
  /** When what was appended is longer, it is folded before the next change. */
  readonly maxTailBytes?: number;
}

export interface Journal {
  readonly zone: Zone;
  /** Returns when the changes are on disk; throws when they are not, and then nothing of them is. It does not put them into the zone. */
  save(changes: readonly SetChange[]): void;
  close(): void;
}

const format = 1;
const maxFileBytes = 1024 ** 3;
const setsPerLine = 500;
const newline = 0x0a;

const changeSchema = z.strictObject({
  name: z.custom<Name>((name) => typeof name === 'string' && name.endsWith('.')),
  type: z.enum(recordTypes),
  ttlSeconds: z.int().min(0).max(0xffff_ffff),
  values: z.array(z.string()),
});
const lineSchema = z.array(changeSchema);
const headSchema = z.strictObject({ format: z.literal(format), zone: z.string() });

/** Reads the file, drops a last line that was torn, and writes it anew. Throws where it cannot be read or written, or is damaged before its end. */
export function openJournal(options: JournalOptions): Journal {
  const { file, apex, first, say, maxTailBytes = 64 * 1024 ** 2 } = options;
  const zone = existsSync(file) ? readJournal(file, apex, say) : createZone(apex, first());
  let opened = writeFolded(file, zone);
  let length = opened.length;
  let tailAllowedTo = length + maxTailBytes;
  let fault: string | undefined;

  const fold = (): void => {
    tailAllowedTo = length + maxTailBytes;
    try {
      const next = writeFolded(file, zone);
      closeSync(opened.fd);
      opened = next;
      length = next.length;
      tailAllowedTo = length + maxTailBytes;
    } catch (error) {
      // The file as it is holds everything: it goes on growing, and is folded another time.
      say(`the journal cannot be folded: ${messageOf(error)}`);
    }
  };
  return {
    zone,
    save(changes) {
      if (fault !== undefined) throw new Error(fault);
      if (length > tailAllowedTo) fold();
      const line = lineOf(changes);
      try {
        writeFileSync(opened.fd, line);
        fdatasyncSync(opened.fd);
        length += line.length;
      } catch (error) {
        fault = cutBack(opened.fd, length);
        throw error;
      }
    },
    close: () => closeSync(opened.fd),
  };
}

/** Takes back what may have been written of a line; the reason why nothing more may follow, when that fails. */
function cutBack(fd: number, length: number): string | undefined {
  try {
    ftruncateSync(fd, length);
    return undefined;
  } catch (error) {
    return `the journal ends in a torn line, which cannot be cut off: ${messageOf(error)}`;
  }
}

/** The whole zone in a new file that takes the place of the old one; opened so that each write goes to its end. */
function writeFolded(file: string, zone: Zone): { readonly fd: number; readonly length: number } {
  const fresh = `${file}.new`;
  rmSync(fresh, { force: true });
  const fd = openSync(fresh, 'a', 0o600);
  try {
    let length = 0;
    const write = (line: Buffer): void => {
      writeFileSync(fd, line);
      length += line.length;
    };
    write(lineOf({ format, zone: zone.apex }));
    const sets = [...zone.sets()];
    for (let at = 0; at < sets.length; at += setsPerLine) write(lineOf(sets.slice(at, at + setsPerLine)));
    fsyncSync(fd);
    renameSync(fresh, file);
    syncFolder(dirname(file));
    return { fd, length };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/** Else the new name might not outlive a loss of power. */
function syncFolder(folder: string): void {
  const fd = openSync(folder, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function readJournal(file: string, apex: Name, say: (line: string) => void): Zone {
  const { size } = statSync(file);
  if (size > maxFileBytes) throw new Error(`${file} has ${size} octets, the limit is ${maxFileBytes}`);
  const bytes = readFileSync(file);
  const zone = createZone(apex);
  let lines = 0;
  for (let at = 0; at < bytes.length; lines++) {
    const end = bytes.indexOf(newline, at);
    const next = end < 0 ? bytes.length : end + 1;
    const json = end < 0 ? undefined : contentOf(bytes.subarray(at, end));
    if (lines === 0) checkHead(file, json, apex);
    else if (json !== undefined) zone.put(lineSchema.parse(json));
    else if (next === bytes.length) say(`${file}: line ${lines + 1}, the last, was torn and is dropped`);
    else throw new Error(`${file}: line ${lines + 1} is damaged, and others follow it`);
    at = next;
  }
  if (lines === 0) throw new Error(`${file} is empty`);
  return zone;
}

function checkHead(file: string, json: unknown, apex: Name): void {
  const { success, data } = headSchema.safeParse(json);
  if (!success) throw new Error(`${file} is no journal of format ${format}`);
  if (data.zone !== apex) throw new Error(`${file} is of the zone ${data.zone}, not of ${apex}`);
}

function lineOf(content: unknown): Buffer {
  const json = JSON.stringify(content);
  return Buffer.from(`${checksum(json)} ${json}\n`);
}

/** undefined when the checksum is not right. */
function contentOf(line: Buffer): unknown {
  const [sum, json] = [line.toString('latin1', 0, 8), line.subarray(9)];
  return line[8] === 0x20 && sum === checksum(json) ? JSON.parse(json.toString('utf8')) : undefined;
}

function checksum(content: string | Buffer): string {
  return crc32(content).toString(16).padStart(8, '0');
}
