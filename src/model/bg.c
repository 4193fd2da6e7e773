/*-------------------------------------------------------------------------
 *
 * bg.c
 *	  What BG/NBD, MBG/NBD, BG/CNBD-k and MBG/CNBD-k share.
 *
 * Fader, Hardie and Lee (2005), "Counting your customers" the easy way,
 * Marketing Science 24(2); Batislam, Denizel and Filiztekin (2007), IJRM
 * 24(3); Reutterer, Platzer and Schroeder (2021), IJRM 38(1).
 *
 * With R = r + k x, the likelihood of one customer is, in a form that loses
 * no digits for large a and b, long silences or any unit of time,
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

#include <float.h>
#include <math.h>
#include <string.h>

#include "math/counts.h"
#include "math/nodes.h"
#include "math/special.h"
#include "model/simulate.h"

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
 * log S and its derivatives by R and by y = (T - t_x) / (alpha + T), for k > 1.
 * At y = 0, which alpha does not change, those by y count for nothing and are 0.
 */
typedef struct Phases
{
	double		log_s;
	double		r,
				y;
	double		rr,
				ry,
				yy;
} Phases;

static void
phase_terms(double k, double events, double y, Phases *of)
{
	double		term = 1;
	double		s = 1,
				s_r = 0,
				s_rr = 0,
				s_y = 0,
				s_ry = 0,
				s_yy = 0;
	double		d = 0;			/* sum of 1 / (R + i) */
	double		e = 0;			/* sum of 1 / (R + i)^2 */
	double		scale = 0;

	for (double j = 1; j < k; j++)
	{
		double		inverse = 1 / (events + j - 1);

		term *= (events + j - 1) / j * y;
		d += inverse;
		e += inverse * inverse;
		s += term;
		s_r += term * d;
		s_rr += term * (d * d - e);
		if (y > 0)
		{
			s_y += term * (j / y);
			s_ry += term * d * (j / y);
			s_yy += term * (j / y) * ((j - 1) / y);
		}
		if (s > 1e100)
		{
			term *= 1e-100;
			s *= 1e-100;
			s_r *= 1e-100;
			s_rr *= 1e-100;
			s_y *= 1e-100;
			s_ry *= 1e-100;
			s_yy *= 1e-100;
			scale += 100 * 2.30258509299404568402;
		}
	}
	of->log_s = scale + log(s);
	of->r = s_r / s;
	of->y = s_y / s;
	of->rr = s_rr / s - of->r * of->r;
	of->ry = s_ry / s - of->r * of->y;
	of->yy = s_yy / s - of->y * of->y;
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
close_run(const OfCount *of, const double *parameters, const Run *run, bool derivatives, ClvSum *total)
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
		clv_sum_add(&total[i], sum[i]);
}

/*
 * The sums of clv_bg_log_likelihood for k = 1 over many observations, ordered
 * by x, t_x, age: no logarithm for most of them.  Differences of logarithms
 * lose what their size loses in the sums anyway.
 */
