const NOTHING = 0xffffffff; // in place of a tile: the variant of empty cells

/** A message for the person who looks at the page. */
class Problem extends Error {}

/** What the writer put into the page: which tile stands where, and everything about the tiles. */
class Plan {
  constructor(facts, cells, colors, variants, ramps, sheets) {
    /** cols, rows, names, notice; [height, width] of tile, stored, pitch; slots [down, across] */
    Object.assign(this, facts);
    /** the variant of each cell, row by row */
    this.cells = cells;
    /** the target's colours, four bytes a cell, all of them 0 in empty ones */
    this.colors = colors;
    /** four numbers a variant: tile * 2 + mirrored, and how red, green and blue are changed */
    this.variants = variants;
    /** four numbers a variant: by how much light rises across and down it, and how it bends */
    this.ramps = ramps;
    /** images of tiles, encoded, as Blobs */
    this.sheets = sheets;
    this.uses = new Uint32Array(this.names.length);
    this.gaps = false; // whether there are empty cells
    for (let i = 0; i < cells.length; i++) {
      const tile = this.tileOf(cells[i]);
      if (tile >= 0) {
        this.uses[tile]++;
        continue;
      }
      this.gaps = true;
      this.colors.fill(0, 4 * i, 4 * i + 4);
    }
  }

  static async read() {
    if (!("DecompressionStream" in window)) throw new Problem("This browser is too old to zoom.");
    try {
      return (await Plan.#read()).checked();
    } catch {
      throw new Problem("This page is damaged.");
    }
  }

  static async #read() {
    const facts = JSON.parse(take("plan"));
    const [cells, colors, variants, ramps] = await Promise.all(
      ["cells", "colors", "variants", "ramps"].map(inflated),
    );
    const sheets = Array.from(
      { length: facts.sheets },
      (_, n) => new Blob([bytes(take(`sheet-${n}`))], { type: "image/jpeg" }),
    );
    return new Plan(
      facts,
      facts.wide ? new Uint32Array(cells) : new Uint16Array(cells),
      opaque(summed(new Uint8Array(colors), facts.cols)),
      new Uint32Array(variants),
      new Int8Array(ramps),
      sheets,
    );
  }

  /** This plan, if what it says of itself is true. */
  checked() {
    const tiles = this.names.length;
    const cells = this.cols * this.rows;
    const variants = this.variants.length / 4;
    const fits =
      this.cells.length === cells &&
      this.colors.length === 4 * cells &&
      Number.isInteger(variants) &&
      this.ramps.length === 4 * variants &&
      this.cells.every((variant) => variant < variants && this.tileOf(variant) < tiles);
    if (!fits) throw new Problem("The plan does not fit together.");
    return this;
  }

  /** The tile of a variant, or -1 if it has none. */
  tileOf(variant) {
    const word = this.variants[4 * variant];
    return word === NOTHING ? -1 : word >>> 1;
  }

  tileAt(col, row) {
    return this.tileOf(this.cells[row * this.cols + col]);
  }

  /** Where a tile is used: col, row, col, row, … */
  usesOf(tile) {
    const places = new Int32Array(2 * this.uses[tile]);
    let n = 0;
    for (let i = 0; n < places.length; i++) {
      if (this.tileOf(this.cells[i]) === tile) {
        places[n++] = i % this.cols;
        places[n++] = Math.floor(i / this.cols);
      }
    }
    return places;
  }
}

/** The text of an element that carries data, which leaves the page: it may be large. */
function take(id) {
  const element = document.getElementById(id);
  element.remove();
  return element.textContent;
}

function bytes(base64) {
  const text = atob(base64);
  const out = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) out[i] = text.charCodeAt(i);
  return out;
}

function inflated(id) {
  const stream = new Blob([bytes(take(id))]).stream();
  return new Response(stream.pipeThrough(new DecompressionStream("deflate"))).arrayBuffer();
}

/** Colours from their differences to the left neighbour's, as they are stored. */
function summed(differences, cols) {
  const line = 3 * cols;
  for (let i = 0; i < differences.length; i++) {
    if (i % line >= 3) differences[i] += differences[i - 3];
  }
  return differences;
}

function opaque(rgb) {
  const out = new Uint8Array((rgb.length / 3) * 4);
  for (let from = 0, to = 0; from < rgb.length; from += 3, to += 4) {
    out[to] = rgb[from];
    out[to + 1] = rgb[from + 1];
    out[to + 2] = rgb[from + 2];
    out[to + 3] = 255;
  }
  return out;
}
