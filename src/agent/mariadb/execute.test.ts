/** A server that seems silent is ended only when it says nothing to a patient question, and that is still wanted. */
import { expect, test } from 'vitest';
import type { Context } from './context.ts';
import { execute } from './execute.ts';

test.each([
  ['answers late', true, false, 'it answers, late: its host has too much to do', { killed: 0, heard: 1 }],
  ['says nothing', false, false, 'its server was ended', { killed: 1, heard: 0 }],
  [
    'says nothing, and something else is wanted by now',
    false,
    true,
    'the goal has changed meanwhile',
    { killed: 0, heard: 0 },
  ],
])('one that %s', async (_, answers, aborted, says, expected) => {
  const did = { killed: 0, heard: 0 };
  const cancel = new AbortController();
  const context = {
    admin: {
      answers: async () => {
        if (aborted) cancel.abort();
        return answers;
      },
      close() {},
    },
    server: { kill: async () => void did.killed++ },
    memory: { admitted: null, saveGate: async () => {} },
    heardIt: () => void did.heard++,
    signal: cancel.signal,
  } as unknown as Context;
  const said = await execute('end-silent', context, { role: 'none', epoch: 1 }).catch((error: Error) => error.message);
  expect([said, did]).toEqual([says, expected]);
});
