/** `GET /observations`: what this controller sees and decides, live; `GET /incidents/:id/observations`: what was kept of an incident. */
import type { ServerResponse } from 'node:http';
import type { IncidentFiles } from '../incident-files.ts';
import type { Recording } from '../recording.ts';
import type { Routes } from '../server.ts';
import type { Limits, Sink } from '../stretch.ts';

const CONTENT_TYPE = 'application/x-ndjson; charset=utf-8';
/** Everybody who reads along costs memory while the reader is slow. */
const MOST_READERS = 4;
const LIMITS: Limits = {
  waitingBytes: 16 * 1024 * 1024,
  mostBytes: Number.POSITIVE_INFINITY,
  mostMs: Number.POSITIVE_INFINITY,
};

export interface ObservationRoutes {
  recording: Pick<Recording, 'fromNow'>;
  files: Pick<IncidentFiles, 'read'>;
  limits?: Limits;
}

export function observationRoutes({ recording, files, limits = LIMITS }: ObservationRoutes): Routes {
  return (app) => {
    let readers = 0;
    app.get('/observations', async (_, reply) => {
      if (readers >= MOST_READERS)
        return reply.code(503).send({ error: `${MOST_READERS} are reading already; try another controller` });
      readers += 1;
      reply.hijack();
      reply.raw.writeHead(200, { 'content-type': CONTENT_TYPE });
      const stretch = recording.fromNow({ sink: responseSink(reply.raw), limits, onTrouble: () => {} });
      reply.raw.on('close', () => stretch.end('the reader has gone'));
      await stretch.done;
      readers -= 1;
    });
    app.get<{ Params: { id: string } }>('/incidents/:id/observations', async (request, reply) => {
      const { id } = request.params;
      const kept = files.read(id);
      if (kept === null) return reply.code(404).send({ error: `no observations of incident ${id} are kept here` });
      return reply.type(CONTENT_TYPE).send(kept);
    });
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
