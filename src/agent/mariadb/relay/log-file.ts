/** Reads where transactions lie in a relay log or binlog, without understanding what they do: headers, positions, ends of groups. */
import { open } from 'node:fs/promises';
import type { Gtid } from '../../../model/index.ts';

/** One whole transaction. */
export interface Group {
  gtid: Gtid;
  sequence: number;
  /** Index of the file that it begins in, and where. */
  file: number;
  offset: number;
  /** The file that it ends in, and the first byte behind it there. */
  endFile: number;
  end: number;
  /** Seconds since 1970, by the clock of the server that wrote it. */
  at: number;
  /** The source's binlog that it stands in, as the log tells. */
  sourceFile: string;
}

export interface Reading {
  groups: Group[];
  /** Why the reading ended before the end of the last file; null: it did not, but for a last event that was not written whole. */
  broken: string | null;
}

const MAGIC = Buffer.from([0xfe, 0x62, 0x69, 0x6e]);
const HEADER_BYTES = 19;
const CHECKSUM_BYTES = 4;
const CHUNK_BYTES = 1 << 20;
/** As many bytes of an event are looked at as tell what it is: a long statement is not read whole. */
const LOOK_BYTES = 64 * 1024;

const QUERY = 2;
const ROTATE = 4;
const XID = 16;
const ENCRYPTION = 164;
const XA_PREPARE = 38;
const GTID = 162;
const FL_STANDALONE = 1;
/** After the GTID of a statement that is its own group, one of these ends it. */
const STATEMENTS = new Set([QUERY, 165]);

interface Event {
  type: number;
  server: number;
  at: number;
  offset: number;
  end: number;
  /** Without the header; cut to `LOOK_BYTES`. */
  body: Buffer;
}

interface Open {
  gtid: Gtid;
  sequence: number;
  file: number;
  offset: number;
  at: number;
  standalone: boolean;
}

/**
 * All whole transactions of domain 0 in `paths`, oldest first. Only the last file may end in the middle of an event, as it does
 * when its server was killed. Format: https://mariadb.com/kb/en/2-binlog-event-header/ and the pages beside it.
 */
export async function readGroups(
  paths: string[],
  from: { file: number; offset: number } = { file: 0, offset: 4 },
): Promise<Reading> {
  const groups: Group[] = [];
  let begun: Open | null = null;
  let sourceFile = 'bin.000001';
  for (let file = from.file; file < paths.length; file += 1) {
    let end = 0;
    const start = file === from.file ? from.offset : 4;
    for await (const event of eventsOf(paths[file]!, start)) {
      if (typeof event === 'string') return { groups, broken: `${paths[file]}: ${event}` };
      end = event.end;
      if (event.type === ENCRYPTION) return { groups, broken: `${paths[file]} is encrypted` };
      if (event.type === ROTATE) sourceFile = textOf(event.body.subarray(8, -CHECKSUM_BYTES)) || sourceFile;
      if (event.type === GTID) begun = toOpen(event, file);
      else if (begun !== null && endsGroup(event, begun)) {
        const { standalone: _, ...group } = begun;
        groups.push({ ...group, endFile: file, end: event.end, sourceFile });
        begun = null;
      }
    }
    const size = await sizeOf(paths[file]!);
    if (end < size && file < paths.length - 1 && size > 4)
      return { groups, broken: `${paths[file]} ends in the middle of an event` };
  }
  return { groups, broken: null };
}

/** Domain 0 is the only one in use. */
function toOpen({ server, body, offset, at }: Event, file: number): Open {
  const sequence = Number(body.readBigUInt64LE(0));
  const domain = body.readUInt32LE(8);
  const standalone = (body.readUInt8(12) & FL_STANDALONE) !== 0;
  return { gtid: `${domain}-${server}-${sequence}`, sequence, file, offset, at, standalone };
}

function endsGroup({ type, body }: Event, { standalone }: Open): boolean {
  if (type === XID || type === XA_PREPARE) return true;
  if (!STATEMENTS.has(type)) return false;
  return standalone || (type === QUERY && /^(COMMIT|ROLLBACK|XA (COMMIT|ROLLBACK)\b.*)$/i.test(statementOf(body)));
}

/** A query event: thread, time, length of the database's name, error, length of the variables, variables, name and \0, statement. */
function statementOf(body: Buffer): string {
  const start = 13 + body.readUInt16LE(11) + body.readUInt8(8) + 1;
  return textOf(body.subarray(start, Math.min(start + 100, body.length - CHECKSUM_BYTES)));
}

function textOf(bytes: Buffer): string {
  return bytes.toString('latin1');
}

async function sizeOf(path: string): Promise<number> {
  const file = await open(path, 'r');
  try {
    return (await file.stat()).size;
  } finally {
    await file.close();
  }
}

/** Every event that is there whole; a sentence when what is there is no event. */
async function* eventsOf(path: string, from: number): AsyncGenerator<Event | string> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    if (size < MAGIC.length) return;
    let chunk = Buffer.alloc(0);
    let chunkAt = 0;
    const bytesAt = async (offset: number, length: number): Promise<Buffer> => {
      if (offset < chunkAt || offset + length > chunkAt + chunk.length) {
        const wanted = Buffer.alloc(Math.min(Math.max(length, CHUNK_BYTES), size - offset));
        const { bytesRead } = await file.read(wanted, 0, wanted.length, offset);
        chunk = wanted.subarray(0, bytesRead);
        chunkAt = offset;
      }
      return chunk.subarray(offset - chunkAt, offset - chunkAt + length);
    };
    if (!(await bytesAt(0, MAGIC.length)).equals(MAGIC)) {
      yield 'it is no log of transactions';
      return;
    }
    for (let offset = from; offset + HEADER_BYTES <= size; ) {
      const header = await bytesAt(offset, HEADER_BYTES);
      const length = header.readUInt32LE(9);
      if (length < HEADER_BYTES) {
        yield `there is no event at ${offset}`;
        return;
      }
      const end = offset + length;
      if (end > size) return;
      const [at, type, server] = [header.readUInt32LE(0), header.readUInt8(4), header.readUInt32LE(5)];
      const body = (await bytesAt(offset, Math.min(length, LOOK_BYTES))).subarray(HEADER_BYTES);
      yield { type, server, at, offset, end, body };
      offset = end;
    }
  } finally {
    await file.close();
  }
}
