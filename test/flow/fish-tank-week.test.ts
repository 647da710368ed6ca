import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Week } from '../support/fish-tank-week.ts';

const program = join(import.meta.dirname, '..', 'support', 'fish-tank-week.ts');

/** In a process of its own: the time it prints is its alone. */
const week = async (mode: string): Promise<Week> => {
  const { stdout } = await promisify(execFile)(process.execPath, [program, mode]);
  return JSON.parse(stdout) as Week;
};

describe('fish tank: a simulated week', function () {
  this.timeout(180_000);
  for (const mode of ['on-off', 'pid'])
    it(`stays in its range with ${mode}`, async () => {
      const { lowest, highest, warmAfterHours, switchings, messages, wallSeconds, cpuSeconds } =
        await week(mode);
      const [wall, cpu] = [wallSeconds, cpuSeconds].map((seconds) => seconds.toFixed(1));
      console.log(
        `      ${mode}: ${lowest.toFixed(2)} to ${highest.toFixed(2)} degC, ${switchings} switchings, ` +
          `${messages} messages in ${wall} s (${cpu} s of CPU)`,
      );
      assert.ok(warmAfterHours < 3, `warm after ${warmAfterHours} h`);
      assert.ok(lowest >= 24 && highest <= 26, `${lowest} to ${highest} degC`);
    });
});
