/*-------------------------------------------------------------------------
 *
 * family.h
 *	  What a purchase model is: one struct per family, and the model itself.
 *
 * Every family is one file that fills one constant ClvFamily.  Adding a
 * family touches that file and one line of the table in family.c.  A member
 * that is NULL is not defined for the family; generic rules (discounting by
 * quadrature, intervals of time, numerical derivatives) fill what can be
 * filled: callers outside src/model therefore use predict.h, fit.h and
 * simulate.h, which also check their arguments, and not the members.
 *
 * Members may assume valid arguments: parameters that passed
 * clv_parameters_check, observations that passed clv_observation_check,
 * horizons that are >= 0.  They answer with a finite number in its range for
 * every such argument, however extreme.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CLV_FAMILY_H
#define CLV_FAMILY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "math/random.h"
#include "math/status.h"

/* The most parameters any family has. */
#define CLV_MAX_PARAMETERS 6

/* What a family models, which decides what an observation means. */
typedef enum ClvKind
{
	CLV_TRANSACTIONS,			/* orders in continuous time */
	CLV_DISCRETE_TRANSACTIONS,	/* orders at numbered opportunities, one at most at each */
	CLV_SPEND,					/* the amount of an order */
	CLV_RENEWALS				/* how many periods a subscription lasts */
} ClvKind;

/*
 * What was seen of one customer, or of `weight` customers with equal numbers.
 *
 *						x					t_x				age					extra
 * transactions			repeat orders		time of the		time observed since	sum of the logarithms of
 *											last of them	the first order		the x gaps (CNBD-k only)
 * discrete				opportunities used	last one used	opportunities seen	-
 * spend				orders averaged		-				-					mean amount of those orders
 * renewals				-					last period		first period not	-
 *											seen active		seen active, or t_x
 *															if still active
 *
 * Unused numbers are 0.  x, and in discrete and renewal families t_x and age,
 * are whole numbers.  x = 0 goes with t_x = 0.
 */
typedef struct ClvObservation
{
	double		x;
	double		t_x;
	double		age;
	double		extra;
	double		weight;			/* > 0; 1 where a single customer is meant */
} ClvObservation;

/* Somebody who has just made the first order. */
extern const ClvObservation clv_new_customer;

typedef struct ClvParameter
{
	const char *name;
	const char *alias;			/* another name it is read under, or NULL */

	/*
	 * Bounds of what a model may hold, both included.  Where the lower bound is
	 * 0, the value 0 has a meaning of its own (a = 0 or s = 0: no customer ever
	 * drops out) and members must compute it exactly.
	 */
	double		lower;
	double		upper;

	/*
	 * Bounds of (parameter - offset) in what a fit may answer, or of its ratio
	 * to another (see ClvRelation); for times in units of the mean age of the
	 * data, for amounts of the mean amount.  A fit works with the logarithm of
	 * (parameter - offset), so that offset 1 keeps q above 1.
	 */
	double		fit_lower;
	double		fit_upper;
	double		offset;

	/*
	 * The parameter counted in another unit of time is
	 * parameter * (old unit / new unit)^unit_power; 0, 1 or -1.  For spend
	 * families the same with the unit of money.
	 */
	int			unit_power;

	/* A whole number that is chosen or given, not estimated by calculus: k. */
	bool		whole;
	const char *meaning;		/* one line for people */
} ClvParameter;

/*
 * A fit follows log(of) - power * log(to) instead of log(of): the mean that a
 * shape and a scale make together stays put while the shape, which says how
 * much customers differ, goes to its bound.
 */
typedef struct ClvRelation
{
	int			of;
	int			to;
	int			power;			/* 0 ends a list */
} ClvRelation;

/* A latent customer in the middle of being simulated; see simulate.h. */
typedef struct ClvSimulation ClvSimulation;

/*
 * How a fit ended.  Everything but CLV_FIT_NOT_CONVERGED is a maximum of the
 * likelihood that can be used; the status says what the numbers mean.
 */
typedef enum ClvFitStatus
{
	CLV_FIT_GIVEN = 0,			/* parameters were written by hand, nothing was fitted */
	CLV_FIT_OK,					/* an inner maximum, with standard errors */
	CLV_FIT_BOUNDARY,			/* the likelihood grows up to the bound of a parameter */
	CLV_FIT_FLAT,				/* the data do not tell some parameters apart */
	CLV_FIT_NO_DROPOUT,			/* nobody seems to leave: equals the model without drop-out */
	CLV_FIT_TOO_FEW,			/* fewer different customers than parameters */
	CLV_FIT_NOT_CONVERGED,		/* stopped before the gradient vanished */
	CLV_FIT_STATUS_COUNT
} ClvFitStatus;

