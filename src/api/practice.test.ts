/** Zones are broken from the console only where that is offered at all, by administrators, who type the name. */
import { expect, test } from 'vitest';
import { HoldfastError } from '../errors.ts';
import { anApi } from './fixtures.ts';
import type { Practice } from './parts.ts';

const PATH = '/zones/a/practice';

async function withApi(practice: Practice | null, use: (api: Awaited<ReturnType<typeof anApi>>) => Promise<void>) {
  const api = await anApi({ practice });
  await use(api).finally(() => api.close());
}

const kill = (token: string, more = {}) => ({
  method: 'POST' as const,
  token,
  body: { verb: 'kill', confirm: 'a', ...more },
});

test('on a local platform an administrator breaks and mends zones, by name and on record', async () => {
  const begun: string[] = [];
  const practice: Practice = { begin: async (verb, zone) => void begun.push(`${verb} ${zone}`) };
  await withApi(practice, async ({ ask, tokens }) => {
    expect((await ask('/me', { token: tokens.admin })).body.practice).toBe(true);
    expect((await ask(PATH, kill(tokens.admin, { confirm: 'b' }))).body.code).toBe('confirmation-wrong');
    expect((await ask('/zones/z/practice', kill(tokens.admin, { confirm: 'z' }))).body.code).toBe('zone-unknown');
    expect((await ask(PATH, kill(tokens.operator))).body.code).toBe('forbidden');
    expect(begun).toEqual([]);
    expect((await ask(PATH, kill(tokens.admin, { why: 'to see it' }))).body.sentence).toBe(
      'the admin kills zone a, half a second from now.',
    );
    const heal = { method: 'POST' as const, token: tokens.admin, body: { verb: 'heal' } };
    expect((await ask(PATH, heal)).status).toBe(200);
    expect(begun).toEqual(['kill a', 'heal a']);
    const { entries } = (await ask('/audit', { token: tokens.admin })).body;
    expect(entries).toContainEqual(
      expect.objectContaining({ what: 'practise', target: 'a', why: 'to see it', outcome: 'done' }),
    );
  });
});

test('what the keeper does not take is said', async () => {
  const refuses: Practice = {
    begin: async () => {
      throw new HoldfastError('practice-unavailable', { why: 'connect ENOENT' });
    },
  };
  await withApi(refuses, async ({ ask, tokens }) => {
    expect(await ask(PATH, kill(tokens.admin))).toMatchObject({ status: 503, body: { code: 'practice-unavailable' } });
  });
});

test('anywhere else there is no such route, and nobody is told of one', async () => {
  await withApi(null, async ({ ask, tokens }) => {
    expect((await ask(PATH, kill(tokens.admin))).body.code).toBe('route-unknown');
    expect(Object.keys((await ask('/openapi.json')).body.paths)).not.toContain('/zones/{zone}/practice');
    expect((await ask('/me', { token: tokens.admin })).body.practice).toBe(false);
  });
});
