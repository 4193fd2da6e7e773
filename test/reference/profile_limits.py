#!/usr/bin/env python3
"""Ends of 95 % profile likelihood intervals of fits to the CDNOW customers, found by brute force.

Run: python3 test/reference/profile_limits.py cdnow_summary.csv > test/reference/profile_limits.csv

The likelihoods are written down as in the papers, with the logarithms of gamma functions. A parameter is
held, the others are fitted by Newton steps over differences, and the held value is moved by bisection
until the log-likelihood is half the 95 % quantile of chi squared below its maximum. Times are in weeks.
Columns: family, parameter, lower, upper.
"""
import csv
import sys
from collections import Counter
from math import exp, lgamma, log

DEPTH = 3.841458820694124 / 2

START = {
    'nbd': [0.385, 12.07],
    'bg/nbd': [0.243, 4.414, 0.793, 2.426],
    'mbg/nbd': [0.525, 6.183, 0.891, 1.614],
    'gamma-gamma': [6.25, 3.744, 15.44],
}
NAMES = {4: ['r', 'alpha', 'a', 'b'], 3: ['p', 'q', 'gamma'], 2: ['r', 'alpha']}


def lbeta(a, b):
    return lgamma(a) + lgamma(b) - lgamma(a + b)


def log_likelihood(family, logs, rows):
    total = 0
    if family == 'gamma-gamma':
        p, q, g = exp(logs[0]), 1 + exp(logs[1]), exp(logs[2])
        for (x, z), weight in rows.items():
            total += weight * (-lbeta(p * x, q) - log(z) - p * x * log(1 + g / (x * z)) - q * log(1 + x * z / g))
        return total
    values = [exp(v) for v in logs]
    r, alpha = values[:2]
    terms = {}
    for (x, t_x, age), weight in rows.items():
        if x not in terms:
            known = lgamma(r + x) - lgamma(r) + r * log(alpha)
            gone = 0
            if family != 'nbd':
                a, b = values[2:]
                d = 1 if family == 'mbg/nbd' else 0
                known += lbeta(a, b + x + d) - lbeta(a, b)
                gone = a / (b + x + d - 1) if x > 0 or d else 0
            terms[x] = known, gone
        known, gone = terms[x]
        s = 1
        if gone:
            s += gone * exp((r + x) * log((alpha + age) / (alpha + t_x)))
        total += weight * (known - (r + x) * log(alpha + age) + log(s))
    return total


def solve(matrix, right):
    n = len(right)
    m = [row[:] + [y] for row, y in zip(matrix, right)]
    for i in range(n):
        pivot = max(range(i, n), key=lambda k: abs(m[k][i]))
        m[i], m[pivot] = m[pivot], m[i]
        for k in range(n):
            if k != i:
                f = m[k][i] / m[i][i]
                m[k] = [u - f * v for u, v in zip(m[k], m[i])]
    return [m[i][n] / m[i][i] for i in range(n)]


def maximize(function, place):
    """Newton with differences; the steps are 1e-3, so that the value is good to some 1e-8."""
    h = 1e-3
    n = len(place)
    value = function(place)
    for _ in range(60):
        def at(*moves):
            other = list(place)
            for i, d in moves:
                other[i] += d
            return function(other)
        up = [at((i, h)) for i in range(n)]
        down = [at((i, -h)) for i in range(n)]
        gradient = [(u - d) / (2 * h) for u, d in zip(up, down)]
        bend = [[0] * n for _ in range(n)]
        for i in range(n):
            bend[i][i] = (up[i] + down[i] - 2 * value) / (h * h)
            for j in range(i):
                bend[i][j] = bend[j][i] = (at((i, h), (j, h)) - up[i] - up[j] + 2 * value - down[i] - down[j]
                                           + at((i, -h), (j, -h))) / (2 * h * h)
        step = solve(bend, gradient)
        share = 1.0
        while True:
            trial = [v - share * s for v, s in zip(place, step)]
            got = function(trial)
            if got >= value - 1e-9 or share < 1e-6:
                break
            share /= 2
        place, value = trial, got
        if max(abs(share * s) for s in step) < 1e-5:
            return value, place
    raise RuntimeError('no maximum')


def main():
    orders, spend = Counter(), Counter()
    with open(sys.argv[1]) as f:
        for row in csv.reader(f):
            try:
                x, days, age, mean = float(row[2]), float(row[3]), float(row[4]), float(row[7])
            except ValueError:
                continue
            orders[x, days / 7, age / 7] += 1
            if mean > 0:
                spend[x, mean] += 1
    print('family,parameter,lower,upper')
    for family, start in START.items():
        offset = [1 if family == 'gamma-gamma' and i == 1 else 0 for i in range(len(start))]
        rows = spend if family == 'gamma-gamma' else orders
        best, home = maximize(lambda v: log_likelihood(family, v, rows), [log(s - o) for s, o in zip(start, offset)])
        for i in range(len(start)):
            ends = []
            for side in -1, 1:
                others = home[:i] + home[i + 1:]

                def depth(distance):
                    nonlocal others
                    held = home[i] + side * distance
                    value, others = maximize(lambda v: log_likelihood(family, v[:i] + [held] + v[i:], rows), others)
                    return best - value - DEPTH
                low, high = 0, 0.05
                below, above = -DEPTH, depth(high)
                while above < 0:
                    low, below = high, above
                    high *= 1.5
                    above = depth(high)
                for _ in range(60):
                    # the root of the depth is nearly straight in the distance
                    u, v, w = (below + DEPTH) ** 0.5, (above + DEPTH) ** 0.5, DEPTH ** 0.5
                    middle = low + (high - low) * min(max((w - u) / (v - u), 0.001), 0.999)
                    got = depth(middle)
                    if abs(got) < 1e-7:
                        break
                    if got < 0:
                        low, below = middle, got
                    else:
                        high, above = middle, got
                ends.append(offset[i] + exp(home[i] + side * middle))
            print(f'{family},{NAMES[len(start)][i]},{ends[0]:.10g},{ends[1]:.10g}', flush=True)


main()
