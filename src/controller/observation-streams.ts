/** What this controller sees and decides, live, to few readers at a time; and what was kept of an incident. */
import type { ServerResponse } from 'node:http';
import type { Observations } from '../api/parts.ts';
import type { IncidentFiles } from './incident-files.ts';
import type { Recording } from './recording.ts';
import type { Limits, Sink } from './stretch.ts';

const CONTENT_TYPE = 'application/x-ndjson; charset=utf-8';
/** Everybody who reads along costs memory while the reader is slow. */
const MOST_READERS = 4;
const LIMITS: Limits = {
  waitingBytes: 16 * 1024 * 1024,
  mostBytes: Number.POSITIVE_INFINITY,
  mostMs: Number.POSITIVE_INFINITY,
};

export interface ObservationOptions {
  recording: Pick<Recording, 'fromNow'>;
  files: Pick<IncidentFiles, 'read'>;
  limits?: Limits;
}

export function createObservations({ recording, files, limits = LIMITS }: ObservationOptions): Observations {
  let readers = 0;
  return {
    full: () => readers >= MOST_READERS,
    follow: async (response) => {
      readers += 1;
      response.writeHead(200, { 'content-type': CONTENT_TYPE });
      const stretch = recording.fromNow({ sink: responseSink(response), limits, onTrouble: () => {} });
      response.on('close', () => stretch.end('the reader has gone'));
      await stretch.done;
      readers -= 1;
    },
    kept: (incident) => files.read(incident),
  };
}

function responseSink(response: ServerResponse): Sink {
  const gone = new Promise<never>((_, reject) => {
    response.on('close', () => reject(new Error('the reader has gone')));
  });
  gone.catch(() => {});
  return {
    write: (text) => {
      const taken = new Promise<void>((resolve, reject) => {
        response.write(text, (error) => (error ? reject(error) : resolve()));
      });
      return Promise.race([taken, gone]);
    },
    close: () =>
      new Promise((resolve) => {
        response.end(resolve);
      }),
    abort: () => {
      response.destroy();
    },
  };
}
