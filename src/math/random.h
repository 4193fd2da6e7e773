/*-------------------------------------------------------------------------
 *
 * random.h
 *	  Random numbers that are the same on every machine.
 *
 * The generator is integer arithmetic; the distributions use additions,
 * multiplications, divisions and square roots only, which IEEE 754 rounds
 * correctly, and logarithms and exponentials made of those.  Nothing depends
 * on the C library or (contraction being off) on the compiler.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CLV_RANDOM_H
#define CLV_RANDOM_H

#include <stdint.h>

typedef struct ClvRandom
{
	uint64_t	state[4];
} ClvRandom;

/* A stream of its own for each (seed, stream). */
extern void clv_random_init(ClvRandom *random, uint64_t seed, uint64_t stream);

extern uint64_t clv_random_bits(ClvRandom *random);

/* Uniform in (0, 1): neither 0 nor 1 occurs. */
extern double clv_random_uniform(ClvRandom *random);

/* Exponential with mean 1, > 0. */
extern double clv_random_exponential(ClvRandom *random);

extern double clv_random_normal(ClvRandom *random);

/* Gamma with that shape > 0 and scale 1; the logarithm does not underflow for tiny shapes. */
extern double clv_random_gamma(ClvRandom *random, double shape);
extern double clv_random_log_gamma(ClvRandom *random, double shape);

/* Beta; a = 0 gives 0, b = 0 gives 1. */
extern double clv_random_beta(ClvRandom *random, double a, double b);

/* Logarithm and exponential by correctly rounded operations; error below 2 units of the last place. */
extern double clv_portable_log(double x);
extern double clv_portable_exp(double x);

#endif							/* CLV_RANDOM_H */
