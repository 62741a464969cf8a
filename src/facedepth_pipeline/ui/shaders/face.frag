#ifdef GL_ES
precision highp float;
#endif

uniform sampler2D texture0;
uniform float look;        // 0: the photo, 1: clay, 2: flat_colour alone
uniform vec4 flat_colour;

varying vec3 normal;
varying vec3 from_eye;
varying vec2 uv;

// The light goes with the eye, above its left shoulder, so that a face that is turned shows its relief.
const vec3 LIGHT = vec3(-0.38, 0.46, 0.80);
const vec3 CLAY = vec3(0.86, 0.80, 0.75);

void main() {
    if (look > 1.5) {
        if (flat_colour.a < 0.5) discard;
        gl_FragColor = flat_colour;
        return;
    }
    vec3 n = normalize(normal);
    vec3 to_eye = normalize(-from_eye);
    if (dot(n, to_eye) < 0.0) n = -n;  // seen from behind
    float lit = max(dot(n, normalize(LIGHT)), 0.0);
    if (look < 0.5) {
        // the photo has its own light in it: a little more tells the shape without burning it out
        gl_FragColor = vec4(texture2D(texture0, uv).rgb * (0.72 + 0.34 * lit), 1.0);
        return;
    }
    float shine = pow(max(dot(n, normalize(normalize(LIGHT) + to_eye)), 0.0), 24.0);
    gl_FragColor = vec4(CLAY * (0.28 + 0.72 * lit) + 0.06 * shine, 1.0);
}
