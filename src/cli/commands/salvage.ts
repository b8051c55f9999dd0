/** `holdfast salvage list|show|discard`: what was set aside because only it has it, asked of every zone's agent over its sealed port. */
import { once } from 'node:events';
import type http from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { Command } from 'commander';
import type { Kept } from '../../agent/mariadb/salvage/desk.ts';
import { sealedGet, sealedPost } from '../../agent/sealed.ts';
import { type AccessOptions, knownAccess, withAccess } from '../access.ts';
import { confirmSite } from '../confirm-site.ts';
import { salvageFolderScreen, salvageListScreen } from '../screens/salvage.ts';
import { Trouble } from '../trouble.ts';
import { askStatus } from './status.ts';

interface Options extends AccessOptions {
  json?: boolean;
  sql?: boolean;
  yesIMean?: string;
}

interface Agent {
  zone: string;
  address: string;
}

interface KeptThere extends Kept {
  /** `host:port` of the agent that keeps it. */
  agent: string;
}

interface Answer {
  kept: KeptThere[];
  /** The zone, when it could not be asked, and why. */
  silent: { zone: string; why: string }[];
}

/** Counting the bytes of many folders takes its time; salvage.sql is not read under this limit. */
const ANSWER_MS = 15_000;

export function registerSalvage(program: Command): void {
  const salvage = program.command('salvage').description('what was set aside because it exists nowhere else');
  const command = (text: string, description: string) => withAccess(salvage.command(text)).description(description);
  command('list', 'every folder in every zone')
    .argument('[site]', 'of this site only')
    .option('--json', 'one JSON object')
    .action(list);
  command('show', 'what only this folder has')
    .argument('<id>', 'its name, from the list')
    .option('--sql', 'its salvage.sql: readable, and mariadb < FILE would apply it')
    .option('--json', 'one JSON object')
    .action(show);
  command('discard', 'delete it for good; asks for the name of the site')
    .argument('<id>', 'its name, from the list')
    .option('--yes-i-mean <site>', 'answers that question, for scripts')
    .option('--by <name>', "who discards it (else your user name); stands in the agent's log")
    .action(discard);
}

async function list(site: string | undefined, options: Options): Promise<void> {
  const { kept, silent } = await ask(options);
  const wanted = kept.filter((one) => site === undefined || one.site === site);
  process.stdout.write(
    options.json ? `${JSON.stringify({ kept: wanted, silent })}\n` : `${salvageListScreen(wanted, silent)}\n`,
  );
  process.exitCode = silent.length > 0 ? 5 : 0;
}

async function show(id: string, options: Options): Promise<void> {
  const one = await find(id, options);
  if (!options.sql) {
    process.stdout.write(options.json ? `${JSON.stringify(one)}\n` : `${salvageFolderScreen(one)}\n`);
    return;
  }
  if (one.sqlBytes === null)
    throw new Trouble('There is no salvage.sql in it: holdfast salvage show says what is there.', 4);
  const ended = new AbortController();
  const response = await sealedGet({
    address: one.agent,
    clusterKey: (await knownAccess(options)).secret,
    path: `/salvage/${id}/sql`,
    signal: ended.signal,
  });
  if (response.statusCode !== 200) throw new Trouble(await refusalOf(response), 4);
  await pipeline(response, process.stdout, { end: false });
}

async function discard(id: string, options: Options): Promise<void> {
  const one = await find(id, options);
  process.stdout.write(`${salvageFolderScreen(one)}\n`);
  await confirmSite(one.site, options.yesIMean, 'delete this for good');
  const response = await sealedPost(
    {
      address: one.agent,
      clusterKey: (await knownAccess(options)).secret,
      path: `/salvage/${id}/discard`,
      signal: AbortSignal.timeout(ANSWER_MS),
    },
    { site: one.site, by: (await knownAccess(options)).by },
  );
  if (response.statusCode !== 200) throw new Trouble(await refusalOf(response), 4);
  response.resume();
  await once(response, 'end');
  process.stdout.write(`${id} is deleted.\n`);
}

async function find(id: string, options: Options): Promise<KeptThere> {
  const { kept, silent } = await ask(options);
  const one = kept.find((each) => each.id === id);
  if (one !== undefined) return one;
  const unasked = silent.map(({ zone, why }) => ` Zone ${zone} could not be asked: ${why}.`).join('');
  throw new Trouble(`Nothing of that name is kept.${unasked} holdfast salvage list shows what is.`, 4);
}

async function ask(options: Options): Promise<Answer> {
  const access = await knownAccess(options);
  const { body } = await askStatus(access);
  const agents: Agent[] = body.zones.flatMap(({ zone, agent }) => (agent === null ? [] : [{ zone, address: agent }]));
  const answers = await Promise.all(agents.map((agent) => askOne(agent, access.secret)));
  return {
    kept: answers.flatMap(({ kept }) => kept),
    silent: answers.flatMap(({ silent }) => silent),
  };
}

async function askOne({ zone, address }: Agent, clusterKey: string): Promise<Answer> {
  const failed = (why: string): Answer => ({ kept: [], silent: [{ zone, why }] });
  try {
    const call = { clusterKey, address, path: '/salvage', signal: AbortSignal.timeout(ANSWER_MS) };
    const response = await sealedGet(call);
    if (response.statusCode !== 200) return failed(await refusalOf(response));
    const { kept } = JSON.parse(await textOf(response)) as { kept: Kept[] };
    return { kept: kept.map((one) => ({ ...one, agent: address })), silent: [] };
  } catch (error) {
    return failed((error as Error).message);
  }
}

async function refusalOf(response: http.IncomingMessage): Promise<string> {
  const text = await textOf(response);
  try {
    return (JSON.parse(text) as { error: string }).error;
  } catch {
    return `its agent answered ${response.statusCode}`;
  }
}

async function textOf(response: http.IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of response) text += String(chunk);
  return text;
}
