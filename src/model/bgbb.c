/*-------------------------------------------------------------------------
 *
 * bgbb.c
 *	  BG/BB: one order or none at each numbered opportunity.
 *
 * Fader, Hardie and Shang, "Customer-Base Analysis in a Discrete-Time
 * Noncontractual Setting" (2010).  The likelihood of x orders, the last at
 * opportunity t_x of n (equation 5) is
 *
 *	 B(alpha+x, beta+n-x) / B(alpha, beta) * B(gamma, delta+n) / B(gamma, delta)
 *	   + sum over i = 0 .. n-t_x-1 of B(alpha+x, beta+t_x-x+i) / B(alpha, beta)
 *	                                * B(gamma+1, delta+t_x+i) / B(gamma, delta)
 *
 * first: still alive at n; then: left after opportunity t_x + i.  All terms
 * are positive and follow from each other by one factor, so the sum is formed
 * as it stands, over its first term; derivatives are moments over the terms.
 *
 *-------------------------------------------------------------------------
 */
#include <float.h>
#include <math.h>

#include "math/quadrature.h"
#include "math/special.h"
#include "model/parameter.h"
#include "model/simulate.h"

enum
{
	ALPHA, BETA, GAMMA, DELTA, PARAMETERS
};

/* Daily opportunities of 2,700 years; a customer of so many takes some milliseconds. */
#define MOST_OPPORTUNITIES 1000000.0

/* Terms this much below the sum are left out. */
#define NEGLIGIBLE 1e-20

typedef struct Mixture
{
	double		log_alive;		/* over the common factor of all terms, as log_total */
	double		log_total;
	double		dead;			/* share of those who left */
	double		dead_by_gamma;	/* the same over gamma */

	/*
	 * Means over all terms of the derivatives of a term's log, and of their
	 * products plus second derivatives; the 1/gamma of those who left apart.
	 */
	double		first[PARAMETERS];
	double		second[PARAMETERS][PARAMETERS];
	double		dead_first[PARAMETERS]; /* the first over those who left alone, times their share over gamma */
} Mixture;

/* How the log of a term depends on the parameters. */
typedef struct Slopes
{
	double		first[PARAMETERS];
	double		second[PARAMETERS][PARAMETERS];
} Slopes;

static void
add_moments(Mixture *m, double mass, const Slopes *of)
{
	for (int j = 0; j < PARAMETERS; j++)
	{
		m->first[j] += mass * of->first[j];
		for (int k = 0; k <= j; k++)
			m->second[j][k] += mass * (of->first[j] * of->first[k] + of->second[j][k]);
	}
}

/* Those who left after a step have the factor 1 / gd on top of those who were still alive there. */
static inline void
add_left(Mixture *m, double gamma, double mass, double gd, const Slopes *alive)
{
	Slopes		left = *alive;

	left.first[GAMMA] -= 1 / gd;
	left.first[DELTA] -= 1 / gd;
	left.second[GAMMA][GAMMA] += 1 / (gd * gd);
	left.second[DELTA][GAMMA] += 1 / (gd * gd);
	left.second[DELTA][DELTA] += 1 / (gd * gd);
	add_moments(m, gamma * mass, &left);
	for (int j = 0; j < PARAMETERS; j++)
		m->dead_first[j] += mass * left.first[j];
}

/* One step more without an order and alive brings the factor b / ab * delta / gd. */
static inline void
step(Slopes *alive, double a, double b, double ab, double gamma, double delta, double gd)
{
	alive->first[ALPHA] -= 1 / ab;
	alive->first[BETA] += a / (b * ab);
	alive->first[GAMMA] -= 1 / gd;
	alive->first[DELTA] += gamma / (delta * gd);
	alive->second[ALPHA][ALPHA] += 1 / (ab * ab);
	alive->second[BETA][ALPHA] += 1 / (ab * ab);
	alive->second[BETA][BETA] -= a * (b + ab) / (b * b * ab * ab);
	alive->second[GAMMA][GAMMA] += 1 / (gd * gd);
	alive->second[DELTA][GAMMA] += 1 / (gd * gd);
	alive->second[DELTA][DELTA] -= gamma * (delta + gd) / (delta * delta * gd * gd);
}