typedef struct ClvFamily
{
	const char *name;			/* 'bg/nbd' */
	const char *title;			/* 'BG/NBD (Fader, Hardie and Lee 2005)' */
	ClvKind		kind;
	int			parameter_count;
	ClvParameter parameter[CLV_MAX_PARAMETERS];

	/* At most one chain deep: `to` is itself relative to nothing. */
	ClvRelation relation[CLV_MAX_PARAMETERS];

	/* May be NULL: conditions on the parameters together (beyond their bounds). */
	ClvStatus	(*check_parameters) (const double *parameters);

	/* May be NULL: conditions on an observation beyond those of its kind. */
	ClvStatus	(*check_observation) (const ClvObservation *observation);

	/*
	 * Sum of weight * log-likelihood over n observations.  gradient (with
	 * parameter_count places) and hessian (parameter_count^2, by rows) are with
	 * respect to the natural parameters; both may be NULL and both are set, not
	 * added to; derivatives by whole parameters are 0.  Observations may come
	 * in any order, and come fastest sorted by x, t_x, age.  The result depends
	 * on the order and on nothing else: it is the same bit for bit on every run.
	 */
	double		(*log_likelihood) (const double *parameters, const ClvObservation *observations, size_t n,
								   double *gradient, double *hessian, ClvInterrupt interrupt);

	/*
	 * Parameters to start a fit from.  attempt 0 is computed from the data,
	 * further ones are fall-backs; false when there are no more.  Must scale
	 * with the unit exactly as the parameters do.  Whole parameters hold their
	 * value on entry.
	 */
	bool		(*start) (const ClvObservation *observations, size_t n, int attempt, double *parameters);

	/*
	 * May be NULL: data whose maximum is known beforehand to be degenerate, such
	 * as no repeat order at all.  CLV_FIT_OK: nothing is special.  Otherwise
	 * parameters hold a finite model that the status describes.
	 */
	ClvFitStatus (*degenerate) (const ClvObservation *observations, size_t n, double *parameters);

	/*
	 * May be NULL: the family without drop-out that is nested in this one, and
	 * how its parameters become a model of this one (such as a = 0).
	 */
	const struct ClvFamily *nested;
	void		(*embed) (const double *nested_parameters, double *parameters);

	/* Transactions, continuous and discrete; t, later and horizon are >= 0 */

	/*
	 * P(alive at age + later), nothing being known about the time between.  For
	 * discrete families: alive at opportunity age + 1 + later.
	 */
	double		(*p_alive) (const double *parameters, const ClvObservation *observation, double later);
	/* Expected orders in (age, age + t] */
	double		(*expected_orders) (const double *parameters, const ClvObservation *observation, double t);
	/*
	 * May be NULL: the same of somebody who is alive at age, which does not
	 * depend on t_x; expected_orders is its product with p_alive.
	 */
	double		(*orders_if_alive) (const double *parameters, const ClvObservation *observation, double t);
	/* Expected repeat orders of a new customer in (0, t] */
	double		(*expected_orders_new) (const double *parameters, double t);
	/* P(exactly n orders in (age, age + t]); n is a whole number >= 0 */
	double		(*order_probability) (const double *parameters, const ClvObservation *observation, double t, double n);
	/* May be NULL: the same for 0 <= n < count at once, near enough to tell quantiles; false if it cannot */
	bool		(*order_probabilities) (const double *parameters, const ClvObservation *observation, double t,
										int count, double *probability);
	/* P(exactly n repeat orders of a new customer in (0, t]) */
	double		(*order_probability_new) (const double *parameters, double t, double n);
	/*
	 * Discounted expected orders after age, without end, where it has a closed or
	 * fast form; NULL: predict.c integrates.  rate > 0 is continuous per unit of
	 * time; for discrete families per opportunity, as in value / (1 + rate).
	 */
	double		(*dert) (const double *parameters, const ClvObservation *observation, double rate);
	/* May be NULL: those up to a horizon */
	double		(*dert_within) (const double *parameters, const ClvObservation *observation, double rate, double horizon);
	/* dert of n customers with the same x who are alive at their ages; there where orders_if_alive and dert are */
	void		(*dert_if_alive) (const double *parameters, const ClvObservation *observations, int n, double rate,
								  double *result);
	/* Of families that have those: they are analytic in age but for ages <= -age_origin, which is > 0 */
	double		(*age_origin) (const double *parameters);

	/* Spend: expected amount per order, and the weight of the customer's own mean in it */
	double		(*expected_spend) (const double *parameters, const ClvObservation *observation, double *weight);
	double		(*expected_spend_new) (const double *parameters);

	/* Renewals: P(still active after period t) and P(renewing into t | active after t - 1) */
	double		(*survival) (const double *parameters, double t);
	double		(*retention_rate) (const double *parameters, double t);

	/*
	 * Draw one customer's latent values, then one event after the other.
	 * next: transactions: time of the next repeat order since the first order,
	 * INFINITY if there is none; discrete: number of the next opportunity used,
	 * INFINITY if none; spend: the next amount; renewals: the first period not
	 * active (only once).
	 */
	void		(*simulate_start) (const double *parameters, ClvSimulation *simulation);
	double		(*simulate_next) (const double *parameters, ClvSimulation *simulation);
} ClvFamily;

