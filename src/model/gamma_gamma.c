/*-------------------------------------------------------------------------
 *
 * gamma_gamma.c
 *	  Gamma-gamma: the amount of an order.
 *
 * Colombo and Jiang (1999); Fader, Hardie and Lee (2005), RFM and CLV, JMR
 * 42(4); Fader and Hardie (2013), The gamma-gamma model of monetary value.
 * The mean m of x amounts, each gamma with shape p and a scale whose rate is
 * gamma(q, gamma) over customers, has with y = p x the density
 *
 *		1 / (B(y, q) m) (1 + gamma / (x m))^-y (1 + x m / gamma)^-q
 *
 *-------------------------------------------------------------------------
 */
#include "model/parameter.h"

#include <float.h>
#include <math.h>

#include "math/neumaier.h"
#include "math/special.h"
#include "model/simulate.h"

#define BLOCK 256
#define BLOCKS_BETWEEN_INTERRUPTS 64

/* Observations from which on logarithms are taken of products. */
#define MANY 1000

/* What depends on x and the parameters alone. */
typedef struct OfCount
{
	double		x;
	double		constant;
	double		d_y,
				d_q;
	double		d_yy,
				d_yq,
				d_qq;
} OfCount;

static void
count_terms(double x, double p, double q, bool derivatives, OfCount *of)
{
	double		y = p * x;

	of->x = x;
	of->constant = -clv_lbeta(y, q);
	if (derivatives)
	{
		of->d_y = clv_digamma_diff(y, q);
		of->d_q = clv_digamma_diff(q, y);
		of->d_yy = clv_trigamma_diff(y, q);
		of->d_qq = clv_trigamma_diff(q, y);
		of->d_yq = clv_trigamma(y + q);
	}
}

/* Sum of logarithms, taken of products of many factors. */
typedef struct LogSum
{
	double		sum;
	double		product;
} LogSum;

static inline void
add_log(LogSum *total, double factor, double weight)
{
	if (weight != 1 || !(factor > 1e-150 && factor < 1e150))
		total->sum += weight * log(factor);
	else
	{
		total->product *= factor;
		if (!(total->product > 1e-150 && total->product < 1e150))
		{
			total->sum += log(total->product);
			total->product = 1;
		}
	}
}

/*
 * The sums of log_likelihood over many observations, ordered by x: those over
 * equal x first, in which the parameters p and q do not occur.
 */
static void
add_many(const double *parameters, const ClvObservation *observations, size_t n, bool derivatives,
		 ClvNeumaier *total, ClvInterrupt interrupt)
{
	double		p = parameters[0];
	double		q = parameters[1];
	double		scale = parameters[2];
	OfCount		of = {0};
	size_t		blocks = 0;

	for (size_t i = 0; i < n;)
	{
		size_t		end = n - i < BLOCK ? n : i + BLOCK;
		double		x = observations[i].x;
		double		y = p * x;
		double		weights = 0;
		LogSum		both = {0, 1};	/* of 1 + spent / scale */
		LogSum		ratios = {0, 1};	/* of spent / scale */
		double		share = 0;	/* of spent / (scale + spent) */
		double		inverse = 0;	/* of 1 / (scale + spent) */
		double		share_inverse = 0;
		double		inverse_square = 0;
		double		log_both;
		double		log_ratio;
		double		sum[10] = {0};

		for (; i < end && observations[i].x == x; i++)
		{
			double		weight = observations[i].weight;
			double		ratio = x * observations[i].extra / scale;

			if (x == 0)
				continue;
			if (ratio < DBL_MIN)
				ratio = DBL_MIN;
			weights += weight;
			add_log(&both, 1 + ratio, weight);
			add_log(&ratios, ratio, weight);
			if (derivatives)
			{
				double		one = 1 / (1 + ratio);
				double		other = one / scale;

				share += weight * ratio * one;
				inverse += weight * other;
				share_inverse += weight * ratio * one * other;
				inverse_square += weight * other * other;
			}
		}
		if (x == 0)
			continue;
		if (x != of.x)
			count_terms(x, p, q, derivatives, &of);
		log_both = both.sum + log(both.product);
		log_ratio = ratios.sum + log(ratios.product);
		sum[0] = weights * (of.constant + log(x / scale)) - log_ratio - y * (log_both - log_ratio) - q * log_both;
		if (derivatives)
		{
			sum[1] = x * (weights * of.d_y - (log_both - log_ratio));
			sum[2] = weights * of.d_q - log_both;
			sum[3] = q / scale * share - y * inverse;
			sum[4] = x * x * weights * of.d_yy;
			sum[5] = x * weights * of.d_yq;
			sum[6] = -x * inverse;
			sum[7] = weights * of.d_qq;
			sum[8] = share / scale;
			sum[9] = y * inverse_square - q / scale * (share_inverse + share / scale);
		}
		for (int j = 0; j < (derivatives ? 10 : 1); j++)
			clv_neumaier_add(&total[j], sum[j]);
		if (interrupt && ++blocks % BLOCKS_BETWEEN_INTERRUPTS == 0)
			interrupt();
	}
}

