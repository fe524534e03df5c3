/** Writes a picture that a report drew as SVG to a file: as it is, or rendered as PNG. */
import { access, constants, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { messageOf, StatorError } from '../error.js';
import { UsageError } from './exit.js';

/** Pixels of a PNG per pixel of the SVG: sharp on today's screens. */
const scale = 2;
const fonts = ['DejaVuSans.ttf', 'DejaVuSans-Bold.ttf'];

type ChartFormat = 'svg' | 'png';

/** @throws UsageError where the name does not end in `.svg` or `.png` */
function formatOf(file: string): ChartFormat {
  const format = /\.(svg|png)$/i.exec(file)?.[1]?.toLowerCase();
  if (format === 'svg' || format === 'png') return format;
  throw new UsageError(`a chart cannot be written as ${file}`, 'name a file that ends in .svg or .png');
}

/** Finds out that a chart cannot be written before what it shows is worked out. */
export async function checkChartFile(file: string): Promise<void> {
  formatOf(file);
  await orUnwritable(file, access(dirname(file), constants.W_OK));
}

export async function writeChart(file: string, svg: string): Promise<void> {
  await orUnwritable(file, writeFile(file, formatOf(file) === 'svg' ? svg : await renderPng(svg)));
}

async function orUnwritable(file: string, work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    throw new StatorError({
      code: 'cannot-write',
      what: `cannot write the chart: ${messageOf(error)}`,
      where: file,
      todo: 'check the path given with --chart',
      cause: error,
    });
  }
}

/** With the font of the package and no other, so that the same picture has the same bytes everywhere. */
async function renderPng(svg: string): Promise<Uint8Array> {
  // Loaded only here: it is a native module that no other command needs.
  const { Resvg } = await import('@resvg/resvg-js');
  const { resolve } = createRequire(import.meta.url);
  const image = new Resvg(svg, {
    fitTo: { mode: 'zoom', value: scale },
    font: {
      loadSystemFonts: false,
      fontFiles: fonts.map((name) => resolve(`dejavu-fonts-ttf/ttf/${name}`)),
      defaultFontFamily: 'DejaVu Sans',
      sansSerifFamily: 'DejaVu Sans',
    },
  });
  return image.render().asPng();
}
