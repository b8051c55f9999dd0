/** Finds a copy that gives a backup now, and opens its stream over the encrypted way between zones. */
import type http from 'node:http';
import type { Epoch } from '../../model/index.ts';
import { sealedGet, sealedUpgrade } from '../sealed.ts';
import { BACKUP_PROTOCOL } from './backup-wire.ts';
import type { Source } from './goal.ts';
import type { BackupStream, DatabaseOptions } from './options.ts';

const LONGEST_ANSWER = 4_096;

/** The first of `donors` that gives one; rejects with everyone's reason when none does. */
export async function openBackup(
  options: DatabaseOptions,
  donors: Source[],
  reign: Epoch,
  signal: AbortSignal,
): Promise<BackupStream & { from: Source }> {
  const open = options.fetchBackup ?? fetchBackup(options);
  const reasons: string[] = [];
  for (const from of donors) {
    try {
      return { ...(await open(from, reign, signal)), from };
    } catch (error) {
      if (signal.aborted) throw error;
      reasons.push(`${from.zone}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  throw new Error(`nobody gives a backup now (${reasons.join('; ')})`);
}

/** `GET /copies/SITE/backup?reign=N` of another zone's agent, upgraded to the backup itself. */
export function fetchBackup(options: Pick<DatabaseOptions, 'site' | 'clusterKey'>) {
  return async (source: Source, reign: Epoch, signal: AbortSignal): Promise<BackupStream> => {
    const path = `/copies/${options.site}/backup`;
    const call = { clusterKey: options.clusterKey, address: source.agent, signal };
    const { response, connection } = await sealedUpgrade({ ...call, path: `${path}?reign=${reign}` }, BACKUP_PROTOCOL);
    if (connection === null) throw new Error(whyNot(response.statusCode ?? 0, await textOf(response)));
    const total = Number(response.headers['x-holdfast-data-bytes']);
    return {
      connection,
      totalBytes: Number.isFinite(total) && total > 0 ? total : null,
      async throttled() {
        const state = await textOf(await sealedGet({ ...call, path: `${path}/state` }));
        return (JSON.parse(state) as { throttled?: unknown }).throttled === true;
      },
    };
  };
}

function whyNot(status: number, text: string): string {
  try {
    const { error, why } = JSON.parse(text) as { error?: string; why?: string };
    return why ?? error ?? `HTTP ${status}`;
  } catch {
    return `HTTP ${status}`;
  }
}

async function textOf(response: http.IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) {
    text += chunk;
    if (text.length > LONGEST_ANSWER) break;
  }
  return text;
}
