"""The ray caster: packed scenes ─► linear colour, depth, sky, in Quadrants, on whatever device is open.

A ray is `origin + t * direction` with a direction whose camera z is 1, so `t` is the depth along the camera's axis. Soft shadows
and ambient light take one ray each per pixel; a small filter that keeps to surfaces makes one of 25 pixels' rays.
"""

from __future__ import annotations

import quadrants as qd

from .patterns import clouds, flat, hash01, mix, noise, pattern, vec3
from .shapes import FAR, SHAPE_BOX, hills, meet, normal_of


@qd.func
def part(v: qd.f32) -> qd.f32:
    """What is behind the point."""
    return v - qd.floor(v)


@qd.func
def local(prims: qd.types.NDArray[qd.f32, 3], s: qd.i32, k: qd.i32, p: vec3, w: qd.f32) -> vec3:
    """A point (w = 1) or a direction (w = 0) in a shape's own frame."""
    return vec3(
        prims[s, k, 0] * p[0] + prims[s, k, 1] * p[1] + prims[s, k, 2] * p[2] + w * prims[s, k, 3],
        prims[s, k, 4] * p[0] + prims[s, k, 5] * p[1] + prims[s, k, 6] * p[2] + w * prims[s, k, 7],
        prims[s, k, 8] * p[0] + prims[s, k, 9] * p[1] + prims[s, k, 10] * p[2] + w * prims[s, k, 11],
    )


@qd.func
def hole(prims: qd.types.NDArray[qd.f32, 3], s: qd.i32, k: qd.i32, p: vec3) -> qd.i32:
    """Whether foliage, a fence or a grid has nothing at a point of its surface (in its own frame)."""
    kind, open_share = prims[s, k, 22], prims[s, k, 23]
    out = 0
    if kind > 0.5:
        q = vec3(p[0] * prims[s, k, 18], p[1] * prims[s, k, 19], p[2] * prims[s, k, 20]) * prims[s, k, 21]
        if kind < 1.5:
            value = 0.6 * noise(q, 7) + 0.4 * noise(q * 2.7, 8)
            out = qd.select(value < 0.25 + 0.45 * open_share, 1, 0)
        else:
            uv = flat(q, normal_of(SHAPE_BOX, p))
            fx = uv[0] - qd.floor(uv[0])
            fy = uv[1] - qd.floor(uv[1])
            bar = qd.select(kind < 2.5, fx > 1.0 - open_share * 0.9, fx > 0.2 and fy > 0.2)
            out = qd.select(bar, 1, 0)
    return out


@qd.func
def cast(
    prims: qd.types.NDArray[qd.f32, 3],
    counts: qd.types.NDArray[qd.i32, 1],
    g: qd.types.NDArray[qd.f32, 2],
    s: qd.i32,
    o: vec3,
    d: vec3,
    start: qd.f32,
    reach: qd.f32,
    steps: qd.i32,
    any_will_do: qd.i32,
):  # -> (t, index); index -1: nothing up to `reach`, -2: the terrain
    best, index = reach, -1
    dd = d.dot(d)
    for k in range(counts[s]):
        to = vec3(prims[s, k, 12], prims[s, k, 13], prims[s, k, 14]) - o
        radius = prims[s, k, 15]
        along = to.dot(d) / dd
        gap = to - along * d
        half = radius / qd.sqrt(dd)
        if gap.dot(gap) <= radius * radius and along + half > start and along - half < best:
            shape = qd.cast(prims[s, k, 16], qd.i32)
            lo, ld = local(prims, s, k, o, 1.0), local(prims, s, k, d, 0.0)
            after, going = start, 1
            for _skip in range(3):
                if going == 1:
                    t = meet(shape, lo, ld, after)
                    going = 0
                    if t < best:
                        if hole(prims, s, k, lo + t * ld) == 1:
                            after, going = t + 1e-4, 1
                        else:
                            best, index = t, k
            if any_will_do == 1 and index != -1:
                break
    if g[s, 32] > 0:
        t, step, going, last = start + 0.02, 0.05, 1, start
        for _step in range(steps):
            if going == 1:
                p = o + t * d
                above = p[2] - hills(p[0], p[1], g, s)
                if t >= best:
                    going = 0
                elif above < 0:
                    low, high = last, t
                    for _halving in range(6):
                        middle = 0.5 * (low + high)
                        q = o + middle * d
                        if q[2] < hills(q[0], q[1], g, s):
                            high = middle
                        else:
                            low = middle
                    best, index, going = high, -2, 0
                else:
                    last = t
                    step = qd.max(0.5 * above / qd.sqrt(dd), (0.012 + 0.4 / steps) * t + 0.01)
                    t += step
    return best, index