/* What one observation adds to the sums of log_likelihood. */
static inline void
add_one(const double *parameters, const OfCount *of, const ClvObservation *o, bool derivatives, double *sum)
{
	double		p = parameters[0];
	double		q = parameters[1];
	double		scale = parameters[2];
	double		weight = o->weight;
	double		spent = o->x * o->extra;
	double		y = p * o->x;

	/* the quotient of the smallest amounts overflows */
	double		log_y = scale / spent <= DBL_MAX ? log1p(scale / spent) : log(scale) - log(spent);
	double		log_q = log1p(spent / scale);

	sum[0] += weight * (of->constant - log(o->extra) - y * log_y - q * log_q);
	if (derivatives)
	{
		double		both = scale + spent;
		double		ratio = spent / scale;

		sum[1] += weight * o->x * (of->d_y - log_y);
		sum[2] += weight * (of->d_q - log_q);
		sum[3] += weight * (q * ratio - y) / both;
		sum[4] += weight * o->x * o->x * of->d_yy;
		sum[5] += weight * o->x * of->d_yq;
		sum[6] += weight * -o->x / both;
		sum[7] += weight * of->d_qq;
		sum[8] += weight * ratio / both;
		sum[9] += weight * (y / both - q * ratio * (1 / both + 1 / scale)) / both;
	}
}

/* The same sums for any number of observations. */
static void
add_few(const double *parameters, const ClvObservation *observations, size_t n, bool derivatives,
		ClvNeumaier *total, ClvInterrupt interrupt)
{
	OfCount		of = {0};
	size_t		blocks = 0;

	for (size_t start = 0; start < n; start += BLOCK)
	{
		size_t		end = n - start < BLOCK ? n : start + BLOCK;
		double		sum[10] = {0};

		for (size_t i = start; i < end; i++)
		{
			const ClvObservation *o = &observations[i];

			if (o->x == 0)
				continue;
			if (o->x != of.x)
				count_terms(o->x, parameters[0], parameters[1], derivatives, &of);
			add_one(parameters, &of, o, derivatives, sum);
		}
		for (int i = 0; i < (derivatives ? 10 : 1); i++)
			clv_neumaier_add(&total[i], sum[i]);
		if (interrupt && ++blocks % BLOCKS_BETWEEN_INTERRUPTS == 0)
			interrupt();
	}
}

static double
log_likelihood(const double *parameters, const ClvObservation *observations, size_t n,
			   double *gradient, double *hessian, ClvInterrupt interrupt)
{
	bool		derivatives = gradient != NULL || hessian != NULL;
	ClvNeumaier total[10] = {{0, 0}};

	/* exponents beyond would show the rounding of products */
	if (n >= MANY && parameters[0] < 1000 && parameters[1] < 1000)
		add_many(parameters, observations, n, derivatives, total, interrupt);
	else
		add_few(parameters, observations, n, derivatives, total, interrupt);

	for (int i = 0; i < 3; i++)
	{
		static const int place[3][3] = {{4, 5, 6}, {5, 7, 8}, {6, 8, 9}};

		if (gradient)
			gradient[i] = clv_neumaier_value(&total[1 + i]);
		for (int j = 0; j < 3 && hessian; j++)
			hessian[i * 3 + j] = clv_neumaier_value(&total[place[i][j]]);
	}
	return clv_neumaier_value(&total[0]);
}

