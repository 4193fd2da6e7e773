/*-------------------------------------------------------------------------
 *
 * pareto_nbd.c
 *	  Pareto/NBD: drop-out at any moment.
 *
 * Schmittlein, Morrison and Colombo (1987); likelihood as in Fader and Hardie,
 * "A Note on Deriving the Pareto/NBD Model and Related Expressions" (2005).
 *
 * The likelihood of a customer is, with p = r + x,
 *
 *	 Gamma(p) / Gamma(r) alpha^r beta^s
 *	   { (alpha+T)^-p (beta+T)^-s
 *		 + s * integral of (alpha+y)^-p (beta+y)^-(s+1) over y from t_x to T }
 *
 * first: still alive at T; second: left at the moment y.  The literature
 * writes the integral as a difference of two hypergeometric functions (A_0,
 * one form for alpha >= beta and one for alpha < beta); here it is integrated
 * as it stands, so nothing cancels and no case has to be told apart.  In
 * w = log(1 + v / min(alpha + t_x, beta + t_x)), v = y - t_x, the integrand is
 * analytic for |Im w| < pi whatever the parameters, and Gauss-Legendre panels
 * of bounded length and bounded decay give every digit.  The derivatives are
 * moments over the same nodes.
 *
 *-------------------------------------------------------------------------
 */
#include <float.h>
#include <math.h>

#include "math/quadrature.h"
#include "math/special.h"
#include "math/special_internal.h"
#include "model/parameter.h"
#include "model/simulate.h"

enum
{
	R, ALPHA, S, BETA, PARAMETERS
};

/*
 * Rules and what they integrate to the last digit: panels of a length, within
 * which the log of the integrand changes by at most the fall.
 */
typedef struct Rule
{
	double		length;
	double		fall;
	int			nodes;
	const double *node;
	const double *weight;
} Rule;

static const Rule rules[] = {
	{0.2, 1.5, 8, clv_gauss_node_8, clv_gauss_weight_8},
	{0.6, 5, 12, clv_gauss_node_12, clv_gauss_weight_12},
	{1.5, 10, 16, clv_gauss_node_16, clv_gauss_weight_16},
	{2.2, 14, 20, clv_gauss_node_20, clv_gauss_weight_20},
};

#define RULES			((int) (sizeof(rules) / sizeof(rules[0])))
#define PANEL_LENGTH	2.2
#define PANEL_FALL		14.0

/* Nodes for the time of leaving, all orders counted with the same ones. */
#define MOST_LEAVING	1280

/*
 * The two terms in the braces over (alpha+t_x)^-p (beta+t_x)^-s, as logs, and
 * moments of the derivatives over the second.
 */
typedef struct Mixture
{
	double		log_alive;
	double		log_dead;		/* -infinity for s = 0 or t_x = T */
	double		log_total;
	double		dead;			/* share of the second term */
	double		dead_by_s;		/* the same divided by s */

	/*
	 * Over the moment of leaving y: means of the differences of d log h / d
	 * parameter from its value at T, of their products, and of the differences of
	 * the second derivatives.  The 1/s of the second term is left out here.
	 */
	double		first[PARAMETERS];
	double		second[PARAMETERS][PARAMETERS];
} Mixture;

/* What the integrand of the second term is made of. */
typedef struct Leaving
{
	double		p;				/* r + x */
	double		s;
	double		A;				/* alpha + t_x */
	double		B;				/* beta + t_x */
	double		near;			/* the smaller of A and B */
	double		far;			/* the larger */
	double		D;				/* T - t_x */
	double		end_a;			/* 1 / (alpha + T) */
	double		end_b;			/* 1 / (beta + T) */
	double		fall_r;			/* log((alpha + T) / A) */
	double		fall_s;			/* log((beta + T) / B) */
} Leaving;

/* 1 less the slope, in w, of the log of the integrand at v: it grows with v. */
static inline double
fall_rate(const Leaving *of, double v)
{
	return (of->near + v) * (of->p / (of->A + v) + (of->s + 1) / (of->B + v));
}

