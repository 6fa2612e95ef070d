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
  vec2 middle = (vec2(cell - corner) + 0.5 - offset) / span;
  inner = max(0.5 / span, vec2(2.5 * density));
  vec2 side = vec2(gl_VertexID & 1, gl_VertexID >> 1) * 2.0 - 1.0;
  place = side * (inner + 3.0 * density);
  vec2 at = (middle + place) / screen * 2.0 - 1.0;
  gl_Position = vec4(at.x, -at.y, 0, 1);
}
