/*-------------------------------------------------------------------------
 *
 * bg_phased.c
 *	  Expected orders and P(not leaving) of somebody alive, for k > 1.
 *
 * Both are means over the events K in (T, T+t], the phase j of the present gap
 * and the drop-out probability p, of a function of n = floor((j + K) / k):
 * ORDERS of (1 - (1-p)^n) / p, the orders made before leaving; STAY of
 * (1-p)^n, the probability to survive n orders.
 *
 *-------------------------------------------------------------------------
 */
#include "model/bg_internal.h"

#include <float.h>
#include <math.h>

#include "math/counts.h"
#include "math/nodes.h"

typedef enum What
{
	ORDERS,
	STAY
} What;

/* The mean over K given the phase, where few terms are needed. */
static double
phased_series(const ClvBgFuture *f, double events, double first_phase, What what)
{
	double		z = f->tau / (1 + f->tau);
	double		term = 1;
	double		norm = 1;
	double		survive = 1;
	double		orders = 0;
	double		phase = first_phase;
	double		n = 0;
	double		sum = what == ORDERS ? 0 : 1;

	for (double i = 0; i < 10 * CLV_BG_MOST_TERMS; i++)
	{
		double		ratio = z * (events + i) / (i + 1);
		double		value;

		term *= ratio;
		if (++phase == f->k)
		{
			phase = 0;
			orders += survive;
			survive *= (f->b + n) / (f->a + f->b + n);
			n++;
		}
		value = what == ORDERS ? orders : survive;
		sum += term * value;
		norm += term;
		if (ratio < 1 && i > events * f->tau && i >= f->k &&
			term * (value + 1) <= 1e-17 * sum * (1 - ratio) * (1 - ratio))
			break;
		if (norm > 1e200)
		{
			term *= 1e-200;
			sum *= 1e-200;
			norm *= 1e-200;
		}
	}
	return sum / norm;
}

/*
 * Where that takes too many terms, all phases with their weights at once.  With
 * t = (1-p)^(1/k) and w = exp(2 pi i / k),
 *
 *		E (1-p)^n = sum over m < k of d_m (t w^m)^j (1 + tau (1 - t w^m))^-(R+j)
 *
 * d_m = p / (1-p) / k / (w^-m / t - 1), the discrete Fourier transform of the
 * remainder of j + K by k; then the mean over p.
 */
#define MOST_ROOTS (CLV_BG_MOST_K / 2)

typedef struct Phased
{
	const ClvBgFuture *f;
	double		weight[CLV_BG_MOST_K];	/* of the phases */
	int			phases;			/* as many as have weight */
	bool		few;			/* events are rare: the phase 0 is summed without its value for no events */
	double		least;			/* parts of a root that are smaller do not show in the result */
	double		turn_re[MOST_ROOTS];	/* w^m, m = 1 .. k/2 */
	double		turn_im[MOST_ROOTS];
} Phased;

/* Roots whose part is exp(-NEGLIGIBLE) of the main one are left out. */
#define NEGLIGIBLE 50

/* The terms of roots m > 0 without the factor p / (1-p) / k, at one phase. */
typedef struct Roots
{
	int			n;
	double		z_re[MOST_ROOTS],	/* the term */
				z_im[MOST_ROOTS];
	double		g_re[MOST_ROOTS],	/* what it is multiplied by from phase to phase */
				g_im[MOST_ROOTS];
	double		part[MOST_ROOTS];	/* real parts, summed over the phases so far */
} Roots;

