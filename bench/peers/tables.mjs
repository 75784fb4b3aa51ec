// Rows of texts as columns: the first to the left, numbers to the right.
function table(head, rows) {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column].length)));
  const line = (row) => row.map((text, column) =>
    column === 0 ? text.padEnd(widths[column]) : text.padStart(widths[column])).join('  ').trimEnd();
  return all.map(line).join('\n');
}

const ms = (value) => value.toFixed(2);
const ratio = (value) => (value ? value.toFixed(2) : '-');
const common = (row) => [ms(row.median), `${ms(row.best)}..${ms(row.worst)}`, ratio(row.ratio)];

export function networkTable(rows) {
  return table(
    ['', 'median', 'rounds', 'ratio', 'images/s'],
    rows.map((row) => [
      row.layout ? `${row.name} (${row.layout})` : row.name,
      ...common(row),
      (1000 / row.median).toFixed(1),
    ]),
  );
}

export function pipelineTable(rows) {
  return table(
    ['', 'median', 'rounds', 'ratio', 'before', 'after'],
    rows.map((row) => [row.name, ...common(row), ms(row.preprocess), ms(row.postprocess)]),
  );
}

export function agreementTable(rows) {
  return table(
    ['', 'boxes', 'of ORT', 'same', 'largest px', 'largest score'],
    rows.map((row) => [
      row.name,
      String(row.boxes),
      String(row.others),
      String(row.pairs),
      row.pixels.toFixed(3),
      row.score.toExponential(1),
    ]),
  );
}
