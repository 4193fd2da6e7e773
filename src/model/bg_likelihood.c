/*-------------------------------------------------------------------------
 *
 * bg_likelihood.c
 *	  Likelihood of BG/NBD, MBG/NBD, BG/CNBD-k and MBG/CNBD-k.
 *
 * With R = r + k x, that of one customer is, in a form that loses no digits
 * for large a and b, long silences or any unit of time,
 *
 *		Gamma(R) / Gamma(r) (1 + T/alpha)^-R alpha^-kx
 *		* B(a, b+x+d) / B(a, b) * (S + exp(w))
 *
 * S = sum over j < k of C(R+j-1, j) ((T-t_x)/(alpha+T))^j, which is 1 for
 * k = 1: still alive, in the j-th phase of a gap; and
 * exp(w) = a / (b+x+d-1) ((alpha+T)/(alpha+t_x))^R: gone after the last order.
 * d is 1 where the first order can be followed by drop-out, else 0; then
 * exp(w) = 0 for x = 0.  The factor (product of gaps)^(k-1) / Gamma(k)^x is
 * added for k > 1.
 *
 *-------------------------------------------------------------------------
 */
#include "model/bg.h"

#include <math.h>
#include <string.h>

#include "math/neumaier.h"
#include "math/special.h"
#include "model/bg_internal.h"

/* Sums run in blocks of plain additions, which are then added with care. */
#define BLOCK 256
#define BLOCKS_BETWEEN_INTERRUPTS 64

/* Observations from which on equal times are looked for. */
#define MANY 1000

/* What depends on x and the parameters alone. */
typedef struct OfCount
{
	double		x;
	double		events;			/* R = r + k x */
	double		constant;
	double		d_r,
				d_rr;
	double		d_a,
				d_b,
				d_aa,
				d_ab,
				d_bb;
	double		log_odds;		/* log(a / (b + x + d - 1)); -infinity if nobody can have left */
	double		inverse;		/* 1 / (b + x + d - 1) */
} OfCount;

static void
count_terms(ClvBg bg, const double *parameters, double x, bool derivatives, OfCount *of)
{
	double		r = parameters[0];
	double		alpha = parameters[1];
	double		a = parameters[2];
	double		b = parameters[3];
	double		kx = bg.k * x;
	double		survived = x + bg.first_drop;

	of->x = x;
	of->events = r + kx;
	of->constant = clv_lgamma_ratio(r, kx) - kx * log(alpha);
	if (a > 0)
		of->constant += clv_lbeta_diff(a, b, 0, survived);
	if (bg.k > 1)
		of->constant -= x * clv_lgamma(bg.k);
	if (survived > 0 && a > 0)
	{
		/* not b + survived - 1, which loses a tiny b */
		double		chances = b + (survived - 1);

		of->inverse = 1 / chances;
		of->log_odds = log(a) - log(chances);
	}
	else
	{
		of->inverse = 0;
		of->log_odds = -INFINITY;
	}
	if (derivatives)
	{
		of->d_r = clv_digamma_diff(r, kx);
		of->d_rr = clv_trigamma_diff(r, kx);
		of->d_a = -clv_digamma_diff(a + b, survived);
		of->d_aa = -clv_trigamma_diff(a + b, survived);
		of->d_b = clv_digamma_diff(b, survived) + of->d_a;
		of->d_bb = clv_trigamma_diff(b, survived) + of->d_aa;
		of->d_ab = of->d_aa;
	}
}

/*
 * Logarithms of times.  A base holds few different times, and a fit asks for
 * their logarithms again and again: they are kept under their time, in one of
 * two places next to each other.
 */
typedef struct OfTime
{
	double		time;			/* NaN: empty */
	double		log;			/* log(1 + time / alpha) */
	double		inverse;		/* 1 / (alpha + time) */
} OfTime;

#define TIMES_BITS 12

/* By value: the next time may take the same place. */
static inline OfTime
time_terms(OfTime *times, double alpha, double time)
{
	uint64_t	bits;
	OfTime	   *place;

	memcpy(&bits, &time, sizeof(bits));
	place = &times[(bits * UINT64_C(0x9E3779B97F4A7C15)) >> (64 - TIMES_BITS)];
	if (place->time == time)
		return *place;
	if (!isnan(place->time))
		place = &times[(place - times) ^ 1];
	if (place->time != time)
	{
		place->time = time;
		place->log = log1p(time / alpha);
		place->inverse = 1 / (alpha + time);
	}
	return *place;
}