/* The roots at phase 0; base is what the logarithm of their size is compared with. */
static inline void
first_phase(const Phased *phased, double t, double base, Roots *roots)
{
	const ClvBgFuture *f = phased->f;

	roots->n = 0;
	/* in pairs of conjugates: twice the real part, but for w^m = -1 */
	for (int m = 0; 2 * (m + 1) <= f->k; m++)
	{
		bool		alone = 2 * (m + 1) == f->k;
		int			n = roots->n;
		double		x = t * phased->turn_re[m];
		double		y = t * phased->turn_im[m];
		double		under = (1 - x) * (1 - x) + y * y;
		double		d_re = (x * (1 - x) - y * y) / under;	/* of (x + iy) / (1 - x - iy) */
		double		d_im = y / under;
		double		re = 1 + f->tau * (1 - x);
		double		im = -f->tau * y;
		double		beyond = f->tau * (2 * (1 - x) + f->tau * under);	/* of the square of its size, 1 */
		double		square = 1 + beyond;
		double		log_size = -f->events / 2 * log1p(beyond);
		double		angle;
		double		size;

		if (log_size < base - NEGLIGIBLE)
			continue;
		angle = -f->events * atan2(im, re);
		size = alone ? 1 : 2;
		d_re *= size;
		d_im *= size;
		size = exp(log_size);
		roots->z_re[n] = size * (d_re * cos(angle) - d_im * sin(angle));
		roots->z_im[n] = size * (d_re * sin(angle) + d_im * cos(angle));
		roots->g_re[n] = (x * re + y * im) / square;	/* (x + iy) / (re + i im) */
		roots->g_im[n] = (y * re - x * im) / square;
		if (phased->few)
		{
			double		half = sin(angle / 2);

			roots->part[n] = phased->weight[0] *
				(d_re * (expm1(log_size) * cos(angle) - 2 * half * half) - d_im * size * sin(angle));
		}
		else
			roots->part[n] = phased->weight[0] * roots->z_re[n];
		roots->n++;
	}
}

static inline void
next_phase(Roots *roots, double weight)
{
	for (int m = 0; m < roots->n; m++)
	{
		double		re = roots->z_re[m] * roots->g_re[m] - roots->z_im[m] * roots->g_im[m];

		roots->z_im[m] = roots->z_re[m] * roots->g_im[m] + roots->z_im[m] * roots->g_re[m];
		roots->z_re[m] = re;
		roots->part[m] += weight * re;
	}
}

static inline double
largest_term(const Roots *roots)
{
	double		largest = 0;

	for (int m = 0; m < roots->n; m++)
		largest = fmax(largest, fabs(roots->z_re[m]) + fabs(roots->z_im[m]));
	return largest;
}

/* The sum over m > 0 and over the phases, without the factor p / (1-p) / k. */
static double
other_roots(const Phased *phased, double t, double base)
{
	Roots		roots;
	double		sum = 0;

	first_phase(phased, t, base, &roots);
	for (int j = 1; j < phased->phases; j++)
	{
		next_phase(&roots, phased->weight[j]);
		/* terms only become smaller */
		if (j % 4 == 0 && largest_term(&roots) < phased->least)
			break;
	}
	for (int m = 0; m < roots.n; m++)
		sum += roots.part[m];
	return sum;
}

/*
 * Orders without drop-out, the limit for p = 0: the mean of floor((j + K) / k),
 * where the remainder is (k-1)/2 but for what the roots of 1 say.
 */
static double
phased_count(const Phased *phased)
{
	const ClvBgFuture *f = phased->f;
	double		count = 0;

	for (int j = 0; j < f->k; j++)
	{
		double		remainder = j == 0 && phased->few ? 0 : (f->k - 1) / 2;

		count += phased->weight[j] * ((f->events + j) * f->tau + (j - remainder)) / f->k;
	}
	return fmax(count - other_roots(phased, 1, 0) / f->k, 0);
}

/* Orders of the first few that are told apart next to p = 1. */
#define FEW_ORDERS 6

typedef struct FewOrders
{
	bool		known;
	double		more[FEW_ORDERS];	/* P(more than n orders if nobody leaves) */
	double		exactly[FEW_ORDERS];	/* P(n orders if nobody leaves) */
} FewOrders;

static void
count_few_orders(const Phased *phased, FewOrders *few)
{
	const ClvBgFuture *f = phased->f;

	for (int j = 0; j < phased->phases; j++)
	{
		double		tail = 1;
		double		precision = 2 * DBL_EPSILON;	/* of what is worth (1-p)^n */

		for (int n = 0; n < FEW_ORDERS; n++)
		{
			double		events = f->events + j;
			double		first = (n + 1) * f->k - j;
			double		next = clv_count_tail_from(first, events, f->tau,
												   exp(clv_count_log_probability(first, events, f->tau)),
												   precision);

			few->more[n] += phased->weight[j] * next;
			few->exactly[n] += phased->weight[j] * (tail - next);
			tail = next;
			precision *= 1e3;
		}
	}
	few->known = true;
}

/* The mean for a p next to 1, where the first few orders say it all and the roots cancel. */
static double
mean_of_few_orders(const FewOrders *few, double p, What what)
{
	double		value = 0;
	double		power = 1;

	for (int n = 0; n < FEW_ORDERS; n++)
	{
		value += power * (what == ORDERS ? few->more[n] : few->exactly[n]);
		power *= 1 - p;
	}
	return value;
}

