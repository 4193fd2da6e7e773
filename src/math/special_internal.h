/*-------------------------------------------------------------------------
 *
 * special_internal.h
 *	  Pieces that the special functions share among themselves.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CLV_SPECIAL_INTERNAL_H
#define CLV_SPECIAL_INTERNAL_H

/* log Gamma(x) - (x - 1/2) log x + x - log sqrt(2 pi), x > 0. */
extern double clv_stirling_rest(double x);

/*
 * log of p^a (1-p)^b / B(a, b) at logit(p) = log(a/b) + delta is the sum of
 * clv_log_beta_peak(a, b) and clv_log_beta_fall(a, b, delta); the latter is 0 at
 * delta = 0 and negative elsewhere.
 */
extern double clv_log_beta_peak(double a, double b);
extern double clv_log_beta_fall(double a, double b, double delta);

#endif							/* CLV_SPECIAL_INTERNAL_H */
