#!/usr/bin/env python3
"""Reference values of the special functions in src/math, from mpmath in arbitrary precision.

Run: python3 test/reference/special_functions.py > test/reference/special_functions.csv

Each row is a function, up to five arguments (exact doubles in shortest form) and the value to 20
digits. The working precision of a row is raised until two evaluations agree to 1e-25. Random rows
come from a fixed seed. Needs python3-mpmath (Debian) and nothing else.
"""
import random
import signal
import sys

from mpmath import mp, mpf

random.seed(20240229)


class TooSlow(Exception):
    pass


def alarm(signum, frame):
    raise TooSlow()


signal.signal(signal.SIGALRM, alarm)


def agreed(f, *args):
    """f(*args) to 25 digits, or None where that takes too long or does not exist."""
    x = [mpf(a) for a in args]
    last = None
    signal.alarm(20)
    try:
        for digits in (50, 80, 130, 210, 340, 600, 1200):
            mp.dps = digits
            value = f(*x)
            if isinstance(value, mp.mpc):
                if abs(value.imag) > abs(value.real) * mpf(10) ** -20:
                    return None
                value = value.real
            if last is not None and abs(value - last) <= abs(value) * mpf(10) ** -25:
                return value
            last = value
    except (TooSlow, ValueError, ZeroDivisionError, mp.NoConvergence):
        return None
    finally:
        signal.alarm(0)
    return None


def lgamma(x):
    return mp.loggamma(x)


def lbeta(a, b):
    return mp.loggamma(a) + mp.loggamma(b) - mp.loggamma(a + b)


def hyp2f1(a, b, c, z):
    if abs(c - a) + abs(c - b) < abs(a) + abs(b):
        # Euler's transformation, an identity: far fewer terms
        return (1 - z) ** (c - a - b) * mp.hyp2f1(c - a, c - b, c, z, maxterms=10 ** 7, maxprec=100000)
    return mp.hyp2f1(a, b, c, z, maxterms=10 ** 7, maxprec=100000)


def beta_orders(a, b, s, tau):
    """By the closed form; a = 1 moved by less than any digit shown."""
    def closed(x):
        f = mp.hyp2f1(s, b, x + b - 1, tau / (1 + tau), maxterms=10 ** 7, maxprec=100000)
        return (x + b - 1) / (x - 1) * (1 - (1 + tau) ** -s * f)

    if a == 1:
        return (closed(a + mpf(10) ** -32) + closed(a - mpf(10) ** -32)) / 2
    if a + b == 1:
        return None
    return closed(a)


def psi_ss(s, x):
    return mp.log(mp.exp(x) * mp.gammainc(1 - s, x))


FUNCTIONS = {
    'lgamma': lgamma,
    'lgamma1p': lambda x: mp.loggamma(1 + x),
    'digamma': lambda x: mp.digamma(x),
    'trigamma': lambda x: mp.psi(1, x),
    'lgamma_ratio': lambda a, b: mp.loggamma(a + b) - mp.loggamma(a),
    'digamma_diff': lambda a, b: mp.digamma(a + b) - mp.digamma(a),
    'trigamma_diff': lambda a, b: mp.psi(1, a + b) - mp.psi(1, a),
    'lgamma_diff2': lambda a, x, b: mp.loggamma(a + x + b) - mp.loggamma(a + x) - mp.loggamma(a + b) + mp.loggamma(a),
    'digamma_diff2': lambda a, x, b: mp.digamma(a + x + b) - mp.digamma(a + x) - mp.digamma(a + b) + mp.digamma(a),
    'lbeta': lbeta,
    'lbeta_diff': lambda a, b, x, y: lbeta(a + x, b + y) - lbeta(a, b),
    'lchoose': lambda n, k: -mp.log(n + 1) - lbeta(n - k + 1, k + 1),
    'log1p_minus': lambda x: mp.log(1 + x) - x,
    'log1mexp': lambda x: mp.log(1 - mp.exp(x)),
    'beta_orders': beta_orders,
    'log_psi_ss': psi_ss,
}


def wide(low, high, digits=4):
    """A random double, log-uniform, short in decimal."""
    return float('%.*g' % (digits, 10 ** random.uniform(low, high)))


def emit(name, *args):
    if name == 'hyp2f1':
        value = agreed(hyp2f1, *args)
        if value is None:
            print('left out:', name, args, file=sys.stderr)
            return
        mp.dps = 40
        rows = [('log_hyp2f1', mp.log(abs(value))), ('sign_hyp2f1', mp.sign(value))]
        if args[3] == 0:
            rows = []
    else:
        value = agreed(FUNCTIONS[name], *args)
        if value is None:
            print('left out:', name, args, file=sys.stderr)
            return
        rows = [(name, value)]
    mp.dps = 40
    for label, v in rows:
        cells = [repr(float(a)) for a in args] + [''] * (4 - len(args))
        print(','.join([label] + cells + [mp.nstr(v, 20)]))
    sys.stdout.flush()