/* log d_0 = log(expm1(e) / (k expm1(e / k))), e = -log(1-p), which vanishes with e */
static double
log_main_factor(double k, double e)
{
	double		small = e / k;

	if (e < 0.01)
		return (e - small) / 2 + (e * e - small * small) / 24 -
			(e * e * e * e - small * small * small * small) / 2880;
	return log(expm1(e) / (k * expm1(small)));
}

/* The mean for a p not next to 1, by the roots. */
static double
mean_by_roots(const Phased *phased, double p, What what)
{
	const ClvBgFuture *f = phased->f;
	double		e = -log1p(-p);
	double		small = e / f->k;
	double		log_first = log_main_factor(f->k, e);
	double		log_step = -small - log1p(-f->tau * expm1(-small));
	double		log_events = -f->events * log1p(-f->tau * expm1(-small));
	double		rest = other_roots(phased, exp(-small), what == ORDERS ? 0 : log_events) / (f->k * (1 - p));
	double		value = 0;

	for (int j = 0; j < phased->phases; j++)
	{
		double		log_main = log_first + log_events + j * log_step;

		if (j == 0 && phased->few)
			value -= phased->weight[j] * exp(log_first) * expm1(log_events);
		else
			value += phased->weight[j] * (what == ORDERS ? -expm1(log_main) : exp(log_main));
	}
	return what == ORDERS ? value / p - rest : value + p * rest;
}

static double
phased_integral(const Phased *phased, What what)
{
	const ClvBgFuture *f = phased->f;
	ClvNodes	dropouts;
	FewOrders	few = {0};
	double		total = 0;
	double		count = phased_count(phased);

	clv_beta_nodes(f->a, f->b, clv_bg_first_bend(f->events / f->k, f->tau), &dropouts);
	for (int i = 0; i < dropouts.n; i++)
	{
		double		p = dropouts.at[i];
		double		value;

		if (1 - p < 1e-3)
		{
			if (!few.known)
				count_few_orders(phased, &few);
			value = mean_of_few_orders(&few, p, what);
		}
		else if (p * (1 + f->tau) * (f->events + f->k) < 1e-18)
			value = what == ORDERS ? count : 1;
		else
			value = mean_by_roots(phased, p, what);
		total += dropouts.weight[i] * value;
	}
	return total;
}

/* How far the present gap has come: the phase j has the weight C(R+j-1, j) y^j / S. */
static void
weigh_phases(Phased *phased)
{
	const ClvBgFuture *f = phased->f;
	double		weights = 0;

	for (int j = 0; j < f->k; j++)
	{
		phased->weight[j] = j == 0 ? 1 : phased->weight[j - 1] * ((f->events + j - 1) / j * f->y);
		weights += phased->weight[j];
		if (weights > 1e150)
		{
			weights *= 1e-150;
			for (int i = 0; i <= j; i++)
				phased->weight[i] *= 1e-150;
		}
	}
	phased->phases = 1;
	for (int j = 0; j < f->k; j++)
	{
		phased->weight[j] /= weights;
		if (phased->weight[j] > 1e-20 * fmin(f->events, 1))
			phased->phases = j + 1;
	}
}

static double
phased_mean(const ClvBgFuture *f, What what)
{
	Phased		phased = {.f = f};

	if (f->tau <= 0)
		return what == ORDERS ? 0 : 1;

	weigh_phases(&phased);
	if (f->a > 0 && clv_bg_terms_needed(f->events + f->k, f->tau) <= CLV_BG_MOST_TERMS)
	{
		double		result = 0;

		for (int j = 0; j < f->k; j++)
			result += phased.weight[j] * phased_series(f, f->events + j, j, what);
		return result;
	}
	phased.least = what == ORDERS ? 1e-22 : 1e-200;
	phased.few = what == ORDERS && f->events * log1p(f->tau) < 1;
	for (int m = 0; 2 * (m + 1) <= f->k; m++)
	{
		double		turn = 2 * 3.14159265358979323846 * (m + 1) / f->k;

		phased.turn_re[m] = cos(turn);
		phased.turn_im[m] = 2 * (m + 1) == f->k ? 0 : sin(turn);
	}
	return f->a == 0 ? phased_count(&phased) : fmax(phased_integral(&phased, what), 0);
}

double
clv_bg_phased_orders(const ClvBgFuture *f)
{
	return phased_mean(f, ORDERS);
}

double
clv_bg_phased_stay(const ClvBgFuture *f)
{
	return phased_mean(f, STAY);
}