@qd.kernel
def shade(
    prims: qd.types.NDArray[qd.f32, 3],  # (n, P, 24)
    counts: qd.types.NDArray[qd.i32, 1],
    looks: qd.types.NDArray[qd.f32, 3],  # (n, M, 20) materials
    lights: qd.types.NDArray[qd.f32, 3],  # (n, 4, 8)
    g: qd.types.NDArray[qd.f32, 2],  # (n, 40) camera, sky, terrain
    height: qd.i32,
    width: qd.i32,
    depth: qd.types.NDArray[qd.f32, 3],
    albedo: qd.types.NDArray[qd.f32, 4],
    light: qd.types.NDArray[qd.f32, 4],
    more: qd.types.NDArray[qd.f32, 4],
    normal: qd.types.NDArray[qd.f32, 4],
) -> None:
    for s, y, x in qd.ndrange(counts.shape[0], height, width):
        o = vec3(g[s, 0], g[s, 1], g[s, 2])
        cx = (qd.cast(x, qd.f32) + 0.5 - 0.5 * width) / (g[s, 12] * width)
        cy = (qd.cast(y, qd.f32) + 0.5 - 0.5 * height) / (g[s, 12] * width)
        d = vec3(
            g[s, 3] * cx + g[s, 4] * cy + g[s, 5],
            g[s, 6] * cx + g[s, 7] * cy + g[s, 8],
            g[s, 9] * cx + g[s, 10] * cy + g[s, 11],
        )
        length = d.norm()
        t, k = cast(prims, counts, g, s, o, d, 0.02, g[s, 37], 80, 0)
        if k == -1:
            up = d[2] / length
            w = qd.min(qd.max(up * 1.6, 0.0), 1.0)
            sky = vec3(0.0, 0.0, 0.0)
            for c in qd.static(range(3)):
                sky[c] = mix(g[s, 19 + c], g[s, 22 + c], qd.sqrt(w))
            q = vec3(d[0] / (qd.abs(up) + 0.15), d[1] / (qd.abs(up) + 0.15), 0.0) / length * 1.5
            cover = qd.min(qd.max((clouds(q, 11) - 1.0 + g[s, 26]) * 4.0, 0.0), 1.0) * qd.select(up > 0, 1.0, 0.0)
            for c in qd.static(range(3)):
                more[s, y, x, c] = mix(sky[c], 0.9 * (g[s, 19] + g[s, 20] + g[s, 21]) / 3.0, cover)
                albedo[s, y, x, c] = 0.0
                light[s, y, x, c] = 0.0
                normal[s, y, x, c] = 0.0
            depth[s, y, x] = 0.0
        else:
            p = o + t * d
            look, q, n, ln = 0, p, vec3(0.0, 0.0, 1.0), vec3(0.0, 0.0, 1.0)
            if k >= 0:
                lp = local(prims, s, k, p, 1.0)
                ln = normal_of(qd.cast(prims[s, k, 16], qd.i32), lp)
                n = vec3(
                    prims[s, k, 0] * ln[0] + prims[s, k, 4] * ln[1] + prims[s, k, 8] * ln[2],
                    prims[s, k, 1] * ln[0] + prims[s, k, 5] * ln[1] + prims[s, k, 9] * ln[2],
                    prims[s, k, 2] * ln[0] + prims[s, k, 6] * ln[1] + prims[s, k, 10] * ln[2],
                ).normalized()
                q = vec3(lp[0] * prims[s, k, 18], lp[1] * prims[s, k, 19], lp[2] * prims[s, k, 20])
                look = qd.cast(prims[s, k, 17], qd.i32)
            else:
                e = 0.02 + 0.004 * t
                n = vec3(
                    hills(p[0] - e, p[1], g, s) - hills(p[0] + e, p[1], g, s),
                    hills(p[0], p[1] - e, g, s) - hills(p[0], p[1] + e, g, s),
                    2.0 * e,
                ).normalized()
            if n.dot(d) > 0:
                n = -n
            shade_point(prims, counts, looks, lights, g, s, y, x, t, d / length, p, q, n, ln, look, albedo, light, more)
            depth[s, y, x] = t
            haze = 1.0 - qd.exp(-g[s, 25] * t * length)
            for c in qd.static(range(3)):
                normal[s, y, x, c] = n[c]
                more[s, y, x, c] = mix(more[s, y, x, c], g[s, 19 + c], haze)
                albedo[s, y, x, c] *= 1.0 - haze


