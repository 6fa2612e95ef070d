// Fills a layer of the atlas from a sheet, an image of tiles as they were decoded.
uniform sampler2D sheet;
uniform ivec2 pitch;  // from a tile of the sheet to the next, in pixels
out vec4 color;

// The average of the pixels that a texel of a level covers, straight from the tile, so that
// rounding does not add up from level to level.
vec4 average(ivec2 origin, int level, ivec2 texel) {
  ivec2 low = texel << level, high = min((texel + 1) << level, tileSize);
  vec4 total = vec4(0);
  for (int y = low.y; y < high.y; y++)
    for (int x = low.x; x < high.x; x++) total += texelFetch(sheet, origin + ivec2(x, y), 0);
  return total / float((high.x - low.x) * (high.y - low.y));
}

void main() {
  ivec2 pixel = ivec2(gl_FragCoord.xy), at = pixel / slot, within = pixel % slot;
  color = vec4(0);
  if (any(greaterThanEqual(at, slots))) return;
  for (int level = 0; level <= topLevel; level++) {
    ivec2 texel = within - places[level], size = levelSize(level);
    if (all(greaterThanEqual(texel, ivec2(0))) && all(lessThan(texel, size)))
      color = average(at * pitch, level, texel);
  }
}