/* A fitted or given model.  Plain data: copy it, store it. */
typedef struct ClvModel
{
	const ClvFamily *family;
	double		parameters[CLV_MAX_PARAMETERS];

	/*
	 * Of the estimates, from the observed information; rows and columns of
	 * whole parameters are 0.  Where at_bound is not 0, what went to its bound
	 * is taken as known: good for predictions, not for those parameters.
	 */
	double		covariance[CLV_MAX_PARAMETERS][CLV_MAX_PARAMETERS];
	bool		has_covariance;

	/*
	 * Ends of the 95 % interval of each parameter by profile likelihood, the
	 * offset or INFINITY where the likelihood does not fall far enough; not
	 * there where standard errors say it all.
	 */
	double		limit[CLV_MAX_PARAMETERS][2];
	bool		has_limits;

	ClvFitStatus status;
	double		log_likelihood; /* of the data as given, in their unit; NaN if not fitted */
	double		customers;		/* sum of weights; 0 if not fitted */
	int64_t		observations;	/* different observations; 0 if not fitted */
	int			estimated;		/* parameters estimated, for AIC and BIC */
	uint32_t	at_bound;		/* bit i: parameter i ended at a bound */
	int			iterations;
	double		gradient_norm;	/* largest |d log-likelihood / d log parameter| per customer at the end */
	double		unit_days;		/* days in the unit of time; 0 if only the caller knows */
} ClvModel;

/* All families, in the order in which they are listed to users. */
extern const ClvFamily *const clv_family_table[];
extern const int clv_family_count;

extern const ClvFamily clv_family_bgnbd;
extern const ClvFamily clv_family_mbgnbd;
extern const ClvFamily clv_family_pareto_nbd;
extern const ClvFamily clv_family_nbd;
extern const ClvFamily clv_family_bgbb;
extern const ClvFamily clv_family_bgcnbd;
extern const ClvFamily clv_family_mbgcnbd;
extern const ClvFamily clv_family_gamma_gamma;
extern const ClvFamily clv_family_sbg;
extern const ClvFamily clv_family_bdw;

/* The family of a name, NULL if there is none. */
extern const ClvFamily *clv_family_by_name(const char *name);

/* Index of a parameter by name or alias, -1 if there is none. */
extern int	clv_parameter_index(const ClvFamily *family, const char *name);

/* 'transactions', 'discrete transactions', 'spend', 'renewals' */
extern const char *clv_kind_name(ClvKind kind);

/* 'ok', 'boundary', 'flat', … and a sentence that explains it. */
extern const char *clv_fit_status_name(ClvFitStatus status);
extern const char *clv_fit_status_reason(ClvFitStatus status);
extern bool clv_fit_status_by_name(const char *name, ClvFitStatus *status);

/* True when the parameters can be used as a maximum: all but not converged and given. */
extern bool clv_fit_converged(ClvFitStatus status);

/*
 * Is this a model of the family?  *which is the index of the first offending
 * parameter (may be NULL).  NaN is out of every range.
 */
extern ClvStatus clv_parameters_check(const ClvFamily *family, const double *parameters, int *which);

/* Is this an observation of the family?  CLV_OBSERVATION_OUT_OF_RANGE if not. */
extern ClvStatus clv_observation_check(const ClvFamily *family, const ClvObservation *observation);

/* A model from parameters alone: status given, no covariance. */
extern ClvStatus clv_model_from_parameters(const ClvFamily *family, const double *parameters,
										   double unit_days, ClvModel *model, int *which);

/* The same model with time (for spend families: money) counted in units of `factor` old ones. */
extern void clv_model_rescale(ClvModel *model, double factor);

#endif							/* CLV_FAMILY_H */
