const LARGEST_BLOCK = 10; // as a power of two: blocks of the grid are at most 1,024 cells a side
const LAYER = 2048; // pixels a side of the atlas's layers, which every WebGL2 has
const MOST_MARKS = 20000; // more would cover the picture, and take a second to draw in software
const SMALL = 8; // CSS pixels of a cell, below which it has a mark instead of a frame

const UNIT = { cells: 0, colors: 1, overview: 2, tiles: 3, variants: 4, ramps: 5, sheet: 6 };

/** Draws the plan: the index and the atlas are textures, and each pixel finds its own tile. */
class Renderer {
  constructor(canvas, plan) {
    this.plan = plan;
    this.gl = canvas.getContext("webgl2", { alpha: true, antialias: false, depth: false });
    if (!this.gl)
      throw new Problem("This browser cannot zoom: it lacks WebGL2, or it is turned off.");
    const gl = this.gl;
    this.packing = new Program(gl, source("screen.vert"), source("atlas.glsl", "pack.frag"));
    this.picture = new Program(gl, source("screen.vert"), source("atlas.glsl", "picture.frag"));
    this.marks = new Program(gl, source("marks.vert"), source("marks.frag"));
    this.marked = { array: gl.createVertexArray(), buffer: gl.createBuffer(), count: 0, every: 1 };
    const grid = [plan.cols, plan.rows];
    this.blockLevel = grid.map((side) => Math.min(LARGEST_BLOCK, log2Ceil(side)));
    this.blockSize = this.blockLevel.map((level) => 1 << level);
    this.blocks = grid.map((side, axis) => Math.ceil(side / this.blockSize[axis]));
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
  }

  /** Fill the textures; `told` is called with a part of 1 as it goes on. */
  async load(told) {
    const { gl, plan } = this;
    const wide = plan.cells.BYTES_PER_ELEMENT > 2;
    this.#gridTexture(UNIT.cells, wide ? gl.R32UI : gl.R16UI, 1);
    this.#upload(gl.RED_INTEGER, wide ? gl.UNSIGNED_INT : gl.UNSIGNED_SHORT, plan.cells);
    this.#gridTexture(UNIT.colors, gl.RGBA8, 1 + Math.max(...this.blockLevel));
    this.#upload(gl.RGBA, gl.UNSIGNED_BYTE, plan.colors);
    gl.generateMipmap(gl.TEXTURE_2D_ARRAY);
    this.#uploadListed(UNIT.variants, gl.RGBA32UI, gl.UNSIGNED_INT, plan.variants);
    this.#uploadListed(UNIT.ramps, gl.RGBA8I, gl.BYTE, plan.ramps);
    await this.#loadAtlas(told);
    this.#drawOverview();
    this.#check();
  }

