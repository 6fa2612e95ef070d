// One pixel of the picture: the average of what it covers, weighed by area. Near, that is parts of
// up to four cells; far out, where a pixel covers cells, it is their means, from the overview.
uniform usampler2DArray cells;    // the variant in each cell; a layer is a block of the grid
uniform usampler2DArray variants; // tile * 2 + mirrored, and how red, green and blue are changed:
                                  // 8 bits of a gain, 18 of an offset; above those of red and
                                  // of green, 6 bits each, how far they are muted
uniform isampler2DArray ramps;    // how light rises across and down each, and how it bends
uniform sampler2DArray colors;    // the target's colour in each cell, in levels
uniform sampler2DArray overview;  // each cell as drawn, in levels; alpha says how much is there
uniform sampler2DArray tiles;     // the atlas

uniform ivec2 grid;       // cells across and down
uniform ivec2 blockLevel; // the sides of a block are two to the power of these
uniform int blocks;       // across
uniform bool gaps;        // whether there are empty cells, of which nothing is drawn
uniform float blend;      // from the tiles to the target's colours, 0 to 1
uniform int lit;          // the tile whose uses are lit, or -1
uniform vec3 shade;       // what the others fade to

uniform ivec2 corner;  // the cell at which the view begins,
uniform vec2 offset;   // how far in it, in cells,
uniform vec2 span;     // and how many cells a pixel covers
uniform float bottom;  // lines are counted from here: the height on the screen, 0 in a texture
out vec4 color;

const float FADED = 0.65;

float overlap(vec2 low, vec2 high) {
  vec2 sides = max(high - low, 0.0);
  return sides.x * sides.y;
}

// A cell's place in the textures that are cut into blocks, at a level.
ivec3 placed(ivec2 texel, int level) {
  ivec2 log2Sides = max(blockLevel - level, 0);
  ivec2 block = texel >> log2Sides;
  return ivec3(texel - (block << log2Sides), block.y * blocks + block.x);
}

// How much of four texels, from `first` on, lies between two points.
vec4 shares(float low, float high, float first) {
  vec4 starts = first + vec4(0, 1, 2, 3);
  return max(min(starts + 1.0, high) - max(starts, low), 0.0);
}

// A tile between two of its points, in its pixels, of a level at which a pixel of the screen covers
// at most three texels, and so parts of four, each way. Four filtered reads weigh sixteen texels:
// one between two texels is their mean, weighed by where it is.
vec3 tileColor(int tile, vec2 low, vec2 high) {
  int perLayer = slots.x * slots.y, layer = tile / perLayer, inLayer = tile % perLayer;
  vec2 origin = vec2(ivec2(inLayer % slots.x, inLayer / slots.x) * slot);
  vec2 size = vec2(textureSize(tiles, 0).xy), covered = span * vec2(tileSize);
  float most = max(covered.x, covered.y);
  if (most < 1.0) {
    vec2 middle = clamp((low + high) / 2.0, vec2(0.5), vec2(tileSize) - 0.5);
    return textureLod(tiles, vec3((origin + middle) / size, layer), 0.0).rgb;
  }
  int level = clamp(int(log2(most / 1.5)), 0, topLevel);
  low /= float(1 << level);
  high /= float(1 << level);
  vec2 first = floor(low), place = origin + vec2(places[level]) + first + 0.5;
  vec4 across = shares(low.x, high.x, first.x), down = shares(low.y, high.y, first.y);
  vec2 x = across.xz + across.yw, y = down.xz + down.yw;
  vec2 left = (place.x + vec2(0, 2) + across.yw / max(x, 1e-6)) / size.x;
  vec2 top = (place.y + vec2(0, 2) + down.yw / max(y, 1e-6)) / size.y;
  vec3 total = y.x * (x.x * textureLod(tiles, vec3(left.x, top.x, layer), 0.0).rgb +
                      x.y * textureLod(tiles, vec3(left.y, top.x, layer), 0.0).rgb) +
               y.y * (x.x * textureLod(tiles, vec3(left.x, top.y, layer), 0.0).rgb +
                      x.y * textureLod(tiles, vec3(left.y, top.y, layer), 0.0).rgb);
  return total / ((x.x + x.y) * (y.x + y.y));
}

// Where a variant is in the textures of them.
ivec3 listed(int number) {
  ivec2 size = textureSize(variants, 0).xy;
  int line = number / size.x;
  return ivec3(number % size.x, line % size.y, line / size.y);
}

// What a variant's ramp adds to its offset at a place in the cell, 0 to 1: its average is 0.
int light(ivec4 ramp, vec2 place) {
  if (ramp == ivec4(0)) return 0;
  vec2 off = 2.0 * place - 1.0, side = vec2(tileSize);
  vec2 bent = off * off - (1.0 - 1.0 / (side * side)) / 3.0;
  return int(floor(128.0 * dot(vec2(ramp.xy), off) + 256.0 * dot(vec2(ramp.zw), bent)));
}

