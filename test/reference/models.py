#!/usr/bin/env python3
"""Reference values of purchase models that outside grids lack, from mpmath in arbitrary precision.

Run: python3 test/reference/models.py > test/reference/models.csv

Every value is computed from the definition of the model (mixing over the latent lifetime), not from
the formulas of the C code: numerical integration for the Pareto/NBD, plain sums for the BG/BB, ratios
of beta functions for the BdW. Columns: what, four parameters, x, t_x, age, t, n, value. Rows:

pnbd_pmf_new, pnbd_pmf      P(n orders in t), new customer or known one
pnbd_loglik, pnbd_alive     heavy buyers, up to 100,000 orders
bgbb_pmf_new, bgbb_pmf      the same for opportunities
bdw_survival, bdw_retention alpha, beta, c; t
bdw_loglik                  last period seen active t_x, first not seen active age
"""
from mpmath import mp, mpf, quad, log, exp, loggamma, binomial, inf

mp.dps = 34


def nbd(n, r, alpha, y):
    if y == 0:
        return mpf(1) if n == 0 else mpf(0)
    return exp(loggamma(r + n) - loggamma(r) - loggamma(n + 1) + r * log(alpha / (alpha + y)) + n * log(y / (alpha + y)))


def cuts(t, *places):
    """Ends of panels: the integrand may change near any of these places."""
    ends = {mpf(0), mpf(t)}
    for p in places:
        for f in (mpf(1) / 1000, mpf(1) / 100, mpf(1) / 10, mpf(1) / 3, mpf(1), mpf(3), mpf(10)):
            if 0 < p * f < t:
                ends.add(p * f)
    for f in range(1, 32):
        ends.add(t * mpf(f) / 32)
    return sorted(ends)


def integral(f, ends):
    """Scaled first: quad stops at an absolute error."""
    size = max(f(a + (b - a) * mpf(q) / 8) for a, b in zip(ends, ends[1:]) for q in (1, 4, 7))
    return size * quad(lambda y: f(y) / size, ends)


def pnbd_pmf_new(r, alpha, s, beta, t, n):
    stays = nbd(n, r, alpha, t) * (beta / (beta + t)) ** s
    leaves = integral(lambda y: nbd(n, r, alpha, y) * s * beta ** s * (beta + y) ** (-s - 1), cuts(t, alpha, beta, n * alpha / r))
    return stays + leaves


def pnbd_terms(r, alpha, s, beta, x, t_x, T):
    front = loggamma(r + x) - loggamma(r) + r * log(alpha) + s * log(beta)
    alive = (alpha + T) ** -(r + x) * (beta + T) ** -s
    width = (alpha + t_x) / (r + x)
    ends = sorted({t_x, T} | {t_x + width * 3 * k for k in range(40) if t_x + width * 3 * k < T})
    left = s * integral(lambda y: (alpha + y) ** -(r + x) * (beta + y) ** (-s - 1), ends) if T > t_x else mpf(0)
    return front, alive, left


def pnbd_loglik(*args):
    front, alive, left = pnbd_terms(*args)
    return front + log(alive + left)


def pnbd_alive(*args):
    front, alive, left = pnbd_terms(*args)
    return alive / (alive + left)


def beta(a, b):
    return exp(loggamma(a) + loggamma(b) - loggamma(a + b))


def bgbb_pmf_new(a, b, c, d, t, n):
    t, n = int(t), int(n)
    total = binomial(t, n) * beta(a + n, b + t - n) * beta(c, d + t)
    for i in range(n, t):
        total += binomial(i, n) * beta(a + n, b + i - n) * beta(c + 1, d + i)
    return total / beta(a, b) / beta(c, d)


def bgbb_alive(a, b, c, d, x, t_x, n):
    alive = beta(a + x, b + n - x) * beta(c, d + n)
    left = sum(beta(a + x, b + t_x - x + i) * beta(c + 1, d + t_x + i) for i in range(int(n - t_x)))
    return alive / (alive + left)


def survival(a, b, c, t):
    return exp(loggamma(b + t ** c) - loggamma(b) - loggamma(a + b + t ** c) + loggamma(a + b))


