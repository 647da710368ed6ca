import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Week } from '../support/fish-tank-week.ts';

const program = join(import.meta.dirname, '..', 'support', 'fish-tank-week.ts');
const LONGEST_SECONDS = 20;

/** In a process of its own, without the cost of measuring coverage: its time is what is measured. */
const week = async (mode: string): Promise<Week> => {
  // Node hands the variable on unless it is there and blank.
  const env = { ...process.env, NODE_V8_COVERAGE: '' };
  const { stdout } = await promisify(execFile)(process.execPath, [program, mode], { env });
  return JSON.parse(stdout) as Week;
};

describe('fish tank: a simulated week', function () {
  // Other work on the machine can make it take longer, never shorter.
  this.retries(2);
  this.timeout(180_000);
  for (const mode of ['on-off', 'pid'])
    it(`stays in its range with ${mode}, in under ${LONGEST_SECONDS} s`, async () => {
      const { lowest, highest, warmAfterHours, switchings, messages, wallSeconds, cpuSeconds } =
        await week(mode);
      const [wall, cpu] = [wallSeconds, cpuSeconds].map((seconds) => seconds.toFixed(1));
      console.log(
        `      ${mode}: ${lowest.toFixed(2)} to ${highest.toFixed(2)} degC, ${switchings} switchings, ` +
          `${messages} messages in ${wall} s (${cpu} s of CPU)`,
      );
      assert.ok(warmAfterHours < 3, `warm after ${warmAfterHours} h`);
      assert.ok(lowest >= 24 && highest <= 26, `${lowest} to ${highest} degC`);
      assert.ok(cpuSeconds < LONGEST_SECONDS, `took ${cpu} s of CPU`);
    });
});