static void
add_many(ClvBg bg, const double *parameters, const ClvObservation *observations, size_t n,
		 bool derivatives, ClvSum *total, ClvInterrupt interrupt)
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
			double		weight = o->weight;

			run.weight += weight;
			run.log_age += weight * age.log;
			if (derivatives)
			{
				double		inverse = weight * age.inverse;

				run.inverse_age += inverse;
				run.inverse_age_square += inverse * age.inverse;
				run.share += inverse * o->age;
				run.share_inverse += inverse * o->age * age.inverse;
			}
			if (of.log_odds > -INFINITY)
			{
				double		stretch;
				double		w;
				double		e;

				if (o->t_x != last.time)
					last = time_terms(times, alpha, o->t_x);
				stretch = age.log - last.log;
				w = of.log_odds + of.events * stretch;
				e = exp(-fabs(w));
				/* factors of at most 2, as many as rows: a logarithm for all of them */
				if (weight == 1)
					run.mixture *= 1 + e;
				else
					run.log_mixture += weight * log1p(e);
				if (w > 0)
					run.log_mixture += weight * w;
				if (derivatives)
				{
					double		inverse = 1 / (1 + e);
					double		gone = weight * (w > 0 ? inverse : e * inverse);
					double		both = weight * e * inverse * inverse;
					double		turn = age.inverse - last.inverse;
					double		both_stretch = both * stretch;
					double		gone_turn = gone * turn;

					run.gone += gone;
					run.gone_stretch += gone * stretch;
					run.gone_turn += gone_turn;
					run.gone_bend += gone_turn * (age.inverse + last.inverse);
					run.both += both;
					run.both_stretch += both_stretch;
					run.both_turn += both * turn;
					run.both_stretch_stretch += both_stretch * stretch;
					run.both_stretch_turn += both_stretch * turn;
					run.both_turn_turn += both * turn * turn;
				}
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
	Phases		phases;			/* zeros for k = 1, as the derivatives of y by alpha */
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
		const Phases *phases = &row->phases;

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
		const Phases *phases = &row->phases;

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

		phase_terms(bg.k, of->events, y, &row.phases);
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
		bool derivatives, ClvSum *total, ClvInterrupt interrupt)
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
			clv_sum_add(&total[i], sum[i]);
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
	ClvSum		total[15] = {{0, 0}};

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
			gradient[i] = clv_sum_value(&total[1 + i]);
		for (int j = 0; j < 4 && hessian; j++)
			hessian[i * 4 + j] = clv_sum_value(&total[place[i][j]]);
	}
	return clv_sum_value(&total[0]);
}

/* P(alive at age). */
static double
alive_now(ClvBg bg, const double *parameters, const ClvObservation *o)
{
	double		alpha = parameters[1];
	double		a = parameters[2];
	double		survived = o->x + bg.first_drop;
	double		events = parameters[0] + bg.k * o->x;
	double		silence = o->age - o->t_x;
	double		w;

	if (a == 0 || survived == 0)
		return 1;
	w = log(a / (parameters[3] + (survived - 1))) + events * log1p(silence / (alpha + o->t_x));
	if (bg.k > 1)
	{
		Phases		phases;

		phase_terms(bg.k, events, silence / (alpha + o->age), &phases);
		w -= phases.log_s;
	}
	return clv_logistic(-w);
}

/*
 * How far a customer who is alive has come: events K in (T, T+t] given the
 * phase j of the present gap, and the factor by which one survives n orders.
 * Calls are sums over K of P(K) f(orders); see below.
 */
typedef struct Future
{
	double		k;
	double		a;
	double		b;				/* of Beta(a, b) given alive */
	double		events;			/* shape of the rate, before the phase is added */
	double		y;				/* (T - t_x) / (alpha + T) */
	double		tau;			/* t / (alpha + T) */
	double		at_age;			/* alpha + T */
} Future;

/* With this shape all rates are the same to 1e-7, and predictions to 1e-14: larger ones would cost digits. */
#define ALIKE 1e14

/* With less of a, drop-out changes no prediction: all of it is proportional to a, but for logarithms. */
#define NO_DROPOUT 1e-200

static Future
future_of(ClvBg bg, const double *parameters, const ClvObservation *o, double t)
{
	Future		f;

	f.k = bg.k;
	f.a = parameters[2] < NO_DROPOUT ? 0 : parameters[2];
	f.b = parameters[3] + (o->x + bg.first_drop);
	f.events = parameters[0] + bg.k * o->x;
	f.at_age = parameters[1] + o->age;
	if (f.events > ALIKE)
	{
		f.at_age *= ALIKE / f.events;
		f.events = ALIKE;
	}
	f.y = (o->age - o->t_x) / f.at_age;
	f.tau = t / f.at_age;
	return f;
}

/* Terms that a sum over K takes: its mean, nine deviations, and the tail. */
static double
terms_needed(double events, double tau)
{
	return events * tau + 9 * sqrt(events * tau * (1 + tau)) + 40 * (1 + tau);
}

#define MOST_TERMS 1500

/*
 * Mean over K of the orders made before leaving, for k = 1: sum of
 * P(K) M(K), M(n) = sum over i < n of (b)_i / (a+b)_i.  All terms are
 * positive and a = 1 is nothing special.  Both sums are left unscaled and
 * divided in the end, so that no power has to be computed.
 */