def emit(what, p, x, t_x, age, t, n, value):
    cells = [what] + [repr(float(v)) if v is not None else '' for v in list(p) + [None] * (4 - len(p)) + [x, t_x, age, t, n]]
    print(','.join(cells + [mp.nstr(value, 20)]))


def exact(*values):
    return [mpf(v) for v in values]


def main():
    print('what,p1,p2,p3,p4,x,t_x,age,t,n,value')
    pnbd = [(0.553, 10.578, 0.606, 11.669), (0.05, 1.0, 1.0, 30.0), (12.0, 3.5, 0.02, 0.4), (2.0, 100.0, 7.0, 20.0), (0.3, 0.01, 0.6, 500.0)]
    for p in pnbd:
        q = exact(*p)
        for t in (0.5, 39.0, 400.0):
            for n in (0, 1, 2, 10, 60):
                emit('pnbd_pmf_new', p, None, None, None, t, n, pnbd_pmf_new(*q, mpf(t), n))
        for x, t_x, age in ((0, 0.0, 38.857), (2, 30.43, 38.86), (26, 30.86, 31.0), (5, 1.0, 40.0)):
            alive = pnbd_alive(*q, *exact(x, t_x, age))
            emit('pnbd_alive', p, x, t_x, age, None, None, alive)
            for t in (5.0, 52.0):
                for n in (0, 1, 7):
                    value = alive * pnbd_pmf_new(q[0] + x, q[1] + mpf(age), q[2], q[3] + mpf(age), mpf(t), n)
                    emit('pnbd_pmf', p, x, t_x, age, t, n, value + (1 - alive if n == 0 else 0))
        for x, t_x, age in ((10000, 38.5, 38.857), (100000, 38.856, 38.857), (100000, 1.0, 1.0003), (3000, 364.9, 365.0), (100000, 365.0, 365.0)):
            emit('pnbd_loglik', p, x, t_x, age, None, None, pnbd_loglik(*q, *exact(x, t_x, age)))
            emit('pnbd_alive', p, x, t_x, age, None, None, pnbd_alive(*q, *exact(x, t_x, age)))
    for p in ((1.204, 0.75, 0.657, 2.783), (0.02, 3.0, 1.0, 0.5), (40.0, 60.0, 0.1, 0.1), (300.0, 2.0, 25.0, 4000.0)):
        q = exact(*p)
        for t in (1, 6, 50, 1000):
            for n in (0, 1, 5, 49, 700):
                if n <= t:
                    emit('bgbb_pmf_new', p, None, None, None, t, n, bgbb_pmf_new(*q, t, n))
        for x, t_x, age in ((0, 0, 6), (2, 4, 6), (6, 6, 6)):
            alive = bgbb_alive(*q, *exact(x, t_x, age))
            for t in (1, 12):
                for n in (0, 1, 4):
                    if n <= t:
                        value = alive * bgbb_pmf_new(q[0] + x, q[1] + age - x, q[2], q[3] + age, t, n)
                        emit('bgbb_pmf', p, x, t_x, age, t, n, value + (1 - alive if n == 0 else 0))
    for p in ((0.704, 1.182, 1.0), (0.259, 1.722, 1.584), (5e-5, 3.0, 0.3), (1000.0, 200000.0, 1.2), (0.3, 0.02, 4.0)):
        q = exact(*p)
        for t in (0, 1, 2, 7, 12, 120, 10000):
            emit('bdw_survival', p, None, None, None, t, None, survival(*q, mpf(t)))
            if t > 0:
                emit('bdw_retention', p, None, None, None, t, None, survival(*q, mpf(t)) / survival(*q, mpf(t - 1)))
        for t_x, age in ((0, 1), (3, 4), (7, 7), (0, 12), (11, 24), (119, 120)):
            left = survival(*q, mpf(t_x)) - survival(*q, mpf(age)) if age > t_x else survival(*q, mpf(t_x))
            emit('bdw_loglik', p, None, t_x, age, None, None, log(left))


main()
