/** Plots for a terminal, from block characters. Pure. */
const BLOCKS = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;

/**
 * A plot of `height` lines: columns of blocks, a dashed line where `limit` lies. Left scale in the
 * unit of the values.
 */
export function plotLines(
  values: readonly number[],
  limit: number,
  size: { readonly width: number; readonly height: number },
): readonly string[] {
  const { width, height } = size;
  const top = limit * 1.2;
  const shown = values.slice(-width);
  const limitRow = height - 1 - Math.floor((limit / top) * height);
  const rows: string[] = [];
  for (let row = 0; row < height; row += 1) {
    const low = ((height - 1 - row) / height) * top;
    const step = top / height;
    const cells = shown.map((v) => {
      // Not known is not zero: a gap that can be seen.
      if (Number.isNaN(v)) return row === height - 1 ? '?' : ' ';
      const level = Math.max(0, Math.min(8, Math.round(((v - low) / step) * 8)));
      const block = BLOCKS[level] ?? ' ';
      return block === ' ' && row === limitRow ? '╌' : block;
    });
    const pad = (row === limitRow ? '╌' : ' ').repeat(Math.max(0, width - cells.length));
    const scale = row === limitRow ? limit.toFixed(0) : row === height - 1 ? '0' : '';
    rows.push(`${scale.padStart(5)} ┤${pad}${cells.join('')}`);
  }
  return rows;
}
