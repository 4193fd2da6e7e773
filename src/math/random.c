/*-------------------------------------------------------------------------
 *
 * random.c
 *	  Random numbers that are the same on every machine.
 *
 * Generator: xoshiro256++ (Blackman and Vigna 2021), its state filled by
 * splitmix64 (Steele, Lea and Flood 2014).  Gamma: Marsaglia and Tsang (2000).
 * Normal: the polar method (Marsaglia and Bray 1964).
 *
 *-------------------------------------------------------------------------
 */
#include "math/random.h"

#include <math.h>

static uint64_t
mix(uint64_t *state)
{
	uint64_t	z = (*state += UINT64_C(0x9E3779B97F4A7C15));

	z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
	return z ^ (z >> 31);
}

void
clv_random_init(ClvRandom *random, uint64_t seed, uint64_t stream)
{
	uint64_t	state = seed;

	/* Neighboring seeds and streams must not meet: mix one before adding the other. */
	state = mix(&state) ^ stream;
	state = mix(&state) + seed;
	for (int i = 0; i < 4; i++)
		random->state[i] = mix(&state);
	if ((random->state[0] | random->state[1] | random->state[2] | random->state[3]) == 0)
		random->state[0] = 1;
}

static uint64_t
rotate(uint64_t x, int k)
{
	return (x << k) | (x >> (64 - k));
}

uint64_t
clv_random_bits(ClvRandom *random)
{
	uint64_t   *s = random->state;
	uint64_t	result = rotate(s[0] + s[3], 23) + s[0];
	uint64_t	t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotate(s[3], 45);
	return result;
}

#define TWO_TO_MINUS_52 2.220446049250313e-16

double
clv_random_uniform(ClvRandom *random)
{
	/* The middle of one of 2^52 intervals: exact, and never 0 or 1. */
	return ((double) (clv_random_bits(random) >> 12) + 0.5) * TWO_TO_MINUS_52;
}

/* log 2 in two parts; the first has 33 bits, so that its multiples are exact */
#define LN2_HIGH 0.6931471803691238
#define LN2_LOW 1.9082149292705877e-10

double
clv_portable_log(double x)
{
	int			exponent;
	double		m,
				s,
				s2,
				series = 0;

	if (!(x > 0))
		return x == 0 ? -INFINITY : NAN;
	if (isinf(x))
		return x;
	m = frexp(x, &exponent);
	if (m < 0.70710678118654752440)
	{
		m *= 2;
		exponent--;
	}
	/* log m = 2 atanh((m-1) / (m+1)); the argument is below 0.172 */
	s = (m - 1) / (m + 1);
	s2 = s * s;
	for (int k = 25; k >= 3; k -= 2)
		series = (series + 1.0 / k) * s2;
	return exponent * LN2_HIGH + (2 * s + (2 * s * series + exponent * LN2_LOW));
}

double
clv_portable_exp(double x)
{
	double		n;
	double		r;
	double		series = 1;

	if (isnan(x))
		return x;
	if (x > 709.79)
		return INFINITY;
	if (x < -745.2)
		return 0;
	n = floor(x * 1.44269504088896340736 + 0.5);
	r = (x - n * LN2_HIGH) - n * LN2_LOW;
	for (int k = 14; k >= 1; k--)
		series = 1 + series * r / k;
	return ldexp(series, (int) n);
}

double
clv_random_exponential(ClvRandom *random)
{
	return -clv_portable_log(clv_random_uniform(random));
}

double
clv_random_normal(ClvRandom *random)
{
	for (;;)
	{
		double		u = 2 * clv_random_uniform(random) - 1;
		double		v = 2 * clv_random_uniform(random) - 1;
		double		square = u * u + v * v;

		if (square < 1 && square > 0)
			return u * sqrt(-2 * clv_portable_log(square) / square);
	}
}

double
clv_random_log_gamma(ClvRandom *random, double shape)
{
	double		boost = 0;
	double		d,
				c;

	if (!(shape > 0))
		return -INFINITY;
	if (shape < 1)
	{
		boost = clv_portable_log(clv_random_uniform(random)) / shape;
		shape += 1;
	}
	d = shape - 1.0 / 3;
	c = 1 / sqrt(9 * d);
	for (;;)
	{
		double		z = clv_random_normal(random);
		double		v = 1 + c * z;
		double		log_v;

		if (v <= 0)
			continue;
		log_v = 3 * clv_portable_log(v);
		v = v * v * v;
		if (clv_portable_log(clv_random_uniform(random)) < 0.5 * z * z + d - d * v + d * log_v)
			return clv_portable_log(d) + log_v + boost;
	}
}

double
clv_random_gamma(ClvRandom *random, double shape)
{
	return clv_portable_exp(clv_random_log_gamma(random, shape));
}

double
clv_random_beta(ClvRandom *random, double a, double b)
{
	double		log_a;
	double		log_b;

	if (!(a > 0))
		return 0;
	if (!(b > 0))
		return 1;
	log_a = clv_random_log_gamma(random, a);
	log_b = clv_random_log_gamma(random, b);
	return 1 / (1 + clv_portable_exp(log_b - log_a));
}