static void
mixture(const double *parameters, const ClvObservation *observation, bool derivatives, Mixture *m)
{
	double		gamma = parameters[GAMMA];
	double		steps = observation->age - observation->t_x;
	double		a = parameters[ALPHA] + observation->x;
	double		b = parameters[BETA] + (observation->t_x - observation->x);
	double		ab = parameters[ALPHA] + parameters[BETA] + observation->t_x;
	double		d0 = parameters[DELTA] + observation->t_x;
	Slopes		alive = {{0}};
	double		term = 1;		/* still alive before step i, over that at i = 0 */
	double		left = 0;		/* sum of those who left, over gamma */
	double		log_left;

	m->log_alive = clv_lbeta_diff(a, b, 0, steps) + clv_lbeta_diff(gamma, d0, 0, steps);
	if (gamma == 0)				/* B(0, .) stands for nobody leaving */
		m->log_alive = clv_lbeta_diff(a, b, 0, steps);
	for (int j = 0; j < PARAMETERS; j++)
	{
		m->first[j] = 0;
		m->dead_first[j] = 0;
		for (int k = 0; k < PARAMETERS; k++)
			m->second[j][k] = 0;
	}
	for (double i = 0; i < steps; i++)
	{
		double		gd = gamma + d0 + i;
		double		mass = term / gd;

		left += mass;
		if (derivatives)
		{
			add_left(m, gamma, mass, gd, &alive);
			step(&alive, a, b + i, ab + i, gamma, d0 + i, gd);
		}
		term *= (b + i) / (ab + i) * ((d0 + i) / gd);
		if (term * (steps - i) < NEGLIGIBLE * left)
			break;
	}
	log_left = log(gamma) + log(left);
	m->log_total = clv_log_add_exp(m->log_alive, log_left);
	m->dead = exp(log_left - m->log_total);
	m->dead_by_gamma = (left > 0) ? exp(log(left) - m->log_total) : 0;
	if (derivatives)
	{
		double		scale = exp(-m->log_total);

		for (int j = 0; j < PARAMETERS; j++)
		{
			m->first[j] *= scale;
			m->dead_first[j] *= scale;
			for (int k = 0; k <= j; k++)
				m->second[j][k] *= scale;
		}
		add_moments(m, exp(m->log_alive - m->log_total), &alive);
	}
}

/* Derivatives of the logarithm of the likelihood: of the common factor, and of the terms over it. */
static void
add_derivatives(const double *parameters, const ClvObservation *o, const Mixture *m,
				double g[PARAMETERS], double h[PARAMETERS][PARAMETERS])
{
	double		alpha = parameters[ALPHA];
	double		beta = parameters[BETA];
	double		gamma = parameters[GAMMA];
	double		delta = parameters[DELTA];
	double		x = o->x;
	double		t_x = o->t_x;
	double		psi1_ab = clv_trigamma_diff(alpha + beta, t_x);
	double		psi1_gd = clv_trigamma_diff(gamma + delta, t_x);
	double		base[PARAMETERS];
	double		shift[PARAMETERS];
	double		second[PARAMETERS][PARAMETERS] = {{0}};

	base[ALPHA] = -clv_digamma_diff2(alpha, x, beta) - clv_digamma_diff(alpha + beta + x, t_x - x);
	base[BETA] = -clv_digamma_diff2(beta, t_x - x, alpha) - clv_digamma_diff(alpha + beta + t_x - x, x);
	base[GAMMA] = -clv_digamma_diff(gamma + delta, t_x);
	base[DELTA] = -clv_digamma_diff2(delta, t_x, gamma);
	second[ALPHA][ALPHA] = clv_trigamma_diff(alpha, x) - psi1_ab;
	second[BETA][ALPHA] = -psi1_ab;
	second[BETA][BETA] = clv_trigamma_diff(beta, t_x - x) - psi1_ab;
	second[GAMMA][GAMMA] = -psi1_gd;
	second[DELTA][GAMMA] = -psi1_gd;
	second[DELTA][DELTA] = clv_trigamma_diff(delta, t_x) - psi1_gd;
	for (int j = 0; j < PARAMETERS; j++)
	{
		shift[j] = m->first[j] + (j == GAMMA ? m->dead_by_gamma : 0);
		g[j] += o->weight * (base[j] + shift[j]);
		for (int k = 0; k <= j; k++)
		{
			second[j][k] += m->second[j][k] - shift[j] * shift[k];
			if (j == GAMMA)
				second[j][k] += m->dead_first[k];
			if (k == GAMMA)
				second[j][k] += m->dead_first[j];
			h[j][k] += o->weight * second[j][k];
		}
	}
}