  /** A texture of the whole grid, a layer a block. */
  #gridTexture(unit, format, levels) {
    const { gl, blockSize, blocks } = this;
    const texture = newTexture(gl, unit, gl.TEXTURE_2D_ARRAY, gl.NEAREST);
    gl.texStorage3D(gl.TEXTURE_2D_ARRAY, levels, format, ...blockSize, blocks[0] * blocks[1]);
    this.#check();
    return texture;
  }

  #upload(format, type, pixels) {
    const { gl, plan, blocks } = this;
    const parts = pixels.length / (plan.cols * plan.rows); // of a cell
    gl.pixelStorei(gl.UNPACK_ROW_LENGTH, plan.cols);
    for (let layer = 0; layer < blocks[0] * blocks[1]; layer++) {
      const { col, row, cols, rows } = this.#block(layer);
      const target = gl.TEXTURE_2D_ARRAY;
      const first = (row * plan.cols + col) * parts;
      gl.texSubImage3D(target, 0, 0, 0, layer, cols, rows, 1, format, type, pixels, first);
    }
    gl.pixelStorei(gl.UNPACK_ROW_LENGTH, 0);
  }

  /** Where a block begins, and how much of the grid is in it. */
  #block(layer) {
    const [wide, tall] = this.blockSize;
    const col = (layer % this.blocks[0]) * wide;
    const row = Math.floor(layer / this.blocks[0]) * tall;
    return {
      col,
      row,
      cols: Math.min(wide, this.plan.cols - col),
      rows: Math.min(tall, this.plan.rows - row),
    };
  }

  /** A texel a variant, line by line of as many layers as they fill. */
  #uploadListed(unit, format, type, numbers) {
    const { gl } = this;
    const lines = Math.ceil(numbers.length / 4 / LAYER);
    const layers = Math.ceil(lines / LAYER);
    const target = gl.TEXTURE_2D_ARRAY;
    newTexture(gl, unit, target, gl.NEAREST);
    gl.texStorage3D(target, 1, format, LAYER, Math.min(lines, LAYER), layers);
    this.#check();
    for (let layer = 0; layer < layers; layer++) {
      const down = Math.min(LAYER, lines - layer * LAYER);
      const texels = new numbers.constructor(4 * LAYER * down);
      const first = 4 * LAYER * LAYER * layer;
      texels.set(numbers.subarray(first, first + texels.length));
      const place = [0, 0, layer, LAYER, down, 1];
      gl.texSubImage3D(target, 0, ...place, gl.RGBA_INTEGER, type, texels);
    }
  }

  /** Decode each sheet and let the graphics processor make a layer of the atlas of it. */
  async #loadAtlas(told) {
    const { gl, plan } = this;
    this.atlas = atlas(plan);
    this.tiles = newTexture(gl, UNIT.tiles, gl.TEXTURE_2D_ARRAY, gl.LINEAR);
    gl.texStorage3D(gl.TEXTURE_2D_ARRAY, 1, gl.RGBA8, LAYER, LAYER, plan.sheets.length);
    this.#check();
    const target = gl.createFramebuffer();
    let next = decoded(plan.sheets[0]);
    for (let layer = 0; layer < plan.sheets.length; layer++) {
      const image = await next;
      // The next is decoded, on another thread, while this one is packed.
      if (layer + 1 < plan.sheets.length) next = decoded(plan.sheets[layer + 1]);
      this.#pack(target, layer, image);
      image.close();
      told((layer + 1) / plan.sheets.length);
    }
    gl.deleteFramebuffer(target);
  }

  #pack(target, layer, image) {
    const { gl, plan } = this;
    const sheet = newTexture(gl, UNIT.sheet, gl.TEXTURE_2D, gl.NEAREST);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, gl.RGBA, gl.UNSIGNED_BYTE, image);
    gl.bindFramebuffer(gl.FRAMEBUFFER, target);
    gl.framebufferTextureLayer(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, this.tiles, 0, layer);
    gl.viewport(0, 0, LAYER, LAYER);
    const [down, across] = plan.pitch;
    this.packing.use({ ...this.atlas, ...UNIT, pitch: [across, down] });
    gl.drawArrays(gl.TRIANGLES, 0, 3);
    gl.deleteTexture(sheet);
  }

  /** Each cell's mean colour, as drawn: the picture at a pixel a cell, and its levels. */
  #drawOverview() {
    const { gl, blockLevel, blockSize, blocks } = this;
    const target = gl.createFramebuffer();
    const overview = this.#gridTexture(UNIT.overview, gl.RGBA8, 1 + Math.max(...blockLevel));
    gl.bindFramebuffer(gl.FRAMEBUFFER, target);
    gl.viewport(0, 0, ...blockSize);
    for (let layer = 0; layer < blocks[0] * blocks[1]; layer++) {
      const { col, row } = this.#block(layer);
      gl.framebufferTextureLayer(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, overview, 0, layer);
      // What is drawn into may not be read from meanwhile: any other texture stands in for it.
      const where = { corner: [col, row], offset: [0, 0], span: [1, 1], bottom: 0 };
      this.#drawCells({ ...where, overview: UNIT.colors });
    }
    gl.deleteFramebuffer(target);
    gl.activeTexture(gl.TEXTURE0 + UNIT.overview);
    gl.bindTexture(gl.TEXTURE_2D_ARRAY, overview);
    gl.generateMipmap(gl.TEXTURE_2D_ARRAY);
  }

  #drawCells(where, { blend = 0, lit = -1, shade = [0, 0, 0] } = {}) {
    const { gl, plan } = this;
    this.picture.use({
      ...this.atlas,
      ...UNIT,
      ...where,
      grid: [plan.cols, plan.rows],
      blockLevel: this.blockLevel,
      blocks: this.blocks[0],
      gaps: plan.gaps,
      blend,
      lit,
      shade,
    });
    gl.drawArrays(gl.TRIANGLES, 0, 3);
  }

  /** Choose which cells, as col, row, col, row, …, are marked: of too many only each nth. */
  mark(cells) {
    const { gl, marked } = this;
    marked.every = Math.max(1, Math.ceil(cells.length / 2 / MOST_MARKS));
    marked.count = Math.ceil(cells.length / 2 / marked.every);
    gl.bindVertexArray(marked.array);
    gl.bindBuffer(gl.ARRAY_BUFFER, marked.buffer);
    gl.bufferData(gl.ARRAY_BUFFER, cells, gl.STATIC_DRAW);
    const place = gl.getAttribLocation(this.marks.program, "cell");
    gl.enableVertexAttribArray(place);
    gl.vertexAttribIPointer(place, 2, gl.INT, 8 * marked.every, 0);
    gl.vertexAttribDivisor(place, 1);
    gl.bindVertexArray(null);
  }

  /** Draw a view; `looks` are blend, lit and shade. */
  draw(view, looks) {
    const { gl } = this;
    const { width, height } = gl.canvas;
    const density = width / view.width;
    const [across, down] = view.cell.map((side) => side * density);
    // Counted from a whole cell: beyond it, 32 bits are enough for the largest grid.
    const left = view.x - width / 2 / across;
    const top = view.y - height / 2 / down;
    const corner = [Math.floor(left), Math.floor(top)];
    const where = {
      corner,
      offset: [left - corner[0], top - corner[1]],
      span: [1 / across, 1 / down],
    };
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    gl.viewport(0, 0, width, height);
    this.#drawCells({ ...where, bottom: height }, looks);
    // Where not all have a frame, and cells are large enough to be seen lit, none has.
    const framed = this.marked.every === 1 || Math.min(...view.cell) < SMALL;
    if (this.marked.count && framed) {
      this.marks.use({ ...where, screen: [width, height], density, small: SMALL });
      gl.bindVertexArray(this.marked.array);
      gl.drawArraysInstanced(gl.TRIANGLE_STRIP, 0, 4, this.marked.count);
      gl.bindVertexArray(null);
    }
  }

  #check() {
    const error = this.gl.getError();
    if (error === this.gl.OUT_OF_MEMORY)
      throw new Problem("This mosaic needs more graphics memory than there is.");
    if (error !== this.gl.NO_ERROR && !this.gl.isContextLost())
      throw new Problem(`This browser cannot draw the mosaic (WebGL error ${error}).`);
  }
}