@qd.func
def shade_point(
    prims: qd.types.NDArray[qd.f32, 3],
    counts: qd.types.NDArray[qd.i32, 1],
    looks: qd.types.NDArray[qd.f32, 3],
    lights: qd.types.NDArray[qd.f32, 3],
    g: qd.types.NDArray[qd.f32, 2],
    s: qd.i32,
    y: qd.i32,
    x: qd.i32,
    t: qd.f32,
    d: vec3,
    p: vec3,
    q: vec3,
    n: vec3,
    ln: vec3,
    look: qd.i32,
    albedo: qd.types.NDArray[qd.f32, 4],
    light: qd.types.NDArray[qd.f32, 4],
    more: qd.types.NDArray[qd.f32, 4],
) -> None:
    """What light comes from a point: into `albedo` and `light` what the filter may smooth, into `more` what it may not."""
    seed = qd.cast(looks[s, look, 15], qd.i32)
    size = looks[s, look, 7]
    v = pattern(qd.cast(looks[s, look, 6], qd.i32), q * size, ln, looks[s, look, 8], seed)
    fade = qd.min(1.0, 60.0 / (1.0 + t * size))  # a pattern finer than pixels is its mean
    v = mix(0.5, v, fade)
    dirt = 1.0 - looks[s, look, 13] * clouds(q * (0.7 + 0.1 * size) + 3.7, seed + 5)
    bump = looks[s, look, 14]
    m = n
    if bump > 0:
        e = 0.15
        h = noise(q * size * 2.0, seed + 9)
        m = (
            n
            + bump
            * vec3(
                h - noise(q * size * 2.0 + vec3(e, 0.0, 0.0), seed + 9),
                h - noise(q * size * 2.0 + vec3(0.0, e, 0.0), seed + 9),
                h - noise(q * size * 2.0 + vec3(0.0, 0.0, e), seed + 9),
            )
            * 3.0
            * fade
        ).normalized()
    base = p + n * (1e-3 + 5e-4 * t)
    # any 5x5 pixels, which is what the filter sees, hold 25 evenly spread directions between them: hardly any grain is left
    place = qd.cast(x % 5 + 5 * (y % 5), qd.f32)
    r1, r2 = part(place * 0.7549 + hash01(1, s, 1, 7)), part(place * 0.5698 + hash01(2, s, 1, 7))
    r3, r4 = part(place * 0.8192 + hash01(3, s, 1, 7)), part(place * 0.6711 + hash01(4, s, 1, 7))
    # ambient: one ray towards a random direction of the half space
    angle, lift = 6.2832 * r1, 2.0 * r2 - 1.0
    ring = qd.sqrt(qd.max(1.0 - lift * lift, 0.0))
    ray = (n + 0.98 * vec3(ring * qd.cos(angle), ring * qd.sin(angle), lift)).normalized()
    reach = g[s, 27]
    hit, index = cast(prims, counts, g, s, base, ray, 1e-4, reach, 8, 0)
    free = 1.0 if index == -1 else qd.min(1.0, hit / reach)
    other = 0
    if index >= 0:
        other = qd.cast(prims[s, index, 17], qd.i32)
    w = 0.5 + 0.5 * m[2]
    view = (-d).normalized()
    glow, shine = looks[s, look, 11], looks[s, look, 9]
    for c in qd.static(range(3)):
        a = mix(looks[s, look, c], looks[s, look, 3 + c], v) * dirt
        albedo[s, y, x, c] = a
        # what stands near sends back light of its own colour
        back = 0.1 + 0.45 * (looks[s, other, c] + looks[s, other, 3 + c]) * 0.5 + 0.5 * looks[s, other, 11]
        light[s, y, x, c] = mix(back, 1.0, free) * mix(g[s, 13 + c], g[s, 16 + c], w)
        more[s, y, x, c] = glow * a
    for j in range(4):
        kind = lights[s, j, 7]
        if kind > 0.5:
            at = vec3(lights[s, j, 0], lights[s, j, 1], lights[s, j, 2])
            spread = lights[s, j, 6] * vec3(r1 + r3 - 1.0, r2 + r4 - 1.0, r3 - r2)
            to = at + spread
            far, power = FAR, 1.0
            if kind > 1.5:
                to = at + spread - base
                far = to.norm()
                power = 1.0 / (0.3 + far * far)
            to = to.normalized()
            facing = m.dot(to)
            if facing > 0 and n.dot(to) > 0:
                _, index = cast(prims, counts, g, s, base, to, 1e-4, far, 20, 1)
                if index == -1:
                    half = (to + view).normalized()
                    spark = shine * qd.pow(qd.max(m.dot(half), 0.0), looks[s, look, 10])
                    for c in qd.static(range(3)):
                        light[s, y, x, c] += lights[s, j, 3 + c] * power * facing
                        more[s, y, x, c] += lights[s, j, 3 + c] * power * spark
    # a cheap mirror: the sky's or the room's colour at grazing angles
    fresnel = shine * 0.3 * qd.pow(1.0 - qd.max(m.dot(view), 0.0), 3.0)
    for c in qd.static(range(3)):
        more[s, y, x, c] += fresnel * g[s, 16 + c]


