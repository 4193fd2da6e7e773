/*-------------------------------------------------------------------------
 *
 * problem.h
 *	  The likelihood of a family and its observations, as what is to be made small.
 *
 * Variables are theta = log((parameter - offset) / unit), the unit being the
 * mean age (for amounts: the mean amount) of the data, less the same of the
 * parameters it is relative to; the objective is the negative mean
 * log-likelihood.  Both make the search the same in any unit and for any number
 * of customers, and turn the usual degenerate maximum, customers all alike,
 * into one variable at its bound.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CLV_PROBLEM_H
#define CLV_PROBLEM_H

#include "model/family.h"

/* Likelihoods closer than this part of their size are equal. */
#define CLV_SAME_LIKELIHOOD 1e-11

typedef struct ClvProblem
{
	const ClvFamily *family;
	const ClvObservation *observations;
	size_t		n;
	double		customers;
	double		penalty;
	double		length;			/* mean age, or mean amount */
	double		unit[CLV_MAX_PARAMETERS];
	int			free[CLV_MAX_PARAMETERS];	/* parameter of each variable */
	int			variables;
	double		along[CLV_MAX_PARAMETERS][CLV_MAX_PARAMETERS];	/* d log parameter by variable */
	double		parameters[CLV_MAX_PARAMETERS]; /* whole ones hold their value */
	double		latest[CLV_MAX_PARAMETERS]; /* parameters of the latest evaluation ... */
	double		latest_value;	/* ... and their log-likelihood */
	ClvInterrupt interrupt;
} ClvProblem;

/* Which variables there are, and how parameters follow from them. */
extern void clv_problem_lay_out(ClvProblem *problem);

/* Variables from log((parameter - offset) / unit), and parameters from variables. */
extern void clv_problem_variables(const ClvProblem *problem, const double *logs, double *theta);
extern void clv_problem_natural(const ClvProblem *problem, const double *theta, double *parameters);

/* Where the search for a maximum stays. */
extern void clv_problem_bounds(const ClvProblem *problem, double *lower, double *upper);

/* What the penalty adds to the objective. */
extern double clv_problem_penalty(const ClvProblem *problem, const double *theta);

/* The objective alone. */
extern double clv_problem_value(ClvProblem *problem, const double *theta);

/* The objective with gradient and Hessian, in the form that clv_optimize takes: context is a ClvProblem. */
extern double clv_problem_objective(void *context, const double *theta, double *gradient, double *hessian);

#endif							/* CLV_PROBLEM_H */