// Values from 0 to 255 as the variant has them, see facemo/kernels/recolour.py: muted by a share,
// then moved by a gain and an offset, in 1/256, to which its ramp adds. An offset of which all bits
// are set says that they stay as they are.
vec3 recoloured(vec3 value, uvec3 changes, int more) {
  if ((changes.r & 0x3ffffu) == 0x3ffffu) return value;
  ivec3 gain = ivec3(changes >> 18 & 255u), offset = ivec3(changes & 0x3ffffu) - 131072 + more;
  ivec3 whole = ivec3(value + 0.5);
  int luma = (77 * whole.r + 150 * whole.g + 29 * whole.b + 128) >> 8;
  int share = int(changes.r >> 26 | changes.g >> 26 << 6);
  ivec3 muted = ((256 - share) * whole + share * luma + 128) >> 8;
  return vec3(clamp((muted * gain + offset) >> 8, 0, 255));
}

// A cell between two of its points, in cells from its corner; nothing where it is empty.
vec4 cellColor(ivec2 cell, vec2 low, vec2 high) {
  ivec3 place = placed(cell, 0);
  ivec3 number = listed(int(texelFetch(cells, place, 0).r));
  uvec4 made = texelFetch(variants, number, 0);
  if (made.r == 0xffffffffu) return vec4(0);
  int tile = int(made.r >> 1);
  vec3 wanted = texelFetch(colors, place, 0).rgb;
  int more = light(texelFetch(ramps, number, 0), (low + high) / 2.0);
  if ((made.r & 1u) == 1u) {
    float left = low.x;
    low.x = 1.0 - high.x;
    high.x = 1.0 - left;
  }
  vec3 drawn = tileColor(tile, low * vec2(tileSize), high * vec2(tileSize));
  drawn = recoloured(drawn * 255.0, made.gba, more) / 255.0;
  drawn = mix(drawn, wanted, blend);
  return vec4(lit < 0 || lit == tile ? drawn : mix(drawn, shade, FADED), 1);
}

vec4 near(vec2 low, vec2 high) {
  ivec2 from = ivec2(floor(low)), to = ivec2(ceil(high)) - 1;
  if (from == to) return cellColor(corner + from, low - vec2(from), high - vec2(from));
  vec4 total = vec4(0);
  for (int y = from.y; y <= to.y; y++)
    for (int x = from.x; x <= to.x; x++) {
      vec2 start = vec2(x, y), a = max(low, start), b = min(high, start + 1.0);
      total += overlap(a, b) * cellColor(corner + ivec2(x, y), a - start, b - start);
    }
  return total / overlap(low, high);
}

// The average of a part of the grid, from a level of which a pixel covers parts of a few texels, and
// how much of that part is not empty.
vec4 averaged(sampler2DArray levels, vec2 low, vec2 high) {
  int top = max(blockLevel.x, blockLevel.y);
  int level = clamp(int(log2(min(span.x, span.y) / 1.5)), 0, top);
  float side = float(1 << level);
  ivec2 from = ivec2(low / side), to = min(ivec2(high / side), (grid - 1) >> level);
  vec4 total = vec4(0);
  float inside = 0.0;
  for (int y = from.y; y <= to.y; y++)
    for (int x = from.x; x <= to.x; x++) {
      vec2 start = vec2(x, y) * side, within = min(start + side, vec2(grid)) - start;
      float part = overlap(max(low, start), min(high, start + side));
      total += part * texelFetch(levels, placed(ivec2(x, y), level), level);
      inside += part * within.x * within.y / (side * side);
    }
  float share = gaps ? min(total.a / max(inside, 1e-12), 1.0) : 1.0;
  return vec4(total.rgb / max(total.a, 1e-12), share);
}

vec4 far(vec2 low, vec2 high) {
  vec4 drawn = averaged(overview, low, high);
  if (blend > 0.0) drawn.rgb = mix(drawn.rgb, averaged(colors, low, high).rgb, blend);
  if (lit >= 0) drawn.rgb = mix(drawn.rgb, shade, FADED);
  return vec4(drawn.rgb * drawn.a, drawn.a);
}

void main() {
  vec2 pixel = vec2(gl_FragCoord.x, abs(bottom - gl_FragCoord.y)) - 0.5;
  vec2 start = offset + pixel * span;
  vec2 low = max(start, vec2(-corner)), high = min(start + span, vec2(grid - corner));
  float there = overlap(low, high) / (span.x * span.y);
  color = vec4(0);
  if (there <= 0.0) return;
  vec2 whole = vec2(corner);
  vec4 drawn = min(span.x, span.y) > 1.0 ? far(whole + low, whole + high) : near(low, high);
  color = drawn * there;
}
