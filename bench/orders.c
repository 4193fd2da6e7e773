/*-------------------------------------------------------------------------
 *
 * orders.c
 *	  Orders of an imaginary shop, the same on every run:
 *
 *		orders COUNT SEED >orders.tsv
 *
 * prints about COUNT orders of COUNT / 10 customers, in the order of time:
 * order number, customer, time (UTC), amount with two decimals.
 *
 * Customers arrive over the three years 2022 to 2024, more and more of them
 * and most before Christmas; their numbers follow their arrival.  Each buys
 * at a rate of his own (gamma), may stay away for good after every order
 * (beta) and spends around a mean of his own (gamma of gamma): the world of
 * the BG/NBD and gamma-gamma models.
 *
 *-------------------------------------------------------------------------
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY 86400.0
#define SPAN (1096 * DAY)		/* 2022-01-01 to 2024-12-31 */

typedef struct Order
{
	uint32_t	second;			/* since the start of 2022 */
	uint32_t	customer;
	uint32_t	cents;
} Order;

static uint64_t state;

/* splitmix64 */
static uint64_t
random_bits(void)
{
	uint64_t	z = state += 0x9E3779B97F4A7C15u;

	z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
	z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
	return z ^ (z >> 31);
}

static double
uniform(void)
{
	return ((double) (random_bits() >> 11) + 0.5) / 9007199254740992.0;
}

/* Marsaglia and Tsang 2000; shapes below one by a power of a uniform. */
static double
gamma_variate(double shape)
{
	double		boost = shape < 1 ? pow(uniform(), 1 / shape) : 1;
	double		d = (shape < 1 ? shape + 1 : shape) - 1.0 / 3;

	for (;;)
	{
		double		normal = sqrt(-2 * log(uniform())) * cos(2 * M_PI * uniform());
		double		root = 1 + normal / sqrt(9 * d);
		double		v = root * root * root;

		if (root > 0 && log(uniform()) < normal * normal / 2 + d * (1 - v + log(v)))
			return boost * d * v;
	}
}

/* When a customer buys first: twice as often at the end as at the beginning, and more in the last weeks of a year. */
static double
arrival(void)
{
	for (;;)
	{
		double		when = uniform();
		double		year = when * 3 - floor(when * 3);

		if (uniform() * 2.8 < (1 + when) * (year > 0.85 ? 1.4 : 1))
			return when * SPAN;
	}
}

static int
compare_doubles(const void *left, const void *right)
{
	double		l = *(const double *) left;
	double		r = *(const double *) right;

	return (l > r) - (l < r);
}

/* By time, stable: two rounds of counting sixteen bits. */
static void
sort_by_time(Order *orders, Order *scratch, size_t count)
{
	static size_t starts[65537];

	for (int shift = 0; shift < 32; shift += 16)
	{
		memset(starts, 0, sizeof(starts));
		for (size_t i = 0; i < count; i++)
			starts[(orders[i].second >> shift & 0xFFFF) + 1]++;
		for (int i = 0; i < 65536; i++)
			starts[i + 1] += starts[i];
		for (size_t i = 0; i < count; i++)
			scratch[starts[orders[i].second >> shift & 0xFFFF]++] = orders[i];
		memcpy(orders, scratch, count * sizeof(Order));
	}
}

static void
print_order(size_t number, const Order *order)
{
	static const int month_days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int			day = (int) (order->second / 86400);
	int			second = (int) (order->second % 86400);
	int			year = day < 365 ? 2022 : day < 730 ? 2023 : 2024;
	int			month = 0;

	day -= (year - 2022) * 365;
	while (day >= month_days[month] + (year == 2024 && month == 1))
		day -= month_days[month] + (year == 2024 && month == 1), month++;
	printf("%zu\t%u\t%d-%02d-%02d %02d:%02d:%02d+00\t%u.%02u\n", number, order->customer, year, month + 1, day + 1,
		   second / 3600, second / 60 % 60, second % 60, order->cents / 100, order->cents % 100);
}

int
main(int argc, char **argv)
{
	size_t		customers = argc > 1 ? strtoull(argv[1], NULL, 10) / 10 : 0;
	size_t		room = customers * 16 + 1024;
	size_t		count = 0;
	double	   *arrivals = malloc(customers * sizeof(double) + 1);
	Order	   *orders = malloc(room * sizeof(Order));
	Order	   *scratch;

	if (argc != 3 || customers == 0 || arrivals == NULL || orders == NULL)
	{
		fprintf(stderr, "usage: orders COUNT SEED\n");
		return 1;
	}
	state = strtoull(argv[2], NULL, 10);
	for (size_t i = 0; i < customers; i++)
		arrivals[i] = arrival();
	qsort(arrivals, customers, sizeof(double), compare_doubles);

	for (size_t i = 0; i < customers; i++)
	{
		double		rate = gamma_variate(0.5) / (10 * DAY);	/* 0.05 a day on average */
		double		stays = gamma_variate(4.5);
		double		leaving = gamma_variate(0.5);
		double		mean = 15 / gamma_variate(3.75);
		double		now = arrivals[i];

		leaving /= leaving + stays;
		do
		{
			double		cents = 1 + gamma_variate(6.25) * mean * 100;

			if (count == room && (orders = realloc(orders, (room *= 2) * sizeof(Order))) == NULL)
				return 1;
			orders[count++] = (Order)
			{
				(uint32_t) now, (uint32_t) (i + 1), (uint32_t) (cents < 4e9 ? cents : 4e9)
			};
			now += -log(uniform()) / rate;
		} while (uniform() > leaving && now < SPAN);
	}

	if ((scratch = malloc(count * sizeof(Order))) == NULL)
		return 1;
	sort_by_time(orders, scratch, count);
	for (size_t i = 0; i < count; i++)
		print_order(i + 1, &orders[i]);
	return fflush(stdout) != 0 || ferror(stdout);
}