/* Sums over rows with the same x, before what depends on x alone comes in. */
typedef struct Run
{
	double		weight;
	double		log_age;
	double		inverse_age;
	double		inverse_age_square;
	double		share;			/* T / (alpha + T) */
	double		share_inverse;	/* T / (alpha + T)^2 */
	double		log_mixture;	/* log(1 + exp(w)) */
	double		mixture;		/* what exp() of it is a product of */
	double		gone;
	double		gone_stretch;
	double		gone_turn;
	double		gone_bend;
	double		both;
	double		both_stretch;
	double		both_turn;
	double		both_stretch_stretch;
	double		both_stretch_turn;
	double		both_turn_turn;
} Run;

/* What a run adds to the sums of clv_bg_log_likelihood. */
static void
close_run(const OfCount *of, const double *parameters, const Run *run, bool derivatives, ClvNeumaier *total)
{
	double		r = parameters[0];
	double		alpha = parameters[1];
	double		R = of->events;
	double		kx = R - r;
	double		w_a = parameters[2] > 0 ? 1 / parameters[2] : 0;
	double		w_b = -of->inverse;
	double		sum[15] = {0};

	sum[0] = run->weight * of->constant - R * run->log_age + run->log_mixture + log(run->mixture);
	if (derivatives)
	{
		sum[1] = run->weight * of->d_r - run->log_age + run->gone_stretch;
		sum[2] = r / alpha * run->share - kx * run->inverse_age + R * run->gone_turn;
		sum[3] = run->weight * of->d_a + run->gone * w_a;
		sum[4] = run->weight * of->d_b + run->gone * w_b;
		sum[5] = run->weight * of->d_rr + run->both_stretch_stretch;
		sum[6] = run->share / alpha + R * run->both_stretch_turn + run->gone_turn;
		sum[7] = kx * run->inverse_age_square - r / alpha * (run->share / alpha + run->share_inverse) +
			R * (R * run->both_turn_turn - run->gone_bend);
		sum[8] = run->weight * of->d_aa + (run->both - run->gone) * w_a * w_a;
		sum[9] = run->weight * of->d_ab + run->both * w_a * w_b;
		sum[10] = run->weight * of->d_bb + (run->both + run->gone) * w_b * w_b;
		sum[11] = run->both_stretch * w_a;
		sum[12] = run->both_stretch * w_b;
		sum[13] = R * run->both_turn * w_a;
		sum[14] = R * run->both_turn * w_b;
	}
	for (int i = 0; i < (derivatives ? 15 : 1); i++)
		clv_neumaier_add(&total[i], sum[i]);
}

/* What a row adds to the part of those who are alive. */
static inline void
run_alive(Run *run, double weight, const OfTime *age, bool derivatives)
{
	run->weight += weight;
	run->log_age += weight * age->log;
	if (derivatives)
	{
		double		inverse = weight * age->inverse;

		run->inverse_age += inverse;
		run->inverse_age_square += inverse * age->inverse;
		run->share += inverse * age->time;
		run->share_inverse += inverse * age->time * age->inverse;
	}
}

/* What it adds to log(1 + exp(w)). */
static inline void
run_gone(Run *run, const OfCount *of, double weight, const OfTime *age, const OfTime *last, bool derivatives)
{
	double		stretch = age->log - last->log;
	double		w = of->log_odds + of->events * stretch;
	double		e = exp(-fabs(w));

	/* factors of at most 2, as many as rows: a logarithm for all of them */
	if (weight == 1)
		run->mixture *= 1 + e;
	else
		run->log_mixture += weight * log1p(e);
	if (w > 0)
		run->log_mixture += weight * w;
	if (derivatives)
	{
		double		inverse = 1 / (1 + e);
		double		gone = weight * (w > 0 ? inverse : e * inverse);
		double		both = weight * e * inverse * inverse;
		double		turn = age->inverse - last->inverse;
		double		both_stretch = both * stretch;
		double		gone_turn = gone * turn;

		run->gone += gone;
		run->gone_stretch += gone * stretch;
		run->gone_turn += gone_turn;
		run->gone_bend += gone_turn * (age->inverse + last->inverse);
		run->both += both;
		run->both_stretch += both_stretch;
		run->both_turn += both * turn;
		run->both_stretch_stretch += both_stretch * stretch;
		run->both_stretch_turn += both_stretch * turn;
		run->both_turn_turn += both * turn * turn;
	}
}