/* What a node at w is of the integral; m takes what it adds to the moments. */
static inline double
add_node(const Leaving *of, double w, double weight, bool derivatives, Mixture *m)
{
	double		v = of->near * expm1(w);
	double		other = log1p(v / of->far);
	double		log_a = (of->A <= of->B) ? w : other;
	double		log_b = (of->A <= of->B) ? other : w;
	double		b = 1 / (of->B + v);
	double		mass = weight * ((of->near + v) * b) * exp(-of->p * log_a - of->s * log_b);

	if (derivatives)
	{
		double		a = 1 / (of->A + v);
		double		less_a = (of->D - v) * a * of->end_a;	/* a - end_a */
		double		less_b = (of->D - v) * b * of->end_b;
		double		d_r = of->fall_r - log_a;
		double		d_alpha = -of->p * less_a;
		double		d_s = of->fall_s - log_b;
		double		d_beta = -of->s * less_b - b;

		m->first[R] += mass * d_r;
		m->first[ALPHA] += mass * d_alpha;
		m->first[S] += mass * d_s;
		m->first[BETA] += mass * d_beta;
		m->second[R][R] += mass * (d_r * d_r);
		m->second[ALPHA][R] += mass * (d_alpha * d_r - less_a);
		m->second[ALPHA][ALPHA] += mass * (d_alpha * d_alpha - d_alpha * (a + of->end_a));
		m->second[S][R] += mass * (d_s * d_r);
		m->second[S][ALPHA] += mass * (d_s * d_alpha);
		m->second[S][S] += mass * (d_s * d_s);
		m->second[BETA][R] += mass * (d_beta * d_r);
		m->second[BETA][ALPHA] += mass * (d_beta * d_alpha);
		m->second[BETA][S] += mass * (d_beta * d_s - less_b);
		m->second[BETA][BETA] += mass * (d_beta * d_beta + of->s * less_b * (b + of->end_b) + b * b);
	}
	return mass;
}

/* The integral up to w = whole, panel by panel. */
static inline double
integrate(const Leaving *of, double whole, bool derivatives, Mixture *m)
{
	double		sum = 0;
	double		w = 0;
	double		rate = fall_rate(of, 0);

	while (w < whole)
	{
		double		length = fmin(fmin(PANEL_LENGTH, PANEL_FALL / rate), whole - w);
		double		last = 0;
		const Rule *rule = rules;

		rate = fall_rate(of, of->near * expm1(w + length));
		if (length * rate > PANEL_FALL)
		{
			length = PANEL_FALL / rate;
			rate = fall_rate(of, of->near * expm1(w + length));
		}
		if (!(w + length > w))
			break;				/* beyond what a double can step */
		while (rule < &rules[RULES - 1] && (length > rule->length || length * rate > rule->fall))
			rule++;
		for (int k = 0; k < rule->nodes; k++)
		{
			last = add_node(of, w + length * rule->node[k], length * rule->weight[k], derivatives, m);
			sum += last;
		}
		w += length;
		/* what is left is below the last density over its rate of decay */
		if (rate > 2 && last / (length * rule->weight[rule->nodes - 1]) < 1e-19 * sum * (rate - 1))
			break;
	}
	return sum;
}

