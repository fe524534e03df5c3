/** Comparisons of times with dates. */
import { formatTime } from '../../policy/index.js';
import { any, atom, type Cel, no, not, yes } from './cel.js';
import type { Test } from './condition.js';
import type { Moment } from './gnu-date.js';
import { timeComparison, timeLiteral } from './literals.js';
import type { Place, Remarks } from './place.js';

export function timeCondition(
  cel: string,
  test: Test & { kind: 'time' },
  { remarks }: Place,
  asObserved: boolean,
): Cel {
  const { operator, text } = test;
  if (operator === '==' || operator === '!=') {
    const observed = operator === '!=' ? yes : no;
    if (asObserved) return observed;
    remarks.add(`the program ${operator === '==' ? 'never' : 'always'} takes this to hold`);
    return atom(`${cel} ${operator} ${timeLiteral(test.moment)}`);
  }
  let { moment } = test;
  if (moment.offset !== null && moment.offset > 0) {
    if (asObserved) remarks.add(`\`${text}\` lies in the future: was \`${text} ago\` meant?`);
    else {
      remarks.add(`the program takes \`${text}\` to lie in the future; it is carried as \`${text} ago\``);
      moment = { ...moment, offset: -moment.offset };
    }
  }
  remarkOnDate(moment, text, remarks);
  return atom(timeComparison(cel, operator, moment));
}

export function timeListCondition(
  cel: string,
  { negated, moments }: Test & { kind: 'time-list' },
  { remarks }: Place,
  asObserved: boolean,
): Cel {
  if (asObserved) return negated ? yes : no;
  remarks.add(`the program ${negated ? 'always' : 'never'} takes this to hold`);
  const found = any(moments.map((moment) => atom(`${cel} == ${timeLiteral(moment)}`)));
  return negated ? not(found) : found;
}

function remarkOnDate(moment: Moment, text: string, remarks: Remarks): void {
  if (moment.offset === null && moment.moves) {
    remarks.add(
      `\`${text}\` is fixed to ${formatTime(moment.at)}, its meaning at the clock of the import; the program reads it anew each cycle`,
    );
  } else if (moment.calendar && moment.offset !== null) {
    const days = Math.abs(moment.offset) / 86_400;
    remarks.add(
      `\`${text}\` is ${days} days, its length at the clock of the import; the program counts months of the calendar`,
    );
  }
}
