/** Cells of CSV by the grammar of RFC 4180, section 2; throws at the first character that the grammar has no place for. */
export const parseCsv = (text: string): string[][] => {
  const cell = /"((?:[^"]|"")*)"(,|\r\n)|([^",\r\n]*)(,|\r\n)/y;
  const rows: string[][] = [];
  let row: string[] = [];
  while (cell.lastIndex < text.length) {
    const start = cell.lastIndex;
    const [, quoted, afterQuoted, plain, afterPlain] = cell.exec(text) ?? [];
    const end = afterQuoted ?? afterPlain;
    if (end === undefined) throw new Error(`no CSV: ${JSON.stringify(text.slice(start, start + 60))}`);
    row.push(quoted?.replaceAll('""', '"') ?? plain ?? '');
    if (end === ',') continue;
    rows.push(row);
    row = [];
  }
  if (row.length > 0) throw new Error('no CSV: its last line has no end');
  return rows;
};
