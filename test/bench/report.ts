/** One line of a table: what it is about, then its figures. */
export type Row = readonly [name: string, ...figures: string[]];

/** A title, and a table whose columns are as wide as they need to be; figures stand to the right. */
export const printTable = (title: string, head: Row, rows: readonly Row[]): void => {
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0)));
  console.log(`\n${title}`);
  for (const [name, ...figures] of [head, ...rows])
    console.log(
      `  ${[name.padEnd(widths[0] ?? 0), ...figures.map((text, i) => text.padStart(widths[i + 1] ?? 0))].join('  ')}`.trimEnd(),
    );
};

/** What a figure has to be: at most, or at least. */
export interface Target {
  readonly what: string;
  readonly value: number;
  readonly atMost?: number;
  readonly atLeast?: number;
  readonly unit: string;
}

export const printTargets = (targets: readonly Target[]): void => {
  console.log('\nTargets');
  for (const { what, value, atMost = Infinity, atLeast = -Infinity, unit } of targets) {
    const limit = atMost === Infinity ? `at least ${Number(atLeast.toFixed(2))}` : `at most ${atMost}`;
    const isMet = value <= atMost && value >= atLeast;
    console.log(`  ${isMet ? 'PASS  ' : 'MISSED'}  ${what}: ${value.toFixed(2)} ${unit} (${limit})`);
  }
};
