/** A look that comes too late is over: nothing of it goes on beside the next one. */
import { expect, test } from 'vitest';
import { createManualClock } from '../../platform/manual-clock.ts';
import type { Server } from './server.ts';
import type { Row, Session } from './session.ts';
import { createWatcher } from './watcher.ts';

test('a server counts as silent after three looks without an answer, but not for those that this process came back to late', async () => {
  const clock = createManualClock();
  let answers = true;
  const query = (sql: string): Promise<Row[]> =>
    answers
      ? Promise.resolve(sql.includes('read_only') ? [{ readOnly: 1, binlogPosition: '', appliedPosition: '' }] : [])
      : new Promise(() => {});
  const queryAll = (statements: readonly string[]) => Promise.all(statements.map(query));
  const session: Session = { query, queryAll, answers: async () => true, id: () => 1, close() {} };
  const server = { running: () => ({ pid: 1 }), onExit() {} } as unknown as Server;
  const watcher = createWatcher(clock, server, session, 'shop', () => false);
  await watcher.look();
  expect(watcher.process().state).toBe('answering');
  answers = false;
  const looksFor = async (ms: number) => {
    const look = watcher.look();
    await clock.advance(0);
    clock.stall(ms);
    await clock.advance(0);
    await look;
    return watcher.process().state;
  };
  for (let look = 0; look < 5; look++) expect(await looksFor(600)).toBe('answering');
  expect([await looksFor(300), await looksFor(310), await looksFor(320)]).toEqual(['answering', 'answering', 'silent']);
  watcher.heardIt();
  expect(watcher.process()).toEqual({ state: 'answering', forMs: 0 });
  expect([await looksFor(300), await looksFor(310), await looksFor(320)]).toEqual(['answering', 'answering', 'silent']);
});

test('a server that answers late is asked nothing more by the look that was given up', async () => {
  const clock = createManualClock();
  const asked: string[] = [];
  let answer: (rows: Row[]) => void = () => {};
  let closed = 0;
  const session: Session = {
    query: async () => [],
    queryAll(statements) {
      asked.push(...statements.map((sql) => sql.trim().split(/\s+/).slice(0, 2).join(' ')));
      return new Promise((resolve) => {
        answer = (rows) => resolve(statements.map(() => rows));
      });
    },
    answers: async () => true,
    id: () => 1,
    close: () => {
      closed++;
    },
  };
  const server = { running: () => ({ pid: 1 }), onExit() {} } as unknown as Server;
  const watcher = createWatcher(clock, server, session, 'shop', () => false);
  const look = watcher.look();
  await clock.advance(0);
  const closedBefore = closed;
  await clock.advance(300);
  await look;
  answer([{ readOnly: 0 }]);
  await clock.advance(5_000);
  expect(asked).toEqual(['SELECT @@global.read_only', 'SHOW ALL', 'SHOW PROCESSLIST']);
  expect(closed - closedBefore).toBe(1);
  expect(watcher.process().state).toBe('starting');
});

test('a look is one question, with the transactions of a server that takes writes in it', async () => {
  const clock = createManualClock();
  const asked: number[] = [];
  const rows = { readOnly: 0, masterEnabled: 0, slaveEnabled: 0, binlogPosition: '', appliedPosition: '' };
  const queryAll = async (statements: readonly string[]) => {
    asked.push(statements.length);
    return statements.map((sql) => (sql.includes('read_only') ? [rows] : []));
  };
  const session: Session = { query: async () => [], queryAll, answers: async () => true, id: () => 1, close() {} };
  const server = { running: () => ({ pid: 1 }), onExit() {} } as unknown as Server;
  const watcher = createWatcher(clock, server, session, 'shop', () => false);
  await watcher.look();
  // That it takes writes was not known yet, and neither was what semi-sync says of itself.
  expect(asked.splice(0)).toEqual([3, 1, 1]);
  await watcher.look();
  expect(asked).toEqual([4]);
});
