/** What is not replicated, with real agents, databases, redis-servers and commands: never stale after a move, never in a move's way. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createAsk } from '../src/agent/cache/ask.ts';
import type { SiteSpec } from '../src/model/index.ts';
import { systemClock as clock } from '../src/platform/clock.ts';
import { readJson } from '../src/platform/files.ts';
import { type Agents, createAgents } from './support/agents.ts';
import { aSpec } from './support/fixtures.ts';

/** Cache-aside, as every object cache is used: `GET /value` asks the cache, then the database, and stores what it found there. */
const APPLICATION = `
const net = require('node:net');
const mysql = require(process.env.MYSQL);
const ask = (...words) => new Promise((resolve) => {
  const socket = net.createConnection(process.env.CACHE);
  socket.setTimeout(300, () => { socket.destroy(); resolve(null); });
  socket.on('error', () => resolve(null));
  socket.on('data', (data) => { socket.destroy(); resolve(String(data).split('\\r\\n')[1] ?? null); });
  socket.write('*' + words.length + '\\r\\n' + words.map((word) => '$' + word.length + '\\r\\n' + word + '\\r\\n').join(''));
});
const value = async () => {
  const cached = await ask('GET', 'value');
  if (cached) return cached + ' (cache)';
  const connection = await mysql.createConnection({
    socketPath: process.env.DB, user: process.env.DB_USER, password: process.env.DB_PASSWORD, database: 'shop' });
  const [[row]] = await connection.query('SELECT words FROM entries WHERE id = 1');
  connection.destroy();
  await ask('SET', 'value', row.words);
  return row.words;
};
require('node:http').createServer((request, response) => {
  if (request.url !== '/value') return response.end('ready');
  value().then((text) => response.end(text), (error) => { response.statusCode = 503; response.end(String(error)); });
}).listen(Number(process.env.PORT), process.env.HOST);`;

/** Does what stands in a file: `fail`, `hang` with a child of its own, or nothing. */
const REBUILD = `
const todo = require('node:fs').readFileSync(process.argv[2], 'utf8');
console.log('rebuilding as ' + process.env.DB_USER);
if (todo === 'fail') { console.log('no such core: ' + process.env.DB_PASSWORD); process.exit(3); }
if (todo === 'hang') { require('node:child_process').spawn('sleep', ['987654']); setInterval(() => {}, 1000); }`;

/** 50 ms by itself (see `cache.test.ts`); the rest is for a machine that has other things to do. */
const MOST_DELAY_MS = 250;

const ask = createAsk(clock);
const service = createServer((_, response) => response.writeHead(404).end());
let agents: Agents;
let todo: string;

beforeAll(async () => {
  agents = await createAgents('shop', ['a', 'b']);
  writeFileSync(join(agents.root, 'app.cjs'), APPLICATION);
  writeFileSync(join(agents.root, 'rebuild.cjs'), REBUILD);
  todo = join(agents.root, 'todo');
  writeFileSync(todo, '');
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  await agents.end();
  service.close();
});

const spec = (): SiteSpec => {
  const from = (name: string) => ({ from: join(agents.root, name), to: name, fill: false, link: false });
  return aSpec({
    zones: ['a', 'b'],
    cache: 'redis',
    search: {
      url: `http://127.0.0.1:${(service.address() as AddressInfo).port}/solr`,
      rebuild: [process.execPath, '{{copy.dir}}/rebuild.cjs', todo],
      timeoutMs: 1_500,
    },
    application: {
      install: [from('app.cjs'), from('rebuild.cjs')],
      processes: [
        {
          name: 'web',
          command: [process.execPath, '{{copy.dir}}/app.cjs'],
          environment: { PORT: '{{listen.port}}', HOST: '{{listen.host}}', CACHE: '{{cache.socket}}' },
        },
      ],
      environment: {
        MYSQL: join(import.meta.dirname, '../node_modules/mysql2/promise.js'),
        DB: '{{database.socket}}',
        DB_USER: '{{database.user}}',
        DB_PASSWORD: '{{database.password}}',
      },
      ready: { path: '/ready', timeoutMs: 1_000 },
      setup: null,
      cron: null,
    },
  });
};

