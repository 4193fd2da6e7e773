/*-------------------------------------------------------------------------
 *
 * renewal.h
 *	  What sBG and BdW share: sBG is BdW with c = 1.
 *
 * Everything follows from the share of customers active after period t,
 * S(t) = B(alpha, beta + t^c) / B(alpha, beta).
 *
 *-------------------------------------------------------------------------
 */
#ifndef CLV_RENEWAL_H
#define CLV_RENEWAL_H

#include "model/family.h"

/*
 * "parameters" holds count (2 or 3) values: alpha, beta and c; without c it is
 * 1.  The derivatives are with respect to those that are there.
 */
extern double clv_renewal_log_likelihood(const double *parameters, int count,
										 const ClvObservation *observations, size_t n,
										 double *gradient, double *hessian, ClvInterrupt interrupt);
extern double clv_renewal_survival(double alpha, double beta, double c, double t);
extern double clv_renewal_retention(double alpha, double beta, double c, double t);

/*
 * A subscription cohort as observations: survivors[i] of survivors[0] are
 * active after period[i].  Periods ascend from 0, survivors do not grow,
 * gaps between periods are allowed.  Writes at most n observations.
 */
extern ClvStatus clv_renewal_observations(const double *period, const double *survivors, size_t n,
										  ClvObservation *observations, size_t *count);

/* Start number "attempt" of alpha and beta, from the share that leaves in a period. */
extern bool clv_renewal_start(const ClvObservation *observations, size_t n, int attempt, double *parameters);

/* Sets alpha and beta. */
extern ClvFitStatus clv_renewal_degenerate(const ClvObservation *observations, size_t n, double *parameters);

extern void clv_renewal_simulate_start(double alpha, double beta, ClvSimulation *simulation);
extern double clv_renewal_simulate_next(double c, ClvSimulation *simulation);

#endif							/* CLV_RENEWAL_H */