static double
bgbb_log_likelihood(const double *parameters, const ClvObservation *observations, size_t n,
					double *gradient, double *hessian, ClvInterrupt interrupt)
{
	double		sum = 0;
	double		carry = 0;
	double		g[PARAMETERS] = {0};
	double		h[PARAMETERS][PARAMETERS] = {{0}};
	double		steps = 0;
	bool		derivatives = gradient != NULL || hessian != NULL;

	for (size_t i = 0; i < n; i++)
	{
		const ClvObservation *o = &observations[i];
		double		term,
					y,
					t;
		Mixture		m;

		steps += 10 + o->age - o->t_x;
		if (interrupt && steps > 10000)
		{
			interrupt();
			steps = 0;
		}
		mixture(parameters, o, derivatives, &m);
		term = clv_lbeta_diff(parameters[ALPHA], parameters[BETA], o->x, o->t_x - o->x) + m.log_total;
		if (parameters[GAMMA] > 0)
			term += clv_lbeta_diff(parameters[GAMMA], parameters[DELTA], 0, o->t_x);
		term *= o->weight;
		/* compensated, so that the order of a million terms does not show */
		y = term - carry;
		t = sum + y;
		carry = (t - sum) - y;
		sum = t;
		if (derivatives)
			add_derivatives(parameters, o, &m, g, h);
	}
	for (int j = 0; j < PARAMETERS; j++)
	{
		if (gradient)
			gradient[j] = g[j];
		if (hessian)
			for (int k = 0; k < PARAMETERS; k++)
				hessian[j * PARAMETERS + k] = (k <= j) ? h[j][k] : h[k][j];
	}
	return sum;
}

/* P(alive at the last opportunity seen) as a log. */
static double
log_alive_at_end(const double *parameters, const ClvObservation *observation)
{
	Mixture		m;

	mixture(parameters, observation, false, &m);
	return m.log_alive - m.log_total;
}

static double
bgbb_p_alive(const double *parameters, const ClvObservation *observation, double later)
{
	double		log_alive = log_alive_at_end(parameters, observation);

	if (parameters[GAMMA] > 0)
		log_alive += clv_lbeta_diff(parameters[GAMMA], parameters[DELTA] + observation->age, 0, 1 + later);
	return exp(log_alive);
}

/*
 * Expected opportunities alive among the next t of somebody alive: the sum of
 * E (1 - theta)^k, k = 1..t, under Beta(gamma, delta), which is
 *
 *	 delta / (gamma - 1) (1 - Gamma(delta+1+t) Gamma(gamma+delta) / (Gamma(delta+1) Gamma(gamma+delta+t)))
 *
 * The log of that ratio is (1 - gamma) times something smooth: a second
 * difference of log Gamma, which keeps its digits as gamma passes 1.
 */
static double
opportunities_alive(double gamma, double delta, double t)
{
	if (gamma == 1)
		return delta * clv_digamma_diff(delta + 1, t);
	if (gamma > 1)
		return delta * (-expm1(-clv_lgamma_diff2(delta + 1, t, gamma - 1)) / (gamma - 1));
	return delta * (expm1(clv_lgamma_diff2(gamma + delta, t, 1 - gamma)) / (1 - gamma));
}