/** A pair of shaders, and their uniforms by name. */
class Program {
  constructor(gl, vertex, fragment) {
    this.gl = gl;
    this.program = gl.createProgram();
    for (const [kind, text] of [
      [gl.VERTEX_SHADER, vertex],
      [gl.FRAGMENT_SHADER, fragment],
    ]) {
      const shader = gl.createShader(kind);
      gl.shaderSource(shader, text);
      gl.compileShader(shader);
      gl.attachShader(this.program, shader);
    }
    gl.linkProgram(this.program);
    if (!gl.getProgramParameter(this.program, gl.LINK_STATUS) && !gl.isContextLost()) {
      const logs = gl.getAttachedShaders(this.program).map((shader) => gl.getShaderInfoLog(shader));
      throw new Error(`${logs.join("")}${gl.getProgramInfoLog(this.program)}`);
    }
    this.uniforms = new Map();
    const count = gl.getProgramParameter(this.program, gl.ACTIVE_UNIFORMS) ?? 0;
    for (let i = 0; i < count; i++) {
      const { name, type } = gl.getActiveUniform(this.program, i);
      const place = gl.getUniformLocation(this.program, name);
      this.uniforms.set(name.replace("[0]", ""), { place, type });
    }
  }

  /** Make this the program that draws, with these values. */
  use(values) {
    const { gl } = this;
    gl.useProgram(this.program);
    for (const [name, { place, type }] of this.uniforms) {
      const value = values[name];
      if (type === gl.FLOAT) gl.uniform1f(place, value);
      else if (type === gl.FLOAT_VEC2) gl.uniform2fv(place, value);
      else if (type === gl.FLOAT_VEC3) gl.uniform3fv(place, value);
      else if (type === gl.INT_VEC2) gl.uniform2iv(place, value);
      else gl.uniform1i(place, value); // an int, or the unit of a sampler
    }
  }
}

/** The layout of the atlas, see atlas.glsl. */
function atlas(plan) {
  const [height, width] = plan.stored;
  const [slotsDown, slotsAcross] = plan.slots;
  const topLevel = log2Ceil(Math.max(width, height));
  const places = [0, 0];
  let down = 0;
  for (let level = 1; level <= topLevel; level++) {
    places.push(width, down);
    down += Math.ceil(height / 2 ** level);
  }
  return {
    tileSize: [width, height],
    slot: [width + (topLevel ? Math.ceil(width / 2) : 0), Math.max(height, down)],
    slots: [slotsAcross, slotsDown],
    topLevel,
    places,
  };
}

function decoded(blob) {
  return createImageBitmap(blob, { colorSpaceConversion: "none", premultiplyAlpha: "none" });
}

function newTexture(gl, unit, target, filter) {
  const texture = gl.createTexture();
  gl.activeTexture(gl.TEXTURE0 + unit);
  gl.bindTexture(target, texture);
  gl.texParameteri(target, gl.TEXTURE_MIN_FILTER, filter);
  gl.texParameteri(target, gl.TEXTURE_MAG_FILTER, filter);
  gl.texParameteri(target, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
  gl.texParameteri(target, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
  return texture;
}

function source(...ids) {
  return ids.map((id) => document.getElementById(id).textContent.trim()).join("\n");
}

function log2Ceil(number) {
  return Math.ceil(Math.log2(number));
}
