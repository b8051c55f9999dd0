/** The table of all routes, in the order in which the document and the docs show them. */
import type { Route } from './route.ts';
import { applyRoutes } from './routes/apply.ts';
import { auditRoutes } from './routes/audit.ts';
import { documentRoutes } from './routes/document.ts';
import { drillRoutes } from './routes/drills.ts';
import { eventRoutes } from './routes/events.ts';
import { incidentRoutes } from './routes/incidents.ts';
import { levelRoutes } from './routes/levels.ts';
import { moveRoutes } from './routes/moves.ts';
import { noticeRoutes } from './routes/notices.ts';
import { observationRoutes } from './routes/observations.ts';
import { sessionRoutes } from './routes/session.ts';
import { siteRoutes } from './routes/sites.ts';
import { subscriberRoutes } from './routes/subscribers.ts';
import { tokenRoutes } from './routes/tokens.ts';
import { zoneRoutes } from './routes/zones.ts';

export const ROUTES: readonly Route[] = [
  ...sessionRoutes,
  ...zoneRoutes,
  ...siteRoutes,
  ...levelRoutes,
  ...moveRoutes,
  ...drillRoutes,
  ...incidentRoutes,
  ...eventRoutes,
  ...observationRoutes,
  ...noticeRoutes,
  ...subscriberRoutes,
  ...applyRoutes,
  ...tokenRoutes,
  ...auditRoutes,
  ...documentRoutes,
];