static double
bgbb_expected_orders(const double *parameters, const ClvObservation *observation, double t)
{
	double		share = (parameters[ALPHA] + observation->x)
		/ (parameters[ALPHA] + parameters[BETA] + observation->age);

	return fmin(t, exp(log_alive_at_end(parameters, observation)) * share
				* opportunities_alive(parameters[GAMMA], parameters[DELTA] + observation->age, t));
}

static double
bgbb_expected_orders_new(const double *parameters, double t)
{
	return fmin(t, parameters[ALPHA] / (parameters[ALPHA] + parameters[BETA])
				* opportunities_alive(parameters[GAMMA], parameters[DELTA], t));
}

/* Opportunities that are discounted one by one before the sum is taken as an integral. */
#define DISCOUNTED_ONE_BY_ONE 1000.0

/* The closed form is tested up to shapes of this size. */
#define LARGEST_SHAPE 1e5

typedef struct Discounting
{
	double		gamma,
				delta;
	double		rate;			/* log(1 + d) */
} Discounting;

/* Discounted P(alive at opportunity i), for real i = exp(u), times i. */
static double
discounted_opportunity(double u, const void *context)
{
	const Discounting *c = context;
	double		i = exp(u);

	return exp(u - c->rate * i + (c->gamma > 0 ? clv_lbeta_diff(c->gamma, c->delta, 0, i) : 0));
}

/* By how much it falls there. */
static double
discounted_slope(double i, const Discounting *c)
{
	return (discounted_opportunity(log(i), c) / i) *
		(c->rate + (c->gamma > 0 ? clv_digamma_diff(c->delta + i, c->gamma) : 0));
}

/*
 * Discounted opportunities alive among the next `horizon` of somebody alive:
 * the sum of E (1 - theta)^i (1 + d)^-i, i = 1 .. horizon, all terms positive.
 * The rest of a long sum is the integral over half-integer ends, corrected by
 * the slopes there; after so many terms what that leaves is below 1e-14.
 */
static double
discounted_opportunities(double gamma, double delta, double rate, double horizon)
{
	Discounting c = {gamma, delta, log1p(rate)};
	double		term = 1;
	double		sum = 0;
	double		from,
				until;

	for (double i = 1; i <= fmin(horizon, DISCOUNTED_ONE_BY_ONE); i++)
	{
		term *= (delta + (i - 1)) / (gamma + delta + (i - 1)) / (1 + rate);
		sum += term;
		/* the ratios grow, up to 1 / (1 + d) */
		if (term * fmin(horizon - i, 1 / rate) < NEGLIGIBLE * sum)
			return sum;
	}
	if (horizon <= DISCOUNTED_ONE_BY_ONE)
		return sum;
	from = DISCOUNTED_ONE_BY_ONE + 0.5;
	until = fmin(horizon + 0.5, from + 800 / c.rate);
	sum += clv_integrate(discounted_opportunity, &c, log(from), log(until), 0, 1e-14, 1e-15 * sum, NULL).value;
	return sum - (discounted_slope(from, &c) - discounted_slope(until, &c)) / 24;
}

static double
bgbb_dert_within(const double *parameters, const ClvObservation *observation, double rate, double horizon)
{
	double		share = (parameters[ALPHA] + observation->x)
		/ (parameters[ALPHA] + parameters[BETA] + observation->age);

	return fmin(horizon, exp(log_alive_at_end(parameters, observation)) * share
				* discounted_opportunities(parameters[GAMMA], parameters[DELTA] + observation->age, rate, horizon));
}

/*
 * Without end: the paper's 2F1(1, delta+n+1; gamma+delta+n+1; 1/(1+d))
 * (equation 14) by Pfaff's transformation, so that a small rate d stays exact.
 */
