#ifdef GL_ES
precision highp float;
#endif

// millimetres of the face; unit normal; texture coordinates from the upper left corner of the photo
attribute vec3 v_pos;
attribute vec3 v_normal;
attribute vec2 v_uv;

uniform mat4 view_mat;
uniform mat4 clip_mat;
uniform float toward_mm;  // how much nearer to the eye than it is

varying vec3 normal;
varying vec3 from_eye;
varying vec2 uv;

void main() {
    vec4 in_eye = view_mat * vec4(v_pos, 1.0);
    in_eye.z += toward_mm;
    normal = mat3(view_mat[0].xyz, view_mat[1].xyz, view_mat[2].xyz) * v_normal;
    from_eye = in_eye.xyz;
    uv = v_uv;
    gl_Position = clip_mat * in_eye;
}