@qd.kernel
def compose(
    depth: qd.types.NDArray[qd.f32, 3],
    albedo: qd.types.NDArray[qd.f32, 4],
    light: qd.types.NDArray[qd.f32, 4],
    more: qd.types.NDArray[qd.f32, 4],
    normal: qd.types.NDArray[qd.f32, 4],
    out: qd.types.NDArray[qd.f32, 4],
) -> None:
    """The grain of one-ray shadows is smoothed over pixels of the same surface."""
    for s, y, x in qd.ndrange(depth.shape[0], depth.shape[1], depth.shape[2]):
        total, weight = vec3(0.0, 0.0, 0.0), 1e-6
        here = depth[s, y, x]
        n = vec3(normal[s, y, x, 0], normal[s, y, x, 1], normal[s, y, x, 2])
        if here > 0:
            for dy in range(-2, 3):
                for dx in range(-2, 3):
                    v, u = y + dy, x + dx
                    if v >= 0 and u >= 0 and v < depth.shape[1] and u < depth.shape[2]:  # noqa: SIM102  (indices first)
                        if qd.abs(depth[s, v, u] - here) < 0.03 * here:
                            m = vec3(normal[s, v, u, 0], normal[s, v, u, 1], normal[s, v, u, 2])
                            w = qd.max(n.dot(m) - 0.7, 0.0)
                            total += w * vec3(light[s, v, u, 0], light[s, v, u, 1], light[s, v, u, 2])
                            weight += w
        for c in qd.static(range(3)):
            out[s, y, x, c] = albedo[s, y, x, c] * total[c] / weight + more[s, y, x, c]