static double
orders_series(double a, double b, double events, double tau)
{
	double		z = tau / (1 + tau);
	double		c = a + b;
	double		term = 1;
	double		sum = 0;
	double		norm = 1;
	double		survive = 1;
	double		orders = 0;

	for (double i = 0; i < 10 * MOST_TERMS; i++)
	{
		double		ratio = z * (events + i) / (i + 1);

		term *= ratio;
		orders += survive;
		survive *= (b + i) / (c + i);
		sum += term * orders;
		norm += term;
		if (ratio < 1 && term * orders <= 1e-17 * sum * (1 - ratio) * (1 - ratio) && i > events * tau)
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

/* The smallest drop-out probability at which the number of orders made begins to show it. */
static double
first_bend(double events, double tau)
{
	return 1 / (1 + tau * (events + 40));
}

/* The same as a mean over p of (1 - (1 + p tau)^-R) / p, where the sum is long. */
static double
orders_integral(double a, double b, double events, double tau)
{
	ClvNodes	dropouts;
	double		sum = 0;

	clv_beta_nodes(a, b, first_bend(events, tau), &dropouts);
	for (int i = 0; i < dropouts.n; i++)
	{
		double		p = dropouts.at[i];

		sum += dropouts.weight[i] * (p * tau < 1e-200 ? events * tau : -expm1(-events * log1p(p * tau)) / p);
	}
	return sum;
}

static double
irregular_orders(double a, double b, double events, double tau)
{
	if (tau <= 0)
		return 0;
	if (a == 0)
		return events * tau;
	if (terms_needed(events, tau) <= MOST_TERMS)
		return orders_series(a, b, events, tau);
	return orders_integral(a, b, events, tau);
}

/*
 * The same for k > 1: the mean of M(n) (what = ORDERS) or of the probability
 * to survive n orders (what = STAY), n = floor((j + K) / k), over K events and
 * the phase j of the present gap.
 */
typedef enum What
{
	ORDERS,
	STAY
} What;

static double
phased_series(const Future *f, double events, double first_phase, What what)
{
	double		z = f->tau / (1 + f->tau);
	double		term = 1;
	double		norm = 1;
	double		survive = 1;
	double		orders = 0;
	double		phase = first_phase;
	double		n = 0;
	double		sum = what == ORDERS ? 0 : 1;

	for (double i = 0; i < 10 * MOST_TERMS; i++)
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

/* Orders of the first few that are told apart next to p = 1. */
#define FEW_ORDERS 6

/*
 * The same where that sum is long, over all phases with their weights.  With
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
	const Future *f;
	double		weight[CLV_BG_MOST_K];	/* of the phases */
	int			phases;			/* as many as have weight */
	bool		few;			/* events are rare: the phase 0 is summed without its value for no events */
	double		least;			/* parts of a root that are smaller do not show in the result */
	double		turn_re[MOST_ROOTS];	/* w^m, m = 1 .. k/2 */
	double		turn_im[MOST_ROOTS];
} Phased;

/* Roots whose part is exp(-NEGLIGIBLE) of the main one are left out. */
#define NEGLIGIBLE 50

/*
 * The sum over m > 0 and over the phases, without the factor p / (1-p) / k.
 * base is what the logarithm of their size is compared with.
 */
static double
other_roots(const Phased *phased, double t, double base)
{
	const Future *f = phased->f;
	double		z_re[MOST_ROOTS],
				z_im[MOST_ROOTS];
	double		g_re[MOST_ROOTS],
				g_im[MOST_ROOTS];
	double		part[MOST_ROOTS];
	double		sum = 0;
	int			roots = 0;

	/* in pairs of conjugates: twice the real part, but for w^m = -1 */
	for (int m = 0; 2 * (m + 1) <= f->k; m++)
	{
		bool		alone = 2 * (m + 1) == f->k;
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
		part[roots] = 0;
		if (phased->few)
		{
			double		half = sin(angle / 2);

			part[roots] = phased->weight[0] *
				(d_re * (expm1(log_size) * cos(angle) - 2 * half * half) - d_im * exp(log_size) * sin(angle));
		}
		size = exp(log_size);
		z_re[roots] = size * (d_re * cos(angle) - d_im * sin(angle));
		z_im[roots] = size * (d_re * sin(angle) + d_im * cos(angle));
		if (!phased->few)
			part[roots] = phased->weight[0] * z_re[roots];
		g_re[roots] = (x * re + y * im) / square;	/* (x + iy) / (re + i im) */
		g_im[roots] = (y * re - x * im) / square;
		roots++;
	}
	for (int j = 1; j < phased->phases; j++)
	{
		double		weight = phased->weight[j];
		double		largest = 0;

		for (int m = 0; m < roots; m++)
		{
			double		next = z_re[m] * g_re[m] - z_im[m] * g_im[m];

			z_im[m] = z_re[m] * g_im[m] + z_im[m] * g_re[m];
			z_re[m] = next;
			part[m] += weight * next;
		}
		/* they only become smaller */
		for (int m = 0; m < roots && j % 4 == 0; m++)
			largest = fmax(largest, fabs(z_re[m]) + fabs(z_im[m]));
		if (j % 4 == 0 && largest < phased->least)
			break;
	}
	for (int m = 0; m < roots; m++)
		sum += part[m];
	return sum;
}

/*
 * Orders without drop-out, the limit for p = 0: the mean of floor((j + K) / k),
 * where the remainder is (k-1)/2 but for what the roots of 1 say.
 */
static double
phased_count(const Phased *phased)
{
	const Future *f = phased->f;
	double		count = 0;

	for (int j = 0; j < f->k; j++)
	{
		double		remainder = j == 0 && phased->few ? 0 : (f->k - 1) / 2;

		count += phased->weight[j] * ((f->events + j) * f->tau + (j - remainder)) / f->k;
	}
	return fmax(count - other_roots(phased, 1, 0) / f->k, 0);
}

static double
phased_integral(const Phased *phased, What what)
{
	const Future *f = phased->f;
	ClvNodes	dropouts;
	double		total = 0;
	double		count = phased_count(phased);
	double		tails[FEW_ORDERS] = {0};	/* P(more than n orders if nobody leaves) */
	double		exactly[FEW_ORDERS] = {0};
	bool		told = false;

	clv_beta_nodes(f->a, f->b, first_bend(f->events / f->k, f->tau), &dropouts);
	for (int i = 0; i < dropouts.n; i++)
	{
		double		p = dropouts.at[i];
		double		e = -log1p(-p); /* -log(1 - p) */
		double		small = e / f->k;
		double		value = 0;

		if (1 - p < 1e-3)
		{
			/* Here the first few orders say it all, and the roots cancel. */
			double		power = 1;

			for (int j = 0; j < phased->phases && !told; j++)
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

					tails[n] += phased->weight[j] * next;
					exactly[n] += phased->weight[j] * (tail - next);
					tail = next;
					precision *= 1e3;
				}
			}
			told = true;
			for (int n = 0; n < FEW_ORDERS; n++)
			{
				value += power * (what == ORDERS ? tails[n] : exactly[n]);
				power *= 1 - p;
			}
		}
		else if (p * (1 + f->tau) * (f->events + f->k) < 1e-18)
			value = what == ORDERS ? count : 1;
		else
		{
			double		log_first;
			double		log_step = -small - log1p(-f->tau * expm1(-small));
			double		log_events = -f->events * log1p(-f->tau * expm1(-small));
			double		rest = other_roots(phased, exp(-small), what == ORDERS ? 0 : log_events) / (f->k * (1 - p));

			/* m = 0: log d_0 = log(expm1(e) / (k expm1(e / k))), which vanishes with e */
			if (e < 0.01)
				log_first = (e - small) / 2 + (e * e - small * small) / 24 -
					(e * e * e * e - small * small * small * small) / 2880;
			else
				log_first = log(expm1(e) / (f->k * expm1(small)));
			for (int j = 0; j < phased->phases; j++)
			{
				double		log_main = log_first + log_events + j * log_step;

				if (j == 0 && phased->few)
					value -= phased->weight[j] * exp(log_first) * expm1(log_events);
				else
					value += phased->weight[j] * (what == ORDERS ? -expm1(log_main) : exp(log_main));
			}
			value = what == ORDERS ? value / p - rest : value + p * rest;
		}
		total += dropouts.weight[i] * value;
	}
	return total;
}

