export * from './finding.ts';
export * from './ids.ts';
export * from './observation.ts';
export * from './placement.ts';
export * from './site.ts';
export * from './status.ts';
export * from './zone.ts';