static double
bgbb_dert(const double *parameters, const ClvObservation *observation, double rate)
{
	double		gamma = parameters[GAMMA];
	double		delta = parameters[DELTA] + observation->age;
	double		share = (parameters[ALPHA] + observation->x)
		/ (parameters[ALPHA] + parameters[BETA] + observation->age);

	rate = fmax(rate, 1e-300);
	if (gamma + delta > LARGEST_SHAPE)
		return fmin(bgbb_dert_within(parameters, observation, rate, INFINITY), DBL_MAX);
	return fmin(DBL_MAX, exp(log_alive_at_end(parameters, observation) + log(share) + log(delta / (gamma + delta))
							 - log(rate) + clv_log_hyp2f1(1, gamma, gamma + delta + 1, -1 / rate, NULL)));
}

/* ---- the number of orders among the next t opportunities ---- */

/* Terms that are added one by one before the sum is taken as an integral. */
#define TERMS_ONE_BY_ONE 16384.0

typedef struct Counting
{
	double		alpha,
				beta,
				gamma,
				delta,
				n;
	double		from,
				length;
} Counting;

/* log P(n orders among i opportunities, then leaving), for real i */
static double
log_leaving_term(const Counting *c, double i)
{
	return clv_lchoose(i, c->n) + clv_lbeta_diff(c->alpha, c->beta, c->n, i - c->n)
		+ clv_lbeta_diff(c->gamma, c->delta, 0, i) + log(c->gamma) - log(c->gamma + c->delta + i);
}

static double
tail_integrand(double u, const void *context)
{
	const Counting *c = context;

	return log(c->length) - clv_log1pexp(u) - clv_log1pexp(-u)
		+ log_leaving_term(c, c->from + c->length * clv_logistic(u));
}

/* By how much the term grows there, over that term. */
static double
leaving_slope(const Counting *c, double i)
{
	/* of C(i, n) and B(alpha + n, beta + i - n), of B(gamma, delta + i), and of 1 / (gamma + delta + i) */
	return clv_digamma_diff(i - c->n + 1, c->n) - clv_digamma_diff(c->beta + i - c->n, c->alpha + c->n)
		- clv_digamma_diff(c->delta + i, c->gamma) - 1 / (c->gamma + c->delta + i);
}

/*
 * The integral over half-integer ends, corrected by the slopes there: so far
 * from the first term, what that leaves is below 1e-11 of the sum.
 */
static double
tail(const Counting *c)
{
	double		until = c->from + c->length;
	double		low = -300,
				high = 300;
	double		mode;
	double		width = 2;
	double		top;
	double		integral;
	double		ends;

	for (int i = 0; i < 80; i++)
	{
		double		left = low + (high - low) / 3;
		double		right = high - (high - low) / 3;

		if (tail_integrand(left, c) < tail_integrand(right, c))
			low = left;
		else
			high = right;
	}
	mode = 0.5 * (low + high);
	top = tail_integrand(mode, c);
	while (width > 1e-9 && fmax(tail_integrand(mode - width, c), tail_integrand(mode + width, c)) < top - 2)
		width /= 2;
	integral = clv_log_line_integral(tail_integrand, c, mode, width);
	ends = exp(log_leaving_term(c, c->from) - integral) * leaving_slope(c, c->from)
		- exp(log_leaving_term(c, until) - integral) * leaving_slope(c, until);
	return integral + log1p(ends / 24);
}

static double
count_probability(double alpha, double beta, double gamma, double delta, double t, double n)
{
	Counting	c = {alpha, beta, gamma, delta, n, 0, 0};
	double		log_sum = -INFINITY;

	t = floor(t);
	if (n > t)
		return 0;
	if (gamma > 0 && t > n)
	{
		double		scale = log_leaving_term(&c, n);
		double		term = 1,
					sum = 0;
		double		steps = fmin(t - n, TERMS_ONE_BY_ONE);

		for (double step = 0; step < steps; step++)
		{
			double		i = n + step;
			double		ratio = (i + 1) * (beta + (i - n)) * (delta + i)
				/ ((i + 1 - n) * (alpha + beta + i) * (gamma + delta + i + 1));

			sum += term;
			term *= ratio;
			if (sum > 1e250)
			{
				sum *= 1e-250;
				term *= 1e-250;
				scale += 250 * 2.30258509299404568402;
			}
			if (ratio < 1 && term * (t - i) < NEGLIGIBLE * sum)
			{
				steps = t - n;
				break;
			}
		}
		log_sum = scale + log(sum);
		if (steps < t - n)
		{
			c.from = n + steps - 0.5;
			c.length = t - n - steps;
			log_sum = clv_log_add_exp(log_sum, tail(&c));
		}
	}
	return fmin(1, exp(clv_log_add_exp(log_sum, clv_lchoose(t, n) + clv_lbeta_diff(alpha, beta, n, t - n)
									   + (gamma > 0 ? clv_lbeta_diff(gamma, delta, 0, t) : 0))));
}

