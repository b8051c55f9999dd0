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

/** Null: no request's line. */
export function parseLine(line: string): { id: string; bytes: number } | null {
  try {
    const { id, bytesSent } = JSON.parse(line) as { id?: string; bytesSent?: string };
    return typeof id === 'string' ? { id, bytes: sumOf(bytesSent ?? '') } : null;
  } catch {
    return null;
  }
}

/** nginx writes one figure an attempt: `0, 412`, `- : 412`. */
function sumOf(figures: string): number {
  return figures.split(/[\s,:]+/).reduce((sum, figure) => sum + (Number(figure) || 0), 0);
}
