/*-------------------------------------------------------------------------
 *
 * pareto_nbd.c
 *	  The Pareto/NBD against arbitrary precision, differences and itself.
 *
 *-------------------------------------------------------------------------
 */
#include "model_test.h"

#define FAMILY (&clv_family_pareto_nbd)

/*
 * What is allowed is two orders above the rounding of the exponents, which are
 * sums of logarithms of size 1e3 for the heaviest buyers.
 */
#define ALLOWED 1e-12

static void
check_grid(void)
{
	FILE	   *file = open_reference("grid_transactions.csv");
	Worst		worst[5] = {{"log-likelihood"}, {"P(alive)"}, {"expected orders"}, {"expected orders of a new customer"}, {"DERT"}};
	char		line[2048];
	char	   *field[20];

	if (file == NULL)
		return;
	while (fgets(line, sizeof(line), file) != NULL)
	{
		ClvObservation o = {.weight = 1};
		double		p[4];
		double		t;

		if (split_line(line, field, 20) < 17 || strcmp(field[1], "pnbd") != 0)
			continue;
		for (int i = 0; i < 4; i++)
			p[i] = number(field[3 + i]);
		o.x = number(field[7]);
		o.t_x = number(field[8]);
		o.age = number(field[9]);
		t = number(field[10]);
		compare_value(&worst[0], field[0], FAMILY->log_likelihood(p, &o, 1, NULL, NULL, NULL), field[11], ALLOWED);
		compare_value(&worst[1], field[0], FAMILY->p_alive(p, &o, 0), field[12], ALLOWED);
		compare_value(&worst[2], field[0], FAMILY->expected_orders(p, &o, t), field[13], ALLOWED);
		compare_value(&worst[3], field[0], FAMILY->expected_orders_new(p, t), field[14], ALLOWED);
		compare_value(&worst[4], field[0], FAMILY->dert(p, &o, number(field[15])), field[16], ALLOWED);
	}
	fclose(file);
	for (int i = 0; i < 5; i++)
		show_worst(&worst[i], ALLOWED);
}

static void
check_individual(void)
{
	/* the maximum on cdnow, as in reference_values.json */
	static const double p[4] = {0.55327704685317960, 10.577683463302315, 0.60623998912782630, 11.668735288855011};
	FILE	   *file = open_reference("cdnow_individual.csv");
	Worst		worst[5] = {{"log-likelihood of cdnow customers"}, {"P(alive) of them"}, {"their orders in 39 weeks"},
	{"their orders in 52 weeks"}, {"their DERT"}};
	char		line[2048];
	char	   *field[20];

	if (file == NULL)
		return;
	while (fgets(line, sizeof(line), file) != NULL)
	{
		ClvObservation o = {.weight = 1};

		if (split_line(line, field, 20) < 15 || strcmp(field[1], "pnbd") != 0)
			continue;
		o.x = number(field[2]);
		o.t_x = number(field[3]);
		o.age = number(field[4]);
		compare_value(&worst[0], field[0], FAMILY->log_likelihood(p, &o, 1, NULL, NULL, NULL), field[6], 1e-9);
		compare_value(&worst[1], field[0], FAMILY->p_alive(p, &o, 0), field[7], 1e-9);
		compare_value(&worst[2], field[0], FAMILY->expected_orders(p, &o, 39), field[8], 1e-9);
		compare_value(&worst[3], field[0], FAMILY->expected_orders(p, &o, 52), field[9], 1e-9);
		compare_value(&worst[4], field[0], FAMILY->dert(p, &o, 0.0027), field[10], 1e-9);
	}
	fclose(file);
	for (int i = 0; i < 5; i++)
		show_worst(&worst[i], 1e-9);
}

static void
check_own_reference(void)
{
	FILE	   *file = open_own_reference(__FILE__, "models.csv");
	Worst		worst[4] = {{"P(n orders), new"}, {"P(n orders), known"}, {"log-likelihood of heavy buyers"}, {"P(alive) of heavy buyers"}};
	char		line[1024];
	char	   *field[12];

	if (!ok(file != NULL, "models.csv opens"))
		return;
	while (fgets(line, sizeof(line), file) != NULL)
	{
		ClvObservation o = {.weight = 1};
		double		p[4];
		double		t,
					n;

		if (split_line(line, field, 12) < 11 || strncmp(field[0], "pnbd_", 5) != 0)
			continue;
		for (int i = 0; i < 4; i++)
			p[i] = number(field[1 + i]);
		o.x = number(field[5]);
		o.t_x = number(field[6]);
		o.age = number(field[7]);
		t = number(field[8]);
		n = number(field[9]);
		if (strcmp(field[0], "pnbd_pmf_new") == 0)
			compare_value(&worst[0], field[9], FAMILY->order_probability_new(p, t, n), field[10], ALLOWED);
		else if (strcmp(field[0], "pnbd_pmf") == 0)
			compare_value(&worst[1], field[9], FAMILY->order_probability(p, &o, t, n), field[10], ALLOWED);
		else if (strcmp(field[0], "pnbd_loglik") == 0)
			compare_value(&worst[2], field[5], FAMILY->log_likelihood(p, &o, 1, NULL, NULL, NULL), field[10], ALLOWED);
		else
			/* an exponent of 1e5 logarithms has that many roundings */
			compare_value(&worst[3], field[5], FAMILY->p_alive(p, &o, 0), field[10], 1e-10);
	}
	fclose(file);
	for (int i = 0; i < 4; i++)
		show_worst(&worst[i], (i == 3) ? 1e-10 : ALLOWED);
}

