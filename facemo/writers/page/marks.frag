#version 300 es
precision highp float;
uniform vec2 span;
uniform float density;  // pixels to a CSS pixel
uniform float small;    // CSS pixels, below which a frame would hide what is in it anyway
in vec2 place;
flat in vec2 inner;
out vec4 color;

const vec3 LIGHT = vec3(1.0, 0.83, 0.1);

void main() {
  vec2 beyond = abs(place) - inner;
  float outside = max(beyond.x, beyond.y) / density;
  bool filled = 1.0 / max(span.x, span.y) < small * density;
  if (outside <= 0.0 && !filled) discard;
  color = vec4(outside <= 2.0 ? LIGHT : vec3(0), 1);
}