static double
bgbb_order_probability(const double *parameters, const ClvObservation *observation, double t, double n)
{
	Mixture		m;
	double		result;

	mixture(parameters, observation, false, &m);
	result = exp(m.log_alive - m.log_total)
		* count_probability(parameters[ALPHA] + observation->x,
							parameters[BETA] + (observation->age - observation->x),
							parameters[GAMMA], parameters[DELTA] + observation->age, t, n);
	if (n == 0)
		result += m.dead;
	return fmin(1, result);
}

static double
bgbb_order_probability_new(const double *parameters, double t, double n)
{
	return count_probability(parameters[ALPHA], parameters[BETA], parameters[GAMMA], parameters[DELTA], t, n);
}

/* ---- fit ---- */

static ClvStatus
bgbb_check_observation(const ClvObservation *observation)
{
	return (observation->age <= MOST_OPPORTUNITIES) ? CLV_OK : CLV_OBSERVATION_OUT_OF_RANGE;
}

/* The share of opportunities used, taken while customers still bought, and some drop-out. */
static bool
bgbb_start(const ClvObservation *observations, size_t n, int attempt, double *parameters)
{
	static const struct
	{
		double		size,
					gamma,
					stay;		/* mean opportunities before leaving, over those seen */
	}			start[] = {{2, 0.7, 0.7}, {2, 1, 1}, {1, 0.3, 3}, {5, 5, 0.5}, {2, 0.1, 10}, {20, 0.3, 0}, {2, 0.01, 0}};
	double		used = 0,
				chances = 0,
				weight = 0,
				age = 0;
	double		share;

	if (attempt >= (int) (sizeof(start) / sizeof(start[0])))
		return false;
	for (size_t i = 0; i < n; i++)
	{
		weight += observations[i].weight;
		used += observations[i].weight * observations[i].x;
		chances += observations[i].weight * observations[i].t_x;
		age += observations[i].weight * observations[i].age;
	}
	age = fmax(age / weight, 1);
	share = (used + 0.5) / (chances + 0.5 * age + 1);
	parameters[ALPHA] = start[attempt].size * share;
	parameters[BETA] = start[attempt].size * (1 - share);
	parameters[GAMMA] = start[attempt].gamma;
	parameters[DELTA] = start[attempt].gamma * (start[attempt].stay * age + 1);
	return true;
}

/* No order at all: the likelihood is 1 for a share of 0, whatever else. */
static ClvFitStatus
bgbb_degenerate(const ClvObservation *observations, size_t n, double *parameters)
{
	for (size_t i = 0; i < n; i++)
	{
		if (observations[i].x > 0)
			return CLV_FIT_OK;
	}
	parameters[ALPHA] = 1e-6;
	parameters[BETA] = 1;
	parameters[GAMMA] = 0;
	parameters[DELTA] = 1;
	return CLV_FIT_FLAT;
}

/* The beta-binomial: BG/BB customers who never leave.  Only fits of BG/BB see it. */
static double
beta_binomial_log_likelihood(const double *parameters, const ClvObservation *observations, size_t n,
							 double *gradient, double *hessian, ClvInterrupt interrupt)
{
	double		stay[PARAMETERS] = {parameters[ALPHA], parameters[BETA], 0, 1};
	double		g[PARAMETERS];
	double		h[PARAMETERS * PARAMETERS];
	double		sum = bgbb_log_likelihood(stay, observations, n, gradient ? g : NULL, hessian ? h : NULL, interrupt);

	for (int j = 0; j < GAMMA; j++)
	{
		if (gradient)
			gradient[j] = g[j];
		if (hessian)
			for (int k = 0; k < GAMMA; k++)
				hessian[j * GAMMA + k] = h[j * PARAMETERS + k];
	}
	return sum;
}

