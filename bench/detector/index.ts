/** How soon the detector decides, how it compares with the rules that people use, and what it costs. */

import { RULES } from '../rules/index.ts';
import { type Alarms, countAlarms } from './alarms.ts';
import { ourDefault, ourSettings } from './contestants.ts';
import { COST_CASES, type Cost, measureCost } from './cost.ts';
import { type Delays, measureDelays } from './delays.ts';
import { FAULTS } from './faults.ts';
import { compareScreen, costScreen, delayScreen, HORIZON_S } from './screen.ts';
import { type Comparison, compare } from './verdicts.ts';

export interface BenchOptions {
  /** Far fewer runs: to see that it works, not to measure. */
  quick: boolean;
  /** `delay`, `rules`, `cost`; null: all of them. */
  parts: string[] | null;
  /** Traces of each fault; null: as many as the requirement asks for. */
  runs: number | null;
  zoneYears: number | null;
  seed: number;
  onProgress(text: string): void;
}

export interface BenchResult {
  data: {
    delays?: Delays[];
    rules?: { delays: Delays[]; alarms: Alarms[]; comparisons: Comparison[] };
    costs?: Cost[];
  };
  screen: string;
}

/** Long enough for the slowest rule that notices a fault at all within a minute and a half. */
const HORIZON_MS = { delay: 40_000, rules: HORIZON_S * 1_000 };

export async function benchDetector(options: BenchOptions): Promise<BenchResult> {
  const { quick, parts, seed, onProgress } = options;
  const wanted = (part: string) => parts === null || parts.includes(part);
  const data: BenchResult['data'] = {};
  const screens: string[] = [];
  if (wanted('delay')) {
    const runs = options.runs ?? (quick ? 10 : 300);
    data.delays = measureDelays({
      faults: FAULTS,
      contestants: ourDefault(),
      rules: [],
      runs,
      seed,
      horizonMs: HORIZON_MS.delay,
      onProgress,
    });
    screens.push(delayScreen(data.delays, FAULTS));
  }
  if (wanted('rules')) {
    const runs = options.runs ?? (quick ? 2 : 200);
    const zoneYears = options.zoneYears ?? (quick ? 0.2 : 30);
    const contestants = ourSettings();
    const delays = measureDelays({
      faults: FAULTS,
      contestants,
      rules: RULES,
      runs,
      seed,
      horizonMs: HORIZON_MS.rules,
      onProgress,
    });
    const alarms = countAlarms({ contestants, rules: RULES, zoneYears, seed, onProgress });
    const comparisons = compare(delays, alarms, (name) => name.startsWith('Holdfast'));
    data.rules = { delays, alarms, comparisons };
    screens.push(compareScreen(data.rules));
  }
  if (wanted('cost')) {
    data.costs = COST_CASES.map((one) => {
      onProgress(one.name);
      return measureCost(one, quick ? 5 : 50, quick ? 10 : 30);
    });
    screens.push(costScreen(data.costs));
  }
  return { data, screen: screens.join('\n\n') };
}