def main():
    print('fn,a,b,c,d,value')

    for x in (1e-300, 1e-20, 1e-10, 1e-3, 0.1, 0.3, 0.499999, 0.5, 0.75, 0.9999999, 1.0000001, 1.2, 1.4616321449683623,
              1.4999999, 1.5, 1.7, 2.0000001, 2.499999, 2.5, 2.50001, 3.0, 4.7, 7.0, 9.999999, 10.0, 10.5, 15.3, 33.0,
              100.0, 1234.5, 1e5, 1e8, 1e12, 1e17, 1e100, 1e300):
        emit('lgamma', x)
        if 1e-100 < x < 1e100:
            emit('digamma', x)
            emit('trigamma', x)
    for x in (-0.9, -0.5, -0.3, -1e-3, -1e-12, 1e-12, 1e-3, 0.3, 0.5, 0.9, 1.0 - 1e-9, 1.1, 5.0):
        emit('lgamma1p', x)
    for x in (-0.999, -0.7, -0.4, -0.39, -0.1, -1e-3, -1e-8, -1e-15, 1e-15, 1e-8, 1e-3, 0.1, 0.69, 0.71, 2.0, 1e5):
        emit('log1p_minus', x)
    for x in (-1e-300, -1e-12, -0.1, -0.6931, -0.6932, -1.0, -20.0, -80.0):
        emit('log1mexp', x)

    sizes = (1e-8, 1e-3, 0.3, 1.0, 1.46, 2.0, 5.5, 9.7, 10.0, 12.0, 47.0, 1e3, 1e6, 1e9, 1e12)
    for a in sizes:
        for b in (1e-12, 1e-5, 0.2, 1.0, 3.0, 8.8, 30.0, 1e4, 1e8, 1e12):
            emit('lgamma_ratio', a, b)
            emit('digamma_diff', a, b)
            emit('trigamma_diff', a, b)
            emit('lbeta', a, b)
        for share in (1e-9, 0.01, 0.3, 0.6, 0.999):
            b = -float('%.6g' % (a * share))
            emit('lgamma_ratio', a, b)
            emit('digamma_diff', a, b)
            emit('trigamma_diff', a, b)
    for _ in range(60):
        emit('lbeta_diff', wide(-4, 6), wide(-4, 6), float(random.choice((0, 1, 3, 40, 5000))), float(random.choice((0, 1, 7, 300))))
    for _ in range(60):
        row = (wide(-4, 12), wide(-9, 6), wide(-9, 6))
        emit('lgamma_diff2', *row)
        emit('digamma_diff2', *row)
    for n, k in ((6, 1), (6, 3), (50, 7), (2000, 1000), (100000, 3), (100000, 99999), (1e9, 12345), (7.5, 2.25)):
        emit('lchoose', float(n), float(k))

    for s in (1e-6, 1e-3, 0.3, 0.606, 1.0, 1.000001, 2.0, 2.5, 7.0, 20.0, 300.0, 1e4, 1e5):
        for x in (1e-12, 1e-6, 1e-3, 0.03, 0.7, 1.0, 3.0, 20.0, 400.0, 1e5):
            emit('log_psi_ss', s, x)

    # the arguments that the models reach
    for a in (0.793, 0.05, 1.0, 1.5, 30.0):
        for b in (0.1, 2.426, 40.0, 2000.0):
            for s in (0.243, 3.2, 60.0, 2000.0):
                for tau in (1e-9, 0.01, 0.8, 30.0, 1e6):
                    if random.random() < 0.55:
                        emit('beta_orders', a, b, s, tau)
    for _ in range(90):
        emit('beta_orders', wide(-4, 4), wide(-4, 4), wide(-4, 4), wide(-6, 6))

    # BG/NBD: 2F1(r + x, b + x; a + b + x - 1; z), c may be negative; MBG/NBD: 2F1(r + x, b + x + 1; a + b + x; z)
    near_one = (0.003, 0.2, 0.5, 0.8, 0.95, 0.999, 0.999999, 0.9999999999)
    for r, a, b in ((0.243, 0.793, 2.426), (0.525, 0.891, 1.614), (0.1, 0.2, 0.3), (5.0, 3.0, 0.4), (0.7, 12.0, 300.0), (40.0, 0.02, 0.05)):
        for x in (0, 1, 2, 17, 300, 5000, 100000):
            for z in near_one:
                if random.random() < 0.35:
                    c = a + b + x - 1
                    emit('hyp2f1', r + x, b + x, float('%.12g' % c), z)
                if random.random() < 0.35:
                    emit('hyp2f1', r + x, b + x + 1, float('%.12g' % (a + b + x)), z)
    # Pareto/NBD: 2F1(r + s + x, s + 1; r + s + x + 1; z) and with r + x
    for r, s in ((0.553, 0.606), (0.01, 3.0), (30.0, 0.02), (5.0, 200.0)):
        for x in (0, 3, 40, 2000, 100000):
            for z in near_one:
                if random.random() < 0.4:
                    emit('hyp2f1', r + s + x, random.choice((s + 1, r + x)), float('%.12g' % (r + s + x + 1)), z)
    # DEL and DERL of the sBG
    for b, c in ((3.806, 4.474), (1.182, 1.886), (50.0, 50.01), (0.01, 40.0), (12.0, 5000.0)):
        for z in (1 / 1.1, 1 / 1.001, 1 / 1.0000001):
            emit('hyp2f1', 1.0, b, c, z)
    # c - a - b at and near integers; negative z
    for d in (0.0, 1.0, -1.0, 2.0, 1e-9, 1 - 1e-9, -2 + 1e-7, 1e-4):
        for z in (0.4, 0.92, 0.9999, 0.99999999, -0.05, -0.7, -30.0, -1e6):
            emit('hyp2f1', 0.75, 1.375, 2.125 + d, z)
    for _ in range(150):
        emit('hyp2f1', wide(-3, 5), wide(-3, 5), wide(-3, 5),
             random.choice((random.choice(near_one), random.uniform(0, 1), -wide(-3, 4))))


main()