const socketIn = (zone: string) => join(agents.copyFolder(zone), 'cache', 'redis.sock');
const redis = (zone: string, ...words: string[]) => ask(socketIn(zone), words, 1_000);
/** 0 while none is known to run. */
const redisPid = (zone: string) => {
  const found = readJson(join(agents.copyFolder(zone), 'agent/cache/app-redis.pid')) as { identity: { pid: number } };
  return found?.identity.pid ?? 0;
};
const read = async (zone: string) => (await fetch(`http://127.0.0.1:${agents.portsIn(zone).application}/value`)).text();
const actionIn = (zone: string, epoch: number, verb: string) =>
  agents.copyIn(zone)?.actions.find((action) => action.epoch === epoch && action.verb === verb);

/** A move, with what happens right before and right after it was decided; answers what its first visitor reads, and by how much the cache delayed it. */
async function move(to: string, before: () => Promise<void>, after: () => Promise<void> = async () => {}) {
  await before();
  const { epoch } = await agents.beginMove();
  await after();
  await agents.until('promoted', () => agents.copyIn(to)?.promoted?.epoch === epoch, 1);
  const first = await read(to);
  await agents.until('told', () => actionIn(to, epoch, 'empty-cache') !== undefined);
  const { tookMs: delayedMs, detail: how } = actionIn(to, epoch, 'empty-cache')!;
  await agents.finishMove();
  return { epoch, first, delayedMs, how };
}

test('live and standby each have a cache of their own, closed to others, that keeps nothing on disk', async () => {
  await agents.apply(spec());
  await agents.startAgent('a');
  await agents.startAgent('b');
  await agents.until('initialised', () => agents.copyIn('a')?.initialised === true);
  await agents.change(({ promotion }) => ({
    initialised: true,
    promotion: { ...promotion, position: '', open: true },
  }));
  await agents.until('the application answers', () => agents.copyIn('a')?.application.state === 'ready');
  await agents.query('a', 'CREATE TABLE entries (id INT PRIMARY KEY, words VARCHAR(40))');
  await agents.query('a', "INSERT INTO entries VALUES (1, 'first')");
  expect(await read('a')).toBe('first');
  expect(await read('a')).toBe('first (cache)');
  expect(agents.copyIn('a')).toMatchObject({ cache: { state: 'cold' }, search: { state: 'warm' } });
  await expect(redis('a', 'CONFIG', 'GET', '*')).rejects.toThrow('NOPERM');
  await expect(redis('a', 'SHUTDOWN')).rejects.toThrow('NOPERM');
  const by = (user: string) =>
    spawnSync('setpriv', [
      '--reuid',
      user,
      '--regid',
      user,
      '--clear-groups',
      'redis-cli',
      '-s',
      socketIn('a'),
      'PING',
    ]);
  expect(String(by('www-data').stdout)).toBe('PONG\n');
  expect(by('nobody').status, 'nobody else comes in').not.toBe(0);
  await agents.protect('b');
  await agents.until('the standby has one', () => agents.copyIn('b')?.cache?.state === 'cold');
  expect(redisPid('b')).not.toBe(redisPid('a'));
});

test('a standby’s reader sees nothing that is old for longer than a second', async () => {
  await redis('b', 'SET', 'value', 'stale');
  await agents.until('emptied', () => agents.copyIn('b')?.cache?.state === 'cold');
  await clock.sleep(1_500);
  expect(await redis('b', 'GET', 'value')).toBe('');
});

test('the first visitor after a move reads what is in the database, whatever the cache held', async () => {
  await agents.query('a', "UPDATE entries SET words = 'second' WHERE id = 1");
  const { first, delayedMs, how } = await move('b', async () => {
    await redis('b', 'SET', 'value', 'stale');
  });
  expect(first).toBe('second');
  expect(how).toBe('emptied');
  expect(delayedMs).toBeLessThanOrEqual(MOST_DELAY_MS);
  await agents.until('the index is rebuilt', () => agents.copyIn('b')?.search?.state === 'warm');
  expect(agents.copyIn('b')?.cache?.state).toBe('cold');
  await agents.until('the former one ends', () => agents.copyIn('a')?.cache?.state === 'stopped');
});

