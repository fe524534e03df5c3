/** Rules that name datasets one by one: a campaign of 4,006 lines, which come before the rules that hold always. */
import { Random } from './random.js';

export const campaignLength = 4006;

export interface CampaignRule {
  readonly id: string;
  readonly action: 'protect' | 'dismiss';
  readonly when: string;
}

/** Two thirds protect, one third dismisses; every fifth takes all versions of what it names. */
export function campaignRules(seed: number, datasets: readonly string[]): readonly CampaignRule[] {
  const random = Random.of(seed, -2);
  return Array.from({ length: campaignLength }, (_, i) => {
    const name = datasets[random.below(datasets.length)] ?? '/none/none/RAW';
    const action = i % 3 === 0 ? 'dismiss' : 'protect';
    const [, process, , tier] = name.split('/');
    const when = i % 5 === 0 ? `dataset.name.glob("/${process}/*/${tier}")` : `dataset.name == "${name}"`;
    return { id: `campaign-${i + 1}`, action, when };
  });
}
