/*-------------------------------------------------------------------------
 *
 * special.h
 *	  Special functions of the purchase models, without cancellation.
 *
 * All functions are pure: no allocation, no static state (in particular not
 * the C library's signgam), no errno, no exception.  Arguments outside the
 * stated domain, and NaN, give NaN.  Measured errors: docs/accuracy.md.
 *
 * "Difference" functions exist because lgamma(a + b) - lgamma(a), written
 * like that, loses every digit for large a or small b; these do not.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CLV_SPECIAL_H
#define CLV_SPECIAL_H

/* ---- sums and differences of exponentials (logspace.c) ---- */

/* log(exp(a) + exp(b)); -infinity stands for a term of zero. */
extern double clv_log_add_exp(double a, double b);

/* log(exp(a) - exp(b)) for a >= b; -infinity if they are equal. */
extern double clv_log_sub_exp(double a, double b);

/* log of the sum of exp(term[i]); -infinity for n = 0. */
extern double clv_log_sum_exp(const double *term, int n);

/* log(1 - exp(x)) for x <= 0. */
extern double clv_log1mexp(double x);

/* log(1 + exp(x)) for any x. */
extern double clv_log1pexp(double x);

/* 1 / (1 + exp(-x)). */
extern double clv_logistic(double x);

/* log1p(x) - x, accurate for small x; x > -1. */
extern double clv_log1p_minus(double x);

/* expm1(x) / x, which is 1 at 0. */
extern double clv_expm1_ratio(double x);

/* ---- the gamma function (gamma.c); every argument of Gamma is positive ---- */

/* log Gamma(x), psi(x) and psi'(x) for x > 0. */
extern double clv_lgamma(double x);
extern double clv_digamma(double x);
extern double clv_trigamma(double x);

/* log Gamma(1 + x) for x > -1, relatively accurate near its zeros 0 and 1. */
extern double clv_lgamma1p(double x);

/*
 * log Gamma(a + b) - log Gamma(a), and its derivatives of first and second
 * order with respect to a shift of both arguments, psi(a + b) - psi(a) and
 * psi'(a + b) - psi'(a).  a > 0, a + b > 0.  b may be tiny, negative, or
 * larger than a by any factor; the sum a + b is never rounded where it matters.
 * The derivative of the first with respect to b is clv_digamma(a + b).
 */
extern double clv_lgamma_ratio(double a, double b);
extern double clv_digamma_diff(double a, double b);
extern double clv_trigamma_diff(double a, double b);

/*
 * The mixed second difference f(a+x+b) - f(a+x) - f(a+b) + f(a) of log Gamma and
 * of digamma, for a > 0 and x, b >= 0; symmetric in x and b.  The first is
 * log (B(a, b) / B(a + x, b)), as accurate for b = 1e-8 or a = 1e12 as anywhere.
 */
extern double clv_lgamma_diff2(double a, double x, double b);
extern double clv_digamma_diff2(double a, double x, double b);

/* ---- the beta function (beta.c) ---- */

/* log B(a, b) for a, b > 0. */
extern double clv_lbeta(double a, double b);

/*
 * log B(a + x, b + y) - log B(a, b), for a, b, a + x, b + y > 0: the log of
 * the mean of p^x (1-p)^y under Beta(a, b).  The derivatives with respect to a
 * and b are, for x, y >= 0,
 *	 -clv_digamma_diff2(a, x, b) - clv_digamma_diff(a + b + x, y) and
 *	 -clv_digamma_diff2(b, y, a) - clv_digamma_diff(a + b + y, x).
 */
extern double clv_lbeta_diff(double a, double b, double x, double y);

/* log of the binomial coefficient C(n, k), 0 <= k <= n, real arguments. */
extern double clv_lchoose(double n, double k);

/*
 * The mean under p ~ Beta(a, b) of (1 - (1 + p tau)^-s) / p, for a, b, s > 0,
 * tau >= 0: purchases within tau (in units of the rate's scale) of a buyer of
 * gamma shape s who may leave after each purchase with probability p.  It is
 *
 *	 (a + b - 1) / (a - 1) * (1 - (1 + tau)^-s * 2F1(s, b; a + b - 1; tau / (1 + tau)))
 *
 * without that expression's singularity at a = 1, cancellation for small tau
 * and failure for a + b <= 1.  The BG/NBD conditional expectation of one who
 * is alive is clv_beta_orders(a, b + x, r + x, t / (alpha + T)); the MBG/NBD
 * one clv_beta_orders(a, b + x + 1, r + x, t / (alpha + T)); for a new customer
 * clv_beta_orders(a, b, r, t / alpha), and that of the MBG/NBD is
 * b / (a + b) * clv_beta_orders(a, b + 1, r, t / alpha).
 */
extern double clv_beta_orders(double a, double b, double s, double tau);

/* ---- the Gauss hypergeometric function (hyp2f1.c) ---- */

/*
 * 2F1(a, b; c; z) for real arguments, z < 1, and c neither 0 nor a negative
 * integer.  clv_log_hyp2f1 answers log|F| and stores the sign (-1, 0 or 1) of
 * F in *sign if that is not NULL; it does not overflow.  Relative accuracy
 * holds wherever F is a sum of positive terms, which includes a, b >= 0, c > 0
 * for z >= 0, and for z < 0 if also c >= a or c >= b.  Elsewhere the error is
 * watched, and NaN is given rather than fewer than nine digits.
 */
extern double clv_hyp2f1(double a, double b, double c, double z);
extern double clv_log_hyp2f1(double a, double b, double c, double z, int *sign);

/* ---- the confluent hypergeometric function (confluent.c) ---- */

/*
 * log Psi(s, s; x) = log(exp(x) * Gamma(1 - s, x)), the upper incomplete gamma
 * function, for s >= 0, x > 0.
 */
extern double clv_log_psi_ss(double s, double x);

/* The same plus s log(x), the logarithm of a number between 0 and 1: large s and x lose no digits. */
extern double clv_log_scaled_psi_ss(double s, double x);

#endif							/* CLV_SPECIAL_H */
