"""Where a ray meets a box, ball, cylinder, cone or a terrain, and the normal there, as functions for the ray caster."""

from __future__ import annotations

import quadrants as qd

from .patterns import noise, vec3

FAR = 1e6
SHAPE_BOX, SHAPE_BALL, SHAPE_CYLINDER, SHAPE_CONE = range(4)


@qd.func
def hills(x: qd.f32, y: qd.f32, g: qd.types.NDArray[qd.f32, 2], s: qd.i32) -> qd.f32:
    """Height of the terrain: rolling or ridged, flat near the camera's path where asked."""
    seed = qd.cast(g[s, 34], qd.i32)
    q = vec3(x * g[s, 33], y * g[s, 33], 0.5)
    value, weight = 0.0, 0.5
    for k in range(4):
        m = noise(q, seed + k)
        if g[s, 35] > 0.5:
            m = 1.0 - qd.abs(2.0 * m - 1.0)
        value += weight * m
        q = q * 2.1
        weight *= 0.45
    away = qd.min(qd.max((qd.sqrt(x * x + y * y) - g[s, 36]) / qd.max(4.0 * g[s, 36], 1.0), 0.0), 1.0)
    return g[s, 32] * (value - 0.45) * away


@qd.func
def meet(shape: qd.i32, o: vec3, d: vec3, after: qd.f32) -> qd.f32:
    """The first t > after at which a ray in a shape's own frame meets its surface; FAR if none."""
    best = FAR
    if shape == SHAPE_BOX:
        enter, leave = -FAR, FAR
        for k in qd.static(range(3)):
            inverse = 1.0 / qd.select(qd.abs(d[k]) < 1e-9, 1e-9, d[k])
            a, b = (-1.0 - o[k]) * inverse, (1.0 - o[k]) * inverse
            enter, leave = qd.max(enter, qd.min(a, b)), qd.min(leave, qd.max(a, b))
        if enter <= leave:
            if enter > after:
                best = enter
            elif leave > after:
                best = leave
    elif shape == SHAPE_BALL:
        a, b, c = d.dot(d), o.dot(d), o.dot(o) - 1.0
        root = b * b - a * c
        if root > 0:
            r = qd.sqrt(root)
            if (-b - r) / a > after:
                best = (-b - r) / a
            elif (-b + r) / a > after:
                best = (-b + r) / a
    else:  # a cylinder, or a cone that ends in a point above; both with a floor and a lid
        slope = qd.select(shape == SHAPE_CONE, 0.5, 0.0)
        r0 = qd.select(shape == SHAPE_CONE, 0.5 * (1.0 - o[2]), 1.0)
        a = d[0] * d[0] + d[1] * d[1] - slope * slope * d[2] * d[2]
        b = o[0] * d[0] + o[1] * d[1] + slope * d[2] * r0
        c = o[0] * o[0] + o[1] * o[1] - r0 * r0
        root = b * b - a * c
        if root > 0 and qd.abs(a) > 1e-12:
            r = qd.sqrt(root)
            for sign in qd.static((-1.0, 1.0)):
                t = (-b + sign * r) / a
                if t > after and t < best and qd.abs(o[2] + t * d[2]) <= 1.0:
                    best = t
        for lid in qd.static((-1.0, 1.0)):
            t = (lid - o[2]) / qd.select(qd.abs(d[2]) < 1e-9, 1e-9, d[2])
            x, y = o[0] + t * d[0], o[1] + t * d[1]
            rim = qd.select(shape == SHAPE_CONE, 0.5 * (1.0 - lid), 1.0)
            if t > after and t < best and x * x + y * y <= rim * rim:
                best = t
    return best


@qd.func
def normal_of(shape: qd.i32, p: vec3) -> vec3:
    """In the shape's own frame, not normalised."""
    n = p
    if shape == SHAPE_BOX:
        a = qd.abs(p)
        n = vec3(0.0, 0.0, qd.select(p[2] > 0, 1.0, -1.0))
        if a[0] >= a[1] and a[0] >= a[2]:
            n = vec3(qd.select(p[0] > 0, 1.0, -1.0), 0.0, 0.0)
        elif a[1] >= a[2]:
            n = vec3(0.0, qd.select(p[1] > 0, 1.0, -1.0), 0.0)
    elif shape == SHAPE_CYLINDER or shape == SHAPE_CONE:  # noqa: SIM109  (the kernel's compiler knows no `in`)
        lean = qd.select(shape == SHAPE_CONE, 0.25 * (1.0 - p[2]), 0.0)
        n = vec3(p[0], p[1], lean)
        if qd.abs(p[2]) > 0.9995:
            n = vec3(0.0, 0.0, p[2])
    return n
