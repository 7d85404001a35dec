"""What surfaces are painted with in made-up scenes: noise of a hash, and patterns of it, as functions for the ray caster."""

from __future__ import annotations

import quadrants as qd

PLAIN, CLOUDS, WOOD, TILES, STRIPES, CHECKER, SPOTS, PAGES, MARBLE, WINDOWS, GRASS = range(11)
vec2, vec3 = qd.types.vector(2, qd.f32), qd.types.vector(3, qd.f32)


@qd.func
def hash01(x: qd.i32, y: qd.i32, z: qd.i32, seed: qd.i32) -> qd.f32:
    """0..1, the same on every device."""
    h = qd.cast(x, qd.u32) * qd.u32(0x8DA6B343)
    h ^= qd.cast(y, qd.u32) * qd.u32(0xD8163841)
    h ^= qd.cast(z, qd.u32) * qd.u32(0xCB1AB31F)
    h ^= qd.cast(seed, qd.u32) * qd.u32(0x9E3779B1)
    h ^= h >> 15
    h *= qd.u32(0x2C1B3C6D)
    h ^= h >> 12
    h *= qd.u32(0x297A2D39)
    h ^= h >> 15
    return qd.cast(h >> 8, qd.f32) / 16777216.0


@qd.func
def noise(p: vec3, seed: qd.i32) -> qd.f32:
    f = qd.floor(p)
    i = qd.cast(f, qd.i32)
    w = p - f
    w = w * w * (3.0 - 2.0 * w)
    low = mix(
        mix(hash01(i[0], i[1], i[2], seed), hash01(i[0] + 1, i[1], i[2], seed), w[0]),
        mix(hash01(i[0], i[1] + 1, i[2], seed), hash01(i[0] + 1, i[1] + 1, i[2], seed), w[0]),
        w[1],
    )
    high = mix(
        mix(hash01(i[0], i[1], i[2] + 1, seed), hash01(i[0] + 1, i[1], i[2] + 1, seed), w[0]),
        mix(hash01(i[0], i[1] + 1, i[2] + 1, seed), hash01(i[0] + 1, i[1] + 1, i[2] + 1, seed), w[0]),
        w[1],
    )
    return mix(low, high, w[2])


@qd.func
def mix(a: qd.f32, b: qd.f32, w: qd.f32) -> qd.f32:
    return a + (b - a) * w


@qd.func
def clouds(p: vec3, seed: qd.i32) -> qd.f32:
    """Four octaves, about 0..1 around 0.5."""
    value, weight, q = 0.0, 0.5, p
    for _ in range(4):
        value += weight * noise(q, seed)
        q = q * 2.03 + 17.1
        weight *= 0.5
    return value / 0.9375


@qd.func
def flat(p: vec3, n: vec3) -> vec2:
    """The two coordinates that lie in the face a local normal belongs to."""
    uv = vec2(p[0], p[1])
    a = qd.abs(n)
    if a[0] >= a[1] and a[0] >= a[2]:
        uv = vec2(p[1], p[2])
    elif a[1] >= a[2]:
        uv = vec2(p[0], p[2])
    return uv


@qd.func
def pages(uv: vec2, seed: qd.i32) -> qd.f32:
    """Rectangles within rectangles, as on posters, shelves and screens."""
    low, size, s = vec2(0.0, 0.0), vec2(1.0, 1.0), seed
    cell = qd.cast(qd.floor(uv), qd.i32)
    q = uv - qd.floor(uv)
    s = s + cell[0] * 131 + cell[1] * 719
    for k in range(5):
        cut = 0.2 + 0.6 * hash01(k, s, 3, seed)
        axis = qd.cast(hash01(k, s, 5, seed) * 1.999, qd.i32)
        if axis == 0:
            if q[0] < low[0] + cut * size[0]:
                size[0] *= cut
                s = s * 2 + 1
            else:
                low[0] += cut * size[0]
                size[0] *= 1.0 - cut
                s = s * 2 + 2
        else:
            if q[1] < low[1] + cut * size[1]:
                size[1] *= cut
                s = s * 2 + 1
            else:
                low[1] += cut * size[1]
                size[1] *= 1.0 - cut
                s = s * 2 + 2
    return hash01(s, 7, cell[0] * 31 + cell[1], seed)


@qd.func
def pattern(kind: qd.i32, p: vec3, n: vec3, warp: qd.f32, seed: qd.i32) -> qd.f32:
    """Where between its two colours a surface is: 0..1. `p` counts in the pattern's own size."""
    value = 0.0
    uv = flat(p, n)
    if kind == CLOUDS:
        value = clouds(p, seed) * 2.0 - 0.5
    elif kind == WOOD:
        q = vec3(p[0] * 0.12, p[1], p[2])
        value = 0.5 + 0.5 * qd.sin(6.2832 * (q[1] + q[2] * 0.6 + warp * 2.0 * clouds(q, seed))) * 0.8
        value = value * 0.7 + 0.3 * noise(vec3(p[0] * 0.8, p[1] * 14.0, p[2] * 14.0), seed)
    elif kind == TILES:
        row = qd.floor(uv[1])
        x = uv[0] + (row * 0.5 if warp > 0.5 else 0.0)
        fx, fy = x - qd.floor(x), uv[1] - row
        joint = 0.03 + 0.05 * warp
        value = 0.15 + 0.5 * hash01(qd.cast(qd.floor(x), qd.i32), qd.cast(row, qd.i32), 1, seed) * warp
        if fx < joint or fy < joint * (1.0 + warp):
            value = 1.0
    elif kind == STRIPES:
        value = qd.select(qd.sin(6.2832 * (uv[0] + warp * 0.5 * noise(p, seed))) > 0.3 * warp, 1.0, 0.0)
    elif kind == CHECKER:
        value = qd.cast((qd.cast(qd.floor(uv[0]), qd.i32) + qd.cast(qd.floor(uv[1]), qd.i32)) & 1, qd.f32)
    elif kind == SPOTS:
        c = qd.floor(uv)
        i, j = qd.cast(c[0], qd.i32), qd.cast(c[1], qd.i32)
        at = vec2(0.3 + 0.4 * hash01(i, j, 1, seed), 0.3 + 0.4 * hash01(i, j, 2, seed))
        d = uv - c - at
        value = qd.select(d.norm() < 0.1 + 0.2 * hash01(i, j, 3, seed), 1.0, 0.0)
    elif kind == PAGES:
        value = pages(uv, seed)
    elif kind == MARBLE:
        value = qd.abs(qd.sin(3.1416 * (uv[0] + 3.0 * warp * clouds(p, seed))))
    elif kind == WINDOWS:
        c = qd.floor(uv)
        q = uv - c
        if q[0] > 0.25 and q[0] < 0.75 and q[1] > 0.2 and q[1] < 0.8:
            value = 0.6 + 0.4 * hash01(qd.cast(c[0], qd.i32), qd.cast(c[1], qd.i32), 1, seed)
    elif kind == GRASS:
        value = 0.5 * clouds(p, seed) + 0.5 * noise(vec3(p[0] * 9.0, p[1] * 9.0, p[2] * 3.0), seed)
    return qd.min(qd.max(value, 0.0), 1.0)