static void
check_identities(void)
{
	uint64_t	state = 11;
	double		gradient = 0,
				hessian = 0;
	int			bad = 0;

	for (int i = 0; i < 1000; i++)
	{
		double		p[4];
		ClvObservation o = {.weight = 1};
		ClvObservation later;
		double		t;

		for (int j = 0; j < 4; j++)
			p[j] = test_log_uniform(&state, 0.02, 200);
		if (i % 5 == 0)
			p[2] = test_log_uniform(&state, 1e-5, 1);
		o.x = floor(test_log_uniform(&state, 0.5, 500));
		o.age = test_log_uniform(&state, 0.1, 300);
		o.t_x = (o.x == 0) ? 0 : o.age * ((i % 3) ? test_uniform(&state) : 1 - test_log_uniform(&state, 1e-8, 1));
		check_derivatives(FAMILY, p, &o, &gradient, &hessian);

		/* silence can only lower P(alive); a longer horizon can only add orders */
		later = o;
		later.age += test_log_uniform(&state, 1e-3, 100);
		t = test_log_uniform(&state, 1e-3, 100);
		if (!(FAMILY->p_alive(p, &later, 0) <= FAMILY->p_alive(p, &o, 0) * (1 + 1e-14)) ||
			!(FAMILY->expected_orders(p, &o, 2 * t) >= FAMILY->expected_orders(p, &o, t) * (1 - 1e-14)) ||
			!(FAMILY->p_alive(p, &o, t) <= FAMILY->p_alive(p, &o, 0)) ||
			!(FAMILY->dert(p, &o, 0.02) <= FAMILY->dert(p, &o, 0.01) * (1 + 1e-13)))
			bad++;
	}
	/* rounding over the step: 1e-16 of the value / 1e-5 */
	ok(gradient < 1e-6, "gradient equals differences: worst %.2g", gradient);
	ok(hessian < 1e-4, "Hessian equals differences of the gradient: worst %.2g", hessian);
	is_int(bad, 0, "P(alive), expected orders and DERT are monotone");

	{
		static const double p[4] = {0.553, 10.578, 0.606, 11.669};
		ClvObservation o = {.x = 3, .t_x = 20, .age = 39, .weight = 1};
		double		sum = 0,
					mean = 0;

		for (double n = 0; n < 400; n++)
		{
			double		q = FAMILY->order_probability(p, &o, 20, n);

			sum += q;
			mean += n * q;
		}
		close_rel(sum, 1, 1e-13, "the probabilities of 0, 1, 2, ... orders add up to 1");
		close_rel(mean, FAMILY->expected_orders(p, &o, 20), 1e-12, "and their mean is the expected number");
	}
	{
		/* without drop-out: the NBD */
		static const double p[4] = {0.553, 10.578, 0, 11.669};
		ClvObservation o = {.x = 3, .t_x = 20, .age = 39, .weight = 1};

		close_rel(FAMILY->log_likelihood(p, &o, 1, NULL, NULL, NULL),
				  lgamma(3.553) - lgamma(0.553) + 0.553 * log(10.578) - 3.553 * log(49.578), 1e-14, "s = 0: likelihood of the NBD");
		close_rel(FAMILY->p_alive(p, &o, 1e9), 1, 0, "s = 0: nobody leaves");
		close_rel(FAMILY->expected_orders(p, &o, 10), 3.553 / 49.578 * 10, 1e-14, "s = 0: orders in proportion to time");
		close_rel(FAMILY->dert(p, &o, 0.01), 3.553 / 49.578 / 0.01, 1e-14, "s = 0: DERT is a perpetuity");
		close_rel(FAMILY->expected_orders_new(p, 10), 0.553 / 10.578 * 10, 1e-14, "s = 0: new customers too");
	}
	{
		/* weights count customers */
		static const double p[4] = {0.553, 10.578, 0.606, 11.669};
		ClvObservation two[2] = {{.x = 3, .t_x = 20, .age = 39, .weight = 2}, {.x = 0, .age = 7, .weight = 1}};
		ClvObservation three[3] = {{.x = 3, .t_x = 20, .age = 39, .weight = 1}, {.x = 3, .t_x = 20, .age = 39, .weight = 1}, {.x = 0, .age = 7, .weight = 1}};
		double		g2[4],
					g3[4],
					h2[16],
					h3[16];

		close_rel(FAMILY->log_likelihood(p, two, 2, g2, h2, NULL), FAMILY->log_likelihood(p, three, 3, g3, h3, NULL), 1e-15, "a weight of 2 is two customers");
		close_rel(g2[2], g3[2], 1e-14, "in the gradient too");
		close_rel(h2[11], h3[11], 1e-14, "and in the Hessian");
	}
}

int
main(void)
{
	check_grid();
	check_individual();
	check_own_reference();
	check_identities();
	return done_testing();
}
