/** Reads the edge's own access log: which requests had bytes sent into a zone. */
import { createReadStream, statSync } from 'node:fs';
import { createInterface } from 'node:readline';

/** Bytes of the log so far: what a drill starts to read at. */
export function endOfLog(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

/** Of the requests that carried an id of this run (`x-request-id`), those of which bytes were sent to a copy. */
export async function bytesSentInto(file: string, from: number, runId: string): Promise<Set<string>> {
  const sent = new Set<string>();
  const lines = createInterface({ input: createReadStream(file, { start: from }), crlfDelay: Infinity });
  for await (const line of lines) {
    const request = parseLine(line);
    if (request?.id.startsWith(runId) && request.bytes > 0) sent.add(request.id);
  }
  return sent;
}

/** Null: a line of another kind. */
export function parseLine(line: string): { id: string; bytes: number } | null {
  let entry: Record<string, unknown>;
  try {
    entry = JSON.parse(line);
  } catch {
    return null;
  }
  const id = entry.id ?? entry.request_id ?? entry.requestId;
  if (typeof id !== 'string' || id === '') return null;
  return { id, bytes: sumOf(entry.sent ?? entry.upstream_bytes_sent ?? entry.bytesSent) };
}

/** nginx writes one figure an attempt: `0, 412`, `- : 412`. */
function sumOf(figures: unknown): number {
  return String(figures ?? '')
    .split(/[\s,:]+/)
    .reduce((sum, figure) => sum + (Number(figure) || 0), 0);
}