test('a hanging cache is killed: it delays no move, and nobody ever reads what it held', async () => {
  await agents.protect('a');
  await agents.until('the standby has one', () => agents.copyIn('a')?.cache?.state === 'cold');
  await agents.query('b', "UPDATE entries SET words = 'third' WHERE id = 1");
  let hung = 0;
  const { first, delayedMs, how } = await move('a', async () => {
    await redis('a', 'SET', 'value', 'stale');
    hung = redisPid('a');
    process.kill(hung, 'SIGSTOP');
  });
  expect(first).toBe('third');
  expect(delayedMs).toBeLessThanOrEqual(MOST_DELAY_MS);
  expect(how).toContain('killed');
  await agents.until('a new one runs', () => agents.copyIn('a')?.cache?.state === 'cold');
  expect(redisPid('a')).not.toBe(hung);
  expect(await read('a')).not.toContain('stale');
});

test('what is read while the applier is behind is never read afterwards', async () => {
  await agents.protect('b');
  await agents.until('the standby has one', () => agents.copyIn('b')?.cache?.state === 'cold');
  const holder = await agents.connect('b');
  let readMeanwhile = '';
  const { first, delayedMs } = await move(
    'b',
    async () => {
      // Readers go on; the applier waits.
      await holder.query('LOCK TABLES entries READ');
      await agents.query('a', "UPDATE entries SET words = 'fourth' WHERE id = 1");
    },
    async () => {
      const until = clock.mono() + 400;
      while (clock.mono() < until) readMeanwhile = await read('b');
      await holder.end();
    },
  );
  expect(readMeanwhile, 'or nothing was tried').toContain('third');
  expect(first).toBe('fourth');
  expect(delayedMs).toBeLessThanOrEqual(MOST_DELAY_MS);
});

test('an agent that is started again finds its cache as it was', async () => {
  await clock.sleep(2_500);
  await redis('b', 'SET', 'value', 'fourth');
  const before = redisPid('b');
  await agents.stopAgent('b');
  expect(await redis('b', 'GET', 'value')).toBe('fourth');
  await agents.startAgent('b');
  await agents.until('live again', () => agents.copyIn('b')?.settled === 'live');
  await clock.sleep(2_500);
  expect(redisPid('b')).toBe(before);
  expect(await redis('b', 'GET', 'value')).toBe('fourth');
});

test('a cache that dies is replaced while the site goes on', async () => {
  const before = redisPid('b');
  process.kill(before, 'SIGKILL');
  expect(await read('b')).toBe('fourth');
  await agents.until(
    'another one',
    () => ![0, before].includes(redisPid('b')) && agents.copyIn('b')?.cache?.state === 'cold',
  );
  await agents.until('in use again', () => agents.copyIn('b')?.cache?.trouble === null);
});

test('a rebuild that hangs is ended with all it started, one that fails is told, and neither holds the move up', async () => {
  await agents.protect('a');
  writeFileSync(todo, 'hang');
  const { epoch, first, delayedMs } = await move('a', async () => {});
  expect(first).toBe('fourth');
  expect(delayedMs).toBeLessThanOrEqual(MOST_DELAY_MS);
  await agents.until('it hangs', () => agents.pidsOf('rebuild.cjs').length > 0);
  expect(agents.copyIn('a')?.search).toMatchObject({ state: 'cold', trouble: null });
  await agents.until('it is killed', () => agents.copyIn('a')?.search?.state === 'failing');
  expect(agents.copyIn('a')?.search?.trouble).toContain('killed after its 1500 ms');
  expect(agents.pidsOf('rebuild.cjs')).toEqual([]);
  expect(spawnSync('pgrep', ['-f', 'sleep 987654']).status, 'its child is gone too').toBe(1);
  writeFileSync(todo, 'fail');
  const failing = () => agents.copyIn('a')?.search?.trouble ?? '';
  await agents.until('the second attempt failed', () => failing().includes('exit status 3'));
  expect(failing()).toBe('rebuild: exit status 3: no such core: …; it is tried again');
  const told = agents.copyIn('a')!.actions.filter((one) => one.verb === 'rebuild-index' && one.epoch === epoch);
  expect(told).toMatchObject([
    { epoch, outcome: 'failed' },
    { epoch, outcome: 'failed' },
  ]);
});
