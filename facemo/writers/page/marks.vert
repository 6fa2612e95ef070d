#version 300 es
// A frame around each use of a tile; where cells are small, a mark of a few pixels.
in ivec2 cell;
uniform ivec2 corner;
uniform vec2 offset;
uniform vec2 span;
uniform vec2 screen;    // pixels
uniform float density;  // of them to a CSS pixel
out vec2 place;         // from the middle of the cell, in pixels
flat out vec2 inner;    // half the sides of what is framed

void main() {
  // On whole pixels, or lines as thin as theirs come and go.
  vec2 from = round((vec2(cell - corner) - offset) / span);
  vec2 to = round((vec2(cell - corner) + 1.0 - offset) / span);
  vec2 middle = (from + to) / 2.0;
  inner = max((to - from) / 2.0, vec2(2.5 * density));
  vec2 side = vec2(gl_VertexID & 1, gl_VertexID >> 1) * 2.0 - 1.0;
  place = side * (inner + 3.0 * density);
  vec2 at = (middle + place) / screen * 2.0 - 1.0;
  gl_Position = vec4(at.x, -at.y, 0, 1);
}
