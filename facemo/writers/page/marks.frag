#version 300 es
precision highp float;
uniform vec2 span;
uniform float density;
in vec2 place;
flat in vec2 inner;
out vec4 color;

const vec3 LIGHT = vec3(1.0, 0.83, 0.1);
const float SMALL = 8.0;  // CSS pixels, below which a frame would hide what is in it anyway

void main() {
  vec2 beyond = abs(place) - inner;
  float outside = max(beyond.x, beyond.y) / density;
  bool small = 1.0 / max(span.x, span.y) < SMALL * density;
  if (outside <= 0.0 && !small) discard;
  color = vec4(outside <= 2.0 ? LIGHT : vec3(0), 1);
}