static void
mixture(const double *parameters, const ClvObservation *observation, bool derivatives, Mixture *m)
{
	Leaving		of;
	double		whole;
	double		sum = 0;
	double		log_sum;

	of.p = parameters[R] + observation->x;
	of.s = parameters[S];
	of.A = parameters[ALPHA] + observation->t_x;
	of.B = parameters[BETA] + observation->t_x;
	of.near = (of.A < of.B) ? of.A : of.B;
	of.far = (of.A < of.B) ? of.B : of.A;
	of.D = observation->age - observation->t_x;
	of.end_a = 1 / (of.A + of.D);
	of.end_b = 1 / (of.B + of.D);
	of.fall_r = log1p(of.D / of.A);
	of.fall_s = log1p(of.D / of.B);
	whole = (of.A < of.B) ? of.fall_r : of.fall_s;

	m->log_alive = -of.p * of.fall_r - of.s * of.fall_s;
	m->log_dead = -INFINITY;
	m->log_total = m->log_alive;
	m->dead = 0;
	m->dead_by_s = 0;
	for (int i = 0; i < PARAMETERS; i++)
	{
		m->first[i] = 0;
		for (int j = 0; j < PARAMETERS; j++)
			m->second[i][j] = 0;
	}
	if (whole > 0 && (of.s > 0 || derivatives))
		sum = integrate(&of, whole, derivatives, m);
	if (!(sum > 0))
		return;

	log_sum = log(sum);
	m->log_dead = log(of.s) + log_sum;
	m->log_total = clv_log_add_exp(m->log_alive, m->log_dead);
	m->dead = exp(m->log_dead - m->log_total);
	m->dead_by_s = exp(log_sum - m->log_total);
	for (int i = 0; i < PARAMETERS; i++)
	{
		m->first[i] /= sum;
		for (int j = 0; j <= i; j++)
			m->second[i][j] = m->second[j][i] = m->second[i][j] / sum;
	}
}

/* Functions of x alone; observations come sorted, so they are kept while x stays. */
typedef struct OfCount
{
	double		x;
	double		log_gamma;		/* log(Gamma(r + x) / Gamma(r)) */
	double		psi;			/* its derivatives by r */
	double		psi1;
} OfCount;

static void
count_terms(double r, double x, bool derivatives, OfCount *of)
{
	of->x = x;
	of->log_gamma = clv_lgamma_ratio(r, x);
	if (derivatives)
	{
		of->psi = clv_digamma_diff(r, x);
		of->psi1 = clv_trigamma_diff(r, x);
	}
}

/*
 * Derivatives of the logarithm of the likelihood: those of the first term,
 * alive at T, and the shift by the second.
 */
static inline void
add_derivatives(const double *parameters, const OfCount *of, const ClvObservation *o, const Mixture *m,
				double g[PARAMETERS], double h[PARAMETERS][PARAMETERS])
{
	double		r = parameters[R];
	double		alpha = parameters[ALPHA];
	double		s = parameters[S];
	double		beta = parameters[BETA];
	double		weight = o->weight;
	double		T = o->age;
	double		end_a = 1 / (alpha + T);
	double		end_b = 1 / (beta + T);
	double		base[PARAMETERS];
	double		shift[PARAMETERS];

	base[R] = of->psi - log1p(T / alpha);
	base[ALPHA] = (r * (T / alpha) - o->x) * end_a;
	base[S] = -log1p(T / beta);
	base[BETA] = s * (T / beta) * end_b;
	for (int j = 0; j < PARAMETERS; j++)
	{
		shift[j] = m->dead * m->first[j] + (j == S ? m->dead_by_s : 0);
		g[j] += weight * (base[j] + shift[j]);
	}
	for (int j = 0; j < PARAMETERS; j++)
		for (int k = 0; k <= j; k++)
		{
			double		second = m->dead * m->second[j][k] - shift[j] * shift[k];

			if (j == S)
				second += m->dead_by_s * m->first[k];
			if (k == S)
				second += m->dead_by_s * m->first[j];
			h[j][k] += weight * second;
		}
	h[R][R] += weight * of->psi1;
	h[ALPHA][R] += weight * (T / alpha) * end_a;
	h[ALPHA][ALPHA] += weight * ((r + o->x) * end_a * end_a - r / alpha / alpha);
	h[BETA][S] += weight * (T / beta) * end_b;
	h[BETA][BETA] += weight * s * (end_b * end_b - 1 / beta / beta);
}

