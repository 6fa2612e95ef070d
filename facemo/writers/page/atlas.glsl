#version 300 es
precision highp float;
precision highp int;
precision highp sampler2D;
precision highp sampler2DArray;
precision highp isampler2DArray;
precision highp usampler2DArray;

// The atlas of tiles: each has a slot, and in it a pyramid. Level 0, the tile itself, stands on the
// left; the levels that are half the one before stand on its right, one below the other. So no
// level ever mixes with a neighbour's, as mipmaps of an atlas do, and tiles may have any size.
uniform ivec2 tileSize;    // pixels
uniform ivec2 slot;        // pixels of a slot
uniform ivec2 slots;       // of a layer, across and down
uniform int topLevel;      // the level that is one pixel
uniform ivec2 places[16];  // where each level begins in its slot

// Texels of a level, whose last ones may cover less than the others.
ivec2 levelSize(int level) {
  return (tileSize + (1 << level) - 1) >> level;
}
