/** Asks an edge's control listener for what it counted; see `edge/windows-answers.ts`. */
import type { SecondRow, SiteId } from '../model/index.ts';
import type { MinutePage } from './edge-book.ts';

const ANSWER_WITHIN_MS = 5_000;
/** 20,000 seconds of sites are about 3 MB. */
const MOST_BYTES = 16 * 1024 * 1024;

export interface AskEdge {
  /** @throws Error when the edge does not answer, or not with a page of its own */
  minutes(control: string, after: string, limit: number): Promise<MinutePage>;
  /** At most 50 sites. @throws Error likewise, and when there are more rows than an edge answers at once */
  seconds(control: string, sites: readonly SiteId[], from: number, to: number): Promise<SecondRow[]>;
}

export function askEdges(clusterKey: string): AskEdge {
  const ask = async (control: string, path: string): Promise<unknown> => {
    const response = await fetch(`http://${control}${path}`, {
      headers: { authorization: `Bearer ${clusterKey}` },
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
      redirect: 'error',
    });
    const text = await limited(response);
    if (!response.ok) throw new Error(`answered ${response.status}: ${text.slice(0, 200)}`);
    return JSON.parse(text);
  };
  return {
    async minutes(control, after, limit) {
      const page = (await ask(control, `/windows?after=${encodeURIComponent(after)}&limit=${limit}`)) as MinutePage;
      if (typeof page?.edge !== 'string' || typeof page.next !== 'string' || !Array.isArray(page.rows))
        throw new Error('what it answered is no page of minutes');
      return page;
    },
    async seconds(control, sites, from, to) {
      const query = new URLSearchParams({ sites: sites.join(','), from: String(from), to: String(to) });
      const { rows } = (await ask(control, `/windows/seconds?${query}`)) as { rows?: SecondRow[] };
      if (!Array.isArray(rows)) throw new Error('what it answered is no list of seconds');
      return rows;
    },
  };
}

async function limited(response: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of response.body ?? []) {
    bytes += part.length;
    if (bytes > MOST_BYTES) throw new Error(`answered more than ${MOST_BYTES} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString();
}