static double
phased_mean(const Future *f, What what)
{
	Phased		phased = {.f = f, .phases = 1};
	double		weights = 0;
	double		result = 0;

	if (f->tau <= 0)
		return what == ORDERS ? 0 : 1;

	for (int j = 0; j < f->k; j++)
	{
		phased.weight[j] = j == 0 ? 1 : phased.weight[j - 1] * ((f->events + j - 1) / j * f->y);
		weights += phased.weight[j];
		if (weights > 1e150)
		{
			weights *= 1e-150;
			for (int i = 0; i <= j; i++)
				phased.weight[i] *= 1e-150;
		}
	}
	for (int j = 0; j < f->k; j++)
	{
		phased.weight[j] /= weights;
		if (phased.weight[j] > 1e-20 * fmin(f->events, 1))
			phased.phases = j + 1;
	}
	if (f->a > 0 && terms_needed(f->events + f->k, f->tau) <= MOST_TERMS)
	{
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
clv_bg_p_alive(ClvBg bg, const double *parameters, const ClvObservation *o, double later)
{
	double		alive = alive_now(bg, parameters, o);

	if (later > 0 && parameters[2] >= NO_DROPOUT && alive > 0)
	{
		Future		f = future_of(bg, parameters, o, later);
		double		p = f.a / (f.a + f.b);

		/* by how much the answer falls with the logarithm of p; further down it is 0 */
		double		steps = fmin(f.events * p * f.tau / (1 + p * f.tau), 750);
		double		stay;

		if (bg.k > 1)
			stay = phased_mean(&f, STAY);
		else if (steps * steps * f.b < 1e-14 * f.a * (f.a + f.b))
			/* customers are alike */
			stay = exp(-f.events * log1p(p * f.tau));
		else
			stay = clv_hyp2f1(f.events, f.a, f.a + f.b, -f.tau);
		alive *= fmin(fmax(stay, 0), 1);
	}
	return alive;
}

double
clv_bg_orders_if_alive(ClvBg bg, const double *parameters, const ClvObservation *o, double t)
{
	Future		f;

	if (t <= 0)
		return 0;
	f = future_of(bg, parameters, o, t);
	if (bg.k > 1)
		return phased_mean(&f, ORDERS);
	return irregular_orders(f.a, f.b, f.events, f.tau);
}

double
clv_bg_expected_orders(ClvBg bg, const double *parameters, const ClvObservation *o, double t)
{
	double		alive = alive_now(bg, parameters, o);

	return alive == 0 ? 0 : alive * clv_bg_orders_if_alive(bg, parameters, o, t);
}

/* Two numbers that go through the same operations at once. */
typedef double Pair __attribute__((vector_size(2 * sizeof(double))));

static Pair
pair_at(const double *numbers)
{
	Pair		pair;

	memcpy(&pair, numbers, sizeof(pair));
	return pair;
}

/* The mean of 1 / (gap + p): two fractions are added before they are divided. */
static double
mean_inverse(const ClvNodes *dropouts, double gap)
{
	int			n = dropouts->n;
	Pair		pairs = {0, 0};
	double		sum = 0;
	int			i = 0;

	if (gap > 1e100)
		return 1 / gap;
	/* products of two must not underflow */
	for (; gap > 1e-100 && i + 3 < n; i += 4)
	{
		Pair		a = gap + pair_at(&dropouts->at[i]);
		Pair		b = gap + pair_at(&dropouts->at[i + 2]);

		pairs += (pair_at(&dropouts->weight[i]) * b + pair_at(&dropouts->weight[i + 2]) * a) / (a * b);
	}
	for (; i < n; i++)
		sum += dropouts->weight[i] / (gap + dropouts->at[i]);
	return sum + pairs[0] + pairs[1];
}

/*
 * With Lambda = lambda (alpha + T) and u = Lambda / (Lambda + D), D = rate
 * (alpha + T), a gap is worth u^k and the present one u^(k-j): orders are worth
 * u^(k-j) / (1 - (1-p) u^k) = (1/u)^j / ((1/u)^k - 1 + p).  The phase j has a
 * probability proportional to (y Lambda)^j / j!.  The mean over Lambda and p
 * is a product of two sets of nodes, of positive terms only.
 */

/* The mean over Gamma(s) of what vanishes with the rate grows with s, for tiny ones. */
#define LEAST_EVENTS 1e-12

/* For k = 1, of customers who differ in age alone: they share the nodes. */
void
clv_bg_dert_if_alive(ClvBg bg, const double *parameters, const ClvObservation *o, int n, double rate, double *result)
{
	Future		f = future_of(bg, parameters, o, 0);
	double		share = fmin(f.events / LEAST_EVENTS, 1);
	double		least = INFINITY;
	double		fastest = 0;
	ClvNodes	rates;
	ClvNodes	dropouts;

	/* first D, then what it leads to */
	for (int i = 0; i < n; i++)
	{
		result[i] = rate * future_of(bg, parameters, &o[i], 0).at_age;
		least = fmin(least, result[i]);
	}
	if (f.a == 0)
	{
		for (int i = 0; i < n; i++)
			result[i] = f.events / result[i];
		return;
	}
	clv_gamma_nodes(fmax(f.events, LEAST_EVENTS), 0, least, &rates);
	for (int j = 0; j < rates.n; j++)
		fastest = fmax(fastest, rates.at[j]);
	clv_beta_nodes(f.a, f.b, least / fastest, &dropouts);
	for (int i = 0; i < n; i++)
	{
		double		sum = 0;

		for (int j = 0; j < rates.n; j++)
			sum += rates.weight[j] * mean_inverse(&dropouts, result[i] / rates.at[j]);
		result[i] = share * sum;
	}
}

/* Further away than this the next order is all that counts. */
#define FAR 400

/* For k > 1 */
static double
phased_dert(ClvBg bg, const double *parameters, const ClvObservation *o, double rate)
{
	Future		f = future_of(bg, parameters, o, 0);
	double		discount = rate * f.at_age;
	ClvNodes	rates;
	ClvNodes	dropouts;
	double		most = fmax(f.y * (f.events + f.k), 1);
	double		smallest = INFINITY;
	double		norm = 0;
	double		sum = 0;
	double		share = fmin(f.events / LEAST_EVENTS, 1);

	f.events = fmax(f.events, LEAST_EVENTS);
	clv_gamma_nodes(f.events, f.k - 1, f.k * discount, &rates);
	for (int i = 0; i < rates.n; i++)
	{
		double		lambda = rates.at[i];
		double		ratio = discount / lambda;
		double		log_worth = f.k * log1p(ratio);
		double		weight = rates.weight[i];
		double		phases = 1;
		double		worth = 1;
		double		scale = 1;

		/* so far away that (1/u)^k is all of the denominator: worth is divided by it at once */
		if (log_worth > FAR)
		{
			double		u = 1 / (1 + ratio);
			double		power = u;

			worth = u;
			for (double j = f.k - 2; j >= 0; j--)
			{
				scale *= (j + 1) / most;
				power *= u;
				phases = phases * (f.y * lambda / most) + scale;
				worth = worth * (f.y * lambda / most) + scale * power;
			}
			norm += weight * phases;
			sum += weight * worth;
			rates.weight[i] = 0;
			rates.at[i] = 1;
			continue;
		}

		/* both sums over (k-1)! / most^(k-1), by Horner's rule: no power overflows */
		for (double j = f.k - 2; j >= 0; j--)
		{
			scale *= (j + 1) / most;
			phases = phases * (f.y * lambda / most) + scale;
			worth = worth * (f.y * (lambda + discount) / most) + scale;
		}
		norm += weight * phases;
		rates.weight[i] = weight * worth;
		rates.at[i] = expm1(log_worth);
		smallest = fmin(smallest, rates.at[i]);
	}
	if (f.a == 0)
	{
		for (int i = 0; i < rates.n; i++)
			sum += rates.weight[i] / rates.at[i];
	}
	else if (!isinf(smallest))
	{
		clv_beta_nodes(f.a, f.b, smallest, &dropouts);
		for (int i = 0; i < rates.n; i++)
			sum += rates.weight[i] * mean_inverse(&dropouts, rates.at[i]);
	}
	return share * (sum / norm);
}

double
clv_bg_dert(ClvBg bg, const double *parameters, const ClvObservation *o, double rate)
{
	double		alive = alive_now(bg, parameters, o);
	double		result = 0;

	if (alive == 0)
		return 0;
	if (bg.k > 1)
		result = phased_dert(bg, parameters, o, rate);
	else
		clv_bg_dert_if_alive(bg, parameters, o, 1, rate, &result);
	return alive * result;
}

double
clv_bg_order_probability(ClvBg bg, const double *parameters, const ClvObservation *o, double t, double n)
{
	double		alive = alive_now(bg, parameters, o);
	Future		f = future_of(bg, parameters, o, t);
	double		survive = 1;	/* probability of not leaving after n orders */
	double		leave = 0;		/* of leaving right after the n-th */
	double		weight = 1;
	double		weights = 0;
	double		sum = 0;
	double		result;

	if (n > 0 && f.a > 0)
	{
		survive = exp(clv_lbeta_diff(f.a, f.b, 0, n));
		/* B(a+1, b+n-1) / B(a, b) */
		leave = survive * f.a / (f.b + (n - 1));
	}
	for (double j = 0; j < f.k; j++)
	{
		double		events = f.events + j;
		double		first = fmax(n * f.k - j, 0);	/* fewest events that make n orders */
		double		numbers = n > 0 ? f.k : f.k - j;	/* of events that make n orders */
		double		exactly = 0;
		double		part;

		if (j > 0)
			weight *= (f.events + j - 1) / j * f.y;
		for (double i = 0; i < numbers; i++)
			exactly += exp(clv_count_log_probability(first + i, events, f.tau));
		part = survive * fmin(exactly, 1);
		if (leave > 0)
			part += leave * clv_count_tail(first, events, f.tau);
		sum += weight * part;
		weights += weight;
		if (weights > 1e100)
		{
			weight *= 1e-100;
			weights *= 1e-100;
			sum *= 1e-100;
		}
	}
	result = alive * (sum / weights);
	if (n == 0)
		result += 1 - alive;
	return fmin(fmax(result, 0), 1);
}

/* The same for many n: each from the one before.  Phases are not counted so. */
bool
clv_bg_order_probabilities(ClvBg bg, const double *parameters, const ClvObservation *o, double t,
						   int count, double *probability)
{
	double		alive = alive_now(bg, parameters, o);
	Future		f = future_of(bg, parameters, o, t);
	double		log_exactly = -f.events * log1p(f.tau);
	double		log_ratio = -log1p(1 / f.tau);
	double		fewer = 0;
	double		survive = 1;

	if (f.k != 1)
		return false;
	for (int n = 0; n < count; n++)
	{
		double		exactly = exp(log_exactly);
		double		leave = 0;

		if (n > 0 && f.a > 0)
		{
			leave = survive * f.a / (f.a + f.b + (n - 1));
			survive *= (f.b + (n - 1)) / (f.a + f.b + (n - 1));
		}
		probability[n] = fmin(alive * (survive * exactly + leave * fmax(1 - fewer, 0)), 1);
		fewer += exactly;
		log_exactly += log((f.events + n) / (n + 1)) + log_ratio;
	}
	probability[0] = fmin(probability[0] + (1 - alive), 1);
	return true;
}

void
clv_nbd_moments(const ClvObservation *observations, size_t n, double *r, double *rate, double *mean_age)
{
	double		weight = 0;
	double		orders = 0;
	double		squares = 0;
	double		age = 0;
	double		mean;
	double		variance;

	for (size_t i = 0; i < n; i++)
	{
		const ClvObservation *o = &observations[i];

		weight += o->weight;
		orders += o->weight * o->x;
		squares += o->weight * o->x * o->x;
		age += o->weight * o->age;
	}
	mean = orders / weight;
	variance = squares / weight - mean * mean;
	*mean_age = age > 0 ? age / weight : 1;
	*rate = mean / *mean_age;
	*r = variance > mean ? mean * mean / (variance - mean) : 10;
	*r = fmin(fmax(*r, 0.05), 10);
}

/*
 * What is seen lies between two stories.  In the first, customers order
 * slowly and stay: the rate is that over most of the time, and few chances are
 * used to leave.  In the second they order fast and leave: the rate is that up
 * to the last order, and every customer who has become silent has left.
 */
bool
clv_bg_start(ClvBg bg, const ClvObservation *observations, size_t n, int attempt, double *parameters)
{
	/* how far between the stories, times r, and a */
	static const double story[][3] = {{0.3, 1, 1}, {1, 3, 0.6}, {0.6, 0.3, 0.3}, {0, 3, 5}, {1, 30, 3}, {0.6, 1, 1e-4}};
	double		r;
	double		rate;
	double		mean_age;
	double		whole = 0;
	double		active = 0;
	double		events = 0;
	double		chances = 0;
	double		silent = 0;
	double		between;
	double		leave;

	if (attempt >= (int) (sizeof(story) / sizeof(story[0])))
		return false;
	between = story[attempt][0];
	clv_nbd_moments(observations, n, &r, &rate, &mean_age);
	for (size_t i = 0; i < n; i++)
	{
		const ClvObservation *o = &observations[i];
		double		seen = o->x > 0 || bg.first_drop > 0 ? o->t_x : o->age;

		whole += o->weight * o->age;
		active += o->weight * seen;
		events += o->weight * bg.k * o->x;
		chances += o->weight * (o->x + bg.first_drop);
		if (o->age > seen && (o->age - seen) * o->x >= 2 * o->t_x)
			silent += o->weight;
	}
	/* one gap at the end belongs to the active time as well */
	active += active / (events + 1);
	rate = whole > 0 && active > 0 ? events / exp(log(whole) * (1 - between) + log(active) * between) : 1;
	leave = chances > 0 ? fmin(fmax(silent / chances, 0.01), 0.8) : 0.5;
	leave *= 0.3 + 0.7 * between;
	parameters[0] = r * story[attempt][1];
	parameters[1] = parameters[0] / rate;
	parameters[2] = story[attempt][2];
	parameters[3] = parameters[2] * (1 - leave) / leave;
	return true;
}

ClvFitStatus
clv_bg_degenerate(const ClvObservation *observations, size_t n, double *parameters)
{
	double		mean_age;
	double		r;
	double		rate;

	for (size_t i = 0; i < n; i++)
	{
		if (observations[i].x > 0)
			return CLV_FIT_OK;
	}

	/* No repeat order: the likelihood is 1 for a rate of 0, whatever else. */
	clv_nbd_moments(observations, n, &r, &rate, &mean_age);
	parameters[0] = 1e-6;
	parameters[1] = mean_age;
	parameters[2] = 0;
	parameters[3] = 1;
	return CLV_FIT_FLAT;
}

void
clv_bg_embed(const double *nested, double *parameters)
{
	parameters[0] = nested[0];
	parameters[1] = nested[1];
	parameters[2] = 0;
	parameters[3] = 1;
}

void
clv_bg_simulate_start(ClvBg bg, const double *parameters, ClvSimulation *simulation)
{
	/* log rate first: a tiny shape would underflow */
	double		log_rate = clv_random_log_gamma(&simulation->random, parameters[0]) - clv_portable_log(parameters[1]);

	simulation->rate = clv_portable_exp(log_rate);
	simulation->dropout = clv_random_beta(&simulation->random, parameters[2], parameters[3]);
	simulation->time = 0;
	simulation->alive = simulation->rate > 0 &&
		!(bg.first_drop > 0 && clv_random_uniform(&simulation->random) < simulation->dropout);
}

double
clv_bg_simulate_next(ClvBg bg, ClvSimulation *simulation)
{
	double		gap = 0;

	if (!simulation->alive)
		return INFINITY;
	for (double j = 0; j < bg.k; j++)
		gap += clv_random_exponential(&simulation->random);
	simulation->time += gap / simulation->rate;
	simulation->alive = clv_random_uniform(&simulation->random) >= simulation->dropout;
	return simulation->time;
}
