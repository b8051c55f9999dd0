/** What a channel is: one file under channels/ that delivers one notice, or says why not. The folder's listing is the registry. */
import type { ChannelKind, Notice, ServiceSpec } from '../model/index.ts';
import type { Clock } from '../platform/clock.ts';

/** A delivery that takes longer has failed. */
export const DELIVERY_MS = 15_000;

export interface Delivery {
  notice: Notice;
  service: ServiceSpec;
  clock: Clock;
  /** Aborted when it has taken too long. */
  signal: AbortSignal;
  /** What subscribers' signatures are made with. */
  clusterKey?: string | undefined;
}

/** Resolves when the other side has taken it. @throws Error with a sentence that holds no secret */
export type Deliver = (delivery: Delivery) => Promise<void>;

const KINDS: readonly ChannelKind[] = ['email', 'webhook', 'slack', 'pagerduty', 'command'];

export async function channelOf(kind: ChannelKind): Promise<Deliver> {
  if (!KINDS.includes(kind)) throw new Error(`there is no channel ${kind}`);
  const { deliver } = (await import(`./channels/${kind}.ts`)) as { deliver: Deliver };
  return deliver;
}

const MOST_ANSWER = 500;

/** Sends JSON; resolves on 2xx. `shown`: how the place is called in errors, when its address is a secret. */
export async function postJson(
  url: string,
  body: string,
  headers: Record<string, string>,
  { signal }: Pick<Delivery, 'signal'>,
  shown = url,
): Promise<void> {
  let response: Response;
  try {
    response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'user-agent': 'holdfast', ...headers },
      body,
      signal,
      redirect: 'error',
    });
  } catch (error) {
    const cause = (error as Error).cause as NodeJS.ErrnoException | undefined;
    throw new Error(
      `${shown} could not be reached: ${signal.aborted ? 'no answer in time' : (cause?.code ?? cause?.message ?? (error as Error).name)}`,
    );
  }
  const answer = await firstOf(response);
  if (!response.ok) throw new Error(`${shown} answered ${response.status}${answer === '' ? '' : `: ${answer}`}`);
}

/** The beginning of an answer, on one line; the rest is not waited for. */
async function firstOf(response: Response): Promise<string> {
  const reader = response.body?.getReader();
  if (reader === undefined) return '';
  try {
    const { value } = await reader.read();
    return Buffer.from(value ?? [])
      .toString()
      .replace(/\s+/g, ' ')
      .slice(0, MOST_ANSWER);
  } catch {
    return '';
  } finally {
    reader.cancel().catch(() => {});
  }
}
