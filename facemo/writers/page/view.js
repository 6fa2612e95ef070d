const MOST_ENLARGED = 8; // CSS pixels to a pixel of a tile
const MOVES_MS = 220;

/**
 * Which part of the mosaic is seen: a centre, in cells, and a zoom, 1 for the whole.
 *
 * Sides of the window are in CSS pixels. `changed` is called after every change.
 */
class View {
  constructor(plan, changed) {
    [this.tileHeight, this.tileWidth] = plan.tile;
    this.cols = plan.cols;
    this.rows = plan.rows;
    this.isEmpty = (col, row) => plan.tileAt(col, row) < 0;
    this.changed = changed;
    this.width = this.height = 1;
    this.x = this.cols / 2;
    this.y = this.rows / 2;
    this.zoom = 1;
    this.flight = 0;
    this.goal = [this.x, this.y, this.zoom]; // where a flight ends, or else where it is
  }

  /** The point of the mosaic, in cells, in the middle of the window. */
  get middle() {
    return [this.x, this.y];
  }

  /** CSS pixels to a pixel of a tile. */
  get scale() {
    return this.fitting * this.zoom;
  }

  get fitting() {
    return Math.min(
      this.width / (this.cols * this.tileWidth),
      this.height / (this.rows * this.tileHeight),
    );
  }

  get mostZoom() {
    return Math.max(1, MOST_ENLARGED / this.fitting);
  }

  /** CSS pixels of a cell: [across, down]. */
  get cell() {
    return [this.scale * this.tileWidth, this.scale * this.tileHeight];
  }

  /** The point of the mosaic, in cells, that is seen at a point of the window. */
  at(left, top) {
    const [across, down] = this.cell;
    return [this.x + (left - this.width / 2) / across, this.y + (top - this.height / 2) / down];
  }

  /** The cell at a point of the mosaic, as [col, row], or null beside it and where it is empty. */
  cellAt([x, y]) {
    const [col, row] = [Math.floor(x), Math.floor(y)];
    const inside = col >= 0 && row >= 0 && col < this.cols && row < this.rows;
    return inside && !this.isEmpty(col, row) ? [col, row] : null;
  }

  resize(width, height) {
    this.width = Math.max(1, width);
    this.height = Math.max(1, height);
    this.show(this.x, this.y, this.zoom);
  }

  /** Show a place at once. */
  show(x, y, zoom) {
    this.zoom = Math.min(Math.max(zoom, 1), this.mostZoom);
    // The whole stays in the middle; the further in, the nearer to the edges one may go.
    const reach = (1 - 1 / this.zoom ** 2) / 2;
    this.x = this.cols / 2 + clamped(x - this.cols / 2, reach * this.cols);
    this.y = this.rows / 2 + clamped(y - this.rows / 2, reach * this.rows);
    if (!this.flight) this.goal = [this.x, this.y, this.zoom];
    this.changed();
  }

  /** Zoom by a factor, and carry what is at a point of the window to another, or keep it there. */
  carry(factor, from, to = from) {
    this.stop();
    this.show(...this.carried(factor, from, to));
  }

  carried(factor, from, to = from) {
    const zoom = Math.min(Math.max(this.zoom * factor, 1), this.mostZoom);
    const [x, y] = this.at(...from);
    const [across, down] = this.cell.map((side) => (side * zoom) / this.zoom);
    const [left, top] = [to[0] - this.width / 2, to[1] - this.height / 2];
    return [x - left / across, y - top / down, zoom];
  }

  /** Go to a place smoothly, or at once for who prefers that. */
  fly(x, y, zoom) {
    this.stop();
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) {
      this.show(x, y, zoom);
      return;
    }
    this.goal = [x, y, Math.min(Math.max(zoom, 1), this.mostZoom)];
    const from = [this.x, this.y, Math.log(this.zoom)];
    const to = [x, y, Math.log(this.goal[2])];
    const start = performance.now();
    const frame = (now) => {
      const part = Math.min(Math.max((now - start) / MOVES_MS, 0), 1);
      const eased = part * (2 - part);
      const [newX, newY, newZoom] = from.map((value, i) => value + (to[i] - value) * eased);
      this.flight = part < 1 ? requestAnimationFrame(frame) : 0;
      this.show(newX, newY, Math.exp(newZoom));
    };
    this.flight = requestAnimationFrame(frame);
  }

  /** Go on from where a flight was to end: keys may be pressed faster than it flies. */
  flyOn(across, down, factor) {
    const [x, y, zoom] = this.goal;
    this.fly(x + across, y + down, zoom * factor);
  }

  /** Show the whole. */
  flyHome() {
    this.fly(this.cols / 2, this.rows / 2, 1);
  }

  stop() {
    cancelAnimationFrame(this.flight);
    this.flight = 0;
    this.goal = [this.x, this.y, this.zoom];
  }

  /** The view as the end of an address: #x,y,zoom. */
  get hash() {
    const digits = Math.ceil(Math.log10(this.cell[0] + 1)) + 1; // to a tenth of a pixel
    const rounded = [this.x.toFixed(digits), this.y.toFixed(digits), this.zoom.toPrecision(6)];
    return `#${rounded.map(Number).join(",")}`;
  }

  /** Show what an address says, if it says anything. */
  follow(hash) {
    const numbers = hash.slice(1).split(",").map(Number.parseFloat);
    if (numbers.length !== 3 || !numbers.every(Number.isFinite)) return;
    this.stop();
    this.show(...numbers);
  }
}

function clamped(value, most) {
  return Math.min(Math.max(value, -most), most);
}