static double
pareto_nbd_log_likelihood(const double *parameters, const ClvObservation *observations, size_t n,
						  double *gradient, double *hessian, ClvInterrupt interrupt)
{
	const double r = parameters[R];
	const double alpha = parameters[ALPHA];
	double		sum = 0;
	double		carry = 0;
	double		g[PARAMETERS] = {0};
	double		h[PARAMETERS][PARAMETERS] = {{0}};
	bool		derivatives = gradient != NULL || hessian != NULL;
	OfCount		of = {.x = -1};

	for (size_t i = 0; i < n; i++)
	{
		const ClvObservation *o = &observations[i];
		double		term,
					y,
					t;
		Mixture		m;

		if (interrupt && i % 256 == 0)
			interrupt();
		if (o->x != of.x)
			count_terms(r, o->x, derivatives, &of);
		mixture(parameters, o, derivatives, &m);
		term = o->weight * (of.log_gamma - r * log1p(o->t_x / alpha)
							- (o->x > 0 ? o->x * log(alpha + o->t_x) : 0)
							- parameters[S] * log1p(o->t_x / parameters[BETA]) + m.log_total);
		/* compensated, so that the order of a million terms does not show */
		y = term - carry;
		t = sum + y;
		carry = (t - sum) - y;
		sum = t;
		if (derivatives)
			add_derivatives(parameters, &of, o, &m, g, h);
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

static double
log_p_alive(const double *parameters, const ClvObservation *observation)
{
	Mixture		m;

	mixture(parameters, observation, false, &m);
	return m.log_alive - m.log_total;
}

static double
pareto_nbd_p_alive(const double *parameters, const ClvObservation *observation, double later)
{
	return exp(log_p_alive(parameters, observation)
			   - parameters[S] * log1p(later / (parameters[BETA] + observation->age)));
}

/* log (expm1(y) / y) */
static double
log_expm1_ratio(double y)
{
	if (y > 50)
		return y - log(y);
	return log(clv_expm1_ratio(y));
}

/*
 * log of the expected time alive within t of somebody alive whose rate of
 * leaving has shape s and scale b: b / (s-1) (1 - (b / (b+t))^(s-1)).
 */
static double
log_time_alive(double s, double b, double t)
{
	double		span = log1p(t / b);

	return log(b) + log(span) + log_expm1_ratio((1 - s) * span);
}

/* exp of what could be too large to be a number */
static double
finite_exp(double x)
{
	return fmin(exp(x), DBL_MAX);
}

/* The log of expected orders of somebody alive at age, in a time alive given by its log. */
static double
log_orders(const double *parameters, const ClvObservation *observation, double log_time)
{
	return log(parameters[R] + observation->x) - log(parameters[ALPHA] + observation->age) + log_time;
}

static double
pareto_nbd_expected_orders(const double *parameters, const ClvObservation *observation, double t)
{
	if (t == 0)
		return 0;
	return finite_exp(log_p_alive(parameters, observation) +
					  log_orders(parameters, observation,
								 log_time_alive(parameters[S], parameters[BETA] + observation->age, t)));
}

static double
pareto_nbd_orders_if_alive(const double *parameters, const ClvObservation *observation, double t)
{
	if (t == 0)
		return 0;
	return finite_exp(log_orders(parameters, observation,
								 log_time_alive(parameters[S], parameters[BETA] + observation->age, t)));
}

static double
pareto_nbd_expected_orders_new(const double *parameters, double t)
{
	if (t == 0)
		return 0;
	return finite_exp(log(parameters[R]) - log(parameters[ALPHA])
					  + log_time_alive(parameters[S], parameters[BETA], t));
}

/*
 * Expected discounted time alive is the integral of exp(-rate y) (b/(b+y))^s,
 * b = beta + T, which is b z^(s-1) Psi(s, s; z) with z = rate b (Fader and
 * Hardie 2005, equation 5).
 */
static double
log_discounted_time(const double *parameters, const ClvObservation *observation, double rate)
{
	double		s = parameters[S];
	double		b = parameters[BETA] + observation->age;
	double		z = rate * b;

	if (z < DBL_MIN || isinf(z))
		return (isinf(z)) ? -log(rate) : log_time_alive(s, b, 40 / rate);
	return -log(rate) + clv_log_scaled_psi_ss(s, z);
}

static double
pareto_nbd_dert(const double *parameters, const ClvObservation *observation, double rate)
{
	return finite_exp(log_p_alive(parameters, observation) +
					  log_orders(parameters, observation, log_discounted_time(parameters, observation, rate)));
}

static void
pareto_nbd_dert_if_alive(const double *parameters, const ClvObservation *observations, int n, double rate, double *result)
{
	for (int i = 0; i < n; i++)
		result[i] = finite_exp(log_orders(parameters, &observations[i], log_discounted_time(parameters, &observations[i], rate)));
}

static double
pareto_nbd_age_origin(const double *parameters)
{
	return fmin(parameters[ALPHA], parameters[BETA]);
}

/* ---- the number of orders in a given time ---- */

typedef struct Counting
{
	double		r,
				alpha,
				s,
				beta,
				t,
				n;
	double		peak;			/* of the beta density that the NBD is made of */
} Counting;

/* log P(n orders within y) of somebody who stays */
static double
log_nbd(const Counting *c, double log_y, double y)
{
	if (c->n == 0)
		return -c->r * log1p(y / c->alpha);
	return c->peak - log(c->n)
		+ clv_log_beta_fall(c->r, c->n, log(c->alpha) - log_y + log(c->n) - log(c->r));
}

/* Leaving at y = t logistic(u), n orders before. */
static double
leaving_integrand(double u, const void *context)
{
	const Counting *c = context;
	double		log_y = log(c->t) - clv_log1pexp(-u);
	double		y = exp(log_y);

	return log_y - clv_log1pexp(u) + log_nbd(c, log_y, y)
		- c->s * log1p(y / c->beta) - log(c->beta + y);
}

static double
leaving_slope(const Counting *c, double u)
{
	double		p = clv_logistic(u);
	double		q = clv_logistic(-u);
	double		y = c->t * p;

	return (c->n + 1) * q - p - q * ((c->r + c->n) * (y / (c->alpha + y)) + (c->s + 1) * (y / (c->beta + y)));
}

static double
count_probability(double r, double alpha, double s, double beta, double t, double n)
{
	Counting	c = {r, alpha, s, beta, t, n, 0};
	double		stays,
				leaves = 0;

	if (t == 0)
		return (n == 0) ? 1 : 0;
	if (n > 0)
		c.peak = clv_log_beta_peak(r, n);
	stays = exp(log_nbd(&c, log(t), t) - s * log1p(t / beta));
	if (s > 0)
	{
		double		low = -1,
					high = 1,
					mode,
					bend;

		while (leaving_slope(&c, low) < 0 && low > -1000)
			low *= 2;
		while (leaving_slope(&c, high) > 0 && high < 1000)
			high *= 2;
		for (int i = 0; i < 40; i++)
		{
			mode = 0.5 * (low + high);
			if (leaving_slope(&c, mode) > 0)
				low = mode;
			else
				high = mode;
		}
		mode = 0.5 * (low + high);
		bend = (leaving_slope(&c, mode - 1e-3) - leaving_slope(&c, mode + 1e-3)) / 2e-3;
		leaves = exp(log(s) + clv_log_line_integral(leaving_integrand, &c, mode,
													(bend > 0.64) ? 2 / sqrt(bend) : 2.5));
	}
	return fmin(stays + leaves, 1);
}

static double
pareto_nbd_order_probability(const double *parameters, const ClvObservation *observation, double t, double n)
{
	Mixture		m;
	double		result;

	mixture(parameters, observation, false, &m);
	result = exp(m.log_alive - m.log_total)
		* count_probability(parameters[R] + observation->x, parameters[ALPHA] + observation->age,
							parameters[S], parameters[BETA] + observation->age, t, n);
	if (n == 0)
		result += m.dead;
	return fmin(result, 1);
}

/*
 * Many numbers of orders at once: the time of leaving is averaged over nodes in
 * log(beta + y), which are the same for all of them.  Whatever the nodes miss
 * moves between neighbours; the sum over n stays right.
 */
static bool
pareto_nbd_order_probabilities(const double *parameters, const ClvObservation *observation, double t,
							   int count, double *probability)
{
	double		r = parameters[R] + observation->x;
	double		alpha = parameters[ALPHA] + observation->age;
	double		s = parameters[S];
	double		beta = parameters[BETA] + observation->age;
	double		length = log1p(t / beta);
	double		log_ratio[MOST_LEAVING + 1];
	double		log_term[MOST_LEAVING + 1];
	double		alive;
	int			panels;
	int			nodes = 0;
	Mixture		m;

	mixture(parameters, observation, false, &m);
	alive = exp(m.log_alive - m.log_total);
	if (t == 0 || alive == 0)
	{
		for (int n = 0; n < count; n++)
			probability[n] = (n == 0) ? 1 : 0;
		return true;
	}

	/* Who is still there after t, then who leaves at y. */
	log_ratio[nodes] = -log1p(alpha / t);
	log_term[nodes++] = -s * length - r * log1p(t / alpha);
	if (s > 0)
	{
		double		reach = fmin(length, 40 / s);
		double		width = fmin(fmin(0.8, 8 / s), 5 / sqrt(r + 10));

		panels = (int) fmin(ceil(reach / width), MOST_LEAVING / 20);
		for (int i = 0; i < panels * 20; i++)
		{
			double		w = reach * ((i / 20) + clv_gauss_node_20[i % 20]) / panels;
			double		y = beta * expm1(w);

			log_ratio[nodes] = -log1p(alpha / y);
			log_term[nodes++] = log(clv_gauss_weight_20[i % 20] * reach / panels * s) - s * w - r * log1p(y / alpha);
		}
	}
	for (int n = 0; n < count; n++)
	{
		double		step = log((r + n) / (n + 1));
		double		sum = 0;

		for (int i = 0; i < nodes; i++)
		{
			sum += exp(log_term[i]);
			log_term[i] += step + log_ratio[i];
		}
		probability[n] = fmin(alive * sum, 1);
	}
	probability[0] = fmin(probability[0] + m.dead, 1);
	return true;
}

static double
pareto_nbd_order_probability_new(const double *parameters, double t, double n)
{
	return count_probability(parameters[R], parameters[ALPHA], parameters[S], parameters[BETA], t, n);
}

/* ---- fit ---- */

/*
 * Moments of the NBD give r and alpha; the starts differ in how soon and how
 * unevenly customers leave; the last two are for bases in which some leave at
 * once, the maximum of which lies at a tiny beta.
 */
static bool
pareto_nbd_start(const ClvObservation *observations, size_t n, int attempt, double *parameters)
{
	static const struct
	{
		double		r,
					s,
					beta;
	}			start[] = {{1.4, 0.6, 0.35}, {1, 1, 1}, {1, 0.2, 0.1}, {1, 5, 20}, {2, 8, 2}, {1, 0.05, 1e-3}, {20, 0.3, 1e-4}};
	double		weight = 0,
				x = 0,
				square = 0,
				age = 0;
	double		mean,
				r;

	if (attempt >= (int) (sizeof(start) / sizeof(start[0])))
		return false;
	for (size_t i = 0; i < n; i++)
	{
		weight += observations[i].weight;
		x += observations[i].weight * observations[i].x;
		age += observations[i].weight * observations[i].age;
	}
	mean = x / weight;
	age /= weight;
	for (size_t i = 0; i < n; i++)
		square += observations[i].weight * (observations[i].x - mean) * (observations[i].x - mean);
	mean = fmax(mean, 1 / (1 + weight));
	r = fmin(fmax(mean * mean / fmax(square / weight - mean, 0.01 * mean), 0.02), 50);
	if (!(age > 0))
		age = 1;
	parameters[R] = r * start[attempt].r;
	parameters[S] = start[attempt].s;
	parameters[BETA] = start[attempt].beta * age;
	/* so that the expected orders of a new customer within the mean age are the mean */
	parameters[ALPHA] = parameters[R] / mean * exp(log_time_alive(parameters[S], parameters[BETA], age));
	return true;
}

/* No repeat order: the likelihood is 1 for a rate of 0, whatever else. */
static ClvFitStatus
pareto_nbd_degenerate(const ClvObservation *observations, size_t n, double *parameters)
{
	double		longest = 0;

	for (size_t i = 0; i < n; i++)
	{
		if (observations[i].x > 0)
			return CLV_FIT_OK;
		longest = fmax(longest, observations[i].age);
	}
	parameters[R] = 1e-6;
	parameters[ALPHA] = (longest > 0) ? longest : 1;
	parameters[S] = 0;
	parameters[BETA] = parameters[ALPHA];
	return CLV_FIT_FLAT;
}

static void
pareto_nbd_embed(const double *nested_parameters, double *parameters)
{
	parameters[R] = nested_parameters[0];
	parameters[ALPHA] = nested_parameters[1];
	parameters[S] = 0;
	parameters[BETA] = nested_parameters[1];
}

/* ---- simulation ---- */

static void
pareto_nbd_simulate_start(const double *parameters, ClvSimulation *simulation)
{
	ClvRandom  *random = &simulation->random;

	simulation->rate = clv_portable_exp(clv_random_log_gamma(random, parameters[R])
										- clv_portable_log(parameters[ALPHA]));
	simulation->lifetime = INFINITY;
	if (parameters[S] > 0)
	{
		double		log_rate = clv_random_log_gamma(random, parameters[S]);

		simulation->lifetime = clv_portable_exp(clv_portable_log(clv_random_exponential(random))
												+ clv_portable_log(parameters[BETA]) - log_rate);
	}
}

static double
pareto_nbd_simulate_next(const double *parameters, ClvSimulation *simulation)
{
	double		next = simulation->time + clv_random_exponential(&simulation->random) / simulation->rate;

	if (!simulation->alive || !(next <= simulation->lifetime) || isinf(next))
	{
		simulation->alive = false;
		return INFINITY;
	}
	simulation->time = next;
	return next;
}

const ClvFamily clv_family_pareto_nbd = {
	.name = "pareto/nbd",
	.title = "Pareto/NBD (Schmittlein, Morrison and Colombo 1987)",
	.kind = CLV_TRANSACTIONS,
	.parameter_count = PARAMETERS,
	.parameter = {
		CLV_SHAPE("r", "shape of the order rates: the smaller, the more customers differ"),
		CLV_TIME("alpha", "scale of the order rates: r / alpha orders per unit of time while alive"),
		CLV_DROPOUT_SHAPE("s", "shape of the drop-out rates; 0: nobody leaves"),
		CLV_TIME("beta", "scale of the drop-out rates: s / beta per unit of time"),
	},
	.log_likelihood = pareto_nbd_log_likelihood,
	.start = pareto_nbd_start,
	.degenerate = pareto_nbd_degenerate,
	.nested = &clv_family_nbd,
	.embed = pareto_nbd_embed,
	.p_alive = pareto_nbd_p_alive,
	.expected_orders = pareto_nbd_expected_orders,
	.orders_if_alive = pareto_nbd_orders_if_alive,
	.expected_orders_new = pareto_nbd_expected_orders_new,
	.order_probability = pareto_nbd_order_probability,
	.order_probabilities = pareto_nbd_order_probabilities,
	.order_probability_new = pareto_nbd_order_probability_new,
	.dert = pareto_nbd_dert,
	.dert_if_alive = pareto_nbd_dert_if_alive,
	.age_origin = pareto_nbd_age_origin,
	.simulate_start = pareto_nbd_simulate_start,
	.simulate_next = pareto_nbd_simulate_next,
};