/*
 * The sums of clv_bg_log_likelihood for k = 1 over many observations, ordered
 * by x, t_x, age: no logarithm for most of them.  Differences of logarithms
 * lose what their size loses in the sums anyway.
 */
static void
add_many(ClvBg bg, const double *parameters, const ClvObservation *observations, size_t n,
		 bool derivatives, ClvNeumaier *total, ClvInterrupt interrupt)
{
	double		alpha = parameters[1];
	OfTime		times[1 << TIMES_BITS];
	OfTime		last = {.time = NAN};
	OfCount		of = {.x = -1};
	size_t		blocks = 0;

	for (int i = 0; i < 1 << TIMES_BITS; i++)
		times[i].time = NAN;
	for (size_t i = 0; i < n;)
	{
		size_t		end = n - i < BLOCK ? n : i + BLOCK;
		Run			run = {.mixture = 1};

		if (observations[i].x != of.x)
			count_terms(bg, parameters, observations[i].x, derivatives, &of);
		for (; i < end && observations[i].x == of.x; i++)
		{
			const ClvObservation *o = &observations[i];
			OfTime		age = time_terms(times, alpha, o->age);

			run_alive(&run, o->weight, &age, derivatives);
			if (of.log_odds > -INFINITY)
			{
				if (o->t_x != last.time)
					last = time_terms(times, alpha, o->t_x);
				run_gone(&run, &of, o->weight, &age, &last, derivatives);
			}
		}
		close_run(&of, parameters, &run, derivatives, total);
		if (interrupt && ++blocks % BLOCKS_BETWEEN_INTERRUPTS == 0)
			interrupt();
	}
}

/* What the derivatives of one observation share. */
typedef struct Row
{
	double		weight;
	double		silence;		/* T - t_x */
	double		at_age;			/* alpha + T */
	double		at_last;		/* alpha + t_x */
	ClvBgPhases phases;			/* zeros for k = 1, as the derivatives of y by alpha */
	double		y_a;
	double		y_aa;
} Row;

/* Derivatives of the likelihood of somebody who is alive. */
static inline void
add_alive(ClvBg bg, const double *parameters, const OfCount *of, const ClvObservation *o, const Row *row,
		  double log_age, double *sum)
{
	double		r = parameters[0];
	double		alpha = parameters[1];
	double		kx = bg.k * o->x;
	double		share = o->age / row->at_age;	/* T / (alpha + T) */
	double		g_r = of->d_r - log_age;
	double		g_alpha = (r * o->age / alpha - kx) / row->at_age;
	double		h_rr = of->d_rr;
	double		h_ra = share / alpha;
	double		h_aa = kx / row->at_age / row->at_age - r * share / alpha * (1 / alpha + 1 / row->at_age);

	if (bg.k > 1)
	{
		const ClvBgPhases *phases = &row->phases;

		g_r += phases->r;
		g_alpha += phases->y * row->y_a;
		h_rr += phases->rr;
		h_ra += phases->ry * row->y_a;
		h_aa += phases->yy * row->y_a * row->y_a + phases->y * row->y_aa;
	}
	sum[1] += row->weight * g_r;
	sum[2] += row->weight * g_alpha;
	sum[3] += row->weight * of->d_a;
	sum[4] += row->weight * of->d_b;
	sum[5] += row->weight * h_rr;
	sum[6] += row->weight * h_ra;
	sum[7] += row->weight * h_aa;
	sum[8] += row->weight * of->d_aa;
	sum[9] += row->weight * of->d_ab;
	sum[10] += row->weight * of->d_bb;
}