/* q is far enough from 1 that the mean of the base is not ruled by few customers. */
static bool
gamma_gamma_start(const ClvObservation *observations, size_t n, int attempt, double *parameters)
{
	static const double shape[][2] = {{4, 4}, {1, 2}, {30, 5}, {0.3, 30}};
	double		weight = 0;
	double		mean = 0;

	if (attempt >= (int) (sizeof(shape) / sizeof(shape[0])))
		return false;
	for (size_t i = 0; i < n; i++)
	{
		if (observations[i].x > 0)
		{
			weight += observations[i].weight;
			mean += observations[i].weight * observations[i].extra;
		}
	}
	parameters[0] = shape[attempt][0];
	parameters[1] = shape[attempt][1];
	parameters[2] = (weight > 0 ? mean / weight : 1) * (parameters[1] - 1) / parameters[0];
	return true;
}

/* Nobody with an amount, or all amounts equal. */
static ClvFitStatus
gamma_gamma_degenerate(const ClvObservation *observations, size_t n, double *parameters)
{
	double		first = 0;
	bool		differ = false;

	for (size_t i = 0; i < n && !differ; i++)
	{
		if (observations[i].x == 0)
			continue;
		if (first == 0)
			first = observations[i].extra;
		else if (observations[i].extra != first)
			differ = true;
	}
	if (first > 0 && differ)
		return CLV_FIT_OK;
	/* Certain about the amount: a narrow distribution around it. */
	parameters[0] = 1e6;
	parameters[1] = 1e6;
	parameters[2] = (first > 0 ? first : 1) * (parameters[1] - 1) / parameters[0];
	return CLV_FIT_FLAT;
}

static double
expected_spend_new(const double *parameters)
{
	double		mean = parameters[0] * parameters[2] / (parameters[1] - 1);

	return parameters[1] > 1 ? mean : INFINITY;
}

/* p (gamma + x m) / (p x + q - 1) = weight m + (1 - weight) p gamma / (q - 1) */
static double
expected_spend(const double *parameters, const ClvObservation *o, double *weight)
{
	double		y = parameters[0] * o->x;
	double		rest = y + (parameters[1] - 1);

	if (o->x == 0)
	{
		if (weight)
			*weight = 0;
		return expected_spend_new(parameters);
	}
	if (weight)
		*weight = rest > y ? y / rest : 1;
	if (!(rest > 0))
		return INFINITY;
	return parameters[0] * (parameters[2] / rest) + y / rest * o->extra;
}

static void
simulate_start(const double *parameters, ClvSimulation *simulation)
{
	/* kept as the logarithm of the rate of the amounts */
	simulation->rate = clv_random_log_gamma(&simulation->random, parameters[1]) - clv_portable_log(parameters[2]);
	simulation->alive = true;
}

static double
simulate_next(const double *parameters, ClvSimulation *simulation)
{
	return clv_portable_exp(clv_random_log_gamma(&simulation->random, parameters[0]) - simulation->rate);
}

const ClvFamily clv_family_gamma_gamma = {
	.name = "gamma-gamma",
	.title = "Gamma-gamma (Fader, Hardie and Lee 2005; Fader and Hardie 2013)",
	.kind = CLV_SPEND,
	.parameter_count = 3,
	.parameter = {
		CLV_SHAPE("p", "shape of one customer's amounts: the larger, the more alike they are"),
		{.name = "q", .lower = CLV_SMALLEST, .upper = CLV_LARGEST, .fit_lower = 1e-2, .fit_upper = 1e6, .offset = 1,
		.meaning = "shape of the scales over customers; the mean of the base exists for q > 1"},
		{.name = "gamma", .alias = "v", .lower = CLV_SMALLEST, .upper = CLV_LARGEST, .fit_lower = 1e-9, .fit_upper = 1e9,
		.unit_power = 1, .meaning = "scale of the amounts: the base spends p gamma / (q - 1) per order"},
	},
	.relation = {{2, 1, 1}, {2, 0, -1}},
	.log_likelihood = log_likelihood,
	.start = gamma_gamma_start,
	.degenerate = gamma_gamma_degenerate,
	.expected_spend = expected_spend,
	.expected_spend_new = expected_spend_new,
	.simulate_start = simulate_start,
	.simulate_next = simulate_next,
};