static bool
beta_binomial_start(const ClvObservation *observations, size_t n, int attempt, double *parameters)
{
	double		all[PARAMETERS];

	if (!bgbb_start(observations, n, attempt, all))
		return false;
	parameters[ALPHA] = all[ALPHA];
	parameters[BETA] = all[BETA];
	return true;
}

static void
bgbb_embed(const double *nested_parameters, double *parameters)
{
	parameters[ALPHA] = nested_parameters[ALPHA];
	parameters[BETA] = nested_parameters[BETA];
	parameters[GAMMA] = 0;
	parameters[DELTA] = 1;
}

static const ClvFamily beta_binomial = {
	.name = "beta-binomial",
	.title = "beta-binomial",
	.kind = CLV_DISCRETE_TRANSACTIONS,
	.parameter_count = GAMMA,
	.parameter = {
		CLV_SHAPE("alpha", "shape of the order probabilities"),
		CLV_SHAPE("beta", "shape of the order probabilities"),
	},
	.log_likelihood = beta_binomial_log_likelihood,
	.start = beta_binomial_start,
};

/* ---- simulation ---- */

/* -log(1 - p), the rate of the geometric distribution */
static double
hazard(double p)
{
	return (p < 1e-8) ? p : -clv_portable_log(1 - p);
}

static void
bgbb_simulate_start(const double *parameters, ClvSimulation *simulation)
{
	ClvRandom  *random = &simulation->random;

	simulation->rate = hazard(clv_random_beta(random, parameters[ALPHA], parameters[BETA]));
	simulation->dropout = hazard(clv_random_beta(random, parameters[GAMMA], parameters[DELTA]));
	/* the last opportunity at which the customer is alive */
	simulation->lifetime = (simulation->dropout > 0)
		? floor(clv_random_exponential(random) / simulation->dropout) : INFINITY;
}

static double
bgbb_simulate_next(const double *parameters, ClvSimulation *simulation)
{
	double		next = INFINITY;

	if (simulation->alive && simulation->rate > 0)
		next = simulation->time + 1 + floor(clv_random_exponential(&simulation->random) / simulation->rate);
	if (!(next <= simulation->lifetime) || isinf(next))
	{
		simulation->alive = false;
		return INFINITY;
	}
	simulation->time = next;
	return next;
}

const ClvFamily clv_family_bgbb = {
	.name = "bg/bb",
	.title = "BG/BB (Fader, Hardie and Shang 2010)",
	.kind = CLV_DISCRETE_TRANSACTIONS,
	.parameter_count = PARAMETERS,
	.parameter = {
		CLV_SHAPE("alpha", "shape of the order probabilities: alpha / (alpha + beta) on average"),
		CLV_SHAPE("beta", "shape of the order probabilities"),
		CLV_DROPOUT_SHAPE("gamma", "shape of the drop-out probabilities: gamma / (gamma + delta) on average; 0: nobody leaves"),
		CLV_SHAPE("delta", "shape of the drop-out probabilities"),
	},
	.check_observation = bgbb_check_observation,
	.log_likelihood = bgbb_log_likelihood,
	.start = bgbb_start,
	.degenerate = bgbb_degenerate,
	.nested = &beta_binomial,
	.embed = bgbb_embed,
	.p_alive = bgbb_p_alive,
	.expected_orders = bgbb_expected_orders,
	.expected_orders_new = bgbb_expected_orders_new,
	.order_probability = bgbb_order_probability,
	.order_probability_new = bgbb_order_probability_new,
	.dert = bgbb_dert,
	.dert_within = bgbb_dert_within,
	.simulate_start = bgbb_simulate_start,
	.simulate_next = bgbb_simulate_next,
};