/* Derivatives of log(1 + exp(w)): what it adds that somebody may have gone. */
static inline void
add_gone(ClvBg bg, const double *parameters, const OfCount *of, const Row *row, double w, double stretch, double *sum)
{
	double		gone = clv_logistic(w);
	double		both = gone * clv_logistic(-w);
	double		turn = -row->silence / row->at_last / row->at_age;
	double		w_r = stretch;
	double		w_al = of->events * turn;
	double		w_a = 1 / parameters[2];
	double		w_b = -of->inverse;
	double		w_rr = 0;
	double		w_ral = turn;
	double		w_alal = -w_al * (1 / row->at_last + 1 / row->at_age);

	if (bg.k > 1)
	{
		const ClvBgPhases *phases = &row->phases;

		w_r -= phases->r;
		w_al -= phases->y * row->y_a;
		w_rr -= phases->rr;
		w_ral -= phases->ry * row->y_a;
		w_alal -= phases->yy * row->y_a * row->y_a + phases->y * row->y_aa;
	}
	gone *= row->weight;
	both *= row->weight;
	sum[1] += gone * w_r;
	sum[2] += gone * w_al;
	sum[3] += gone * w_a;
	sum[4] += gone * w_b;
	sum[5] += both * w_r * w_r + gone * w_rr;
	sum[6] += both * w_r * w_al + gone * w_ral;
	sum[7] += both * w_al * w_al + gone * w_alal;
	sum[8] += (both - gone) * w_a * w_a;
	sum[9] += both * w_a * w_b;
	sum[10] += (both + gone) * w_b * w_b;
	sum[11] += both * w_r * w_a;
	sum[12] += both * w_r * w_b;
	sum[13] += both * w_al * w_a;
	sum[14] += both * w_al * w_b;
}

/* What one observation adds to the sums of clv_bg_log_likelihood. */
static inline void
add_one(ClvBg bg, const double *parameters, const OfCount *of, const ClvObservation *o, bool derivatives, double *sum)
{
	double		alpha = parameters[1];
	double		silence = o->age - o->t_x;
	Row			row = {o->weight, silence, alpha + o->age, alpha + o->t_x};
	double		log_age = log1p(o->age / alpha);
	double		value = of->constant - of->events * log_age;
	double		w = -INFINITY;
	double		stretch = 0;

	if (bg.k > 1)
	{
		double		y = silence / row.at_age;

		clv_bg_phases(bg.k, of->events, y, &row.phases);
		row.y_a = -y / row.at_age;
		row.y_aa = 2 * y / row.at_age / row.at_age;
		value += row.phases.log_s + (bg.k - 1) * o->extra;
	}
	if (of->log_odds > -INFINITY)
	{
		stretch = log1p(silence / row.at_last);
		w = of->log_odds + of->events * stretch - row.phases.log_s;
		value += clv_log1pexp(w);
	}
	sum[0] += o->weight * value;
	if (derivatives)
	{
		add_alive(bg, parameters, of, o, &row, log_age, sum);
		if (w > -INFINITY)
			add_gone(bg, parameters, of, &row, w, stretch, sum);
	}
}

/* The same sums for any k and any number of observations. */
static void
add_few(ClvBg bg, const double *parameters, const ClvObservation *observations, size_t n,
		bool derivatives, ClvNeumaier *total, ClvInterrupt interrupt)
{
	OfCount		of = {.x = -1};
	size_t		blocks = 0;

	for (size_t start = 0; start < n; start += BLOCK)
	{
		size_t		end = n - start < BLOCK ? n : start + BLOCK;
		double		sum[15] = {0};

		for (size_t i = start; i < end; i++)
		{
			if (observations[i].x != of.x)
				count_terms(bg, parameters, observations[i].x, derivatives, &of);
			add_one(bg, parameters, &of, &observations[i], derivatives, sum);
		}
		for (int i = 0; i < (derivatives ? 15 : 1); i++)
			clv_neumaier_add(&total[i], sum[i]);
		if (interrupt && ++blocks % BLOCKS_BETWEEN_INTERRUPTS == 0)
			interrupt();
	}
}

double
clv_bg_log_likelihood(ClvBg bg, const double *parameters,
					  const ClvObservation *observations, size_t n,
					  double *gradient, double *hessian, ClvInterrupt interrupt)
{
	bool		derivatives = gradient != NULL || hessian != NULL;
	ClvNeumaier total[15] = {{0, 0}};

	if (bg.k == 1 && n >= MANY)
		add_many(bg, parameters, observations, n, derivatives, total, interrupt);
	else
		add_few(bg, parameters, observations, n, derivatives, total, interrupt);

	for (int i = 0; i < 4; i++)
	{
		static const int place[4][4] = {
			{5, 6, 11, 12}, {6, 7, 13, 14}, {11, 13, 8, 9}, {12, 14, 9, 10}
		};

		if (gradient)
			gradient[i] = clv_neumaier_value(&total[1 + i]);
		for (int j = 0; j < 4 && hessian; j++)
			hessian[i * 4 + j] = clv_neumaier_value(&total[place[i][j]]);
	}
	return clv_neumaier_value(&total[0]);
}
